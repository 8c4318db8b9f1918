"""An agent's hours, and what hours would come to before they are saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduling.choices import OffHoursAction
from scheduling.models import WorkSchedule
from scheduling.rules import hours as rules
from scheduling.rules.custom import CustomHours
from scheduling.rules.dst import dst_notes
from scheduling.rules.explain import explain
from scheduling.rules.policy_words import consequences
from scheduling.rules.rrules import wall_minute
from scheduling.selectors.schedules import in_hours
from scheduling.selectors.week_chart import WeekChart, week_chart
from workforce.models import Agent, Organization
from workforce.rules.refusals import Missing


def agent_and_hours(organization: Organization, agent_id: UUID) -> tuple[Agent, WorkSchedule | None]:
    """Raises ``Missing`` where this organisation has no such agent."""
    agent = Agent.objects.of(organization).select_related("team").filter(pk=agent_id).first()
    if agent is None:
        raise Missing("There is no such agent in this organisation.")
    return agent, WorkSchedule.objects.with_hours().filter(agent=agent).first()


@dataclass(frozen=True, slots=True)
class HoursPreview:
    """``text`` is the hours in words, ``seams`` a sentence for each pair of shifts that touch or overlap,
    ``explained`` each rule of custom hours in plain words, ``dst_notes`` what changes of the clocks will touch,
    ``consequences`` what the clock will do at their start and end.

    ``charts`` are the next seven days on the clocks of the hours and, where that is another zone, of the reader.
    """

    text: str
    zone: str
    minutes_a_week: int
    explained: Sequence[str]
    dst_notes: Sequence[str]
    seams: Sequence[str]
    consequences: Sequence[str]
    open_now: bool
    next_open: datetime | None
    next_close: datetime | None
    charts: Sequence[WeekChart]

    @property
    def hours_a_week(self) -> str:
        return in_hours(self.minutes_a_week)


def preview_of(data: Mapping[str, Any], *, now: datetime, reader: ZoneInfo) -> HoursPreview | None:
    """None where the hours cannot be taken yet. ``data`` is what the schedules service takes."""
    try:
        hours = rules.check_hours(*(data.get(name) for name in ("type", "time_zone", "shifts", "rules", "exceptions")))
    except rules.HoursError:
        return None
    state, after = rules.work_state(hours, now, 0), wall_minute(now, rules.check_zone(hours.tz))
    return HoursPreview(
        text=rules.describe(hours),
        zone=hours.tz,
        minutes_a_week=rules.weekly_minutes(hours),
        explained=[explain(rule, after) for rule in hours.rules] if isinstance(hours, CustomHours) else [],
        dst_notes=dst_notes(hours, now),
        seams=[sentence for _, _, sentence in rules.overlaps(hours)],
        consequences=_consequences(data),
        open_now=state.open,
        next_open=rules.next_start(hours, now),
        next_close=rules.first_end_after(hours, now),
        charts=[
            week_chart(hours, now, zone=zone, first=now.astimezone(zone).date())
            for zone in dict.fromkeys((rules.check_zone(hours.tz), reader))
        ],
    )


def _consequences(data: Mapping[str, Any]) -> list[str]:
    """Nothing while the grace period or the action cannot be read."""
    try:
        grace, action = rules.check_grace(data.get("grace_minutes")), OffHoursAction(str(data.get("off_hours_action")))
    except (rules.HoursError, ValueError):
        return []
    flags = {name: bool(data.get(name)) for name in ("enabled", "auto_wake", "enforce_clock_in", "enforce_clock_out")}
    return consequences(**flags, action=action, grace_minutes=grace)
