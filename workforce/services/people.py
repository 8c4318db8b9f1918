"""Organisations, members and their preferences (spec P1, P2)."""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from workforce.choices import Role, Theme
from workforce.models import Agent, Membership, Organization, Team, User, Workstream
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.rules.zones import UnknownZone, check_zone
from workforce.selectors.standing import check_manages, check_superuser
from workforce.services import audit


@transaction.atomic
def create_organization(*, name: str, time_zone: str, by: Actor, now: datetime, slug: str = "") -> Organization:
    """A new organisation, without members. Raises ``Forbidden`` but for superusers, ``Invalid``."""
    check_superuser(by=by)
    faults = []
    if not name.strip() or len(name) > 120 or "\x00" in name:
        faults.append(("name", "Give a name of 1 to 120 characters."))
    slug = slug or slugify(name)[:60]
    if not slug:
        faults.append(("slug", "Give a short name of letters, digits and hyphens."))
    elif Organization.objects.filter(slug=slug).exists():
        faults.append(("slug", "Another organisation has this short name."))
    faults += _zone_faults(time_zone)
    if faults:
        raise Invalid(faults)
    organization = Organization.objects.create(name=name.strip(), slug=slug, time_zone=time_zone, created_at=now)
    audit.record(
        organization=organization,
        action="organization.created",
        subject=("organization", organization.pk, organization.name),
        after={"name": organization.name, "time_zone": time_zone},
        by=by,
        now=now,
    )
    return organization


@transaction.atomic
def edit_organization(
    *, organization: Organization, name: str, time_zone: str, by: Actor, now: datetime
) -> Organization:
    check_manages(by=by, organization=organization)
    faults = []
    if not name.strip() or len(name) > 120 or "\x00" in name:
        faults.append(("name", "Give a name of 1 to 120 characters."))
    faults += _zone_faults(time_zone)
    if faults:
        raise Invalid(faults)
    before = Organization.objects.get(pk=organization.pk)
    organization.name, organization.time_zone = name.strip(), time_zone
    organization.save(update_fields=["name", "time_zone"])
    audit.record(
        organization=organization,
        action="organization.edited",
        subject=("organization", organization.pk, organization.name),
        before={"name": before.name, "time_zone": before.time_zone},
        after={"name": organization.name, "time_zone": time_zone},
        by=by,
        now=now,
    )
    return organization


@transaction.atomic
def add_member(
    *, organization: Organization, email: str, name: str = "", role: str, by: Actor, now: datetime
) -> Membership:
    """Add a person by e-mail address; a new person gets no password until one is set. Raises ``Invalid``."""
    check_manages(by=by, organization=organization)
    _lock(organization)
    faults = []
    try:
        validate_email(email)
    except ValidationError:
        faults.append(("email", "Enter an e-mail address."))
    else:
        if len(email) > 254:
            faults.append(("email", "Use an e-mail address of at most 254 characters."))
    if role not in list(Role):
        faults.append(("role", f"Choose one of: {', '.join(Role)}."))
    if len(name) > 120 or "\x00" in name:
        faults.append(("name", "Use at most 120 characters."))
    user = None if faults else User.objects.filter(email=email.lower()).first()
    if user is None and not name.strip():
        faults.append(("name", "Give the new person's name."))
    if user is not None and Membership.objects.filter(organization=organization, user=user).exists():
        faults.append(("email", "This person is a member already."))
    if faults:
        raise Invalid(faults)
    if user is None:
        user = User.objects.create_user(email, None, name=name.strip(), time_zone=organization.time_zone)
    membership = Membership.objects.create(organization=organization, user=user, role=role, created_at=now)
    _record(membership, "membership.added", after={"role": role}, by=by, now=now)
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: Actor, now: datetime) -> Membership:
    check_manages(by=by, organization=membership.organization)
    if role not in list(Role):
        raise Invalid([("role", f"Choose one of: {', '.join(Role)}.")])
    membership = _locked(membership)
    before = membership.role
    if role == before:
        return membership
    _keep_a_manager(membership, leaving=before in (Role.MANAGER, Role.HR) and role not in (Role.MANAGER, Role.HR))
    membership.role = role
    membership.save(update_fields=["role"])
    _record(membership, "membership.role_changed", before={"role": before}, after={"role": role}, by=by, now=now)
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: Actor, now: datetime) -> None:
    """Raises ``Conflict`` while the person owns or covers agents, leads a pod or answers for a workstream here (whoever
    left is told nothing more), or is the last who can manage."""
    check_manages(by=by, organization=membership.organization)
    membership = _locked(membership)
    _keep_a_manager(membership, leaving=membership.role in (Role.MANAGER, Role.HR))
    user = membership.user
    agents = Agent.objects.of(membership.organization).active()
    owned = agents.filter(Q(owner_user=user) | Q(secondary_owner_user=user)).count()
    if owned:
        raise Conflict(
            f"{user} owns or covers {owned} agent{'s' * (owned != 1)} here. Give them another owner first.",
            code="owns_agents",
        )
    led = Team.objects.filter(organization=membership.organization, lead_user=user).values_list("name", flat=True)
    if led:
        raise Conflict(f"{user} leads {', '.join(led)}. Give the pod another lead first.", code="leads_pods")
    here = Workstream.objects.filter(organization=membership.organization, dri_user=user, closed_at__isnull=True)
    if names := ", ".join(f"“{name}”" for name in here.values_list("name", flat=True)):
        raise Conflict(f"{user} is the DRI of {names}. Name another first.", code="is_dri")
    _record(membership, "membership.removed", before={"role": membership.role}, by=by, now=now)
    membership.delete()


