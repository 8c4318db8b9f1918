"""How an organisation counts: currency and weights (spec B2)."""

from decimal import Decimal
from typing import Any

import pytest

from budgets.models import SpendPolicy
from budgets.rules import price_entry as rules
from budgets.rules.caps import NO_SUCH_FIELD
from budgets.rules.prices import DEFAULT_WEIGHTS, Tokens, Weights, counted
from budgets.rules.usage_entry import NEEDED
from budgets.selectors.prices import policy_of
from budgets.services.policy import set_policy
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from workforce.choices import KeyScope
from workforce.models import AuditEvent
from workforce.rules.refusals import Forbidden, Invalid

pytestmark = pytest.mark.django_db
NOW = at("thu 12:00")


def put(organization: Any, by: Any = SYSTEM, **data: Any) -> SpendPolicy:
    return set_policy(organization=organization, data=data, by=by, now=NOW)


def test_without_one_the_defaults_count(organization: Any) -> None:
    assert policy_of(organization).weights() == DEFAULT_WEIGHTS
    assert policy_of(organization).currency == "USD"
    assert not SpendPolicy.objects.exists()


def test_what_is_set_is_kept_with_its_audit(organization: Any, hugo: Any) -> None:
    put(organization, person(hugo), currency="EUR", cache_read_weight="0.125", output_weight=5)
    policy = policy_of(organization)
    assert policy.currency == "EUR" and policy.updated_at == NOW
    assert policy.weights() == Weights(1000, 5000, 125, 1000)
    assert counted(Tokens(0, 0, 9, 0), policy.weights()) == 2
    (event,) = audited(organization, action="spend_policy.changed")
    assert event.before == {"currency": "USD", "output_weight": "1.000", "cache_read_weight": "0.100"}
    assert event.after == {"currency": "EUR", "output_weight": "5", "cache_read_weight": "0.125"}
    put(organization, currency="EUR", output_weight="5.000")
    assert len(audited(organization, action="spend_policy.changed")) == 1


@pytest.mark.parametrize("value", ["0", "999.999", "0.001", 0, Decimal("1.000"), 0.5])
def test_weights_go_from_nothing_to_a_thousand(organization: Any, value: Any) -> None:
    assert put(organization, input_weight=value).weights().input == int(Decimal(str(value)) * 1000)


@pytest.mark.parametrize("value", ["-1", -1, "1000", "999.9991", "0.0001", "NaN", "x", "", True, float("inf")])
def test_a_wrong_weight_is_refused(organization: Any, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        put(organization, currency="EUR", cache_write_weight=value)
    assert refused.value.fields == [("cache_write_weight", rules.NOT_A_WEIGHT)]
    assert not SpendPolicy.objects.exists() and not AuditEvent.objects.exists()


@pytest.mark.parametrize("value", ["eur", "EU", "EURO", "E1R", "ÄÖÜ", "EUR\n", 7, ""])
def test_a_wrong_currency_is_refused(organization: Any, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        put(organization, currency=value)
    assert refused.value.fields == [("currency", rules.NOT_A_CURRENCY)]


def test_all_faults_come_at_once(organization: Any) -> None:
    with pytest.raises(Invalid) as refused:
        put(organization, currency=None, input_weight=-1, output_weight="x", weight=1)
    assert dict(refused.value.fields) == {
        "currency": NEEDED, "input_weight": rules.NOT_A_WEIGHT, "output_weight": rules.NOT_A_WEIGHT,
        "weight": NO_SUCH_FIELD,
    }  # fmt: skip


def test_who_may_and_who_may_not(
    organization: Any, agent: Any, alice: Any, hugo: Any, lee: Any, olga: Any, vera: Any, charlie: Any
) -> None:
    for by in (*map(person, (lee, olga, vera, charlie)), itself(agent), key(*KeyScope)):
        with pytest.raises(Forbidden):
            put(organization, by, currency="x")
    assert not SpendPolicy.objects.exists()
    for number, by in enumerate([person(alice), person(hugo), SYSTEM]):
        assert put(organization, by, input_weight=number).input_weight == number


@pytest.mark.django_db(transaction=True)
def test_set_at_the_same_moment_both_are_kept(organization: Any) -> None:
    wanted = dict.fromkeys(rules.WEIGHTS, Decimal(7))
    outcomes = at_once(*(lambda name=name: put(organization, **{name: 7}) for name in wanted))
    assert errors(outcomes) == []
    assert policy_of(organization).weights() == Weights(7000, 7000, 7000, 7000)
    assert len(audited(organization, action="spend_policy.changed")) == 4
