"""Custom hours read from a calendar file (spec W1, RFC 5545). Nothing is saved: what was understood is shown first.

A timed event that recurs is a rule, one that does not is an extra window. An all-day event is a day off where it or
its calendar says that it is a holiday. A date an event leaves out is a day off; what other rules have on that day
then stands as extra windows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Event

from scheduling.rules.custom import LONGEST_MINUTES
from scheduling.rules.custom_entry import MOST_EXCEPTIONS, MOST_RULES, moment_as_data, rule_as_data
from scheduling.rules.ics_text import Block, Fault, event_of, plain, take_apart
from scheduling.rules.recurrence import Rule, last_start, normal, starts_between
from scheduling.rules.rrules import DAY, FIRST_YEAR, LAST_YEAR, RuleError, day_number, day_of
from workforce.rules.zones import UnknownZone, check_zone

#: Days off that recur are taken for so many years.
HOLIDAY_YEARS = 5
_LONGEST_HOLIDAY_DAYS = 366
_HOLIDAY = re.compile(
    r"holiday|day off|days off|\boff\b|closed|closure|vacation|annual leave|feiertag|urlaub|betriebsruhe|geschlossen"
    r"|ferien|férié|congé|fermé|festiv|vacacion|feriado|cerrado|chiuso|ferie|vrije dag|helgdag",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Imported:
    """`rules` and `exceptions` in the shape the schedules service takes, on the clocks of `time_zone`. `faults` are
    what was not taken, in the order of the file; `notes` are sentences about what was left out on purpose."""

    time_zone: str
    rules: list[dict[str, Any]] = field(default_factory=list)
    exceptions: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Refused(Exception):
    """Why an event is not taken, and which of its lines says so."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


class _Taken(NamedTuple):
    """A rule with the wall minutes of its starts that do not take place."""

    rule: Rule
    without: set[int]


@dataclass(slots=True)
class _Reading:
    zone: ZoneInfo
    today: int
    holidays: bool
    rules: dict[str, _Taken] = field(default_factory=dict)
    off: dict[int, str] = field(default_factory=dict)
    extras: dict[tuple[int, int], str] = field(default_factory=dict)
    passed: int = 0
    cancelled: int = 0


def read_ics(data: str | bytes, *, tz: str, today: date) -> Imported:
    """Hours in the zone `tz` from the text of an .ics file; where `tz` is empty, in the zone the file speaks of. What
    ended before `today` is left out. Bounded: 256 kB, 200 events, 20 rules, 400 exceptions.

    Raises UnknownZone for a `tz` that is none.
    """
    text = take_apart(data)
    events = [(block, event) for block in text.blocks if (event := event_of(block, text.faults)) is not None]
    zone = check_zone(tz) if tz else _zone_of(text.zone, [event for _, event in events])
    reading = _Reading(zone, day_number(today), bool(_HOLIDAY.search(text.title)))
    # Changes of single occurrences come after the events they change.
    for block, event in sorted(events, key=lambda pair: "RECURRENCE-ID" in pair[1]):
        try:
            _read(event, block, reading)
        except _Refused as refused:
            text.faults.append(Fault(block.line_of(refused.name), block.summary, str(refused)))
        except (ValueError, TypeError, AttributeError, OverflowError, KeyError):
            # What the library let pass and is no calendar all the same: one event never spoils the rest.
            text.faults.append(Fault(block.line, block.summary, "The event cannot be understood."))
    imported = Imported(zone.key, faults=text.faults)
    _collect(reading, imported)
    imported.faults.sort(key=lambda fault: fault.line)
    return imported


def _zone_of(named: str, events: list[Event]) -> ZoneInfo:
    starts = [getattr(event.get("DTSTART"), "dt", None) for event in events]
    keys = [getattr(getattr(start, "tzinfo", None), "key", None) for start in starts]
    for key in (named, *keys):
        try:
            return check_zone(key)
        except UnknownZone:
            continue
    return check_zone("UTC")


