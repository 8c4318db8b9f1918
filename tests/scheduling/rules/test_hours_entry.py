"""Which hours may be entered, and what is said about the others: every fault at once, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from scheduling.rules.hours import DAYS, HoursError, check_grace, check_hours
from scheduling.rules.weeks import Hours, Window

WEEKDAYS = list(DAYS[:5])


def shift(**changes: Any) -> dict[str, Any]:
    return {"name": "Early", "days": ["mon"], "start": "09:00", "end": "17:00"} | changes


def faults_of(type_: object, tz: object, shifts: object) -> list[tuple[str, str]]:
    with pytest.raises(HoursError) as refused:
        check_hours(type_, tz, shifts)
    return refused.value.faults


def paths_of(type_: object, tz: object, shifts: object) -> list[str]:
    return [path for path, _ in faults_of(type_, tz, shifts)]


def test_standard_hours_have_one_window_without_a_name() -> None:
    hours = check_hours("standard", "Europe/Berlin", [{"days": WEEKDAYS, "start": "09:00", "end": "17:00"}])
    assert hours == Hours("Europe/Berlin", (Window("", frozenset(range(5)), 540, 1020),))
    assert check_hours("standard", "UTC", [shift(name="whatever")]).windows[0].name == ""


def test_shifts_keep_their_order_and_trimmed_names() -> None:
    hours = check_hours("shift", "UTC", [shift(name=" Late ", start="14:00"), shift(name="Early")])
    assert [w.name for w in hours.windows] == ["Late", "Early"]


def test_the_same_hours_are_equal_and_hash_alike() -> None:
    one = check_hours("shift", "UTC", [shift(days=["mon", "tue"])])
    other = check_hours("shift", "UTC", ({"end": "17:00", "start": "09:00", "days": ("tue", "mon"), "name": "Early"},))
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    "start, end, minutes",
    [
        ("00:00", "24:00", (0, 1440)),
        ("09:00", "24:00", (540, 1440)),
        ("09:00", "00:00", (540, 1440)),  # the midnight after
        ("22:00", "06:00", (1320, 360)),  # overnight
        ("23:59", "00:01", (1439, 1)),
        ("00:00", "00:01", (0, 1)),
    ],
)
def test_times_that_are_taken(start: str, end: str, minutes: tuple[int, int]) -> None:
    window = check_hours("standard", "UTC", [shift(start=start, end=end)]).windows[0]
    assert (window.start, window.end) == minutes


NOT_TIMES = [
    "25:00",
    "24:01",
    "9:00",
    "09:0",
    "09:60",
    "0900",
    "09:00:00",
    "09.00",
    " 09:00",
    "09:00\n",
    "-1:00",
    "+9:00",
    "٠٩:٠٠",
    "０９:００",
    "²³:00",
    "",
    "noon",
    "09:00" * 2_000,
    None,
    9,
    9.5,
    True,
    ["09:00"],
    {"hour": 9},
]


@pytest.mark.parametrize("text", NOT_TIMES, ids=lambda text: ascii(text)[:20])
@pytest.mark.parametrize("field", ["start", "end"])
def test_times_that_are_refused(field: str, text: object) -> None:
    assert paths_of("standard", "UTC", [shift(**{field: text})]) == [f"shifts.0.{field}"]


def test_24_00_is_an_end_only() -> None:
    assert paths_of("standard", "UTC", [shift(start="24:00")]) == ["shifts.0.start"]
    assert paths_of("standard", "UTC", [shift(start="24:00", end="24:00")]) == ["shifts.0.start"]


@pytest.mark.parametrize("time", ["00:00", "09:00", "23:59"])
def test_an_end_at_the_start_is_refused(time: str) -> None:
    assert paths_of("standard", "UTC", [shift(start=time, end=time)]) == ["shifts.0.end"]


NOT_DAYS = [
    [],
    None,
    "mon",
    {"mon": True},
    0,
    ["monday"],
    ["Mon"],
    ["mon", "xyz"],
    ["mon", "mon"],
    [0],
    [None],
    [["mon"]],
    [{"mon": 1}],
]


@pytest.mark.parametrize("days", NOT_DAYS, ids=ascii)
def test_days_that_are_refused(days: object) -> None:
    assert paths_of("standard", "UTC", [shift(days=days)]) == ["shifts.0.days"]


@pytest.mark.parametrize("name", ["", "  ", None, 5, ["a"], "x" * 61, "a\nb", "a\0b", "\ud800"], ids=ascii)
def test_names_that_are_refused(name: object) -> None:
    assert paths_of("shift", "UTC", [shift(name=name)]) == ["shifts.0.name"]


def test_names_are_unique_whatever_their_case() -> None:
    assert paths_of("shift", "UTC", [shift(), shift(name="Late"), shift(name="early ")]) == ["shifts.2.name"]


@pytest.mark.parametrize("shifts", [[], (), None, "mon", {}, 5, {"0": shift()}], ids=ascii)
def test_no_shifts_are_refused(shifts: object) -> None:
    assert paths_of("shift", "UTC", shifts) == ["shifts"]
    assert paths_of("standard", "UTC", shifts) == ["shifts"]


@pytest.mark.parametrize("one", [None, 5, "mon", [], [shift()]], ids=ascii)
def test_a_shift_that_is_no_shift_is_refused(one: object) -> None:
    assert paths_of("shift", "UTC", [shift(), one]) == ["shifts.1"]


def test_standard_hours_with_two_windows_are_refused() -> None:
    assert paths_of("standard", "UTC", [shift(), shift()]) == ["shifts"]


def test_at_most_twenty_shifts() -> None:
    twenty = [shift(name=f"s{n}") for n in range(20)]
    assert len(check_hours("shift", "UTC", twenty).windows) == 20
    assert paths_of("shift", "UTC", [*twenty, shift(name="one more")]) == ["shifts"]
    assert paths_of("shift", "UTC", [None] * 100_000) == ["shifts"]


@pytest.mark.parametrize("type_", [None, "", "flexible", "Standard", 1, ["standard"], {}], ids=ascii)
def test_an_unknown_type_is_refused(type_: object) -> None:
    assert paths_of(type_, "UTC", [shift()]) == ["type"]


@pytest.mark.parametrize("tz", [None, "", "posix/UTC", "localtime", "Factory", "Mars/Olympus", 5, []], ids=ascii)
def test_an_unknown_zone_is_refused(tz: object) -> None:
    assert paths_of("standard", tz, [shift()]) == ["tz"]


def test_every_fault_is_told_at_once() -> None:
    shifts = [shift(days=[], start="9", end="25:00"), "x", shift(name="", start="10:00", end="10:00")]
    faults = faults_of("shift", "Nowhere", shifts)
    assert [path for path, _ in faults] == [
        "tz",
        "shifts.0.days",
        "shifts.0.start",
        "shifts.0.end",
        "shifts.1",
        "shifts.2.name",
        "shifts.2.end",
    ]
    assert all(sentence[0].isupper() and sentence.endswith(".") for _, sentence in faults)


def test_the_error_reads_as_text() -> None:
    with pytest.raises(HoursError, match=r"Choose at least one day\.$"):
        check_hours("standard", "UTC", [shift(days=[])])


@pytest.mark.parametrize("minutes", [0, 1, 240])
def test_grace_that_is_taken(minutes: int) -> None:
    assert check_grace(minutes) == minutes


@pytest.mark.parametrize("minutes", [-1, 241, 10.0, "10", None, True, [10], 10**400], ids=lambda m: ascii(m)[:20])
def test_grace_that_is_refused(minutes: object) -> None:
    with pytest.raises(HoursError) as refused:
        check_grace(minutes)
    assert [path for path, _ in refused.value.faults] == ["grace_minutes"]
