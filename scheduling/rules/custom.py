"""Custom hours: windows by recurrence rules, days off and dated windows, one UTC week at a time (spec W1, W3).

Each window is taken to UTC by its wall-clock start and end, then those that touch or overlap are one interval, as
`weeks.py` does it. The weeks looked through grow only on the side where a neighbour is still missing, and end where
no rule begins earlier or goes on later: what is off for years costs little, and nothing is scanned without end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scheduling.rules.recurrence import NEVER_ENDS, Rule, last_start, starts_between
from scheduling.rules.weeks import (
    DAWN_S,
    DAY,
    DAY_S,
    FOREVER_S,
    MOST_OFFSET_S,
    WEEK,
    Hours,
    Span,
    Week,
    first_day_of,
    merge,
    packed,
    resolve,
)
from workforce.rules.zones import check_zone

LONGEST_MINUTES = WEEK
# How many weeks before and after are worked out until both neighbours are found. The last is eleven years and a
# half: a rule comes within ten years of its start, or it is refused.
_REACH = (2, 8, 60, 600)


class DayOff(NamedTuple):
    """No rule's window starts on that local day, counted from 1970-01-01."""

    day: int
    name: str


class Extra(NamedTuple):
    """One more window, in wall minutes since 1970-01-01 00:00; it stands on a day off too."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class CustomHours(Hours):
    """`windows` is empty. Rules in their given order, exceptions by date."""

    rules: tuple[Rule, ...]
    days_off: tuple[DayOff, ...]
    extras: tuple[Extra, ...]

    def walls(self, first: int, last: int) -> Iterator[Span]:
        off = {day_off.day for day_off in self.days_off}
        for rule in self.rules:
            names = (rule.name,) if rule.name else ()
            for start in starts_between(rule, first, last):
                if start // DAY not in off:
                    yield Span(start, start + rule.minutes, names)
        for extra in self.extras:
            if first <= extra.start < last:
                yield Span(extra.start, extra.end, (extra.name,) if extra.name else ())

    def worked_out(self, week: int) -> Week:
        return _week(self, week)


def _week(hours: CustomHours, week: int) -> Week:
    zone = check_zone(hours.tz)
    begins, ends = first_day_of(week) * DAY_S, first_day_of(week + 1) * DAY_S
    earliest, latest = bounds(hours)
    back = on = 0
    while True:
        first, last = first_day_of(week - _REACH[back]), first_day_of(week + _REACH[on] + 1)
        merged = merge(resolve(zone, hours.walls(first * DAY, last * DAY)))
        # A window left out could only touch what reaches beyond these two moments, if there is one at all.
        all_before, all_after = first * DAY <= earliest, latest < last * DAY
        sure_from = DAWN_S if all_before else first * DAY_S + LONGEST_MINUTES * 60 + MOST_OFFSET_S
        sure_to = FOREVER_S if all_after else last * DAY_S - MOST_OFFSET_S
        before = max((i for i, s in enumerate(merged) if sure_from < s.start and s.end <= begins), default=-1)
        after = min((i for i, s in enumerate(merged) if ends <= s.start and s.end < sure_to), default=-1)
        wider_back = before < 0 and not all_before and back + 1 < len(_REACH)
        wider_on = after < 0 and not all_after and on + 1 < len(_REACH)
        if not (wider_back or wider_on):
            break
        back, on = back + wider_back, on + wider_on
    kept = merged[max(before, 0) : after + 1 if after >= 0 else None]
    # Not one pause in all that time on that side: it is taken to have none.
    whole = []
    for span in kept:
        start = span.start if span.start > sure_from else DAWN_S
        end = span.end if span.end < sure_to else FOREVER_S
        whole.append(Span(start, end, span.names))
    return packed(whole)


@lru_cache(maxsize=1024)
def bounds(hours: CustomHours) -> tuple[int, int]:
    """No window starts before the one or after the other wall minute."""
    starts = [rule.dtstart for rule in hours.rules] + [extra.start for extra in hours.extras]
    lasts = [last_start(rule.dtstart, rule.rrule) for rule in hours.rules] + [extra.start for extra in hours.extras]
    return min(starts, default=0), max(lasts, default=NEVER_ENDS)


@lru_cache(maxsize=256)
def weekly_minutes(hours: CustomHours) -> int:
    """Minutes of work in a week by the rules alone, exceptions and clock changes not counted: the average of 52 weeks
    from the first day on, or of as many as the rules last. What windows share counts once."""
    rules = CustomHours(hours.tz, (), hours.rules, (), ())
    earliest, latest = bounds(rules)
    first = earliest // DAY
    weeks = min(52, (latest // DAY - first) // 7 + 1)
    spans = merge(list(rules.walls(first * DAY, (first + 7 * weeks) * DAY)))
    return min(WEEK, round(sum(span.end - span.start for span in spans) / weeks))


@lru_cache(maxsize=256)
def overlaps(hours: CustomHours) -> tuple[tuple[str, str, int, int], ...]:
    """Pairs of rules with windows that touch or overlap within a year of the later one's start: what they are called,
    and the first wall minutes they share, equal where they only touch. Days off do not count."""
    found = []
    for number, one in enumerate(hours.rules):
        for other_number in range(number + 1, len(hours.rules)):
            other = hours.rules[other_number]
            shared = _shared(one, other)
            if shared is not None:
                names = one.name or f"Rule {number + 1}", other.name or f"Rule {other_number + 1}"
                found.append((*names, *shared))
    return tuple(found)


def _shared(one: Rule, other: Rule) -> tuple[int, int] | None:
    first = max(one.dtstart, other.dtstart)
    begins, ends = first - LONGEST_MINUTES, first + 366 * DAY
    others = list(starts_between(other, begins, ends))
    touching = None
    for start in starts_between(one, begins, ends):
        # The last that starts before this window ends, and those before that may still run.
        place = bisect_right(others, start + one.minutes)
        for begun in reversed(others[:place]):
            if begun + other.minutes < start:
                break
            shared = max(start, begun), min(start + one.minutes, begun + other.minutes)
            if shared[0] < shared[1]:
                return shared
            touching = touching or shared
    return touching
