"""``manage.py reconcile_usage``: figures proved against the ledger, each difference named, and mended (spec B2, B3)."""

import tracemalloc
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from budgets.models import Caps, CreditAccount, Price, Reservation, Usage, UsageDay, UsageHour
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services import credits, meters, reconcile, reservations
from budgets.services.reservations import Estimate
from budgets.services.usage import record
from tests.factories import AgentFactory
from tests.support import sql
from tests.support.actors import SYSTEM, audited
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from tests.workforce.test_verify_audit import tamper
from workforce.models import Agent

pytestmark = pytest.mark.django_db
NOW = at("thu 14:30")


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def use(agent: Agent, key: str, *, tokens: int = 1000, model: str = "sonnet", when: Any = NOW, now: Any = NOW) -> None:
    entry = Entry(agent_id=agent.pk, key=key, model=model, tokens=Tokens(tokens, 50, 500, 7), at=when)
    record(organization=agent.organization, entries=[entry], by=SYSTEM, now=now)


def reserve(agent: Agent, subject: str, tokens: int = 300) -> Reservation:
    row = reservations.reserve(
        organization=agent.organization, agent_id=agent.pk, subject=("run", subject),
        wanted=Estimate(tokens, Decimal("0.5")), expires_at=NOW + timedelta(hours=1), now=NOW,
    ).reservation  # fmt: skip
    assert row is not None
    return row


@pytest.fixture
def house(agent: Agent) -> Agent:
    """Usage of a year, priced and not, with reservations and credits."""
    Price.objects.create(
        organization=agent.organization, model="sonnet", valid_from=at("mon 00:00") - timedelta(days=400),
        input=Decimal("3.1"), output=Decimal(15), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"),
    )  # fmt: skip
    credits.top_up(organization=agent.organization, amount="10", reason="x", by=SYSTEM, now=NOW - timedelta(days=300))
    for days in (300, 40, 20, 3, 1):
        moment = NOW - timedelta(days=days)
        use(agent, f"then {days}", when=moment, now=moment)
    use(agent, "late", when=NOW - timedelta(days=2))
    use(agent, "now", tokens=2000)
    use(agent, "unknown", model="nobody-knows")
    reserve(agent, "1"), reserve(agent, "2")
    return agent


def run(**options: Any) -> tuple[str, str]:
    """What it printed, and what it ended with: nothing, or the error."""
    said = StringIO()
    try:
        call_command("reconcile_usage", stdout=said, **options)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


def figures() -> list[Any]:
    """All that is kept beside the ledger."""
    kept = [list(model.objects.order_by("pk").values()) for model in (Caps, CreditAccount)]
    sums = [[{k: v for k, v in row.items() if k != "id"} for row in model.objects.order_by("agent", when).values()]
            for model, when in ((UsageHour, "hour"), (UsageDay, "day"))]  # fmt: skip
    return [*kept, *sums]


def test_a_clean_house_says_so(house: Agent, other_organization: Any) -> None:
    before = figures()
    assert run() == ("All figures are the ledger's.\n", "")
    assert run(organization="halden") == run(organization="other") == run()
    assert run(organization="nobody")[1] == "There is no organisation “nobody”."
    assert figures() == before


def test_windows_that_are_over_are_no_difference(house: Agent) -> None:
    """The meter is rolled over by the next usage; until then its figures are of the past."""
    for moment in (NOW + timedelta(days=1), NOW + timedelta(days=400), NOW - timedelta(hours=20)):
        assert list(reconcile.check(organization=house.organization, now=moment)) == []


def test_a_zone_that_changed_is_no_difference(house: Agent) -> None:
    house.organization.time_zone = "Asia/Kathmandu"
    house.organization.save(update_fields=["time_zone"])
    assert run()[1] == ""
    meters.set_zone(house, "America/New_York", now=NOW)
    use(house, "after")
    assert run()[1] == ""


