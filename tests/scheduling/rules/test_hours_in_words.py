"""How hours read, which shifts are one interval, and how much a week comes to."""

from __future__ import annotations

import pytest

from scheduling.rules.hours import DAYS, check_hours, describe, overlaps, weekly_minutes
from scheduling.rules.weeks import Hours

DAILY, WEEKDAYS = list(DAYS), list(DAYS[:5])


def standard(days: list[str], start: str, end: str) -> Hours:
    return check_hours("standard", "Europe/Berlin", [{"days": days, "start": start, "end": end}])


def shifts(*given: tuple[str, list[str], str, str]) -> Hours:
    rows = [{"name": n, "days": d, "start": s, "end": e} for n, d, s, e in given]
    return check_hours("shift", "Europe/Berlin", rows)


@pytest.mark.parametrize(
    "hours, words",
    [
        (standard(WEEKDAYS, "09:00", "17:00"), "Mon–Fri 09:00–17:00"),
        (standard(DAILY, "06:00", "22:00"), "Daily 06:00–22:00"),
        (standard(DAILY, "00:00", "24:00"), "Daily 00:00–24:00"),
        (standard(WEEKDAYS, "09:00", "00:00"), "Mon–Fri 09:00–24:00"),
        (standard(["tue", "thu"], "18:00", "23:00"), "Tue, Thu 18:00–23:00"),
        (standard(["sun", "sat"], "10:00", "16:00"), "Sat, Sun 10:00–16:00"),
        (standard(["sun"], "03:00", "06:00"), "Sun 03:00–06:00"),
        (standard(["mon", "tue", "wed", "fri"], "22:00", "06:00"), "Mon–Wed, Fri 22:00–06:00"),
        (
            shifts(("Early", DAILY, "06:00", "14:00"), ("Close", ["fri"], "22:00", "02:00")),
            "Early 06:00–14:00 daily; Close 22:00–02:00 Fri",
        ),
    ],
)
def test_it_reads(hours: Hours, words: str) -> None:
    assert describe(hours) == words


def test_shifts_that_touch() -> None:
    hours = shifts(("Early", DAILY, "06:00", "14:00"), ("Late", DAILY, "14:00", "22:00"))
    assert overlaps(hours) == [
        ("Early", "Late", "Early and Late touch at 14:00. They count as one interval."),
    ]


def test_shifts_that_overlap() -> None:
    hours = shifts(("A", WEEKDAYS, "08:00", "14:00"), ("B", ["wed"], "12:00", "18:00"))
    assert overlaps(hours) == [("A", "B", "A and B overlap 12:00–14:00. They count as one interval.")]


def test_overlapping_says_more_than_touching() -> None:
    hours = shifts(("A", ["mon", "tue"], "08:00", "14:00"), ("B", ["mon"], "14:00", "09:00"))
    assert overlaps(hours) == [("A", "B", "A and B overlap 08:00–09:00. They count as one interval.")]


def test_shifts_meet_across_midnight_and_the_end_of_the_week() -> None:
    hours = shifts(("Night", ["sun"], "22:00", "06:00"), ("Day", ["mon"], "06:00", "14:00"))
    assert overlaps(hours) == [("Night", "Day", "Night and Day touch at 06:00. They count as one interval.")]
    hours = shifts(("Late", ["mon"], "18:00", "24:00"), ("Night", ["tue"], "00:00", "06:00"))
    assert overlaps(hours) == [("Late", "Night", "Late and Night touch at 00:00. They count as one interval.")]
    hours = shifts(("Late", ["mon"], "18:00", "03:00"), ("Night", ["tue"], "00:00", "06:00"))
    assert overlaps(hours) == [("Late", "Night", "Late and Night overlap 00:00–03:00. They count as one interval.")]


def test_shifts_apart_are_not_told() -> None:
    assert overlaps(shifts(("A", ["mon"], "08:00", "12:00"), ("B", ["tue"], "12:00", "18:00"))) == []
    assert overlaps(standard(DAILY, "00:00", "24:00")) == []


@pytest.mark.parametrize(
    "hours, minutes",
    [
        (standard(WEEKDAYS, "09:00", "17:00"), 40 * 60),
        (standard(DAILY, "00:00", "24:00"), 168 * 60),
        (standard(["sun"], "22:00", "06:00"), 8 * 60),
        (shifts(("Early", DAILY, "06:00", "14:00"), ("Late", DAILY, "14:00", "22:00")), 112 * 60),
        (shifts(("A", ["mon"], "08:00", "14:00"), ("B", ["mon"], "12:00", "18:00")), 10 * 60),
        (shifts(("A", ["sun"], "20:00", "08:00"), ("B", ["mon"], "06:00", "10:00")), 14 * 60),
    ],
)
def test_a_week_comes_to(hours: Hours, minutes: int) -> None:
    assert weekly_minutes(hours) == minutes
