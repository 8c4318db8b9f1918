"""The first lines and the strip: who is at a cap, what pods and all of them spent today, how long credits last."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from budgets.models import CreditAccount, SpendPolicy, UsageDay
from budgets.services import limits, meters
from tests.factories import AgentFactory, TeamFactory, UserFactory
from tests.pages.html import Node, parse
from tests.pages.spend import FLAT, UNPRICED, cap, prices, spend
from tests.support.clockwork import at
from workforce.models import Agent

Reader = Callable[..., Client]


@pytest.fixture
def hired(organization: Any, at_now: datetime) -> Callable[..., Agent]:
    prices(organization, at_now)
    SpendPolicy.objects.create(organization=organization, currency="EUR")
    pods: dict[str, Any] = {}

    def hire(name: str, pod: str = "Support", budget: str | None = None, **caps: Any) -> Agent:
        team = pods.setdefault(pod, None) or TeamFactory(organization=organization, name=pod)
        pods[pod] = team
        money = Decimal(budget) if budget else None
        agent = AgentFactory(
            organization=organization, team=team, agent_name=name, cost_budget_daily=money, current_state="ready"
        )
        if caps:
            cap(agent, **caps)
        return agent

    return hire


def strip(page: Node) -> list[str]:
    return [pod.text for pod in page.one("section", id="totals").all("li")]


def headline(page: Node) -> str:
    return page.one("h1").text


def under(page: Node) -> str:
    return page.one("div", id="headline").one("p").text


def test_pods_against_the_sum_of_their_agents_budgets(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime
) -> None:
    spend(hired("a", "Growth", "10"), 4_000, now=at_now)
    spend(hired("b", "Growth", "10.50"), 3_900, now=at_now)
    hired("c", "Idle")
    spend(hired("d", "Back office", "12"), 9_600, now=at_now)
    spend(hired("e", "Free"), 1_200, now=at_now)
    hired("f", "Waiting", "5")
    page = parse(reader(alice).get("/budgets"))
    assert strip(page) == [
        "Back office €9.60 of €12 80 %, over half",
        "Growth €7.90 of €20.50 38 %, under half",
        "Free €1.20 1.2 k tokens, no cost budget",
        "Waiting €0.00 of €5 0 %, under half",
    ]
    assert [bar.attrs["aria-label"] for bar in page.one("section", id="totals").all("progress")] == [
        "Back office: 80 %, over half", "Growth: 38 %, under half", "Waiting: 0 %, under half",
    ]  # fmt: skip
    assert under(page).startswith("€18.70 of €37.50 spent today, 49 %, under half. 18 k tokens counted today.")
    growth = next(o.attrs["value"] for o in page.all("option") if o.text == "Growth")
    assert strip(parse(reader(alice).get(f"/budgets?pod={growth}"))) == ["Growth €7.90 of €20.50 38 %, under half"]


def test_what_was_billed_and_what_is_unknown_is_said(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime
) -> None:
    agent, other = hired("a", "Growth", "10"), hired("b", "Research")
    spend(agent, 3_000, now=at_now)
    spend(agent, 1_000, now=at_now, model=FLAT)
    spend(other, 12_000, now=at_now, model=UNPRICED)
    page = parse(reader(alice).get("/budgets"))
    assert strip(page) == [
        "Growth €4.00 of €10 40 %, under half billed €3.00",
        "Research Unknown 12 k tokens, no cost budget Cost unknown for 12 k tokens",
    ]
    assert "40 %, under half, billed €3.00, cost unknown for 12 k tokens." in under(page)
    with time_machine.travel(at_now + timedelta(days=1), tick=False):
        page = parse(reader(alice).get("/budgets"))
        assert strip(page) == ["Growth €0.00 of €10 0 %, under half"]
        assert "unknown" not in under(page) and "billed" not in under(page)


def test_each_agents_day_is_its_own(reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime) -> None:
    """At 16:00 in Berlin a new day begins in Tokyo, and Berlin's goes on."""
    tokyo, berlin = hired("a", "East"), hired("b", "West")
    meters.set_zone(tokyo, "Asia/Tokyo", now=at_now)
    for agent in (tokyo, berlin):
        spend(agent, 1_000, now=at_now)
        spend(agent, 7, now=at_now, model=UNPRICED)
    with time_machine.travel(at("thu 15:59"), tick=False):
        assert len(strip(parse(reader(alice).get("/budgets")))) == 2
    with time_machine.travel(at("thu 16:00"), tick=False):
        page = parse(reader(alice).get("/budgets"))
    assert strip(page) == ["West €1.00 1 k tokens, no cost budget cost unknown for 7 tokens"]
    assert under(page).startswith("€1.00 spent today, cost unknown for 7 tokens. 1 k tokens counted today.")


def test_of_many_pods_the_dearest_are_shown(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime
) -> None:
    for number in range(12):
        spend(hired(f"a{number:02}", f"Pod {number:02}"), 100 + number, now=at_now)
    page = parse(reader(alice).get("/budgets"))
    assert [text[:6] for text in strip(page)] == [f"Pod {number:02}" for number in range(11, 1, -1)]
    assert "The dearest 10 pods of today are shown; 2 others" in page.one("section", id="totals").text