def set_preferences(
    *,
    user: User,
    time_zone: str | None = None,
    theme: str | None = None,
    name: str | None = None,
    detected: bool = False,
) -> User:
    """A person's own zone, theme and name; ``detected`` is the browser's guess and never overrides a choice."""
    faults = []
    if time_zone is not None:
        faults += _zone_faults(time_zone)
    if theme is not None and theme not in list(Theme):
        faults.append(("theme", f"Choose one of: {', '.join(Theme)}."))
    if name is not None and (not name.strip() or len(name) > 120 or "\x00" in name):
        faults.append(("name", "Give a name of 1 to 120 characters."))
    if faults:
        raise Invalid(faults)
    fields = []
    if time_zone is not None and not (detected and user.time_zone_detected):
        user.time_zone, user.time_zone_detected = time_zone, True
        fields += ["time_zone", "time_zone_detected"]
    if theme is not None:
        user.theme = theme
        fields.append("theme")
    if name is not None:
        user.name = name.strip()
        fields.append("name")
    if fields:
        user.save(update_fields=fields)
    return user


def _zone_faults(name: str) -> list[tuple[str, str]]:
    try:
        check_zone(name)
    except UnknownZone as unknown:
        return [("time_zone", str(unknown))]
    return []


def _lock(organization: Organization | UUID) -> None:
    """Who belongs and who owns is decided one after the other: agents and pods are given owners under this lock too."""
    pk = organization.pk if isinstance(organization, Organization) else organization
    Organization.objects.select_for_update(no_key=True).get(pk=pk)


def _locked(membership: Membership) -> Membership:
    """The membership as it is now, under the organisation's lock."""
    _lock(membership.organization_id)
    found = Membership.objects.select_related("organization", "user").filter(pk=membership.pk).first()
    if found is None:
        raise Missing("There is no such member in this organisation.")
    return found


def _keep_a_manager(membership: Membership, *, leaving: bool) -> None:
    if not leaving:
        return
    others = Membership.objects.filter(
        organization=membership.organization_id, role__in=[Role.MANAGER, Role.HR], user__is_active=True
    ).exclude(pk=membership.pk)
    if not others.exists():
        raise Conflict("The organisation needs at least one workforce manager or HR person.", code="last_manager")


def _record(
    membership: Membership,
    action: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    by: Actor,
    now: datetime,
) -> None:
    audit.record(
        organization=membership.organization,
        action=action,
        subject=("membership", membership.pk, str(membership.user)),
        before=before,
        after=after,
        by=by,
        now=now,
    )
