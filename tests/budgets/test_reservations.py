"""Reserve, settle, release: never over a cap, whoever races and whichever process dies (spec B3)."""

import os
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from budgets.choices import CapWindow, OnCap, ReservationEnd
from budgets.models import Caps, Reservation
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import reservations, usage
from budgets.services.reservations import Estimate, Verdict
from tests.factories import AgentFactory
from tests.support.actors import SYSTEM
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from workforce.models import Agent

pytestmark = pytest.mark.django_db
NOW = at("thu 12:00")


def reserve(agent: Agent, number: int, tokens: int = 100, cost: str = "0", now: Any = NOW) -> Verdict:
    return reservations.reserve(
        organization=agent.organization,
        agent_id=agent.pk,
        subject=("run", str(number)),
        wanted=Estimate(tokens, Decimal(cost)),
        expires_at=now + timedelta(hours=1),
        now=now,
    )


def accepted(outcomes: list[Any]) -> int:
    assert errors(outcomes) == []
    return sum(outcome.reservation is not None for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", CapWindow)
def test_twenty_at_once_under_a_cap_of_a_thousand_are_ten(window: CapWindow) -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, **{window.field: 1000})
    outcomes = at_once(*(lambda n=n: reserve(agent, n) for n in range(20)))
    assert accepted(outcomes) == 10
    assert Caps.objects.get().reserved_tokens == 1000 and Reservation.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_money_holds_as_tokens_do() -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, monthly_cost=Decimal("1"))
    outcomes = at_once(*(lambda n=n: reserve(agent, n, cost="0.1000000001") for n in range(20)))
    assert accepted(outcomes) == 9
    assert Caps.objects.get().reserved_cost == Decimal("0.9000000009")


@pytest.mark.django_db(transaction=True)
def test_reservations_usage_and_releases_at_once_lose_nothing() -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=100_000, on_cap=OnCap.SKIP.value)
    rows = [reserve(agent, n).reservation for n in range(6)]
    kept = [row for row in rows if row is not None]

    def report(number: int) -> Any:
        entry = Entry(agent.pk, f"key-{number}", "sonnet", Tokens(10, 0, 0, 0))
        return usage.record(organization=agent.organization, entries=[entry], by=SYSTEM, now=NOW)

    def release(row: Reservation) -> bool:
        return reservations.release(agent_id=agent.pk, reservation_id=row.pk, ended=ReservationEnd.RELEASED, now=NOW)

    calls = [
        *(lambda n=n: report(n) for n in range(6)),
        *(lambda n=n: reserve(agent, 100 + n) for n in range(6)),
        *(lambda row=row: release(row) for row in (*kept, *kept)),
    ]
    random.Random(3).shuffle(calls)
    outcomes = at_once(*calls)
    assert errors(outcomes) == []
    assert sum(outcome is True for outcome in outcomes) == 6
    caps = Caps.objects.get()
    assert (caps.daily_used, caps.reserved_tokens) == (60, 600)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that die are made by fork")
def test_processes_that_die_in_the_middle_leave_nothing_half_done() -> None:
    """Every third process is gone, as by kill -9, after its statements and before its commit."""
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=1000)
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]
    children = []
    for number in range(24):
        child = os.fork()
        if not child:
            try:
                with transaction.atomic():
                    reserve(agent, number)
                    if number % 3 == 0:
                        os._exit(9)
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert set(codes) == {0, 9} and codes.count(9) == 8
    caps = Caps.objects.get()
    assert caps.reserved_tokens == 100 * Reservation.objects.filter(ended_at__isnull=True).count() == 1000


def test_what_is_used_and_reserved_counts_in_every_window() -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=500, weekly_tokens=700)
    assert reserve(agent, 1, 500).reservation is not None
    stop = reserve(agent, 2, 250).stop
    assert stop is not None and stop.until == at("+mon 00:00")
    assert stop.sentence.startswith("Daily cap: 0 of 500 tokens are left") and "Weekly cap: 200 of 700" in stop.sentence


def test_yesterdays_usage_is_not_of_today() -> None:
    agent = AgentFactory(organization__time_zone="Europe/Berlin")
    Caps.objects.create(agent=agent, daily_tokens=500)
    entry = Entry(agent.pk, "k", "sonnet", Tokens(500, 0, 0, 0))
    usage.record(organization=agent.organization, entries=[entry], by=SYSTEM, now=at("thu 23:59"))
    assert reserve(agent, 1, now=at("thu 23:59")).reservation is None
    assert reserve(agent, 1, now=at("fri 00:00")).reservation is not None


def test_one_that_only_alerts_is_let_through() -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=0, on_cap=OnCap.ALERT.value)
    assert reserve(agent, 1).reservation is not None


def test_an_agent_without_caps_may_reserve() -> None:
    assert reserve(AgentFactory(), 1).reservation is not None


def test_a_reservation_ends_once_and_gives_back_what_is_left() -> None:
    agent = AgentFactory()
    Caps.objects.create(agent=agent, daily_tokens=1000)
    row = reserve(agent, 1, 400).reservation
    assert row is not None
    released = [
        reservations.release(agent_id=agent.pk, reservation_id=row.pk, ended=ReservationEnd.RELEASED, now=NOW)
        for _ in range(2)
    ]
    assert released == [True, False] and Caps.objects.get().reserved_tokens == 0
    lapsed = reserve(agent, 2, 400).reservation
    assert lapsed is not None and reservations.sweep(now=NOW + timedelta(minutes=59)) == 0
    assert reservations.sweep(now=NOW + timedelta(hours=1)) == 1
    lapsed.refresh_from_db()
    assert (lapsed.ended, Caps.objects.get().reserved_tokens) == ("expired", 0)


def test_one_that_cannot_be_ended_stops_no_other_and_is_tried_again(monkeypatch: Any) -> None:
    agents = AgentFactory.create_batch(2)
    rows = [reserve(agent, n).reservation for n, agent in enumerate(agents)]
    ends = reservations.release

    def fails(*, agent_id: Any, **rest: Any) -> bool:
        if agent_id == agents[0].pk:
            raise RuntimeError("no")
        return ends(agent_id=agent_id, **rest)

    late = NOW + timedelta(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(reservations, "release", fails)
        assert reservations.sweep(now=late) == 1
    assert [Reservation.objects.get(pk=row.pk).ended for row in rows if row] == ["", "expired"]
    assert reservations.sweep(now=late) == 0 and reservations.sweep(now=late + timedelta(hours=1)) == 1