#: What is set behind the counters' back, and how it is named.
TAMPERING = [
    ("caps SET daily_used = daily_used + 5", "Daily window from 2026-11-18 23:00 UTC: counted_tokens 3,2"),
    ("caps SET weekly_used = 0", "Weekly window from 2026-11-15 23:00 UTC: counted_tokens 0, ledger 6,"),
    ("caps SET monthly_spent = monthly_spent + 1", "Monthly window from 2026-10-31 23:00 UTC: list_cost "),
    ("caps SET annual_used = annual_used - 1", "Annual window from 2025-12-31 23:00 UTC: counted_tokens "),
    ("caps SET reserved_tokens = reserved_tokens + 1", "open reservations: reserved_tokens 601, ledger 600"),
    ("caps SET reserved_cost = 0", "open reservations: reserved_cost 0, ledger 1"),
    ("reservation SET left_tokens = left_tokens - 10 WHERE subject_id = '1'", "reserved_tokens 600, ledger 590"),
    ("usagehour SET counted_tokens = 1 WHERE hour > '2026-11-19'", "hour of 2026-11-19 13:00 UTC: counted_tokens 1,"),
    ("usagehour SET list_cost = 0 WHERE hour < '2026-03-01'", "hour of 2026-01-23 13:00 UTC: list_cost 0, ledger 0.00"),
    ("usageday SET entries = entries + 1 WHERE day = '2026-11-18'", "all days: entries 9, ledger 8"),
    ("usageday SET cache_write_tokens = 0 WHERE day = '2026-11-18'", "all days: cache_write_tokens 49, ledger 56"),
    ("usageday SET unpriced_tokens = 0", "all days: unpriced_tokens 0, ledger 1,107"),
    ("creditaccount SET balance = balance + 20000000000", "credits: balance 11.9"),
]


@pytest.mark.parametrize(("statement", "named"), TAMPERING)
def test_each_figure_that_was_tampered_with_is_named_and_mended(house: Agent, statement: str, named: str) -> None:
    before = figures()
    assert sql.run(f"UPDATE budgets_{statement}") >= 1  # noqa: S608
    said, error = run()
    (line,) = said.splitlines()
    who = "Halden Freight" if "credits" in named else "support-triage-01"
    assert line.startswith(f"halden: {who}: ") and named in line
    assert error == "Figures differ from the ledger: halden (1). With --repair the ledger's are written."
    assert run() == (said, error), "looking changes nothing"
    said, error = run(repair=True)
    assert (said.splitlines(), error) == ([line, "Those figures are the ledger's again."], "")
    assert run() == ("All figures are the ledger's.\n", "")
    if "reservation SET" in statement:
        return
    Caps.objects.update(act_due_at=None)
    assert [*map(without_moments, figures())] == [*map(without_moments, before)]


def without_moments(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in ("updated_at", "act_due_at")} for row in rows]


def test_an_hour_that_was_removed_is_named_and_made_again(house: Agent) -> None:
    UsageHour.objects.filter(hour__lt=NOW - timedelta(days=200)).delete()
    lines = run()[0].splitlines()
    assert [line.rsplit(": ", 1)[1].split(" ")[0] for line in lines] == ["counted_tokens", "list_cost", "billed_cost"]
    assert lines[0].endswith("hour of 2026-01-23 13:00 UTC: counted_tokens 0, ledger 1,107")
    run(repair=True)
    assert UsageHour.objects.get(hour__lt=NOW - timedelta(days=200)).counted_tokens == 1107
    UsageHour.objects.create(
        organization=house.organization, agent=house, hour=NOW - timedelta(days=5), counted_tokens=9
    )
    assert "ledger 0" in run()[0]
    run(repair=True)
    assert run()[1] == "" and UsageHour.objects.count() == Usage.objects.values("at").distinct().count()


def test_a_lost_usage_is_named_everywhere(house: Agent) -> None:
    """Somebody who may switch triggers off took it out of the ledger."""
    lost = Usage.objects.get(key="now")
    Reservation.objects.all().delete()
    tamper(f"DELETE FROM budgets_usage WHERE id = '{sql.stored(lost)}'")
    said, _ = run()
    places = {line.split(": ")[2].split(" from ")[0].split(" of ")[0] for line in said.splitlines()}
    assert places == {
        "Daily window", "Weekly window", "Monthly window", "Annual window", "hour", "all days", "open reservations",
    }  # fmt: skip


