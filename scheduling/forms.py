"""What the address and the hours form say, read with patience: what cannot be understood is named, never a fault."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduling.choices import ClockEvent, OffHoursAction, ScheduleType
from scheduling.models import WorkSchedule
from scheduling.selectors import history, roster
from scheduling.services.schedules import DEFAULTS, FLAGS, as_data
from workforce.choices import Choice, ClockStatus, LifecycleState
from workforce.models import Organization, Team

LONGEST_SEARCH = 80
MOST_SHIFT_ROWS = 6
#: Sunday first, as the form shows them.
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHIFT_FIELD = re.compile(r"shift-([0-9]{1,2})-(name|start|end|days)")

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
        found = roster.pod_named(organization, text) if text else None
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
    return (
        history.HistoryFilter(
            q=read.text("q"),
            agent=agent,
            pod=read.pod(organization),
            event=read.choice("event", ClockEvent, "a clock event"),
            start=_midnight(first, zone) if first else None,
            end=_midnight(last + timedelta(days=1), zone) if last else None,
            older_than=read.cursor("older"),
            newer_than=read.cursor("newer"),
        ),
        read.notes,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


@dataclass
class ShiftRow:
    """One row of the form as it was typed."""

    name: str = ""
    days: list[str] = field(default_factory=list)
    start: str = ""
    end: str = ""
    fresh: bool = False

    def as_data(self) -> dict[str, Any]:
        return {"name": self.name, "days": self.days, "start": self.start.strip(), "end": self.end.strip()}


@dataclass
class HoursForm:
    """The hours form: what was typed, kept whatever the service says of it, with its sentences beside the fields."""

    type: str
    time_zone: str
    standard: ShiftRow
    shifts: list[ShiftRow]
    flags: dict[str, bool]
    off_hours_action: str
    grace_minutes: str
    faults: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def blank(cls, time_zone: str) -> "HoursForm":
        weekdays = ["mon", "tue", "wed", "thu", "fri"]
        return cls(
            type=ScheduleType.STANDARD.value,
            time_zone=time_zone,
            standard=ShiftRow("", weekdays, "09:00", "17:00"),
            shifts=[ShiftRow("Early", weekdays, "06:00", "14:00"), ShiftRow("Late", weekdays, "14:00", "22:00")],
            flags={flag: bool(DEFAULTS[flag]) for flag in FLAGS},
            off_hours_action=str(DEFAULTS["off_hours_action"]),
            grace_minutes=str(DEFAULTS["grace_minutes"]),
        )

    @classmethod
    def of(cls, schedule: WorkSchedule) -> "HoursForm":
        """Filled with the hours as they are."""
        form = cls.blank(schedule.time_zone)
        rows = [ShiftRow(**as_data(window)) for window in schedule.hours().windows]
        form.type = str(schedule.type)
        if form.type == ScheduleType.STANDARD and rows:
            form.standard = rows[0]
        elif rows:
            form.shifts = rows
        form.flags = {flag: getattr(schedule, flag) for flag in FLAGS}
        form.off_hours_action = str(schedule.off_hours_action)
        form.grace_minutes = str(schedule.grace_minutes)
        return form

    @classmethod
    def typed(cls, post: QueryDict) -> "HoursForm":
        """As it came from the page; a field that is not there is empty."""
        numbers = sorted({int(match[1]) for key in post if (match := _SHIFT_FIELD.fullmatch(key))})
        return cls(
            type=post.get("type", ""),
            time_zone=post.get("time_zone", "").strip(),
            standard=_typed_row(post, ""),
            shifts=[_typed_row(post, f"shift-{number}-") for number in numbers],
            flags={flag: flag in post for flag in FLAGS},
            off_hours_action=post.get("off_hours_action", ""),
            grace_minutes=post.get("grace_minutes", "").strip(),
        )

    def add_row(self) -> None:
        if len(self.shifts) < MOST_SHIFT_ROWS:
            self.shifts.append(ShiftRow(fresh=True))

    def remove_row(self, number: str) -> None:
        if number.isascii() and number.isdigit() and int(number) < len(self.shifts) and len(self.shifts) > 1:
            del self.shifts[int(number)]

    def as_data(self) -> dict[str, Any]:
        """What the service takes. What is not a whole number is passed on as typed, for it to refuse in its words."""
        grace: object = self.grace_minutes
        if re.fullmatch(r"[0-9]{1,6}", self.grace_minutes):
            grace = int(self.grace_minutes)
        return {
            "type": self.type,
            "time_zone": self.time_zone,
            "shifts": [row.as_data() for row in self.rows()],
            **self.flags,
            "off_hours_action": self.off_hours_action,
            "grace_minutes": grace,
        }

    def rows(self) -> list[ShiftRow]:
        """The rows that count for the chosen type."""
        return [self.standard] if self.type == ScheduleType.STANDARD else self.shifts

    def blame(self, faults: Iterable[tuple[str, str]]) -> None:
        """Keep the service's sentences by field; those without a field of their own go to the top."""
        for path, sentence in faults:
            self.faults.setdefault(path if self._has(path) else "form", []).append(sentence)

    def _has(self, path: str) -> bool:
        if path in ("type", "time_zone", "shifts", "off_hours_action", "grace_minutes", *FLAGS):
            return True
        match = re.fullmatch(r"shifts\.([0-9]+)\.(name|days|start|end)", path)
        return match is not None and int(match[1]) < len(self.rows()) and not self._nameless(match[2])

    def _nameless(self, part: str) -> bool:
        return part == "name" and self.type == ScheduleType.STANDARD

    @property
    def full(self) -> bool:
        return len(self.shifts) >= MOST_SHIFT_ROWS

    @property
    def actions(self) -> list[OffHoursAction]:
        return list(OffHoursAction)

    @property
    def types(self) -> list[ScheduleType]:
        return list(ScheduleType)


def _typed_row(post: QueryDict, prefix: str) -> ShiftRow:
    return ShiftRow(
        name=post.get(f"{prefix}name", ""),
        days=[day for day in post.getlist(f"{prefix}days") if day in DAYS],
        start=post.get(f"{prefix}start", ""),
        end=post.get(f"{prefix}end", ""),
    )


def faults_of(form: HoursForm, path: str) -> list[str]:
    """The sentences beside one field."""
    return form.faults.get(path, [])


def labels() -> Mapping[str, tuple[str, str]]:
    """Label and consequence of each switch."""
    return {
        "enforce_clock_in": ("Enforce clock-in", "Late after the grace period: the owner is told."),
        "enforce_clock_out": ("Enforce clock-out", "Clocked out at the end plus the grace period."),
        "auto_wake": ("Auto-wake", "Clocked in and woken at the start."),
        "enabled": ("Enabled", "Off: these hours do nothing."),
    }
