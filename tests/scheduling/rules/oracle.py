"""What the hours should say, by looking at every minute: slow, naive, and sharing nothing with the rule.

A minute of UTC is shown to the zone and the wall clock is read off. Where the same wall minute shows twice,
the first counts; one that is jumped over is reckoned with the offset of the minute before the jump.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Shift = dict[str, Any]
Run = tuple[int, int, frozenset[str]]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_minute(at: datetime) -> int:
    return int((at - EPOCH).total_seconds()) // 60


def to_moment(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


@dataclass(frozen=True)
class Scan:
    """Wall minutes (since the wall's 1970-01-01 00:00) to UTC minutes, all in `[first, last)`."""

    first: int
    last: int
    utc_of: dict[int, int]
    jumps: tuple[int, ...]  # UTC minutes at which the offset changed


@lru_cache(maxsize=64)
def scan(tz: str, first: int, last: int) -> Scan:
    zone = ZoneInfo(tz)
    utc_of: dict[int, int] = {}
    jumps = []
    before: int | None = None
    for minute in range(first, last):
        offset_s = datetime.fromtimestamp(minute * 60, zone).utcoffset().total_seconds()  # type: ignore[union-attr]
        assert offset_s % 60 == 0, "the scan sees whole minutes only"
        offset = int(offset_s) // 60
        if before is not None and offset != before:
            jumps.append(minute)
            for skipped in range(minute + before, minute + offset):
                utc_of.setdefault(skipped, skipped - before)
        utc_of.setdefault(minute + offset, minute)
        before = offset
    return Scan(first, last, utc_of, tuple(jumps))


def _wall(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def runs(seen: Scan, shifts: list[Shift]) -> list[Run]:
    """Stretches of minutes that some shift covers, with the shifts' names. The outermost may be cut off."""
    size = seen.last - seen.first
    covered = bytearray(size)
    spans = []
    for day in range(seen.first // 1440 - 3, seen.last // 1440 + 3):
        weekday = DAYS[(date(1970, 1, 1) + timedelta(days=day)).weekday()]
        midnight = day * 1440
        for shift in shifts:
            if weekday not in shift["days"]:
                continue
            start, end = _wall(shift["start"]), _wall(shift["end"])
            if end <= start:
                end += 1440
            begins, ends = seen.utc_of.get(midnight + start), seen.utc_of.get(midnight + end)
            if begins is None and ends is None:
                continue
            begins = seen.first if begins is None else begins
            ends = seen.last if ends is None else ends
            if begins < ends:
                covered[begins - seen.first : ends - seen.first] = b"\1" * (ends - begins)
                spans.append((begins, ends, shift.get("name", "")))
    found: list[Run] = []
    at = covered.find(1)
    while at >= 0:
        end = covered.find(0, at)
        end = size if end < 0 else end
        found.append((at + seen.first, end + seen.first, frozenset()))
        at = covered.find(1, end)
    return [(s, e, frozenset(n for b, c, n in spans if s <= b and c <= e and n)) for s, e, _ in found]


class Oracle:
    """Answers for moments well inside the scan."""

    def __init__(self, tz: str, shifts: list[Shift], first: datetime, last: datetime) -> None:
        self.seen = scan(tz, to_minute(first), to_minute(last))
        self.runs = runs(self.seen, shifts)
        self.starts = [r[0] for r in self.runs]
        self.ends = [r[1] for r in self.runs]

    def cut_off(self, run: Run) -> bool:
        return run[0] <= self.seen.first or run[1] >= self.seen.last

    def run_at(self, minute: int) -> Run | None:
        index = bisect_right(self.starts, minute) - 1
        return self.runs[index] if index >= 0 and minute < self.ends[index] else None

    def last_end(self, minute: int) -> int | None:
        index = bisect_right(self.ends, minute) - 1
        return self.ends[index] if index >= 0 else None

    def next_start(self, minute: int) -> int | None:
        index = bisect_right(self.starts, minute)
        return self.starts[index] if index < len(self.starts) else None

    def next_end(self, minute: int) -> int | None:
        index = bisect_right(self.ends, minute)
        return self.ends[index] if index < len(self.ends) else None
