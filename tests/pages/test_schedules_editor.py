"""The Schedules tab's editor: the way to new hours, refusals, the preview, what deleting says."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from scheduling.models import WorkSchedule
from scheduling.selectors.schedules import effects_of_deleting
from scheduling.services import schedules
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.pages.test_hours_page import SHIFTS, STANDARD, faults
from workforce.models import Agent, AuditEvent
from workforce.rules.actors import system
from workforce.rules.refusals import Conflict
from workforce.services import holds

Reader = Callable[..., Client]
NEW = "/schedules/new"


def cards(page: Node) -> dict[str, Node]:
    """Cards by the agent's name, in their order."""
    return {card.one("h2").one("a").text: card for card in page.all("article", class_="sched")}


def chips(card: Node) -> list[str]:
    return [chip.text for chip in card.all("span", class_="chip")]


@pytest.fixture
def staff(organization: Any, pod: Any) -> Callable[..., Agent]:
    """An agent with hours: ``staff("writer-01", type="shift", …)``."""

    def hire(name: str, *, team: Any = None, **hours: Any) -> Agent:
        agent: Agent = AgentFactory(organization=organization, team=team or pod, agent_name=name)
        shifts = hours.pop("shifts", [("", 0b0011111, 540, 1020)])
        WorkScheduleFactory(agent=agent, shifts=shifts, **hours)
        return agent

    return hire


def test_the_editor_offers_only_agents_the_reader_may_give_hours(
    reader: Reader, alice: Any, lee: Any, olga: Any, vera: Any, staff: Any, agent: Any, organization: Any
) -> None:
    staff("busy-01")
    AgentFactory(organization=organization, team=TeamFactory(organization=organization), agent_name="far-01")

    def offered(person: Any, q: str = "") -> list[str]:
        found = parse(reader(person).get(f"/schedules/agents?agent={q}", headers=HTMX))
        return [option.attrs["value"] for option in found.all("option")]

    assert offered(alice) == ["far-01", "support-triage-01"]
    assert offered(alice, "TRI") == ["support-triage-01"]
    assert offered(lee) == offered(olga) == ["support-triage-01"]
    assert offered(vera) == []
    assert "busy-01" not in parse(reader(alice).get(NEW)).one("datalist", id="agents-without").text


def test_hours_are_created_for_a_named_agent(reader: Reader, alice: Any, agent: Any) -> None:
    answer = reader(alice).post(f"{NEW}?back=schedules", {**SHIFTS, "agent": "Support-Triage-01"}, follow=True)
    assert answer.redirect_chain == [("/schedules", 302)]
    assert parse(answer).one("div", class_="toast").one("span").text == "Hours of support-triage-01 saved."
    assert WorkSchedule.objects.get(agent=agent).type == "shift"
    assert AuditEvent.objects.filter(action="schedule.created", actor_id=str(alice.pk)).count() == 1


def test_in_the_dialog_it_closes_and_says_so(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    opened = parse(client.get(NEW, headers=HTMX))
    assert opened.one("dialog").one("form").attrs["hx-post"] == NEW
    answer = client.post(NEW, {**STANDARD, "agent": agent.agent_name}, headers=HTMX)
    assert answer.status_code == 200
    assert "Hours of support-triage-01 saved." in answer["HX-Trigger"]
    assert parse(answer).one("div", id="dialogs").children == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Say whose hours these are."),
        ("nobody-99", "There is no such agent in this organisation."),
        ("foreign-01", "There is no such agent in this organisation."),
        ("\x00", "Say whose hours these are."),
        ("x" * 5000, "There is no such agent in this organisation."),
        ("gone-01", "gone-01 is retired and works no more hours."),
    ],
)
def test_a_name_that_is_not_an_agent_is_refused_beside_it_with_everything_else(
    reader: Reader, alice: Any, organization: Any, other_organization: Any, typed: str, words: str
) -> None:
    AgentFactory(organization=other_organization, agent_name="foreign-01")
    AgentFactory(organization=organization, agent_name="gone-01", current_state="retired")
    answer = reader(alice).post(NEW, {**STANDARD, "agent": typed, "grace_minutes": "999"}, headers=HTMX)
    assert answer.status_code == 400
    part = parse(answer)
    assert faults(part) == [words, "Give the grace period in whole minutes, 0 to 240."]
    field = part.one("input", name="agent")
    assert "autofocus" in field.attrs
    assert part.one("small", id=field.attrs["aria-describedby"]).text == words
    assert part.one("input", name="grace_minutes").attrs["value"] == "999"
    assert not WorkSchedule.objects.exists()


