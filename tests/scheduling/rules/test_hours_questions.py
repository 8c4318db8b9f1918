"""What is on when, on ordinary days and at the far ends: edges, endless hours, any zone, any year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from scheduling.rules import weeks
from scheduling.rules.hours import (
    DAYS,
    EventType,
    check_hours,
    first_end_after,
    following,
    interval_at,
    intervals,
    latest,
    next_start,
    work_state,
)
from scheduling.rules.weeks import DAWN, FOREVER, Hours, Interval
from workforce.rules.zones import zone_choices

DAILY, WEEKDAYS = list(DAYS), list(DAYS[:5])


def standard(days: list[str], start: str, end: str, tz: str = "UTC") -> Hours:
    return check_hours("standard", tz, [{"days": days, "start": start, "end": end}])


def shifts(*given: tuple[str, list[str], str, str], tz: str = "UTC") -> Hours:
    return check_hours("shift", tz, [{"name": n, "days": d, "start": s, "end": e} for n, d, s, e in given])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = standard(WEEKDAYS, "09:00", "17:00")  # 2026-07-06 is a Monday
ALWAYS = standard(DAILY, "00:00", "24:00")


def test_the_start_is_in_and_the_end_is_out() -> None:
    monday = Interval(utc("2026-07-06 09:00"), utc("2026-07-06 17:00"), ())
    assert interval_at(OFFICE, utc("2026-07-06 08:59:59.999999")) is None
    assert interval_at(OFFICE, utc("2026-07-06 09:00")) == monday
    assert interval_at(OFFICE, utc("2026-07-06 16:59:59.999999")) == monday
    assert interval_at(OFFICE, utc("2026-07-06 17:00")) is None


def test_grace_holds_from_the_end_until_just_before_it_is_over() -> None:
    assert not work_state(OFFICE, utc("2026-07-06 16:59:59"), 10).in_grace
    assert work_state(OFFICE, utc("2026-07-06 17:00"), 10).in_grace
    assert work_state(OFFICE, utc("2026-07-06 17:09:59.999999"), 10).in_grace
    assert not work_state(OFFICE, utc("2026-07-06 17:10"), 10).in_grace
    assert not work_state(OFFICE, utc("2026-07-06 17:00"), 0).in_grace


def test_open_beats_grace() -> None:
    hours = shifts(("a", ["mon"], "09:00", "12:00"), ("b", ["mon"], "12:05", "17:00"))
    assert work_state(hours, utc("2026-07-06 12:04"), 10).in_grace
    state = work_state(hours, utc("2026-07-06 12:05"), 10)
    assert state.open
    assert not state.in_grace


def test_the_next_event_after_friday_is_monday() -> None:
    state = work_state(OFFICE, utc("2026-07-10 17:00"), 10)
    assert state.next_event == (EventType.OPEN, utc("2026-07-13 09:00"))
    assert state.interval is None


def test_the_running_interval_closes_next() -> None:
    state = work_state(OFFICE, utc("2026-07-06 09:00"), 10)
    assert state.open
    assert state.next_event == (EventType.CLOSE, utc("2026-07-06 17:00"))


def test_a_start_is_found_strictly_after_and_an_end_too() -> None:
    assert next_start(OFFICE, utc("2026-07-06 08:59:59")) == utc("2026-07-06 09:00")
    assert next_start(OFFICE, utc("2026-07-06 09:00")) == utc("2026-07-07 09:00")
    assert first_end_after(OFFICE, utc("2026-07-06 16:59:59")) == utc("2026-07-06 17:00")
    assert first_end_after(OFFICE, utc("2026-07-06 17:00")) == utc("2026-07-07 17:00")
    assert first_end_after(OFFICE, utc("2026-07-05 03:00")) == utc("2026-07-06 17:00")


def test_the_latest_is_the_running_one_or_the_one_before() -> None:
    friday = Interval(utc("2026-07-10 09:00"), utc("2026-07-10 17:00"), ())
    assert latest(OFFICE, utc("2026-07-10 09:00")) == friday
    assert latest(OFFICE, utc("2026-07-13 08:59")) == friday


def test_touching_shifts_are_one_interval_with_both_names() -> None:
    hours = shifts(("Early", DAILY, "06:00", "14:00"), ("Late", DAILY, "14:00", "22:00"))
    expected = Interval(utc("2026-07-06 06:00"), utc("2026-07-06 22:00"), ("Early", "Late"))
    assert interval_at(hours, utc("2026-07-06 14:00")) == expected


def test_touching_days_are_one_interval() -> None:
    hours = standard(WEEKDAYS, "00:00", "24:00", "Europe/Berlin")
    expected = Interval(utc("2026-07-05 22:00"), utc("2026-07-10 22:00"), ())
    assert interval_at(hours, utc("2026-07-08 22:00")) == expected
    hours = shifts(("Night", ["sun"], "22:00", "06:00"), ("Day", ["mon"], "06:00", "14:00"))
    expected = Interval(utc("2026-07-05 22:00"), utc("2026-07-06 14:00"), ("Night", "Day"))
    assert interval_at(hours, utc("2026-07-06 06:00")) == expected


@pytest.mark.parametrize(
    "hours",
    [
        ALWAYS,
        standard(DAILY, "00:00", "24:00", "America/New_York"),
        shifts(("a", DAILY, "00:00", "03:00"), ("b", DAILY, "03:00", "24:00"), tz="Europe/Berlin"),
        shifts(("a", DAILY, "02:30", "14:00"), ("b", DAILY, "14:00", "02:30"), tz="Europe/Berlin"),
        shifts(("a", DAILY, "00:00", "13:00"), ("b", DAILY, "12:00", "24:00"), tz="America/New_York"),
        shifts(("a", DAILY, "20:00", "09:00"), ("b", DAILY, "08:00", "21:00")),
    ],
)
def test_hours_without_a_pause_never_change(hours: Hours) -> None:
    at = utc("2026-07-06 12:00")
    state = work_state(hours, at, 10)
    assert state.open
    assert state.next_event is None
    assert state.interval == Interval(DAWN, FOREVER, state.interval.names if state.interval else ())
    assert state.interval is not None
    assert state.interval.endless
    assert next_start(hours, at) is None
    assert first_end_after(hours, at) is None
    assert intervals(hours, at, at + timedelta(days=7)) == [state.interval]
    assert list(following(hours, at)) == [state.interval]


def test_a_pause_that_only_a_clock_change_makes_is_found_from_afar() -> None:
    """Two shifts overlap by ten minutes, over the end of the hour that is skipped: the first then ends before
    the second, whose start is moved on, begins."""
    hours = shifts(("a", DAILY, "00:00", "03:05"), ("b", DAILY, "02:55", "24:00"), tz="Europe/Berlin")
    state = work_state(hours, utc("2026-07-06 12:00"), 10)
    assert state.next_event == (EventType.CLOSE, utc("2027-03-28 01:05"))
    assert state.interval == Interval(utc("2026-03-29 01:55"), utc("2027-03-28 01:05"), ("b", "a"))
    assert next_start(hours, utc("2026-07-06 12:00")) == utc("2027-03-28 01:55")


def test_a_window_that_the_clock_change_empties_is_not_there_that_day() -> None:
    hours = standard(["sun"], "02:30", "03:15", "Europe/Berlin")
    assert next_start(hours, utc("2026-03-23 00:00")) == utc("2026-04-05 00:30")
    assert interval_at(hours, utc("2026-03-29 01:10")) is None


def test_a_pause_that_the_clock_change_empties_is_not_there_that_day() -> None:
    hours = shifts(("a", ["sat"], "00:00", "24:00"), ("b", ["sun"], "00:00", "02:30"), ("c", ["sun"], "03:15", "24:00"))
    hours = Hours("Europe/Berlin", hours.windows)
    assert interval_at(hours, utc("2026-03-29 01:20")) == Interval(
        utc("2026-03-27 23:00"), utc("2026-03-29 22:00"), ("a", "b", "c")
    )
    assert len(intervals(hours, utc("2026-04-04 00:00"), utc("2026-04-05 22:00"))) == 2


def test_intervals_are_whole_and_half_open() -> None:
    found = intervals(OFFICE, utc("2026-07-06 12:00"), utc("2026-07-08 09:00"))
    assert [i.start.day for i in found] == [6, 7]
    assert found[0].start == utc("2026-07-06 09:00")
    assert intervals(OFFICE, utc("2026-07-06 17:00"), utc("2026-07-07 09:00")) == []
    assert intervals(OFFICE, utc("2026-07-06 12:00"), utc("2026-07-06 12:00")) == []
    assert intervals(OFFICE, utc("2026-07-06 12:00"), utc("2026-07-05 12:00")) == []


def test_a_year_of_intervals_is_every_working_day() -> None:
    found = intervals(OFFICE, utc("2026-01-01 00:00"), utc("2027-01-01 00:00"))
    assert len(found) == 261
    assert all(a.end < b.start for a, b in zip(found, found[1:], strict=False))


def test_too_long_a_range_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 400 days"):
        intervals(OFFICE, utc("2026-01-01 00:00"), utc("2028-01-01 00:00"))


def test_a_moment_may_come_in_any_zone() -> None:
    at = datetime(2026, 7, 6, 4, 59, 59, tzinfo=ZoneInfo("America/New_York"))
    assert interval_at(OFFICE, at) is None
    assert interval_at(OFFICE, at + timedelta(seconds=1)) is not None
    assert interval_at(OFFICE, utc("2026-07-06 09:00").astimezone(timezone(timedelta(hours=14)))) is not None
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    hours = standard(["sun"], "01:00", "02:00")
    assert interval_at(hours, twice) is None
    assert interval_at(hours, twice.replace(fold=1)) is not None


def test_a_naive_moment_is_refused() -> None:
    naive = datetime(2026, 7, 6, 12)
    aware = utc("2026-07-06 12:00")
    for question in (interval_at, latest, next_start, first_end_after):
        with pytest.raises(ValueError, match="time zone"):
            question(OFFICE, naive)
    with pytest.raises(ValueError, match="time zone"):
        work_state(OFFICE, naive, 10)
    with pytest.raises(ValueError, match="time zone"):
        intervals(OFFICE, naive, aware)
    with pytest.raises(ValueError, match="time zone"):
        intervals(OFFICE, aware, naive)
    with pytest.raises(ValueError, match="time zone"):
        next(following(OFFICE, naive))


def test_every_zone_answers_in_every_century() -> None:
    moments = [utc(t) for t in ("1970-01-01 00:00", "1999-12-31 23:59", "2026-10-25 01:30", "2200-12-31 23:59")]
    week = timedelta(days=15)
    for tz in zone_choices():
        for hours in (standard(["sun"], "02:15", "03:00", tz), standard(WEEKDAYS, "22:00", "06:00", tz)):
            for at in moments:
                state = work_state(hours, at, 240)
                assert state.next_event is not None
                assert at < state.next_event.at <= at + week
                if state.interval is not None:
                    assert state.interval.start <= at < state.interval.end


def test_no_hours_at_all_are_always_closed() -> None:
    nothing = Hours("Europe/Berlin", ())
    state = work_state(nothing, utc("2026-07-06 12:00"), 10)
    assert (state.open, state.in_grace, state.interval, state.next_event) == (False, False, None, None)
    assert first_end_after(nothing, utc("2026-07-06 12:00")) is None
    assert latest(nothing, utc("2026-07-06 12:00")) is None


def test_the_caches_are_bounded() -> None:
    for cached in (weeks._worked_out, weeks.nominal):
        assert cached.cache_info().maxsize is not None


def test_a_question_is_fast() -> None:
    """Under 200 µs from memory, and under 100 ms for the worst hours when nothing is remembered."""
    hours = shifts(("a", DAILY, "00:00", "03:05"), ("b", DAILY, "02:55", "24:00"), tz="Europe/Berlin")
    at = utc("2026-07-06 12:00")
    best_cold = best_warm = 1.0
    for _ in range(5):
        weeks._worked_out.cache_clear()
        began = perf_counter()
        work_state(hours, at, 10)
        best_cold = min(best_cold, perf_counter() - began)
        began = perf_counter()
        for second in range(100):
            work_state(hours, at + timedelta(seconds=second), 10)
        best_warm = min(best_warm, (perf_counter() - began) / 100)
    assert best_warm < 200e-6
    assert best_cold < 100e-3


def test_hours_around_the_clock_cost_no_search() -> None:
    """Windows that follow each other round the week are known to have no pause; no year is looked through."""
    best = 1.0
    for _ in range(5):
        weeks._worked_out.cache_clear()
        began = perf_counter()
        work_state(ALWAYS, utc("2026-07-06 12:00"), 10)
        best = min(best, perf_counter() - began)
    assert best < 1e-3
