"""Custom hours answer every question as a minute-by-minute reference does (spec W1, W3, W7, W11)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.rules import custom
from scheduling.rules.clock import Policy, end_of_duty
from scheduling.rules.custom import CustomHours, DayOff, Extra
from scheduling.rules.hours import (
    check_hours,
    interval_at,
    intervals,
    latest,
    next_start,
    overlaps,
    weekly_minutes,
    work_state,
)
from scheduling.rules.recurrence import Rule
from scheduling.rules.rrules import day_number
from scheduling.rules.weeks import DAWN
from tests.scheduling.rules.oracle import scan, to_minute, to_moment
from tests.scheduling.rules.test_recurrence import wall

TRANSITIONS = (
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
)
LENGTHS = (5, 30, 60, 95, 240, 1440, 4320)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def hours(*rules: Rule, tz: str = "UTC", off: tuple[str, ...] = (), extras: tuple[Extra, ...] = ()) -> CustomHours:
    days = tuple(DayOff(day_number(date.fromisoformat(day)), "") for day in off)
    return CustomHours(tz, (), rules, days, extras)


def rule(dtstart: str, rrule: str, minutes: int, name: str = "") -> Rule:
    return Rule(name, wall(dtstart), rrule, minutes)


def around(tz: str, change: str) -> Iterator[int]:
    """Wall minutes in 5-minute steps from the evening before the change to the noon after."""
    local = at(change).astimezone(ZoneInfo(tz))
    midnight = day_number(local.date()) * 1440
    yield from range(midnight - 4 * 60, midnight + 12 * 60, 5)


@pytest.mark.parametrize(("tz", "change"), TRANSITIONS)
def test_every_window_about_a_clock_change_is_what_the_minutes_say(tz: str, change: str) -> None:
    moment = to_minute(at(change))
    seen = scan(tz, moment - 5 * 1440, moment + 6 * 1440)
    first, last = at(change) - timedelta(days=4), at(change) + timedelta(days=5)
    dropped = 0
    for start in around(tz, change):
        for minutes in LENGTHS:
            once = hours(Rule("", start, "FREQ=DAILY;COUNT=1", minutes), tz=tz)
            dated = hours(tz=tz, extras=(Extra(start, start + minutes, ""),))
            begins, ends = seen.utc_of[start], seen.utc_of[start + minutes]
            expected = [(to_moment(begins), to_moment(ends))] if begins < ends else []
            dropped += not expected
            for either in (once, dated):
                assert [(i.start, i.end) for i in intervals(either, first, last)] == expected, (start, minutes)
                assert next_start(either, first) == (expected[0][0] if expected else None)
    skips = len(set(seen.utc_of.values())) < len(seen.utc_of)  # two wall minutes have one moment
    assert (dropped > 0) == skips, "only where time is skipped can a window end before it starts"


# ---- against every minute of three weeks --------------------------------------------------------------------

MONDAY = wall("2026-10-19T00:00")
weekly = st.builds(
    lambda day, minute, length, days, name: Rule(
        name, MONDAY + day * 1440 + minute * 5, f"FREQ=WEEKLY;BYDAY={','.join(sorted(days))}", length * 5
    ),
    st.integers(0, 6),
    st.integers(0, 287),
    st.integers(1, 400),
    st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1),
    st.sampled_from(["", "Early", "Late"]),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(weekly, min_size=1, max_size=4),
    st.sets(st.integers(0, 20)),
    st.lists(st.tuples(st.integers(0, 20 * 288), st.integers(1, 600)), max_size=3),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
)
def test_it_is_open_in_the_minutes_some_window_covers(
    rules: list[Rule], off: set[int], extras: list[tuple[int, int]], tz: str
) -> None:
    """Berlin's clocks go back on 25 October 2026."""
    days_off = tuple(DayOff(MONDAY // 1440 + day, "") for day in sorted(off))
    dated = tuple(Extra(MONDAY + s * 5, MONDAY + (s + n) * 5, "") for s, n in sorted(set(extras)))
    found = CustomHours(tz, (), tuple(rules), days_off, dated)

    first = to_minute(at("2026-10-17T00:00Z"))
    seen = scan(tz, first - 2880, first + 40 * 1440)
    last = first + 24 * 1440
    covered = bytearray(last - first)
    weekdays = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    windows = [(extra.start, extra.end) for extra in dated]
    for one in rules:
        for day in range(MONDAY // 1440, MONDAY // 1440 + 26):
            start = day * 1440 + one.dtstart % 1440
            named = weekdays[(day + 3) % 7] in one.rrule.partition("BYDAY=")[2]
            if named and start >= one.dtstart and day - MONDAY // 1440 not in off:
                windows.append((start, start + one.minutes))
    for start, end in windows:
        if start in seen.utc_of and end in seen.utc_of:
            begins, ends = max(seen.utc_of[start], first), min(seen.utc_of[end], last)
            if begins < ends:
                covered[begins - first : ends - first] = b"\x01" * (ends - begins)
    for minute in range(first, last, 5):
        running = interval_at(found, to_moment(minute))
        assert (running is not None) == bool(covered[minute - first]), to_moment(minute)
        if running is not None and running.start > to_moment(first) and running.end < to_moment(last):
            assert not covered[to_minute(running.start) - first - 1]
            assert not covered[to_minute(running.end) - first]


# ---- long ways ----------------------------------------------------------------------------------------------


def test_before_it_begins_there_is_only_a_next_start() -> None:
    found = hours(rule("2027-06-01T09:00", "FREQ=DAILY", 60))
    now = at("2026-11-24T12:00Z")
    assert latest(found, now) is None
    assert next_start(found, now) == at("2027-06-01T09:00Z")
    state = work_state(found, now, 240)
    assert (state.open, state.in_grace, state.next_event.at) == (False, False, at("2027-06-01T09:00Z"))  # type: ignore[union-attr]


def test_after_it_ended_nothing_comes() -> None:
    found = hours(rule("2026-01-01T09:00", "FREQ=DAILY;COUNT=3", 60))
    now = at("2029-11-24T12:00Z")
    assert next_start(found, now) is None
    assert latest(found, now).end == at("2026-01-03T10:00Z")  # type: ignore[union-attr]
    assert work_state(found, now, 0).next_event is None
    assert intervals(found, now, now + timedelta(days=300)) == []


def test_a_leap_day_is_found_from_years_away() -> None:
    found = hours(rule("2024-02-29T09:00", "FREQ=YEARLY", 60))
    assert next_start(found, at("2024-03-01T00:00Z")) == at("2028-02-29T09:00Z")
    assert latest(found, at("2028-02-28T00:00Z")).start == at("2024-02-29T09:00Z")  # type: ignore[union-attr]
    # 2100 is no leap year: eight years.
    assert next_start(found, at("2096-03-01T00:00Z")) == at("2104-02-29T09:00Z")


def test_round_the_clock_never_ends_and_began_when_it_began() -> None:
    found = hours(rule("2025-01-01T00:00", "FREQ=DAILY", 1440), tz="Europe/Berlin")
    running = interval_at(found, at("2026-11-24T12:00Z"))
    assert running is not None
    assert running.start == at("2024-12-31T23:00Z")
    assert running.endless
    ancient = interval_at(hours(rule("1980-01-01T00:00", "FREQ=DAILY", 1440)), at("2026-11-24T12:00Z"))
    assert ancient is not None
    assert ancient.start == DAWN


def test_a_day_off_ends_what_would_never_end_from_years_away() -> None:
    found = hours(rule("2025-01-01T00:00", "FREQ=DAILY", 1440), off=("2029-12-25",))
    now = at("2026-11-24T12:00Z")
    running = interval_at(found, now)
    assert running is not None
    assert (running.start, running.end) == (at("2025-01-01T00:00Z"), at("2029-12-25T00:00Z"))
    assert next_start(found, now) == at("2029-12-26T00:00Z")
    policy = Policy(True, False, True, True, 10, "pause", at("2026-01-01T00:00Z"))
    assert end_of_duty(found, policy, at("2029-12-20T12:00Z"), at("2029-12-20T12:00Z")) == at("2029-12-25T00:00Z")


def test_a_day_off_keeps_the_night_that_began_before_it() -> None:
    nights = hours(rule("2026-12-01T22:00", "FREQ=DAILY", 480), off=("2026-12-25",))
    assert interval_at(nights, at("2026-12-25T03:00Z")) is not None, "the night of the 24th"
    assert interval_at(nights, at("2026-12-25T23:00Z")) is None
    assert interval_at(nights, at("2026-12-26T03:00Z")) is None


def test_an_extra_window_stands_on_a_day_off_and_merges() -> None:
    extra = Extra(wall("2026-12-25T10:00"), wall("2026-12-26T09:00"), "Duty")
    found = hours(rule("2026-12-01T09:00", "FREQ=DAILY", 60, "Day"), off=("2026-12-25",), extras=(extra,))
    running = interval_at(found, at("2026-12-25T12:00Z"))
    assert running is not None
    assert (running.start, running.end) == (at("2026-12-25T10:00Z"), at("2026-12-26T10:00Z")), "they touch at 09:00"
    assert running.names == ("Duty", "Day")


def test_the_week_asked_from_does_not_matter() -> None:
    """Each UTC week is worked out by itself: what two of them say of one interval is the same."""
    found = hours(
        rule("2026-01-05T09:00", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO", 6000),
        rule("2026-01-31T20:00", "FREQ=MONTHLY;BYMONTHDAY=31", 600),
        tz="America/New_York",
        off=("2026-03-31", "2026-10-12"),
    )
    start, end = at("2026-01-01T00:00Z"), at("2027-01-20T00:00Z")
    whole = intervals(found, start, end)
    assert len(whole) > 20
    for one, other in zip(whole, whole[1:], strict=False):
        middle = one.end + (other.start - one.end) / 2
        assert latest(found, middle) == one
        assert next_start(found, middle) == other.start
        assert interval_at(found, one.start) == one
        assert interval_at(found, one.end - timedelta(seconds=1)) == one
        assert interval_at(found, one.end) is None


def test_the_fullest_hours_are_answered_in_bounded_time() -> None:
    rules = [
        Rule(str(n), wall("1990-01-01T00:00") + n * 60, "FREQ=DAILY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12", 90)
        for n in range(20)
    ]
    fullest = hours(*rules, tz="Europe/Berlin", off=("2039-12-25",))
    began = time.process_time()
    assert next_start(fullest, at("2026-11-24T12:00Z")) is not None
    assert time.process_time() - began < 1
    endless = hours(*[r._replace(minutes=1440) for r in rules], tz="Europe/Berlin")
    began = time.process_time()
    assert interval_at(endless, at("2026-11-24T12:00Z")).endless  # type: ignore[union-attr]
    assert time.process_time() - began < 5
    began = time.process_time()
    weekly_minutes(fullest), overlaps(fullest)
    assert time.process_time() - began < 5


# ---- in a week, and seams -----------------------------------------------------------------------------------


def test_weekly_minutes_are_those_of_an_average_week() -> None:
    assert weekly_minutes(hours(rule("2026-11-23T09:00", "FREQ=WEEKLY;BYDAY=MO,TU", 240))) == 480
    assert weekly_minutes(hours(rule("2026-11-23T09:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", 240))) == 120
    assert weekly_minutes(hours(rule("2026-11-23T00:00", "FREQ=DAILY", 1440))) == 10080
    assert weekly_minutes(hours(rule("2026-11-23T09:00", "FREQ=DAILY;COUNT=7", 60))) == 420, "one week, over that week"
    assert weekly_minutes(hours(rule("2026-11-26T09:00", "FREQ=DAILY;INTERVAL=2", 480), off=("2026-12-25",))) == 1680
    assert weekly_minutes(hours(rule("2026-11-26T09:00", "FREQ=DAILY", 2880))) == 10080
    both = rule("2026-11-23T09:00", "FREQ=WEEKLY", 60), rule("2026-11-23T09:30", "FREQ=WEEKLY", 60)
    assert weekly_minutes(hours(*both)) == 90, "what they share counts once"


def test_seams_are_told_with_their_first_day() -> None:
    zone, day = "Europe/Berlin", "FREQ=DAILY"
    early = {"name": "Early", "dtstart": "2026-11-24T06:00", "rrule": day, "duration_minutes": 480}
    late = {"name": "Late", "dtstart": "2026-12-01T14:00", "rrule": "FREQ=WEEKLY;BYDAY=MO", "duration_minutes": 480}
    odd = {"dtstart": "2026-12-02T21:00", "rrule": day, "duration_minutes": 600}
    sentences = [sentence for _, _, sentence in overlaps(check_hours("custom", zone, None, [early, late, odd]))]
    assert sentences == [
        "Early and Late touch on Mon 7 Dec 2026 at 14:00. They count as one interval.",
        "Early and Rule 3 overlap on Thu 3 Dec 2026 06:00–07:00. They count as one interval.",
        "Late and Rule 3 overlap on Mon 7 Dec 2026 21:00–22:00. They count as one interval.",
    ]
    apart = {"dtstart": "2026-12-02T22:00", "rrule": "FREQ=WEEKLY;BYDAY=WE", "duration_minutes": 60}
    assert overlaps(check_hours("custom", zone, None, [early, apart])) == []


def test_what_no_window_is_left_of_is_never_open() -> None:
    """Every occurrence is off: legal, and never open."""
    none = hours(rule("2026-12-25T09:00", "FREQ=YEARLY;COUNT=1", 60), off=("2026-12-25",))
    now = at("2026-12-25T09:30Z")
    assert (interval_at(none, now), next_start(none, now), latest(none, now)) == (None, None, None)
    assert weekly_minutes(none) == 60, "exceptions are not of an average week"
    assert custom.overlaps(none) == ()
