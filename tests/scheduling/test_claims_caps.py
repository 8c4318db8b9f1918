"""Claims at caps and without credits: what is in the way, what is kept for the work, what comes back (B3, B4, B6)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from budgets.choices import OnCap
from budgets.models import Caps, CreditAccount, Reservation
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import reservations, usage
from tests.support.actors import itself
from tests.support.races import at_once, errors
from tests.support.work import claim, claimed, give
from workforce.models import Agent, Task
from workforce.services import leases

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # of the next day in Berlin
SOON = NOW + timedelta(minutes=1)


def capped(agent: Agent, tokens: int = 1000, **rest: Any) -> Caps:
    return Caps.objects.create(agent=agent, daily_tokens=tokens, **rest)


def use(agent: Agent, tokens: int, key: str = "one", task: Task | None = None, now: datetime = NOW) -> None:
    entry = Entry(agent.pk, key, "sonnet", Tokens(tokens, 0, 0, 0), task_id=task.pk if task else None)
    usage.record(organization=agent.organization, entries=[entry], by=itself(agent), now=now)


def done(agent: Agent, task: Task) -> None:
    token = task.lease_token
    leases.complete(
        organization=agent.organization, task_id=task.pk, token=token, result="42", by=itself(agent), now=SOON
    )


def test_at_a_cap_no_work_is_handed_out_until_the_window_is_over(agent: Any) -> None:
    capped(agent)
    give(agent, now=NOW)
    use(agent, 1000)
    answer = claim(agent, now=NOW)
    assert answer.task is None and answer.shut is not None
    assert (answer.shut.gate, answer.shut.sentence) == ("caps", "Daily cap reached: 1,000 of 1,000 tokens.")
    assert answer.ask_again_at == MIDNIGHT
    assert claim(agent, now=MIDNIGHT).task is not None


def test_an_agent_with_nothing_to_do_is_told_of_its_cap_first(agent: Any) -> None:
    capped(agent, 0)
    answer = claim(agent, now=NOW)
    assert answer.shut is not None and answer.shut.gate == "caps"


def test_one_that_only_alerts_is_handed_work(agent: Any) -> None:
    capped(agent, on_cap=OnCap.ALERT.value)
    give(agent, now=NOW)
    use(agent, 5000)
    assert claim(agent, now=NOW).task is not None


def test_a_claim_keeps_room_for_what_such_work_takes(agent: Any) -> None:
    capped(agent)
    for number, tokens in enumerate((100, 300, 200)):
        give(agent, now=NOW)
        task = claimed(agent, now=NOW)
        use(agent, tokens, key=str(number), task=task)
        done(agent, task)
    give(agent, now=NOW)
    task = claimed(agent, now=NOW)
    row = Reservation.objects.get(ended_at__isnull=True)
    assert (row.subject_kind, row.subject_id, row.tokens) == ("task", str(task.pk), 200)
    assert Caps.objects.get().reserved_tokens == 200
    assert list(Reservation.objects.exclude(pk=row.pk).values_list("ended", flat=True)) == ["settled"] * 3
    use(agent, 150, key="more", task=task)
    caps = Caps.objects.get()
    assert (caps.daily_used, caps.reserved_tokens) == (750, 50)


def test_work_that_would_not_fit_is_not_begun(agent: Any) -> None:
    capped(agent)
    give(agent, now=NOW)
    task = claimed(agent, now=NOW)
    use(agent, 600, task=task)
    done(agent, task)
    give(agent, now=NOW)
    answer = claim(agent, now=NOW)
    assert answer.task is None and answer.shut is not None
    assert answer.shut.sentence == "Daily cap: 400 of 1,000 tokens are left, and work takes about 600."
    assert (answer.shut.gate, answer.ask_again_at) == ("caps", MIDNIGHT)
    assert Task.objects.get(pk=task.pk).status == "completed" and Caps.objects.get().reserved_tokens == 0


def test_room_is_kept_as_long_as_the_lease_is_kept_alive(agent: Any) -> None:
    capped(agent)
    give(agent, now=NOW)
    task = claimed(agent, now=NOW, lease_seconds=60)
    late = NOW + timedelta(seconds=50)
    leases.extend(
        organization=agent.organization, task_id=task.pk, token=1, lease_seconds=600, by=itself(agent), now=late
    )
    assert reservations.sweep(now=NOW + timedelta(seconds=61)) == 0
    assert Reservation.objects.get().expires_at == late + timedelta(seconds=600)
    leases.sweep_lost(now=NOW + timedelta(hours=1))
    assert reservations.sweep(now=NOW + timedelta(hours=1)) == 1
    assert reservations.sweep(now=NOW + timedelta(hours=1)) == 0
    assert (Caps.objects.get().reserved_tokens, Reservation.objects.get().ended) == (0, "released")


def test_without_credits_scheduled_work_waits_and_other_work_goes_on(agent: Any) -> None:
    CreditAccount.objects.create(organization=agent.organization, balance=Decimal(0))
    give(agent, "by schedule", now=NOW, type="scheduled", priority="critical", scheduled_at=NOW + timedelta(seconds=30))
    leases.release_waiting(now=SOON)
    answer = claim(agent, now=SOON)
    assert answer.task is None and answer.shut is not None and answer.shut.gate == "credits"
    give(agent, "by hand", now=NOW)
    assert claimed(agent, now=SOON).title == "by hand"
    CreditAccount.objects.update(balance=1)
    done(agent, Task.objects.get(title="by hand"))
    assert claimed(agent, now=SOON).title == "by schedule"


def test_agents_without_caps_ask_for_no_reservation(agent: Any) -> None:
    give(agent, now=NOW)
    assert claimed(agent, now=NOW) and not Reservation.objects.exists() and not Caps.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_claims_at_once_under_a_cap_keep_room_once(agent: Any) -> None:
    capped(agent)
    give(agent, now=NOW)
    outcomes = at_once(*(lambda: claim(agent, now=NOW) for _ in range(4)))
    assert errors(outcomes) == []
    assert sum(outcome.task is not None for outcome in outcomes) == 1
    assert Caps.objects.get().reserved_tokens == 1 and Reservation.objects.filter(ended_at__isnull=True).count() == 1
