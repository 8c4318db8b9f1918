"""Working hours on the days on which clocks change, every five minutes, against a scan of every minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.rules import hours as rule
from tests.scheduling.rules.oracle import DAYS, Oracle, Shift, to_minute, to_moment
from tests.scheduling.rules.strategies import any_shifts, shift
from tests.scheduling.rules.transitions import TRANSITIONS

GRACE = 10
BEFORE, AFTER = timedelta(days=10), timedelta(days=17)
WEEKDAYS, DAILY = list(DAYS[:5]), list(DAYS)


PATTERNS: dict[str, list[Shift]] = {
    "office hours": [shift(WEEKDAYS, "09:00", "17:00")],
    "nights": [shift(WEEKDAYS, "22:00", "06:00")],
    "around the clock": [shift(DAILY, "00:00", "24:00")],
    "around the clock in two": [shift(DAILY, "00:00", "02:30", "a"), shift(DAILY, "02:30", "24:00", "b")],
    "around the clock, overlapping": [
        shift(DAILY, "00:00", "03:05", "a"),
        shift(DAILY, "02:55", "24:00", "b"),
    ],
    "all but a little": [shift(DAILY, "02:10", "01:50")],
    "all but midnight": [shift(DAILY, "00:10", "23:50")],
    "over midnight": [shift(DAILY, "23:30", "00:30")],
    "from midnight": [shift(DAILY, "00:00", "00:45")],
    "to midnight": [shift(DAILY, "23:15", "24:00")],
    "inside a gap": [shift(DAILY, "02:15", "02:45")],
    "out of a gap": [shift(DAILY, "02:30", "03:15")],
    "into a gap": [shift(DAILY, "01:30", "02:30")],
    "one day only": [shift(["sun"], "01:30", "03:30")],
    "saturday night": [shift(["sat"], "17:00", "01:30")],
    "friday and saturday": [shift(["fri"], "08:00", "20:00", "a"), shift(["sat"], "06:00", "12:00", "b")],
    "touching": [shift(DAILY, "06:00", "14:00", "Early"), shift(DAILY, "14:00", "22:00", "Late")],
    "overlapping": [shift(WEEKDAYS, "08:00", "14:00", "a"), shift(WEEKDAYS, "12:00", "18:00", "b")],
}


def hours_of(tz: str, shifts: list[Shift]) -> rule.Hours:
    return rule.check_hours("shift", tz, shifts)


def oracle_of(tz: str, at: datetime, shifts: list[Shift]) -> Oracle:
    return Oracle(tz, shifts, at - BEFORE, at + AFTER)


def agree_on_intervals(hours: rule.Hours, oracle: Oracle, start: datetime, end: datetime) -> None:
    expected = [r for r in oracle.runs if r[0] < to_minute(end) and r[1] > to_minute(start)]
    found = rule.intervals(hours, start, end)
    assert len(found) == len(expected)
    for interval, run in zip(found, expected, strict=True):
        if run[0] > oracle.seen.first:
            assert interval.start == to_moment(run[0])
        else:
            assert interval.start <= to_moment(run[0])
        if run[1] < oracle.seen.last:
            assert interval.end == to_moment(run[1])
        else:
            assert interval.end >= to_moment(run[1])
        if not oracle.cut_off(run):
            assert set(interval.names) == run[2]
            assert len(set(interval.names)) == len(interval.names)


def agree_at(hours: rule.Hours, oracle: Oracle, minute: int) -> None:
    at = to_moment(minute)
    run, start, end = oracle.run_at(minute), oracle.next_start(minute), oracle.next_end(minute)
    last_end = oracle.last_end(minute)
    state = rule.work_state(hours, at, GRACE)
    interval = rule.interval_at(hours, at)

    assert state.open == (run is not None)
    assert state.interval == interval
    assert state.in_grace == (run is None and last_end is not None and minute < last_end + GRACE)
    assert (interval is not None) == state.open
    if start is not None:
        assert rule.next_start(hours, at) == to_moment(start)
    if end is not None and end < oracle.seen.last:
        assert rule.first_end_after(hours, at) == to_moment(end)
    if run is None:
        assert start is not None, "the scan is long enough to see the next start"
        assert state.next_event == (rule.EventType.OPEN, to_moment(start))
    elif run[1] < oracle.seen.last:
        assert state.next_event == (rule.EventType.CLOSE, to_moment(run[1]))
    else:
        assert state.next_event is None or state.next_event.at > to_moment(run[1])


@pytest.mark.parametrize("tz, at", TRANSITIONS)
def test_every_five_minutes_of_both_days(tz: str, at: str) -> None:
    changes = datetime.fromisoformat(at)
    first = to_minute(changes) - 1440
    for name, shifts in PATTERNS.items():
        hours, oracle = hours_of(tz, shifts), oracle_of(tz, changes, shifts)
        assert to_minute(changes) in oracle.seen.jumps, "a clock change happens here"
        for minute in range(first, first + 2 * 1440 + 1, 5):
            try:
                agree_at(hours, oracle, minute)
            except AssertionError as error:
                raise AssertionError(f"{name} at {to_moment(minute)}") from error


@pytest.mark.parametrize("tz, at", TRANSITIONS)
def test_windows_that_begin_and_end_around_the_change(tz: str, at: str) -> None:
    """Every pair of start and end from a grid around what the wall clock shows just before the change."""
    changes = datetime.fromisoformat(at)
    oracle = oracle_of(tz, changes, [])
    wall = next(w for w, utc in oracle.seen.utc_of.items() if utc == to_minute(changes) - 1) + 1
    grid = [(wall + delta) % 1440 for delta in (-75, -60, -30, -15, 0, 1, 15, 30, 45, 60, 90, 120, 150)]
    for start in grid:
        for end in grid:
            if start == end:
                continue
            shifts = [shift(DAILY, f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}")]
            agree_on_intervals(
                hours_of(tz, shifts),
                oracle_of(tz, changes, shifts),
                changes - timedelta(days=2),
                changes + timedelta(days=2),
            )


@given(shifts=any_shifts(), transition=st.sampled_from(TRANSITIONS))
@settings(max_examples=250, deadline=None, derandomize=True)
def test_any_shifts_around_any_change(shifts: list[Shift], transition: tuple[str, str]) -> None:
    tz, at = transition[0], datetime.fromisoformat(transition[1])
    hours, oracle = hours_of(tz, shifts), oracle_of(tz, at, shifts)
    agree_on_intervals(hours, oracle, at - timedelta(days=2), at + timedelta(days=2))
    for minute in range(to_minute(at) - 1440, to_minute(at) + 1441, 45):
        agree_at(hours, oracle, minute)
