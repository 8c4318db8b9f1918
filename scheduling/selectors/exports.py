"""What the pages' tables hold, line by line, for CSV: every match, in batches, however many there are."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import islice

from scheduling.rules.hours import weekly_minutes
from scheduling.selectors import history, roster, schedules
from scheduling.selectors.duty import duty_of
from workforce.models import Organization

BATCH = 500
FLAGS = ("enforce_clock_in", "enforce_clock_out", "auto_wake", "enabled")
ROSTER_COLUMNS = (
    "Agent", "Pod", "Tier", "Owner", "Status", "State", "Schedule", "Time zone", "Next event", "Next event at",
    "Last heartbeat", "Last heartbeat status",
)  # fmt: skip
SCHEDULE_COLUMNS = (
    "Agent", "Pod", "Type", "Hours", "Time zone", "Minutes a week", "Next event", "Next event at", "Enforce Clock-In",
    "Enforce Clock-Out", "Auto-Wake", "Enabled", "Off-hours action", "Grace minutes",
)  # fmt: skip
HISTORY_COLUMNS = ("Time", "Agent", "Event", "Triggered By", "Scheduled At", "Reason")


def roster_lines(
    organization: Organization, wanted: roster.RosterFilter, *, now: datetime, zone: tzinfo
) -> Iterator[tuple[object, ...]]:
    """One line per agent; moments are ISO 8601 in ``zone``."""
    agents = roster.matching(organization, wanted).select_related("team", "presence", "owner_user", "owner_agent")
    walk = agents.iterator(chunk_size=BATCH)
    while batch := list(islice(walk, BATCH)):
        duties = duty_of(batch, now=now)
        for agent in batch:
            duty = duties[agent.pk]
            kind, at = duty.next_event or ("", None)
            yield (
                agent.agent_name,
                agent.team.name,
                agent.priority_tier,
                agent.owner,
                agent.clock.label,
                agent.state.label,
                duty.schedule_text,
                duty.schedule.time_zone if duty.schedule else "",
                kind.replace("_", " ").capitalize(),
                _iso(at, zone),
                _iso(agent.last_seen_at, zone),
                agent.presence.status if agent.last_seen_at else "",
            )


def schedule_lines(
    organization: Organization, wanted: schedules.ScheduleFilter, *, now: datetime, zone: tzinfo
) -> Iterator[tuple[object, ...]]:
    """One line per agent; moments are ISO 8601 in ``zone``. Without hours only name and pod are filled."""
    walk = schedules.matching(organization, wanted).select_related("team").iterator(chunk_size=BATCH)
    while batch := list(islice(walk, BATCH)):
        duties = duty_of(batch, now=now)
        for agent in batch:
            duty = duties[agent.pk]
            schedule, (kind, at) = duty.schedule, duty.next_event or ("", None)
            if schedule is None:
                yield agent.agent_name, agent.team.name, *[""] * (len(SCHEDULE_COLUMNS) - 2)
                continue
            yield (
                agent.agent_name,
                agent.team.name,
                schedule.get_type_display(),
                duty.schedule_text,
                schedule.time_zone,
                weekly_minutes(schedule.hours()),
                kind.replace("_", " ").capitalize(),
                _iso(at, zone),
                *("Yes" if getattr(schedule, flag) else "No" for flag in FLAGS),
                schedule.get_off_hours_action_display(),
                schedule.grace_minutes,
            )


def history_lines(
    organization: Organization, wanted: history.HistoryFilter, *, zone: tzinfo
) -> Iterator[tuple[object, ...]]:
    """One line per clock record; moments are ISO 8601 in ``zone``."""
    for record in history.matching(organization, wanted).iterator(chunk_size=BATCH):
        yield (
            _iso(record.time, zone),
            record.agent.agent_name,
            record.kind.label,
            record.triggered_by,
            _iso(record.scheduled_at, zone),
            record.reason,
        )


def _iso(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else ""
