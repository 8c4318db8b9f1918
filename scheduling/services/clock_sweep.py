"""The clock's sweep: agents go on and off duty by their hours (spec W5-W7).

``clock_due_at`` is only the alarm. The agent's row is the lock of everything the clock does to it: the sweep takes it
with SKIP LOCKED, so any number of sweeps, people and runtimes may act at once and none waits for another. The verdict
comes from the rule over the facts read under that lock.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from scheduling.choices import ClockEvent
from scheduling.models import WorkSchedule
from scheduling.rules import clock as rules
from scheduling.rules import hours as hours_rules
from scheduling.services import clock
from scheduling.services.clock import Happening
from workforce.choices import ClockStatus, CommandKind, HeartbeatStatus, HoldKind
from workforce.models import Agent, Command, Hold, Presence
from workforce.rules.actors import system
from workforce.selectors.reporting import people_responsible_for
from workforce.services import commands, notices

logger = logging.getLogger("punchcard.clock")
CLOCK = system("clock")
#: An outage leaves at most a missed end and a missed start; more rounds than this mean a wrong rule.
MAX_ROUNDS = 4
POISON_POSTPONED = timedelta(hours=1)
_EVENTS = {rules.Action.AUTO_WAKE: ClockEvent.AUTO_WAKE, rules.Action.AUTO_PAUSE: ClockEvent.AUTO_PAUSE}


@dataclass
class SweepResult:
    """What one sweep did; its text is what the task returns."""

    clocked_in: int = 0
    clocked_out: int = 0
    told: int = 0
    looked_at: int = 0
    postponed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        words = f"Clocked in {self.clocked_in}, out {self.clocked_out}, told {self.told}; looked at {self.looked_at}"
        return words + (f"; postponed {', '.join(self.postponed)}" if self.postponed else "")


@dataclass
class _Plan:
    """What is to be written for one batch."""

    happenings: list[Happening] = field(default_factory=list)
    final: dict[UUID, tuple[ClockStatus, datetime | None]] = field(default_factory=dict)
    wake_later: list[tuple[Agent, rules.Decision]] = field(default_factory=list)
    late: list[tuple[Agent, rules.Decision]] = field(default_factory=list)
    next_check: dict[datetime | None, list[UUID]] = field(default_factory=dict)


def sweep(*, now: datetime, limit: int | None = None) -> SweepResult:
    """Handle every agent whose alarm has rung, in batches; safe to run twice, at once, after a kill.

    A batch that fails is repeated row by row, and the row that fails alone is postponed by an hour and named. Where the
    database fails, no row is to blame: the error is raised, nothing is postponed, and the next sweep goes on.
    """
    result = SweepResult()
    while limit is None or result.looked_at < limit:
        batch = settings.CLOCK_SWEEP_BATCH
        if limit is not None:
            batch = min(batch, limit - result.looked_at)
        ids: list[UUID] = []
        more = True
        try:
            with transaction.atomic():
                ids, more = _claim(now=now, size=batch)
                _handle(ids, now=now, result=result)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if not ids:
                raise
            logger.exception("clock batch failed; repeating it row by row")
            for agent_id in ids:
                _handle_alone(agent_id, now=now, result=result)
        result.looked_at += len(ids)
        if not (ids and more):
            break
    return result


@transaction.atomic
def settle(agent_id: UUID, *, now: datetime) -> None:
    """Apply what the clock owes this one agent now, after its hours were changed."""
    ids = list(Agent.objects.select_for_update(no_key=True).filter(pk=agent_id).values_list("pk", flat=True))
    _handle(ids, now=now, result=SweepResult())


def _claim(*, now: datetime, size: int) -> tuple[list[UUID], bool]:
    """Lock up to ``size`` due agents nobody else holds; whether more may be due. Two short index reads, no join."""
    due = list(
        WorkSchedule.objects.filter(clock_due_at__lte=now)
        .order_by("clock_due_at")
        .values_list("agent_id", flat=True)[:size]
    )
    locked = Agent.objects.filter(pk__in=due).select_for_update(skip_locked=True, no_key=True).order_by("pk")
    return list(locked.values_list("pk", flat=True)), len(due) == size


def _handle_alone(agent_id: UUID, *, now: datetime, result: SweepResult) -> None:
    try:
        with transaction.atomic():
            locked = Agent.objects.select_for_update(no_key=True).filter(pk=agent_id).values_list("pk", flat=True)
            _handle(list(locked), now=now, result=result)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("agent postponed by the clock", extra={"agent_id": str(agent_id)})
        WorkSchedule.objects.filter(agent=agent_id).update(clock_due_at=now + POISON_POSTPONED)
        result.postponed.append(str(agent_id))


def _handle(ids: Sequence[UUID], *, now: datetime, result: SweepResult) -> None:
    """Decide and write for locked agents. Their schedules are read again here, under the lock."""
    if not ids:
        return
    schedules = {
        schedule.agent_id: schedule
        for schedule in WorkSchedule.objects.filter(agent__in=ids, clock_due_at__lte=now)
        .select_related("agent", "agent__presence")
        .with_hours()
    }
    held = set(
        Hold.objects.active().filter(agent__in=ids).exclude(kind=HoldKind.OFF_HOURS).values_list("agent_id", flat=True)
    )
    plan = _Plan()
    for schedule in schedules.values():
        _decide(schedule, other_holds=schedule.agent_id in held, now=now, plan=plan)
    clock.apply(plan.happenings, schedules=schedules, final=plan.final, by=CLOCK, now=now)
    told = _tell_late(plan.late, now=now) + _wake_later(plan.wake_later, now=now)
    for next_check, agent_ids in plan.next_check.items():
        WorkSchedule.objects.filter(agent__in=agent_ids).update(clock_due_at=next_check)
    result.clocked_in += sum(h.event == ClockEvent.AUTO_WAKE for h in plan.happenings)
    result.clocked_out += sum(h.event == ClockEvent.AUTO_PAUSE for h in plan.happenings)
    result.told += told


def _decide(schedule: WorkSchedule, *, other_holds: bool, now: datetime, plan: _Plan) -> None:
    agent, hours, policy = schedule.agent, schedule.hours(), schedule.policy()
    status, since = agent.clock, agent.clock_since
    for _ in range(MAX_ROUNDS):
        facts = rules.ClockFacts(
            status=status.value,
            since=since,
            lifecycle_state=agent.current_state,
            other_holds=other_holds,
            healthy_since_start=_healthy_since_start(agent, hours, policy.active_since, now),
        )
        verdict = rules.decide(hours, policy, facts, now)
        if verdict.action not in _EVENTS:
            break
        event = _EVENTS[verdict.action]
        plan.happenings.append(Happening(agent, event, verdict.scheduled_at, verdict.why))
        status = ClockStatus.CLOCKED_IN if event == ClockEvent.AUTO_WAKE else ClockStatus.CLOCKED_OUT
        since = verdict.scheduled_at
        plan.final[agent.pk] = (status, since)
    if verdict.action == rules.Action.LATE:
        plan.late.append((agent, verdict))
    elif verdict.action == rules.Action.WAKE_LATER:
        plan.wake_later.append((agent, verdict))
    plan.next_check.setdefault(verdict.next_check_at, []).append(agent.pk)


def _healthy_since_start(agent: Agent, hours: hours_rules.Hours, active_since: datetime, now: datetime) -> bool:
    presence: Presence | None = getattr(agent, "presence", None)
    if presence is None or presence.last_seen_at is None or presence.status != HeartbeatStatus.OK:
        return False
    running = hours_rules.interval_at(hours, now)
    return running is not None and presence.last_seen_at >= max(running.start, active_since)


def _tell_late(late: Sequence[tuple[Agent, rules.Decision]], *, now: datetime) -> int:
    return _tell(late, kind="late", what="is late", now=now)


def _tell(verdicts: Sequence[tuple[Agent, rules.Decision]], *, kind: str, what: str, now: datetime) -> int:
    """One notice for each who is responsible, per agent and start of the shift. One INSERT whatever the number."""
    people = people_responsible_for([agent for agent, _ in verdicts])
    notices.tell_many(
        notices.draft(
            organization=agent.organization_id,
            recipient=person,
            kind=kind,
            text=f"{agent.agent_name} {what}. {verdict.why}",
            subject=("agent", agent.pk, agent.agent_name),
            key=f"{kind}:{agent.pk}:{verdict.scheduled_at:%Y-%m-%dT%H:%M}",
            now=now,
        )
        for agent, verdict in verdicts
        for person in people[agent.pk]
    )
    return len(verdicts)


def _wake_later(waiting: Sequence[tuple[Agent, rules.Decision]], *, now: datetime) -> int:
    """Send the wake command and tell the owner, once per shift, although the verdict comes again every minute."""
    if not waiting:
        return 0
    started = {agent.pk: verdict.scheduled_at or now for agent, verdict in waiting}
    sent = Command.objects.filter(
        agent__in=list(started),
        command=CommandKind.WAKE,
        issued_by_label=CLOCK.label,
        issued_at__gte=min(started.values()),
    ).values_list("agent_id", "issued_at")
    told = {agent_id for agent_id, issued_at in sent if issued_at >= started[agent_id]}
    fresh = [(agent, verdict) for agent, verdict in waiting if agent.pk not in told]
    commands.issue_many(
        [agent for agent, _ in fresh],
        CommandKind.WAKE,
        reasons={agent.pk: verdict.why for agent, verdict in fresh},
        by=CLOCK,
        now=now,
    )
    return _tell(fresh, kind="not_woken", what="was not clocked in", now=now)
