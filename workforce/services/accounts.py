"""A person's account: the first password, whether it is open, whether it opens the admin (spec P2, U8).

An account may reach into several organisations, so who manages one of them may touch it only when they manage all of
them; a superuser's account is a superuser's business.
"""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from workforce.choices import ActorKind, Role
from workforce.models import Membership, Organization, User
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.services import audit

_MANAGING = (Role.MANAGER, Role.HR)


def check_administers(*, by: Actor, user: User) -> None:
    """Raise ``Forbidden`` unless ``by`` manages every organisation this person belongs to, or is a superuser."""
    if by.kind == ActorKind.SYSTEM:
        return
    actor = User.objects.filter(pk=by.id, is_active=True).first() if by.kind == ActorKind.USER else None
    if actor is not None and actor.is_superuser:
        return
    theirs = set(user.memberships.values_list("organization_id", flat=True))
    managed = Membership.objects.filter(user=actor, role__in=_MANAGING).values_list("organization_id", flat=True)
    if actor is None or user.is_superuser or not theirs or theirs - set(managed):
        raise Forbidden(f"{user} belongs to more than your organisations. A superuser may do this.", code="not_yours")


def can_administer(*, by: Actor, user: User) -> bool:
    try:
        check_administers(by=by, user=user)
    except Forbidden:
        return False
    return True


def check_may_set_password(*, by: Actor, user: User) -> None:
    """As ``check_administers``; a password that is there is replaced by its person or by a superuser only."""
    check_administers(by=by, user=user)
    if not user.has_usable_password() or by.kind == ActorKind.SYSTEM:
        return
    if not User.objects.filter(pk=by.id, is_active=True, is_superuser=True).exists():
        raise Forbidden(f"{user} has a password already. Only a superuser may set another.", code="has_password")


def can_set_password(*, by: Actor, user: User) -> bool:
    try:
        check_may_set_password(by=by, user=user)
    except Forbidden:
        return False
    return True


@transaction.atomic
def set_password(*, user: User, password: str, by: Actor, now: datetime) -> User:
    """The password reaches neither audit nor log; that it was set does. Raises ``Forbidden``, ``Invalid``."""
    locked = _locked(user)
    check_may_set_password(by=by, user=locked)
    try:
        validate_password(password, locked)
    except ValidationError as error:
        raise Invalid([("password", sentence) for sentence in error.messages]) from error
    locked.set_password(password)
    locked.save(update_fields=["password"])
    _record(locked, "user.password_set", by=by, now=now)
    return locked


@transaction.atomic
def set_access(*, user: User, is_active: bool, is_staff: bool, by: Actor, now: datetime) -> User:
    """Open or close an account and its way into the admin. Raises ``Forbidden``, ``Conflict``."""
    locked = _locked(user)
    check_administers(by=by, user=locked)
    before = {"is_active": locked.is_active, "is_staff": locked.is_staff}
    after = {"is_active": is_active, "is_staff": is_staff}
    if before == after:
        return locked
    if str(locked.pk) == by.id:
        raise Conflict("You cannot change the access of your own account.", code="own_account")
    if locked.is_active and not is_active:
        _keep_managers(locked)
    locked.is_active, locked.is_staff = is_active, is_staff
    locked.save(update_fields=["is_active", "is_staff"])
    _record(locked, "user.access_changed", before=before, after=after, by=by, now=now)
    return locked


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _keep_managers(user: User) -> None:
    """An organisation whose last active manager goes has nobody left to put things right."""
    managed = Organization.objects.filter(memberships__user=user, memberships__role__in=_MANAGING)
    for organization in Organization.objects.select_for_update(no_key=True).filter(pk__in=managed.values("pk")):
        others = organization.memberships.filter(role__in=_MANAGING, user__is_active=True).exclude(user=user)
        if not others.exists():
            raise Conflict(f"{organization} needs at least one workforce manager or HR person.", code="last_manager")


def _record(
    user: User,
    action: str,
    *,
    before: dict[str, bool] | None = None,
    after: dict[str, bool] | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """One event in each organisation the person belongs to: every one of them is concerned."""
    for organization_id in user.memberships.values_list("organization_id", flat=True):
        audit.record(
            organization=organization_id,
            action=action,
            subject=("user", user.pk, str(user)),
            before=before,
            after=after,
            by=by,
            now=now,
        )
