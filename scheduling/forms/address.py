"""What the address says, read with patience: what cannot be understood is named, never a fault."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduling.choices import ClockEvent, ScheduleType
from scheduling.selectors import history, roster, schedules
from workforce.choices import ActorKind, Choice, ClockStatus, LifecycleState
from workforce.models import Organization, Team
from workforce.selectors.named import pod_named

LONGEST_SEARCH = 80

Kind = TypeVar("Kind", bound=Choice)


@dataclass
class Reader:
    """Reads one address and collects a note for every value that was passed over."""

    params: QueryDict
    notes: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """One line of at most ``LONGEST_SEARCH`` characters."""
        return " ".join(self.params.get(name, "").replace("\x00", "").split())[:LONGEST_SEARCH]

    def choice(self, name: str, kind: type[Kind], what: str) -> Kind | None:
        text = self.text(name)
        if not text:
            return None
        if text not in list(kind):
            self.notes.append(f"“{text}” is not {what}; all are shown.")
            return None
        return kind(text)

    def pod(self, organization: Organization) -> Team | None:
        text = self.text("pod")
        found = pod_named(organization, text) if text else None
        if text and found is None:
            self.notes.append("There is no such pod here; all are shown.")
        return found

    def page(self) -> int:
        text = self.text("page")
        if not text:
            return 1
        if not re.fullmatch(r"[0-9]{1,6}", text) or not int(text):
            self.notes.append(f"“{text}” is not a page; this is the first.")
            return 1
        return int(text)

    def day(self, name: str) -> date | None:
        text = self.text(name)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or not 1970 <= day.year <= 2999:
            self.notes.append(f"“{text}” is not a date such as 2026-11-19; it was passed over.")
            return None
        return day

    def cursor(self, name: str) -> history.Cursor | None:
        text = self.text(name)
        found = history.read_cursor(text) if text else None
        if text and found is None:
            self.notes.append("The page in the address is not one of these; this is the newest.")
        return found


def roster_filter(params: QueryDict, organization: Organization) -> tuple[roster.RosterFilter, list[str]]:
    """The Overview's filter, and a sentence for each value that was passed over."""
    read = Reader(params)
    sort = read.text("sort")
    if sort and sort not in roster.SORTS:
        read.notes.append(f"The table does not sort by “{sort}”; it goes by pod.")
        sort = ""
    return (
        roster.RosterFilter(
            q=read.text("q"),
            pod=read.pod(organization),
            state=read.choice("state", LifecycleState, "a state"),
            status=read.choice("status", ClockStatus, "a clock status"),
            sort=sort,
            page=read.page(),
        ),
        read.notes,
    )


def schedule_filter(params: QueryDict, organization: Organization) -> tuple[schedules.ScheduleFilter, list[str]]:
    """The Schedules tab's filter, and a sentence for each value that was passed over."""
    read = Reader(params)
    sort = read.text("sort")
    if sort not in schedules.SORTS:
        read.notes.append(f"The cards do not sort by “{sort}”; they go by agent.")
        sort = ""
    return (
        schedules.ScheduleFilter(
            q=read.text("q"),
            pod=read.pod(organization),
            type=read.choice("type", ScheduleType, "a schedule type"),
            having=read.choice("having", schedules.Having, "one of enabled, disabled and unscheduled"),
            sort=sort,
            page=read.page(),
        ),
        read.notes,
    )


def history_filter(
    params: QueryDict, organization: Organization, zone: ZoneInfo
) -> tuple[history.HistoryFilter, list[str]]:
    """Clock History's filter; its days are days in ``zone``, the reader's."""
    read = Reader(params)
    named = read.text("agent")
    agent = history.agent_named(organization, named) if named else None
    if named and agent is None:
        read.notes.append(f"There is no agent called “{named}” here; all are shown.")
    first, last = read.day("from"), read.day("to")
    if first and last and last < first:
        read.notes.append("The last day is before the first; only the first was used.")
        last = None
    sort = read.text("sort")
    if sort not in history.SORTS:
        read.notes.append(f"The table does not sort by “{sort}”; the newest are first.")
        sort = ""
    return (
        history.HistoryFilter(
            q=read.text("q"),
            agent=agent,
            pod=read.pod(organization),
            event=read.choice("event", ClockEvent, "a clock event"),
            by=read.choice("by", ActorKind, "a kind of trigger"),
            start=_midnight(first, zone) if first else None,
            end=_midnight(last + timedelta(days=1), zone) if last else None,
            older_than=read.cursor("older"),
            newer_than=read.cursor("newer"),
            sort=sort,
        ),
        read.notes,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
