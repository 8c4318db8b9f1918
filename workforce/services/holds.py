"""Holds: placing one pauses where the state allows, releasing the last one resumes (spec R8)."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from workforce.choices import ActorKind, CommandKind, HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, AuditEvent, Hold, Organization
from workforce.models.bulk import insert_many
from workforce.rules import lifecycle as rules
from workforce.rules.actors import Actor, system
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.standing import check_may
from workforce.services import audit, commands, lifecycle, workload

logger = logging.getLogger("punchcard.holds")
S = LifecycleState


@transaction.atomic
def place(
    *,
    organization: Organization | UUID,
    agent_id: UUID,
    kind: HoldKind,
    reason: str,
    until: datetime | None = None,
    by: Actor,
    now: datetime,
) -> Hold:
    """Place one hold. Raises ``Conflict`` where one of this kind is active or the agent has left the workforce."""
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.LIFECYCLE)
    _check_input(kind, reason, until, by, now)
    if agent.state in rules.GONE:
        raise Conflict(f"{agent.agent_name} is {agent.current_state}: there is nothing to hold.", code="gone")
    if agent.holds.active().filter(kind=kind).exists():
        raise Conflict(
            f"{agent.agent_name} already has an active hold of this kind: {HoldKind(kind).label.lower()}.",
            code="already_held",
        )
    return place_many([agent], kind=kind, reasons={agent.pk: reason}, until={agent.pk: until}, by=by, now=now)[0]


def place_many(
    agents: Sequence[Agent],
    *,
    kind: HoldKind,
    reasons: Mapping[UUID, str],
    until: Mapping[UUID, datetime | None],
    by: Actor,
    now: datetime,
) -> list[Hold]:
    """Hold locked agents that have no active hold of this kind; pause those whose state allows. Fixed query count."""
    holds = [
        Hold(
            organization_id=agent.organization_id,
            agent=agent,
            kind=kind,
            reason=reasons[agent.pk],
            placed_at=now,
            placed_by_kind=by.kind.value,
            placed_by_id=by.id,
            placed_by_label=by.label,
            until=until.get(agent.pk),
        )
        for agent in agents
    ]
    insert_many(holds)
    events: list[AuditEvent] = [
        lifecycle.hold_event(hold, "hold.placed", agent=hold.agent, by=by, now=now, reason=hold.reason)
        for hold in holds
    ]
    pausing = [agent for agent in agents if agent.state in rules.PAUSABLE]
    events += lifecycle.move(pausing, S.PAUSED, reasons=reasons, by=by, now=now)
    audit.record_many(events)
    commands.issue_many(agents, CommandKind.PAUSE, reasons=reasons, by=by, now=now)
    return holds


@transaction.atomic
def release(
    *, organization: Organization | UUID, agent_id: UUID, kind: HoldKind, reason: str = "", by: Actor, now: datetime
) -> Hold:
    """Release the active hold of this kind; the agent resumes when it was the last. Others stay."""
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.LIFECYCLE)
    lifecycle.check_reason(reason)
    hold = agent.holds.active().filter(kind=kind).first()
    if hold is None:
        label = HoldKind(kind).label.lower() if kind in list(HoldKind) else str(kind)[:40]
        raise Conflict(f"{agent.agent_name} has no active hold of this kind: {label}.", code="not_held")
    release_many([hold], agents={agent.pk: agent}, reason=reason, by=by, now=now)
    hold.refresh_from_db()
    return hold


def release_many(
    holds: Sequence[Hold], *, agents: Mapping[UUID, Agent], reason: str, by: Actor, now: datetime, tell: bool = True
) -> list[Agent]:
    """Release holds of locked agents; agents left without any go from ``paused`` to ``ready``. Returns those.

    ``tell`` is off where the caller tells the runtimes something stronger itself.
    """
    events = lifecycle.release_rows(holds, agents=agents, reason=reason, by=by, now=now)
    held = set(Hold.objects.active().filter(agent__in=list(agents)).values_list("agent_id", flat=True))
    resumed = [agent for agent in agents.values() if agent.pk not in held and agent.state == S.PAUSED]
    reasons = {agent.pk: reason for agent in resumed}
    events += lifecycle.move(resumed, S.READY, reasons=reasons, by=by, now=now)
    audit.record_many(events)
    workload.follow(resumed, why="It has open work.", by=by, now=now)
    free = [agent for agent in agents.values() if tell and agent.pk not in held and agent.state not in rules.GONE]
    commands.issue_many(free, CommandKind.RESUME, reasons={a.pk: reason for a in free}, by=by, now=now)
    return resumed


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """Release holds whose ``until`` has passed. Safe to run twice at once; a bad row does not stop the rest."""
    due = (
        Hold.objects.active()
        .filter(until__lte=now)
        .order_by("until")
        .values_list("organization_id", "agent_id", "kind")
    )
    released = 0
    for organization_id, agent_id, kind in due[:limit]:
        try:
            released += _expire_one(organization_id, agent_id, kind, now=now)
        except Exception:
            logger.exception("hold not released", extra={"agent_id": str(agent_id), "hold_kind": kind})
    return released


@transaction.atomic
def _expire_one(organization_id: UUID, agent_id: UUID, kind: str, *, now: datetime) -> int:
    agent = lifecycle.lock(organization=organization_id, agent_id=agent_id)
    hold = agent.holds.active().filter(kind=kind, until__lte=now).first()
    if hold is None:
        return 0
    release_many([hold], agents={agent.pk: agent}, reason="It was placed until now.", by=system("holds"), now=now)
    return 1


def _check_input(kind: str, reason: str, until: datetime | None, by: Actor, now: datetime) -> None:
    faults = []
    if kind not in list(HoldKind):
        faults.append(("kind", f"Choose one of: {', '.join(HoldKind)}."))
    elif kind == HoldKind.OFF_HOURS and by.kind != ActorKind.SYSTEM:
        # The clock ends its own holds; one that a person meant would be gone at the next start.
        faults.append(("kind", "The clock places this one by itself. Choose manual to pause by hand."))
    if not reason.strip():
        faults.append(("reason", "Say why the agent may not work."))
    elif len(reason) > 500:
        faults.append(("reason", f"Use at most 500 characters; this has {len(reason)}."))
    if "\x00" in reason:
        faults.append(("reason", "Remove the NUL character."))
    if until is not None and until <= now:
        faults.append(("until", "Choose a moment in the future, or leave it empty."))
    if faults:
        raise Invalid(faults)
