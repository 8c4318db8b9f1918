"""Handing out work: one task to one agent, atomically, where every gate is open (spec T2, W9)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from budgets.models import Caps
from budgets.rules.gauges import Stop
from budgets.selectors.credits import has_credit
from budgets.selectors.stops import SOME_CAP, stop_of_agent
from budgets.services import reservations
from budgets.services.reservations import FOR_TASK
from scheduling.rules import gates
from scheduling.rules import hours as hours_rules
from scheduling.rules.gates import GateFacts, Shut
from scheduling.selectors.duty import Duty, duty_for_work
from workforce.choices import ClockStatus, HoldKind, LifecycleState, TaskStatus, TaskType
from workforce.models import Agent, Organization, Task
from workforce.models.bulk_rows import update_rows
from workforce.models.compiled import CompiledRead
from workforce.rules import tasks as rules
from workforce.rules.actors import Actor
from workforce.rules.lifecycle import GONE
from workforce.rules.refusals import Conflict
from workforce.services import audit, leases
from workforce.services.moves import lock, move_through


@dataclass(frozen=True, slots=True)
class Claim:
    """``task`` is None where there is no work now: ``shut`` says why, ``ask_again_at`` when to ask again (UTC)."""

    task: Task | None
    shut: Shut | None
    ask_again_at: datetime | None


NOTHING = "Nothing is waiting for this agent."


@transaction.atomic
def claim(
    *, organization: Organization, agent_id: UUID, lease_seconds: int | None = None, by: Actor, now: datetime
) -> Claim:
    """Take the most pressing task of this agent's queue, under a lease.

    The agent's row is locked, so two claims never get the same task and an agent never gets two. Off duty only urgent
    tasks are handed out. Raises ``Missing``, ``Forbidden``, ``Invalid`` (lease), ``Conflict`` (the agent has left).
    """
    lease = leases.check_lease(lease_seconds)
    agent = lock(organization=organization, agent_id=agent_id)
    leases.check_may_work(by, agent.pk)
    if agent.state in GONE:
        raise Conflict(f"{agent.agent_name} is {agent.current_state} and gets no work.", code="gone")
    facts = _facts(agent, duty_for_work(agent, now=now), now)
    shut = gates.first_shut(facts)
    if shut is not None:
        facts = replace(facts, urgent=True)
        if gates.first_shut(facts) is not None:
            return _none(shut, now)
    task = _next(agent, urgent_only=facts.urgent)
    barred = gates.first_shut(_with_money(facts, organization, agent, task, now))
    if barred is not None and barred.gate == "credits":
        task = _next_unscheduled(agent, urgent_only=facts.urgent)
        barred = barred if task is None else None
    if task is None:
        return _none(shut or barred or Shut("nothing_queued", NOTHING), now)
    if barred is not None:
        return _none(barred, now)
    if task.busy:
        return _none(Shut("line_busy", "The agent is working on a task. One at a time."), now)
    expires = now + lease
    if task.capped and (stop := _reserve(organization, task, expires=expires, now=now)) is not None:
        return _none(Shut("caps", stop.sentence, stop.until), now)
    _take(task, agent, expires=expires, by=by, now=now)
    return Claim(task, None, None)


def _none(shut: Shut, now: datetime) -> Claim:
    return Claim(None, shut, shut.ask_again_at or now + gates.ASK_AGAIN)


def _waiting(agent_id: UUID) -> "QuerySet[Any]":
    """Those of the agent's queue that may be taken, the most pressing first, with what is so of their agent: ``busy``
    with another one, ``capped`` by any cap."""
    running = Task.objects.filter(agent=OuterRef("agent"), status=TaskStatus.IN_PROGRESS)
    capped = Caps.objects.filter(SOME_CAP, agent=OuterRef("agent"))
    waiting = Task.objects.claimable().filter(agent=agent_id).in_queue_order()
    return waiting.annotate(busy=Exists(running), capped=Exists(capped))


_NEXT = CompiledRead(lambda agent_id: _waiting(agent_id)[:1])
_NEXT_URGENT = CompiledRead(lambda agent_id: _waiting(agent_id).filter(urgent=True)[:1])


def _next(agent: Agent, *, urgent_only: bool) -> Any:
    found = (_NEXT_URGENT if urgent_only else _NEXT)(agent.pk)
    return found[0] if found else None


def _next_unscheduled(agent: Agent, *, urgent_only: bool) -> Any:
    """Without what the schedule made: work that credits are not asked for."""
    waiting = _waiting(agent.pk).exclude(type=TaskType.SCHEDULED)
    return (waiting.filter(urgent=True) if urgent_only else waiting).first()


def _with_money(facts: GateFacts, organization: Organization, agent: Agent, task: Any, now: datetime) -> GateFacts:
    """With what caps and credits say, which are looked at where they could matter."""
    stop = stop_of_agent(organization, agent.pk, now=now) if task is None or task.capped else None
    scheduled = task is not None and task.type == TaskType.SCHEDULED
    return replace(
        facts,
        over_cap=stop.sentence if stop else "",
        cap_until=stop.until if stop else None,
        no_credits=scheduled and not has_credit(organization),
    )


def _reserve(organization: Organization, task: Task, *, expires: datetime, now: datetime) -> Stop | None:
    """Room under the caps for this task, or why there is none. What was kept for the agent's last one is given back:
    it works on one at a time."""
    subject = (FOR_TASK, str(task.pk))
    return reservations.begin(
        organization=organization, agent_id=task.agent_id, subject=subject, expires_at=expires, now=now
    )


_TAKEN = ("status", "lease_token", "lease_expires_at", "claimed_at", "started_at", "boost_at", "updated_at")


def _take(task: Task, agent: Agent, *, expires: datetime, by: Actor, now: datetime) -> None:
    task.agent = agent
    task.status, task.lease_token, task.lease_expires_at = TaskStatus.IN_PROGRESS.value, task.lease_token + 1, expires
    task.claimed_at, task.started_at, task.boost_at, task.updated_at = now, task.started_at or now, None, now
    update_rows([task], _TAKEN)
    events = [
        audit.draft(
            organization=task.organization_id,
            action="task.claimed",
            subject=("task", task.pk, task.title),
            before={"status": TaskStatus.QUEUED.value},
            after={"status": task.status, "agent": agent.agent_name, "lease_token": task.lease_token},
            by=by,
            now=now,
        )
    ]
    if agent.state in rules.FOLLOWING and agent.state != LifecycleState.EXECUTING:
        states = rules.steps(agent.state, LifecycleState.EXECUTING)
        events += move_through(agent, states, reason=f"Task: {task.title}", by=by, now=now)
    audit.record_many(events)


def _facts(agent: Agent, duty: Duty, now: datetime) -> GateFacts:
    others = [hold for hold in duty.holds if hold.kind != HoldKind.OFF_HOURS]
    starts = duty.next_event[1] if duty.next_event and duty.next_event[0] in ("clocks_in", "shift_starts") else None
    return GateFacts(
        lifecycle_state=agent.current_state,
        held=[f"{HoldKind(hold.kind).label}: {hold.reason}" for hold in others],
        held_until=_last([hold.until for hold in others]),
        clocked_out=agent.clock == ClockStatus.CLOCKED_OUT,
        paused_by_clock=len(others) < len(duty.holds),
        in_grace=duty.in_grace,
        next_start=starts,
        work_from=_work_from(agent, duty, now),
    )


def _last(moments: Sequence[datetime | None]) -> datetime | None:
    """None where one of them has no end of its own."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _work_from(agent: Agent, duty: Duty, now: datetime) -> datetime | None:
    """When work begins after an automatic start, if that is still ahead: agents that start together do not claim at
    one instant. Who was clocked in by hand begins at once."""
    if agent.clock_since is None or duty.schedule is None or now >= agent.clock_since + rules.stagger(agent.pk):
        return None
    running = hours_rules.interval_at(duty.schedule.hours(), now)
    if running is None or running.start != agent.clock_since:
        return None
    return agent.clock_since + rules.stagger(agent.pk)
