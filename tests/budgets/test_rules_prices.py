"""What tokens count and cost: whole tokens, exact amounts (spec B2)."""

from datetime import timedelta
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.models.money import PLACES, amount_of, units_of
from budgets.rules.price_entry import MOST_PRICE
from budgets.rules.prices import DEFAULT_WEIGHTS, UNKNOWN, Cost, PriceAt, Tokens, Weights, cost, counted, price_at
from budgets.rules.usage_entry import MOST_TOKENS
from tests.support.clockwork import at

NOW = at("thu 12:00")
CLASSES = ("input", "output", "cache_read", "cache_write")
COUNT = st.integers(0, MOST_TOKENS)
TOKENS = st.builds(Tokens, COUNT, COUNT, COUNT, COUNT)
PRICE = st.decimals(0, MOST_PRICE, places=4)
WEIGHT = st.integers(0, 999_999)
WEIGHTS = st.builds(Weights, WEIGHT, WEIGHT, WEIGHT, WEIGHT)


def priced(*prices: Any, flat_rate: bool = False, valid_from: Any = NOW) -> PriceAt:
    return PriceAt(valid_from, *map(Decimal, prices), flat_rate=flat_rate)


PRICES = st.builds(priced, PRICE, PRICE, PRICE, PRICE)


@pytest.mark.parametrize(
    ("tokens", "number"),
    [
        (Tokens(), 0),
        (Tokens(1000, 200, 0, 50), 1250),
        (Tokens(cache_read=1), 1),  # a tenth, rounded up
        (Tokens(cache_read=10), 1),
        (Tokens(cache_read=11), 2),
        (Tokens(1, 1, 5, 1), 4),  # rounded once, not by class
        (Tokens(cache_read=5000), 500),
    ],
)
def test_cached_reads_count_a_tenth(tokens: Tokens, number: int) -> None:
    assert counted(tokens, DEFAULT_WEIGHTS) == number


@given(tokens=TOKENS, weights=WEIGHTS)
def test_counted_is_the_weighted_sum_rounded_up_once(tokens: Tokens, weights: Weights) -> None:
    exact = sum(Fraction(getattr(tokens, name) * getattr(weights, name), 1000) for name in CLASSES)
    number = counted(tokens, weights)
    assert type(number) is int and number == ceil(exact)
    assert counted(tokens, Weights(1000, 1000, 1000, 1000)) == tokens.total


@given(tokens=TOKENS, price=PRICES)
def test_a_cost_is_exact_and_fits_where_it_is_kept(tokens: Tokens, price: PriceAt) -> None:
    listed = cost(tokens, price).listed
    assert isinstance(listed, Decimal)
    exact = sum(Fraction(getattr(price, name)) * getattr(tokens, name) for name in CLASSES) / 1_000_000
    assert Fraction(listed) == exact
    assert amount_of(units_of(listed)) == listed, f"more than {PLACES} places"
    assert 0 <= units_of(listed) < 2**63, "one report fits a column"


@given(one=TOKENS, more=TOKENS, price=PRICES)
def test_costs_add_up(one: Tokens, more: Tokens, price: PriceAt) -> None:
    both = Tokens(*(getattr(one, name) + getattr(more, name) for name in CLASSES))
    parts = [cost(tokens, price).listed for tokens in (one, more)]
    assert cost(both, price).listed == sum(part for part in parts if part is not None)


def test_nothing_is_rounded_on_the_way() -> None:
    with localcontext() as context:
        context.traps[Inexact] = True
        price = priced("9999.9999", "0.0001", "3.1415", "10000")
        assert cost(Tokens(1, 1, 1, 1), price).listed == Decimal("0.0200031415")
        most = Tokens(MOST_TOKENS, MOST_TOKENS, MOST_TOKENS, MOST_TOKENS)
        assert cost(most, price).listed is not None


def test_a_model_without_a_price_costs_something_unknown() -> None:
    assert cost(Tokens(1000), None) is UNKNOWN == Cost(None, None)
    assert cost(Tokens(1000), priced(0, 0, 0, 0)) == Cost(Decimal(0), Decimal(0))


def test_a_plan_bills_nothing_and_lists_all() -> None:
    assert cost(Tokens(1_000_000), priced(3, 0, 0, 0, flat_rate=True)) == Cost(Decimal(3), Decimal(0))


def test_the_newest_price_that_has_begun_is_in_force() -> None:
    old, new, coming = (
        priced(number, 0, 0, 0, valid_from=NOW + timedelta(days=days)) for number, days in ((1, -9), (2, 0), (3, 5))
    )
    tick = timedelta(microseconds=1)
    for order in ([old, new, coming], [coming, new, old], [new, coming, old]):
        assert price_at(order, NOW - timedelta(days=9) - tick) is None
        assert price_at(order, NOW - timedelta(days=9)) is old
        assert price_at(order, NOW - tick) is old
        assert price_at(order, NOW) is new
        assert price_at(order, NOW + timedelta(days=5)) is coming
    assert price_at([], NOW) is None