def test_a_repair_is_in_the_audit_and_has_the_caps_looked_at(house: Agent) -> None:
    Caps.objects.update(daily_used=7, daily_tokens=1000)
    run(repair=True)
    (event,) = audited(house, action="usage.reconciled")
    assert (event.before, event.after) == (
        {"Daily window from 2026-11-18 23:00 UTC: counted_tokens": 7},
        {"Daily window from 2026-11-18 23:00 UTC: counted_tokens": 3214},
    )
    assert Caps.objects.get().act_due_at == NOW


def test_each_agent_and_organisation_is_named_by_itself(house: Agent, other_organization: Any) -> None:
    colleague = AgentFactory(organization=house.organization, team=house.team, agent_name="zoe")
    stranger = AgentFactory(organization=other_organization, agent_name="stranger")
    for one in (colleague, stranger):
        use(one, "x")
        UsageHour.objects.filter(agent=one).update(counted_tokens=1)
    said, error = run()
    assert [line.split(": ")[:2] for line in said.splitlines()] == [["halden", "zoe"], ["other", "stranger"]]
    assert "halden (1), other (1)" in error
    run(organization="other", repair=True)
    assert run()[0].splitlines() == said.splitlines()[:1]


def test_it_takes_as_many_queries_for_a_batch_as_for_one(house: Agent, django_assert_num_queries: Any) -> None:
    def look() -> None:
        assert list(reconcile.check(organization=house.organization, now=NOW)) == []

    with django_assert_num_queries(18):
        look()
    for number in range(10):
        use(AgentFactory(organization=house.organization, team=house.team), f"{number}")
    with django_assert_num_queries(18):
        look()


def test_memory_does_not_grow_with_the_house(organization: Any, pod: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reconcile, "BATCH", 5)
    peaks = []
    for count in (10, 110):
        for one in AgentFactory.create_batch(count, organization=organization, team=pod):
            UsageHour.objects.bulk_create(
                UsageHour(organization=organization, agent=one, hour=NOW - timedelta(hours=back)) for back in range(60)
            )
        list(reconcile.check(organization=organization, now=NOW))
        tracemalloc.start()
        list(reconcile.check(organization=organization, now=NOW))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 4 * peaks[0], "twelve times as many agents"


@pytest.mark.django_db(transaction=True)
def test_usage_at_the_same_moment_makes_no_difference(house: Agent) -> None:
    """Also that of an agent whose first usage it is."""
    colleagues = AgentFactory.create_batch(3, organization=house.organization, team=house.team)

    def work(number: int) -> None:
        for step in range(12):
            use(colleagues[(number + step) % 3], f"{number} {step}")
            if step % 4 == 0:
                row = reserve(house, f"{number} {step}")
                reservations.release(
                    agent_id=house.pk, reservation_id=row.pk, ended=reservations.ReservationEnd.RELEASED, now=NOW
                )

    def look() -> list[Any]:
        return [one for _ in range(8) for one in reconcile.check(organization=house.organization, now=NOW)]

    outcomes = at_once(lambda: work(1), lambda: work(2), look, look)
    assert errors(outcomes) == []
    assert outcomes[2:] == [[], []] and Usage.objects.count() == 8 + 24
    assert run()[1] == ""


@pytest.mark.django_db(transaction=True)
def test_usage_while_it_repairs_is_not_lost(house: Agent) -> None:
    Caps.objects.update(daily_used=7, reserved_tokens=1)
    UsageHour.objects.update(counted_tokens=1)
    UsageDay.objects.update(entries=1)

    def mend() -> Any:
        return reconcile.repair(organization=house.organization, agent_id=house.pk, by=SYSTEM, now=NOW)

    outcomes = at_once(mend, *(lambda number=number: use(house, f"race {number}") for number in range(5)))
    assert errors(outcomes) == [] and outcomes[0]
    assert run()[1] == "" and Usage.objects.count() == 8 + 5
