"""Working hours: what may be entered, what is on when, and how it reads (spec W1-W3, W11)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from scheduling.rules import custom
from scheduling.rules.custom import CustomHours
from scheduling.rules.custom_entry import LONGEST_NAME, check_custom
from scheduling.rules.explain import describe_custom
from scheduling.rules.rrules import date_of
from scheduling.rules.weeks import (
    DAY,
    FOREVER_S,
    WEEK,
    Hours,
    Interval,
    Span,
    Window,
    merge,
    moment,
    nominal,
    second_of,
    week_of,
)
from scheduling.rules.words import DAYS, clock, days_in_words, times_in_words, weekday_and_date
from workforce.rules.zones import UnknownZone, check_zone

MOST_SHIFTS = 20
MOST_GRACE_MINUTES = 240
LONGEST_RANGE = timedelta(days=400)
NOT_CUSTOM = "Only custom hours have these. Leave them out, or choose custom."

_TIME = re.compile(r"[0-9]{2}:[0-9]{2}")


class HoursError(ValueError):
    """The hours cannot be taken. `faults` has every one: the path of the field and what to do about it."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _, sentence in faults))
        self.faults = faults


class EventType(StrEnum):
    OPEN = "open"
    CLOSE = "close"


class Event(NamedTuple):
    type: EventType
    at: datetime


@dataclass(frozen=True, slots=True)
class WorkState:
    """`interval` is the running one. `next_event` is None where the hours never change."""

    open: bool
    in_grace: bool
    interval: Interval | None
    next_event: Event | None


# What is on when. Each raises ValueError for a naive datetime.


def interval_at(hours: Hours, at: datetime) -> Interval | None:
    """The merged interval that `at` is in."""
    second = second_of(at)
    week = week_of(hours, second)
    index = week.last_started(second)
    return week.interval(index) if week.is_open(index, second) else None


def latest(hours: Hours, at: datetime) -> Interval | None:
    """The interval that runs at `at` or, if none does, the one before."""
    second = second_of(at)
    week = week_of(hours, second)
    index = week.last_started(second)
    return week.interval(index) if index >= 0 else None


def next_start(hours: Hours, at: datetime) -> datetime | None:
    """When the first interval begins that begins strictly after `at`."""
    second = second_of(at)
    week = week_of(hours, second)
    index = week.last_started(second) + 1
    return moment(week.starts[index]) if index < len(week.starts) else None


def first_end_after(hours: Hours, at: datetime) -> datetime | None:
    """When the running interval ends or, if none is running, the next one."""
    first = next(following(hours, at), None)
    return None if first is None or first.endless else first.end


def following(hours: Hours, at: datetime) -> Iterator[Interval]:
    """The intervals that end strictly after `at`, in order, worked out one by one: there is no last."""
    second = second_of(at)
    while second < FOREVER_S:
        week = week_of(hours, second)
        index = bisect_right(week.ends, second)
        if index == len(week.ends):
            return
        yield week.interval(index)
        second = week.ends[index]


def intervals(hours: Hours, start: datetime, end: datetime) -> list[Interval]:
    """The merged intervals, whole, with a part in `[start, end)`. Raises ValueError over LONGEST_RANGE."""
    if second_of(end) - second_of(start) > LONGEST_RANGE.total_seconds():
        raise ValueError(f"Ask for at most {LONGEST_RANGE.days} days at once.")
    found = []
    for interval in following(hours, start):
        if max(interval.start, start) >= end:
            break
        found.append(interval)
    return found


