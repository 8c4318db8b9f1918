"""Who is on duty, what a runtime should be doing, and what comes next (spec W9, W11, H1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from scheduling.choices import OffHoursAction
from scheduling.models import WorkSchedule
from scheduling.models.schedules import load_hours
from scheduling.rules import hours as rules
from scheduling.rules.clock import end_of_duty
from workforce.choices import ClockStatus, HoldKind, LifecycleState
from workforce.models import Agent, Hold
from workforce.models.compiled import CompiledRead
from workforce.rules.lifecycle import GONE

EventKind = Literal["clocks_in", "clocks_out", "shift_starts", "shift_ends", "resumes"]
DesiredState = Literal["work", "pause", "stop"]


@dataclass(frozen=True, slots=True)
class Duty:
    """``reason`` says why the agent should not work, empty where it should. ``next_event`` is (kind, instant in UTC).

    ``schedule`` is None for an agent without hours; ``around_the_clock`` where its hours never end.
    """

    on_duty: bool
    in_grace: bool
    desired_state: DesiredState
    reason: str
    next_event: tuple[EventKind, datetime] | None
    schedule: WorkSchedule | None
    schedule_text: str
    around_the_clock: bool
    holds: tuple[Hold, ...]

    @property
    def owes_heartbeats(self) -> bool:
        """Off duty, paused and departed agents owe none (spec H5)."""
        return self.on_duty and self.desired_state == "work"

    @property
    def leave(self) -> Hold | None:
        """What keeps the agent on leave; ``until`` says how long."""
        return next((hold for hold in self.holds if hold.kind == HoldKind.LEAVE), None)


def duty_of(agents: Iterable[Agent], *, now: datetime) -> dict[UUID, Duty]:
    """Duty of each agent at ``now``. Three queries whatever their number."""
    agents = list(agents)
    ids = [agent.pk for agent in agents]
    schedules = {schedule.agent_id: schedule for schedule in WorkSchedule.objects.filter(agent__in=ids).with_hours()}
    held: dict[UUID, list[Hold]] = {}
    for hold in Hold.objects.active().filter(agent__in=ids).order_by("placed_at", "id"):
        held.setdefault(hold.agent_id, []).append(hold)
    return {agent.pk: _duty(agent, schedules.get(agent.pk), held.get(agent.pk, []), now) for agent in agents}


_HOLDS = CompiledRead(
    lambda agent_id: Hold.objects.active().filter(agent=agent_id).order_by("placed_at", "id"),
)
_SCHEDULE = CompiledRead(lambda agent_id: WorkSchedule.objects.filter(agent=agent_id).order_by())


def duty_for_work(agent: Agent, *, now: datetime) -> Duty:
    """Duty of the one agent that asks for work. Its hours are read where it has any by its clock."""
    schedules = _SCHEDULE(agent.pk) if agent.clock != ClockStatus.NO_SCHEDULE else []
    load_hours(schedules)
    return _duty(agent, schedules[0] if schedules else None, _HOLDS(agent.pk), now)


def _duty(agent: Agent, schedule: WorkSchedule | None, holds: Sequence[Hold], now: datetime) -> Duty:
    acting = schedule if schedule is not None and schedule.enabled else None
    hours = schedule.hours() if schedule is not None else None
    state = rules.work_state(hours, now, schedule.grace_minutes) if acting and hours and schedule else None
    desired, reason = _desired(agent, acting, holds)
    return Duty(
        on_duty=agent.clock != ClockStatus.CLOCKED_OUT and agent.state not in GONE,
        in_grace=bool(state and state.in_grace and agent.clock == ClockStatus.CLOCKED_IN),
        desired_state=desired,
        reason=reason,
        next_event=_next_event(agent, acting, hours, holds, now),
        schedule=schedule,
        schedule_text=rules.describe(hours) if hours is not None else "",
        around_the_clock=bool(state and state.open and state.next_event is None),
        holds=tuple(holds),
    )


def _desired(agent: Agent, schedule: WorkSchedule | None, holds: Sequence[Hold]) -> tuple[DesiredState, str]:
    if agent.state in GONE:
        return "stop", f"The agent is {agent.current_state}."
    if agent.state == LifecycleState.REGISTERED:
        return "pause", "The agent is registered, not ready yet."
    off_duty = agent.clock == ClockStatus.CLOCKED_OUT
    if off_duty and schedule is not None and schedule.off_hours_action == OffHoursAction.STOP:
        return "stop", "Off duty."
    if holds:
        return "pause", "; ".join(f"{HoldKind(hold.kind).label}: {hold.reason}" for hold in holds)
    if agent.state == LifecycleState.PAUSED:
        return "pause", "The agent is paused."
    if off_duty and (schedule is None or schedule.off_hours_action == OffHoursAction.PAUSE):
        return "pause", "Off duty."
    if off_duty:
        return "work", "Off duty: finish what is running, new work waits for the next shift."
    return "work", ""


def _next_event(
    agent: Agent, schedule: WorkSchedule | None, hours: rules.Hours | None, holds: Sequence[Hold], now: datetime
) -> tuple[EventKind, datetime] | None:
    if agent.state in GONE:
        return None
    others = [hold for hold in holds if hold.kind != HoldKind.OFF_HOURS]
    ends = [hold.until for hold in others if hold.until is not None]
    freed = max(ends) if ends and len(ends) == len(others) else None
    if schedule is None or hours is None:
        return ("resumes", freed) if freed else None
    if agent.clock == ClockStatus.CLOCKED_OUT:
        return None if others and not freed else _next_start(schedule, hours, freed, now)
    return ("resumes", freed) if freed else _next_end(agent, schedule, hours, now)


def _next_start(
    schedule: WorkSchedule, hours: rules.Hours, freed: datetime | None, now: datetime
) -> tuple[EventKind, datetime] | None:
    """``freed`` is when the last of the other holds ends: until then nobody is woken."""
    moment = max(now, freed or now)
    if freed is not None and rules.interval_at(hours, moment) is not None:
        return "resumes", moment
    start = rules.next_start(hours, moment)
    if start is None:
        return None
    return ("clocks_in" if schedule.auto_wake else "shift_starts"), start


def _next_end(
    agent: Agent, schedule: WorkSchedule, hours: rules.Hours, now: datetime
) -> tuple[EventKind, datetime] | None:
    """The end of the shift; once that has passed, the end of the grace period, when the clock acts."""
    if not schedule.enforce_clock_out:
        end = rules.first_end_after(hours, now)
        return ("shift_ends", end) if end else None
    end = end_of_duty(hours, schedule.policy(), agent.clock_since, now)
    if end is None:
        return None
    return "clocks_out", end if now < end else max(end + timedelta(minutes=schedule.grace_minutes), now)
