"""Hiring an agent and changing its record (spec R1, R2)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from workforce.choices import KeyScope
from workforce.models import Agent, Membership, Organization, Presence, Team, User
from workforce.rules import lifecycle as states
from workforce.rules import roster
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.standing import check_may, check_may_in_pod
from workforce.services import audit, dri, lifecycle

_COLUMNS = {
    "owner": ("owner_user", "owner_agent"),
    "secondary_owner": ("secondary_owner_user", "secondary_owner_agent"),
}
#: What changing a field is in the ownership matrix; all else is onboarding.
_ACTIVITIES = {
    "capability_tags": Activity.CAPABILITIES,
    "tools": Activity.CAPABILITIES,
    "cost_budget_daily": Activity.BUDGETS,
}


@transaction.atomic
def create(
    *, organization: Organization, by: Actor, now: datetime, record: Mapping[str, Any] | None = None, **fields: Any
) -> Agent:
    """A new agent in state ``registered``. Raises ``Invalid`` with every fault at once, ``Forbidden``.

    Fields whose names somebody else chose come as ``record``, where no name can be mistaken for an argument.
    """
    fields = {**(record or {}), **fields}
    check_may_in_pod(
        by=by,
        activity=Activity.ONBOARDING,
        organization=organization,
        team=fields.get("team"),
        scope=KeyScope.ROSTER,
    )
    lock_roster(organization)
    missing = roster.missing(fields)
    faults = missing + _faults(organization, None, {k: v for k, v in fields.items() if k not in dict(missing)})
    if faults:
        raise Invalid(faults)
    agent = Agent(organization=organization, created_at=now, updated_at=now, **_columns(fields))
    agent.save(force_insert=True)
    Presence.objects.create(agent=agent)
    audit.record(
        organization=organization,
        action="agent.created",
        subject=("agent", agent.pk, agent.agent_name),
        after=facts_of(agent),
        by=by,
        now=now,
    )
    return agent


@transaction.atomic
def edit(*, organization: Organization, agent_id: UUID, changes: Mapping[str, Any], by: Actor, now: datetime) -> Agent:
    """Change fields of ``rules.roster.EDITABLE``; unchanged ones are left out of the audit. Raises ``Invalid``,
    ``Conflict``, ``Forbidden``: what an agent can do and what it may cost are activities of their own in the matrix
    (spec P3), and a workstream that it moves work of into several pods needs a DRI."""
    lock_roster(organization)
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    for activity in _activities(agent, changes):
        check_may(by=by, activity=activity, agent=agent, scope=KeyScope.ROSTER)
    if agent.current_state == "archived":
        raise Conflict(f"{agent.agent_name} is archived: only its audit tags may change.", code="archived")
    faults = _faults(organization, agent, changes)
    if faults:
        raise Invalid(faults)
    before = facts_of(agent)
    columns = _columns(changes)
    for column, value in columns.items():
        setattr(agent, column, value)
    after = facts_of(agent)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return agent
    agent.updated_at = now
    agent.save(update_fields=[*columns, "updated_at"])
    if "team" in changed:
        dri.check_pod_of(agent)
    audit.record(
        organization=organization,
        action="agent.owner_changed" if "owner" in changed else "agent.edited",
        subject=("agent", agent.pk, agent.agent_name),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        by=by,
        now=now,
    )
    return agent


@transaction.atomic
def set_audit_tags(*, organization: Organization, agent_id: UUID, tags: list[str], by: Actor, now: datetime) -> Agent:
    """The one thing that may change on an archived agent (spec R6)."""
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    check_may(by=by, activity=Activity.RETIREMENT, agent=agent, scope=KeyScope.LIFECYCLE)
    if fault := roster.tags_fault(tags):
        raise Invalid([("audit_tags", fault)])
    before, agent.audit_tags = agent.audit_tags, tags
    agent.save(update_fields=["audit_tags"])
    audit.record(
        organization=organization,
        action="agent.audit_tagged",
        subject=("agent", agent.pk, agent.agent_name),
        before={"audit_tags": before},
        after={"audit_tags": tags},
        by=by,
        now=now,
    )
    return agent


def lock_roster(organization: Organization) -> None:
    """Owners form a tree over many rows: whoever changes it holds the organisation's row, so no cycle slips in."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _activities(agent: Agent, changes: Mapping[str, Any]) -> list[Activity]:
    """The activities that these changes are; a form that sends a field back as it was does not change it."""
    changed = [name for name, value in changes.items() if name not in roster.EDITABLE or getattr(agent, name) != value]
    return sorted({_ACTIVITIES.get(name, Activity.ONBOARDING) for name in changed or ["agent_name"]})


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _COLUMNS:
            user_column, agent_column = _COLUMNS[name]
            columns[user_column] = value if isinstance(value, User) else None
            columns[agent_column] = value if isinstance(value, Agent) else None
        else:
            columns[name] = value.strip() if isinstance(value, str) else value
    return columns


