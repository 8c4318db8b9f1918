"""The hours form: set, changed, tried out, removed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from scheduling.models import WorkSchedule
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from workforce.models import AuditEvent

Reader = Callable[..., Client]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
STANDARD: dict[str, Any] = {
    "type": "standard",
    "time_zone": "Europe/Berlin",
    "days": WEEKDAYS,
    "start": "09:00",
    "end": "17:00",
    "enforce_clock_out": "on",
    "auto_wake": "on",
    "enabled": "on",
    "off_hours_action": "pause",
    "grace_minutes": "10",
}
SHIFTS: dict[str, Any] = {
    **STANDARD,
    "type": "shift",
    "shift-0-name": "Early",
    "shift-0-days": WEEKDAYS,
    "shift-0-start": "06:00",
    "shift-0-end": "14:00",
    "shift-1-name": "Late",
    "shift-1-days": WEEKDAYS,
    "shift-1-start": "14:00",
    "shift-1-end": "22:00",
}


def path(agent: Any, more: str = "") -> str:
    return f"/agents/{agent.pk}/hours{more}"


def value(page: Node, name: str) -> str:
    return page.one("input", name=name).attrs.get("value", "")


def ticked(page: Node, name: str) -> list[str]:
    return [box.attrs["value"] for box in page.all("input", name=name) if "checked" in box.attrs]


def faults(page: Node) -> list[str]:
    return [fault.text for fault in page.all("small", class_="fault")]


def blocks(page: Node) -> list[Node]:
    return page.one("div", id="shifts").all("div", class_="shift")


def test_an_agent_without_hours_gets_a_sensible_start(reader: Reader, alice: Any, agent: Any) -> None:
    page = parse(reader(alice).get(path(agent)))
    assert page.one("h1").text == "support-triage-01 has no hours yet"
    assert [value(page, name) for name in ("start", "end", "time_zone", "grace_minutes")] == [
        "09:00",
        "17:00",
        "Europe/Berlin",
        "10",
    ]
    assert ticked(page, "days") == WEEKDAYS
    labels = [box.text for box in page.one("div", class_="only-standard").one("fieldset", class_="days").all("label")]
    assert labels == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert not page.all("a", class_="danger")
    assert "America/New_York" in [option.attrs["value"] for option in page.one("datalist", id="zones").all("option")]


def test_standard_hours_are_saved(reader: Reader, alice: Any, agent: Any) -> None:
    answer = reader(alice).post(path(agent), STANDARD, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert parse(answer).one("div", class_="toast").one("span").text == "Hours of support-triage-01 saved."
    schedule = WorkSchedule.objects.get(agent=agent)
    assert (schedule.type, schedule.time_zone, schedule.grace_minutes) == ("standard", "Europe/Berlin", 10)
    assert (schedule.enforce_clock_in, schedule.enforce_clock_out, schedule.auto_wake, schedule.enabled) == (
        False,
        True,
        True,
        True,
    )
    assert [(s.days, s.start_minute, s.end_minute) for s in schedule.shifts.all()] == [(0b0011111, 540, 1020)]
    assert AuditEvent.objects.filter(action="schedule.created", actor_id=str(alice.pk)).count() == 1


def test_shifts_are_saved_and_shown_again(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    client.post(path(agent), SHIFTS)
    page = parse(client.get(path(agent)))
    assert page.one("h1").text == "support-triage-01 works Early 06:00–14:00 Mon–Fri; Late 14:00–22:00 Mon–Fri"
    assert ticked(page, "type") == ["shift"]
    assert [value(page, f"shift-{n}-{part}") for n in (0, 1) for part in ("name", "start", "end")] == [
        "Early",
        "06:00",
        "14:00",
        "Late",
        "14:00",
        "22:00",
    ]
    assert ticked(page, "shift-1-days") == WEEKDAYS


def test_overnight_and_midnight_ends_come_back_as_typed(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    client.post(path(agent), {**STANDARD, "start": "22:00", "end": "06:00"})
    assert value(parse(client.get(path(agent))), "end") == "06:00"
    client.post(path(agent), {**STANDARD, "start": "00:00", "end": "24:00"})
    assert value(parse(client.get(path(agent))), "end") == "24:00"


def test_saving_again_changes_them(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    client.post(path(agent), STANDARD)
    unchecked = {name: text for name, text in STANDARD.items() if name != "auto_wake"}
    client.post(
        path(agent), {**unchecked, "time_zone": "Asia/Tokyo", "off_hours_action": "queue", "grace_minutes": "0"}
    )
    schedule = WorkSchedule.objects.get(agent=agent)
    assert (schedule.time_zone, schedule.off_hours_action, schedule.grace_minutes) == ("Asia/Tokyo", "queue", 0)
    assert (schedule.auto_wake, schedule.enforce_clock_out) == (False, True)


@pytest.mark.parametrize(
    ("changes", "beside", "words"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Mars/Olympus is not a time zone"),
        ({"time_zone": "posix/Europe/Berlin"}, "time_zone", "is not a time zone"),
        ({"start": "9"}, "start", "Write the start as HH:MM"),
        ({"end": "25:00"}, "end", "Write the end as HH:MM"),
        ({"end": "09:00"}, "end", "Choose an end other than the start"),
        ({"days": []}, "days", "Choose at least one day."),
        ({"grace_minutes": "241"}, "grace_minutes", "0 to 240"),
        ({"grace_minutes": "-1"}, "grace_minutes", "0 to 240"),
        ({"grace_minutes": "ten"}, "grace_minutes", "0 to 240"),
        ({"grace_minutes": ""}, "grace_minutes", "0 to 240"),
        ({"off_hours_action": "explode"}, "off_hours_action", "Choose one of"),
        ({"type": "whenever"}, "type", "Choose standard hours, shifts or custom hours."),
    ],
)
def test_the_sentence_stands_beside_its_field(
    reader: Reader, alice: Any, agent: Any, changes: dict[str, Any], beside: str, words: str
) -> None:
    answer = reader(alice).post(path(agent), {**STANDARD, **changes})
    assert answer.status_code == 400
    page = parse(answer)
    holders = [
        node
        for node in page.walk()
        if any(isinstance(c, Node) and "fault" in c.attrs.get("class", "") and words in c.text for c in node.children)
    ]
    assert holders, faults(page)
    assert holders[-1].all("input", name=beside) or holders[-1].attrs.get("class") == "shift"
    assert not WorkSchedule.objects.exists()


def test_every_fault_is_said_at_once_and_what_was_typed_stays(reader: Reader, alice: Any, agent: Any) -> None:
    typed = {**SHIFTS, "shift-0-name": "", "shift-1-end": "soon", "grace_minutes": "999", "time_zone": "Nowhere"}
    answer = reader(alice).post(path(agent), typed)
    page = parse(answer)
    assert len(faults(page)) == 4
    assert [block.all("small", class_="fault")[0].text.split()[0] for block in blocks(page)] == ["Give", "Write"]
    assert value(page, "shift-1-end") == "soon"
    assert value(page, "grace_minutes") == "999"
    assert value(page, "time_zone") == "Nowhere"
    assert value(page, "shift-1-name") == "Late"
    switched_on = [box.attrs["name"] for box in page.all("input", role="switch") if "checked" in box.attrs]
    assert switched_on == ["enforce_clock_out", "auto_wake", "enabled"]


def test_two_shifts_of_one_name_are_refused_beside_the_second(reader: Reader, alice: Any, agent: Any) -> None:
    page = parse(reader(alice).post(path(agent), {**SHIFTS, "shift-1-name": "early"}))
    assert [len(block.all("small", class_="fault")) for block in blocks(page)] == [0, 1]


@pytest.mark.parametrize("times", [1, 4, 9])
def test_a_row_is_added_and_nothing_typed_is_lost(reader: Reader, alice: Any, agent: Any, times: int) -> None:
    client, typed = reader(alice), {**SHIFTS, "shift-0-start": "odd text", "grace_minutes": "77"}
    for _ in range(times):
        page = parse(client.post(path(agent), {**typed, "add": "1"}))
        for number in range(len(blocks(page))):
            typed.setdefault(f"shift-{number}-name", "")
    assert len(blocks(page)) == min(2 + times, 6)
    assert value(page, "shift-0-start") == "odd text"
    assert value(page, "grace_minutes") == "77"
    assert bool(page.all("button", id="add-shift")) == (2 + times < 6)
    assert faults(page) == []
    assert not WorkSchedule.objects.exists()


def test_a_row_is_removed_and_the_others_stay(reader: Reader, alice: Any, agent: Any) -> None:
    page = parse(reader(alice).post(path(agent), {**SHIFTS, "remove": "0"}))
    assert [value(page, "shift-0-name"), value(page, "shift-0-start")] == ["Late", "14:00"]
    assert len(blocks(page)) == 1
    assert not page.all("button", name="remove")


@pytest.mark.parametrize("number", ["7", "-1", "x", "", "²", "٣"])
def test_removing_what_is_not_there_removes_nothing(reader: Reader, alice: Any, agent: Any, number: str) -> None:
    assert len(blocks(parse(reader(alice).post(path(agent), {**SHIFTS, "remove": number})))) == 2


def test_enter_saves_it_does_not_remove_a_row(reader: Reader, alice: Any, agent: Any) -> None:
    """A browser presses the first submit button of the form."""
    form = parse(reader(alice).get(path(agent))).one("form", id="hours-form")
    first = next(b for b in form.all("button") if b.attrs.get("type", "submit") == "submit")
    assert first.attrs["name"] == "save"


def test_the_preview_says_what_the_hours_come_to(reader: Reader, alice: Any, agent: Any) -> None:
    answer = reader(alice).post(path(agent, "/preview"), SHIFTS, headers=HTMX)
    part = parse(answer)
    assert "80 h a week" in part.text
    assert [note.text for note in part.all("p", class_="note")] == [
        "Early and Late touch at 14:00. They count as one interval."
    ]
    assert len(part.all("rect", class_="hrs")) == len(part.all("rect", class_="night")) == 5
    assert "Within these hours" in part.text
    assert not WorkSchedule.objects.exists()


def test_the_preview_waits_for_what_can_be_read(reader: Reader, alice: Any, agent: Any) -> None:
    part = parse(reader(alice).post(path(agent, "/preview"), {**STANDARD, "end": "1"}))
    assert "once the days, times and zone can be read" in part.text


def test_an_overnight_shift_goes_on_at_the_top_of_the_next_day(reader: Reader, alice: Any, agent: Any) -> None:
    typed = {**STANDARD, "days": ["sat"], "start": "22:00", "end": "06:00"}
    bars = parse(reader(alice).post(path(agent, "/preview"), typed)).all("rect", class_="hrs")
    assert [(bar.attrs["y"], bar.attrs["height"]) for bar in bars] == [("148", "12"), ("16", "36")]
    assert float(bars[0].attrs["x"]) < float(bars[1].attrs["x"])


def test_deleting_asks_by_name_and_then_deletes(reader: Reader, alice: Any, agent: Any) -> None:
    WorkScheduleFactory(agent=agent)
    client = reader(alice)
    link = parse(client.get(path(agent))).one("form", id="hours-form").one("footer").one("a", class_="danger")
    asking = parse(client.get(link.attrs["href"])).one("main")
    assert asking.one("h2").text == "Delete the hours of support-triage-01?"
    assert WorkSchedule.objects.exists()
    answer = client.post(asking.one("form").attrs["action"], follow=True)
    assert parse(answer).one("div", class_="toast").one("span").text.startswith("Hours of support-triage-01 deleted.")
    assert not WorkSchedule.objects.exists()
    assert client.post(path(agent, "/delete")).status_code == 404
    assert client.get(path(agent, "/delete")).status_code == 404


def test_only_those_who_may_reach_the_form(
    reader: Reader, agent: Any, alice: Any, lee: Any, olga: Any, hugo: Any, vera: Any
) -> None:
    WorkScheduleFactory(agent=agent)
    for person in (alice, lee, olga, hugo):
        assert reader(person).get(path(agent)).status_code == 200
    refused = [
        reader(vera).get(path(agent)),
        reader(vera).post(path(agent), STANDARD),
        reader(vera).get(path(agent, "/delete")),
        reader(vera).post(path(agent, "/delete")),
        reader(vera).post(path(agent, "/preview"), STANDARD),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert "You may not do this to support-triage-01." in parse(refused[0]).text
    assert WorkSchedule.objects.get().time_zone == "Europe/Berlin"


def test_foreign_hours_are_not_there(reader: Reader, alice: Any, other_organization: Any) -> None:
    foreign = WorkScheduleFactory(agent=AgentFactory(organization=other_organization)).agent
    client = reader(alice)
    assert client.get(path(foreign)).status_code == 404
    for more in ("", "/preview", "/delete"):
        assert client.post(path(foreign, more), STANDARD).status_code == 404, more
    assert WorkSchedule.objects.count() == 1


def test_the_departed_get_no_hours(reader: Reader, alice: Any, organization: Any) -> None:
    gone = AgentFactory(organization=organization, current_state="retired", agent_name="gone-01")
    page = parse(reader(alice).post(path(gone), STANDARD))
    assert faults(page) == ["gone-01 is retired and works no more hours."]


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"type": "shift"},
        {"type": "shift", "shift-99-name": "x", "shift-3-days": ["mon", "mon", "noday"]},
        {**STANDARD, "grace_minutes": "9" * 400},
        {**STANDARD, "start": "\x00", "time_zone": "\x00", "shift-0-name": "\x00"},
        {**SHIFTS, "shift-0-name": "x" * 5000},
        {**STANDARD, "days": "mon"},
        {"type": "shift", **{f"shift-{n}-name": str(n) for n in range(60)}},
    ],
)
def test_nonsense_is_refused_never_a_fault(reader: Reader, alice: Any, agent: Any, typed: dict[str, Any]) -> None:
    for more in ("", "/preview"):
        assert reader(alice).post(path(agent, more), typed).status_code in (200, 302, 400)
