"""A weekly pattern of wall-clock windows, worked out one UTC week at a time (spec W1, W3).

Windows recur weekly on the clocks of a zone. Each is taken to UTC on its own, then those that touch or
overlap are one interval, across days too. What is on in a week, the interval before it and the one after are
kept in a bounded cache, so that a question is a bisection and never scans on without bound. `hours.py` asks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from workforce.rules.zones import check_zone, wall_to_utc

DAY = 1440  # minutes
WEEK = 7 * DAY

# Where an interval that never began or never ends is said to begin and end: far off, with room to reckon.
DAWN = datetime(1900, 1, 1, tzinfo=UTC)
FOREVER = datetime(9000, 1, 1, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY_S = 86_400
_MOST_OFFSET_S = 16 * 3600  # no zone was ever further from UTC
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
    tz: str
    windows: tuple[Window, ...]


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


_DAWN_S, FOREVER_S = second_of(DAWN), second_of(FOREVER)


def week_of(hours: Hours, second: int) -> Week:
    """The UTC week that the second is in, Monday to Sunday. 1970-01-01 was a Thursday."""
    return _worked_out(hours, (second // _DAY_S + 3) // 7)


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
    if _is_ring(nominal(hours)):
        everyone = tuple(dict.fromkeys(w.name for w in hours.windows if w.name))
        return Week((_DAWN_S,), (FOREVER_S,), (everyone,))
    begins, ends = _monday(week) * _DAY_S, _monday(week + 1) * _DAY_S
    merged: list[Span] = []
    sure_from = sure_to = before = after = 0
    for weeks_before, weeks_after in _REACH:
        first, last = week - weeks_before, week + weeks_after
        merged = merge(_resolved(hours, first, last))
        # A window of the weeks left out could only touch what reaches beyond these two moments.
        sure_from = (_monday(first) + 1) * _DAY_S + _MOST_OFFSET_S
        sure_to = _monday(last + 1) * _DAY_S - _MOST_OFFSET_S
        before = max((i for i, s in enumerate(merged) if sure_from < s.start and s.end <= begins), default=-1)
        after = min((i for i, s in enumerate(merged) if ends <= s.start and s.end < sure_to), default=-1)
        if before >= 0 and after >= 0:
            return _packed(merged[before : after + 1])
    # Not one pause in more than a year on that side: it is taken to have none.
    kept = merged[max(before, 0) : after + 1 if after >= 0 else None]
    whole = []
    for span in kept:
        start = span.start if span.start > sure_from else _DAWN_S
        end = span.end if span.end < sure_to else FOREVER_S
        whole.append(Span(start, end, span.names))
    return _packed(whole)


def _packed(spans: list[Span]) -> Week:
    return Week(tuple(s.start for s in spans), tuple(s.end for s in spans), tuple(s.names for s in spans))


def _monday(week: int) -> int:
    """Days from 1970-01-01 to that week's Monday."""
    return week * 7 - 3


def _resolved(hours: Hours, first: int, last: int) -> list[Span]:
    """The windows that belong to those weeks, in UTC; one that a clock change leaves no time is left out."""
    zone = check_zone(hours.tz)
    found = []
    for week in range(first, last + 1):
        monday = _monday(week) * DAY
        for window in nominal(hours):
            start = wall_to_utc(zone, monday + window.start)
            end = wall_to_utc(zone, monday + window.end)
            if start < end:
                found.append(Span(start, end, window.names))
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
