"""Budgets: filters in the address, the download, a form of caps that keeps what was typed, and who may use it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from budgets.models import Caps
from budgets.rules.caps import NOT_MONEY, NOT_ON_CAP, NOT_TOKENS, TOO_DEAR, TOO_FINE, TOO_MANY
from tests.factories import AgentFactory, TeamFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.pages.spend import FLAT, UNPRICED, cap, prices, spend
from workforce.models import AuditEvent

Reader = Callable[..., Client]
TOKENS = ["daily_tokens", "weekly_tokens", "monthly_tokens", "annual_tokens"]
COSTS = ["daily_cost", "weekly_cost", "monthly_cost", "annual_cost"]


def cards(page: Node) -> dict[str, Node]:
    return {card.one("header").one("b").text: card for card in page.all("article")}


def notes(page: Node) -> list[str]:
    return [p.text for p in page.all("p", class_="note")]


def form(agent: Any) -> str:
    return f"/budgets/{agent.pk}"


def values(page: Node) -> dict[str, str]:
    return {
        i.attrs["name"]: i.attrs.get("value", "") for i in page.all("input") if i.attrs.get("name") in (*TOKENS, *COSTS)
    }


def field_faults(page: Node) -> dict[str, list[str]]:
    """Of every field that has any."""
    fields = page.all("label", class_="field")
    named = {(f.all("input") + f.all("select"))[0].attrs["name"]: [s.text for s in f.all("small")] for f in fields}
    return {name: said for name, said in named.items() if said}


@pytest.mark.parametrize(("who", "may"), [("alice", True), ("olga", True), ("lee", False), ("vera", False)])
def test_edit_caps_is_offered_to_who_may(
    reader: Reader, request: pytest.FixtureRequest, agent: Any, who: str, may: bool
) -> None:
    client = reader(request.getfixturevalue(who))
    links = cards(parse(client.get("/budgets")))["support-triage-01"].all("a")
    assert [link.attrs["href"] for link in links] == ([form(agent)] if may else [])
    assert client.get(form(agent)).status_code == (200 if may else 403)
    posted = client.post(form(agent), {"daily_tokens": "5"})
    assert posted.status_code == (302 if may else 403)
    assert Caps.objects.exists() == may


def test_the_form_is_a_page_without_a_script(reader: Reader, alice: Any, agent: Any) -> None:
    Caps.objects.create(
        agent=agent,
        daily_tokens=300_000,
        annual_tokens=0,
        weekly_cost=Decimal("12.50"),
        annual_cost=9000,
        on_cap="pause",
    )
    client = reader(alice)
    page = parse(client.get(form(agent)))
    assert page.one("h1").text == "Caps of support-triage-01"
    labels = [label.one("span").text for label in page.all("label", class_="field")]
    assert labels == [
        "Daily Token Cap", "Daily Cost Cap", "Weekly Token Cap", "Weekly Cost Cap", "Monthly Token Cap",
        "Monthly Cost Cap", "Annual Token Cap", "Annual Cost Cap", "On Cap",
    ]  # fmt: skip
    assert values(page) == {
        "daily_tokens": "300,000", "weekly_tokens": "", "monthly_tokens": "", "annual_tokens": "0",
        "daily_cost": "", "weekly_cost": "12.50", "monthly_cost": "", "annual_cost": "9,000",
    }  # fmt: skip
    assert [o.attrs["value"] for o in page.all("option") if "selected" in o.attrs] == ["pause"]
    typed = {"weekly_tokens": " 1 500 000 ", "annual_tokens": "", "daily_cost": "1,200.05", "on_cap": "alert"}
    answer = client.post(form(agent), {**values(page), **typed}, follow=True)
    assert answer.redirect_chain == [("/budgets", 302)]
    assert parse(answer).one("div", class_="toast").one("span").text == "Caps of support-triage-01 saved."
    kept = Caps.objects.get()
    assert (kept.daily_tokens, kept.weekly_tokens, kept.annual_tokens) == (300_000, 1_500_000, None)
    assert (kept.daily_cost, kept.weekly_cost, kept.monthly_cost) == (Decimal("1200.05"), Decimal("12.5"), None)
    assert kept.on_cap == "alert"
    assert AuditEvent.objects.get(action="caps.changed").actor_label == "Alice"


def test_the_dialog_comes_to_htmx_and_the_card_follows(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    asked = client.get(form(agent), headers=HTMX)
    assert "HX-Request" in asked["Vary"]
    dialog = parse(asked).one("dialog")
    assert dialog.one("h2").text == "Caps of support-triage-01"
    answer = client.post(form(agent), {"daily_tokens": "7", "on_cap": "pause"}, headers=HTMX)
    page = parse(answer)
    assert not page.all("dialog") and not page.all("html")
    card = cards(page)["support-triage-01"]
    assert "0 of 7" in card.text and "On cap: pause" in card.text
    assert page.one("h1").text == "No agent is at its cap, and none reaches one today."
    said = json.loads(answer["HX-Trigger"])["toast"]
    assert said == {"text": "Caps of support-triage-01 saved.", "bad": False}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_faults_stand_at_their_fields_and_what_was_typed_stays(
    reader: Reader, alice: Any, agent: Any, headers: dict[str, str]
) -> None:
    sent = {
        "daily_tokens": "<b>lots</b>", "weekly_tokens": "9" * 19, "monthly_tokens": "1,5", "annual_tokens": "12",
        "daily_cost": "-1", "weekly_cost": "0.00001", "monthly_cost": "1e3", "annual_cost": "99999999999",
    }  # fmt: skip
    answer = reader(alice).post(form(agent), {**sent, "on_cap": "shout"}, headers=headers)
    assert answer.status_code == 400
    page = parse(answer)
    assert values(page) == sent
    assert field_faults(page) == {
        "daily_tokens": [NOT_TOKENS],
        "weekly_tokens": [TOO_MANY],
        "monthly_tokens": [NOT_TOKENS],
        "daily_cost": [NOT_MONEY],
        "weekly_cost": [TOO_FINE],
        "monthly_cost": [NOT_MONEY],
        "annual_cost": [TOO_DEAR],
        "on_cap": [NOT_ON_CAP],
    }
    assert not Caps.objects.exists()


def test_whatever_is_posted_is_answered(reader: Reader, alice: Any, agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=3)
    client = reader(alice)
    assert client.post(form(agent), {"daily_tokens": "9" * 5_000}).status_code == 400
    assert client.post(form(agent), {"daily_tokens": "\x00-"}).status_code == 400
    assert client.post(form(agent), {}).status_code == 302
    assert Caps.objects.get().daily_tokens == 3
    assert client.delete(form(agent)).status_code == 405


def test_agents_that_are_not_there_or_gone(
    reader: Reader, alice: Any, organization: Any, pod: Any, other_organization: Any
) -> None:
    foreign = AgentFactory(organization=other_organization, team=TeamFactory(organization=other_organization))
    gone = AgentFactory(organization=organization, team=pod, current_state="archived")
    client = reader(alice)
    assert client.get(form(foreign)).status_code == client.post(form(foreign), {}).status_code == 404
    assert client.get(form(gone)).status_code == client.post(form(gone), {"daily_tokens": "1"}).status_code == 409
    assert cards(parse(client.get("/budgets"))) == {}


@pytest.fixture
def fleet(organization: Any, agent: Any) -> None:
    growth = TeamFactory(organization=organization, name="Growth")
    writer = AgentFactory(organization=organization, team=growth, agent_name="writer-01")
    AgentFactory(organization=organization, team=growth, agent_name="=cmd()")
    Caps.objects.create(agent=writer, monthly_tokens=9)
    Caps.objects.create(agent=agent)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["=cmd()", "support-triage-01", "writer-01"]),
        ("?q=WRIT", ["writer-01"]),
        ("?q=growth", ["=cmd()", "writer-01"]),
        ("?pod=Support", ["support-triage-01"]),
        ("?caps=set", ["writer-01"]),
        ("?caps=none", ["=cmd()", "support-triage-01"]),
        ("?caps=none&pod=growth", ["=cmd()"]),
        ("?q=nobody", []),
    ],
)
def test_the_address_holds_the_filters(reader: Reader, alice: Any, fleet: None, query: str, found: list[str]) -> None:
    client = reader(alice)
    page = parse(client.get(f"/budgets{query}"))
    assert list(cards(page)) == found
    assert notes(page) == []
    assert list(cards(parse(client.get(f"/budgets{query}", headers=HTMX)))) == found
    lines = csv.reader(io.StringIO(b"".join(client.get(f"/budgets.csv{query}").streaming_content).decode()))
    assert [line[0].lstrip("'") for line in lines][1:] == found


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("caps=many", "“many” is not a choice of caps; all are shown."),
        ("pod=zebra", "There is no such pod here; all are shown."),
        ("sort=taste", "The cards do not sort by “taste”; they go by name."),
        ("page=0", "“0” is not a page; this is the first."),
        ("page=9999999", "“9999999” is not a page; this is the first."),
        ("page=99", None),
    ],
)
def test_what_cannot_be_understood_is_named_and_passed_over(
    reader: Reader, alice: Any, fleet: None, query: str, note: str | None
) -> None:
    page = parse(reader(alice).get(f"/budgets?{query}"))
    assert notes(page) == ([note] if note else [])
    assert len(cards(page)) == 3


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_the_download_has_every_figure_and_runs_nothing(
    reader: Reader, alice: Any, fleet: None, organization: Any, at_now: datetime
) -> None:
    writer = Caps.objects.get(monthly_tokens=9).agent
    prices(organization, at_now)
    type(writer).objects.filter(pk=writer.pk).update(cost_budget_daily=Decimal("2.50"))
    cap(writer, on_cap="pause", weekly_cost=Decimal("0.75"))
    spend(writer, 1_234, now=at_now)
    spend(writer, 766, now=at_now, model=FLAT)
    spend(writer, 50, now=at_now, model=UNPRICED)
    answer = reader(alice).get("/budgets.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="punchcard-budgets.csv"'
    lines = table(answer)
    assert lines[0]["Agent"] == "'=cmd()"
    assert lines[2] == {
        "Agent": "writer-01", "Pod": "Growth", "Tier": "P1", "Zone": "Europe/Berlin", "On Cap": "Pause",
        **{f"{window} Tokens Used": "2050" for window in ("Daily", "Weekly", "Monthly", "Annual")},
        "Daily Token Cap": "", "Weekly Token Cap": "", "Monthly Token Cap": "9", "Annual Token Cap": "",
        **{f"{window} Cost": "2" for window in ("Daily", "Weekly", "Monthly", "Annual")},
        "Daily Cost Cap": "", "Weekly Cost Cap": "0.75", "Monthly Cost Cap": "", "Annual Cost Cap": "",
        "Reserved Tokens": "0", "Daily Cost Budget": "2.5", "Billed Today": "1.234",
        "Tokens Of Unknown Cost Today": "50", "Currency": "USD",
    }  # fmt: skip


def test_a_cost_that_is_not_known_is_empty_in_the_download(
    reader: Reader, alice: Any, agent: Any, at_now: datetime
) -> None:
    spend(agent, 50, now=at_now, model=UNPRICED)
    (line,) = table(reader(alice).get("/budgets.csv"))
    assert (line["Daily Cost"], line["Billed Today"], line["Tokens Of Unknown Cost Today"]) == ("", "", "50")
    assert (line["Daily Tokens Used"], line["On Cap"]) == ("50", "")


def test_empty_says_what_to_do_next(reader: Reader, alice: Any, organization: Any, agent: Any) -> None:
    client = reader(alice)
    assert parse(client.get("/budgets?q=zebra")).one("div", class_="empty").one("a").attrs["href"] == "/budgets"
    type(agent).objects.filter(pk=agent.pk).update(current_state="retired")
    page = parse(client.get("/budgets"))
    assert page.one("h1").text == "No agents yet."
    assert "HR hires agents" in page.one("div", class_="empty").text


def test_pages_of_24(reader: Reader, alice: Any, organization: Any, pod: Any) -> None:
    for number in range(50):
        AgentFactory(organization=organization, team=pod, agent_name=f"a{number:02}")
    client, whole, address = reader(alice), [], "/budgets?q=a"
    while address:
        page = parse(client.get(address))
        whole.append(list(cards(page)))
        links = page.all("a", rel="next")
        address = f"{links[0].attrs['href']}" if links else ""
    assert [len(names) for names in whole] == [24, 24, 2]
    assert sum(whole, []) == [f"a{number:02}" for number in range(50)]


def test_another_organisations_caps_are_not_shown(reader: Reader, charlie: Any, fleet: None) -> None:
    client = reader(charlie)
    assert cards(parse(client.get("/budgets"))) == {}
    assert b"writer-01" not in b"".join(client.get("/budgets.csv").streaming_content)


@pytest.mark.parametrize("path", ["/budgets", "/budgets/{agent}"])
def test_the_rail_says_where_one_is(reader: Reader, alice: Any, agent: Any, path: str) -> None:
    page = parse(reader(alice).get(path.format(agent=agent.pk)))
    here = [link.attrs["href"] for link in page.one("nav", class_="rail").all("a") if "aria-current" in link.attrs]
    assert here == ["/budgets"]
