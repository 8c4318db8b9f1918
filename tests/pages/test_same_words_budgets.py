"""Caps, and what is decided at them: page and API refuse the same thing in the same words (spec I3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from budgets.models import CapApproval, Caps
from budgets.services import limits
from tests.pages.html import Node, parse
from tests.pages.spend import cap, prices, spend
from tests.support.api import Api, faults
from workforce.models import Agent

Reader = Callable[..., Client]
TOKENS = ["lots", "-1", "1.5", "1e3", "١٢"]
COSTS = ["lots", "-1", "1,5", "1e3", "0.00001", "900000001"]


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


@pytest.fixture
def approval(organization: Any, agent: Agent, at_now: datetime) -> CapApproval:
    prices(organization, at_now)
    cap(agent, daily_tokens=300_000, on_cap="skip")
    spend(agent, 306_000, now=at_now)
    limits.act(organization=organization, agent_id=agent.pk, now=at_now)
    return CapApproval.objects.get()


def shown(page: Node) -> dict[str, str]:
    """The page's sentence about each field."""
    found = {}
    for label in page.all("label", class_="field"):
        field = (label.all("input") + label.all("select") + label.all("textarea"))[0]
        said = [small.text for small in label.all("small")]
        if said:
            found[field.attrs["name"]] = said[0]
    return found


@pytest.mark.parametrize("window", ["daily", "weekly", "monthly", "annual"])
@pytest.mark.parametrize(("measure", "typed"), [("tokens", t) for t in TOKENS] + [("cost", c) for c in COSTS])
def test_a_cap(reader: Reader, alice: Any, api: Api, agent: Agent, window: str, measure: str, typed: str) -> None:
    name = f"{window}_{measure}"
    page = parse(reader(alice).post(f"/budgets/{agent.pk}", {name: typed}))
    plain = typed.lstrip("-")
    value: Any = int(typed) if measure == "tokens" and plain.isascii() and plain.isdigit() else typed
    there = faults(api.put(f"/api/workforce/budgets/{agent.pk}", {name: value}))
    assert shown(page) == there != {}
    assert not Caps.objects.exists()


def test_what_to_do_at_a_cap(reader: Reader, alice: Any, api: Api, agent: Agent) -> None:
    page = parse(reader(alice).post(f"/budgets/{agent.pk}", {"on_cap": "shout"}))
    assert shown(page) == faults(api.put(f"/api/workforce/budgets/{agent.pk}", {"on_cap": "shout"})) != {}


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ({"cap": "", "reason": ""}, {"cap": None, "reason": ""}),
        ({"cap": "306000", "reason": "More."}, {"cap": 306_000, "reason": "More."}),
        ({"cap": "300000", "reason": " "}, {"cap": 300_000, "reason": " "}),
        ({"cap": "1.5", "reason": "More."}, {"cap": 1.5, "reason": "More."}),
        ({"cap": "400000", "reason": "x" * 501}, {"cap": 400_000, "reason": "x" * 501}),
        ({"cap": "400000", "reason": "a\x00b"}, {"cap": 400_000, "reason": "a\x00b"}),
    ],
)
def test_raising(
    reader: Reader, alice: Any, api: Api, approval: CapApproval, typed: dict[str, str], sent: dict[str, Any]
) -> None:
    page = parse(reader(alice).post(f"/budgets/approvals/{approval.pk}/raise", typed))
    there = faults(api.post(f"/api/workforce/cap-approvals/{approval.pk}/raise", sent))
    assert shown(page) == there != {}
    assert Caps.objects.get().daily_tokens == 300_000


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_keeping(reader: Reader, alice: Any, api: Api, approval: CapApproval, reason: str) -> None:
    page = parse(reader(alice).post(f"/budgets/approvals/{approval.pk}/keep", {"reason": reason}))
    there = faults(api.post(f"/api/workforce/cap-approvals/{approval.pk}/keep", {"reason": reason}))
    assert shown(page) == there != {}


def test_what_is_decided(reader: Reader, alice: Any, api: Api, approval: CapApproval) -> None:
    assert api.post(f"/api/workforce/cap-approvals/{approval.pk}/keep", {"reason": "It loops."}).status_code == 200
    typed = {"cap": "400000", "reason": "More."}
    there = api.post(f"/api/workforce/cap-approvals/{approval.pk}/raise", {"cap": 400_000, "reason": "More."})
    page = reader(alice).post(f"/budgets/approvals/{approval.pk}/raise", typed)
    assert (page.status_code, there.status_code) == (409, 409)
    assert there.json()["detail"] in parse(page).text
