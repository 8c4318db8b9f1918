"""A cap that is reached: raised or kept from its card, with a reason, by those who may."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from budgets.models import CapApproval, Caps
from budgets.services import limits
from budgets.services.approvals import GIVE_A_CAP, SAY_WHY
from tests.factories import AgentFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.pages.spend import cap, prices, spend
from workforce.models import Agent, AuditEvent

Reader = Callable[..., Client]


@pytest.fixture
def waiting(organization: Any, agent: Agent, at_now: datetime) -> CapApproval:
    """306,000 of 300,000 tokens; the agent is paused."""
    prices(organization, at_now)
    Agent.objects.filter(pk=agent.pk).update(current_state="ready")
    cap(agent, daily_tokens=300_000, on_cap="pause")
    spend(agent, 306_000, now=at_now)
    limits.act(organization=organization, agent_id=agent.pk, now=at_now)
    return CapApproval.objects.get()


def path(approval: Any, deed: str) -> str:
    return f"/budgets/approvals/{approval.pk}/{deed}"


def faults(page: Node) -> dict[str, list[str]]:
    fields = page.all("label", class_="field")
    named = {(f.all("input") + f.all("textarea"))[0].attrs["name"]: [s.text for s in f.all("small")] for f in fields}
    return {name: said for name, said in named.items() if said}


def test_it_is_raised_on_a_page_without_a_script(
    reader: Reader, alice: Any, agent: Agent, waiting: CapApproval
) -> None:
    client = reader(alice)
    page = parse(client.get(path(waiting, "raise")))
    assert page.one("h1").text == "Raise the daily cap of support-triage-01"
    assert "306,000 tokens used of 300,000." in page.one("form", method="post", class_="narrow").text
    assert any(a.attrs.get("aria-current") == "page" and a.attrs["href"] == "/budgets" for a in page.all("a"))
    answer = client.post(path(waiting, "raise"), {"cap": "400 000", "reason": " Month's end. "}, follow=True)
    assert answer.redirect_chain == [("/budgets", 302)]
    page = parse(answer)
    assert page.one("div", class_="toast").one("span").text == "The daily cap of support-triage-01 is raised."
    assert "306 k of 400 k" in page.one("article").text and "Paused" not in page.one("article").text
    waiting.refresh_from_db()
    assert (waiting.status, waiting.raised_to, waiting.reason) == ("raised", 400_000, "Month's end.")
    assert not agent.holds.active().exists()
    assert AuditEvent.objects.filter(actor_label="Alice", reason="Month's end.").exists()


def test_it_is_kept_and_the_card_says_by_whom(reader: Reader, alice: Any, agent: Agent, waiting: CapApproval) -> None:
    client = reader(alice)
    dialog = parse(client.get(path(waiting, "keep"), headers=HTMX)).one("dialog")
    assert dialog.one("h2").text == "Keep the daily cap of support-triage-01"
    assert [f.attrs["name"] for f in dialog.all("textarea")] == ["reason"] and not dialog.all("input", name="cap")
    answer = client.post(path(waiting, "keep"), {"reason": "It loops."}, headers=HTMX)
    said = json.loads(answer["HX-Trigger"])["toast"]
    assert said == {"text": "The daily cap of support-triage-01 stays as it is.", "bad": False}
    card = parse(answer).one("article")
    assert "Alice keeps it so: It loops." in card.one("p", class_="note").text
    assert [a.text for a in card.one("footer").all("a")] == ["Edit Caps of support-triage-01"]
    assert agent.holds.active().count() == 1 and not parse(answer).all("dialog")


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("cap_typed", "reason", "found"),
    [
        ("", "", {"cap": [GIVE_A_CAP], "reason": [SAY_WHY]}),
        ("306,000", "Why not.", {"cap": ["Give more than 306,000 tokens: 306,000 are spent of 300,000."]}),
        ("1.5", "Why not.", {"cap": ["Give whole tokens, 0 or more, or leave it empty for no cap."]}),
        ("400000", "   ", {"reason": [SAY_WHY]}),
    ],
)
def test_faults_stand_at_their_fields_and_what_was_typed_stays(
    reader: Reader,
    alice: Any,
    waiting: CapApproval,
    headers: dict[str, str],
    cap_typed: str,
    reason: str,
    found: dict[str, list[str]],
) -> None:
    answer = reader(alice).post(path(waiting, "raise"), {"cap": cap_typed, "reason": reason}, headers=headers)
    page = parse(answer)
    assert (answer.status_code, faults(page)) == (400, found)
    assert page.one("input", name="cap").attrs["value"] == cap_typed
    assert page.one("textarea").text == reason.strip()
    assert Caps.objects.get().daily_tokens == 300_000
    waiting.refresh_from_db()
    assert waiting.status == "open"


def test_a_cost_cap_is_raised_in_money(
    reader: Reader, alice: Any, agent: Agent, organization: Any, at_now: datetime
) -> None:
    prices(organization, at_now)
    cap(agent, weekly_cost=Decimal("2.50"), on_cap="skip")
    spend(agent, 3_125, now=at_now)
    limits.act(organization=organization, agent_id=agent.pk, now=at_now)
    approval = CapApproval.objects.get()
    client = reader(alice)
    page = parse(client.get(path(approval, "raise")))
    assert page.one("h1").text == "Raise the weekly cost cap of support-triage-01"
    assert "$3.12 used of $2.50." in page.one("main").text
    page = parse(client.post(path(approval, "raise"), {"cap": "3.12", "reason": "More."}))
    assert faults(page) == {"cap": ["Give more than 3.125: 3.125 is spent of 2.50."]}
    assert client.post(path(approval, "raise"), {"cap": "3.50", "reason": "More."}).status_code == 302
    assert Caps.objects.get().weekly_cost == Decimal("3.5")


def test_twice_is_once_and_another_decision_is_refused(reader: Reader, alice: Any, waiting: CapApproval) -> None:
    client = reader(alice)
    sent = {"cap": "400000", "reason": "More."}
    assert [client.post(path(waiting, "raise"), sent).status_code for _ in range(2)] == [302, 302]
    assert AuditEvent.objects.filter(action="caps.changed").count() == 1
    refused = client.post(path(waiting, "keep"), {"reason": "Less."}, headers=HTMX)
    assert refused.status_code == 409
    assert "has decided this already" in json.loads(refused["HX-Trigger"])["toast"]["text"]
    page = client.get(path(waiting, "raise"))
    assert page.status_code == 409
    assert "Nothing waits about this cap of support-triage-01 any more." in parse(page).one("main").text


def test_a_window_that_is_over_asks_nothing(reader: Reader, alice: Any, waiting: CapApproval, at_now: datetime) -> None:
    client = reader(alice)
    with time_machine.travel(at_now + timedelta(days=1), tick=False):
        card = parse(client.get("/budgets")).one("article")
        assert [a.text for a in card.one("footer").all("a")] == ["Edit Caps of support-triage-01"]
        assert client.get(path(waiting, "raise")).status_code == 409
        assert client.post(path(waiting, "raise"), {"cap": "400000", "reason": "More."}).status_code == 409


@pytest.mark.parametrize("deed", ["raise", "keep"])
@pytest.mark.parametrize(("who", "status"), [("olga", 302), ("lee", 403), ("vera", 403), ("charlie", 404)])
def test_who_may(
    reader: Reader, request: pytest.FixtureRequest, waiting: CapApproval, deed: str, who: str, status: int
) -> None:
    client = reader(request.getfixturevalue(who))
    asked = client.get(path(waiting, deed)).status_code
    assert asked == (200 if status == 302 else status)
    assert client.post(path(waiting, deed), {"cap": "400000", "reason": "More."}).status_code == status
    waiting.refresh_from_db()
    assert (waiting.status == "open") == (status != 302)


@pytest.mark.parametrize("deed", ["raise", "keep"])
def test_what_is_nobodys_is_not_there(reader: Reader, alice: Any, waiting: CapApproval, deed: str) -> None:
    other = AgentFactory(organization=waiting.organization, team=waiting.agent.team)
    client = reader(alice)
    assert client.get(f"/budgets/approvals/{other.pk}/{deed}").status_code == 404
    assert client.post(f"/budgets/approvals/{other.pk}/{deed}", {"reason": "x"}).status_code == 404
    assert client.delete(path(waiting, deed)).status_code == 405
    assert client.post(path(waiting, deed), {"cap": "9" * 5000, "reason": "\x00" * 9}).status_code == 400
