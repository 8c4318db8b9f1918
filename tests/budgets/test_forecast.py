"""When a cap is reached at the present rate, and what the present rate is (spec B8)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.choices import CapMeasure, CapWindow
from budgets.models import UsageHour
from budgets.rules.forecast import reaches_at
from budgets.rules.gauges import Gauge
from budgets.selectors.burn import Burn, burn_of
from tests.factories import AgentFactory
from tests.support.clockwork import at
from workforce.models import Agent

NOW = at("thu 12:00")
START, END = NOW - timedelta(hours=12), NOW + timedelta(hours=12)


def gauge(used: Any, cap: Any, *, end: datetime = END, reserved: Any = 0) -> Gauge:
    return Gauge(CapWindow.DAILY, CapMeasure.TOKENS, START, end, used, cap, reserved)


@pytest.mark.parametrize(
    ("used", "cap", "rate", "hours"),
    [
        (0, 1000, 100, 10),
        (500, 1000, 100, 5),
        (1000, 1000, 100, 0),
        (1200, 1000, 100, 0),
        (1200, 1000, 0, 0),
        (0, 0, 0, 0),
        (500, None, 100, None),
        (500, 1000, 0, None),
        (500, 1000, -1, None),
        (0, 1200, 100, None),  # just as the window is over
        (0, 1199, 100, Decimal("11.99")),
        (Decimal("1.50"), Decimal("3.00"), Decimal("0.25"), 6),
        (0, 2**63 - 1, Decimal("0.0001"), None),
        (2**63 - 3, 2**63 - 1, 1, 2),
    ],
)
def test_when_it_is_reached(used: Any, cap: Any, rate: Any, hours: Any) -> None:
    moment = None if hours is None else NOW + timedelta(seconds=float(hours * 3600))
    assert reaches_at(gauge(used, cap), rate, now=NOW) == moment


def test_what_is_reserved_is_not_counted_and_the_next_microsecond_is_taken() -> None:
    assert reaches_at(gauge(500, 1000, reserved=500), 100, now=NOW) == NOW + timedelta(hours=5)
    third = reaches_at(gauge(0, 1), Decimal(7), now=NOW)
    assert third == NOW + timedelta(microseconds=514_285_715)  # 514,285,714.28…
    almost = gauge(0, 1000, end=NOW + timedelta(hours=10, microseconds=1))
    assert reaches_at(almost, 100, now=NOW) == NOW + timedelta(hours=10)
    assert reaches_at(gauge(0, 1000, end=NOW + timedelta(hours=10)), 100, now=NOW) is None


_WHOLE = st.integers(0, 10**15)


@given(used=_WHOLE, cap=_WHOLE, rate=st.decimals(0, 10**9, places=4), hours=st.integers(1, 9000))
def test_it_is_the_first_microsecond_at_which_the_cap_is_reached(
    used: int, cap: int, rate: Decimal, hours: int
) -> None:
    end = NOW + timedelta(hours=hours)
    moment = reaches_at(gauge(used, cap, end=end), rate, now=NOW)

    def there(when: datetime) -> bool:
        microseconds = (when - NOW) // timedelta(microseconds=1)
        return used * 36 * 10**12 + int(rate * 10_000) * microseconds >= cap * 36 * 10**12

    if moment is None:
        assert not there(end - timedelta(microseconds=1))
    else:
        assert there(moment) and NOW <= moment < end
        assert moment == NOW or not there(moment - timedelta(microseconds=1))


def spent(agent: Agent, hour: datetime, tokens: int, cost: str = "0") -> None:
    UsageHour.objects.create(
        organization=agent.organization, agent=agent, hour=hour, counted_tokens=tokens, list_cost=Decimal(cost)
    )


@pytest.mark.django_db
def test_the_present_rate_is_of_this_hour_and_the_two_before(django_assert_num_queries: Any) -> None:
    agent, other, idle = AgentFactory.create_batch(3)
    hour = datetime(2026, 11, 19, 12, tzinfo=UTC)
    for back, tokens in ((3, 999_999), (2, 1000), (1, 500), (0, 1000)):
        spent(agent, hour - timedelta(hours=back), tokens, "0.01")
    spent(other, hour, 7)
    with django_assert_num_queries(1):
        found = burn_of([agent.pk, other.pk, idle.pk], now=hour + timedelta(minutes=30))
    assert found[agent.pk] == Burn(Decimal(1000), Decimal("0.012"))
    assert found[other.pk] == Burn(Decimal("2.8"), Decimal(0))
    assert found[idle.pk] == Burn()


@pytest.mark.django_db
def test_the_edges_of_the_hours() -> None:
    agent = AgentFactory()
    hour = datetime(2026, 11, 19, 12, tzinfo=UTC)
    spent(agent, hour, 900)
    assert burn_of([agent.pk], now=hour)[agent.pk].tokens_per_hour == 450
    last = hour + timedelta(hours=3) - timedelta(microseconds=1)
    assert burn_of([agent.pk], now=last)[agent.pk].tokens_per_hour == 300
    assert burn_of([agent.pk], now=hour + timedelta(hours=3))[agent.pk] == Burn()
    assert burn_of([], now=hour) == {}
