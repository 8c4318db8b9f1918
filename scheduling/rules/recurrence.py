"""On which days recurrence rules fall (RFC 5545 §3.3.10, spec W1).

A rule is asked one calendar year at a time. dateutil expands one year or month and is stopped by an interval that
leads past the last year there is, so that no rule, whatever it says, makes it search on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil import rrule as rfc

from scheduling.rules.rrules import DAY, LAST_YEAR, Parts, RuleError, date_of, day_number, day_of, parts_of, read, write

#: A rule that does not come within this many years of its start is refused.
YEARS_SEARCHED = 10
NEVER_ENDS = (LAST_YEAR + 1) * 366 * DAY
_PAST_ALL_YEARS = 10_000


class Rule(NamedTuple):
    """`dtstart` in wall minutes: the first day it may fall on and the time of day it starts. `rrule` is in the form
    `normal` gives. `minutes` is 1 to 10080, counted on the wall clock."""

    name: str
    dtstart: int
    rrule: str
    minutes: int


def normal(text: object, dtstart: int, zone: ZoneInfo) -> str:
    """The text in one form: capitals, fixed order, UNTIL on the zone's wall clock.

    Raises RuleError for what is not a rule, is sub-daily, or does not come within ten years of its start.
    """
    parts = read(text, dtstart, zone)
    written = write(parts)
    last_year = date_of(dtstart).year + YEARS_SEARCHED
    limit = dtstart + YEARS_SEARCHED * 366 * DAY
    first = next(_starts(dtstart, written, date_of(dtstart).year, min(last_year, LAST_YEAR)), None)
    if first is None or first > limit:
        raise RuleError(f"This rule does not come once in the {YEARS_SEARCHED} years from its start. Change it.")
    return written


@lru_cache(maxsize=2048)
def starts_in(dtstart: int, rrule: str, year: int) -> tuple[int, ...]:
    """The wall minutes at which the rule's windows start in that year, in order."""
    if not date_of(dtstart).year <= year <= LAST_YEAR:
        return ()
    last = last_start(dtstart, rrule)
    return tuple(start for start in _unended(dtstart, rrule, year) if start <= last)


@lru_cache(maxsize=2048)
def last_start(dtstart: int, rrule: str) -> int:
    """No window starts after this wall minute; NEVER_ENDS where nothing ends the rule."""
    parts = parts_of(rrule)
    if parts.until is not None:
        return parts.until
    left = parts.count
    if left is None:
        return NEVER_ENDS
    for year in range(date_of(dtstart).year, LAST_YEAR + 1):
        found = _unended(dtstart, rrule, year)
        if left <= len(found):
            return found[left - 1]
        left -= len(found)
    return NEVER_ENDS


def starts_between(rule: Rule, first: int, last: int) -> Iterator[int]:
    """Wall minutes in `[first, last)` at which windows start, in order."""
    for start in _starts(rule.dtstart, rule.rrule, date_of(max(first, 0)).year, date_of(max(last, 0)).year):
        if start >= last:
            return
        if start >= first:
            yield start


def next_starts(rule: Rule, after: int, most: int = 5) -> list[int]:
    """The first starts strictly after that wall minute, of those within ten years and one."""
    year = max(date_of(max(after, 0)).year, date_of(rule.dtstart).year)
    found: list[int] = []
    for number in range(year, min(year + YEARS_SEARCHED, LAST_YEAR) + 1):
        starts = starts_in(rule.dtstart, rule.rrule, number)
        found += starts[bisect_right(starts, after) :]
        if len(found) >= most:
            break
    return found[:most]


def _starts(dtstart: int, rrule: str, first_year: int, last_year: int) -> Iterator[int]:
    for year in range(first_year, last_year + 1):
        yield from starts_in(dtstart, rrule, year)


def _unended(dtstart: int, rrule: str, year: int) -> list[int]:
    first_day, time = divmod(dtstart, DAY)
    return [day * DAY + time for day in _falls_on(parts_of(rrule), day_of(first_day), year) if day >= first_day]


