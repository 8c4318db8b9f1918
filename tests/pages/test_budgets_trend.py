"""The last thirty days: bars drawn on the server, and the same figures in a table."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from budgets.models import SpendPolicy, UsageDay
from budgets.selectors.trend import DAYS, nice, trend_of
from tests.pages.html import Node, parse
from tests.support.clockwork import at

Reader = Callable[..., Client]


@pytest.fixture
def used(organization: Any, agent: Any, at_now: datetime) -> Callable[..., None]:
    """A day of the agent, so many days before today."""
    SpendPolicy.objects.create(organization=organization, currency="EUR")

    def add(days: int, tokens: int, listed: str, billed: str = "", unpriced: int = 0) -> None:
        UsageDay.objects.create(
            organization=organization, agent=agent, day=date(2026, 11, 19) - timedelta(days=days),
            counted_tokens=tokens, list_cost=Decimal(listed), billed_cost=Decimal(billed or listed),
            unpriced_tokens=unpriced,
        )  # fmt: skip

    return add


def section(page: Node) -> Node:
    return next(one for one in page.all("section") if one.attrs.get("aria-labelledby") == "trend-title")


def rows(page: Node) -> list[list[str]]:
    return [[cell.text for cell in row.all("th") + row.all("td")] for row in section(page).all("tr")]


def test_nothing_used_draws_nothing(reader: Reader, alice: Any, agent: Any) -> None:
    shown = section(parse(reader(alice).get("/budgets")))
    assert "No usage was reported in the last 30 days." in shown.text
    assert not shown.all("svg") and not shown.all("table")


def test_a_bar_and_a_line_for_each_day_there_is(reader: Reader, alice: Any, used: Callable[..., None]) -> None:
    used(0, 1_500_000, "12.50")
    used(1, 750_000, "3")
    used(29, 30_000, "0.75")
    used(30, 9_000_000, "900")
    page = parse(reader(alice).get("/budgets"))
    assert rows(page) == [
        ["Day", "Tokens", "List cost"],
        ["Thu 19 Nov", "1,500,000", "€12.50"],
        ["Wed 18 Nov", "750,000", "€3.00"],
        ["Wed 21 Oct", "30,000", "€0.75"],
    ]
    tokens, cost = section(page).all("figure")
    assert [one.one("figcaption").text for one in (tokens, cost)] == ["Tokens a day", "List cost a day"]
    assert tokens.one("svg").attrs["aria-label"].startswith("Tokens a day, the last 30 days")
    assert [text.text for text in tokens.all("text")] == [
        "0", "1.0 M", "2.0 M", "22 Oct", "29 Oct", "5 Nov", "12 Nov", "19 Nov",
    ]  # fmt: skip
    assert [text.text for text in cost.all("text")][:3] == ["€0", "€10", "€20"]
    drawn = tokens.all("rect", class_="hrs")
    heights = [float(bar.attrs["height"]) for bar in drawn]
    assert heights == [pytest.approx(1.65, abs=0.1), pytest.approx(41.25, abs=0.1), pytest.approx(82.5, abs=0.1)]
    assert [float(bar.attrs["x"]) for bar in drawn] == sorted(float(bar.attrs["x"]) for bar in drawn)
    assert all(float(bar.attrs["y"]) + float(bar.attrs["height"]) == pytest.approx(116, abs=0.11) for bar in drawn)


def test_billed_and_unknown_have_columns_where_there_are_any(
    reader: Reader, alice: Any, used: Callable[..., None]
) -> None:
    used(0, 5_000, "5", "4")
    used(2, 5_000, "0", unpriced=5_000)
    used(3, 6_000, "1", unpriced=5_000)
    page = parse(reader(alice).get("/budgets"))
    assert rows(page) == [
        ["Day", "Tokens", "List cost", "Billed", "Tokens without a price"],
        ["Thu 19 Nov", "5,000", "€5.00", "€4.00", ""],
        ["Tue 17 Nov", "5,000", "unknown", "unknown", "5,000"],
        ["Mon 16 Nov", "6,000", "€1.00", "€1.00", "5,000"],
    ]
    tokens, cost = section(page).all("figure")
    assert (len(tokens.all("rect", class_="skipped")), len(cost.all("rect", class_="skipped"))) == (0, 2)
    assert "Dashed: some tokens of that day have no price" in section(page).text


def test_today_is_that_of_the_organisation(organization: Any, used: Callable[..., None]) -> None:
    used(0, 5_000, "5")
    for moment, last in (("thu 23:59", 19), ("fri 00:00", 20)):
        trend = trend_of(organization, currency="EUR", now=at(moment))
        assert trend.charts[0].dates[-1].text == f"{last} Nov"
        assert len(trend.charts[0].bars) == 1


def test_other_organisations_are_not_in_it(
    reader: Reader, charlie: Any, used: Callable[..., None], at_now: datetime
) -> None:
    used(0, 5_000, "5")
    with time_machine.travel(at_now, tick=False):
        assert not section(parse(reader(charlie).get("/budgets"))).all("svg")


@pytest.mark.parametrize(
    ("most", "top"), [("0", "1"), ("1", "1"), ("1.01", "2"), ("0.003", "0.005"), ("52", "100"), ("1500000", "2000000")]
)
def test_the_axis_ends_at_a_round_figure(most: str, top: str) -> None:
    assert nice(Decimal(most)) == Decimal(top)
    assert DAYS == 30
