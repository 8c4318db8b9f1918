"""Recurrence rules and custom hours in plain words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from scheduling.rules.explain import explain
from scheduling.rules.hours import check_hours, describe
from scheduling.rules.recurrence import Rule, normal
from tests.scheduling.rules.test_recurrence import START, wall


def words(rrule: str, minutes: int = 240, dtstart: int = START, after: int | None = None) -> str:
    return explain(Rule("", dtstart, normal(rrule, dtstart, ZoneInfo("Europe/Berlin")), minutes), after)


FROM = "09:00–13:00 from 24 Nov 2026"


@pytest.mark.parametrize(
    ("rrule", "said"),
    [
        ("FREQ=DAILY", f"Daily {FROM}"),
        ("FREQ=DAILY;INTERVAL=2", f"Every second day {FROM}"),
        ("FREQ=DAILY;INTERVAL=10", f"Every 10th day {FROM}"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", f"Every Mon–Fri {FROM}"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU", f"Every day {FROM}"),
        ("FREQ=WEEKLY", f"Every Tuesday {FROM}"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", f"Daily {FROM}"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20270301", f"Every second Monday {FROM}, until 1 Mar 2027"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", f"Every Mon, Wed and Fri {FROM}"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=SA,SU", f"Every third week on Sat and Sun {FROM}"),
        ("FREQ=WEEKLY;COUNT=1", f"Every Tuesday {FROM}, once"),
        ("FREQ=WEEKLY;COUNT=10", f"Every Tuesday {FROM}, 10 times"),
        ("FREQ=MONTHLY", f"On the 24th of every month {FROM}"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", f"On the 1st and 15th of every month {FROM}"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", f"On the 31st of every month that has one {FROM}"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", f"On the last day of every month {FROM}"),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", f"On the 3rd day from the end of every month {FROM}"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU", f"On the second Tuesday of every second month {FROM}"),
        ("FREQ=MONTHLY;BYDAY=5MO", f"On the fifth Monday of every month that has one {FROM}"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", f"On the last workday of every month {FROM}"),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=2", f"On the second Friday of every month {FROM}"),
        ("FREQ=YEARLY", f"Every year on 24 November {FROM}"),
        (
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=12;BYMONTHDAY=24,25",
            f"Every second year on the 24th and 25th of December {FROM}",
        ),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", f"Every year on the fourth Thursday of November {FROM}"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", f"Every leap year on 29 February {FROM}"),
    ],
    ids=ascii,
)
def test_common_rules_have_words(rrule: str, said: str) -> None:
    assert words(rrule) == said


@pytest.mark.parametrize(
    ("dtstart", "minutes", "times"),
    [
        ("2026-11-24T22:00", 480, "22:00–06:00"),
        ("2026-11-24T16:00", 480, "16:00–24:00"),
        ("2026-11-24T00:00", 1440, "00:00–24:00"),
        ("2026-11-24T09:00", 1440, "09:00–09:00"),
        ("2026-11-24T09:00", 2 * 1440 + 90, "09:00 for 2 days 1 h 30 min"),
        ("2026-11-24T09:00", 10080, "09:00 for 7 days"),
    ],
)
def test_times_are_said_as_they_are(dtstart: str, minutes: int, times: str) -> None:
    assert words("FREQ=DAILY", minutes, wall(dtstart)) == f"Daily {times} from 24 Nov 2026"


def test_a_rule_without_plain_words_names_the_next_five() -> None:
    rrule = "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR"
    head = f"On chosen days {FROM}, by {rrule}: next on "
    assert words(rrule) == (
        f"{head}Fri 13 Aug 2027, Fri 13 Oct 2028, Fri 13 Apr 2029, Fri 13 Jul 2029 and Fri 13 Sep 2030"
    )
    assert words(rrule, after=wall("2028-10-13T08:59")).startswith(f"{head}Fri 13 Oct 2028,")
    assert words(rrule, after=wall("2028-10-13T09:00")).startswith(f"{head}Fri 13 Apr 2029,")
    assert words(f"{rrule};COUNT=1", after=wall("2028-01-01T00:00")).endswith(": not again")


def test_the_short_form_stays_short() -> None:
    rules = [
        {"name": "", "dtstart": f"2026-11-24T0{hour}:00", "rrule": "FREQ=DAILY", "duration_minutes": 30}
        for hour in range(5)
    ]
    rules[0]["name"] = "Stand-up"
    exceptions = [{"kind": "off", "date": f"2026-12-{day}"} for day in (25, 26)]
    extra = {"kind": "extra", "start": "2026-12-27T10:00", "end": "2026-12-27T14:00"}
    hours = check_hours("custom", "Europe/Berlin", None, rules, [*exceptions, extra])
    assert describe(hours) == (
        "Stand-up: Daily 00:00–00:30; Daily 01:00–01:30; 3 more rules; 2 days off; 1 extra window"
    )
