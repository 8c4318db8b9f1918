"""The Schedules tab: cards, filters, CSV, the poll."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from scheduling.models import WorkSchedule
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from workforce.models import Agent
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


def test_a_card_says_when_how_and_what_is_next(reader: Reader, alice: Any, staff: Any) -> None:
    staff("writer-01", time_zone="America/New_York", off_hours_action="queue", enforce_clock_in=True, grace_minutes=5)
    page = parse(reader(alice).get("/schedules"))
    assert page.one("h1").text == "The one agent has hours."
    card = cards(page)["writer-01"]
    assert card.one("header").one("span", class_="badge").text == "Standard"
    assert "Mon–Fri 09:00–17:00" in card.text
    assert "America/New_York, 40 h a week" in card.text
    assert "Shift starts" in card.text or "Clocks out 23:00 in 8 h" in card.text
    assert chips(card) == ["Enforce Clock-In", "Enforce Clock-Out", "Auto-Wake", "Off-hours: queue", "Grace 5 min"]
    assert [link.text for link in card.one("footer").all("a")] == [
        "Edit hours of writer-01",
        "Delete hours of writer-01",
    ]
    chart = card.one("svg", class_="chart")
    assert chart.attrs["aria-label"] == ("Working hours of writer-01: Mon–Fri 09:00–17:00, seen in America/New_York")
    assert [(bar.attrs["y"], bar.attrs["height"]) for bar in chart.all("rect", class_="hrs")] == [("43", "24")] * 5
    assert [text.text for text in chart.all("text") if text.attrs.get("class") == "t"] == ["Thu"]


def test_shifts_keep_their_names_and_disabled_hours_say_so(reader: Reader, alice: Any, staff: Any) -> None:
    staff("a-01", type="shift", shifts=[("Early", 127, 360, 840), ("Late", 127, 840, 1320)], enabled=False)
    card = cards(parse(reader(alice).get("/schedules")))["a-01"]
    assert "Early 06:00–14:00 daily; Late 14:00–22:00 daily" in card.text
    assert "112 h a week" in card.text
    assert [badge.text for badge in card.all("span", class_="badge")] == ["Shift", "Disabled"]
    assert "These hours do nothing until they are enabled" in card.text


def test_hours_without_an_end_say_so(reader: Reader, alice: Any, staff: Any) -> None:
    staff("a-01", time_zone="UTC", shifts=[("", 127, 0, 1440)])
    assert "None, around the clock" in cards(parse(reader(alice).get("/schedules")))["a-01"].text


def test_the_first_line_counts_and_names_those_without(
    reader: Reader, alice: Any, staff: Any, organization: Any, pod: Any
) -> None:
    for number in range(20):
        staff(f"s-{number:02}", enabled=number != 3)
    for name in ("d-04", "a-01", "b-02", "c-03"):
        AgentFactory(organization=organization, team=pod, agent_name=name)
    AgentFactory(organization=organization, team=pod, agent_name="gone", current_state="retired")
    client = reader(alice)
    page = parse(client.get("/schedules"))
    assert page.one("h1").text == "20 of 24 agents have hours. 4 run without any."
    head = page.one("div", id="headline")
    assert "a-01, b-02 and 2 more run without time boundaries." in head.text
    assert "Hours of 1 agent are switched off." in head.text
    link = next(a for a in head.all("a") if a.text == "Show the 4")
    shown = parse(client.get(link.attrs["href"]))
    assert list(cards(shown)) == ["a-01", "b-02", "c-03", "d-04"]
    assert "It runs without time boundaries" in cards(shown)["a-01"].text
    assert cards(shown)["a-01"].one("footer").one("a").text == "Set hours of a-01"
    off = next(a for a in head.all("a") if a.text == "Hours of 1 agent")
    assert list(cards(parse(client.get(off.attrs["href"])))) == ["s-03"]


@pytest.mark.parametrize(
    ("with_hours", "without", "line", "who"),
    [
        (0, 0, "No agents yet.", ""),
        (0, 1, "The one agent runs without hours.", "w-00 runs without time boundaries."),
        (1, 0, "The one agent has hours.", ""),
        (2, 0, "All 2 agents have hours.", ""),
        (0, 2, "None of 2 agents has hours. 2 run without any.", "w-00 and w-01 run without time boundaries."),
        (1, 1, "1 of 2 agents has hours. 1 runs without any.", "w-00 runs without time boundaries."),
    ],
)
def test_the_first_line_reads_well_for_any_number(
    reader: Reader,
    alice: Any,
    staff: Any,
    organization: Any,
    pod: Any,
    with_hours: int,
    without: int,
    line: str,
    who: str,
) -> None:
    for number in range(with_hours):
        staff(f"s-{number:02}")
    for number in range(without):
        AgentFactory(organization=organization, team=pod, agent_name=f"w-{number:02}")
    page = parse(reader(alice).get("/schedules"))
    assert page.one("h1").text == line
    assert who in page.one("div", id="headline").text


@pytest.fixture
def mixed(staff: Any, organization: Any) -> None:
    growth = TeamFactory(organization=organization, name="Growth")
    staff("berlin-01")
    staff("berlin-02", enabled=False)
    staff("tokyo-01", team=growth, time_zone="Asia/Tokyo")
    staff("york-01", type="shift", time_zone="America/New_York", shifts=[("Day", 31, 540, 1020)])
    AgentFactory(organization=organization, team=growth, agent_name="free-01")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["berlin-01", "berlin-02", "tokyo-01", "york-01"]),
        ("?q=BERLIN-02", ["berlin-02"]),
        ("?q=growth", ["tokyo-01"]),
        ("?q=new york", ["york-01"]),
        ("?pod=Growth", ["tokyo-01"]),
        ("?type=shift", ["york-01"]),
        ("?having=disabled", ["berlin-02"]),
        ("?having=enabled&type=standard", ["berlin-01", "tokyo-01"]),
        ("?having=unscheduled", ["free-01"]),
        ("?having=unscheduled&type=shift", []),
        ("?sort=pod", ["tokyo-01", "berlin-01", "berlin-02", "york-01"]),
        ("?q=zebra", []),
    ],
)
def test_the_address_filters_and_sorts(reader: Reader, alice: Any, mixed: None, query: str, names: list[str]) -> None:
    for headers in ({}, HTMX):
        assert list(cards(parse(reader(alice).get(f"/schedules{query}", headers=headers)))) == names


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("type=weird", "“weird” is not a schedule type; all are shown."),
        ("having=some", "“some” is not one of enabled, disabled and unscheduled; all are shown."),
        ("pod=Nowhere", "There is no such pod here; all are shown."),
        ("sort=mood", "The cards do not sort by “mood”; they go by agent."),
        ("page=x", "“x” is not a page; this is the first."),
    ],
)
def test_what_the_address_says_wrongly_is_named(reader: Reader, alice: Any, mixed: None, query: str, note: str) -> None:
    page = parse(reader(alice).get(f"/schedules?{query}"))
    assert [n.text for n in page.all("p", class_="is-warn")] == [note]
    assert len(cards(page)) == 4


def test_sorted_by_what_is_next_the_held_and_the_disabled_come_last(
    reader: Reader, alice: Any, staff: Any, organization: Any, actor: Any, at_now: datetime
) -> None:
    names = ("late-01", "soon-01", "off-01", "held-01")
    agents = {name: staff(name, enabled=name != "off-01") for name in names}
    for name, hours in (("late-01", 9), ("soon-01", 1), ("held-01", 0)):
        due = at_now + timedelta(hours=hours, minutes=1)
        WorkSchedule.objects.filter(agent=agents[name]).update(clock_due_at=due)
    who = {"organization": organization, "by": actor(alice), "now": at_now}
    holds.place(agent_id=agents["held-01"].pk, kind="incident", reason="Looked into.", **who)
    page = parse(reader(alice).get("/schedules?sort=next"))
    assert list(cards(page)) == ["soon-01", "late-01", "held-01", "off-01"]


def test_cards_come_in_pages_of_24_and_the_last_page_is_the_last(reader: Reader, alice: Any, staff: Any) -> None:
    for number in range(30):
        staff(f"s-{number:02}")
    client = reader(alice)
    assert len(cards(parse(client.get("/schedules")))) == 24
    page = parse(client.get("/schedules?page=99&q=s-"))
    assert len(cards(page)) == 6
    assert page.one("a", rel="prev").attrs["href"] == "/schedules?page=1&q=s-"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Nobody has hours yet."),
        ("?q=x", "No schedule matches these filters."),
        ("?having=unscheduled", "Every agent has hours."),
    ],
)
def test_empty_says_what_to_do(reader: Reader, alice: Any, staff: Any, query: str, sentence: str) -> None:
    if "having" in query:
        staff("a-01")
    empty = parse(reader(alice).get(f"/schedules{query}")).one("div", class_="empty")
    assert sentence in empty.text
    assert empty.one("a", class_="btn").text in ("Create Schedule", "Clear filters", "Show their hours")


def test_who_may_not_change_hours_sees_cards_without_buttons(
    reader: Reader, vera: Any, lee: Any, olga: Any, staff: Any, agent: Any, organization: Any
) -> None:
    staff("mine-01")
    staff("other-01", team=TeamFactory(organization=organization, name="Growth"))
    page = parse(reader(vera).get("/schedules"))
    assert list(cards(page)) == ["mine-01", "other-01"]
    assert not page.all("a", id="create")
    assert not [card for card in cards(page).values() if card.all("footer")]
    led = parse(reader(lee).get("/schedules"))
    assert [name for name, card in cards(led).items() if card.all("footer")] == ["mine-01"]
    assert led.all("a", id="create")
    assert parse(reader(olga).get("/schedules")).all("a", id="create")


def lines(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_csv_holds_what_the_filter_matches(reader: Reader, alice: Any, staff: Any, mixed: None, agent: Any) -> None:
    for number in range(30):
        staff(f"=s-{number:02}")
    client = reader(alice)
    answer = client.get("/schedules.csv?q=york")
    assert answer["Content-Disposition"] == 'attachment; filename="punchcard-schedules.csv"'
    head, line = lines(answer)
    assert dict(zip(head, line, strict=True)) == {
        "Agent": "york-01",
        "Pod": "Support",
        "Type": "Shift",
        "Hours": "Day 09:00–17:00 Mon–Fri",
        "Time zone": "America/New_York",
        "Minutes a week": "2400",
        "Next event": line[6],
        "Next event at": line[7],
        "Enforce Clock-In": "No",
        "Enforce Clock-Out": "Yes",
        "Auto-Wake": "Yes",
        "Enabled": "Yes",
        "Off-hours action": "Pause",
        "Grace minutes": "10",
    }
    assert len(lines(client.get("/schedules.csv?q=s-&page=2"))) == 31
    assert lines(client.get("/schedules.csv?q=s-00"))[1][0] == "'=s-00"
    assert [line[0] for line in lines(client.get("/schedules.csv?having=unscheduled"))[1:]] == [
        "free-01",
        "support-triage-01",
    ]


def test_foreign_hours_are_nowhere(reader: Reader, alice: Any, other_organization: Any, staff: Any) -> None:
    staff("mine-01")
    foreign = WorkScheduleFactory(agent=AgentFactory(organization=other_organization, agent_name="foreign-01")).agent
    AgentFactory(organization=other_organization, agent_name="foreign-02")
    client = reader(alice)
    for path in ("/schedules", "/schedules/live", "/schedules?having=unscheduled", "/schedules/agents?agent=foreign"):
        assert "foreign" not in client.get(path).content.decode()
    assert [line[0] for line in lines(client.get("/schedules.csv"))] == ["Agent", "mine-01"]
    assert client.get(f"/agents/{foreign.pk}/hours/delete").status_code == 404


def ask(client: Client, etag: str = "", rows: str = "") -> Any:
    return client.get("/schedules/live", headers={**HTMX, "If-None-Match": etag, "X-Rows": rows})


def test_the_poll_is_304_until_something_shown_changes(
    reader: Reader, alice: Any, staff: Any, at_now: datetime
) -> None:
    agent = staff("a-01")
    staff("b-01")
    client = reader(alice)
    first = ask(client)
    assert ask(client, first["ETag"]).status_code == 304
    with time_machine.travel(at_now + timedelta(minutes=9), tick=False):
        assert ask(client, first["ETag"]).status_code == 304
    keys = parse(client.get("/schedules")).one("div", id="rows").attrs["data-keys"]
    agent.work_schedule.shifts.update(end_minute=1000)
    changed = ask(client, first["ETag"], keys)
    assert changed.status_code == 200
    swapped = parse(changed)
    assert [card.attrs["hx-swap-oob"] for card in swapped.all("article")] == ["true", "true"]
    versions = {name: card.attrs["data-v"] for name, card in cards(parse(client.get("/schedules"))).items()}
    assert {name: card.attrs["data-v"] for name, card in cards(swapped).items()} == versions
    staff("c-01")
    whole = parse(ask(client, changed["ETag"], keys))
    assert whole.one("div", id="schedules").attrs["hx-swap-oob"] == "true"
    assert len(cards(whole)) == 3
    for field, value in (("grace_minutes", 3), ("auto_wake", False), ("off_hours_action", "stop"), ("enabled", False)):
        before = ask(client)["ETag"]
        WorkSchedule.objects.filter(agent=agent).update(**{field: value})
        assert ask(client, before).status_code == 200, field


def test_every_tab_is_in_the_rail(reader: Reader, alice: Any) -> None:
    rail = parse(reader(alice).get("/schedules")).one("nav", class_="rail")
    keys = {a.attrs["data-go"]: a.text for a in rail.all("a") if "data-go" in a.attrs}
    assert keys["o"] == "Overview"
    assert (keys["s"], keys["h"]) == ("Schedules", "History")
    assert [a.text for a in rail.all("a") if a.attrs.get("aria-current")] == ["Schedules"]