def work_state(hours: Hours, at: datetime, grace_minutes: int) -> WorkState:
    """Whether it is open at `at`, in grace, and what comes next (spec W2, W11). In grace is from the end of
    an interval, inclusive, to `grace_minutes` later, exclusive, unless the next one has begun."""
    second = second_of(at)
    week = week_of(hours, second)
    index = week.last_started(second)
    if week.is_open(index, second):
        interval = week.interval(index)
        closing = None if interval.endless else Event(EventType.CLOSE, interval.end)
        return WorkState(open=True, in_grace=False, interval=interval, next_event=closing)
    in_grace = index >= 0 and second < week.ends[index] + grace_minutes * 60
    opening = Event(EventType.OPEN, moment(week.starts[index + 1])) if index + 1 < len(week.starts) else None
    return WorkState(open=False, in_grace=in_grace, interval=None, next_event=opening)


# What may be entered.


def check_hours(type_: object, tz: object, shifts: object, rules: object = None, exceptions: object = None) -> Hours:
    """Hours from plain data: `standard` with one window or `shift` with several, each
    `{"name", "days": ["mon", …], "start": "HH:MM", "end": "HH:MM"}`; a standard window needs no name. `custom`
    ones have `rules` and `exceptions` instead, as `custom_entry` takes them.

    Raises HoursError with every fault (spec W1, W3).
    """
    faults: list[tuple[str, str]] = []
    hours: Hours
    if type_ not in ("standard", "shift", "custom"):
        faults.append(("type", "Choose standard hours, shifts or custom hours."))
    try:
        zone = check_zone(tz)
    except UnknownZone as unknown:
        zone = None
        faults.append(("tz", str(unknown)))
    if type_ == "custom":
        if shifts:
            faults.append(("shifts", "Custom hours have rules in place of shifts. Leave the shifts out."))
        hours = check_custom(zone, rules, exceptions, faults)
    else:
        faults += [(path, NOT_CUSTOM) for path, said in (("rules", rules), ("exceptions", exceptions)) if said]
        hours = Hours(zone.key if zone else "", tuple(_check_shifts(type_, shifts, faults)))
    if faults:
        raise HoursError(faults)
    return hours


def check_grace(minutes: object) -> int:
    """Grace period in minutes. Raises HoursError outside 0 to 240 (spec W2)."""
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= MOST_GRACE_MINUTES:
        sentence = f"Give the grace period in whole minutes, 0 to {MOST_GRACE_MINUTES}."
        raise HoursError([("grace_minutes", sentence)])
    return minutes


def _check_shifts(type_: object, shifts: object, faults: list[tuple[str, str]]) -> list[Window]:
    if not isinstance(shifts, list | tuple) or not shifts:
        faults.append(("shifts", "Add the days and times of work."))
        return []
    if len(shifts) > MOST_SHIFTS:
        faults.append(("shifts", f"Keep to {MOST_SHIFTS} shifts; these are {len(shifts)}."))
        return []
    if type_ == "standard" and len(shifts) > 1:
        faults.append(("shifts", "Standard hours have one window. Keep one, or choose shifts."))
    windows = []
    taken: set[str] = set()
    for number, shift in enumerate(shifts):
        path = f"shifts.{number}"
        if not isinstance(shift, dict):
            faults.append((path, "Give each shift a name, days, a start and an end."))
            continue
        name = _check_name(shift.get("name"), path, taken, faults) if type_ == "shift" else ""
        days = _check_days(shift.get("days"), path, faults)
        start, end = _check_times(shift.get("start"), shift.get("end"), path, faults)
        windows.append(Window(name, days, start, end))
    return windows


def _check_name(name: object, path: str, taken: set[str], faults: list[tuple[str, str]]) -> str:
    field = f"{path}.name"
    if not isinstance(name, str) or not name.strip():
        faults.append((field, "Give the shift a name, for example Early."))
        return ""
    name = name.strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        faults.append((field, f"Use a name of up to {LONGEST_NAME} plain characters on one line."))
    elif name.casefold() in taken:
        faults.append((field, f"Another shift is already called {name}. Choose another name."))
    taken.add(name.casefold())
    return name


