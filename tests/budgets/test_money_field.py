"""Amounts are exact on both databases: kept, compared, added, summed (spec B2; docs/decisions/0015)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import ExpressionWrapper, F, Max, Min, Sum, Value
from hypothesis import given
from hypothesis import strategies as st

from budgets.models import CreditAccount, UsageHour
from budgets.models.money import PLACES, MoneyField, amount_of, units_of
from tests.factories import AgentFactory, OrganizationFactory
from workforce.models.bulk_rows import add_up, insert_columns, update_rows

D = Decimal
LEAST = D("0.0000000001")
MOST = amount_of(2**63 - 1)
AWKWARD = [D(0), LEAST, D("0.1"), D("0.2"), D("0.3"), D("1.0000000001"), D("899999999.9999999999"), MOST, -LEAST, -MOST]
HOUR = datetime(2026, 11, 19, 12, tzinfo=UTC)


def account(balance: Any) -> CreditAccount:
    return CreditAccount.objects.create(organization=OrganizationFactory(), balance=balance)


@given(units=st.integers(-(2**63), 2**63 - 1))
def test_units_and_amounts_are_the_same_thing(units: int) -> None:
    amount = amount_of(units)
    assert units_of(amount) == units and amount * 10**PLACES == units


@pytest.mark.parametrize("value", [D("0.00000000001"), D("1.23456789012"), D("NaN"), D("Infinity")])
def test_what_cannot_be_kept_exactly_is_refused(value: Decimal) -> None:
    with pytest.raises((ValueError, OverflowError)):
        MoneyField().get_prep_value(value)


def test_what_is_no_amount_is_no_amount() -> None:
    field = MoneyField()
    for value in ("x", "1,5", "", object()):
        with pytest.raises(ValidationError):
            field.to_python(value)
    assert (field.to_python("1.50"), field.to_python(3), field.to_python(0.1)) == (D("1.5"), D(3), D("0.1"))
    assert field.to_python(None) is field.get_prep_value(None) is None


@pytest.mark.django_db
@pytest.mark.parametrize("amount", AWKWARD)
def test_an_amount_comes_back_as_it_went(amount: Decimal) -> None:
    kept = CreditAccount.objects.get(pk=account(amount).pk).balance
    assert isinstance(kept, Decimal) and kept == amount
    assert CreditAccount.objects.filter(balance=amount, balance__gte=amount, balance__in=[amount]).exists()
    assert not CreditAccount.objects.filter(balance__gt=amount).exists()
    assert CreditAccount.objects.values_list("balance", flat=True).get() == amount
    with connection.cursor() as cursor:
        cursor.execute("SELECT balance FROM budgets_creditaccount")
        assert cursor.fetchone() == (units_of(amount),)


@pytest.mark.django_db
def test_more_than_the_column_holds_is_refused_not_rounded() -> None:
    kept = account(MOST)
    with pytest.raises((DataError, OverflowError, IntegrityError)), transaction.atomic():
        CreditAccount.objects.filter(pk=kept.pk).update(balance=MOST + LEAST)
    assert CreditAccount.objects.get().balance == MOST


@pytest.mark.django_db
def test_order_and_extremes_are_those_of_the_amounts() -> None:
    for amount in AWKWARD:
        account(amount)
    assert list(CreditAccount.objects.order_by("balance").values_list("balance", flat=True)) == sorted(AWKWARD)
    found = CreditAccount.objects.aggregate(least=Min("balance"), most=Max("balance"))
    assert found == {"least": -MOST, "most": MOST}


@pytest.mark.django_db
def test_sums_are_exact_where_floats_are_not() -> None:
    amounts = [D("0.1"), D("0.2"), D("899999999.9999999999"), LEAST, D("-0.3")]
    assert sum(map(float, amounts)) != float(sum(amounts)) or float(amounts[2]) != amounts[2]
    for amount in amounts:
        account(amount)
    total = CreditAccount.objects.aggregate(total=Sum("balance"))["total"]
    assert isinstance(total, Decimal) and total == D("900000000")
    assert CreditAccount.objects.filter(balance__lt=0).aggregate(total=Sum("balance"))["total"] == D("-0.3")
    assert CreditAccount.objects.filter(balance=7).aggregate(total=Sum("balance"))["total"] is None


@pytest.mark.django_db
def test_ten_thousand_small_amounts_add_up(agent: Any) -> None:
    small = {"organization": agent.organization, "agent": agent, "list_cost": D("0.0000000007")}
    UsageHour.objects.bulk_create(UsageHour(**small, hour=HOUR - timedelta(hours=n)) for n in range(10_000))
    by_agent = UsageHour.objects.values("agent").annotate(total=Sum("list_cost")).get()
    assert by_agent["total"] == D("0.000007")


@pytest.mark.django_db
def test_the_database_adds_and_takes_away_exactly() -> None:
    kept = account(D("0.3"))
    mine = CreditAccount.objects.filter(pk=kept.pk)
    for _ in range(3):
        mine.update(balance=F("balance") - Value(D("0.1"), output_field=MoneyField()))
    assert mine.get().balance == 0
    mine.update(balance=F("balance") + Value(LEAST, output_field=MoneyField()))
    assert mine.get().balance == LEAST and mine.filter(balance__gt=F("balance") - Value(1, output_field=MoneyField()))
    doubled = mine.annotate(twice=ExpressionWrapper(F("balance") + F("balance"), output_field=MoneyField())).get()
    assert doubled.twice == 2 * LEAST
    kept.balance = F("balance") + Value(D("1.5"), output_field=MoneyField())
    kept.save(update_fields=["balance"])
    assert mine.get().balance == D("1.5000000001")


@pytest.mark.django_db
def test_many_rows_at_once_are_as_exact() -> None:
    agent = AgentFactory()
    columns = {
        "organization_id": [agent.organization_id] * 3,
        "agent_id": [agent.pk] * 3,
        "hour": [HOUR - timedelta(hours=n) for n in range(3)],
        "counted_tokens": [1, 2, 3],
        "list_cost": [LEAST, D("449999999.9999999999"), D("0.1")],
        "billed_cost": [D(0)] * 3,
        "unpriced_tokens": [0] * 3,
    }
    insert_columns(UsageHour, columns)
    add_up(UsageHour, columns, key=("agent_id", "hour"), sums=("list_cost",))
    rows = list(UsageHour.objects.order_by("-hour"))
    assert [row.list_cost for row in rows] == [2 * LEAST, D("899999999.9999999998"), D("0.2")]
    rows[1].list_cost = D("12.3456789012")
    update_rows(rows, ("list_cost",))
    assert [row.list_cost for row in UsageHour.objects.order_by("-hour")] == [2 * LEAST, D("12.3456789012"), D("0.2")]
