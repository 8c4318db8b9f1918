"""Planned leave becomes a hold at its start and is over at its end (spec W10, R8).

``due_at`` is only the alarm; the agent's row is the lock of its leave, taken with SKIP LOCKED, and the verdict comes
from the rule over the facts read under that lock. A leave whose hold somebody released early is over too: the sweep
finds it.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, OuterRef, Q, Subquery

from scheduling.choices import LeaveStatus
from scheduling.models import Leave
from scheduling.rules import leave as rules
from workforce.choices import HoldKind
from workforce.models import Agent, AuditEvent, Hold
from workforce.rules.actors import Actor, system
from workforce.rules.lifecycle import GONE
from workforce.services import audit, holds

logger = logging.getLogger("punchcard.leave")
SWEEP = system("leave")
POISON_POSTPONED = timedelta(hours=1)


@dataclass
class SweepResult:
    """What one sweep did; its text is what the task returns."""

    begun: int = 0
    over: int = 0
    looked_at: int = 0
    postponed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        words = f"Leave begun {self.begun}, over {self.over}; looked at {self.looked_at}"
        return words + (f"; postponed {', '.join(self.postponed)}" if self.postponed else "")


def sweep(*, now: datetime, limit: int | None = None) -> SweepResult:
    """Handle all leave that is due, in batches; safe to run twice, at once, after a kill.

    A batch that fails is repeated agent by agent, and who fails alone is postponed by an hour and named. Where the
    database fails, nobody is to blame: the error is raised and the next sweep goes on.
    """
    result = SweepResult()
    while limit is None or result.looked_at < limit:
        batch = settings.CLOCK_SWEEP_BATCH
        if limit is not None:
            batch = min(batch, limit - result.looked_at)
        agents: dict[UUID, Agent] = {}
        try:
            with transaction.atomic():
                due = _due(now=now, size=batch)
                agents = _lock(due, skip_locked=True)
                settle(agents, by=SWEEP, now=now, result=result)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if not agents:
                raise
            logger.exception("leave batch failed; repeating it agent by agent")
            for agent_id in agents:
                _handle_alone(agent_id, now=now, result=result)
        result.looked_at += len(agents)
        if not agents or len(due) < batch:
            break
    return result


def _due(*, now: datetime, size: int) -> list[UUID]:
    """Whose leave is to be looked at: the alarm rang, or the hold is gone. Two short index reads."""
    rang = Leave.objects.filter(due_at__lte=now).order_by("due_at").values_list("agent_id", flat=True)[:size]
    freed = Leave.objects.filter(status=LeaveStatus.RUNNING, hold__released_at__isnull=False)
    return list(dict.fromkeys([*rang, *freed.order_by().values_list("agent_id", flat=True)[:size]]))[:size]


def _lock(agent_ids: Iterable[UUID], *, skip_locked: bool) -> dict[UUID, Agent]:
    wanted = Agent.objects.select_for_update(skip_locked=skip_locked, no_key=True).filter(pk__in=list(agent_ids))
    return {agent.pk: agent for agent in wanted.order_by("pk")}


def _handle_alone(agent_id: UUID, *, now: datetime, result: SweepResult) -> None:
    try:
        with transaction.atomic():
            settle(_lock([agent_id], skip_locked=False), by=SWEEP, now=now, result=result)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("leave postponed", extra={"agent_id": str(agent_id)})
        Leave.objects.filter(agent=agent_id, due_at__lte=now).update(due_at=now + POISON_POSTPONED)
        result.postponed.append(str(agent_id))


def settle(agents: Mapping[UUID, Agent], *, by: Actor, now: datetime, result: SweepResult | None = None) -> None:
    """Apply what is owed to the leave of these locked agents. The query count does not grow with their number. Leave
    that begins is begun by ``by``; what is over ends by itself."""
    result = result or SweepResult()
    ringing = Q(due_at__lte=now) | Q(status=LeaveStatus.RUNNING, hold__released_at__isnull=False)
    leaves = list(Leave.objects.filter(ringing, agent__in=list(agents)).select_related("hold").order_by("starts_at"))
    if not leaves:
        return
    active = Hold.objects.active().filter(agent__in=list(agents), kind=HoldKind.LEAVE)
    held = {hold.agent_id: hold for hold in active}
    over: list[tuple[Leave, rules.Decision]] = []
    beginning: list[Leave] = []
    waiting: dict[datetime | None, list[UUID]] = {}
    for leave in leaves:
        decision = rules.decide(_facts(leave, agents[leave.agent_id], held.get(leave.agent_id)), now)
        if decision.step == rules.Step.WAIT:
            waiting.setdefault(decision.due_at, []).append(leave.pk)
        elif decision.step == rules.Step.START:
            beginning.append(leave)
        else:
            over.append((leave, decision))
    for due_at, ids in waiting.items():
        Leave.objects.filter(pk__in=ids).update(due_at=due_at)
    freed = _finish(over, agents=agents, by=SWEEP, now=now)
    _begin(beginning, agents=agents, held=[h for h in held.values() if h.pk not in freed], by=by, now=now)
    result.begun += len(beginning)
    result.over += len(over)


def _facts(leave: Leave, agent: Agent, active: Hold | None) -> rules.LeaveFacts:
    other = active if active is not None and active.pk != leave.hold_id else None
    return rules.LeaveFacts(
        running=leave.runs,
        starts_at=leave.starts_at,
        ends_at=leave.ends_at,
        gone=agent.current_state if agent.state in GONE else "",
        released_at=leave.hold.released_at if leave.hold else None,
        other_hold=other is not None,
        other_until=other.until if other else None,
    )


def _begin(
    leaves: Sequence[Leave], *, agents: Mapping[UUID, Agent], held: Sequence[Hold], by: Actor, now: datetime
) -> None:
    """Hold the agents. A hold of the same kind that was until now makes room first: there is one of a kind at most."""
    if not leaves:
        return
    coming = {leave.agent_id: leave for leave in leaves}
    if past := [hold for hold in held if hold.agent_id in coming]:
        theirs = {hold.agent_id: agents[hold.agent_id] for hold in past}
        holds.release_many(past, agents=theirs, reason="It was placed until now.", by=by, now=now, tell=False)
    holds.place_many(
        [agents[agent_id] for agent_id in coming],
        kind=HoldKind.LEAVE,
        reasons={agent_id: leave.reason for agent_id, leave in coming.items()},
        until={agent_id: leave.ends_at for agent_id, leave in coming.items()},
        by=by,
        now=now,
    )
    theirs_now = Hold.objects.active().filter(agent=OuterRef("agent"), kind=HoldKind.LEAVE).order_by()
    Leave.objects.filter(pk__in=[leave.pk for leave in coming.values()]).update(
        hold=Subquery(theirs_now.values("pk")[:1]),
        status=LeaveStatus.RUNNING.value,
        started_at=now,
        due_at=F("ends_at"),
        updated_at=now,
    )
    audit.record_many(
        event(
            "leave.started", leave, agents[leave.agent_id], after=as_facts(leave), reason=leave.reason, by=by, now=now
        )
        for leave in coming.values()
    )


def _finish(
    over: Sequence[tuple[Leave, rules.Decision]], *, agents: Mapping[UUID, Agent], by: Actor, now: datetime
) -> set[UUID]:
    """Release what still holds them; returns those holds. The moment and name of an early release are kept. Leave that
    is over in one way is one UPDATE."""
    if not over:
        return set()
    freeing: dict[str, list[Hold]] = {}
    closing: dict[tuple[LeaveStatus, datetime, str, str], list[UUID]] = {}
    events = []
    for leave, decision in over:
        at, who, why = now, by.label, decision.why
        if leave.hold is not None and leave.hold.released_at is None:
            freeing.setdefault(why, []).append(leave.hold)
        elif leave.hold is not None and leave.hold.released_at is not None:
            at, who = leave.hold.released_at, leave.hold.released_by_label
            why = leave.hold.release_reason or why
        status = LeaveStatus.CANCELLED if decision.step == rules.Step.DROP else LeaveStatus.ENDED
        closing.setdefault((status, at, who, why), []).append(leave.pk)
        action, agent = f"leave.{status.value}", agents[leave.agent_id]
        events.append(event(action, leave, agent, before=as_facts(leave), after={}, reason=why, by=by, now=now))
    for why, group in freeing.items():
        theirs = {hold.agent_id: agents[hold.agent_id] for hold in group}
        holds.release_many(group, agents=theirs, reason=why, by=by, now=now)
    for (status, at, who, why), ids in closing.items():
        Leave.objects.filter(pk__in=ids).update(**closed(status, at=at, who=who, why=why, now=now))
    audit.record_many(events)
    return {hold.pk for group in freeing.values() for hold in group}


def closed(status: LeaveStatus, *, at: datetime, who: str, why: str, now: datetime) -> dict[str, Any]:
    """What the columns of a leave that is over say."""
    return {
        "status": status.value,
        "due_at": None,
        "finished_at": at,
        "finished_by_label": who[:160],
        "finish_reason": why[:500],
        "updated_at": now,
    }


def as_facts(leave: Leave) -> dict[str, Any]:
    """A leave in the shape the audit keeps it."""
    return {
        "leave": leave.pk,
        "starts_at": leave.starts_at,
        "ends_at": leave.ends_at,
        "reason": leave.reason,
        "cover_agent_id": leave.cover_agent_id,
    }


def event(
    action: str,
    leave: Leave,
    agent: Agent,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> AuditEvent:
    """Leave is told as part of its agent's story."""
    return audit.draft(
        organization=leave.organization_id,
        action=action,
        subject=("agent", agent.pk, agent.agent_name),
        before=before,
        after=after or {"leave": leave.pk},
        reason=reason,
        by=by,
        now=now,
    )
