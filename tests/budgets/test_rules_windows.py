"""Windows of caps on every zone's clocks: they part time without gap or overlap (spec B1, W3).

The oracle knows nothing of offsets: a day has begun as soon as the clocks have shown it once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.choices import CapWindow
from budgets.rules.windows import day_of, window_at, windows_at
from tests.support.clockwork import at
from workforce.rules.zones import UnknownZone, zone_choices

ZONES = (
    "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu",
    "Africa/Casablanca", "America/Scoresbysund", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "Antarctica/Troll",
)  # fmt: skip
STEP = timedelta(minutes=5)
KEYS: dict[CapWindow, Any] = {
    CapWindow.DAILY: lambda day: day,
    CapWindow.WEEKLY: lambda day: day.isocalendar()[:2],
    CapWindow.MONTHLY: lambda day: (day.year, day.month),
    CapWindow.ANNUAL: lambda day: day.year,
}


def transitions(tz: str, first: int, last: int) -> list[datetime]:
    """The hours (UTC) in which the zone's offset changes."""
    zone, moment, end = ZoneInfo(tz), datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    found, before = [], moment.astimezone(zone).utcoffset()
    while moment < end:
        moment += timedelta(hours=1)
        offset = moment.astimezone(zone).utcoffset()
        if offset != before:
            found.append(moment - timedelta(hours=1))
        before = offset
    return found


def walk(tz: str, start: datetime, days: int) -> Iterator[tuple[datetime, date]]:
    """Every five minutes, with the latest day that the clocks have shown by then."""
    zone = ZoneInfo(tz)
    shown = (start - timedelta(days=1)).astimezone(zone).date()
    for number in range(days * 288):
        moment = start + number * STEP
        shown = max(shown, moment.astimezone(zone).date())
        yield moment, shown


def check_walk(tz: str, around: datetime, *, days: int = 3) -> None:
    start = around.replace(minute=0) - timedelta(days=1)
    before: tuple[date, dict[CapWindow, Any]] | None = None
    for moment, day in walk(tz, start, days):
        windows = windows_at(tz, moment)
        assert day_of(tz, moment) == day, moment
        for window, (begins, ends) in windows.items():
            assert begins <= moment < ends, (window, moment)
            assert begins.tzinfo is ends.tzinfo is UTC
            if before is None:
                continue
            if KEYS[window](before[0]) == KEYS[window](day):
                assert before[1][window] == (begins, ends), (window, moment)
            else:
                assert before[1][window][1] == begins == moment, (window, moment)
        before = (day, windows)


@pytest.mark.parametrize("tz", ZONES)
def test_transition_days_in_five_minute_steps(tz: str) -> None:
    found = transitions(tz, 2021, 2030)
    assert bool(found) is (tz not in ("UTC", "Asia/Kathmandu"))
    for moment in found or [datetime(2026, 3, 29, tzinfo=UTC)]:
        check_walk(tz, moment)


