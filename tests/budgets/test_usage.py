"""Usage taken in: once, exactly, into ledger, meters and sums (spec B2, B3)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from budgets.choices import CapWindow
from budgets.models import Caps, CreditAccount, Price, Usage, UsageDay, UsageHour
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import limits, reservations
from budgets.services.reservations import Estimate
from budgets.services.usage import record
from tests.factories import AgentFactory
from tests.support.clockwork import at
from workforce.choices import ActorKind
from workforce.models import Agent
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Forbidden, Invalid

pytestmark = pytest.mark.django_db
NOW = at("thu 12:00")


def by(agent: Agent) -> Actor:
    return Actor(kind=ActorKind.AGENT, id=str(agent.pk), label=agent.agent_name, agent_id=agent.pk)


SOME = Tokens(1000, 200, 5000, 0)


def entry(agent: Agent, key: str = "one", tokens: Tokens = SOME, **rest: Any) -> Entry:
    return Entry(agent_id=agent.pk, key=key, model=rest.pop("model", "sonnet"), tokens=tokens, **rest)


def take(agent: Agent, *entries: Entry, now: Any = NOW) -> Any:
    return record(organization=agent.organization, entries=entries, by=by(agent), now=now)


def priced(agent: Agent, **rest: Any) -> Price:
    given = {"model": "sonnet", "valid_from": NOW - timedelta(days=30), "input": Decimal("3"), "output": Decimal("15")}
    rest = {"cache_read": Decimal("0.3"), "cache_write": Decimal("3.75"), **rest}
    return Price.objects.create(organization=agent.organization, **{**given, **rest})


def test_a_report_is_in_the_ledger_the_meter_and_the_sums() -> None:
    agent = AgentFactory()
    priced(agent)
    receipt = take(agent, entry(agent))
    (outcome,) = receipt.outcomes
    assert (outcome.counted_tokens, outcome.duplicate) == (1700, False)
    assert outcome.cost.listed == outcome.cost.billed == Decimal("0.0075")
    usage = Usage.objects.get()
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (1000, 200, 5000)
    assert (usage.at, usage.list_cost, usage.billed_cost) == (NOW, Decimal("0.0075"), Decimal("0.0075"))
    caps = Caps.objects.get(agent=agent)
    for window in CapWindow:
        assert getattr(caps, f"{window.value}_used") == 1700
        assert getattr(caps, f"{window.value}_spent") == Decimal("0.0075")
    hour, day = UsageHour.objects.get(), UsageDay.objects.get()
    assert (hour.hour, hour.counted_tokens, hour.list_cost) == (NOW, 1700, Decimal("0.0075"))
    assert (day.day, day.counted_tokens, day.entries, day.cache_read_tokens) == (NOW.date(), 1700, 1, 5000)


def test_the_same_report_again_is_answered_and_changes_nothing() -> None:
    agent = AgentFactory()
    first = take(agent, entry(agent))
    again = take(agent, entry(agent), entry(agent), now=NOW + timedelta(hours=1))
    assert [one.duplicate for one in again.outcomes] == [True, True]
    assert again.outcomes[0].counted_tokens == first.outcomes[0].counted_tokens
    assert Usage.objects.count() == 1 and Caps.objects.get().daily_used == 1700 and UsageDay.objects.get().entries == 1


def test_another_report_under_the_same_key_changes_nothing() -> None:
    agent = AgentFactory()
    take(agent, entry(agent))
    with pytest.raises(Conflict, match="another report"):
        take(agent, entry(agent, "two"), entry(agent, tokens=Tokens(1, 0, 0, 0)))
    assert Usage.objects.count() == 1 and Caps.objects.get().daily_used == 1700 and UsageHour.objects.count() == 1


def test_what_no_price_is_known_for_costs_something_unknown() -> None:
    agent = AgentFactory()
    priced(agent, valid_from=NOW + timedelta(hours=1))
    receipt = take(agent, entry(agent))
    assert receipt.outcomes[0].cost.listed is None and receipt.outcomes[0].cost.billed is None
    assert Usage.objects.get().list_cost is None
    assert (UsageDay.objects.get().unpriced_tokens, UsageDay.objects.get().list_cost) == (1700, 0)


def test_a_plan_bills_nothing_and_its_list_cost_counts() -> None:
    agent = AgentFactory()
    priced(agent, flat_rate=True)
    CreditAccount.objects.create(organization=agent.organization, balance=Decimal("10"))
    (outcome,) = take(agent, entry(agent)).outcomes
    assert (outcome.cost.listed, outcome.cost.billed) == (Decimal("0.0075"), 0)
    assert Caps.objects.get().daily_spent == Decimal("0.0075")
    assert CreditAccount.objects.get().balance == 10


def test_credits_are_debited_by_what_is_billed() -> None:
    agent = AgentFactory()
    priced(agent)
    CreditAccount.objects.create(organization=agent.organization, balance=Decimal("0.01"))
    take(agent, entry(agent, "one"), entry(agent, "two"))
    assert CreditAccount.objects.get().balance == Decimal("-0.005")
    (debit,) = agent.organization.credit_entries.all()
    assert (debit.amount, debit.balance_after) == (Decimal("-0.015"), Decimal("-0.005"))


def test_strangers_and_unknown_tasks_are_refused_with_their_place() -> None:
    agent, other = AgentFactory(), AgentFactory()
    with pytest.raises(Forbidden):
        take(agent, entry(other))
    orchestrator = Actor(kind=ActorKind.SYSTEM, id="x", label="x")
    with pytest.raises(Invalid) as refused:
        record(
            organization=agent.organization,
            entries=[entry(agent), entry(other)],
            by=orchestrator,
            now=NOW,
            place=lambda index: f"usage.{index}",
        )
    assert [path for path, _ in refused.value.fields] == ["usage.1.agent_id"]
    with pytest.raises(Invalid) as refused:
        take(agent, entry(agent, task_id=other.pk))
    assert [path for path, _ in refused.value.fields] == ["task_id"]
    assert not Usage.objects.exists() and not Caps.objects.exists()


def test_windows_roll_over_when_they_are_written_to() -> None:
    agent = AgentFactory(organization__time_zone="Europe/Berlin")
    take(agent, entry(agent, "thursday"), now=at("thu 23:59"))
    take(agent, entry(agent, "friday"), now=at("fri 00:00"))
    caps = Caps.objects.get()
    assert (caps.daily_used, caps.weekly_used, caps.daily_since) == (1700, 3400, at("fri 00:00"))
    late = entry(agent, "late", at=at("thu 22:00"))
    take(agent, late, now=at("fri 00:30"))
    caps.refresh_from_db()
    assert (caps.daily_used, caps.weekly_used) == (1700, 5100)
    assert UsageDay.objects.get(day=at("thu 12:00").date()).counted_tokens == 3400


def test_reservations_fit_under_the_cap_and_are_settled_by_usage() -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=1000)
    org = agent.organization
    rest: dict[str, Any] = {"organization": org, "agent_id": agent.pk, "expires_at": NOW + timedelta(hours=1)}
    one = reservations.reserve(subject=("run", "1"), wanted=Estimate(600), now=NOW, **rest)
    assert one.reservation is not None and one.stop is None
    two = reservations.reserve(subject=("run", "2"), wanted=Estimate(600), now=NOW, **rest)
    assert two.reservation is None and two.stop is not None
    assert "400 of 1,000 tokens are left" in two.stop.sentence
    assert reservations.reserve(subject=("run", "3"), wanted=Estimate(400), now=NOW, **rest).reservation is not None
    assert Caps.objects.get().reserved_tokens == 1000


def test_what_no_agent_reaches_is_refused_and_changes_nothing() -> None:
    agent = AgentFactory()
    priced(agent, input=Decimal("90000"), output=Decimal("90000"))
    CreditAccount.objects.create(organization=agent.organization, balance=Decimal(0))
    most = Tokens(9 * 10**9, 0, 0, 0)  # 810 million
    take(agent, entry(agent, "one", most))
    with pytest.raises(Conflict, match="cannot be kept in the books"):
        take(agent, entry(agent, "two", most))
    other = AgentFactory(organization=agent.organization)
    with pytest.raises(Conflict, match="cannot be kept in the books"):
        take(other, entry(other, "one", most))  # its own windows have room, the balance has not
    assert Usage.objects.count() == 1 and Caps.objects.get(daily_used__gt=0).daily_used == 9 * 10**9
    assert CreditAccount.objects.get().balance == Decimal(-810_000_000)


def test_a_report_is_answered_although_what_follows_fails(monkeypatch: Any) -> None:
    """It is in the ledger: the sweep does the rest."""
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=1000, on_cap="pause")

    def fails(**_: Any) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr("budgets.services.limits.act", fails)
        assert take(agent, entry(agent)).stops
    assert Usage.objects.count() == 1 and Caps.objects.get().act_due_at == NOW and not agent.holds.exists()
    assert limits.sweep(now=NOW) == 1
    assert agent.holds.active().count() == 1 and Caps.objects.get().act_due_at is None
