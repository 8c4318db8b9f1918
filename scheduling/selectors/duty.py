"""Who is on duty, what a runtime should be doing, and what comes next (spec W9, W11, H1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from scheduling.choices import OffHoursAction
from scheduling.models import WorkSchedule
from scheduling.rules import hours as rules
from workforce.choices import ClockStatus, HoldKind, LifecycleState
from workforce.models import Agent, Hold
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


def duty_of(agents: Iterable[Agent], *, now: datetime) -> dict[UUID, Duty]:
    """Duty of each agent at ``now``. Three queries whatever their number."""
    agents = list(agents)
    ids = [agent.pk for agent in agents]
    schedules = {
        schedule.agent_id: schedule
        for schedule in WorkSchedule.objects.filter(agent__in=ids).prefetch_related("shifts")
    }
    held: dict[UUID, list[Hold]] = {}
    for hold in Hold.objects.active().filter(agent__in=ids).order_by("placed_at"):
        held.setdefault(hold.agent_id, []).append(hold)
    return {agent.pk: _duty(agent, schedules.get(agent.pk), held.get(agent.pk, []), now) for agent in agents}


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
        next_event=_next_event(agent, acting, hours, state, holds, now),
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
    agent: Agent,
    schedule: WorkSchedule | None,
    hours: rules.Hours | None,
    state: rules.WorkState | None,
    holds: Sequence[Hold],
    now: datetime,
) -> tuple[EventKind, datetime] | None:
    if agent.state in GONE:
        return None
    ends = [hold.until for hold in holds if hold.kind != HoldKind.OFF_HOURS and hold.until is not None]
    if ends and all(hold.until is not None or hold.kind == HoldKind.OFF_HOURS for hold in holds):
        return "resumes", max(ends)
    if schedule is None or hours is None or state is None:
        return None
    if agent.clock == ClockStatus.CLOCKED_IN:
        return _next_end(agent, schedule, hours, state, now)
    if state.next_event is None:
        return None
    start = state.next_event.at
    if state.open:
        following = rules.next_start(hours, start)
        if following is None:
            return None
        start = following
    return ("clocks_in" if schedule.auto_wake else "shift_starts"), start


def _next_end(
    agent: Agent, schedule: WorkSchedule, hours: rules.Hours, state: rules.WorkState, now: datetime
) -> tuple[EventKind, datetime] | None:
    over = rules.latest(hours, now) if state.in_grace and schedule.enforce_clock_out else None
    if over is not None and (agent.clock_since is None or agent.clock_since < over.end):
        return "clocks_out", over.end + timedelta(minutes=schedule.grace_minutes)
    if state.next_event is None:
        return None
    end = state.next_event.at if state.open else rules.first_end_after(hours, state.next_event.at)
    if end is None:
        return None
    return ("clocks_out" if schedule.enforce_clock_out else "shift_ends"), end