@pytest.mark.parametrize(
    ("tz", "day"),
    [
        ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
        ("Pacific/Apia", date(2012, 4, 1)),
        ("Pacific/Kwajalein", date(1993, 8, 21)),  # another one
        ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight skipped
        ("America/Sao_Paulo", date(2018, 2, 18)),  # midnight shown twice
        ("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour at the turn of the year
        ("Asia/Pyongyang", date(2018, 5, 5)),  # half an hour before midnight
        ("America/Caracas", date(2007, 12, 9)),  # half an hour back
        ("Asia/Gaza", date(2011, 8, 1)),
        ("Africa/Juba", date(2021, 2, 1)),  # midnight shown twice at the turn of a month
    ],
)
def test_odd_days_in_five_minute_steps(tz: str, day: date) -> None:
    check_walk(tz, datetime(day.year, day.month, day.day, tzinfo=UTC), days=4)


@pytest.mark.parametrize("tz", [*ZONES, "Pacific/Apia"])
@pytest.mark.parametrize("window", list(CapWindow))
def test_they_part_the_time_line(tz: str, window: CapWindow) -> None:
    first, last = (2011, 2013) if tz == "Pacific/Apia" else (2023, 2030)
    moment, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    before = window_at(window, tz, moment)
    while before[1] < end:
        begins, ends = window_at(window, tz, before[1])
        assert begins == before[1] and begins < ends
        tick = timedelta(microseconds=1)
        assert window_at(window, tz, ends - tick) == (begins, ends)
        assert window_at(window, tz, begins - tick) == before
        before = (begins, ends)


@pytest.mark.parametrize(
    ("day", "bounds"),
    [
        # a Thursday in week 53, which ends in the next year
        ("2026-12-31", "2026-12-31 2027-01-01 2026-12-28 2027-01-04 2026-12-01 2027-01-01 2026-01-01 2027-01-01"),
        # the Friday after it: still of that week, already of the new month and year
        ("2027-01-01", "2027-01-01 2027-01-02 2026-12-28 2027-01-04 2027-01-01 2027-02-01 2027-01-01 2028-01-01"),
        ("2028-02-29", "2028-02-29 2028-03-01 2028-02-28 2028-03-06 2028-02-01 2028-03-01 2028-01-01 2029-01-01"),
        ("2100-02-28", "2100-02-28 2100-03-01 2100-02-22 2100-03-01 2100-02-01 2100-03-01 2100-01-01 2101-01-01"),
        # a Monday that is of week 1 of the next year
        ("2024-12-30", "2024-12-30 2024-12-31 2024-12-30 2025-01-06 2024-12-01 2025-01-01 2024-01-01 2025-01-01"),
    ],
)
def test_the_ends_of_years_and_leap_years(day: str, bounds: str) -> None:
    found = windows_at("UTC", datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    assert " ".join(f"{one:%Y-%m-%d}" for window in CapWindow for one in found[window]) == bounds
    assert {f"{one:%H:%M:%S.%f}" for both in found.values() for one in both} == {"00:00:00.000000"}


def test_examples_in_berlin() -> None:
    assert window_at(CapWindow.DAILY, "Europe/Berlin", at("thu 12:00")) == (at("thu 00:00"), at("fri 00:00"))
    assert window_at(CapWindow.WEEKLY, "Europe/Berlin", at("mon 00:00")) == (at("mon 00:00"), at("+mon 00:00"))
    assert window_at(CapWindow.WEEKLY, "Europe/Berlin", at("sun 23:59")) == (at("mon 00:00"), at("+mon 00:00"))
    spring, autumn = (window_at(CapWindow.DAILY, "Europe/Berlin", datetime(2026, *day, 12, tzinfo=UTC))
                      for day in ((3, 29), (10, 25)))  # fmt: skip
    assert (spring[1] - spring[0], autumn[1] - autumn[0]) == (timedelta(hours=23), timedelta(hours=25))
    leap = window_at(CapWindow.ANNUAL, "Europe/Berlin", datetime(2028, 6, 1, tzinfo=UTC))
    assert (leap[1] - leap[0]).days == 366


def test_the_day_that_never_was_is_no_day() -> None:
    zone, noon = ZoneInfo("Pacific/Apia"), datetime(2011, 12, 28, 12, tzinfo=UTC)
    days = {day_of("Pacific/Apia", noon + hours * timedelta(hours=1)) for hours in range(96)}
    assert date(2011, 12, 30) not in days and {date(2011, 12, 29), date(2011, 12, 31)} <= days
    gone = datetime(2011, 12, 31, 0, 0, tzinfo=zone).astimezone(UTC)
    assert window_at(CapWindow.DAILY, "Pacific/Apia", gone) == (gone, gone + timedelta(days=1))


@given(
    tz=st.sampled_from(zone_choices()),
    moment=st.datetimes(datetime(1972, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    window=st.sampled_from(list(CapWindow)),
)
def test_any_zone_at_any_moment(tz: str, moment: datetime, window: CapWindow) -> None:
    begins, ends = window_at(window, tz, moment)
    assert begins <= moment < ends
    assert window_at(window, tz, begins) == (begins, ends) == window_at(window, tz, ends - timedelta(microseconds=1))
    assert window_at(window, tz, ends)[0] == ends
    longest = {CapWindow.DAILY: 2, CapWindow.WEEKLY: 8, CapWindow.MONTHLY: 32, CapWindow.ANNUAL: 367}[window]
    assert ends - begins <= timedelta(days=longest)


@pytest.mark.parametrize("tz", ["", "Mars/Phobos", "europe/berlin", "posix/UTC", "../UTC"])
def test_no_zone(tz: str) -> None:
    with pytest.raises(UnknownZone):
        window_at(CapWindow.DAILY, tz, at("thu 12:00"))
