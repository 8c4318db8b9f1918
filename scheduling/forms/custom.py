"""The part of the hours form for custom hours: rules in rows, dated exceptions a line each, a calendar file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from scheduling.rules.ics import read_ics
from scheduling.rules.ics_text import LARGEST_BYTES
from workforce.rules.zones import UnknownZone, check_zone

MOST_RULE_ROWS = 20
#: Offered while a recurrence is typed: the rule and what it means.
COMMON_RULES = (
    ("FREQ=DAILY", "Every day"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every Monday to Friday"),
    ("FREQ=WEEKLY;BYDAY=SA,SU", "Every Saturday and Sunday"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "Every second Monday"),
    ("FREQ=MONTHLY;BYMONTHDAY=1", "Every month on the 1st"),
    ("FREQ=MONTHLY;BYDAY=1MO", "The first Monday of every month"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "The last Friday of every month"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "The last day of every month"),
)
_RULE_FIELD = re.compile(r"rule-([0-9]{1,2})-(name|dtstart|rrule|duration_minutes)")
_TIMES = re.compile(r"(\S+)\s+(\d{1,2}:\d{2})\s*[-–—]\s*(?:(\d\S*)\s+)?(\d{1,2}:\d{2})(?:\s+(.*))?")


_PARTS = ("name", "dtstart", "rrule", "duration_minutes")


@dataclass
class RuleRow:
    """One recurrence as it was typed."""

    name: str = ""
    dtstart: str = ""
    rrule: str = ""
    duration_minutes: str = ""
    fresh: bool = False

    def as_data(self) -> dict[str, Any]:
        """What is not a whole number is passed on as typed, for the service to refuse in its words."""
        minutes: object = self.duration_minutes.strip()
        if re.fullmatch(r"[0-9]{1,6}", self.duration_minutes.strip()):
            minutes = int(self.duration_minutes)
        return {
            "name": self.name.strip(),
            "dtstart": self.dtstart.strip(),
            "rrule": self.rrule.strip(),
            "duration_minutes": minutes,
        }


@dataclass
class CustomPart:
    """``exceptions`` is the text as typed. ``refused`` and ``notes`` are sentences about a calendar file just read."""

    rules: list[RuleRow]
    exceptions: str = ""
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def blank(cls, today: date) -> "CustomPart":
        """Weekdays from nine to five, from today on."""
        start = f"{today.isoformat()}T09:00"
        return cls(rules=[RuleRow(dtstart=start, rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", duration_minutes="480")])

    @classmethod
    def of(cls, rules: Sequence[Mapping[str, Any]], exceptions: Sequence[Mapping[str, Any]]) -> "CustomPart":
        """From the data that the schedules service gives."""
        rows = [RuleRow(*(str(rule[part]) for part in _PARTS)) for rule in rules]  # type: ignore[arg-type]
        return cls(rules=rows, exceptions="\n".join(_line(one) for one in exceptions))

    @classmethod
    def typed(cls, post: QueryDict) -> "CustomPart":
        numbers = sorted({int(match[1]) for key in post if (match := _RULE_FIELD.fullmatch(key))})
        rows = [
            RuleRow(*(str(post.get(f"rule-{number}-{part}", "")) for part in _PARTS))  # type: ignore[arg-type]
            for number in numbers
        ]
        return cls(rules=rows, exceptions=post.get("exceptions", ""))

    @property
    def full(self) -> bool:
        return len(self.rules) >= MOST_RULE_ROWS

    def add(self) -> None:
        if not self.full:
            self.rules.append(RuleRow(fresh=True))

    def remove(self, number: str) -> None:
        if number.isascii() and number.isdigit() and int(number) < len(self.rules) and len(self.rules) > 1:
            del self.rules[int(number)]

    def as_data(self) -> dict[str, Any]:
        return {
            "rules": [row.as_data() for row in self.rules],
            "exceptions": [_exception(line) for _, line in self._lines()],
        }

    def line_of(self, number: int) -> int:
        """The line of the text, from 1, that holds this exception."""
        lines = self._lines()
        return lines[number][0] if number < len(lines) else 0

    def _lines(self) -> list[tuple[int, str]]:
        lines = enumerate(self.exceptions.splitlines(), start=1)
        return [(number, line.strip()) for number, line in lines if line.strip()]

    def read(self, file: UploadedFile, *, time_zone: str, today: date) -> str:
        """Take rules and exceptions from an .ics file in place of those there are; the zone its times are in.

        A file that names no zone is taken to speak of ``time_zone``. One without anything to take changes nothing.
        """
        data = file.read(LARGEST_BYTES + 1)
        found = read_ics(data, tz="", today=today)
        if found.time_zone == "UTC" and _is_zone(time_zone):
            found = read_ics(data, tz=time_zone, today=today)
        self.refused = [str(fault) for fault in found.faults]
        self.notes = list(found.notes)
        if not found.rules and not found.exceptions:
            self.notes.append("Nothing was taken from the file. What was there before stays.")
            return time_zone
        read = CustomPart.of(found.rules, found.exceptions)
        self.rules, self.exceptions = read.rules or [RuleRow()], read.exceptions
        taken = len(found.rules), len(found.exceptions)
        self.notes.insert(
            0,
            f"Read: rules {taken[0]}, exceptions {taken[1]}, in {found.time_zone}. They take the place of those "
            "before; nothing is saved yet.",
        )
        return found.time_zone


def _is_zone(name: str) -> bool:
    try:
        check_zone(name)
    except UnknownZone:
        return False
    return True


def _exception(line: str) -> dict[str, Any]:
    """``2026-12-25 Christmas`` is a day off, ``2026-12-27 10:00-14:00 Stock-taking`` one more window; an end that is
    not after its start is on the next day, unless it has a day of its own."""
    match = _TIMES.fullmatch(line)
    if match is None:
        day, _, name = line.partition(" ")
        return {"kind": "off", "date": day, "name": name.strip()}
    day, start, last, end, name = match.groups(default="")
    start, end = start.zfill(5), end.zfill(5)
    last = last or (day if end > start else _day_after(day))
    return {"kind": "extra", "start": f"{day}T{start}", "end": f"{last}T{end}", "name": name.strip()}


def _day_after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _line(data: Mapping[str, Any]) -> str:
    """The exception as ``_exception`` reads it."""
    name = str(data.get("name") or "")
    if data["kind"] == "off":
        return f"{data['date']} {name}".strip()
    (day, start), (last, end) = data["start"].split("T"), data["end"].split("T")
    until = end if last == (day if end > start else _day_after(day)) else f"{last} {end}"
    return f"{day} {start}-{until} {name}".strip()
