"""Custom hours in the form: rules in words, dated exceptions, a calendar file with its bad lines named."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from scheduling.forms.custom import CustomPart
from scheduling.models import WorkSchedule
from scheduling.services import schedules
from scheduling.services.schedule_data import as_facts
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.pages.test_hours_page import STANDARD, faults, path, value
from workforce.rules.refusals import Invalid

Reader = Callable[..., Client]
CUSTOM: dict[str, Any] = {
    **{name: typed for name, typed in STANDARD.items() if name not in ("days", "start", "end")},
    "type": "custom",
    "rule-0-name": "Desk",
    "rule-0-dtstart": "2026-11-02T09:00",
    "rule-0-rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
    "rule-0-duration_minutes": "240",
    "exceptions": "2026-12-25 Christmas\n\n2026-12-27 10:00-14:00 Stock-taking\n2026-12-31 22:00-02:00\n",
}
EVENTS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//test//EN
BEGIN:VEVENT
UID:1
SUMMARY:Desk
DTSTART;TZID=America/New_York:20261123T090000
DTEND;TZID=America/New_York:20261123T130000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Bad one
DTSTART;TZID=America/New_York:20261124T090000
DTEND;TZID=America/New_York:20261124T100000
RRULE:FREQ=SECONDLY
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Public holiday
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261226
END:VEVENT
END:VCALENDAR
"""


def file(text: str | bytes, name: str = "hours.ics") -> SimpleUploadedFile:
    data = text.encode() if isinstance(text, str) else text
    return SimpleUploadedFile(name, data.replace(b"\n", b"\r\n"), content_type="text/calendar")


def rules(page: Node) -> list[list[str]]:
    rows = page.one("div", id="rules").all("fieldset", class_="shift")
    parts = ("name", "dtstart", "rrule", "duration_minutes")
    return [[value(row, f"rule-{n}-{part}") for part in parts] for n, row in enumerate(rows)]


