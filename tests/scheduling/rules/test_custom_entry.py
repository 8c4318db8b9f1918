"""Custom hours from plain data: every fault by its path, and the same data back (spec W1)."""

from __future__ import annotations

from typing import Any

import pytest

from scheduling.rules.custom import CustomHours
from scheduling.rules.custom_entry import exceptions_as_data, rule_as_data
from scheduling.rules.hours import HoursError, check_hours

RULE = {
    "name": "Stand-up",
    "dtstart": "2026-11-24T09:00",
    "rrule": "FREQ=WEEKLY;BYDAY=MO,WE",
    "duration_minutes": 240,
}
OFF = {"kind": "off", "date": "2026-12-25", "name": "Christmas"}
EXTRA = {"kind": "extra", "start": "2026-12-27T10:00", "end": "2026-12-27T14:00", "name": ""}


def taken(rules: Any = (RULE,), exceptions: Any = ()) -> CustomHours:
    hours = check_hours("custom", "Europe/Berlin", None, rules, exceptions)
    assert isinstance(hours, CustomHours)
    return hours


def faults(rules: Any = (RULE,), exceptions: Any = (), type_: Any = "custom", shifts: Any = None) -> dict[str, str]:
    with pytest.raises(HoursError) as caught:
        check_hours(type_, "Europe/Berlin", shifts, rules, exceptions)
    return dict(caught.value.faults)


def test_what_was_taken_comes_back() -> None:
    hours = taken([RULE], [EXTRA, OFF])
    assert [rule_as_data(rule) for rule in hours.rules] == [RULE]
    assert exceptions_as_data(hours) == [OFF, EXTRA], "by date"
    again = taken([rule_as_data(rule) for rule in hours.rules], exceptions_as_data(hours))
    assert again == hours
    assert hash(again) == hash(hours)


def test_a_name_may_be_left_out_and_an_extra_may_end_at_midnight() -> None:
    hours = taken(
        [{key: RULE[key] for key in RULE if key != "name"}],
        [{"kind": "extra", "start": "2026-12-31T20:00", "end": "2026-12-31T24:00"}],
    )
    assert hours.rules[0].name == ""
    assert exceptions_as_data(hours)[0]["end"] == "2027-01-01T00:00"


NAME = "Use a name of up to 60 plain characters on one line, or none."
START = "Write the start as 2026-11-24T09:00, in the years 1970 to 2199."
LENGTH = "Give the length in whole minutes, 1 to 10080 (a week)."
DAY = "Write the day as 2026-12-25, in the years 1970 to 2199."
STARTS = "Write the start as 2026-12-27T10:00, in the years 1970 to 2199."
ENDS = "Write the end as 2026-12-27T10:00, in the years 1970 to 2199."
END = "Choose an end after the start and at most a week later."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        *(("name", value, NAME) for value in (7, "x" * 61, "a\nb", "\x00", ["x"])),
        *(
            ("dtstart", value, START)
            for value in (
                None, 7, "", "2026-11-24", "2026-11-24 09:00", "2026-11-24T09:00Z", "2026-11-24T09:00:00",
                "2026-02-30T09:00", "2026-11-24T24:00", "2026-11-24T09:60", "1969-12-31T23:59", "2200-01-01T00:00",
                "٢٠٢٦-11-24T09:00",
            )
        ),
        *(("duration_minutes", value, LENGTH) for value in (None, 0, -1, 10081, 1.5, "60", True, [], 10**30)),
        ("rrule", "FREQ=HOURLY", "Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY."),
        ("colour", "red", "There is no such field."),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_field_of_a_rule_is_refused(field: str, value: object, sentence: str) -> None:
    assert faults([RULE, {**RULE, "name": "", field: value}]) == {f"rules.1.{field}": sentence}