def _value(event: Event, name: str) -> Any:
    found = event.get(name)
    if isinstance(found, list):
        raise _Refused(name, f"There is more than one {name}. Keep one.")
    return None if found is None else getattr(found, "dt", found)


def _read(event: Event, block: Block, reading: _Reading) -> None:
    start = _value(event, "DTSTART")
    if start is None:
        raise _Refused("BEGIN", "It has no start. Add DTSTART.")
    if "EXRULE" in event:
        raise _Refused("EXRULE", "EXRULE is no longer part of the standard. Leave out dates with EXDATE.")
    identity = str(event.get("UID", "")) or f"line {block.line}"
    if "RECURRENCE-ID" in event:
        _read_change(event, block, identity, reading)
    elif str(event.get("STATUS", "")).upper() == "CANCELLED":
        reading.cancelled += 1
    elif not isinstance(start, datetime):
        _read_day(event, block, start, reading)
    else:
        _read_window(event, block, identity, start, reading)


# ---- timed events -------------------------------------------------------------------------------------------


def _read_window(event: Event, block: Block, identity: str, start: datetime, reading: _Reading) -> None:
    recurs = "RRULE" in event
    begins = _wall(event, "DTSTART", start, reading.zone, recurs=recurs)
    minutes = _minutes(event, start, reading.zone, recurs=recurs)
    for moment in _moments(event, "RDATE"):
        if isinstance(moment, tuple):
            ends = moment[1] if isinstance(moment[1], datetime) else moment[0] + moment[1]
            first, last = (_wall(event, "RDATE", one, reading.zone) for one in (moment[0], ends))
        else:
            first = _on(moment, begins, event, "RDATE", reading.zone)
            last = first + minutes
        _add_extra(first, last, block.summary, reading, "RDATE")
    if not recurs:
        _add_extra(begins, begins + minutes, block.summary, reading, "DTSTART")
        return
    rule = Rule(_free_name(block.summary, reading), begins, _rrule(event, begins, reading.zone), minutes)
    if last_start(begins, rule.rrule) < reading.today * DAY:
        reading.passed += 1
        return
    if identity in reading.rules:
        raise _Refused("UID", "Another event of this file has the same UID.")
    if len(reading.rules) == MOST_RULES:
        raise _Refused("RRULE", f"There are {MOST_RULES} recurring events before it; more do not fit in one schedule.")
    without = {_on(moment, begins, event, "EXDATE", reading.zone) for moment in _moments(event, "EXDATE")}
    reading.rules[identity] = _Taken(rule, without)


def _read_change(event: Event, block: Block, identity: str, reading: _Reading) -> None:
    """One occurrence is moved or called off: it does not take place, and what it became is an extra window."""
    if "RANGE" in getattr(event["RECURRENCE-ID"], "params", {}):
        raise _Refused("RECURRENCE-ID", "A change of this and all later occurrences cannot be taken. Split the event.")
    taken = reading.rules.get(identity)
    start, changed = _value(event, "DTSTART"), _value(event, "RECURRENCE-ID")
    if not isinstance(start, datetime):
        raise _Refused("RECURRENCE-ID", "A change of an all-day event cannot be taken. Enter the day by hand.")
    if taken is None:
        raise _Refused("RECURRENCE-ID", "The event it changes was not taken or has passed.")
    was = _on(changed, taken.rule.dtstart, event, "RECURRENCE-ID", reading.zone)
    if str(event.get("STATUS", "")).upper() != "CANCELLED":
        begins = _wall(event, "DTSTART", start, reading.zone)
        minutes = _minutes(event, start, reading.zone, recurs=False)
        _add_extra(begins, begins + minutes, block.summary, reading, "DTSTART")
    taken.without.add(was)