def test_custom_hours_are_saved_and_come_back_as_typed(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    assert client.post(path(agent), CUSTOM).status_code == 302
    schedule = WorkSchedule.objects.with_hours().get(agent=agent)
    facts = as_facts(schedule)
    assert facts["type"] == "custom"
    assert facts["rules"] == [
        {
            "name": "Desk",
            "dtstart": "2026-11-02T09:00",
            "rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
            "duration_minutes": 240,
        }
    ]
    assert facts["exceptions"] == [
        {"kind": "off", "date": "2026-12-25", "name": "Christmas"},
        {"kind": "extra", "start": "2026-12-27T10:00", "end": "2026-12-27T14:00", "name": "Stock-taking"},
        {"kind": "extra", "start": "2026-12-31T22:00", "end": "2027-01-01T02:00", "name": ""},
    ]
    page = parse(client.get(path(agent)))
    assert rules(page) == [["Desk", "2026-11-02T09:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "240"]]
    assert page.one("textarea", name="exceptions").text == (
        "2026-12-25 Christmas 2026-12-27 10:00-14:00 Stock-taking 2026-12-31 22:00-02:00"
    )
    card = parse(client.get("/schedules?type=custom")).one("article", class_="sched")
    assert card.one("header").one("span", class_="badge").text == "Custom"
    assert "Desk: Every second Monday 09:00–13:00" in card.text


def test_each_rule_is_said_in_plain_words_before_it_is_saved(reader: Reader, alice: Any, agent: Any) -> None:
    two = {
        **CUSTOM,
        "rule-1-name": "",
        "rule-1-dtstart": "2026-11-20T18:00",
        "rule-1-rrule": "freq=monthly;byday=-1fr",
        "rule-1-duration_minutes": "90",
    }
    part = parse(reader(alice).post(path(agent, "/preview"), two, headers=HTMX))
    said = [line.text for line in part.one("ul", class_="words").all("li")]
    assert said[0] == "Every second Monday 09:00–13:00 from 2 Nov 2026."
    assert "last Friday" in said[1]
    assert "18:00–19:30" in said[1]
    assert not WorkSchedule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "beside"),
    [
        ({"rule-0-dtstart": ""}, "rule-0-dtstart"),
        ({"rule-0-dtstart": "soon"}, "rule-0-dtstart"),
        ({"rule-0-rrule": ""}, "rule-0-rrule"),
        ({"rule-0-rrule": "FREQ=SECONDLY"}, "rule-0-rrule"),
        ({"rule-0-rrule": "x" * 900}, "rule-0-rrule"),
        ({"rule-0-duration_minutes": "0"}, "rule-0-duration_minutes"),
        ({"rule-0-duration_minutes": "ten"}, "rule-0-duration_minutes"),
        ({"rule-0-duration_minutes": "10081"}, "rule-0-duration_minutes"),
        ({"rule-0-name": "x" * 61}, "rule-0-name"),
        ({"rule-0-name": "a\x00b"}, "rule-0-name"),
    ],
)
def test_a_fault_stands_beside_its_field_in_the_services_words(
    reader: Reader, alice: Any, agent: Any, actor: Any, at_now: Any, changes: dict[str, str], beside: str
) -> None:
    typed = {**CUSTOM, **changes}
    answer = reader(alice).post(path(agent), typed)
    assert answer.status_code == 400
    page = parse(answer)
    field = page.one("input", name=beside)
    shown = [page.one("small", id=fault).text for fault in field.attrs["aria-describedby"].split()]
    assert "autofocus" in field.attrs
    row = CustomPart.typed(_query(typed)).as_data()
    with pytest.raises(Invalid) as refused:
        schedules.create(
            organization=agent.organization,
            agent_id=agent.pk,
            data={"type": "custom", "time_zone": "Europe/Berlin", **row},
            by=actor(alice),
            now=at_now,
        )
    assert [sentence for _, sentence in refused.value.fields] == shown
    assert not WorkSchedule.objects.exists()


def _query(typed: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(typed)
    return query


def test_bad_lines_of_the_exceptions_are_named_and_the_text_stays(reader: Reader, alice: Any, agent: Any) -> None:
    text = "2026-12-25 Christmas\n\nnext friday\n2026-12-25 Again\n2026-12-27 25:00-26:00 x\n2026-02-30"
    page = parse(reader(alice).post(path(agent), {**CUSTOM, "exceptions": text}))
    said = [fault for fault in faults(page) if fault.startswith("Line")]
    assert [fault.split(":")[0] for fault in said] == ["Line 3", "Line 4", "Line 5", "Line 5", "Line 6"]
    assert "2026-12-25 is a day off already." in said[1]
    field = page.one("textarea", name="exceptions")
    assert "next friday" in field.text
    assert "autofocus" in field.attrs


def test_no_rule_at_all_is_said(reader: Reader, alice: Any, agent: Any) -> None:
    typed = {name: text for name, text in CUSTOM.items() if not name.startswith("rule")}
    page = parse(reader(alice).post(path(agent), typed))
    assert faults(page) == ["Add a rule: when it first starts, how it recurs, and for how long."]


def test_rules_come_and_go_with_nothing_lost(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    page = parse(client.post(path(agent), {**CUSTOM, "add": "rule"}))
    assert [row[0] for row in rules(page)] == ["Desk", ""]
    more = {**CUSTOM, "rule-1-name": "Other", "rule-1-rrule": "half"}
    page = parse(client.post(path(agent), {**more, "remove-rule": "0"}))
    assert rules(page) == [["Other", "", "half", ""]]
    for number in ("7", "-1", "x", "²", ""):
        assert len(rules(parse(client.post(path(agent), {**more, "remove-rule": number})))) == 2
    assert page.one("textarea", name="exceptions").text.startswith("2026-12-25")


def test_a_calendar_file_fills_the_form_and_names_what_it_did_not_take(reader: Reader, alice: Any, agent: Any) -> None:
    answer = reader(alice).post(path(agent), {**STANDARD, "read": "1", "ics": file(EVENTS)}, headers=HTMX)
    assert answer.status_code == 200
    page = parse(answer)
    assert rules(page) == [["Desk", "2026-11-23T09:00", "FREQ=WEEKLY;BYDAY=MO,WE", "240"]]
    assert value(page, "time_zone") == "America/New_York"
    assert page.one("textarea", name="exceptions").text == "2026-12-25 Public holiday"
    refused = page.one("div", class_="is-warn")
    assert "Bad one" in refused.text
    assert refused.one("li").text.startswith("Line 16, Bad one:")
    assert "nothing is saved yet" in page.one("div", id="custom").all("p", class_="is-info")[0].text
    assert not WorkSchedule.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This is not a calendar file"),
        (b"hello", "This is not a calendar file"),
        (b"\xff\xfe\x00", "This is not UTF-8 text."),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "There is no event in this file."),
        (b"x" * 400_000, "Import at most 256 kB."),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:\x00\nEND:VEVENT", "Line"),
    ],
)
def test_a_file_that_is_none_is_refused_and_what_was_typed_stays(
    reader: Reader, alice: Any, agent: Any, data: bytes, words: str
) -> None:
    page = parse(reader(alice).post(path(agent), {**CUSTOM, "read": "1", "ics": file(data)}))
    assert words in page.one("div", class_="is-warn").text
    assert "What was there before stays." in page.one("div", id="custom").text
    assert rules(page)[0][0] == "Desk"
    assert value(page, "time_zone") == "Europe/Berlin"


def test_a_file_is_seen_before_it_is_saved_whatever_the_button(reader: Reader, alice: Any, agent: Any) -> None:
    answer = reader(alice).post(path(agent), {**CUSTOM, "save": "1", "ics": file(EVENTS)})
    assert answer.status_code == 200
    assert not WorkSchedule.objects.exists()
    without = parse(reader(alice).post(path(agent), {**CUSTOM, "read": "1"}))
    assert "Choose an .ics file first." in without.one("div", class_="is-warn").text


@pytest.mark.parametrize(
    "line",
    [
        "2026-12-25 Christmas",
        "2026-12-25",
        "2026-12-27 10:00-14:00 Stock-taking",
        "2026-12-31 22:00-02:00",
        "2026-12-27 10:00-2026-12-29 14:00 Long",
        "2026-12-27 10:00-2026-12-28 10:30",
    ],
)
def test_lines_are_written_as_they_are_read(line: str) -> None:
    said = CustomPart(rules=[], exceptions=line).as_data()["exceptions"]
    assert CustomPart.of([], said).exceptions == line
