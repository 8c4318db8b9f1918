"""Custom hours from plain data, and back into it (spec W1). The service's docstring has the shape."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.rules.custom import LONGEST_MINUTES, CustomHours, DayOff, Extra
from scheduling.rules.recurrence import Rule, normal
from scheduling.rules.rrules import DAY, FIRST_YEAR, LAST_YEAR, RuleError, date_of, day_number, day_of

LONGEST_NAME = 60
MOST_RULES = 20
MOST_EXCEPTIONS = 400

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2})")
_RULE_FIELDS = ("name", "dtstart", "rrule", "duration_minutes")
_OFF_FIELDS = ("kind", "date", "name")
_EXTRA_FIELDS = ("kind", "start", "end", "name")
_YEARS = f"{FIRST_YEAR} to {LAST_YEAR}"

Faults = list[tuple[str, str]]


def check_custom(zone: ZoneInfo | None, rules: object, exceptions: object, faults: Faults) -> CustomHours:
    """Adds every fault to `faults`; then the hours are of no use. Without a zone the rest is checked all the same."""
    checked = _check_rules(zone or ZoneInfo("UTC"), rules, faults)
    off: dict[int, DayOff] = {}
    extras: dict[tuple[int, int], Extra] = {}
    for number, said in enumerate(_listed(exceptions, "exceptions", MOST_EXCEPTIONS, faults)):
        _check_exception(said, f"exceptions.{number}", off, extras, faults)
    key = zone.key if zone else ""
    return CustomHours(
        key, (), tuple(checked), tuple(off[day] for day in sorted(off)), tuple(extras[at] for at in sorted(extras))
    )


def _check_rules(zone: ZoneInfo, rules: object, faults: Faults) -> list[Rule]:
    checked: list[Rule] = []
    if not rules and (rules is None or isinstance(rules, list | tuple)):
        faults.append(("rules", "Add a rule: when it first starts, how it recurs, and for how long."))
        return checked
    taken: set[str] = set()
    for number, said in enumerate(_listed(rules, "rules", MOST_RULES, faults)):
        path = f"rules.{number}"
        if not _is_record(said, _RULE_FIELDS, path, "Give each rule a dtstart, an rrule and duration_minutes.", faults):
            continue
        assert isinstance(said, dict)  # noqa: S101  for the type; _is_record has looked
        name = _name(said.get("name"), f"{path}.name", faults)
        if name and name.casefold() in taken:
            faults.append((f"{path}.name", f"Another rule is already called {name}. Choose another name."))
        taken.add(name.casefold())
        dtstart = _moment(said.get("dtstart"))
        if dtstart is None:
            faults.append((f"{path}.dtstart", f"Write the start as 2026-11-24T09:00, in the years {_YEARS}."))
        rrule = ""
        try:
            rrule = normal(said.get("rrule"), dtstart or 0, zone)
        except RuleError as error:
            if dtstart is not None or "start" not in str(error):
                faults.append((f"{path}.rrule", str(error)))
        minutes = _minutes(said.get("duration_minutes"), f"{path}.duration_minutes", faults)
        checked.append(Rule(name, dtstart or 0, rrule, minutes))
    return checked


def _check_exception(
    said: object, path: str, off: dict[int, DayOff], extras: dict[tuple[int, int], Extra], faults: Faults
) -> None:
    kind = said.get("kind") if isinstance(said, dict) else None
    if kind not in ("off", "extra"):
        where = f"{path}.kind" if isinstance(said, dict) else path
        faults.append((where, "Say off for a day off or extra for one more window."))
        return
    assert isinstance(said, dict)  # noqa: S101
    if not _is_record(said, _OFF_FIELDS if kind == "off" else _EXTRA_FIELDS, path, "", faults):
        return
    name = _name(said.get("name"), f"{path}.name", faults)
    if kind == "off":
        day = _day(said.get("date"))
        if day is None:
            faults.append((f"{path}.date", f"Write the day as 2026-12-25, in the years {_YEARS}."))
        elif day in off:
            faults.append((f"{path}.date", f"{day_of(day)} is a day off already. Name it only once."))
        else:
            off[day] = DayOff(day, name)
        return
    start, end = _moment(said.get("start")), _moment(said.get("end"), as_end=True)
    for field, moment in (("start", start), ("end", end)):
        if moment is None:
            faults.append((f"{path}.{field}", f"Write the {field} as 2026-12-27T10:00, in the years {_YEARS}."))
    if start is None or end is None:
        return
    if not start < end <= start + LONGEST_MINUTES:
        faults.append((f"{path}.end", "Choose an end after the start and at most a week later."))
    elif (start, end) in extras:
        faults.append((f"{path}.start", "This window is there already. Name it only once."))
    extras[start, end] = Extra(start, end, name)


# ---- single values ------------------------------------------------------------------------------------------


def _listed(said: object, path: str, most: int, faults: Faults) -> Collection[object]:
    if said is None:
        return ()
    if not isinstance(said, list | tuple):
        faults.append((path, f"Give a list of {path}."))
        return ()
    if len(said) > most:
        faults.append((path, f"Keep to {most} {path}; these are {len(said)}."))
        return ()
    return said


def _is_record(said: object, fields: Collection[str], path: str, what: str, faults: Faults) -> bool:
    if not isinstance(said, dict):
        faults.append((path, what))
        return False
    unknown = [str(key)[:80] for key in said if key not in fields]
    faults += [(f"{path}.{key}", "There is no such field.") for key in unknown]
    return not unknown


def _name(said: object, path: str, faults: Faults) -> str:
    name = "" if said is None else said
    if not isinstance(name, str) or len(name.strip()) > LONGEST_NAME or not name.strip().isprintable():
        faults.append((path, f"Use a name of up to {LONGEST_NAME} plain characters on one line, or none."))
        return ""
    return name.strip()


def _minutes(said: object, path: str, faults: Faults) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 1 <= said <= LONGEST_MINUTES:
        faults.append((path, f"Give the length in whole minutes, 1 to {LONGEST_MINUTES} (a week)."))
        return 1
    return said


def _day(said: object) -> int | None:
    if not isinstance(said, str) or not _DATE.fullmatch(said):
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day_number(day) if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _moment(said: object, *, as_end: bool = False) -> int | None:
    """Wall minutes of YYYY-MM-DDTHH:MM; 24:00 is allowed as an end only (spec W1)."""
    match = _MOMENT.fullmatch(said) if isinstance(said, str) else None
    day = _day(match[1]) if match else None
    if match is None or day is None:
        return None
    hour, minute = int(match[2]), int(match[3])
    if minute > 59 or hour > 24 or (hour == 24 and not (as_end and minute == 0)):
        return None
    return day * DAY + hour * 60 + minute


# ---- back into plain data -----------------------------------------------------------------------------------


def rule_as_data(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "dtstart": moment_as_data(rule.dtstart),
        "rrule": rule.rrule,
        "duration_minutes": rule.minutes,
    }


def exceptions_as_data(hours: CustomHours) -> list[dict[str, Any]]:
    """Days off and extra windows together, by date."""
    said: list[tuple[int, dict[str, Any]]] = [
        (off.day * DAY, {"kind": "off", "date": day_of(off.day).isoformat(), "name": off.name})
        for off in hours.days_off
    ]
    for extra in hours.extras:
        start, end = moment_as_data(extra.start), moment_as_data(extra.end)
        said.append((extra.start, {"kind": "extra", "start": start, "end": end, "name": extra.name}))
    return [data for _, data in sorted(said, key=lambda pair: pair[0])]


def moment_as_data(minute: int) -> str:
    return f"{date_of(minute).isoformat()}T{minute % DAY // 60:02}:{minute % 60:02}"