def _check_days(days: object, path: str, faults: list[tuple[str, str]]) -> frozenset[int]:
    field = f"{path}.days"
    if not isinstance(days, list | tuple) or not days:
        faults.append((field, "Choose at least one day."))
        return frozenset()
    if any(not isinstance(day, str) or day not in DAYS for day in days):
        faults.append((field, f"Write the days as {', '.join(DAYS)}."))
        return frozenset()
    if len(set(days)) < len(days):
        faults.append((field, "Name each day only once."))
    return frozenset(DAYS.index(day) for day in days)


def _check_times(start: object, end: object, path: str, faults: list[tuple[str, str]]) -> tuple[int, int]:
    begins, ends = _minutes(start), _minutes(end)
    if begins is None or begins == DAY:
        faults.append((f"{path}.start", "Write the start as HH:MM from 00:00 to 23:59, for example 09:00."))
    if ends is None:
        faults.append((f"{path}.end", "Write the end as HH:MM from 00:00 to 24:00, for example 17:00."))
    if begins is None or ends is None:
        return 0, DAY
    if begins == ends and begins != DAY:
        faults.append((f"{path}.end", "Choose an end other than the start; 00:00 to 24:00 is the whole day."))
    return begins, ends or DAY  # an end at 00:00 is the midnight after


def _minutes(text: object) -> int | None:
    """Minutes after midnight, DAY for 24:00, None for what is not HH:MM."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    hour, minute = int(text[:2]), int(text[3:])
    minutes = hour * 60 + minute
    return minutes if minute < 60 and minutes <= DAY else None


# How it reads.


def describe(hours: Hours) -> str:
    """Without the zone: `Mon–Fri 09:00–17:00`; shifts as `Early 06:00–14:00 daily; Close 22:00–02:00 Fri`."""
    if isinstance(hours, CustomHours):
        return describe_custom(hours)
    parts = []
    for window in hours.windows:
        times = times_in_words(window.start, window.end)
        days = days_in_words(window.days)
        if window.name:
            parts.append(f"{window.name} {times} {days[0].lower() + days[1:] if days == 'Daily' else days}")
        else:
            parts.append(f"{days} {times}")
    return "; ".join(parts)


def overlaps(hours: Hours) -> list[tuple[str, str, str]]:
    """Pairs of shifts or rules that touch or overlap: both names and a sentence saying where first."""
    if isinstance(hours, CustomHours):
        return [(one, other, _seam(one, other, *shared)) for one, other, *shared in custom.overlaps(hours)]
    found = []
    for one, other in combinations([w for w in hours.windows if w.name], 2):
        shared = [
            (max(a.start, b.start + shift), min(a.end, b.end + shift))
            for a in nominal(Hours(hours.tz, (one,)))
            for b in nominal(Hours(hours.tz, (other,)))
            for shift in (-WEEK, 0, WEEK)
        ]
        longer = sorted(s for s in shared if s[0] < s[1])
        if longer:
            where = f"overlap {times_in_words(*longer[0])}"
        elif touching := sorted(s for s in shared if s[0] == s[1]):
            where = f"touch at {clock(touching[0][0])}"
        else:
            continue
        sentence = f"{one.name} and {other.name} {where}. They count as one interval."
        found.append((one.name, other.name, sentence))
    return found


def _seam(one: str, other: str, start: int, end: int) -> str:
    day = f"on {weekday_and_date(date_of(start))} {date_of(start).year}"
    where = f"touch {day} at {clock(start)}" if start == end else f"overlap {day} {times_in_words(start, end)}"
    return f"{one} and {other} {where}. They count as one interval."


def weekly_minutes(hours: Hours) -> int:
    """Minutes of work in a week without a clock change, of custom hours in an average week; what shifts share
    counts once."""
    if isinstance(hours, CustomHours):
        return custom.weekly_minutes(hours)
    spans = [Span(s.start + shift, s.end + shift, ()) for s in nominal(hours) for shift in (-WEEK, 0)]
    return sum(max(0, min(s.end, WEEK) - max(s.start, 0)) for s in merge(spans))
