"""The plain data of working hours: checked, stored, and given back. ``services/schedules.py`` has the shape."""

from collections.abc import Mapping, Sequence
from typing import Any

from scheduling.choices import OffHoursAction, ScheduleType
from scheduling.models import RecurrenceRule, ScheduleException, Shift, WorkSchedule
from scheduling.rules import hours as rules
from scheduling.rules.custom import CustomHours, DayOff, Extra
from scheduling.rules.custom_entry import exceptions_as_data, rule_as_data
from workforce.rules.refusals import Invalid

FLAGS = ("enforce_clock_in", "enforce_clock_out", "auto_wake", "enabled")
#: Where the windows are: shifts for standard and shift hours, the others for custom ones.
WINDOWS = ("shifts", "rules", "exceptions")
FIELDS = ("type", "time_zone", *WINDOWS, *FLAGS, "off_hours_action", "grace_minutes")
DEFAULTS: Mapping[str, Any] = {
    "type": ScheduleType.STANDARD.value,
    "enforce_clock_in": False,
    "enforce_clock_out": True,
    "auto_wake": True,
    "enabled": True,
    "off_hours_action": OffHoursAction.PAUSE.value,
    "grace_minutes": 10,
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours_of(data: Mapping[str, Any]) -> rules.Hours:
    """The hours that this data would make, without saving them. Raises ``Invalid`` with every fault."""
    flat, given = flattened(data)
    _, hours, faults = checked(completed(given, DEFAULTS), flat=flat)
    if faults or hours is None:
        raise Invalid(faults)
    return hours


def flattened(data: Mapping[str, Any], before: Sequence[Mapping[str, Any]] = ()) -> tuple[bool, dict[str, Any]]:
    """Standard hours may come as top-level ``days``, ``start``, ``end``: one unnamed shift. Of these too, what is left
    out stays as it was. Whether they came so, and the data in the one form there is."""
    given = dict(data)
    keys = [key for key in ("days", "start", "end") if key in given]
    if not keys or "shifts" in given:
        return False, given
    kept = before[0] if len(before) == 1 else {"name": "standard"}
    given["shifts"] = [{**kept, **{key: given.pop(key) for key in keys}}]
    return True, given


def checked(data: Mapping[str, Any], *, flat: bool) -> tuple[dict[str, Any], rules.Hours | None, list[tuple[str, str]]]:
    """Values to store, the hours, and every fault with the path the caller knows."""
    faults = [(key, "There is no such field.") for key in data if key not in FIELDS]
    hours: rules.Hours | None = None
    try:
        hours = rules.check_hours(
            data.get("type"), data.get("time_zone"), data.get("shifts"), data.get("rules"), data.get("exceptions")
        )
    except rules.HoursError as error:
        for path, sentence in error.faults:
            path = "time_zone" if path == "tz" else path
            faults.append((path.removeprefix("shifts.0.") if flat else path, sentence))
    try:
        rules.check_grace(data.get("grace_minutes"))
    except rules.HoursError as error:
        faults += error.faults
    faults += [(flag, "Say true or false.") for flag in FLAGS if not isinstance(data.get(flag), bool)]
    if data.get("off_hours_action") not in list(OffHoursAction):
        faults.append(("off_hours_action", f"Choose one of: {', '.join(OffHoursAction)}."))
    names = ("type", *FLAGS, "off_hours_action", "grace_minutes")
    return {name: data.get(name) for name in names}, hours, faults


def completed(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What was given over what was there. Windows of the other kind of hours are left behind, not carried along."""
    data = {**before, **given}
    custom = data.get("type") == ScheduleType.CUSTOM
    for name in WINDOWS:
        if name not in given and custom == (name == "shifts"):
            data.pop(name, None)
    return data


def write_windows(schedule: WorkSchedule, hours: rules.Hours) -> None:
    """Store the windows in place of those there were, of whatever kind."""
    for model in (Shift, RecurrenceRule, ScheduleException):
        model._default_manager.filter(schedule=schedule).delete()
    Shift.objects.bulk_create(
        Shift(
            schedule=schedule,
            name=window.name,
            days=sum(1 << day for day in window.days),
            start_minute=window.start,
            end_minute=window.end,
            position=position,
        )
        for position, window in enumerate(hours.windows)
    )
    if isinstance(hours, CustomHours):
        RecurrenceRule.objects.bulk_create(
            RecurrenceRule.of(rule, schedule=schedule, position=position) for position, rule in enumerate(hours.rules)
        )
        dated: list[DayOff | Extra] = [*hours.days_off, *hours.extras]
        ScheduleException.objects.bulk_create(ScheduleException.of(one, schedule=schedule) for one in dated)


def as_data(window: rules.Window) -> dict[str, Any]:
    """A window in the shape people and programs write it."""
    return {
        "name": window.name,
        "days": [DAYS[day] for day in sorted(window.days)],
        "start": f"{window.start // 60:02}:{window.start % 60:02}",
        "end": f"{window.end // 60:02}:{window.end % 60:02}",
    }


def as_facts(schedule: WorkSchedule, hours: rules.Hours | None = None) -> dict[str, Any]:
    """The schedule in the shape ``create`` takes, with the windows of its kind. Load ``with_hours``."""
    hours = hours or schedule.hours()
    return {
        "type": str(schedule.type),
        "time_zone": hours.tz,
        **windows_as_data(hours),
        **{flag: getattr(schedule, flag) for flag in FLAGS},
        "off_hours_action": str(schedule.off_hours_action),
        "grace_minutes": schedule.grace_minutes,
    }


def windows_as_data(hours: rules.Hours) -> dict[str, list[dict[str, Any]]]:
    """``shifts``, or ``rules`` and ``exceptions``."""
    if isinstance(hours, CustomHours):
        return {"rules": [rule_as_data(rule) for rule in hours.rules], "exceptions": exceptions_as_data(hours)}
    return {"shifts": [as_data(window) for window in hours.windows]}
