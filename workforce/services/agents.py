"""Hiring an agent and changing its record (spec R1, R2)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from workforce.choices import AgentType, KeyScope, PriorityTier, RiskLevel
from workforce.models import Agent, Membership, Organization, Presence, Team, User
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.standing import check_may, check_may_in_pod
from workforce.services import audit, lifecycle

#: Fields people may set; ``owner`` and ``secondary_owner`` take a ``User`` or an ``Agent``.
EDITABLE = (
    "agent_name",
    "agent_type",
    "capability_tags",
    "model_profile",
    "owner",
    "secondary_owner",
    "team",
    "priority_tier",
    "risk_level",
    "cost_budget_daily",
    "avatar",
    "tools",
    "notes",
)
_REQUIRED = (
    "agent_name",
    "agent_type",
    "capability_tags",
    "model_profile",
    "owner",
    "team",
    "priority_tier",
    "risk_level",
)
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
TOOL_MODES = ("enabled", "always_ask", "disabled")
TAGS_MAX = 30


@transaction.atomic
def create(*, organization: Organization, by: Actor, now: datetime, **fields: Any) -> Agent:
    """A new agent in state ``registered``. Raises ``Invalid`` with every fault at once, ``Forbidden``."""
    check_may_in_pod(by=by, activity=Activity.ONBOARDING, organization=organization, team=fields.get("team"))
    _lock_roster(organization)
    missing = [(name, "This field is needed.") for name in _REQUIRED if fields.get(name) in (None, "", [])]
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
        after=_facts(agent),
        by=by,
        now=now,
    )
    return agent


@transaction.atomic
def edit(*, organization: Organization, agent_id: UUID, changes: Mapping[str, Any], by: Actor, now: datetime) -> Agent:
    """Change fields of ``EDITABLE``; unchanged ones are left out of the audit. Raises ``Invalid``, ``Conflict``,
    ``Forbidden``: what an agent can do and what it may cost are activities of their own in the matrix (spec P3)."""
    _lock_roster(organization)
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    for activity in _activities(agent, changes):
        check_may(by=by, activity=activity, agent=agent, scope=KeyScope.LIFECYCLE)
    if agent.current_state == "archived":
        raise Conflict(f"{agent.agent_name} is archived: only its audit tags may change.", code="archived")
    faults = _faults(organization, agent, changes)
    if faults:
        raise Invalid(faults)
    before = _facts(agent)
    columns = _columns(changes)
    for column, value in columns.items():
        setattr(agent, column, value)
    after = _facts(agent)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return agent
    agent.updated_at = now
    agent.save(update_fields=[*columns, "updated_at"])
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
    if fault := _tags_fault(tags):
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


def _lock_roster(organization: Organization) -> None:
    """Owners form a tree over many rows: whoever changes it holds the organisation's row, so no cycle slips in."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _activities(agent: Agent, changes: Mapping[str, Any]) -> list[Activity]:
    """The activities that these changes are; a form that sends a field back as it was does not change it."""
    changed = [name for name, value in changes.items() if name not in EDITABLE or getattr(agent, name) != value]
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


def _facts(agent: Agent) -> dict[str, Any]:
    def named(who: User | Agent | None) -> str | None:
        return None if who is None else f"{'agent' if isinstance(who, Agent) else 'user'}:{who.pk}"

    facts = {name: getattr(agent, name) for name in EDITABLE if name not in _COLUMNS}
    facts["team"] = str(agent.team_id)
    if agent.cost_budget_daily is not None:
        facts["cost_budget_daily"] = str(Decimal(agent.cost_budget_daily).quantize(Decimal("0.01")))
    return facts | {"owner": named(agent.owner), "secondary_owner": named(agent.secondary_owner)}


