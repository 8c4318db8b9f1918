"""A weekly pattern of wall-clock windows, worked out one UTC week at a time (spec W1, W3).

Windows recur weekly on the clocks of a zone. Each is taken to UTC on its own, then those that touch or
overlap are one interval, across days too. What is on in a week, the interval before it and the one after are
kept in a bounded cache, so that a question is a bisection and never scans on without bound. `hours.py` asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workforce.rules.zones import check_zone, wall_to_utc

DAY = 1440  # minutes
WEEK = 7 * DAY

# Where an interval that never began or never ends is said to begin and end: far off, with room to reckon.
DAWN = datetime(1900, 1, 1, tzinfo=UTC)
FOREVER = datetime(9000, 1, 1, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
DAY_S = 86_400
MOST_OFFSET_S = 16 * 3600  # no zone was ever further from UTC
# How many weeks before and after are worked out until both neighbours are found. The first suffices unless
# a clock change swallows a window or a pause; the last is over a year, for a pause that only a clock change
# makes.
_REACH = ((1, 2), (4, 5), (56, 56))


@dataclass(frozen=True, slots=True)
class Window:
    """One span on each of `days` (Monday is 0). `start` is 0-1439 and `end` 1-1440 minutes after midnight; an
    end before the start is on the next day. The window of standard hours has an empty name."""

    name: str
    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows that recur weekly. `custom.py` has the kind that does not."""

    tz: str
    windows: tuple[Window, ...]

    def walls(self, first: int, last: int) -> Iterator[Span]:
        """The windows that start in `[first, last)`, in wall minutes since 1970-01-01 00:00, in no order."""
        for week in range(_week_number(first // DAY), _week_number((last - 1) // DAY) + 1):
            monday = first_day_of(week) * DAY
            for window in nominal(self):
                if first <= monday + window.start < last:
                    yield Span(monday + window.start, monday + window.end, window.names)

    def worked_out(self, week: int) -> Week:
        """That UTC week, with both its neighbours."""
        return _weekly(self, week)


@dataclass(frozen=True, slots=True)
class Interval:
    """A merged stretch of working time in UTC, `[start, end)`, with the names of the shifts it is made of.
    DAWN and FOREVER stand for no start and no end."""

    start: datetime
    end: datetime
    names: tuple[str, ...]

    @property
    def endless(self) -> bool:
        return self.end == FOREVER


class Span(NamedTuple):
    """From and to, in seconds since 1970 UTC or in minutes of the week, and whose it is."""

    start: int
    end: int
    names: tuple[str, ...]


class Week(NamedTuple):
    """The merged intervals with a part in one UTC week, the one before them and the one after."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    names: tuple[tuple[str, ...], ...]

    def last_started(self, second: int) -> int:
        """Index of the interval with the last start at or before that second, -1 for none."""
        return bisect_right(self.starts, second) - 1

    def is_open(self, index: int, second: int) -> bool:
        return index >= 0 and second < self.ends[index]

    def interval(self, index: int) -> Interval:
        return Interval(moment(self.starts[index]), moment(self.ends[index]), self.names[index])


def second_of(at: datetime) -> int:
    """Whole seconds since 1970 UTC, rounded down: every boundary is whole, so comparisons stay true.
    Raises ValueError for a naive datetime."""
    if at.utcoffset() is None:
        raise ValueError("A moment needs its time zone; this one has none.")
    return (at - _EPOCH) // _SECOND


def moment(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


DAWN_S, FOREVER_S = second_of(DAWN), second_of(FOREVER)


def week_of(hours: Hours, second: int) -> Week:
    """The UTC week that the second is in, Monday to Sunday. 1970-01-01 was a Thursday."""
    return _worked_out(hours, _week_number(second // DAY_S))


@lru_cache(maxsize=1024)
def nominal(hours: Hours) -> tuple[Span, ...]:
    """Each window on each of its days, in wall-clock minutes after Monday 00:00, in order."""
    spans = []
    for window in hours.windows:
        end = window.end + (DAY if window.end <= window.start else 0)
        names = (window.name,) if window.name else ()
        spans += [Span(day * DAY + window.start, day * DAY + end, names) for day in window.days]
    return tuple(sorted(spans))


def merge(spans: list[Span]) -> list[Span]:
    """One span for those that touch or overlap, sorted: at a clock change a later one may begin earlier."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            last = merged[-1]
            names = last.names + tuple(n for n in span.names if n not in last.names)
            merged[-1] = Span(last.start, max(last.end, span.end), names)
        else:
            merged.append(span)
    return merged


@lru_cache(maxsize=2048)
def _worked_out(hours: Hours, week: int) -> Week:
    return hours.worked_out(week)


def _weekly(hours: Hours, week: int) -> Week:
    if _is_ring(nominal(hours)):
        everyone = tuple(dict.fromkeys(w.name for w in hours.windows if w.name))
        return Week((DAWN_S,), (FOREVER_S,), (everyone,))
    begins, ends = first_day_of(week) * DAY_S, first_day_of(week + 1) * DAY_S
    merged: list[Span] = []
    sure_from = sure_to = before = after = 0
    for weeks_before, weeks_after in _REACH:
        first, last = week - weeks_before, week + weeks_after
        merged = merge(_resolved(hours, first, last))
        # A window of the weeks left out could only touch what reaches beyond these two moments.
        sure_from = (first_day_of(first) + 1) * DAY_S + MOST_OFFSET_S
        sure_to = first_day_of(last + 1) * DAY_S - MOST_OFFSET_S
        before = max((i for i, s in enumerate(merged) if sure_from < s.start and s.end <= begins), default=-1)
        after = min((i for i, s in enumerate(merged) if ends <= s.start and s.end < sure_to), default=-1)
        if before >= 0 and after >= 0:
            return packed(merged[before : after + 1])
    # Not one pause in more than a year on that side: it is taken to have none.
    kept = merged[max(before, 0) : after + 1 if after >= 0 else None]
    whole = []
    for span in kept:
        start = span.start if span.start > sure_from else DAWN_S
        end = span.end if span.end < sure_to else FOREVER_S
        whole.append(Span(start, end, span.names))
    return packed(whole)


def packed(spans: list[Span]) -> Week:
    return Week(tuple(s.start for s in spans), tuple(s.end for s in spans), tuple(s.names for s in spans))


def first_day_of(week: int) -> int:
    """Days from 1970-01-01 to that week's Monday."""
    return week * 7 - 3


def _week_number(day: int) -> int:
    return (day + 3) // 7


def _resolved(hours: Hours, first: int, last: int) -> list[Span]:
    """The windows that belong to those weeks, in UTC."""
    return resolve(check_zone(hours.tz), hours.walls(first_day_of(first) * DAY, first_day_of(last + 1) * DAY))


def resolve(zone: ZoneInfo, walls: Iterable[Span]) -> list[Span]:
    """Wall-clock windows in UTC seconds; one that a clock change leaves no time is left out (spec W3)."""
    found = []
    for wall in walls:
        start, end = wall_to_utc(zone, wall.start), wall_to_utc(zone, wall.end)
        if start < end:
            found.append(Span(start, end, wall.names))
    return found


def _is_ring(spans: tuple[Span, ...]) -> bool:
    """Whether windows follow each other round the week, each beginning the minute another ends. Then there is
    no pause whatever the clocks do, for both sides of a seam are the same moment."""
    alive = set(spans)
    while alive:
        starts = {s.start for s in alive}
        led_on = {s for s in alive if s.end % WEEK in starts}
        if led_on == alive:
            return True
        alive = led_on
    return False