@pytest.mark.parametrize(
    ("exception", "path", "sentence"),
    [
        ("2026-12-25", "", "Say off for a day off or extra for one more window."),
        ({"date": "2026-12-25"}, ".kind", "Say off for a day off or extra for one more window."),
        ({"kind": ["off"]}, ".kind", "Say off for a day off or extra for one more window."),
        ({"kind": "off"}, ".date", DAY),
        ({"kind": "off", "date": "25.12.2026"}, ".date", DAY),
        ({"kind": "off", "date": "2026-02-29"}, ".date", DAY),
        ({"kind": "off", "date": 20261225}, ".date", DAY),
        ({**OFF, "start": "2026-12-25T10:00"}, ".start", "There is no such field."),
        ({**OFF, "date": "2026-12-26", "name": 7}, ".name", NAME),
        ({**EXTRA, "date": "2026-12-27"}, ".date", "There is no such field."),
        ({**EXTRA, "start": "10:00"}, ".start", STARTS),
        ({**EXTRA, "start": "2026-12-27T24:00"}, ".start", STARTS),
        ({**EXTRA, "end": None}, ".end", ENDS),
        ({**EXTRA, "end": "2026-12-27T10:00"}, ".end", END),
        ({**EXTRA, "end": "2026-12-27T09:00"}, ".end", END),
        ({**EXTRA, "end": "2027-01-03T10:01"}, ".end", END),
        (OFF, ".date", "2026-12-25 is a day off already. Name it only once."),
        (EXTRA, ".start", "This window is there already. Name it only once."),
    ],
    ids=ascii,
)  # fmt: skip
def test_an_exception_is_refused(exception: object, path: str, sentence: str) -> None:
    assert faults(exceptions=[OFF, EXTRA, exception]) == {f"exceptions.2{path}": sentence}


def test_every_fault_is_told_at_once() -> None:
    rules = [{"dtstart": "x", "rrule": "x", "duration_minutes": 0}, "no rule", {**RULE, "name": "stand-UP"}, RULE]
    found = faults(rules, [{"kind": "off", "date": "x"}, {"kind": "extra"}])
    assert set(found) == {
        "rules.0.dtstart",
        "rules.0.rrule",
        "rules.0.duration_minutes",
        "rules.1",
        "rules.3.name",
        "exceptions.0.date",
        "exceptions.1.start",
        "exceptions.1.end",
    }
    assert found["rules.3.name"] == "Another rule is already called Stand-up. Choose another name."


@pytest.mark.parametrize("rules", [None, [], ()])
def test_no_rules_are_refused(rules: object) -> None:
    assert faults(rules) == {"rules": "Add a rule: when it first starts, how it recurs, and for how long."}


@pytest.mark.parametrize("rules", ["FREQ=DAILY", 7, {"0": RULE}, True])
def test_rules_are_a_list(rules: object) -> None:
    assert faults(rules) == {"rules": "Give a list of rules."}
    assert faults(exceptions=rules) == {"exceptions": "Give a list of exceptions."}


def test_there_are_limits() -> None:
    assert faults([{**RULE, "name": ""}] * 21) == {"rules": "Keep to 20 rules; these are 21."}
    assert len(taken([{**RULE, "name": ""}] * 20).rules) == 20
    assert faults(exceptions=[OFF] * 401) == {"exceptions": "Keep to 400 exceptions; these are 401."}


def test_each_type_has_its_own_windows() -> None:
    shift = {"name": "Day", "days": ["mon"], "start": "09:00", "end": "17:00"}
    leave = "Only custom hours have these. Leave them out, or choose custom."
    assert faults([RULE], [OFF], "shift", [shift]) == {"rules": leave, "exceptions": leave}
    assert list(faults(shifts=[shift])) == ["shifts"]
    assert faults([RULE], [OFF], "sometimes", [shift])["type"] == "Choose standard hours, shifts or custom hours."


def test_without_a_zone_the_rest_is_checked_all_the_same() -> None:
    with pytest.raises(HoursError) as caught:
        check_hours("custom", "Mars/Base", None, [{**RULE, "duration_minutes": 0}], [])
    assert [path for path, _ in caught.value.faults] == ["tz", "rules.0.duration_minutes"]
