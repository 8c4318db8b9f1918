"""Dated prices, edited by HR and workforce managers (spec B2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from budgets.models import Price
from budgets.rules import price_entry as rules
from budgets.rules.caps import NO_SUCH_FIELD
from budgets.rules.prices import Tokens, cost, price_at
from budgets.rules.usage_entry import NEEDED
from budgets.selectors.prices import prices_of
from budgets.services import prices
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at
from tests.support.races import at_once
from workforce.choices import KeyScope
from workforce.models import AuditEvent
from workforce.rules.refusals import Forbidden, Invalid, Missing

pytestmark = pytest.mark.django_db
NOW = at("thu 12:00")
SONNET = {"model": "sonnet", "valid_from": NOW - timedelta(days=30), "input": "3", "output": Decimal("15.0000")}


def add(organization: Any, *, by: Any = SYSTEM, **data: Any) -> Price:
    return prices.add(organization=organization, data={**SONNET, **data}, by=by, now=NOW)


def change(price: Price, *, by: Any = SYSTEM, **changes: Any) -> Price:
    return prices.change(organization=price.organization, price_id=price.pk, changes=changes, by=by, now=NOW)


def delete(price: Price, *, by: Any = SYSTEM) -> None:
    prices.delete(organization=price.organization, price_id=price.pk, by=by, now=NOW)


def test_a_price_is_kept_with_its_audit(organization: Any, hugo: Any) -> None:
    price = add(organization, by=person(hugo), cache_read="0.3", note=" Contract of May. ")
    kept = Price.objects.get()
    assert (kept.input, kept.output, kept.cache_read, kept.cache_write) == (3, 15, Decimal("0.3"), 0)
    assert (kept.model, kept.flat_rate, kept.note, kept.updated_at) == ("sonnet", False, "Contract of May.", NOW)
    (event,) = audited(price, action="price.added")
    assert (event.actor_label, event.after["input"], event.after["cache_read"]) == ("Hugo", "3", "0.3")


def test_changes_are_told_as_before_and_after(organization: Any) -> None:
    price = add(organization)
    assert change(price, output="12.5", flat_rate=True).output == Decimal("12.5")
    (event,) = audited(price, action="price.changed")
    assert event.before == {"output": "15.0000", "flat_rate": False}
    assert event.after == {"output": "12.5", "flat_rate": True}
    change(price, output="12.5000")
    assert len(audited(price, action="price.changed")) == 1


def test_a_price_that_is_taken_away_stays_in_the_audit(organization: Any) -> None:
    price = add(organization)
    identity = price.pk
    delete(price)
    assert not Price.objects.exists()
    event = AuditEvent.objects.get(action="price.deleted")
    assert (event.subject_id, event.before["model"], event.before["output"]) == (str(identity), "sonnet", "15.0000")
    with pytest.raises(Missing):
        prices.delete(organization=organization, price_id=identity, by=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("model", "", rules.NOT_A_MODEL),
        ("model", "  ", rules.NOT_A_MODEL),
        ("model", "m" * 81, rules.NOT_A_MODEL),
        ("model", "a\nb", rules.NOT_A_MODEL),
        ("model", 7, rules.NOT_A_MODEL),
        ("model", None, NEEDED),
        ("valid_from", datetime(2026, 1, 1), rules.NOT_A_MOMENT),  # noqa: DTZ001
        ("valid_from", datetime(1, 1, 1, tzinfo=UTC), rules.NOT_A_MOMENT),
        ("valid_from", "2026-01-01", rules.NOT_A_MOMENT),
        ("input", "-1", rules.NOT_A_PRICE),
        ("input", -1, rules.NOT_A_PRICE),
        ("input", "NaN", rules.NOT_A_PRICE),
        ("input", Decimal("NaN"), rules.NOT_A_PRICE),
        ("input", "1e3", rules.NOT_A_PRICE),
        ("input", "10000.0001", rules.NOT_A_PRICE),
        ("input", None, NEEDED),
        ("output", "0.00001", rules.TOO_FINE_A_PRICE),
        ("cache_write", True, rules.NOT_A_PRICE),
        ("flat_rate", "true", rules.NOT_A_FLAG),
        ("note", "n" * 161, rules.NOT_A_NOTE),
        ("note", "a\x00b", rules.NOT_A_NOTE),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(organization: Any, field: str, value: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(organization, **{field: value})
    assert refused.value.fields == [(field, sentence)]
    assert not Price.objects.exists() and not AuditEvent.objects.exists()


def test_all_faults_come_at_once(organization: Any) -> None:
    with pytest.raises(Invalid) as refused:
        prices.add(organization=organization, data={"model": "", "input": -1, "per": 1}, by=SYSTEM, now=NOW)
    assert dict(refused.value.fields) == {
        "per": NO_SUCH_FIELD, "model": rules.NOT_A_MODEL, "valid_from": NEEDED, "input": rules.NOT_A_PRICE,
        "output": NEEDED,
    }  # fmt: skip


def test_one_price_per_model_and_moment(organization: Any, other_organization: Any) -> None:
    first = add(organization)
    with pytest.raises(Invalid) as refused:
        add(organization, input="-1")
    assert refused.value.fields == [("input", rules.NOT_A_PRICE), ("valid_from", prices.THERE_ALREADY)]
    later = add(organization, valid_from=NOW)
    with pytest.raises(Invalid):
        change(later, valid_from=first.valid_from)
    add(other_organization)
    assert [price.valid_from for price in prices_of(organization)] == [NOW, first.valid_from]


@pytest.mark.django_db(transaction=True)
def test_the_same_price_entered_twice_at_once_is_one(organization: Any) -> None:
    outcomes = at_once(*(lambda: add(organization) for _ in range(4)))
    refused = [one for one in outcomes if isinstance(one, Invalid)]
    assert len(refused) == 3 and all(one.fields == [("valid_from", prices.THERE_ALREADY)] for one in refused)
    assert Price.objects.count() == 1 and AuditEvent.objects.filter(action="price.added").count() == 1


def test_who_may(organization: Any, alice: Any, hugo: Any) -> None:
    for number, by in enumerate([person(alice), person(hugo), SYSTEM]):
        price = add(organization, by=by, model=f"m{number}")
        change(price, by=by, input="1")
        delete(price, by=by)


def test_who_may_not(organization: Any, agent: Any, lee: Any, olga: Any, vera: Any, charlie: Any) -> None:
    price = add(organization)
    people = [person(one) for one in (lee, olga, vera, charlie)]
    for by in (*people, itself(agent), key(*KeyScope)):
        for deed in (
            lambda by=by: add(organization, by=by, input="-1"),
            lambda by=by: change(price, by=by, input="-1"),
            lambda by=by: delete(price, by=by),
            lambda by=by: prices.seed_examples(organization=organization, by=by, now=NOW),
        ):
            with pytest.raises(Forbidden):
                deed()
    assert Price.objects.get().input == 3


def test_another_organisations_price_is_not_there(organization: Any, other_organization: Any) -> None:
    foreign = add(other_organization)
    for price_id in (foreign.pk, uuid4()):
        with pytest.raises(Missing):
            prices.change(organization=organization, price_id=price_id, changes={"input": "1"}, by=SYSTEM, now=NOW)
        with pytest.raises(Missing):
            prices.delete(organization=organization, price_id=price_id, by=SYSTEM, now=NOW)
    assert Price.objects.get().input == 3


def test_examples_are_added_once_and_overwrite_nothing(organization: Any, alice: Any) -> None:
    mine = add(organization, model="example-small", input="99", note="Ours.")
    by = person(alice)
    assert prices.seed_examples(organization=organization, by=by, now=NOW) == len(prices.EXAMPLES) - 1
    assert prices.seed_examples(organization=organization, by=by, now=NOW) == 0
    kept = {price.model: price for price in prices_of(organization)}
    assert kept.keys() == {name for name, *_ in prices.EXAMPLES}
    assert kept["example-small"] == mine and kept["example-small"].input == 99
    notes = {price.note for price in kept.values() if price != mine}
    assert notes == {"Example price: check it against your provider."}
    assert kept["example-large"].valid_from < NOW
    assert AuditEvent.objects.filter(action="price.added", actor_label="Alice").count() == len(kept) - 1


def test_a_price_holds_from_its_moment_on(organization: Any) -> None:
    add(organization)
    add(organization, valid_from=NOW, input="6")
    known = [price.rule() for price in prices_of(organization)]
    million = Tokens(1_000_000, 0, 0, 0)
    assert cost(million, price_at(known, NOW - timedelta(microseconds=1))).listed == 3
    assert cost(million, price_at(known, NOW)).listed == 6
    assert cost(million, price_at(known, SONNET["valid_from"] - timedelta(days=1))).listed is None
