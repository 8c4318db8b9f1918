"""Pods and their leads (spec R3)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from workforce.models import Agent, Membership, Organization, Team, User
from workforce.rules import lifecycle
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid
from workforce.selectors.standing import check_manages
from workforce.services import audit


@transaction.atomic
def create(
    *, organization: Organization, name: str, lead: User | Agent | None = None, by: Actor, now: datetime
) -> Team:
    """A new pod. Raises ``Invalid``."""
    check_manages(by=by, organization=organization)
    _lock(organization)
    _check(organization, None, name, lead)
    team = Team.objects.create(organization=organization, name=name.strip(), created_at=now, **_lead_columns(lead))
    audit.record(
        organization=organization,
        action="team.created",
        subject=("team", team.pk, team.name),
        after=_facts(team),
        by=by,
        now=now,
    )
    return team


@transaction.atomic
def edit(*, team: Team, name: str, lead: User | Agent | None, by: Actor, now: datetime) -> Team:
    check_manages(by=by, organization=team.organization)
    _lock(team.organization)
    locked = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    _check(team.organization, team, name, lead)
    before = _facts(locked)
    locked.name = name.strip()
    for column, value in _lead_columns(lead).items():
        setattr(locked, column, value)
    locked.save(update_fields=["name", "lead_user", "lead_agent"])
    if _facts(locked) != before:
        audit.record(
            organization=team.organization,
            action="team.edited",
            subject=("team", team.pk, locked.name),
            before=before,
            after=_facts(locked),
            by=by,
            now=now,
        )
    return locked


def _lock(organization: Organization) -> None:
    """Names are given, and leads found among the members, one after the other."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _lead_columns(lead: User | Agent | None) -> dict[str, User | Agent | None]:
    return {
        "lead_user": lead if isinstance(lead, User) else None,
        "lead_agent": lead if isinstance(lead, Agent) else None,
    }


def _facts(team: Team) -> dict[str, object]:
    return {"name": team.name, "lead_user": team.lead_user_id, "lead_agent": team.lead_agent_id}


def _check(organization: Organization, team: Team | None, name: str, lead: User | Agent | None) -> None:
    faults = []
    if not name.strip() or len(name.strip()) > 80 or "\x00" in name:
        faults.append(("name", "Give a name of 1 to 80 characters."))
    elif (found := Team.objects.filter(organization=organization, name=name.strip()).first()) and found != team:
        faults.append(("name", f"There is already a pod called {name.strip()}."))
    member = Q(organization=organization, user__is_active=True)
    if isinstance(lead, User) and not Membership.objects.filter(member, user=lead).exists():
        faults.append(("lead", "The lead must be an active member of the organisation."))
    if isinstance(lead, Agent) and lead.organization_id != organization.pk:
        faults.append(("lead", "There is no such agent in this organisation."))
    elif isinstance(lead, Agent) and lead.state in lifecycle.GONE:
        faults.append(("lead", f"{lead.agent_name} is {lead.current_state} and cannot lead a pod."))
    if faults:
        raise Invalid(faults)
