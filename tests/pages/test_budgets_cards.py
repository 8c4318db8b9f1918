"""The card of an agent: bars in words and colour, what today cost, what is held, reached and on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from budgets.models import CapApproval, SpendPolicy
from budgets.services import limits, meters
from tests.factories import AgentFactory
from tests.pages.html import Node, parse
from tests.pages.spend import FLAT, UNPRICED, cap, prices, spend
from tests.support.clockwork import at
from workforce.choices import HoldKind
from workforce.models import Agent
from workforce.services import holds

Reader = Callable[..., Client]


@pytest.fixture
def euros(organization: Any, at_now: datetime) -> None:
    prices(organization, at_now)
    SpendPolicy.objects.create(organization=organization, currency="EUR")


def card(client: Client, name: str = "support-triage-01") -> Node:
    page = parse(client.get("/budgets"))
    return next(one for one in page.all("article") if one.one("header").one("b").text == name)


def lines(card: Node) -> list[tuple[str, str]]:
    """Terms and what stands beside them; more than one bar of a window are more lines."""
    found, term = [], ""
    for node in card.one("dl").walk():
        if node.tag == "dt":
            term = node.text
        elif node.tag == "dd":
            found.append((term, node.text))
    return found


def bars(card: Node) -> list[tuple[str, str, str]]:
    """Label, value and tone."""
    return [(bar.attrs["aria-label"], bar.attrs["value"], bar.attrs["class"]) for bar in card.all("progress")]


def note(card: Node) -> str:
    said = [p.text for p in card.all("p", class_="note") + card.all("p", class_="said")]
    assert len(said) <= 1
    return said[0] if said else ""


def act(agent: Agent, now: datetime) -> None:
    limits.act(organization=agent.organization, agent_id=agent.pk, now=now)


def test_bars_say_in_words_what_their_colour_says(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    spend(agent, 306_000, now=at_now, at=at_now - timedelta(hours=9))
    cap(
        agent,
        daily_tokens=300_000,
        weekly_tokens=382_499,
        monthly_tokens=612_000,
        annual_tokens=612_001,
        on_cap="alert",
    )
    shown = card(reader(alice))
    assert lines(shown)[:4] == [
        ("Daily", "306 k of 300 k 102 %, over the cap"),
        ("Weekly", "306 k of 382 k 80 %, near the cap"),
        ("Monthly", "306 k of 612 k 50 %, over half"),
        ("Annual", "306 k of 612 k 49 %, under half"),
    ]
    assert bars(shown) == [
        ("Daily: 102 %, over the cap", "100", "is-bad"),
        ("Weekly: 80 %, near the cap", "80", "is-bad"),
        ("Monthly: 50 %, over half", "50", "is-warn"),
        ("Annual: 49 %, under half", "49", "is-good"),
    ]
    assert shown.all("dd")[0].one("span", class_="row").attrs["title"] == "306,000 of 300,000 tokens"
    icons = [use.attrs["href"].split("#")[1] for use in shown.one("dl").all("use")]
    assert icons == ["breach", "breach", "risk", "healthy"]
    assert "On cap: alert" in shown.one("header").text


def test_a_window_without_a_cap_has_no_bar_and_a_cost_cap_has_its_own(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    spend(agent, 9_100, now=at_now)
    cap(agent, weekly_tokens=20_000, weekly_cost=Decimal("9.10"), annual_cost=Decimal(100), monthly_tokens=0)
    shown = card(reader(alice))
    assert lines(shown) == [
        ("Daily", "9.1 k used, no cap"),
        ("Weekly", "9.1 k of 20 k 45 %, under half"),
        ("Weekly", "€9.10 of €9.10 100 %, at the cap"),
        ("Monthly", "9.1 k of 0 nothing may be spent"),
        ("Annual", "9.1 k used, no cap"),
        ("Annual", "€9.10 of €100 9 %, under half"),
        ("Cost today", "€9.10"),
    ]
    assert [bar[1:] for bar in bars(shown)] == [
        ("45", "is-good"),
        ("100", "is-bad"),
        ("100", "is-bad"),
        ("9", "is-good"),
    ]


def test_no_caps_set_says_what_nothing_stops(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    client = reader(alice)
    assert "No caps set It used nothing today and nothing this month. Nothing stops it." in card(client).text
    assert not card(client).all("progress") and not card(client).all("dl") and "On cap" not in card(client).text
    spend(agent, 1_252_000, now=at_now, at=at_now - timedelta(days=3))
    spend(agent, 48_000, now=at_now)
    cap(agent)
    shown = card(client)
    assert "No caps set It used 48 k tokens today and 1.3 M this month. Nothing stops it." in shown.text
    assert lines(shown) == [("Cost today", "€48.00")]
    assert shown.one("a").text == "Set Caps of support-triage-01"
    assert note(shown) == ""


def test_todays_cost_stands_against_the_daily_budget(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    Agent.objects.filter(pk=agent.pk).update(cost_budget_daily=Decimal("2.50"))
    client = reader(alice)
    assert lines(card(client)) == [("Cost today", "€0.00 of €2.50 0 %, under half")]
    spend(agent, 2_100, now=at_now)
    assert lines(card(client)) == [("Cost today", "€2.10 of €2.50 84 %, near the budget")]
    spend(agent, 500, now=at_now, model=FLAT)
    assert lines(card(client)) == [("Cost today", "€2.60 of €2.50 104 %, over the budget billed €2.10")]


def test_an_unknown_cost_is_said_and_never_0(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    cap(agent, daily_tokens=1_000_000)
    spend(agent, 12_000, now=at_now, model=UNPRICED)
    client = reader(alice)
    assert lines(card(client))[-1] == ("Cost today", "Cost unknown for 12 k tokens")
    spend(agent, 300, now=at_now)
    assert lines(card(client))[-1] == ("Cost today", "€0.30 cost unknown for 12 k tokens")
    with time_machine.travel(at_now + timedelta(days=1), tick=False):
        assert lines(card(client))[-1] == ("Cost today", "€0.00")


def test_a_cost_below_a_cent_is_not_nothing(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    spend(agent, 4, now=at_now)
    assert lines(card(reader(alice))) == [("Cost today", "under €0.01")]


def test_what_is_reserved_is_shown(reader: Reader, alice: Any, agent: Agent, euros: None) -> None:
    cap(agent, daily_tokens=100_000, reserved_tokens=12_000, reserved_cost=Decimal("0.40"))
    shown = card(reader(alice))
    assert lines(shown)[-1] == ("Reserved", "12 k tokens and €0.40 for work that has begun")
    assert lines(shown)[0] == ("Daily", "0 of 100 k 0 %, under half")


def test_yesterdays_figures_are_nothing_today(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    cap(agent, daily_tokens=1_000, weekly_tokens=10_000)
    spend(agent, 900, now=at_now)
    client = reader(alice)
    assert lines(card(client))[:2] == [
        ("Daily", "900 of 1 k 90 %, near the cap"),
        ("Weekly", "900 of 10 k 9 %, under half"),
    ]
    with time_machine.travel(at("fri 00:00"), tick=False):
        assert lines(card(client))[:2] == [
            ("Daily", "0 of 1 k 0 %, under half"),
            ("Weekly", "900 of 10 k 9 %, under half"),
        ]


def test_the_day_is_that_of_the_agents_zone(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    """Midnight in Tokyo is 16:00 in Berlin, where the organisation and the reader are."""
    meters.set_zone(agent, "Asia/Tokyo", now=at_now)
    cap(agent, daily_tokens=1_000, on_cap="skip")
    spend(agent, 1_000, now=at_now)
    act(agent, at_now)
    client = reader(alice)
    assert note(card(client)) == "Stopped by its daily cap: no new work. Resets 16:00 ."
    assert "in Tokyo" in card(client).one("p", class_="note").one("time").attrs["title"]
    with time_machine.travel(at("thu 15:59"), tick=False):
        assert lines(card(client))[0] == ("Daily", "1 k of 1 k 100 %, at the cap")
    with time_machine.travel(at("thu 16:00"), tick=False):
        assert lines(card(client))[0] == ("Daily", "0 of 1 k 0 %, under half")
        assert lines(card(client))[-1] == ("Cost today", "€0.00")


def test_paused_at_its_cap_until_it_resets(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    cap(agent, daily_tokens=300_000, on_cap="pause")
    spend(agent, 306_000, now=at_now)
    act(agent, at_now)
    shown = card(reader(alice))
    assert note(shown) == (
        "Paused 14:32 by its daily cap. Resumes Fri 00:00 . Overrun 6 k tokens: usage that was already under way."
    )
    assert shown.one("p", class_="note").attrs["class"] == "note is-bad"
    assert [a.text for a in shown.one("footer").all("a")] == [
        "Raise and resume at the daily cap of support-triage-01",
        "Keep paused at the daily cap of support-triage-01",
        "Edit Caps of support-triage-01",
    ]


def test_two_caps_at_once_are_told_apart(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    cap(agent, daily_tokens=1_000, weekly_cost=Decimal(1), on_cap="skip")
    spend(agent, 1_500, now=at_now)
    act(agent, at_now)
    shown = card(reader(alice))
    assert note(shown) == (
        "Stopped by its daily cap and weekly cost cap: no new work. Resets Mon 00:00 . "
        "Overrun 500 tokens over the daily cap and €0.50 over the weekly cost cap: usage that was already under way."
    )
    assert [a.text.split(" at the ")[0] for a in shown.one("footer").all("a")[:4]] == [
        "Raise and resume (daily cap)", "Keep stopped (daily cap)",
        "Raise and resume (weekly cost cap)", "Keep stopped (weekly cost cap)",
    ]  # fmt: skip


def test_an_agent_that_only_alerts_goes_on(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    cap(agent, daily_tokens=1_000, on_cap="alert")
    spend(agent, 1_500, now=at_now)
    act(agent, at_now)
    shown = card(reader(alice))
    assert note(shown) == "At its daily cap. It goes on working. Resets Fri 00:00 . Overrun 500 tokens."
    assert [a.text for a in shown.one("footer").all("a")] == ["Edit Caps of support-triage-01"]


def test_a_cap_of_nothing_does_not_reset(reader: Reader, alice: Any, agent: Agent, euros: None) -> None:
    cap(agent, daily_tokens=0, on_cap="skip")
    assert note(card(reader(alice))) == "Stopped by its daily cap: no new work."


def test_a_person_who_holds_it_is_named(
    reader: Reader, alice: Any, agent: Agent, euros: None, actor: Any, at_now: datetime
) -> None:
    cap(agent, daily_tokens=1_000)
    holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.BUDGET, reason="Too dear.",
        until=at_now + timedelta(days=1), by=actor(alice), now=at_now,
    )  # fmt: skip
    assert note(card(reader(alice))) == "Paused 14:32 by Alice: Too dear. Until Fri 14:32 ."


def test_the_forecast_names_the_cap_that_comes_first(
    reader: Reader, alice: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    """From 12:00 on 15,200 tokens in 2 h 32 min are 6,000 an hour."""
    cap(agent, daily_tokens=31_200, weekly_tokens=30_200, monthly_tokens=600_000)
    client = reader(alice)
    assert note(card(client)) == "No cap is reached today."
    spend(agent, 15_200, now=at_now, at=at_now - timedelta(hours=1))
    assert note(card(client)) == "Reaches the weekly cap at 17:05 at this rate."
    cap(agent, weekly_tokens=None)
    assert note(card(client)) == "Reaches the daily cap at 17:15 at this rate."
    assert card(client).one("p", class_="note").attrs["class"] == "note is-warn"
    cap(agent, daily_tokens=None, weekly_tokens=300_000)
    assert note(card(client)) == "Reaches the weekly cap Sat 14:00 at this rate."
    assert not card(client).all("p", class_="note")
    cap(agent, weekly_tokens=3_000_000, monthly_tokens=None)
    assert note(card(client)) == "No cap is reached today."


def test_who_may_not_decide_sees_no_buttons(
    reader: Reader, lee: Any, olga: Any, agent: Agent, euros: None, at_now: datetime
) -> None:
    cap(agent, daily_tokens=10, on_cap="pause")
    spend(agent, 11, now=at_now)
    act(agent, at_now)
    assert CapApproval.objects.count() == 1
    assert not card(reader(lee)).one("footer").all("a")
    assert len(card(reader(olga)).one("footer").all("a")) == 3
    assert "Paused" in note(card(reader(lee)))


def test_another_organisations_spending_is_not_shown(
    reader: Reader, charlie: Any, alice: Any, agent: Agent, euros: None, other_organization: Any, at_now: datetime
) -> None:
    spend(agent, 1_000, now=at_now)
    theirs = AgentFactory(organization=other_organization, agent_name="theirs-01")
    page = parse(reader(charlie).get("/budgets"))
    assert [b.text for b in page.all("b") if b.text == theirs.agent_name] == [theirs.agent_name]
    assert "1 k" not in page.one("main").text and "€1" not in page.one("main").text
