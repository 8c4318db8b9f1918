"""What every change of an agent's state or holds is made of: the lock, the move, the rows that go with them.

``services.lifecycle`` is the door; holds, the clock and the work follow the same steps through here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from workforce.choices import LifecycleState
from workforce.models import Agent, AuditEvent, Hold, Organization
from workforce.models.compiled import CompiledRead
from workforce.rules import lifecycle
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.services import audit

_LOCKED = CompiledRead(
    lambda organization_id, agent_id: (
        Agent.objects.of(organization_id).filter(pk=agent_id).order_by().select_for_update(no_key=True)
    )
)


def lock(*, organization: Organization | UUID, agent_id: UUID) -> Agent:
    """The agent's row, locked until the transaction ends. Key columns stay readable, so heartbeats are not held up."""
    found = _LOCKED(organization.pk if isinstance(organization, Organization) else organization, agent_id)
    if not found:
        raise Missing("There is no such agent in this organisation.")
    return found[0]


def move(
    agents: Sequence[Agent], to: LifecycleState, *, reasons: Mapping[UUID, str], by: Actor, now: datetime
) -> list[AuditEvent]:
    """Move locked agents whose edges were checked; one UPDATE per source state. Returns the audit rows to write.

    django-fsm makes each move in memory and refuses an edge its table lacks; the UPDATE repeats the source state, so
    that a row changed behind the lock cannot be overwritten.
    """
    drafts = []
    by_source: dict[str, list[Agent]] = {}
    for agent in agents:
        by_source.setdefault(agent.current_state, []).append(agent)
    for source, group in by_source.items():
        for agent in group:
            getattr(agent, lifecycle.VERBS[to])()
            agent.updated_at = now
            drafts.append(_drafted(agent, source, to, reasons.get(agent.pk, ""), by, now))
        _write(group, source, to.value, now)
    return drafts


def move_through(
    agent: Agent, states: Sequence[LifecycleState], *, reason: str, by: Actor, now: datetime
) -> list[AuditEvent]:
    """Move one locked agent along several edges that were checked: an audit row for each, one UPDATE for all."""
    source, drafts = agent.current_state, []
    for to in states:
        before = agent.current_state
        getattr(agent, lifecycle.VERBS[to])()
        drafts.append(_drafted(agent, before, to, reason, by, now))
    agent.updated_at = now
    _write([agent], source, agent.current_state, now)
    return drafts


def _drafted(agent: Agent, source: str, to: LifecycleState, reason: str, by: Actor, now: datetime) -> AuditEvent:
    return audit.draft(
        organization=agent.organization_id,
        action=lifecycle.AUDIT_ACTIONS[lifecycle.VERBS[to]],
        subject=("agent", agent.pk, agent.agent_name),
        before={"current_state": source},
        after={"current_state": to.value},
        reason=reason,
        by=by,
        now=now,
    )


def _write(group: Sequence[Agent], source: str, to: str, now: datetime) -> None:
    ids = [agent.pk for agent in group]
    moved = Agent.objects.filter(pk__in=ids, current_state=source).update(current_state=to, updated_at=now)
    if moved != len(group):
        raise Conflict("The agent changed meanwhile. Look again and repeat what you meant to do.", code="changed")
    for agent in group:
        agent._update_initial_state()


def check_reason(reason: str) -> None:
    if len(reason) > 500:
        raise Invalid([("reason", f"Use at most 500 characters; this has {len(reason)}.")])
    if "\x00" in reason:
        raise Invalid([("reason", "Remove the NUL character.")])


def release_rows(
    holds: Iterable[Hold], *, agents: Mapping[UUID, Agent], reason: str, by: Actor, now: datetime
) -> list[AuditEvent]:
    """Release these holds (their agents are locked). Returns the audit rows to write; states do not move here."""
    holds = list(holds)
    released = Hold.objects.filter(pk__in=[hold.pk for hold in holds], released_at__isnull=True)
    released.update(released_at=now, released_by_label=by.label[:160], release_reason=reason[:500])
    return [
        hold_event(hold, "hold.released", agent=agents[hold.agent_id], by=by, now=now, reason=reason) for hold in holds
    ]


def hold_event(hold: Hold, action: str, *, agent: Agent, by: Actor, now: datetime, reason: str) -> AuditEvent:
    facts = {"hold": hold.pk, "kind": hold.kind, "until": hold.until}
    placed = action == "hold.placed"
    return audit.draft(
        organization=hold.organization_id,
        action=action,
        subject=("agent", agent.pk, agent.agent_name),
        before={} if placed else facts,
        after=facts if placed else {"hold": hold.pk},
        reason=reason,
        by=by,
        now=now,
    )
