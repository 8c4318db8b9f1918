"""The open Budgets tab asks every few seconds: 304 while nothing changed, the smallest parts when something did."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.models import CreditAccount
from budgets.services import limits
from tests.factories import AgentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.pages.spend import UNPRICED, cap, prices, spend
from workforce.models import Agent

Reader = Callable[..., Client]


def ask(client: Client, etag: str = "", rows: str = "", query: str = "") -> Any:
    headers = {**HTMX, **({"If-None-Match": etag} if etag else {}), **({"X-Rows": rows} if rows else {})}
    return client.get(f"/budgets/live{query}", headers=headers)


def keys(client: Client, query: str = "") -> str:
    return parse(client.get(f"/budgets{query}")).one("div", id="rows").attrs["data-keys"]


def ids(page: Node) -> set[str]:
    return {node.attrs["id"] for node in page.walk() if "hx-swap-oob" in node.attrs}


@pytest.fixture
def spender(organization: Any, agent: Agent, at_now: datetime) -> Agent:
    prices(organization, at_now)
    cap(agent, daily_tokens=100_000, on_cap="pause")
    return agent


def test_unchanged_is_304_without_a_body(reader: Reader, alice: Any, spender: Agent, at_now: datetime) -> None:
    client = reader(alice)
    spend(spender, 10, now=at_now, at=at_now - timedelta(hours=4))
    first = ask(client)
    again = ask(client, first["ETag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    with time_machine.travel(at_now + timedelta(minutes=9), tick=False):
        assert ask(client, first["ETag"]).status_code == 304


def test_each_thing_that_shows_changes_the_answer(
    reader: Reader, alice: Any, spender: Agent, at_now: datetime, organization: Any
) -> None:
    client = reader(alice)
    etag = ask(client)["ETag"]

    def changed() -> bool:
        nonlocal etag
        answer = ask(client, etag)
        etag = answer["ETag"]
        return bool(answer.status_code == 200)

    spend(spender, 1_000, now=at_now)
    assert changed()
    spend(spender, 1_000, now=at_now, model=UNPRICED)
    assert changed()
    cap(spender, reserved_tokens=500)
    assert changed()
    cap(spender, weekly_cost=Decimal(7))
    assert changed()
    Agent.objects.filter(pk=spender.pk).update(cost_budget_daily=Decimal(9))
    assert changed()
    spend(spender, 100_000, now=at_now)
    limits.act(organization=organization, agent_id=spender.pk, now=at_now)
    assert changed()
    CreditAccount.objects.create(organization=organization, balance=Decimal(5))
    assert changed()
    AgentFactory(organization=organization, team=spender.team, agent_name="new-01")
    assert changed()
    assert not changed()


def test_the_same_cards_come_one_by_one(reader: Reader, alice: Any, spender: Agent, at_now: datetime) -> None:
    client = reader(alice)
    rows = keys(client)
    spend(spender, 1_000, now=at_now)
    page = parse(ask(client, rows=rows))
    assert ids(page) == {"headline", "totals", f"caps-{spender.pk}"}
    assert "1 k of 100 k" in page.one("article").text


def test_other_cards_or_another_order_come_whole(
    reader: Reader, alice: Any, spender: Agent, organization: Any, at_now: datetime
) -> None:
    other = AgentFactory(organization=organization, team=spender.team, agent_name="a-other")
    cap(other, daily_tokens=1_000)
    client = reader(alice)
    rows = keys(client, "?sort=closest")
    spend(spender, 1_000, now=at_now)
    page = parse(ask(client, rows=rows, query="?sort=closest"))
    assert ids(page) == {"headline", "totals", "budgets", "facts"}
    assert [card.one("b").text for card in page.all("article")] == ["support-triage-01", "a-other"]
    assert not [card for card in page.all("article") if "hx-swap-oob" in card.attrs]


def test_the_filter_is_part_of_the_question(reader: Reader, alice: Any, spender: Agent) -> None:
    client = reader(alice)
    etag = ask(client)["ETag"]
    assert ask(client, etag, query="?q=zebra").status_code == 200
    assert not parse(ask(client, query="?q=zebra")).all("article")


def test_a_filter_brings_the_strip_along(reader: Reader, alice: Any, spender: Agent) -> None:
    page = parse(reader(alice).get("/budgets?q=triage", headers=HTMX))
    assert ids(page) == {"facts", "totals"} and len(page.all("article")) == 1


def test_strangers_and_people_of_elsewhere(reader: Reader, charlie: Any, spender: Agent) -> None:
    assert ask(Client()).status_code in (302, 200) and not parse(ask(Client())).all("article")
    assert not parse(ask(reader(charlie))).all("article")


def _house(organization: Any, count: int, now: datetime) -> Client:
    """A manager's client, and so many agents, pods, zones, caps that are near, approvals and odd costs."""
    manager = UserFactory()
    MembershipFactory(organization=organization, user=manager)
    prices(organization, now)
    CreditAccount.objects.create(organization=organization, balance=Decimal(1_000_000))
    for number in range(count):
        team = TeamFactory(organization=organization, lead_user=manager)
        for kind in ("pause", "skip", "alert", "coming", "unknown", "bare"):
            agent = AgentFactory(organization=organization, team=team, cost_budget_daily=5, current_state="ready")
            caps = {"daily_tokens": 1_900, "on_cap": "skip" if kind == "coming" else kind}
            if kind == "coming":
                caps["daily_tokens"] = 4_000
            if kind in ("pause", "skip", "alert", "coming"):
                cap(agent, **caps)
            spend(agent, 2_000 + number, now=now, model=UNPRICED if kind == "unknown" else "sonnet")
            limits.act(organization=organization, agent_id=agent.pk, now=now)
    client = Client()
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    "path", ["/budgets", "/budgets/live", "/budgets?sort=closest", "/budgets?caps=set", "/budgets.csv"]
)
def test_more_of_everything_takes_no_more_queries(
    organization: Any, other_organization: Any, at_now: datetime, path: str
) -> None:
    def queries(client: Client) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
            b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200
        return len(asked)

    few, many = queries(_house(organization, 1, at_now)), queries(_house(other_organization, 5, at_now))
    assert few == many <= 27
