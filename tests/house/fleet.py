"""A fleet of known size with something of everything on it, for tests that look at pages and lists as a whole."""

from datetime import datetime, timedelta
from typing import Any

from budgets.models import Caps
from heartbeats.models import Heartbeat
from scheduling.models import ClockRecord
from scheduling.services import leave
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from workforce.choices import ActorKind, ClockStatus, CommandKind, HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, Organization, User
from workforce.rules.actors import Actor, system
from workforce.services import assignments, audit, commands, holds, keys, notices, workstreams

#: Agents that look alike to every list; their number is what a test varies.
_SHAPES = [
    (LifecycleState.EXECUTING, ClockStatus.CLOCKED_IN),
    (LifecycleState.READY, ClockStatus.CLOCKED_OUT),
    (LifecycleState.READY, ClockStatus.NO_SCHEDULE),
]


def hire(organization: Organization, *, count: int, owner: User, now: datetime) -> list[Agent]:
    """``count`` agents (a multiple of 3) in pods of three, with hours, holds, records, commands and notices."""
    people = Actor(kind=ActorKind.USER, id=str(owner.pk), label=owner.name)
    agents: list[Agent] = []
    for index in range(count):
        state, clock = _SHAPES[index % 3]
        pod = agents[-1].team if index % 3 else TeamFactory(organization=organization, lead_user=owner)
        agents.append(
            AgentFactory(
                organization=organization,
                team=pod,
                owner_user=owner if index % 2 == 0 else None,
                owner_agent=agents[-1] if index % 2 else None,
                current_state=state.value,
                clock_status=clock.value,
            )
        )
        _equip(agents[-1], scheduled=clock != ClockStatus.NO_SCHEDULE, people=people, now=now)
    _assign(agents, dri=owner, by=people, now=now)
    told = {"kind": "late", "subject": ("agent", agents[0].pk, agents[0].agent_name), "now": now}
    for number in range(count):
        notices.tell(organization=organization, recipients=[owner], text=f"Note {number}", key=f"note:{number}", **told)
    audit.link_pending()
    return agents


def _assign(agents: list[Agent], *, dri: User, by: Actor, now: datetime) -> None:
    """All of them observe one workstream, which changes nobody's state; each waits for the one before."""
    here: dict[str, Any] = {"organization": agents[0].organization, "by": by, "now": now}
    place = workstreams.create(**here, data={"name": "Relaunch", "dri_user": dri.pk})
    before: list[Any] = []
    for agent in agents:
        data = {"agent_id": agent.pk, "workstream_id": place.pk, "role": "observer", "needs": before}
        part = assignments.create(**here, data=data)
        before = [part.pk]
    assignments.block(**here, assignment_id=part.pk, code="policy", unblock_agent=agents[0].pk)


def _equip(agent: Agent, *, scheduled: bool, people: Actor, now: datetime) -> None:
    organization = agent.organization
    if scheduled:
        WorkScheduleFactory(agent=agent, shifts=[("Early", 31, 360, 840), ("Late", 31, 840, 1320)])
    else:
        holds.place(
            organization=organization,
            agent_id=agent.pk,
            kind=HoldKind.INCIDENT,
            reason="Looked into.",
            until=now + timedelta(hours=2),
            by=people,
            now=now,
        )
    leave.plan(
        organization=organization,
        data={
            "agent_id": agent.pk,
            "starts_at": now + timedelta(days=9),
            "ends_at": now + timedelta(days=12),
            "reason": "Model change.",
            "cover_agent_id": None,
        },
        by=people,
        now=now,
    )
    Caps.objects.create(agent=agent, daily_tokens=300_000)
    agent.presence.last_seen_at = now - timedelta(minutes=2)
    agent.presence.status = "ok"
    agent.presence.save(update_fields=["last_seen_at", "status"])
    Heartbeat.objects.create(
        organization=organization, agent=agent, emitted_at=now, received_at=now, status="ok", work_mode="idle"
    )
    ClockRecord.objects.create(
        organization=organization,
        agent=agent,
        time=now - timedelta(hours=1),
        event="clocked_in",
        triggered_by_kind=ActorKind.USER,
        triggered_by_id=people.id,
        triggered_by=people.label,
    )
    commands.issue(agent=agent, command=CommandKind.WAKE, reason="Started.", by=system("clock"), now=now)
    keys.issue(organization=organization, agent=agent, name="runtime", by=people, now=now)


def organization_key(organization: Organization, *, by: Actor, now: datetime, **more: Any) -> str:
    """A token with every scope."""
    scopes = [scope.value for scope in KeyScope]
    _, token = keys.issue(organization=organization, name="orchestrator", scopes=scopes, by=by, now=now, **more)
    return token