def facts_of(agent: Agent) -> dict[str, Any]:
    """The record as the audit keeps it. No queries."""
    facts = {name: getattr(agent, name) for name in roster.EDITABLE if name not in (*_COLUMNS, "team")}
    facts["team"] = str(agent.team_id)
    if agent.cost_budget_daily is not None:
        facts["cost_budget_daily"] = str(Decimal(agent.cost_budget_daily).quantize(Decimal("0.01")))
    for name, (user, by_agent) in _COLUMNS.items():
        person, other = getattr(agent, f"{user}_id"), getattr(agent, f"{by_agent}_id")
        facts[name] = f"user:{person}" if person else f"agent:{other}" if other else None
    return facts


def _faults(organization: Organization, agent: Agent | None, fields: Mapping[str, Any]) -> roster.Faults:
    faults = roster.faults_of(fields)
    told = dict(faults)
    team = fields.get("team")
    here = isinstance(team, Team) and team.organization_id == organization.pk
    if "team" in fields and "team" not in told and not here:
        faults.append(("team", roster.NO_SUCH_POD))
    for owner in [name for name in _COLUMNS if name in fields and name not in told]:
        if fault := _owner_fault(organization, agent, owner, fields[owner]):
            faults.append((owner, fault))
    called = fields.get("agent_name")
    if isinstance(called, str) and "agent_name" not in told:
        twin = Agent.objects.of(organization).filter(agent_name=called.strip())
        if twin.exclude(pk=agent.pk if agent else None).exists():
            faults.append(("agent_name", roster.taken_fault(called.strip())))
    return faults


def _owner_fault(organization: Organization, agent: Agent | None, name: str, owner: Any) -> str:
    if owner is None:
        return "" if name == "secondary_owner" else "Every agent has exactly one owner: a person or an agent."
    if isinstance(owner, User):
        member = Membership.objects.filter(organization=organization, user=owner, user__is_active=True).exists()
        return "" if member else roster.NOT_A_MEMBER
    if not isinstance(owner, Agent) or owner.organization_id != organization.pk:
        return roster.NO_SUCH_OWNER
    if owner.state in states.GONE:
        return roster.gone_fault(owner.agent_name, owner.current_state)
    if agent is not None and owner.pk == agent.pk:
        return roster.NOT_ITSELF
    if agent is not None and name == "owner" and _would_cycle(agent, owner):
        return roster.cycle_fault(owner.agent_name, agent.agent_name)
    return ""


def _would_cycle(agent: Agent, owner: Agent) -> bool:
    seen: set[UUID] = set()
    current: UUID | None = owner.pk
    while current is not None and current not in seen:
        if current == agent.pk:
            return True
        seen.add(current)
        current = Agent.objects.filter(pk=current).values_list("owner_agent_id", flat=True).first()
    return False
