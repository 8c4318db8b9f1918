"""Which organisations a person administers: those where they are HR or workforce manager (spec P1, U8)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest

from workforce.choices import Role
from workforce.models import Membership

ROLES = (Role.HR, Role.MANAGER)


def scope_of(request: HttpRequest) -> frozenset[UUID] | None:
    """Ids of the organisations this person administers; None means every one (superusers)."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return frozenset()
    if user.is_superuser:
        return None
    # The middleware read them for this very request.
    memberships: Iterable[Membership] = getattr(request, "memberships", None) or user.memberships.all()
    return frozenset(membership.organization_id for membership in memberships if membership.role in ROLES)


def sees_several(request: HttpRequest) -> bool:
    """Whether pages have to say which organisation a row belongs to."""
    scope = scope_of(request)
    return scope is None or len(scope) > 1


def organization_id_of(row: Model) -> UUID | None:
    """The organisation a row belongs to; None for people, who belong to none by themselves."""
    for path in ("organization_id", "agent.organization_id", "schedule.organization_id"):
        value: object = row
        for part in path.split("."):
            value = getattr(value, part, None)
        if isinstance(value, UUID):
            return value
    return row.pk if row._meta.label == "workforce.Organization" else None


def covers(request: HttpRequest, row: Model | None) -> bool:
    """Whether a row (or, for None, anything at all) is within this person's organisations."""
    scope = scope_of(request)
    if scope is None:
        return True
    belongs_to = organization_id_of(row) if row is not None else None
    return bool(scope) if belongs_to is None else belongs_to in scope
