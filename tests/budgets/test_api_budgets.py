"""Caps and what is used of them, over the API (000 "API Reference", spec B1 to B5, I1)."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine

from budgets.models import Caps
from budgets.rules.caps import (
    COST_FIELDS,
    NO_SUCH_FIELD,
    NOT_MONEY,
    NOT_ON_CAP,
    NOT_TOKENS,
    TOKEN_FIELDS,
    TOO_FINE,
)
from tests.factories import AgentFactory, TeamFactory
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from tests.support.spending import spend
from workforce.models import Agent, ApiKey, AuditEvent

pytestmark = pytest.mark.django_db
PATH = "/api/workforce/budget-overview"
NO_CAPS = dict.fromkeys((*TOKEN_FIELDS, *COST_FIELDS))
#: Of the organisation's day, week, month and year: its zone is Berlin's.
STARTS = {
    "daily": "2026-11-18T23:00:00Z", "weekly": "2026-11-15T23:00:00Z", "monthly": "2026-10-31T23:00:00Z",
    "annual": "2025-12-31T23:00:00Z",
}  # fmt: skip
ENDS = {
    "daily": "2026-11-19T23:00:00Z", "weekly": "2026-11-22T23:00:00Z", "monthly": "2026-11-30T23:00:00Z",
    "annual": "2026-12-31T23:00:00Z",
}  # fmt: skip


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def address(agent: Agent) -> str:
    return f"/api/workforce/budgets/{agent.pk}"


def rows(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    return {row["agent_name"]: row for row in response.json()["results"]}


def test_an_agent_without_caps_has_none_and_no_usage(api: Api, agent: Agent, pod: Any) -> None:
    assert api.get(PATH).json() == {
        "results": [
            {
                "agent_id": str(agent.pk),
                "agent_name": "support-triage-01",
                "pod": {"id": str(pod.pk), "name": "Support"},
                "current_state": "ready",
                "caps_set": False,
                "caps": NO_CAPS,
                "on_cap": "skip",
                "time_zone": "Europe/Berlin",
                "currency": "USD",
                "used_tokens": dict.fromkeys(TOKEN_FIELDS, 0),
                "windows": [
                    {
                        "window": window, "start": STARTS[window], "end": ENDS[window], "used_tokens": 0,
                        "used_cost": "0", "cost_unknown": False, "percent_tokens": None, "percent_cost": None,
                        "reached": False,
                    }
                    for window in STARTS
                ],
                "reserved_tokens": 0,
                "reserved_cost": "0",
                "reached": False,
                "cost_unknown": False,
                "updated_at": None,
            }
        ],
        "next_cursor": None,
    }  # fmt: skip


def test_caps_that_are_put_are_read_back(api: Api, agent: Agent) -> None:
    answer = api.put(address(agent), {"daily_tokens": 300_000, "annual_tokens": 0})
    row = rows(api.get(PATH))["support-triage-01"]
    assert (answer.status_code, answer.json()) == (200, row)
    assert row["caps"] == {**NO_CAPS, "daily_tokens": 300_000, "annual_tokens": 0}
    assert (row["caps_set"], row["used_tokens"], row["updated_at"]) == (
        True,
        dict.fromkeys(TOKEN_FIELDS, 0),
        "2026-11-19T13:32:00Z",
    )
    assert api.put(address(agent), {"daily_tokens": None}).json()["caps"] == {**NO_CAPS, "annual_tokens": 0}
    cleared = api.put(address(agent), {"annual_tokens": None}).json()
    assert (cleared["caps"], cleared["caps_set"]) == (NO_CAPS, False)
    assert AuditEvent.objects.filter(action="caps.changed", actor_label="Key operations").count() == 3


def test_what_is_used_stands_beside_the_caps(api: Api, agent: Agent, organization: Any, now: Any) -> None:
    spend([agent], now=now)  # today 1,700 counted tokens for 0.006, yesterday as many of a model without a price
    Caps.objects.filter(agent=agent).update(reserved_tokens=400, reserved_cost=Decimal("0.5"), time_zone="Asia/Tokyo")
    api.put(address(agent), {"daily_tokens": 3_400, "weekly_cost": "0.0060", "monthly_cost": 12.5, "on_cap": "alert"})
    row = rows(api.get(PATH))["support-triage-01"]
    assert (row["caps"]["daily_tokens"], row["caps"]["weekly_cost"], row["caps"]["monthly_cost"]) == (
        3_400, "0.006", "12.5",
    )  # fmt: skip
    assert (row["on_cap"], row["time_zone"], row["currency"]) == ("alert", "Asia/Tokyo", "EUR")
    assert row["used_tokens"]["annual_tokens"] == 3_400
    daily, weekly, monthly, annual = row["windows"]
    assert (daily["used_tokens"], daily["used_cost"], daily["percent_tokens"], daily["percent_cost"]) == (
        1_700, "0.006", 50, None,
    )  # fmt: skip
    assert (daily["reached"], daily["cost_unknown"]) == (False, False)
    assert (weekly["percent_tokens"], weekly["percent_cost"], weekly["reached"]) == (None, 100, True)
    assert [one["cost_unknown"] for one in (weekly, monthly, annual)] == [True, True, True]
    assert (monthly["percent_cost"], monthly["reached"]) == (0, False)
    assert (row["reserved_tokens"], row["reserved_cost"]) == (400, "0.5")
    assert (row["reached"], row["cost_unknown"], row["caps_set"]) == (True, True, True)


def test_an_empty_body_changes_nothing(api: Api, agent: Agent) -> None:
    assert api.put(address(agent), {}).json()["updated_at"] is None
    assert not Caps.objects.exists()


def test_every_fault_is_named_at_once(api: Api, agent: Agent) -> None:
    body = {"daily_tokens": -1, "weekly_tokens": 1.5, "monthly_tokens": "7", "annual_tokens": True, "hourly": 1}
    assert faults(api.put(address(agent), body)) == {
        "daily_tokens": NOT_TOKENS, "weekly_tokens": NOT_TOKENS, "monthly_tokens": NOT_TOKENS,
        "annual_tokens": NOT_TOKENS, "hourly": NO_SUCH_FIELD,
    }  # fmt: skip
    assert list(faults(api.put(address(agent), {"daily_tokens": 2**63}))) == ["daily_tokens"]
    body = {"daily_cost": "-1", "weekly_cost": "1,5", "monthly_cost": "1.00001", "annual_cost": True, "on_cap": "stop"}
    assert faults(api.put(address(agent), body)) == {
        "daily_cost": NOT_MONEY, "weekly_cost": NOT_MONEY, "monthly_cost": TOO_FINE, "annual_cost": NOT_MONEY,
        "on_cap": NOT_ON_CAP,
    }  # fmt: skip
    assert not Caps.objects.exists()


@pytest.mark.parametrize(
    "raw", [b'{"daily_tokens": NaN}', b'{"daily_tokens": 1, "daily_tokens": 2}', b"[]", b"null", b'"x"', b"{"]
)
def test_a_body_that_is_none_is_refused(api: Api, agent: Agent, raw: bytes) -> None:
    assert api.put(address(agent), raw=raw).status_code in (400, 415)
    assert api.put(address(agent), raw=b'{"daily_tokens": 1e400}').status_code == 400
    assert api.put(address(agent), {"daily_tokens\x00": 1}).status_code == 400
    assert not Caps.objects.exists()


def test_who_may(organization: Any, other_organization: Any, agent: Agent) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team, agent_name="colleague")
    foreign = AgentFactory(organization=other_organization)
    body = {"daily_tokens": 1}
    assert problem(Api().put(address(agent), body), 401)
    assert (
        problem(Api.of(organization, scopes=["read", "schedules"]).put(address(agent), body), 403)["scope"] == "budgets"
    )
    for mine in (agent, colleague):
        assert problem(Api.of_agent(agent).put(address(mine), body), 403)
    assert problem(Api.of(organization).put(address(foreign), body), 404)
    assert problem(Api.of_agent(agent).put(address(foreign), body), 404)
    assert not Caps.objects.exists()
    assert Api.of(organization, scopes=["budgets"]).put(address(agent), body).status_code == 200


def test_who_may_look(organization: Any, other_organization: Any, agent: Agent) -> None:
    AgentFactory(organization=organization, team=agent.team, agent_name="colleague")
    theirs = TeamFactory(organization=other_organization)
    assert list(rows(Api.of(organization, scopes=["read"]).get(PATH))) == ["colleague", "support-triage-01"]
    assert list(rows(Api.of_agent(agent).get(PATH))) == ["support-triage-01"]
    assert rows(Api.of(other_organization).get(PATH)) == {}
    assert problem(Api().get(PATH), 401)
    assert problem(Api.of(organization, scopes=["budgets"]).get(PATH), 403)["scope"] == "read"
    assert problem(Api.of(organization).get(f"{PATH}?pod={theirs.pk}"), 404)


def test_an_archived_agent_is_a_conflict(api: Api, organization: Any, pod: Any) -> None:
    gone = AgentFactory(organization=organization, team=pod, current_state="archived")
    assert problem(api.put(address(gone), {"daily_tokens": 1}), 409)["code"] == "archived"


def test_it_filters_and_pages(api: Api, organization: Any, pod: Any) -> None:
    growth = TeamFactory(organization=organization)
    for name, team in (("a1", pod), ("a2", pod), ("b1", growth)):
        AgentFactory(organization=organization, team=team, agent_name=name)
    assert list(rows(api.get(f"{PATH}?q=A"))) == ["a1", "a2"]
    assert list(rows(api.get(f"{PATH}?pod={growth.pk}"))) == ["b1"]
    assert list(rows(api.get(f"{PATH}?state=retired"))) == []
    first = api.get(f"{PATH}?limit=2").json()
    assert [row["agent_name"] for row in first["results"]] == ["a1", "a2"]
    assert list(rows(api.get(f"{PATH}?limit=2&cursor={first['next_cursor']}"))) == ["b1"]
    assert list(faults(api.get(f"{PATH}?status=x&limit=0"))) == ["limit", "status"]


def test_it_costs_the_same_for_one_and_for_many(organization: Any, pod: Any, django_assert_num_queries: Any) -> None:
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for count in (1, 20):
        for agent in AgentFactory.create_batch(count, organization=organization, team=pod):
            Caps.objects.create(agent=agent, daily_tokens=1)
        AgentFactory.create_batch(count, organization=organization, team=pod)
        with django_assert_num_queries(4):  # key, agents with pod and caps, currency, days without a price
            assert len(rows(Api(token).get(PATH))) >= 2 * count
