"""The search in the header: pages, agents and tasks by a few letters, each only where one may see it (spec U7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.support.work import give
from workforce.models import Agent
from workforce.selectors import search as bounds

Reader = Callable[..., Client]


def found(page: Node) -> dict[str, list[str]]:
    """What is offered, under the heading it stands below."""
    names = [heading.text for heading in page.all("h3", class_="legend")]
    lists = [[link.one("span").text for link in listed.all("a")] for listed in page.all("ul")]
    return dict(zip(names, lists, strict=True))


def ask(client: Client, q: str) -> dict[str, list[str]]:
    answer = client.get("/search", {"q": q}, headers=HTMX)
    assert answer.status_code == 200
    return found(parse(answer))


@pytest.fixture
def fleet(organization: Any, agent: Agent, pod: Any, at_now: datetime) -> Agent:
    writer = AgentFactory(organization=organization, team=pod, agent_name="invoice-writer-01")
    AgentFactory(organization=organization, team=pod, agent_name="writer-02")
    give(writer, "Write the invoices of May", now=at_now)
    give(agent, "Budget for the writer", now=at_now)
    return writer


def test_it_finds_agents_and_tasks_by_every_word(reader: Reader, alice: Any, fleet: Agent) -> None:
    client = reader(alice)
    assert ask(client, "WRIT") == {
        "Agents": ["writer-02", "invoice-writer-01"],
        "Tasks": ["Budget for the writer", "Write the invoices of May"],
    }
    assert ask(client, "invoice  01") == {"Agents": ["invoice-writer-01"]}
    assert ask(client, "may write") == {"Tasks": ["Write the invoices of May"]}


def test_it_finds_pages_and_things_to_do(reader: Reader, alice: Any, fleet: Agent) -> None:
    client = reader(alice)
    everywhere = ask(client, "")["Go to"]
    assert everywhere[:6] == ["Overview", "Schedules", "Task Queue", "Workstreams", "Budgets", "Clock History"]
    assert "Admin" not in everywhere
    assert ask(client, "bud") == {"Go to": ["Budgets"], "Tasks": ["Budget for the writer"]}
    assert ask(client, "create t")["Go to"] == ["Create Task"]
    assert ask(client, "holiday")["Go to"] == ["Planned leave"]
    alice.is_staff = True
    alice.save(update_fields=["is_staff"])
    assert "Admin" in ask(client, "")["Go to"]


def test_every_place_is_one(reader: Reader, alice: Any, fleet: Agent) -> None:
    alice.is_staff = True
    alice.save(update_fields=["is_staff"])
    client = reader(alice)
    links = [link.attrs["href"] for link in parse(client.get("/search", headers=HTMX)).all("a")]
    assert len(links) == 13
    for link in links:
        assert client.get(link).status_code == 200, link


def test_a_whole_id_finds_that_one_thing(reader: Reader, alice: Any, fleet: Agent, at_now: datetime) -> None:
    client = reader(alice)
    task = give(fleet, "By its id", now=at_now)
    assert ask(client, str(task.pk)) == {"Tasks": ["By its id"]}
    assert ask(client, str(fleet.pk)) == {"Agents": ["invoice-writer-01"]}


def test_nothing_of_another_organisation(reader: Reader, charlie: Any, alice: Any, fleet: Agent) -> None:
    client = reader(charlie)
    for q in ("writ", str(fleet.pk)):
        assert ask(client, q) == {}
    said = parse(client.get("/search", {"q": "writ"}, headers=HTMX)).one("p").text
    assert said == "No page, agent or task is called “writ”."


def test_without_a_script_it_is_a_page(reader: Reader, alice: Any, fleet: Agent) -> None:
    client = reader(alice)
    page = parse(client.get("/search", {"q": "writ"}))
    assert page.one("h1").text == "Found for “writ”"
    assert page.one("main").one("input", name="q").attrs["value"] == "writ"
    listed = page.one("section", class_="found")
    assert [link.one("span").text for link in listed.all("a")][:2] == ["writer-02", "invoice-writer-01"]
    assert parse(client.get("/search", {"q": "zebra"})).one("h1").text == "Nothing is called “zebra”"
    assert parse(client.get("/search")).one("h1").text == "Where to?"


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", "<script>alert(1)</script>", "x" * 5_000, "0" * 32])
def test_whatever_is_typed_is_answered(reader: Reader, alice: Any, fleet: Agent, q: str) -> None:
    answer = reader(alice).get("/search", {"q": q}, headers=HTMX)
    assert answer.status_code == 200
    assert not found(parse(answer)).get("Tasks")
    assert "<script>" not in answer.content.decode()


def test_it_costs_the_same_however_many_there_are(
    reader: Reader, alice: Any, fleet: Agent, at_now: datetime, monkeypatch: Any
) -> None:
    client = reader(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as done:
            client.get("/search", {"q": "writ"}, headers=HTMX)
        return len(done)

    queries()
    before = queries()
    for number in range(8):
        give(fleet, f"Write {number}", now=at_now + timedelta(minutes=1))
        AgentFactory(organization=fleet.organization, team=fleet.team, agent_name=f"writer-1{number}")
    assert queries() == before
    assert [len(names) for names in ask(client, "writ").values()] == [6, 6]
    monkeypatch.setattr(bounds, "SEARCHED", 1)
    assert ask(client, "invoices") == {}, "older tasks than so many are not looked at"