def _falls_on(parts: Parts, first: date, year: int) -> list[int]:
    """The days of the year, in order, were there no beginning and no end. What the rule leaves open, its first day
    says."""
    if parts.freq == "YEARLY":
        return [] if (year - first.year) % parts.interval else _of_year(_completed(parts, first), year)
    if parts.freq == "MONTHLY":
        return _of_months(_completed(parts, first), first, year)
    if parts.freq == "DAILY":
        days = [day for day in _limited(parts, year) if (day - day_number(first)) % parts.interval == 0]
        return days if not parts.by_set_pos or {1, -1} & set(parts.by_set_pos) else []
    return _of_weeks(parts if parts.by_day else parts._replace(by_day=((0, first.weekday()),)), first, year)


def _completed(parts: Parts, first: date) -> Parts:
    if parts.by_week_no and not parts.by_day:
        return parts._replace(by_day=((0, first.weekday()),))
    if not parts.only("by_month", "by_set_pos"):
        return parts
    months = parts.by_month or ((first.month,) if parts.freq == "YEARLY" else ())
    return parts._replace(by_month=months, by_month_day=(first.day,))


def _of_year(parts: Parts, year: int) -> list[int]:
    return _expanded(rfc.YEARLY, parts, date(year, 1, 1), 53 if not parts.by_month else 5)


def _of_months(parts: Parts, first: date, year: int) -> list[int]:
    found = []
    for month in parts.by_month or range(1, 13):
        if ((year - first.year) * 12 + month - first.month) % parts.interval == 0:
            found += _expanded(rfc.MONTHLY, parts, date(year, month, 1), 5)
    return found


def _of_weeks(parts: Parts, first: date, year: int) -> list[int]:
    def week(day: int) -> int:
        return (day + 3 - parts.week_start) // 7

    # Positions are counted in whole weeks, also in those the turn of the year divides.
    around = (year - 1, year, year + 1) if parts.by_set_pos else (year,)
    days = [day for one in around for day in _limited(parts, one)]
    days = [day for day in days if (week(day) - week(day_number(first))) % parts.interval == 0]
    if parts.by_set_pos:
        days = [day for _, group in groupby(days, key=week) for day in _picked(list(group), parts.by_set_pos)]
    return [day for day in days if day_of(day).year == year]


def _picked(days: list[int], positions: tuple[int, ...]) -> list[int]:
    places = {at - 1 if at > 0 else len(days) + at for at in positions}
    return [day for place, day in enumerate(days) if place in places]


def _limited(parts: Parts, year: int) -> list[int]:
    """The days of the year that the parts of a daily or weekly rule let pass."""
    every_day = tuple((0, day) for day in range(7))
    return _of_year(parts._replace(by_day=parts.by_day or every_day, by_set_pos=()), year)


def _expanded(frequency: int, parts: Parts, begins: date, most_of_a_weekday: int) -> list[int]:
    """One year or one month of the rule, by dateutil."""
    by_day = parts.by_day
    if any(ordinal for ordinal, _ in by_day):
        # dateutil takes numbered and plain days together for days that are both; the standard, for either.
        ordinals = range(1, most_of_a_weekday + 1)
        by_day = tuple((n, day) for ordinal, day in by_day for n in ([ordinal] if ordinal else ordinals))
    expanded = rfc.rrule(
        frequency,
        dtstart=datetime(begins.year, begins.month, begins.day),  # noqa: DTZ001  a wall clock
        interval=_PAST_ALL_YEARS * (1 if frequency == rfc.YEARLY else 12),
        wkst=parts.week_start,
        bymonth=parts.by_month or None,
        bymonthday=parts.by_month_day or None,
        byyearday=parts.by_year_day or None,
        byweekno=parts.by_week_no or None,
        byweekday=[rfc.weekday(day, ordinal or None) for ordinal, day in by_day] or None,
        bysetpos=parts.by_set_pos or None,
        byhour=0,
        byminute=0,
        bysecond=0,
    )
    return [day_number(moment.date()) for moment in expanded]
