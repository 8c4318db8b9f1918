"""The one door of the lifecycle (spec R4, R5, R8). Nothing else changes ``Agent.current_state``."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from workforce.choices import ActorKind, CommandKind, HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, Hold, Organization
from workforce.rules import lifecycle
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors.standing import check_may
from workforce.services import audit, commands, workload
from workforce.services.moves import check_reason, hold_event, lock, move, release_rows

__all__ = ["check_reason", "hold_event", "lock", "move", "release_rows", "transition"]

S = LifecycleState


@transaction.atomic
def transition(
    *, organization: Organization | UUID, agent_id: UUID, to: str, reason: str = "", by: Actor, now: datetime
) -> Agent:
    """Move one agent, with its audit row, or raise and write nothing.

    Pausing places a ``manual`` hold; leaving ``paused`` for ``ready`` releases it and is refused while other holds
    remain. An agent that was held while registered becomes ``ready`` and at once ``paused``; one that retires leaves
    all its holds behind. Raises ``Missing``, ``Invalid`` (reason, unknown state), ``Forbidden``, ``Conflict``
    (``illegal_transition`` with the legal ones, ``holds_remain``).
    """
    if to not in list(S):
        raise Invalid([("to", f"“{to[:40]}” is not a state. States are: {', '.join(S)}.")])
    agent = lock(organization=organization, agent_id=agent_id)
    target = S(to)
    _check(agent, target, reason=reason, by=by)
    source = agent.state
    if target == S.PAUSED:
        _place_manual_hold(agent, reason=reason, by=by, now=now)
    elif source == S.PAUSED or target == S.RETIRED:
        _clear_holds(agent, target, reason=reason, by=by, now=now)
    audit.record_many(move([agent], target, reasons={agent.pk: reason}, by=by, now=now))
    if source == S.REGISTERED and target == S.READY:
        _follow_holds(agent, by=by, now=now)
    elif target == S.PAUSED:
        commands.issue(agent=agent, command=CommandKind.PAUSE, reason=reason, by=by, now=now)
    elif source == S.PAUSED and target == S.READY:
        commands.issue(agent=agent, command=CommandKind.RESUME, reason=reason, by=by, now=now)
    if target == S.READY and agent.state == S.READY:
        workload.follow([agent], why="It has open work.", by=by, now=now)
    return agent


def _check(agent: Agent, target: LifecycleState, *, reason: str, by: Actor) -> None:
    activity = Activity.RETIREMENT if target in lifecycle.GONE else Activity.LIFECYCLE
    check_may(by=by, activity=activity, agent=agent, scope=KeyScope.LIFECYCLE, agent_itself=True)
    if not lifecycle.is_legal(agent.current_state, target):
        legal = lifecycle.legal_targets(agent.current_state, who=by.side)
        raise Conflict(
            f"{agent.agent_name} is {agent.current_state} and cannot become {target}. "
            + (f"From here it can become: {', '.join(legal)}." if legal else "No further move is possible from here."),
            code="illegal_transition",
            current=agent.current_state,
            legal=[state.value for state in legal],
        )
    if not lifecycle.may_move(agent.current_state, target, who=by.side):
        who = "An agent" if by.kind == ActorKind.AGENT else "The system"
        raise Forbidden(f"{who} may not move itself from {agent.current_state} to {target}; a person may.")
    if lifecycle.needs_reason(target) and not reason.strip():
        raise Invalid([("reason", f"Say why: moving an agent to {target} needs a reason.")])
    check_reason(reason)
    if target == S.RETIRED:
        workload.check_without_work(agent)


def _place_manual_hold(agent: Agent, *, reason: str, by: Actor, now: datetime) -> None:
    """A person pausing an agent is a hold of its own, whatever else holds it: what ends that does not end this."""
    if agent.holds.active().filter(kind=HoldKind.MANUAL).exists():
        return
    hold = Hold.objects.create(
        organization_id=agent.organization_id,
        agent=agent,
        kind=HoldKind.MANUAL,
        reason=reason,
        placed_at=now,
        placed_by_kind=by.kind.value,
        placed_by_id=by.id,
        placed_by_label=by.label,
    )
    audit.record_many([hold_event(hold, "hold.placed", agent=agent, by=by, now=now, reason=reason)])


def _clear_holds(agent: Agent, target: LifecycleState, *, reason: str, by: Actor, now: datetime) -> None:
    holds = list(agent.holds.active())
    others = [hold for hold in holds if hold.kind != HoldKind.MANUAL]
    if target == S.READY and others:
        kinds = [HoldKind(hold.kind) for hold in others]
        raise Conflict(
            f"{agent.agent_name} stays paused while other holds remain: {', '.join(k.label.lower() for k in kinds)}. "
            "Release them first.",
            code="holds_remain",
            holds=[kind.value for kind in kinds],
        )
    audit.record_many(
        release_rows(holds, agents={agent.pk: agent}, reason=reason or f"Moved to {target}.", by=by, now=now)
    )


def _follow_holds(agent: Agent, *, by: Actor, now: datetime) -> None:
    """Holds placed before the agent was ready pause it now (spec R8)."""
    hold = agent.holds.active().order_by("placed_at", "id").first()
    if hold is not None:
        audit.record_many(move([agent], S.PAUSED, reasons={agent.pk: hold.reason}, by=by, now=now))
