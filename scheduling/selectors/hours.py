"""An agent's hours, and what hours would come to before they are saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduling.models import WorkSchedule
from scheduling.rules import hours as rules
from scheduling.selectors.week_chart import WeekChart, week_chart
from workforce.models import Agent, Organization
from workforce.rules.refusals import Missing


def agent_and_hours(organization: Organization, agent_id: UUID) -> tuple[Agent, WorkSchedule | None]:
    """Raises ``Missing`` where this organisation has no such agent."""
    agent = Agent.objects.of(organization).select_related("team").filter(pk=agent_id).first()
    if agent is None:
        raise Missing("There is no such agent in this organisation.")
    return agent, WorkSchedule.objects.prefetch_related("shifts").filter(agent=agent).first()


@dataclass(frozen=True, slots=True)
class HoursPreview:
    """``text`` is the hours in words, ``seams`` a sentence for each pair of shifts that touch or overlap."""

    text: str
    zone: str
    minutes_a_week: int
    seams: Sequence[str]
    open_now: bool
    next_open: datetime | None
    next_close: datetime | None
    chart: WeekChart

    @property
    def hours_a_week(self) -> str:
        hours, minutes = divmod(self.minutes_a_week, 60)
        return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"


def preview_of(data: Mapping[str, Any], *, now: datetime) -> HoursPreview | None:
    """None where the hours cannot be taken yet. ``data`` is what the schedules service takes."""
    try:
        hours = rules.check_hours(data["type"], data["time_zone"], data["shifts"])
    except rules.HoursError:
        return None
    state = rules.work_state(hours, now, 0)
    return HoursPreview(
        text=rules.describe(hours),
        zone=hours.tz,
        minutes_a_week=rules.weekly_minutes(hours),
        seams=[sentence for _, _, sentence in rules.overlaps(hours)],
        open_now=state.open,
        next_open=rules.next_start(hours, now),
        next_close=rules.first_end_after(hours, now),
        chart=week_chart(hours, now),
    )