def test_an_agent_with_hours_is_not_given_others(reader: Reader, alice: Any, staff: Any) -> None:
    staff("busy-01")
    answer = reader(alice).post(NEW, {**STANDARD, "agent": "busy-01", "start": "08:15"}, headers=HTMX)
    assert answer.status_code == 409
    part = parse(answer)
    assert faults(part) == ["busy-01 has working hours already. Change those."]
    assert part.one("input", name="start").attrs["value"] == "08:15"


def test_rights_are_the_services(reader: Reader, vera: Any, agent: Any) -> None:
    answer = reader(vera).post(NEW, {**STANDARD, "agent": agent.agent_name})
    assert answer.status_code == 403
    assert not WorkSchedule.objects.exists()


def test_only_the_first_fault_takes_the_focus(reader: Reader, alice: Any, agent: Any) -> None:
    typed = {**SHIFTS, "agent": agent.agent_name, "shift-1-name": "", "shift-0-end": "x", "grace_minutes": "x"}
    part = parse(reader(alice).post(NEW, typed, headers=HTMX))
    focused = [field.attrs["name"] for field in part.all("input") if "autofocus" in field.attrs]
    assert focused == ["shift-0-end"]
    wrong = [field.attrs["name"] for field in part.all("input") if field.attrs.get("aria-invalid")]
    assert wrong == ["shift-0-end", "shift-1-name", "grace_minutes"]


