"""What the demo has spent when it begins: known for what it is, with something of every colour (spec O1, B5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from budgets.choices import CapMeasure, CapWindow, OnCap
from budgets.models import BurnAnomaly, CapApproval, Caps, Price, SpendPolicy, Usage, UsageDay
from budgets.rules.gauges import Gauge
from budgets.selectors.credits import balance_of
from budgets.services import reconcile
from config.demo import hands, seeding, spending
from config.demo.caps import CAPS
from tests.support.spending import proved
from workforce.choices import HoldKind
from workforce.models import Agent, AuditEvent, Hold, Organization

pytestmark = pytest.mark.django_db
THURSDAY = datetime(2026, 11, 19, 13, 32, 7, tzinfo=UTC)
MOMENTS = [
    THURSDAY,
    datetime(2026, 11, 19, 23, 0, 1, tzinfo=UTC),  # a second after midnight in Berlin
    datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC),  # a second before the week is over there
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # the hour that comes twice
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
]


@pytest.fixture(autouse=True)
def _in_a_hurry(settings: Any, monkeypatch: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(seeding, "TASKS", ())
    monkeypatch.setattr(seeding, "WORKSTREAMS", ())


def seed(tmp_path: Any, at: datetime = THURSDAY) -> Organization:
    with time_machine.travel(at, tick=False):
        call_command("seed_demo", state_dir=tmp_path, stdout=StringIO())
    return Organization.objects.get()


def daily(name: str, now: datetime, measure: CapMeasure = CapMeasure.TOKENS) -> Gauge:
    caps = Caps.objects.select_related("agent__organization").get(agent__agent_name=name)
    gauges = caps.gauges(caps.agent.organization.time_zone, now)
    return next(gauge for gauge in gauges if (gauge.window, gauge.measure) == (CapWindow.DAILY, measure))


def test_every_way_to_act_at_a_cap_and_caps_in_money_are_there(tmp_path: Any) -> None:
    seed(tmp_path)
    assert set(Caps.objects.filter(agent__agent_name__in=CAPS).values_list("on_cap", flat=True)) == set(OnCap)
    assert Caps.objects.exclude(daily_cost=None).count() == 2
    assert Caps.objects.exclude(monthly_cost=None).exists() and Caps.objects.exclude(weekly_cost=None).exists()


@pytest.mark.parametrize("at", MOMENTS, ids=str)
def test_one_is_near_its_cap_and_one_is_over_it_and_held(tmp_path: Any, at: datetime) -> None:
    organization = seed(tmp_path, at)
    near, over = daily("ledger-main", at), daily("invoice-match-02", at)
    assert (near.tone, near.reached, near.share) == ("is-bad", False, 86)
    assert daily("ledger-main", at, CapMeasure.COST).tone == "is-warn"
    assert {daily(name, at).tone for name in spending.TODAY} == {"is-good", "is-warn", "is-bad"}
    assert over.reached and over.overrun == 6_000
    (hold,) = Hold.objects.active().filter(kind=HoldKind.BUDGET)
    assert (hold.agent.agent_name, hold.placed_by_kind, hold.until) == ("invoice-match-02", "system", over.end)
    assert Agent.objects.get(agent_name="invoice-match-02").current_state == "paused"
    (approval,) = CapApproval.objects.all()
    assert (approval.agent_id, approval.status, approval.window) == (hold.agent_id, "open", "daily")
    for caps in Caps.objects.select_related("agent"):
        others = [g for g in caps.gauges(organization.time_zone, at) if g.reached]
        assert len(others) == (caps.agent.agent_name == "invoice-match-02"), caps.agent.agent_name


@pytest.mark.parametrize("at", MOMENTS, ids=str)
def test_a_week_of_usage_is_there_and_none_of_it_in_the_future(tmp_path: Any, at: datetime) -> None:
    organization = seed(tmp_path, at)
    rows = Usage.objects.all()
    assert 100 < rows.count() < 300
    assert all(usage.key.startswith("demo-seed-") and usage.model == hands.MODEL for usage in rows)
    assert max(usage.at for usage in rows) <= at
    assert at - timedelta(days=9) < min(usage.at for usage in rows) < at - timedelta(days=6)
    assert all(usage.list_cost == usage.billed_cost and usage.list_cost for usage in rows)
    for name in spending.TODAY:
        assert UsageDay.objects.filter(agent__agent_name=name).count() == spending.DAYS + 1
    assert proved(organization)
    spent = sum((usage.billed_cost or Decimal(0) for usage in rows), Decimal(0))
    assert balance_of(organization) == spending.TOP_UP - spent > 300
    assert not BurnAnomaly.objects.exists()


def test_prices_say_what_they_are(tmp_path: Any) -> None:
    organization = seed(tmp_path)
    notes = dict(Price.objects.values_list("model", "note"))
    assert "made up" in notes.pop(hands.MODEL)
    assert set(notes.values()) == {"Example price: check it against your provider."} and len(notes) >= 4
    assert SpendPolicy.objects.get().currency == "EUR"
    assert AuditEvent.objects.filter(action="credits.topped_up", organization=organization).count() == 1


def test_the_sums_are_those_of_the_ledger(tmp_path: Any) -> None:
    organization = seed(tmp_path)
    assert not list(reconcile.check(organization=organization, now=THURSDAY))