def _faults(organization: Organization, agent: Agent | None, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    faults = [(name, "There is no such field.") for name in fields if name not in EDITABLE]
    for name in ("agent_name", "model_profile", "avatar", "notes"):
        if name in fields:
            faults += _text_faults(name, fields[name])
    for name, choices in (("agent_type", AgentType), ("priority_tier", PriorityTier), ("risk_level", RiskLevel)):
        if name in fields and fields[name] not in list(choices):
            faults.append((name, f"Choose one of: {', '.join(choices)}."))
    if "capability_tags" in fields:
        tags = fields["capability_tags"]
        if fault := _tags_fault(tags) or ("" if tags else "Give at least one tag."):
            faults.append(("capability_tags", fault))
    cost = fields.get("cost_budget_daily")
    if cost is not None and not _amount_ok(cost):
        faults.append(
            ("cost_budget_daily", "Enter an amount of 0 or more with at most two decimals, or leave it empty.")
        )
    if "tools" in fields and not _tools_ok(fields["tools"]):
        faults.append(("tools", f"Give tool names with one of: {', '.join(TOOL_MODES)}."))
    if "team" in fields:
        team = fields["team"]
        if not isinstance(team, Team) or team.organization_id != organization.pk:
            faults.append(("team", "There is no such pod in this organisation."))
    for owner in _COLUMNS:
        if owner in fields and (fault := _owner_fault(organization, agent, owner, fields[owner])):
            faults.append((owner, fault))
    called = fields.get("agent_name")
    if isinstance(called, str) and "agent_name" not in dict(faults):
        twin = Agent.objects.of(organization).filter(agent_name=called.strip())
        if twin.exclude(pk=agent.pk if agent else None).exists():
            faults.append(("agent_name", f"There is already an agent called {called.strip()}."))
    return faults


def _text_faults(name: str, value: Any) -> list[tuple[str, str]]:
    longest = {"agent_name": 80, "model_profile": 80, "avatar": 8, "notes": 4000}[name]
    if not isinstance(value, str):
        return [(name, "Enter text.")]
    if "\x00" in value:
        return [(name, "Remove the NUL character.")]
    if len(value.strip()) > longest:
        return [(name, f"Use at most {longest} characters; this has {len(value.strip())}.")]
    if name in _REQUIRED and not value.strip():
        return [(name, "This field is needed.")]
    return []


def _tags_fault(tags: Any) -> str:
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return "Give a list of tags."
    if len(tags) > TAGS_MAX:
        return f"Use at most {TAGS_MAX} tags."
    for tag in tags:
        if not tag.strip() or len(tag) > 40 or "\x00" in tag or "," in tag:
            return "Each tag is 1 to 40 characters without a comma."
    if len(set(tags)) != len(tags):
        return "Each tag once."
    return ""


def _amount_ok(cost: Any) -> bool:
    if not isinstance(cost, Decimal) or not cost.is_finite() or not 0 <= cost < 10**10:
        return False
    return cost == cost.quantize(Decimal("0.01"))


def _tools_ok(tools: Any) -> bool:
    return isinstance(tools, dict) and all(
        isinstance(name, str) and 0 < len(name) <= 80 and "\x00" not in name and mode in TOOL_MODES
        for name, mode in tools.items()
    )


def _owner_fault(organization: Organization, agent: Agent | None, name: str, owner: Any) -> str:
    if owner is None:
        return "" if name == "secondary_owner" else "Every agent has exactly one owner: a person or an agent."
    if isinstance(owner, User):
        member = Membership.objects.filter(organization=organization, user=owner, user__is_active=True).exists()
        return "" if member else "This person is not an active member of the organisation."
    if not isinstance(owner, Agent) or owner.organization_id != organization.pk:
        return "There is no such person or agent in this organisation."
    if owner.current_state in ("retired", "archived"):
        return f"{owner.agent_name} is {owner.current_state} and cannot own an agent."
    if agent is not None and owner.pk == agent.pk:
        return "An agent cannot own itself."
    if agent is not None and name == "owner" and _would_cycle(agent, owner):
        return f"{owner.agent_name} is owned by {agent.agent_name}, directly or through others."
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
