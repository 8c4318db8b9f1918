"""The hours form: what was typed, kept whatever the service says of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from scheduling.choices import OffHoursAction, ScheduleType
from scheduling.forms.custom import CustomPart
from scheduling.models import WorkSchedule
from scheduling.services.schedules import DEFAULTS, FLAGS, as_facts

MOST_SHIFT_ROWS = 6
#: Sunday first, as the form shows them.
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHIFT_FIELD = re.compile(r"shift-([0-9]{1,2})-(name|start|end|days)")


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
    custom: CustomPart
    agent: str = ""
    asks_agent: bool = False
    rows_changed: bool = False
    faults: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def blank(cls, time_zone: str, *, today: date) -> "HoursForm":
        weekdays = ["mon", "tue", "wed", "thu", "fri"]
        return cls(
            type=ScheduleType.STANDARD.value,
            time_zone=time_zone,
            standard=ShiftRow("", weekdays, "09:00", "17:00"),
            shifts=[ShiftRow("Early", weekdays, "06:00", "14:00"), ShiftRow("Late", weekdays, "14:00", "22:00")],
            flags={flag: bool(DEFAULTS[flag]) for flag in FLAGS},
            off_hours_action=str(DEFAULTS["off_hours_action"]),
            grace_minutes=str(DEFAULTS["grace_minutes"]),
            custom=CustomPart.blank(today),
        )

    @classmethod
    def of(cls, schedule: WorkSchedule, *, today: date) -> "HoursForm":
        """Filled with the hours as they are."""
        form = cls.blank(schedule.time_zone, today=today)
        facts = as_facts(schedule)
        rows = [ShiftRow(**shift) for shift in facts.get("shifts", [])]
        form.type = str(schedule.type)
        if form.type == ScheduleType.CUSTOM:
            form.custom = CustomPart.of(facts["rules"], facts["exceptions"])
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
            custom=CustomPart.typed(post),
            agent=post.get("agent", "").replace("\x00", "").strip(),
        )

    def change_rows(self, post: QueryDict, calendar: UploadedFile | None, *, today: date) -> bool:
        """Whether a button was pressed that only changes the form; if so it is done. A calendar file is such a change,
        whatever the button: what was understood is seen before it is saved."""
        self.rows_changed = True
        if calendar is not None:
            self.type = ScheduleType.CUSTOM.value
            self.time_zone = self.custom.read(calendar, time_zone=self.time_zone, today=today)
        elif "add" in post:
            self.custom.add() if post["add"] == "rule" else self.add_row()
        elif "remove" in post:
            self.remove_row(str(post["remove"]))
        elif "remove-rule" in post:
            self.custom.remove(str(post["remove-rule"]))
        elif "read" in post:
            self.custom.refused = ["Choose an .ics file first."]
        else:
            self.rows_changed = False
        return self.rows_changed

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
            **self._windows(),
            **self.flags,
            "off_hours_action": self.off_hours_action,
            "grace_minutes": grace,
        }

    def _windows(self) -> dict[str, Any]:
        if self.type == ScheduleType.CUSTOM:
            return self.custom.as_data()
        return {"shifts": [row.as_data() for row in self.rows()]}

    def rows(self) -> list[ShiftRow]:
        """The rows that count for the chosen type."""
        return [self.standard] if self.type == ScheduleType.STANDARD else self.shifts

    def blame(self, faults: Iterable[tuple[str, str]]) -> None:
        """Keep the service's sentences by field; those without a field of their own go to the top."""
        for path, sentence in faults:
            if match := re.match(r"exceptions\.([0-9]+)", path):
                path, sentence = "exceptions", f"Line {self.custom.line_of(int(match[1]))}: {sentence}"
            self.faults.setdefault(path if self._has(path) else "form", []).append(sentence)

    @property
    def first_fault(self) -> str:
        """The path of the topmost field that was refused: it gets the focus."""
        order = ["form", "agent_id", "type"]
        order += [f"shifts.{n}.{part}" for n in range(len(self.rows())) for part in ("name", "start", "end", "days")]
        parts = ("name", "dtstart", "rrule", "duration_minutes")
        order += [f"rules.{n}.{part}" for n in range(len(self.custom.rules)) for part in parts]
        order += ["shifts", "rules", "exceptions", "time_zone", *FLAGS, "off_hours_action", "grace_minutes"]
        return next((path for path in order if path in self.faults), "")

    def _has(self, path: str) -> bool:
        if path in ("type", "time_zone", "shifts", "rules", "exceptions", "off_hours_action", "grace_minutes", *FLAGS):
            return True
        if path == "agent_id":
            return self.asks_agent
        if match := re.fullmatch(r"rules\.([0-9]+)\.(name|dtstart|rrule|duration_minutes)", path):
            return int(match[1]) < len(self.custom.rules)
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
        "enforce_clock_in": ("Enforce Clock-In", "Late after the grace period: the owner is told."),
        "enforce_clock_out": ("Enforce Clock-Out", "Clocked out at the end plus the grace period."),
        "auto_wake": ("Auto-Wake", "Clocked in and woken at the start."),
        "enabled": ("Enabled", "Off: these hours do nothing."),
    }
