"""Calendar files: what is understood, and what is not by line, title and reason (spec W1, RFC 5545)."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.rules.hours import check_hours
from scheduling.rules.ics import Imported, read_ics
from scheduling.rules.ics_text import LARGEST_BYTES

TODAY = date(2026, 11, 21)
BERLIN = "Europe/Berlin"


def calendar(*events: str, head: str = "") -> str:
    blocks = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{blocks}END:VCALENDAR\n".replace("\n", "\r\n")


def read(*events: str, tz: str = BERLIN, head: str = "") -> Imported:
    return read_ics(calendar(*events, head=head), tz=tz, today=TODAY)


def only_fault(*events: str, **options: Any) -> str:
    found = read(*events, **options)
    assert (found.rules, found.exceptions) == ([], []), "nothing of it is taken"
    assert len(found.faults) == 1
    return str(found.faults[0])


def timed(extra: str = "", *, title: str = "Work", uid: str = "1", start: str = "20261124T090000") -> str:
    zone = f"TZID={BERLIN}"
    end = f"{start[:9]}170000"
    return f"UID:{uid}\nSUMMARY:{title}\nDTSTART;{zone}:{start}\nDTEND;{zone}:{end}" + (f"\n{extra}" if extra else "")


WORK = {"name": "Work", "dtstart": "2026-11-24T09:00", "rrule": "FREQ=WEEKLY;BYDAY=TU,WE", "duration_minutes": 480}


def test_a_recurring_event_is_a_rule() -> None:
    found = read(timed("RRULE:FREQ=WEEKLY;BYDAY=TU,WE"))
    assert (found.rules, found.exceptions, found.faults, found.notes) == ([WORK], [], [], [])
    assert found.time_zone == BERLIN
    check_hours("custom", found.time_zone, None, found.rules, found.exceptions)


def test_a_single_event_is_an_extra_window_whatever_its_zone() -> None:
    found = read("SUMMARY:Once\nDTSTART:20261125T090000Z\nDURATION:PT1H30M")
    assert found.rules == []
    assert found.exceptions == [
        {"kind": "extra", "start": "2026-11-25T10:00", "end": "2026-11-25T11:30", "name": "Once"}
    ]


def test_until_in_utc_is_kept_on_the_local_clock() -> None:
    (rule,) = read(timed("RRULE:FREQ=DAILY;UNTIL=20270301T080000Z")).rules
    assert rule["rrule"] == "FREQ=DAILY;UNTIL=20270301T090000"


def test_windows_zone_names_are_known() -> None:
    event = "SUMMARY:Work\nDTSTART;TZID=W. Europe Standard Time:20261124T090000\nDURATION:PT8H\nRRULE:FREQ=DAILY"
    assert read(event).faults == []


def test_times_without_a_zone_are_local() -> None:
    (rule,) = read("SUMMARY:Work\nDTSTART:20261124T090000\nDURATION:PT8H\nRRULE:FREQ=DAILY").rules
    assert rule["dtstart"] == "2026-11-24T09:00"


def test_dates_left_out_are_off_and_spare_the_other_rules() -> None:
    found = read(
        timed("RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:20261201T090000,20261202T090000"),
        timed("RRULE:FREQ=WEEKLY", uid="2", title="Evening", start="20261124T160000"),
    )
    assert [rule["name"] for rule in found.rules] == ["Work", "Evening"]
    assert found.exceptions == [
        {"kind": "off", "date": "2026-12-01", "name": "Not Work"},
        {"kind": "extra", "start": "2026-12-01T16:00", "end": "2026-12-01T17:00", "name": "Evening"},
        {"kind": "off", "date": "2026-12-02", "name": "Not Work"},
    ]


def test_a_date_left_out_that_is_none_of_its_days_does_nothing() -> None:
    assert read(timed("RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20261125T090000")).exceptions == []


def test_dates_added_are_extra_windows() -> None:
    found = read(timed("RRULE:FREQ=WEEKLY\nRDATE;TZID=Europe/Berlin:20261128T100000"))
    assert found.exceptions == [
        {"kind": "extra", "start": "2026-11-28T10:00", "end": "2026-11-28T18:00", "name": "Work"}
    ]
    period = read(timed("RRULE:FREQ=WEEKLY\nRDATE;VALUE=PERIOD:20261128T090000Z/PT2H"))
    assert period.exceptions == [
        {"kind": "extra", "start": "2026-11-28T10:00", "end": "2026-11-28T12:00", "name": "Work"}
    ]


def test_an_occurrence_that_was_moved_is_moved() -> None:
    moved = timed("RECURRENCE-ID;TZID=Europe/Berlin:20261201T090000", title="Moved", start="20261203T120000")
    found = read(moved, timed("RRULE:FREQ=WEEKLY"))
    assert found.exceptions == [
        {"kind": "off", "date": "2026-12-01", "name": "Not Work"},
        {"kind": "extra", "start": "2026-12-03T12:00", "end": "2026-12-03T17:00", "name": "Moved"},
    ]
    cancelled = timed("RECURRENCE-ID;TZID=Europe/Berlin:20261201T090000\nSTATUS:CANCELLED")
    assert read(cancelled, timed("RRULE:FREQ=WEEKLY")).exceptions == [
        {"kind": "off", "date": "2026-12-01", "name": "Not Work"}
    ]


@pytest.mark.parametrize(
    ("event", "head"),
    [
        ("SUMMARY:Company holiday\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261226", ""),
        ("SUMMARY:Heiligabend\nCATEGORIES:Feiertag\nDTSTART;VALUE=DATE:20261224\nDURATION:P2D", ""),
        (
            "SUMMARY:Weihnachten\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261226",
            "X-WR-CALNAME:Holidays in Germany\n",
        ),
    ],
    ids=["title", "category", "calendar"],
)
def test_an_all_day_event_that_says_it_is_a_holiday_is_off(event: str, head: str) -> None:
    found = read(event, head=head)
    assert found.faults == []
    assert [(one["kind"], one["date"]) for one in found.exceptions] == [("off", "2026-12-24"), ("off", "2026-12-25")]


def test_a_holiday_that_recurs_is_taken_for_five_years() -> None:
    found = read("SUMMARY:Public holiday\nDTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20281225")
    assert [one["date"] for one in found.exceptions] == [f"{year}-12-25" for year in (2026, 2027, 2029, 2030)]


def test_what_has_passed_or_is_cancelled_is_left_out_and_counted() -> None:
    found = read(
        timed(start="20251124T090000"),
        timed("RRULE:FREQ=DAILY;COUNT=3", uid="2", start="20251124T090000"),
        "SUMMARY:Old holiday\nDTSTART;VALUE=DATE:20251225",
        timed("STATUS:CANCELLED", uid="3"),
    )
    assert (found.rules, found.exceptions, found.faults) == ([], [], [])
    assert found.notes == ["3 events have passed and were left out.", "1 event is cancelled and was left out."]


def test_the_zone_is_the_files_where_none_is_asked_for() -> None:
    assert read(timed("RRULE:FREQ=DAILY"), tz="").time_zone == BERLIN
    assert read(timed(), tz="", head="X-WR-TIMEZONE:Asia/Tokyo\n").time_zone == "Asia/Tokyo"
    assert read("DTSTART:20261124T090000\nDURATION:PT1H", tz="").time_zone == "UTC"


def test_two_rules_never_have_one_name() -> None:
    found = read(timed("RRULE:FREQ=DAILY"), timed("RRULE:FREQ=DAILY", uid="2", title="work"))
    assert [rule["name"] for rule in found.rules] == ["Work", "work 2"]
    check_hours("custom", BERLIN, None, found.rules, found.exceptions)


NO_HOLIDAY = "It is an all-day event that does not say it is a holiday. Give it times, or enter a day off."
ELSEWHERE = "It recurs on the clocks of Asia/Tokyo; these hours are in Europe/Berlin. Change one."
UNREAD = "DTSTART cannot be read: Expected datetime, date, or time. Got: '2026-11-24'."


@pytest.mark.parametrize(
    ("event", "where", "why"),
    [
        (
            timed("RRULE:FREQ=HOURLY"),
            "8, Work",
            "Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY.",
        ),
        (
            timed("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
            "8, Work",
            "This rule does not come once in the 10 years from its start. Change it.",
        ),
        (
            timed("RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"),
            "8, Work",
            "There is more than one RRULE. Make an event of each.",
        ),
        (
            timed("EXRULE:FREQ=DAILY"),
            "8, Work",
            "EXRULE is no longer part of the standard. Leave out dates with EXDATE.",
        ),
        ("SUMMARY:Work\nDTSTART:20261124T090000", "3, Work", "It has no end. Add DTEND or DURATION."),
        ("SUMMARY:Work\nDTEND:20261124T090000", "3, Work", "It has no start. Add DTSTART."),
        (
            "SUMMARY:Work\nDTSTART:20261124T090000\nDTEND:20261124T090000",
            "6, Work",
            "It must last whole minutes, from one to a week.",
        ),
        (
            "SUMMARY:Work\nDTSTART:20261124T090000\nDURATION:P8D",
            "6, Work",
            "It must last whole minutes, from one to a week.",
        ),
        ("SUMMARY:Work\nDTSTART:20261124T090030\nDURATION:PT1H", "5, Work", "Its times must be whole minutes."),
        (
            "SUMMARY:Work\nDTSTART:00010101T000000\nDURATION:PT1H",
            "5, Work",
            "Its times must be in the years 1970 to 2199.",
        ),
        (
            "SUMMARY:Work\nDTSTART;TZID=Foo/Bar:20261124T090000\nDURATION:PT1H",
            "5, Work",
            "Its time zone Foo/Bar is not known. Use an IANA name.",
        ),
        (
            "SUMMARY:Work\nDTSTART;TZID=Asia/Tokyo:20261124T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY",
            "5, Work",
            ELSEWHERE,
        ),
        ("SUMMARY:Work\nDTSTART:2026-11-24\nDURATION:PT1H", "5, Work", UNREAD),
        ("SUMMARY:Work\nnonsense\nDTSTART:20261124T090000", "5, Work", "“nonsense” is not a line of a calendar."),
        ("SUMMARY:Sprint\nDTSTART;VALUE=DATE:20261124", "5, Sprint", NO_HOLIDAY),
        (
            "SUMMARY:Holiday\nDTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20281124",
            "6, Holiday",
            "It must last 1 to 366 days.",
        ),
        (
            timed("RECURRENCE-ID;TZID=Europe/Berlin:20261201T090000"),
            "8, Work",
            "The event it changes was not taken or has passed.",
        ),
        (
            timed("RECURRENCE-ID;RANGE=THISANDFUTURE:20261201T090000"),
            "8, Work",
            "A change of this and all later occurrences cannot be taken. Split the event.",
        ),
    ],
    ids=range(18),
)
def test_a_bad_event_is_named_by_line_title_and_reason(event: str, where: str, why: str) -> None:
    assert only_fault(event) == f"Line {where}: {why}"


def test_a_bad_event_spares_the_others() -> None:
    found = read(timed("RRULE:FREQ=HOURLY"), timed("RRULE:FREQ=WEEKLY;BYDAY=TU,WE", uid="2"), "SUMMARY:x")
    assert found.rules == [WORK]
    assert [(fault.line, fault.what) for fault in found.faults] == [(8, "Work"), (17, "x")]


def test_folded_lines_and_alarms_are_read_as_they_are() -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT5M\nACTION:DISPLAY\nDESCRIPTION:x\nEND:VALARM"
    found = read(
        f"SUMMARY:Wo\n rk\nDTSTART;TZID=Europe/Berlin:20261124T\n 090000\nDURATION:PT8H\n{alarm}\nRRULE:FREQ=WEEKLY"
    )
    assert [rule["name"] for rule in found.rules] == ["Work"]
    assert found.faults == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("", "Line 1: This is not a calendar file: it does not begin with BEGIN:VCALENDAR."),
        ("hello", "Line 1: This is not a calendar file: it does not begin with BEGIN:VCALENDAR."),
        (b"BEGIN:VCALENDAR\n\xff", "Line 2: This is not UTF-8 text. Save the calendar as an .ics file and try again."),
        ("x" * (LARGEST_BYTES + 1024), "Line 1: The file has 257 kB. Import at most 256 kB."),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "Line 1: There is no event in this file."),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1", "Line 2: The file ends before END:VEVENT: a part of it is missing."),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "Line 2: END:VEVENT closes what was not begun last."),
        (calendar(*["UID:1"] * 201), "Line 605: There are more than 200 events. Import fewer at once."),
    ],
    ids=range(8),
)
def test_a_file_that_is_none_is_refused(data: str | bytes, fault: str) -> None:
    assert [str(one) for one in read_ics(data, tz=BERLIN, today=TODAY).faults] == [fault]


def test_there_is_room_for_twenty_rules() -> None:
    found = read(*[timed("RRULE:FREQ=WEEKLY", uid=str(number), title=f"W{number}") for number in range(22)])
    assert len(found.rules) == 20
    assert [fault.what for fault in found.faults] == ["W20", "W21"]


PIECES = st.sampled_from(
    [
        "SUMMARY:Work",
        "SUMMARY:Holiday",
        "UID:1",
        "DTSTART:20261124T090000",
        "DTSTART;VALUE=DATE:20261224",
        "DTSTART:x",
        "DTSTART;TZID=Europe/Berlin:20261124T090000",
        "DTSTART;TZID=Asia/Tokyo:99991231T235900",
        "DTSTART:00010101T000000Z",
        "DTEND:20261124T170000Z",
        "DTEND;VALUE=DATE:20261226",
        "DURATION:PT1H",
        "DURATION:-PT1H",
        "DURATION:P99999D",
        "RRULE:FREQ=DAILY",
        "RRULE:FREQ=YEARLY;COUNT=5000",
        "RRULE:x",
        "RRULE:",
        "EXDATE:20261125T090000",
        "EXDATE:x",
        "EXDATE;VALUE=DATE:20261224",
        "RDATE;VALUE=PERIOD:20261124T090000Z/P9999999D",
        "RDATE:99991231T235959Z",
        "RDATE;VALUE=DATE:20261224",
        "RECURRENCE-ID:20261124T090000",
        "RECURRENCE-ID;VALUE=DATE:20261124",
        "STATUS:CANCELLED",
        "CATEGORIES:a,b",
        "BEGIN:VALARM",
        "END:VALARM",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "EXRULE:FREQ=DAILY",
        "X:\x00",
        " folded",
        ";;;",
        "DTSTART",
        'SUMMARY;X="a:b";Y=c,d:\u2028e',
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=9), max_size=5))
def test_whatever_is_in_a_file_it_is_answered_and_what_is_taken_can_be_saved(events: list[list[str]]) -> None:
    found = read(*["\n".join(lines) for lines in events])
    assert all(str(fault) and fault.line >= 1 for fault in found.faults)
    if found.rules:
        check_hours("custom", found.time_zone, None, found.rules, found.exceptions)


@given(st.one_of(st.text(), st.binary()))
def test_any_text_is_answered(data: str | bytes) -> None:
    assert read_ics(data, tz=BERLIN, today=TODAY).faults


def test_the_largest_file_is_answered_in_bounded_time() -> None:
    began = time.process_time()
    read(*[timed(f"RRULE:FREQ=DAILY\nX-A:{'a;' * 500}", uid=str(number)) for number in range(200)])
    read("DTSTART" + ";A=B,C" * 30_000)
    read(
        timed("EXDATE:" + ",".join(f"2027{month:02}{day:02}T090000" for month in range(1, 13) for day in range(1, 29)))
    )
    assert time.process_time() - began < 10