def _rrule(event: Event, begins: int, zone: ZoneInfo) -> str:
    if isinstance(event["RRULE"], list):
        raise _Refused("RRULE", "There is more than one RRULE. Make an event of each.")
    try:
        text = event["RRULE"].to_ical()
        return normal(text if isinstance(text, str) else text.decode("utf-8", "replace"), begins, zone)
    except RuleError as error:
        raise _Refused("RRULE", str(error)) from error


def _minutes(event: Event, start: datetime, zone: ZoneInfo, *, recurs: bool) -> int:
    """The length on the wall clock: by DTEND, or by DURATION."""
    end, duration = _value(event, "DTEND"), _value(event, "DURATION")
    if end is not None and duration is not None:
        raise _Refused("DURATION", "It has an end and a duration. Keep one.")
    if isinstance(duration, timedelta):
        seconds = duration // timedelta(seconds=1)
        minutes = -1 if seconds % 60 else seconds // 60
    elif isinstance(end, datetime):
        minutes = _wall(event, "DTEND", end, zone, recurs=recurs) - _wall(event, "DTSTART", start, zone, recurs=recurs)
    else:
        raise _Refused("BEGIN", "It has no end. Add DTEND or DURATION.")
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise _Refused("DTEND" if end is not None else "DURATION", "It must last whole minutes, from one to a week.")
    return minutes


def _wall(event: Event, name: str, moment: datetime, zone: ZoneInfo, *, recurs: bool = False) -> int:
    """Wall minutes in the hours' zone. What recurs on the clocks of another zone cannot be said on these."""
    if not isinstance(moment, datetime) or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _Refused(name, f"Its times must be in the years {FIRST_YEAR} to {LAST_YEAR}.")
    if moment.second:
        raise _Refused(name, "Its times must be whole minutes.")
    key = getattr(moment.tzinfo, "key", None)
    if moment.tzinfo is not None and key != zone.key:
        if recurs:
            raise _Refused(
                name, f"It recurs on the clocks of {key or 'another zone'}; these hours are in {zone.key}. Change one."
            )
        moment = moment.astimezone(zone)
    elif moment.tzinfo is None:
        value = event.get(name)
        named = getattr(value, "params", {}).get("TZID") if value is not None else None
        if named is not None:
            raise _Refused(name, f"Its time zone {plain(str(named))[:40]} is not known. Use an IANA name.")
    return day_number(moment.date()) * DAY + moment.hour * 60 + moment.minute


def _moments(event: Event, name: str) -> list[Any]:
    found = event.get(name)
    if found is None:
        return []
    return [item.dt for one in (found if isinstance(found, list) else [found]) for item in getattr(one, "dts", [])]


def _on(moment: Any, begins: int, event: Event, name: str, zone: ZoneInfo) -> int:
    """The wall minute of an occurrence that is named by its moment, or by its day alone."""
    if isinstance(moment, datetime):
        return _wall(event, name, moment, zone)
    if isinstance(moment, date):
        return day_number(moment) * DAY + begins % DAY
    raise _Refused(name, f"{name} must hold dates or times.")


def _add_extra(begins: int, ends: int, name: str, reading: _Reading, said: str) -> None:
    if not 1 <= ends - begins <= LONGEST_MINUTES:
        raise _Refused(said, "It must last at least a minute and at most a week.")
    if ends <= reading.today * DAY:
        reading.passed += 1
    else:
        reading.extras.setdefault((begins, ends), name)


def _free_name(summary: str, reading: _Reading) -> str:
    """Two events may have one title; two rules may not have one name."""
    taken = {one.rule.name.casefold() for one in reading.rules.values()}
    name, number = summary, 2
    while name and name.casefold() in taken:
        name, number = f"{summary[:56]} {number}", number + 1
    return name


# ---- all-day events -----------------------------------------------------------------------------------------


