"""A week in Berlin, agents with hours, and a clock that is swept whenever an alarm rings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.models import ClockRecord, WorkSchedule
from scheduling.services import clock_sweep
from tests.factories import AgentFactory, WorkScheduleFactory
from workforce.models import Agent, Command, Presence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = 0b0011111
DAILY = 0b1111111
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """``at("thu 09:00")``: that moment in Berlin in the week of Monday, 16 November 2026.

    ``+thu`` and ``-thu`` are a week later and earlier.
    """
    day, clock = text.split()
    hour, minute = map(int, clock.split(":"))
    date = 16 + DAYS.index(day.strip("+-")) + 7 * (day.count("+") - day.count("-"))
    return datetime(2026, 11, date, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def hours(agent: Agent, *, status: str = "clocked_out", since: str | None = None, **fields: Any) -> WorkSchedule:
    """Mon-Fri 09:00-17:00 in Berlin, grace 10, in force since a week ago; the agent is clocked out unless said."""
    fields.setdefault("active_since", at("mon 00:00") - timedelta(days=7))
    fields.setdefault("clock_due_at", fields["active_since"])
    schedule = WorkScheduleFactory(agent=agent, **fields)
    Agent.objects.filter(pk=agent.pk).update(clock_status=status, clock_since=at(since) if since else None)
    agent.refresh_from_db()
    return schedule


def hire(model: Agent, **fields: Any) -> Agent:
    """Another agent of the same pod and owner."""
    return AgentFactory(organization=model.organization, team=model.team, owner_user=model.owner_user, **fields)


def sweep(moment: str | datetime, **options: Any) -> clock_sweep.SweepResult:
    return clock_sweep.sweep(now=at(moment) if isinstance(moment, str) else moment, **options)


def live(start: str, end: str) -> None:
    """Sweep at every alarm from start to end, as beat would, to the minute."""
    now, last = at(start), at(end)
    while True:
        due = WorkSchedule.objects.filter(clock_due_at__isnull=False).order_by("clock_due_at").first()
        if due is None or max(due.clock_due_at, now) > last:
            return
        now = max(due.clock_due_at, now)
        clock_sweep.sweep(now=now)


def told(agent: Agent) -> list[tuple[str, datetime, datetime | None]]:
    """Event, when, and when it was due, oldest first."""
    return list(
        ClockRecord.objects.filter(agent=agent).order_by("time", "id").values_list("event", "time", "scheduled_at")
    )


def standing(agent: Agent) -> tuple[str, str, list[str]]:
    """Clock status, lifecycle state and active holds, as they are now."""
    agent.refresh_from_db()
    return agent.clock_status, agent.current_state, sorted(agent.holds.active().values_list("kind", flat=True))


def pending(agent: Agent) -> str | None:
    command = Command.objects.filter(agent=agent, superseded_at=None, acknowledged_at=None).first()
    return command.command if command else None


def heard(agent: Agent, moment: datetime, status: str = "ok") -> None:
    """A heartbeat came."""
    Presence.objects.update_or_create(agent=agent, defaults={"last_seen_at": moment, "status": status})
