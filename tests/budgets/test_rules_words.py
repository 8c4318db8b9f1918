"""Figures in words: tokens and money in short, what a share of a cap means."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.choices import CapMeasure, CapWindow
from budgets.rules.gauges import Gauge
from budgets.rules.words import cap_names, listed, money, money_even, overrun, standing, tokens_short, weight

START = datetime(2026, 11, 19, tzinfo=UTC)


def gauge(used: Any, cap: Any, measure: CapMeasure = CapMeasure.TOKENS, window: CapWindow = CapWindow.DAILY) -> Gauge:
    return Gauge(window=window, measure=measure, start=START, end=START + timedelta(days=1), used=used, cap=cap)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1 k"),
        (1_549, "1.5 k"),
        (9_999, "9.9 k"),
        (10_999, "10 k"),
        (306_000, "306 k"),
        (999_999, "999 k"),
        (1_000_000, "1.0 M"),
        (1_250_000, "1.2 M"),
        (99_990_000, "99.9 M"),
        (110_000_000, "110 M"),
        (2_500_000_000, "2.5 B"),
        (2**63 - 1, "9223372 T"),
    ],
)
def test_tokens_in_short(tokens: int, said: str) -> None:
    assert tokens_short(tokens) == said


@pytest.mark.parametrize(
    ("amount", "currency", "said", "even"),
    [
        ("2.1", "EUR", "€2.10", "€2.10"),
        ("1284.1", "USD", "$1,284.10", "$1,284.10"),
        ("40", "EUR", "€40.00", "€40"),
        ("2.499", "GBP", "£2.49", "£2.49"),
        ("3.05", "CHF", "CHF 3.05", "CHF 3.05"),
        ("0", "EUR", "€0.00", "€0"),
        ("0.0001", "EUR", "under €0.01", "under €0.01"),
        ("-3.5", "EUR", "−€3.50", "−€3.50"),
    ],
)
def test_money(amount: str, currency: str, said: str, even: str) -> None:
    assert (money(Decimal(amount), currency), money_even(Decimal(amount), currency)) == (said, even)


@pytest.mark.parametrize(
    ("used", "cap", "said"),
    [
        (0, None, ""),
        (5, 0, "nothing may be spent"),
        (0, 100, "0 %, under half"),
        (49, 100, "49 %, under half"),
        (50, 100, "50 %, over half"),
        (80, 100, "80 %, over half"),
        (81, 100, "81 %, near the cap"),
        (100, 100, "100 %, at the cap"),
        (101, 100, "101 %, over the cap"),
        (123_456, 100, "123,456 %, over the cap"),
    ],
)
def test_what_the_colour_says(used: int, cap: int | None, said: str) -> None:
    assert standing(gauge(used, cap)) == said
    assert standing(gauge(used, cap), "budget") == said.replace("cap", "budget")


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_words_and_colour_agree(used: int, cap: int) -> None:
    one = gauge(used, cap)
    word = standing(one).partition(", ")[2]
    tones = {"under half": "is-good", "over half": "is-warn"}
    assert one.tone == tones.get(word, "is-bad")
    assert one.reached == (word in ("at the cap", "over the cap"))


def test_caps_and_overruns_are_named() -> None:
    over = [
        gauge(306_000, 300_000),
        gauge(Decimal("2.75"), Decimal("2.50"), CapMeasure.COST, CapWindow.WEEKLY),
        gauge(100, 100, window=CapWindow.ANNUAL),
    ]
    assert cap_names(over) == "daily cap, weekly cost cap and annual cap"
    assert overrun(over, "EUR") == "6 k tokens over the daily cap and €0.25 over the weekly cost cap"
    assert overrun(over[:1], "EUR") == "6 k tokens"
    assert overrun(over[2:], "EUR") == ""
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_weights() -> None:
    assert [weight(Decimal(text)) for text in ("1.000", "0.100", "10", "0.025")] == ["1", "0.1", "10", "0.025"]