def _read_day(event: Event, block: Block, start: date, reading: _Reading) -> None:
    said = f"{block.summary} {_categories(event)}"
    if not (reading.holidays or _HOLIDAY.search(said)):
        raise _Refused(
            "DTSTART", "It is an all-day event that does not say it is a holiday. Give it times, or enter a day off."
        )
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise _Refused("DTSTART", f"Its days must be in the years {FIRST_YEAR} to {LAST_YEAR}.")
    end, duration = _value(event, "DTEND"), _value(event, "DURATION")
    if end is not None and (isinstance(end, datetime) or not isinstance(end, date)):
        raise _Refused("DTEND", "It starts on a day and must end on one.")
    length = (end - start).days if end is not None else duration.days if isinstance(duration, timedelta) else 1
    if not 1 <= length <= _LONGEST_HOLIDAY_DAYS:
        raise _Refused("DTEND", f"It must last 1 to {_LONGEST_HOLIDAY_DAYS} days.")
    first = day_number(start)
    firsts = {first}
    if "RRULE" in event:
        rule = Rule("", first * DAY, _rrule(event, first * DAY, reading.zone), 1)
        since = (reading.today - length) * DAY
        until = (reading.today + HOLIDAY_YEARS * 366) * DAY
        firsts = {minute // DAY for minute in starts_between(rule, since, until)}
    firsts |= {_day(moment) for moment in _moments(event, "RDATE")}
    firsts -= {_day(moment) for moment in _moments(event, "EXDATE")}
    days = {day for first in firsts for day in range(first, first + length) if day >= reading.today}
    reading.passed += not days
    for day in days:
        reading.off.setdefault(day, block.summary)


def _day(moment: Any) -> int:
    if isinstance(moment, datetime):
        return day_number(moment.date())
    if not isinstance(moment, date):
        raise _Refused("RDATE", "The dates of an all-day event must be days.")
    return day_number(moment)


def _categories(event: Event) -> str:
    found = event.get("CATEGORIES")
    one_or_more = found if isinstance(found, list) else [] if found is None else [found]
    return " ".join(str(name) for categories in one_or_more for name in getattr(categories, "cats", []))


# ---- together -----------------------------------------------------------------------------------------------


def _collect(reading: _Reading, imported: Imported) -> None:
    off = dict(reading.off)
    for taken in reading.rules.values():
        for start in sorted(taken.without):
            day = start // DAY
            if day >= reading.today and day not in off and list(starts_between(taken.rule, start, start + 1)):
                off[day] = f"Not {taken.rule.name}"[:60] if taken.rule.name else ""
                _keep_others(day, reading)
    imported.rules = [rule_as_data(taken.rule) for taken in reading.rules.values()]
    dated = [(day * DAY, {"kind": "off", "date": day_of(day).isoformat(), "name": off[day]}) for day in off]
    for (start, end), name in reading.extras.items():
        said = {"kind": "extra", "start": moment_as_data(start), "end": moment_as_data(end), "name": name}
        dated.append((start, said))
    dated.sort(key=lambda pair: pair[0])
    if len(dated) > MOST_EXCEPTIONS:
        why = f"There are {len(dated)} days off and extra windows; the first {MOST_EXCEPTIONS} were taken."
        imported.faults.append(Fault(1, "", why))
    imported.exceptions = [said for _, said in dated[:MOST_EXCEPTIONS]]
    for number, one, many in (
        (reading.passed, "1 event has passed and was left out.", "events have passed and were left out."),
        (reading.cancelled, "1 event is cancelled and was left out.", "events are cancelled and were left out."),
    ):
        if number:
            imported.notes.append(one if number == 1 else f"{number} {many}")


def _keep_others(day: int, reading: _Reading) -> None:
    """A date that one event leaves out is off for all rules: what the others have on it stands by itself."""
    for taken in reading.rules.values():
        for start in starts_between(taken.rule, day * DAY, (day + 1) * DAY):
            if start not in taken.without:
                reading.extras.setdefault((start, start + taken.rule.minutes), taken.rule.name)
