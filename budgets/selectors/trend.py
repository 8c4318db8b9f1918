"""Tokens and cost of the last thirty days, drawn on the server, with the figures for a table (spec B5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from budgets.models import UsageDay
from budgets.rules import words
from budgets.rules.windows import day_of
from workforce.models import Organization

DAYS = 30
_DAY = timedelta(days=1)
_LEFT, _TOP, _WIDTH, _HEIGHT, _FOOT = 52, 6, 420, 110, 18
_NICE = (1, 2, 5, 10)
#: A date is written under every seventh column, counted back from today.
_EVERY = 7


@dataclass(frozen=True, slots=True)
class DaySum:
    """One day of the organisation. ``cost`` at list prices; ``unpriced``: counted tokens whose cost is unknown."""

    day: date
    tokens: int = 0
    cost: Decimal = Decimal(0)
    billed: Decimal = Decimal(0)
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word at an axis."""

    at: str
    text_at: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    box: str
    right: int
    bars: Sequence[Box]
    partly: Sequence[Box]
    lines: Sequence[Mark]
    dates: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Row:
    """A day in the words of the table."""

    day: date
    tokens: str
    cost: str
    billed: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Trend:
    charts: Sequence[Chart]
    rows: Sequence[Row]
    differs: bool
    unknown: bool

    @property
    def anything(self) -> bool:
        return bool(self.charts)


def trend_of(organization: Organization, *, currency: str, now: datetime) -> Trend:
    """One query. A day is that of each agent's own calendar, put under its date; the last one is today's in the
    organisation's zone."""
    last = day_of(organization.time_zone, now)
    first = last - (DAYS - 1) * _DAY
    found = {
        day: DaySum(day, int(tokens), cost, billed, int(unpriced))
        for day, tokens, cost, billed, unpriced in (
            UsageDay.objects.filter(organization=organization, day__range=(first, last))
            .order_by()
            .values_list("day")
            .annotate(Sum("counted_tokens"), Sum("list_cost"), Sum("billed_cost"), Sum("unpriced_tokens"))
        )
    }
    days = [found.get(first + number * _DAY, DaySum(first + number * _DAY)) for number in range(DAYS)]
    charts = [
        _chart("Tokens a day", days, lambda day: Decimal(day.tokens), lambda top: words.tokens_short(int(top))),
        _chart("List cost a day", days, lambda day: day.cost, lambda top: words.money_even(top, currency)),
    ]
    return Trend(
        charts=charts if found else [],
        rows=[_row(day, currency) for day in reversed(days) if day.day in found],
        differs=any(day.billed != day.cost for day in days),
        unknown=any(day.unpriced for day in days),
    )


def _row(day: DaySum, currency: str) -> Row:
    known = bool(day.cost) or not day.unpriced
    return Row(
        day=day.day,
        tokens=f"{day.tokens:,}",
        cost=words.money(day.cost, currency) if known else "unknown",
        billed=words.money(day.billed, currency) if known else "unknown",
        unknown=f"{day.unpriced:,}" if day.unpriced else "",
    )


def _chart(
    title: str, days: Sequence[DaySum], figure: Callable[[DaySum], Decimal], said: Callable[[Decimal], str]
) -> Chart:
    top = nice(max(figure(day) for day in days))
    column = (_WIDTH - _LEFT) / DAYS

    def box(number: int, height: float) -> Box:
        return Box(_n(_LEFT + number * column + 1.5), _n(_TOP + _HEIGHT - height), _n(column - 3), _n(max(height, 0)))

    heights = [float(figure(day) / top) * _HEIGHT for day in days]
    cost = title.startswith("List")
    return Chart(
        title=title,
        box=f"0 0 {_WIDTH} {_TOP + _HEIGHT + _FOOT}",
        right=_WIDTH,
        bars=[box(number, max(height, 1)) for number, height in enumerate(heights) if height],
        partly=[box(number, _HEIGHT) for number, day in enumerate(days) if cost and day.unpriced],
        lines=[
            Mark(_n(_TOP + _HEIGHT * (1 - share)), _n(_TOP + _HEIGHT * (1 - share) + 4), said(top * Decimal(share)))
            for share in (0, 0.5, 1)
        ],
        dates=[
            Mark(_n(_LEFT + (number + 0.5) * column), str(_TOP + _HEIGHT + 14), f"{day.day.day} {day.day:%b}")
            for number, day in enumerate(days)
            if (DAYS - 1 - number) % _EVERY == 0
        ],
    )


def nice(most: Decimal) -> Decimal:
    """The end of an axis: 1, 2 or 5 times a power of ten, not below ``most``; 1 for nothing."""
    if most <= 0:
        return Decimal(1)
    power = Decimal(10) ** most.adjusted()
    return next(step * power for step in _NICE if step * power >= most)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
