"""Where a clock change will touch the hours, in sentences for people (spec W3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from scheduling.rules.rrules import date_of
from scheduling.rules.weeks import DAY, WEEK, Hours, Span, second_of
from scheduling.rules.words import clock, length_in_words, times_in_words, weekday_and_date
from workforce.rules.zones import check_zone, wall_to_utc

_STEP_S = 6 * 3600
_DAY_S = 86_400


class ClockChange(NamedTuple):
    """At the second `at`, UTC, the zone's offset goes from `before` to `after`, in seconds."""

    at: int
    before: int
    after: int

    @property
    def walls(self) -> tuple[int, int]:
        """The wall minutes `[first, last)` that are skipped or shown twice."""
        first, last = sorted((self.at + self.before, self.at + self.after))
        return first // 60, last // 60


def dst_notes(hours: Hours, now: datetime, days: int = 7, beyond: int = 60) -> list[str]:
    """A sentence for each window that a clock change after `now` touches: of all changes in the coming `days`, and of
    the first one after those within `beyond` days. For example `Sun 1 Nov: clocks go back at 02:00, the window
    01:00–05:00 lasts 5 h instead of 4 h.`

    Raises ValueError for a naive datetime.
    """
    zone, start = check_zone(hours.tz), second_of(now)
    notes: list[str] = []
    for change in changes(zone, start, start + beyond * _DAY_S):
        notes += [note for note in _notes(hours, zone, change) if note not in notes]
        if change.at > start + days * _DAY_S:
            break
    return notes


def changes(zone: ZoneInfo, start: int, end: int) -> Iterator[ClockChange]:
    """The changes of the offset in `(start, end]`, in order. Two within six hours that undo each other are not seen."""
    while start < end:
        step = min(start + _STEP_S, end)
        before, after = _offset(zone, start), _offset(zone, step)
        if before != after:
            low, high = start, step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            yield ClockChange(high, before, _offset(zone, high))
            step = high
        start = step


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if offset is None else offset.days * _DAY_S + offset.seconds


def _notes(hours: Hours, zone: ZoneInfo, change: ClockChange) -> Iterator[str]:
    first, last = change.walls
    moved = abs(change.after - change.before) // 60
    at = (change.at + change.before) // 60
    way = "forward" if change.after > change.before else "back"
    by = "" if moved == 60 else f" {length_in_words(moved)}"
    said = f"{weekday_and_date(date_of(at))}: clocks go {way}{by} at {clock(at % DAY)}"
    for wall in sorted(hours.walls(first - WEEK - 1, last)):
        if wall.end > first and (what := _what_happens(wall, zone, change)):
            name = f"{wall.names[0]} " if wall.names else ""
            yield f"{said}, the window {name}{_span_in_words(wall)} {what}."


def _what_happens(wall: Span, zone: ZoneInfo, change: ClockChange) -> str:
    start, end = wall_to_utc(zone, wall.start), wall_to_utc(zone, wall.end)
    if start >= end:
        return "does not take place"
    shown_start, shown_end = _wall(zone, start), _wall(zone, end)
    parts = []
    if shown_start != wall.start:
        parts.append(f"starts at {_label(shown_start, wall.start)} instead of {clock(wall.start % DAY)}")
    if shown_end != wall.end:
        parts.append(f"ends at {_label(shown_end, wall.end)} instead of {clock(wall.end % DAY)}")
    if (end - start) // 60 != wall.end - wall.start:
        real, nominal = length_in_words((end - start) // 60), length_in_words(wall.end - wall.start)
        parts.append(f"lasts {real} instead of {nominal}")
    if parts:
        return " and ".join(parts)
    first, last = change.walls
    # Only a boundary that the clocks show twice is left: the first time counts.
    if first <= wall.start and wall.end < last:
        return "takes place the first time the clocks show it"
    if first < wall.end < last:
        return f"ends the first time the clocks show {clock(wall.end % DAY)}"
    return ""


def _wall(zone: ZoneInfo, second: int) -> int:
    return (second + _offset(zone, second)) // 60


def _label(shown: int, meant: int) -> str:
    """With its day where that is another than meant."""
    day = "" if shown // DAY == meant // DAY else f" on {weekday_and_date(date_of(shown))}"
    return f"{clock(shown % DAY)}{day}"


def _span_in_words(wall: Span) -> str:
    length = wall.end - wall.start
    if length > DAY:
        return f"from {weekday_and_date(date_of(wall.start))} {clock(wall.start % DAY)} for {length_in_words(length)}"
    return times_in_words(wall.start % DAY, wall.start % DAY + length)
