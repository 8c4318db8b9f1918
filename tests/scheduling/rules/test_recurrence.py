"""Recurrence rules: read strictly, expanded as dateutil does, refused or answered in bounded time (RFC 5545)."""

from __future__ import annotations

import time
from datetime import date, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from scheduling.rules.recurrence import Rule, last_start, next_starts, normal, starts_between
from scheduling.rules.rrules import RuleError, day_number, parts_of, write

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def wall(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return day_number(moment.date()) * 1440 + moment.hour * 60 + moment.minute


START = wall("2026-11-24T09:00")


def refusal(text: object, dtstart: int = START) -> str:
    with pytest.raises(RuleError) as caught:
        normal(text, dtstart, BERLIN)
    return str(caught.value)


def several(values: list[object], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map(
        lambda found: ",".join(str(value) for value in found)
    )


@st.composite
def rrules(draw: st.DrawFn) -> str:
    """Rules as calendars write them. Positions in weeks are left to a test of their own: dateutil counts them from
    dtstart on in the first week."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    said = [f"FREQ={freq}"]

    def maybe(key: str, values: list[object], most: int = 3) -> bool:
        if draw(st.booleans()):
            return False
        said.append(f"{key}={draw(several(values, most))}")
        return True

    if draw(st.booleans()):
        said.append(f"INTERVAL={draw(st.sampled_from([2, 3, 5, 7, 13]))}")
    picks = maybe("BYMONTH", list(range(1, 13)), 4)
    if freq != "WEEKLY":
        picks |= maybe("BYMONTHDAY", [1, 5, 13, 28, 29, 30, 31, -1, -2, -31])
    weeks = False
    if freq == "YEARLY":
        picks |= maybe("BYYEARDAY", [1, 60, 100, 200, 366, -1, -366])
        weeks = maybe("BYWEEKNO", [1, 20, 52, 53, -1], 2)
    if weeks:
        said.append(f"BYDAY={draw(several(list(WEEKDAYS)))}")
    elif freq in ("MONTHLY", "YEARLY") and draw(st.booleans()):
        said.append(f"BYDAY={draw(several(['1MO', '2TU', '-1FR', '3SU', '-2SA', '5WE']))}")
    else:
        picks |= maybe("BYDAY", list(WEEKDAYS), 4)
    if freq != "WEEKLY" and (picks or weeks) and draw(st.booleans()):
        said.append(f"BYSETPOS={draw(several([1, 2, 3, -1, -2], 2))}")
    if draw(st.booleans()):
        said.append(f"WKST={draw(st.sampled_from(WEEKDAYS))}")
    said.append(draw(st.sampled_from(["", "COUNT=1", "COUNT=17", "UNTIL=20290615T120000", "UNTIL=20270101"])))
    return ";".join(part for part in said if part)


@given(rrules(), st.sampled_from(["2026-11-24T09:00", "2024-02-29T23:30", "2025-12-31T00:00", "2025-01-01T08:15"]))
def test_it_falls_on_the_days_dateutil_finds(text: str, dtstart: str) -> None:
    try:
        written = normal(text, wall(dtstart), BERLIN)
    except RuleError as error:
        assume(False)
        raise AssertionError from error
    expanded = rrulestr(text, dtstart=datetime.fromisoformat(dtstart))
    if "UNTIL=20270101" in text:  # a date is its whole day here, its midnight there
        expanded = expanded.replace(until=datetime(2027, 1, 1, 23, 59))
    expected = [wall(f"{one:%Y-%m-%dT%H:%M}") for one in takewhile(lambda one: one < datetime(2034, 1, 1), expanded)]
    assert list(starts_between(Rule("", wall(dtstart), written, 60), 0, wall("2034-01-01T00:00"))) == expected


@given(rrules())
def test_the_written_form_says_the_same_and_is_its_own(text: str) -> None:
    try:
        written = normal(text, START, BERLIN)
    except RuleError:
        assume(False)
    assert write(parts_of(written)) == written
    assert normal(written, START, BERLIN) == written


def test_positions_in_a_week_are_counted_in_whole_weeks() -> None:
    """The last of Tuesday and Friday, from a Wednesday on: dateutil would begin with a week of one day."""
    rule = Rule("", START, normal("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1", START, BERLIN), 60)
    assert next_starts(rule, START - 1, 2) == [wall("2026-11-30T09:00"), wall("2026-12-07T09:00")]
    # The week of New Year's Day belongs to both years.
    late = Rule("", START, normal("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", START, BERLIN), 60)
    assert next_starts(late, wall("2026-12-28T00:00"), 1) == [wall("2027-01-01T09:00")]


def test_numbered_and_plain_days_are_either() -> None:
    rule = Rule("", START, normal("FREQ=MONTHLY;BYDAY=1MO,SU", START, BERLIN), 60)
    december = [start // 1440 for start in starts_between(rule, wall("2026-12-01T00:00"), wall("2027-01-01T00:00"))]
    assert december == [day_number(date(2026, 12, day)) for day in (6, 7, 13, 20, 27)]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYSETPOS=2;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=5",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO",
        "FREQ=YEARLY;INTERVAL=1000;BYYEARDAY=1",
        "FREQ=DAILY;UNTIL=20200101",
    ],
)
def test_what_never_comes_is_refused_in_no_time(text: str) -> None:
    began = time.process_time()
    assert refusal(text).startswith("This rule does not come once in the 10 years from its start.")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text", ["FREQ=DAILY;COUNT=5000", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=5000", "FREQ=DAILY;INTERVAL=1000"]
)
def test_the_longest_rules_are_answered_in_bounded_time(text: str) -> None:
    began = time.process_time()
    dtstart = wall("2024-02-29T09:00")
    rule = Rule("", dtstart, normal(text, dtstart, BERLIN), 60)
    assert next_starts(rule, START)
    assert last_start(rule.dtstart, rule.rrule) > START
    assert time.process_time() - began < 2


UP_TO_FIVE = "A month has each day of the week at most five times: number the days in BYDAY up to 5."
DAY_NAMES = "BYDAY takes MO, TU, WE, TH, FR, SA and SU, with a number before where one is needed."
ONE_TIME = "The time of day comes from dtstart: leave out BYHOUR and add a rule for another time."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "Write a recurrence rule, for example FREQ=WEEKLY;BYDAY=MO,WE."),
        (7, "Write a recurrence rule, for example FREQ=WEEKLY;BYDAY=MO,WE."),
        ("  ", "Write a recurrence rule, for example FREQ=WEEKLY;BYDAY=MO,WE."),
        ("FREQ=DAILY" + ";BYDAY=MO" * 80, "Keep the rule to 500 characters; this has 730."),
        ("every monday", "Write a recurrence rule as NAME=VALUE;NAME=VALUE, for example FREQ=WEEKLY;BYDAY=MO,WE."),
        ("FREQ=DAILY\x00", "Write a recurrence rule as NAME=VALUE;NAME=VALUE, for example FREQ=WEEKLY;BYDAY=MO,WE."),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is there twice. Keep one."),
        ("BYDAY=MO", "Say how often with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."),
        ("FREQ=HOURLY", "Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY."),
        ("FREQ=MINUTELY", "Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY."),
        ("FREQ=SECONDLY", "Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY."),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "Give COUNT or UNTIL, not both."),
        ("FREQ=DAILY;COUNT=0", "COUNT is a whole number from 1 to 5000."),
        ("FREQ=DAILY;COUNT=5001", "COUNT is a whole number from 1 to 5000."),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a whole number from 1 to 1000."),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL is a whole number from 1 to 1000."),
        ("FREQ=DAILY;UNTIL=20271301", "Write UNTIL as 20270301, 20270301T170000 or 20270301T160000Z."),
        ("FREQ=DAILY;UNTIL=20270101T250000", "Write UNTIL as 20270301, 20270301T170000 or 20270301T160000Z."),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH takes numbers from 1 to 12."),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH takes numbers from 1 to 12."),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY takes numbers from 1 to 31 or -1 downwards."),
        ("FREQ=WEEKLY;BYDAY=1MO", "A number before a day in BYDAY needs FREQ=MONTHLY or YEARLY, without BYWEEKNO."),
        (
            "FREQ=MONTHLY;BYDAY=6MO",
            "A month has each day of the week at most five times: number the days in BYDAY up to 5.",
        ),
        (
            "FREQ=WEEKLY;BYDAY=XX",
            "BYDAY takes MO, TU, WE, TH, FR, SA and SU, with a number before where one is needed.",
        ),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY has no meaning with FREQ=WEEKLY. Leave it out."),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS picks among days: say which with BYDAY, BYMONTHDAY or another part."),
        ("FREQ=DAILY;WKST=XX", "WKST is one of MO, TU, WE, TH, FR, SA, SU."),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER is not a part of a recurrence rule. Leave it out."),
        (
            "FREQ=DAILY;BYHOUR=9,17",
            "The time of day comes from dtstart: leave out BYHOUR and add a rule for another time.",
        ),
    ],
    ids=ascii,
)
def test_what_is_not_a_rule_is_refused_in_words(text: object, sentence: str) -> None:
    assert refusal(text) == sentence


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("rrule:freq=weekly;byday=we,mo;", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("FREQ=DAILY;INTERVAL=1;BYHOUR=09;BYMINUTE=0;BYSECOND=00", "FREQ=DAILY"),
        ("FREQ=DAILY;UNTIL=20270301", "FREQ=DAILY;UNTIL=20270301T235900"),
        ("FREQ=DAILY;UNTIL=20270301T080000", "FREQ=DAILY;UNTIL=20270301T080000"),
        ("FREQ=DAILY;UNTIL=20270301T080000Z", "FREQ=DAILY;UNTIL=20270301T090000"),
        ("FREQ=DAILY;UNTIL=20270701T080000Z", "FREQ=DAILY;UNTIL=20270701T100000"),
        # 02:30 for the second time: all of 02:00 to 02:59 has been shown once.
        ("FREQ=DAILY;UNTIL=20271031T013000Z", "FREQ=DAILY;UNTIL=20271031T025900"),
        ("FREQ=DAILY;UNTIL=20271031T003000Z", "FREQ=DAILY;UNTIL=20271031T023000"),
    ],
)
def test_a_rule_is_kept_in_one_form(text: str, written: str) -> None:
    assert normal(text, START, BERLIN) == written


def test_count_and_until_end_it() -> None:
    twice = normal("FREQ=WEEKLY;COUNT=2", START, BERLIN)
    assert next_starts(Rule("", START, twice, 60), 0) == [START, START + 7 * 1440]
    until = normal("FREQ=DAILY;UNTIL=20261125T090000", START, BERLIN)
    assert next_starts(Rule("", START, until, 60), 0) == [START, START + 1440], "the last one counts"
    before = normal("FREQ=DAILY;UNTIL=20261125T085900", START, BERLIN)
    assert next_starts(Rule("", START, before, 60), 0) == [START]