def test_the_headline_counts_who_is_paused_and_who_is_next(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime
) -> None:
    client = reader(alice)
    assert headline(parse(client.get("/budgets"))) == "No agents yet."
    hired("free")
    assert headline(parse(client.get("/budgets"))) == "No agent has a cap yet."
    calm = hired("calm", daily_tokens=1_000_000)
    spend(calm, 10_000, now=at_now)
    assert headline(parse(client.get("/budgets"))) == "No agent is at its cap, and none reaches one today."
    earlier = at_now - timedelta(hours=1)
    for name, caps in (
        ("daily", {"daily_tokens": 20_000}),
        ("in money", {"weekly_cost": Decimal(20)}),
        ("not today", {"weekly_tokens": 600_000}),
        ("over already", {"daily_tokens": 9_000, "weekly_tokens": 16_000}),
    ):
        spend(hired(name, **caps), 15_200, now=at_now, at=earlier)
        if name == "daily":
            assert headline(parse(client.get("/budgets"))) == "1 agent reaches its cap today."
        if name == "in money":
            assert headline(parse(client.get("/budgets"))) == "2 agents reach their cap today."
    assert headline(parse(client.get("/budgets"))) == "1 agent is stopped at its cap. 2 more reach theirs today."
    paused = hired("paused", daily_tokens=15_000, on_cap="pause")
    spend(paused, 15_200, now=at_now, at=earlier)
    limits.act(organization=paused.organization, agent_id=paused.pk, now=at_now)
    said = "2 agents are paused or stopped at their cap."
    assert headline(parse(client.get("/budgets"))) == f"{said} 2 more reach theirs today."
    with time_machine.travel(at_now + timedelta(hours=4), tick=False):
        assert headline(parse(client.get("/budgets"))) == said
    for number in (1, 2):
        spend(hired(f"alert {number}", monthly_tokens=10, on_cap="alert"), 20, now=at_now)
        more = ("1 works on beyond its own.", "2 work on beyond their own.")[number - 1]
        assert headline(parse(client.get("/budgets"))) == f"{said} {more} 2 more reach theirs today."


def test_the_headline_of_a_day_ends_with_it(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime
) -> None:
    client = reader(alice)
    spend(hired("a", daily_tokens=10, on_cap="alert"), 20, now=at_now)
    assert headline(parse(client.get("/budgets"))) == "1 agent works on beyond its cap."
    hired("b", daily_cost=Decimal(0), on_cap="skip")
    assert headline(parse(client.get("/budgets"))) == "1 agent is stopped at its cap. 1 works on beyond its own."
    with time_machine.travel(at_now + timedelta(days=1), tick=False):
        assert headline(parse(client.get("/budgets"))) == "1 agent is stopped at its cap."


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        ("1284.10", "Credits €1,284.10 last 12 days at this rate."),
        ("150", "Credits €150.00 last 1 day at this rate."),
        ("10", "Credits €10.00 last less than a day at this rate."),
        ("0", "Credits €0.00: nothing is left."),
        ("-3.5", "Credits −€3.50: nothing is left."),
        ("9000000", "Credits €9,000,000.00 last more than ten years at this rate."),
    ],
)
def test_how_long_credits_last(
    reader: Reader, alice: Any, hired: Callable[..., Agent], at_now: datetime, balance: str, said: str
) -> None:
    """€700 were billed in the seven days before today: €100 a day."""
    agent = hired("a")
    for days, billed in ((0, 9_999), (1, 300), (7, 400), (8, 9_999)):
        UsageDay.objects.create(
            organization=agent.organization, agent=agent, day=at_now.date() - timedelta(days=days),
            counted_tokens=1, list_cost=Decimal(9_999), billed_cost=Decimal(billed),
        )  # fmt: skip
    client = reader(alice)
    assert "Credits" not in under(parse(client.get("/budgets")))
    CreditAccount.objects.create(organization=agent.organization, balance=Decimal(balance))
    assert said in under(parse(client.get("/budgets")))


def test_without_a_rate_credits_are_only_named(
    reader: Reader, alice: Any, hired: Callable[..., Agent], organization: Any
) -> None:
    hired("a")
    CreditAccount.objects.create(organization=organization, balance=Decimal(5))
    assert "Credits €5.00. Windows turn at midnight" in under(parse(reader(alice).get("/budgets")))


def test_weights_and_the_ways_to_the_admin(reader: Reader, alice: Any, hired: Callable[..., Agent]) -> None:
    client = reader(alice)
    page = parse(client.get("/budgets"))
    assert "Counted: input 1, output 1, cache read 0.1, cache write 1." in page.one("main").text
    assert "P0 60 s, P1 180 s, P2 600 s" in page.one("main").text
    assert not [a for a in page.one("main").all("a") if a.attrs["href"].startswith("/admin")]
    type(alice).objects.filter(pk=alice.pk).update(is_staff=True)
    SpendPolicy.objects.update(cache_read_weight=Decimal("0.25"))
    page = parse(client.get("/budgets"))
    assert "cache read 0.25, cache write 1. Edit weights" in page.one("main").text
    links = {a.text: a.attrs["href"] for a in page.one("main").all("a") if a.attrs["href"].startswith("/admin")}
    assert set(links) == {"Prices", "Top up", "Edit weights"}
    root = reader(UserFactory(is_staff=True, is_superuser=True))
    assert [root.get(href).status_code for href in links.values()] == [200, 200, 200]
