"""The drawn week: right on the Sundays that clocks change, on the hours' clocks and on the reader's (spec W1, W3)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.rules.hours import check_hours
from scheduling.rules.weeks import Hours
from scheduling.selectors.week_chart import LARGE, SMALL, Box, WeekChart, this_week, week_chart

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
SPRING = {NEW_YORK: date(2026, 3, 8), LORD_HOWE: date(2026, 10, 4)}
AUTUMN = {NEW_YORK: date(2026, 11, 1), LORD_HOWE: date(2026, 4, 5)}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LEFT, WIDTH, HALF = "32", "34.3", "17.1"


def hours(zone: str, start: str, end: str, days: list[str] | None = None) -> Hours:
    return check_hours("standard", zone, [{"days": days or ["sun"], "start": start, "end": end}])


def drawn(plan: Hours, first: date, zone: str = "") -> WeekChart:
    return week_chart(plan, NOON, zone=ZoneInfo(zone or plan.tz), first=first)


def bars(chart: WeekChart) -> list[tuple[str, str, str, str]]:
    return [(b.x, b.width, b.y, b.height) for b in chart.bars]


def test_an_ordinary_day_is_one_bar_at_its_hours() -> None:
    chart = drawn(hours(NEW_YORK, "09:00", "17:00"), date(2026, 5, 3))
    assert bars(chart) == [(LEFT, WIDTH, "70", "48")]
    assert (chart.skipped, chart.changes, chart.minutes) == ([], [], 480)
    assert [(day.name, day.times, day.length) for day in chart.days][:2] == [
        ("Sun", "09:00–17:00", ""),
        ("Mon", "None", ""),
    ]
    assert [(line.text, line.at) for line in chart.lines] == [
        ("00", "16"), ("06", "52"), ("12", "88"), ("18", "124"), ("24", "160"),
    ]  # fmt: skip


def test_new_york_in_spring_skips_an_hour() -> None:
    chart = drawn(hours(NEW_YORK, "00:00", "06:00"), SPRING[NEW_YORK])
    assert bars(chart) == [(LEFT, WIDTH, "16", "12"), (LEFT, WIDTH, "34", "18")]
    assert chart.skipped == [Box(LEFT, "28", WIDTH, "6", "skipped")]
    assert (chart.days[0].times, chart.days[0].length) == ("00:00–02:00, 03:00–06:00", "23 h")
    assert chart.changes == ["Sun 8 Mar: the clocks go forward and skip 02:00 to 03:00."]
    assert chart.minutes == 300


def test_new_york_in_autumn_shows_an_hour_twice() -> None:
    chart = drawn(hours(NEW_YORK, "00:00", "06:00"), AUTUMN[NEW_YORK])
    assert bars(chart) == [
        (LEFT, WIDTH, "16", "6"),
        (LEFT, HALF, "22", "6"),
        ("49.1", HALF, "22", "6"),
        (LEFT, WIDTH, "28", "24"),
    ]
    assert (chart.days[0].times, chart.days[0].length) == ("00:00–02:00, 01:00–06:00", "25 h")
    assert chart.changes == ["Sun 1 Nov: the clocks go back and show 01:00 to 02:00 twice."]
    assert chart.minutes == 420


def test_lord_howe_in_spring_skips_half_an_hour() -> None:
    chart = drawn(hours(LORD_HOWE, "00:00", "06:00"), SPRING[LORD_HOWE])
    assert bars(chart) == [(LEFT, WIDTH, "16", "12"), (LEFT, WIDTH, "31", "21")]
    assert chart.skipped == [Box(LEFT, "28", WIDTH, "3", "skipped")]
    assert (chart.days[0].times, chart.days[0].length) == ("00:00–02:00, 02:30–06:00", "23 h 30 min")
    assert chart.changes == ["Sun 4 Oct: the clocks go forward and skip 02:00 to 02:30."]


def test_lord_howe_in_autumn_shows_half_an_hour_twice() -> None:
    chart = drawn(hours(LORD_HOWE, "00:00", "06:00"), AUTUMN[LORD_HOWE])
    assert bars(chart) == [
        (LEFT, WIDTH, "16", "9"),
        (LEFT, HALF, "25", "3"),
        ("49.1", HALF, "25", "3"),
        (LEFT, WIDTH, "28", "24"),
    ]
    assert (chart.days[0].times, chart.days[0].length) == ("00:00–02:00, 01:30–06:00", "24 h 30 min")
    assert chart.minutes == 390


@pytest.mark.parametrize(
    ("zone", "start", "end", "times"),
    [
        (NEW_YORK, "02:30", "06:00", "03:30–06:00"),
        (NEW_YORK, "00:00", "02:30", "00:00–02:00, 03:00–03:30"),
        (NEW_YORK, "02:15", "02:45", "03:15–03:45"),
        (LORD_HOWE, "02:10", "06:00", "02:40–06:00"),
        (LORD_HOWE, "01:00", "02:20", "01:00–02:00, 02:30–02:50"),
    ],
)
def test_a_time_that_is_skipped_is_drawn_after_the_gap(zone: str, start: str, end: str, times: str) -> None:
    assert drawn(hours(zone, start, end), SPRING[zone]).days[0].times == times


@pytest.mark.parametrize(
    ("zone", "start", "end", "times", "y"),
    [
        (NEW_YORK, "01:30", "06:00", "01:30–02:00, 01:00–06:00", ["25", "22", "28"]),
        (NEW_YORK, "00:00", "01:30", "00:00–01:30", ["16", "22"]),
        (LORD_HOWE, "01:40", "06:00", "01:40–02:00, 01:30–06:00", ["26", "25", "28"]),
    ],
)
def test_a_time_that_comes_twice_is_the_first_one(zone: str, start: str, end: str, times: str, y: list[str]) -> None:
    chart = drawn(hours(zone, start, end), AUTUMN[zone])
    assert chart.days[0].times == times
    assert [bar.y for bar in chart.bars] == y


@pytest.mark.parametrize(
    ("plan", "first", "reader", "column", "times"),
    [
        (hours(NEW_YORK, "09:00", "17:00"), date(2026, 3, 1), "Europe/Berlin", 0, "15:00–23:00"),
        (hours(NEW_YORK, "09:00", "17:00"), SPRING[NEW_YORK], "Europe/Berlin", 0, "14:00–22:00"),
        (hours("UTC", "04:00", "08:00"), AUTUMN[NEW_YORK], NEW_YORK, 0, "00:00–02:00, 01:00–03:00"),
        (hours("UTC", "14:00", "16:00", ["sat"]), SPRING[LORD_HOWE], LORD_HOWE, 0, "00:30–02:00, 02:30–03:00"),
        (hours("Asia/Tokyo", "22:00", "06:00"), date(2026, 5, 3), "America/Los_Angeles", 0, "06:00–14:00"),
        (hours("Asia/Tokyo", "14:00", "18:00", ["mon"]), date(2026, 5, 3), "America/Los_Angeles", 0, "22:00–24:00"),
        (hours("Asia/Tokyo", "14:00", "18:00", ["mon"]), date(2026, 5, 3), "America/Los_Angeles", 1, "00:00–02:00"),
    ],
)
def test_the_same_hours_on_the_readers_clocks(plan: Hours, first: date, reader: str, column: int, times: str) -> None:
    assert drawn(plan, first, reader).days[column].times == times


def test_a_pause_within_time_that_comes_twice_is_kept() -> None:
    """04:00 to 05:30 and 06:30 to 08:00 UTC end and begin at 01:30 in New York, an hour apart."""
    shifts = [
        {"name": "One", "days": ["sun"], "start": "04:00", "end": "05:30"},
        {"name": "Two", "days": ["sun"], "start": "06:30", "end": "08:00"},
    ]
    chart = drawn(check_hours("shift", "UTC", shifts), AUTUMN[NEW_YORK], NEW_YORK)
    assert chart.days[0].times == "00:00–01:30, 01:30–03:00"
    assert [(bar.x, bar.tone) for bar in chart.bars if bar.width == HALF] == [(LEFT, "hrs"), ("49.1", "night")]


@pytest.mark.parametrize(
    "zone", [NEW_YORK, LORD_HOWE, "Antarctica/Troll", "America/Santiago", "Africa/Cairo", "Africa/Casablanca"]
)
@pytest.mark.parametrize("of", [NEW_YORK, LORD_HOWE, "UTC"])
def test_what_is_drawn_is_what_is_worked_whatever_the_week(zone: str, of: str) -> None:
    """Each bar is as high as it is long, so that all of them come to the hours worked: through a whole year."""
    plan = hours(of, "21:00", "07:00", EVERY_DAY)
    for week in range(53):
        first = date(2026, 1, 4) + timedelta(weeks=week)
        chart = drawn(plan, first, zone)
        assert sum(round(float(bar.height) * LARGE.minutes) for bar in chart.bars) == chart.minutes, first
        assert all(float(bar.y) >= 16 and float(bar.y) + float(bar.height) <= 160 for bar in chart.bars)


def test_around_the_clock_fills_every_day_of_whatever_length() -> None:
    for first, minutes in ((SPRING[NEW_YORK], 10_020), (AUTUMN[NEW_YORK], 10_140), (date(2026, 5, 3), 10_080)):
        chart = drawn(hours(NEW_YORK, "00:00", "24:00", EVERY_DAY), first)
        assert chart.minutes == minutes
        assert [day.times for day in chart.days[1:]] == ["00:00–24:00"] * 6


def test_now_is_marked_on_the_clocks_that_are_drawn() -> None:
    now = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
    for zone, y in (("Europe/Berlin", 16 + (14 * 60 + 32) / 10), ("UTC", 16 + (13 * 60 + 32) / 10)):
        chart = week_chart(hours("UTC", "09:00", "17:00"), now, zone=ZoneInfo(zone), first=date(2026, 11, 15))
        assert chart.now == f"M{LARGE.x(4) - 2:.1f} {y:.1f}h38.3"
        assert [day.is_today for day in chart.days].index(True) == 4
    assert drawn(hours("UTC", "09:00", "17:00"), date(2026, 5, 3)).now == ""


@pytest.mark.parametrize(
    ("zone", "sunday"),
    [
        ("UTC", date(2026, 11, 15)),
        ("Pacific/Kiritimati", date(2026, 11, 22)),
        ("Pacific/Niue", date(2026, 11, 15)),
    ],
)
def test_a_week_begins_on_the_zones_own_sunday(zone: str, sunday: date) -> None:
    assert this_week(datetime(2026, 11, 21, 23, 0, tzinfo=UTC), ZoneInfo(zone)) == sunday


def test_each_shift_keeps_its_colour_and_small_is_half_as_high() -> None:
    shifts = [
        {"name": "Early", "days": ["mon"], "start": "06:00", "end": "14:00"},
        {"name": "Late", "days": ["mon"], "start": "14:00", "end": "22:00"},
    ]
    plan = check_hours("shift", "UTC", shifts)
    chart = week_chart(plan, NOON, zone=ZoneInfo("UTC"), first=date(2026, 5, 3), frame=SMALL)
    assert [(bar.tone, bar.y, bar.height) for bar in chart.bars] == [("hrs", "34", "24"), ("night", "58", "24")]
    assert chart.legend == [("Early", "hrs"), ("Late", "night")]
    assert chart.days[1].times == "06:00–22:00"
