"""Prices and credits over the API (spec B2, B6, I1, I3)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from budgets.models import CreditAccount, CreditEntry, SpendPolicy
from budgets.rules import price_entry as rules
from budgets.rules.caps import NO_SUCH_FIELD
from budgets.services import credits, prices
from tests.support.actors import SYSTEM
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from workforce.models import Agent, ApiKey, AuditEvent

pytestmark = pytest.mark.django_db
PRICES, CREDITS = "/api/workforce/prices", "/api/workforce/credits"


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def price(organization: Any, now: Any, model: str = "sonnet", **data: Any) -> Any:
    said = {"model": model, "valid_from": now, "input": "3", "output": "15.0001", **data}
    return prices.add(organization=organization, data=said, by=SYSTEM, now=now)


# ---- prices


def test_prices_are_read_as_exact_text(api: Api, organization: Any, now: Any) -> None:
    kept = price(organization, now, cache_read="0.3", note="Contract.", flat_rate=True)
    assert api.get(PRICES).json() == {
        "currency": "USD",
        "weights": {"input": "1", "output": "1", "cache_read": "0.1", "cache_write": "1"},
        "results": [
            {
                "id": str(kept.pk), "model": "sonnet", "valid_from": "2026-11-19T13:32:00Z", "input": "3",
                "output": "15.0001", "cache_read": "0.3", "cache_write": "0", "flat_rate": True, "note": "Contract.",
                "updated_at": "2026-11-19T13:32:00Z",
            }
        ],
        "next_cursor": None,
    }  # fmt: skip
    SpendPolicy.objects.create(organization=organization, currency="EUR", output_weight=Decimal("2.5"))
    answer = api.get(PRICES).json()
    assert (answer["currency"], answer["weights"]["output"]) == ("EUR", "2.5")


def test_prices_are_filtered_and_paged(api: Api, organization: Any, now: Any) -> None:
    for model in ("c", "a", "b"):
        price(organization, now, model)
    price(organization, now + timedelta(days=1), "a")
    assert [row["model"] for row in api.get(PRICES).json()["results"]] == ["a", "a", "b", "c"]
    assert len(api.get(f"{PRICES}?model=a").json()["results"]) == 2
    assert api.get(f"{PRICES}?model=x").json()["results"] == []
    first = api.get(f"{PRICES}?limit=3").json()
    rest = api.get(f"{PRICES}?limit=3&cursor={first['next_cursor']}").json()
    assert [row["model"] for row in rest["results"]] == ["c"] and rest["next_cursor"] is None
    assert list(faults(api.get(f"{PRICES}?sort=x&limit=0"))) == ["limit", "sort"]


def test_who_may_read_prices(organization: Any, other_organization: Any, agent: Agent, now: Any) -> None:
    price(organization, now)
    assert len(Api.of_agent(agent).get(PRICES).json()["results"]) == 1
    assert Api.of(other_organization).get(PRICES).json()["results"] == []
    assert problem(Api().get(PRICES), 401)
    assert problem(Api.of(organization, scopes=["budgets"]).get(PRICES), 403)["scope"] == "read"
    assert problem(Api.of(organization).post(PRICES, {}), 405)


# ---- credits


def test_without_credits_there_is_no_balance(api: Api) -> None:
    assert api.get(CREDITS).json() == {
        "balance": None, "has_credit": True, "currency": "USD", "results": [], "next_cursor": None,
    }  # fmt: skip


def test_a_top_up_is_read_back(api: Api, organization: Any, now: Any) -> None:
    answer = api.post(CREDITS, {"amount": "250.50", "reason": "Invoice 4711.", "key": "i-1"})
    assert answer.status_code == 201, answer.content
    entry = CreditEntry.objects.get()
    assert answer.json() == {
        "id": str(entry.pk), "kind": "top_up", "amount": "250.5", "balance_after": "250.5",
        "at": "2026-11-19T13:32:00Z", "reason": "Invoice 4711.", "by": "Key operations", "key": "i-1",
    }  # fmt: skip
    credits.debit(organization=organization, amount=Decimal("300.0000000001"), now=now + timedelta(hours=1))
    listed = api.get(CREDITS).json()
    assert (listed["balance"], listed["has_credit"]) == ("-49.5000000001", False)
    assert [row["kind"] for row in listed["results"]] == ["debit", "top_up"]
    assert (listed["results"][0]["amount"], listed["results"][0]["by"]) == ("-300.0000000001", "Usage")
    assert listed["results"][1] == answer.json()
    assert AuditEvent.objects.get(action="credits.topped_up").actor_label == "Key operations"


def test_the_same_top_up_is_done_once(api: Api, organization: Any) -> None:
    body = {"amount": 10.25, "reason": "x", "key": "k"}
    assert api.post(CREDITS, body).json() == api.post(CREDITS, {**body, "amount": "10.2500"}).json()
    assert problem(api.post(CREDITS, {**body, "amount": "11"}), 409)["code"] == "key_reused"
    api.headers["Idempotency-Key"] = "once"
    for _ in range(2):
        assert api.post(CREDITS, {"amount": 1, "reason": "y"}).status_code == 201
    assert CreditAccount.objects.get().balance == Decimal("11.25")


def test_every_fault_is_named_at_once(api: Api) -> None:
    assert faults(api.post(CREDITS, {"amount": "-1", "reason": "", "key": "k" * 81, "currency": "EUR"})) == {
        "amount": rules.NOT_A_TOP_UP, "reason": rules.NO_REASON, "key": rules.NOT_A_KEY, "currency": NO_SUCH_FIELD,
    }  # fmt: skip
    assert faults(api.post(CREDITS, {})) == {"amount": rules.NOT_A_TOP_UP, "reason": rules.NO_REASON}
    for amount in ("0", 0, True, None, [], {}, "1e3", "1,5", "NaN", -5, "900000000.01", "9" * 40):
        assert faults(api.post(CREDITS, {"amount": amount, "reason": "x"})) == {"amount": rules.NOT_A_TOP_UP}
    assert faults(api.post(CREDITS, {"amount": "1.00001", "reason": "x"})) == {"amount": rules.TOO_FINE}
    for key in (7, None, [], "a\nb"):
        assert faults(api.post(CREDITS, {"amount": "1", "reason": "x", "key": key})) == {"key": rules.NOT_A_KEY}
    for raw in (b"[]", b"null", b"{", b'{"amount": NaN, "reason": "x"}', b'{"amount": 1e400, "reason": "x"}'):
        assert api.post(CREDITS, raw=raw).status_code == 400
    assert not CreditAccount.objects.exists()


def test_who_may(organization: Any, other_organization: Any, agent: Agent) -> None:
    body = {"amount": "1", "reason": "x"}
    assert problem(Api().post(CREDITS, body), 401) and problem(Api().get(CREDITS), 401)
    everything_else = ["read", "work", "schedules"]
    assert problem(Api.of(organization, scopes=everything_else).post(CREDITS, body), 403)["scope"] == "budgets"
    assert problem(Api.of(organization, scopes=["budgets"]).get(CREDITS), 403)["scope"] == "read"
    for faulty in (body, {}):
        assert problem(Api.of_agent(agent).post(CREDITS, faulty), 403)
    assert problem(Api.of_agent(agent).get(CREDITS), 403)
    assert not CreditAccount.objects.exists()
    assert Api.of(organization, scopes=["budgets"]).post(CREDITS, body).status_code == 201
    assert Api.of(other_organization).get(CREDITS).json()["results"] == []
    assert CreditAccount.objects.get().organization == organization


def test_entries_are_filtered_and_paged(api: Api, organization: Any, now: Any) -> None:
    for number in range(5):
        credits.top_up(organization=organization, amount=number + 1, reason="x", by=SYSTEM, now=now)
    credits.correct(organization=organization, amount=-1, reason="x", by=SYSTEM, now=now + timedelta(seconds=1))
    assert [row["amount"] for row in api.get(f"{CREDITS}?kind=correction").json()["results"]] == ["-1"]
    seen, cursor = [], ""
    while True:
        page = api.get(f"{CREDITS}?limit=2{cursor}").json()
        seen += [row["amount"] for row in page["results"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["-1", "5", "4", "3", "2", "1"]
    assert list(faults(api.get(f"{CREDITS}?kind=x&cursor=x"))) == ["cursor", "kind"]
    foreign = api.get("/api/workforce/budget-overview?limit=1")
    assert foreign.status_code == 200
    for bad in ("WyJ4IiwgInkiXQ==", "WyIyMDI2IiwgIjEiXQ=="):
        assert list(faults(api.get(f"{CREDITS}?cursor={bad}"))) == ["cursor"]


def test_it_costs_the_same_for_one_and_for_many(organization: Any, now: Any, django_assert_num_queries: Any) -> None:
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for count in (1, 10):
        for number in range(count):
            price(organization, now, f"m{count}-{number}")
            credits.top_up(organization=organization, amount="1", reason="x", by=SYSTEM, now=now)
        with django_assert_num_queries(3):  # key, prices, weights
            assert len(Api(token).get(PRICES).json()["results"]) >= count
        with django_assert_num_queries(4):  # key, entries, balance, currency
            assert len(Api(token).get(CREDITS).json()["results"]) >= count