def test_rows_come_and_go_before_an_agent_is_named(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    answer = client.post(NEW, {**SHIFTS, "agent": "half a na", "add": "1"}, headers=HTMX)
    part = parse(answer)
    assert len(part.one("div", id="shifts").all("div", class_="shift")) == 3
    assert (part.one("input", name="agent").attrs["value"], faults(part)) == ("half a na", [])
    assert answer["HX-Trigger-After-Settle"] == "rows"
    assert (
        len(parse(client.post(NEW, {**SHIFTS, "remove": "0"})).one("div", id="shifts").all("div", class_="shift")) == 1
    )


def test_the_preview_draws_both_zones_with_a_table_each(reader: Reader, alice: Any) -> None:
    typed = {**STANDARD, "time_zone": "America/New_York"}
    part = parse(reader(alice).post("/schedules/preview", typed, headers=HTMX))
    assert [caption.text for caption in part.all("figcaption")] == [
        "Next seven days in America/New_York",
        "The same in your zone, Europe/Berlin",
    ]
    theirs, ours = (figure.one("table") for figure in part.all("figure"))
    assert [row.text for row in theirs.all("tr")][1:3] == [
        "Thursday 19 November 09:00–17:00",
        "Friday 20 November 09:00–17:00",
    ]
    assert ours.all("tr")[1].text == "Thursday 19 November 15:00–23:00"
    assert part.one("p", id="preview-said").text == "Mon–Fri 09:00–17:00, 40 h a week."
    same = parse(reader(alice).post("/schedules/preview", STANDARD))
    assert len(same.all("figure")) == 1


@pytest.mark.parametrize(
    ("zone", "day", "note"),
    [
        ("America/New_York", datetime(2026, 3, 6, 12), "Sun 8 Mar: the clocks go forward and skip 02:00 to 03:00."),
        (
            "America/New_York",
            datetime(2026, 10, 30, 12),
            "Sun 1 Nov: the clocks go back and show 01:00 to 02:00 twice.",
        ),
        ("Australia/Lord_Howe", datetime(2026, 10, 2, 12), "Sun 4 Oct: the clocks go forward and skip 02:00 to 02:30."),
        (
            "Australia/Lord_Howe",
            datetime(2026, 4, 3, 12),
            "Sun 5 Apr: the clocks go back and show 01:30 to 02:00 twice.",
        ),
    ],
)
def test_the_preview_warns_of_a_clock_change(reader: Reader, alice: Any, zone: str, day: datetime, note: str) -> None:
    with time_machine.travel(day, tick=False):
        typed = {**STANDARD, "days": ["sun"], "start": "00:00", "end": "06:00", "time_zone": zone}
        part = parse(reader(alice).post("/schedules/preview", typed))
    assert note in [p.text for p in part.all("p", class_="change")]
    warned = [p.text for p in part.all("p", class_="is-warn")]
    assert [sentence for sentence in warned if sentence.startswith(note.split(":")[0]) and "00:00–06:00" in sentence]
    assert bool(part.all("rect", class_="skipped")) == ("skip" in note)


def test_deleting_says_what_changes_now_and_that_is_what_changes(
    reader: Reader, alice: Any, organization: Any, staff: Any, actor: Any, at_now: datetime
) -> None:
    """Every standing an agent can have, told before and looked at after."""
    who = {"organization": organization, "by": actor(alice), "now": at_now}
    told = {}
    for name, status, kinds in (
        ("in-01", "clocked_in", []),
        ("out-01", "clocked_out", []),
        ("paused-01", "clocked_out", ["off_hours"]),
        ("held-01", "clocked_out", ["off_hours", "incident"]),
        ("off-01", "no_schedule", []),
    ):
        agent = staff(name, enabled=status != "no_schedule")
        Agent.objects.filter(pk=agent.pk).update(clock_status=status)
        for kind in kinds:
            holds.place(agent_id=agent.pk, kind=kind, reason=f"{kind} it is.", **{**who, "by": system("clock")})
        agent = Agent.objects.get(pk=agent.pk)
        asked = parse(reader(alice).get(f"/agents/{agent.pk}/hours/delete", headers=HTMX)).one("dialog")
        assert asked.one("h2").text == f"Delete the hours of {name}?"
        told[name] = effects_of_deleting(agent, now=at_now)
        assert all(sentence in asked.text for sentence in told[name])
        schedules.delete(schedule_id=agent.work_schedule.pk, **who)
        agent = Agent.objects.get(pk=agent.pk)
        active = {hold.kind for hold in agent.holds.active()}
        assert agent.clock_status == "no_schedule"
        assert ("Its off-hours pause ends now." in told[name]) == ("off_hours" in kinds)
        assert active == set(kinds) - {"off_hours"}
        assert any("It stays held." in sentence for sentence in told[name]) == bool(active)
        assert agent.current_state == ("paused" if active else "ready")
    assert told["in-01"][1] == "It is clocked in: its clock stops now, and its work goes on without an end."
    assert told["out-01"][1] == told["paused-01"][1] == "It is off duty, and may work from now on."
    assert told["held-01"][-1] == "It stays held. Incident: incident it is."
    assert told["off-01"][1] == "These hours are switched off, so nothing changes for it now."


def test_deleting_in_the_dialog_and_what_cannot_be_deleted(
    reader: Reader, alice: Any, staff: Any, organization: Any, actor: Any, at_now: datetime
) -> None:
    agent, kept = staff("a-01"), staff("old-01")
    answer = reader(alice).post(f"/agents/{agent.pk}/hours/delete", headers=HTMX)
    assert "Hours of a-01 deleted. It is unscheduled now." in answer["HX-Trigger"]
    assert not WorkSchedule.objects.filter(agent=agent).exists()
    Agent.objects.filter(pk=kept.pk).update(current_state="archived")
    refused = reader(alice).post(f"/agents/{kept.pk}/hours/delete", headers=HTMX)
    assert refused.status_code == 409
    with pytest.raises(Conflict) as same:
        schedules.delete(organization=organization, schedule_id=kept.work_schedule.pk, by=actor(alice), now=at_now)
    assert same.value.sentence in refused["HX-Trigger"]


def test_saving_from_the_tab_leads_back_to_it(reader: Reader, alice: Any, staff: Any) -> None:
    agent = staff("a-01")
    edit = next(a for a in parse(reader(alice).get("/schedules")).all("a") if a.attrs.get("id") == f"edit-{agent.pk}")
    answer = reader(alice).post(edit.attrs["href"], STANDARD)
    assert (answer.status_code, answer["Location"]) == (302, "/schedules")
    elsewhere = reader(alice).post(
        f"/agents/{agent.pk}/hours?back=https://evil.example", {**STANDARD, "start": "08:00"}
    )
    assert elsewhere["Location"] == "/"


def test_the_preview_says_what_the_clock_will_do(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    switches = ("enabled", "auto_wake", "enforce_clock_in", "enforce_clock_out")
    plain = {name: typed for name, typed in STANDARD.items() if name not in switches}

    def said(**change: str) -> list[str]:
        page = parse(client.post("/schedules/preview", {**plain, **change}, headers=HTMX))
        return [line.text for found in page.all("ul", id="consequences") for line in found.all("li")]

    # Boxes that are not ticked are not sent: nobody wakes it.
    assert said(enabled="on", enforce_clock_out="on", off_hours_action="pause", grace_minutes="5") == [
        "At the start nothing happens by itself: it works once somebody clocks it in.",
        "5 min after the end it is clocked out and paused until somebody clocks it in.",
    ]
    assert said(enabled="on", auto_wake="on", enforce_clock_out="on", off_hours_action="queue", grace_minutes="0")[
        1
    ] == ("At the end it is clocked out and stays as it is; new work waits for the next start.")
    assert said(grace_minutes="soon") == []
