"""Gauges as the page draws them: a bar, its figures, and in words what its colour says (spec B5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from budgets.choices import CapMeasure, CapWindow
from budgets.rules import words
from budgets.rules.gauges import Gauge


@dataclass(frozen=True, slots=True)
class Bar:
    """``used`` of ``cap`` in short, ``exact`` in full. Without a cap there is no bar: ``cap`` is empty."""

    used: str
    cap: str = ""
    exact: str = ""
    standing: str = ""
    tone: str = ""
    icon: str = ""
    full: int = 0


@dataclass(frozen=True, slots=True)
class WindowBars:
    """One window of a card: its tokens, and its cost where that is capped too."""

    label: str
    bars: Sequence[Bar]


def bar_of(gauge: Gauge, currency: str, *, of: str = "cap") -> Bar:
    used = words.figure(gauge.used, gauge.measure, currency)
    if gauge.cap is None:
        return Bar(used=used, exact=_exact(gauge, currency))
    return Bar(
        used=used,
        cap=words.cap_figure(gauge.cap, gauge.measure, currency),
        exact=_exact(gauge, currency),
        standing=words.standing(gauge, of),
        tone=gauge.tone,
        icon=words.ICONS[gauge.tone],
        full=min(gauge.share or 0, 100),
    )


def _exact(gauge: Gauge, currency: str) -> str:
    money = gauge.measure == CapMeasure.COST
    used, *cap = (
        f"{Decimal(figure).normalize():,f}" if money else f"{figure:,}"
        for figure in (gauge.used, gauge.cap)
        if figure is not None
    )
    return " of ".join([used, *cap]) + f" {currency if money else 'tokens'}"


def windows_of(gauges: Sequence[Gauge], currency: str) -> list[WindowBars]:
    """The four windows of a card. Cost is shown where it has a cap."""
    shown = [gauge for gauge in gauges if gauge.measure == CapMeasure.TOKENS or gauge.cap is not None]
    return [
        WindowBars(window.label, [bar_of(gauge, currency) for gauge in shown if gauge.window == window])
        for window in CapWindow
    ]


def budget_gauge(spent: Decimal, budget: Decimal | None, now: datetime) -> Gauge:
    """Today's cost held against a budget, measured as a cap is; its bounds are not asked for."""
    return Gauge(window=CapWindow.DAILY, measure=CapMeasure.COST, start=now, end=now, used=spent, cap=budget)


@dataclass(frozen=True, slots=True)
class Today:
    """What today cost at list prices, against the daily cost budget. ``cost`` is None where nothing of it is known:
    unknown is never 0. ``aside`` is said after it: what was billed where it differs, how much has no price."""

    cost: Bar | None
    aside: str
    anything: bool


def today_of(gauge: Gauge, *, unbilled: Decimal, unpriced: int, currency: str) -> Today:
    """``unbilled``: what the list cost is above the billed one. ``unpriced``: counted tokens whose cost is unknown."""
    known = bool(gauge.used) or not unpriced
    said = []
    if unbilled:
        said.append(f"billed {words.money(Decimal(gauge.used) - unbilled, currency)}")
    if unpriced:
        said.append(f"cost unknown for {words.tokens_short(unpriced)} tokens")
    if not known and gauge.cap is not None:
        said.append(f"budget {words.money_even(Decimal(gauge.cap), currency)}")
    aside = ", ".join(said)
    return Today(
        cost=bar_of(gauge, currency, of="budget") if known else None,
        aside=aside if known else aside[:1].upper() + aside[1:],
        anything=bool(gauge.used or unpriced or gauge.cap is not None),
    )
