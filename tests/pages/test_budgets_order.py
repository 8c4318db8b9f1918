"""The order of the cards: by name, by how close they are to a cap, by what they used and cost today."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.choices import CapWindow
from budgets.rules.windows import window_at
from budgets.selectors.order import begun_after
from budgets.services import meters
from tests.factories import AgentFactory
from tests.pages.html import parse
from tests.pages.spend import FLAT, UNPRICED, cap, prices, spend
from tests.support.clockwork import at
from workforce.models import Agent, Organization

Reader = Callable[..., Client]


@pytest.fixture
def hired(organization: Any, pod: Any, at_now: datetime) -> Callable[..., Agent]:
    prices(organization, at_now)

    def hire(name: str, used: int = 0, model: str = FLAT, **caps: Any) -> Agent:
        agent = AgentFactory(organization=organization, team=pod, agent_name=name)
        if caps:
            cap(agent, **caps)
        if used:
            spend(agent, used, now=at_now, model=model)
        return agent

    return hire


def order(client: Client, sort: str, more: str = "") -> list[str]:
    page = parse(client.get(f"/budgets?sort={sort}{more}"))
    assert not [p.text for p in page.all("p", class_="note") if "sort" in p.text]
    return [card.one("header").one("b").text for card in page.all("article")]


def test_closest_to_its_cap_looks_at_all_eight(reader: Reader, alice: Any, hired: Callable[..., Agent]) -> None:
    hired("a-none", 900_000)
    hired("b-untouched", daily_tokens=10)
    hired("c-daily", 300, daily_tokens=1_000, weekly_tokens=100_000)
    hired("d-annual", 890, annual_tokens=1_000, daily_tokens=100_000)
    hired("e-cost", 950, monthly_cost=Decimal(1), daily_tokens=1_000_000)
    hired("f-over", 5_000, weekly_tokens=1_000)
    hired("g-nothing-allowed", daily_cost=Decimal(0))
    hired("h-half", 500, monthly_tokens=1_000)
    client = reader(alice)
    assert order(client, "closest") == [
        "f-over", "g-nothing-allowed", "e-cost", "d-annual", "h-half", "c-daily", "b-untouched", "a-none",
    ]  # fmt: skip
    assert order(client, "closest", "&caps=none") == ["a-none"]
    assert order(client, "")[0] == "a-none"


def test_a_cap_of_yesterday_is_not_near(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime
) -> None:
    hired("a-day", 950, daily_tokens=1_000)
    hired("b-week", 500, weekly_tokens=1_000)
    hired("c-month", 400, monthly_tokens=1_000)
    hired("d-year", 300, annual_tokens=1_000)
    seen = {}
    for days in (0, 1, 4, 10, 41):
        with time_machine.travel(at_now + timedelta(days=days), tick=False):
            seen[days] = "".join(name[0] for name in order(reader(alice), "closest"))
    assert seen == {0: "abcd", 1: "bcda", 4: "cdab", 10: "cdab", 41: "dabc"}
    with time_machine.travel(at("thu 12:00") + timedelta(days=43), tick=False):
        assert order(reader(alice), "closest") == ["a-day", "b-week", "c-month", "d-year"], "the year is over too"


def test_most_used_and_dearest_today(reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime) -> None:
    hired("a", 500, "sonnet")
    hired("b", 900, UNPRICED)
    hired("c", 700, "sonnet")
    hired("d")
    east = hired("e-tomorrow")
    meters.set_zone(east, "Asia/Tokyo", now=at_now)
    spend(east, 5_000, now=at_now, model="sonnet")
    client = reader(alice)
    assert order(client, "tokens") == ["e-tomorrow", "b", "c", "a", "d"]
    assert order(client, "cost") == ["e-tomorrow", "c", "a", "b", "d"]
    with time_machine.travel(at_now + timedelta(days=1), tick=False):
        assert order(client, "tokens") == ["a", "b", "c", "d", "e-tomorrow"]


@pytest.mark.parametrize("window", list(CapWindow))
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"])
def test_a_running_window_is_told_by_its_start(window: CapWindow, zone: str) -> None:
    """At noon in the middle of a month, wherever the agent is."""
    organization = Organization(time_zone="Europe/Berlin")
    for day in range(0, 300, 7):
        now = at("thu 12:00") + timedelta(days=day)
        start, _ = window_at(window, zone, now)
        before, _ = window_at(window, zone, start - timedelta(hours=1))
        if 2 < now.day < 28:
            assert before <= begun_after(window, organization, now) < start


@pytest.mark.parametrize("sort", ["closest", "tokens", "cost"])
def test_the_database_sorts(reader: Reader, alice: Any, hired: Callable[..., Agent], sort: str) -> None:
    """A page of 24 loads 24 agents, however many there are, with as many queries."""
    client = reader(alice)

    def asked(number: int) -> int:
        for _ in range(number):
            hired(f"agent-{Agent.objects.count():03}", 10, daily_tokens=100 + Agent.objects.count())
        with CaptureQueriesContext(connection) as queries:
            page = parse(client.get(f"/budgets?sort={sort}"))
        assert len(page.all("article")) == min(Agent.objects.count(), 24)
        return len(queries)

    assert asked(3) == asked(30)
