"""Who is next when something is wrong with an agent (spec R2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from workforce.choices import Role
from workforce.models import Agent, Membership, User

MAX_STEPS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: ``role`` says why this one is asked, ``kind`` whether it is a person or an agent."""

    role: Literal["owner", "secondary_owner", "pod_lead", "workforce_manager"]
    kind: Literal["user", "agent"]
    id: str
    name: str


def _step(role: Literal["owner", "secondary_owner", "pod_lead"], who: User | Agent) -> Step:
    if isinstance(who, User):
        return Step(role=role, kind="user", id=str(who.pk), name=who.name)
    return Step(role=role, kind="agent", id=str(who.pk), name=who.agent_name)


def reporting_line(agent: Agent) -> list[Step]:
    """Owner (through owning agents up to a person), secondary owner, pod lead, then the workforce managers."""
    steps: list[Step] = []
    owner: User | Agent = agent.owner
    seen = {agent.pk}
    while isinstance(owner, Agent) and owner.pk not in seen and len(steps) < MAX_STEPS:
        steps.append(_step("owner", owner))
        seen.add(owner.pk)
        owner = owner.owner
    if not isinstance(owner, Agent):
        steps.append(_step("owner", owner))
    if agent.secondary_owner is not None:
        steps.append(_step("secondary_owner", agent.secondary_owner))
    if agent.team.lead is not None:
        steps.append(_step("pod_lead", agent.team.lead))
    managers = (
        Membership.objects.filter(organization=agent.organization_id, role=Role.MANAGER, user__is_active=True)
        .select_related("user")
        .order_by("user__name")
    )
    steps += [Step("workforce_manager", "user", str(m.user_id), m.user.name) for m in managers]
    return steps


def people_responsible_for(agents: Sequence[Agent]) -> dict[UUID, list[User]]:
    """Per agent, the people to tell: owner and secondary owner, up through owning agents to a person; where none of
    them is active the pod's lead, then the workforce managers. Query count bounded by the depth of ownership.
    """
    if not agents:
        return {}
    known = {agent.pk: agent for agent in _with_people([agent.pk for agent in agents])}
    for _ in range(MAX_STEPS):
        wanted = {a.owner_agent_id for a in known.values() if a.owner_agent_id is not None} - known.keys()
        if not wanted:
            break
        known.update({agent.pk: agent for agent in _with_people(wanted)})
    managers = _managers({agent.organization_id for agent in agents})
    return {agent.pk: _first_active(known[agent.pk], known, managers) for agent in agents}


def _with_people(ids: Iterable[UUID | None]) -> Iterable[Agent]:
    return Agent.objects.filter(pk__in=list(ids)).select_related(
        "owner_user", "secondary_owner_user", "team__lead_user"
    )


def _managers(organizations: Iterable[UUID]) -> dict[UUID, list[User]]:
    found: dict[UUID, list[User]] = {}
    memberships = Membership.objects.filter(
        organization__in=list(organizations), role=Role.MANAGER, user__is_active=True
    ).select_related("user")
    for membership in memberships:
        found.setdefault(membership.organization_id, []).append(membership.user)
    return found


def _first_active(agent: Agent, known: Mapping[UUID, Agent], managers: Mapping[UUID, list[User]]) -> list[User]:
    owner, seen = agent, {agent.pk}
    while owner.owner_agent_id is not None and owner.owner_agent_id not in seen:
        seen.add(owner.owner_agent_id)
        owner = known[owner.owner_agent_id]
    owners = [u for u in (owner.owner_user, agent.secondary_owner_user) if u is not None and u.is_active]
    if owners:
        return list(dict.fromkeys(owners))
    lead = agent.team.lead_user
    if lead is not None and lead.is_active:
        return [lead]
    return managers.get(agent.organization_id, [])
