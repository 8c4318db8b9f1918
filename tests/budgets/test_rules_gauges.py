"""How an agent stands to a cap: share, level, tone, reached, overrun, room (spec B3 to B5)."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.choices import CapMeasure, CapWindow, OnCap
from budgets.rules.gauges import LEVELS, Gauge, nearest, reached, risen, sentence, stop_of
from tests.support.clockwork import at

START, END = at("thu 00:00"), at("fri 00:00")
TOKENS = st.integers(0, 2**63 - 1)
MONEY = st.decimals(0, 900_000_000, places=4)


def gauge(used: Any, cap: Any, *, reserved: Any = 0, days: int = 0, window: CapWindow = CapWindow.DAILY) -> Gauge:
    measure = CapMeasure.COST if isinstance(used, Decimal) else CapMeasure.TOKENS
    return Gauge(window, measure, START, END + timedelta(days=days), used, cap, reserved)


@pytest.mark.parametrize(
    ("used", "cap", "share", "level", "tone", "is_reached", "overrun"),
    [
        (0, None, None, 0, "", False, 0),
        (10**15, None, None, 0, "", False, 0),
        (0, 1000, 0, 0, "is-good", False, 0),
        (499, 1000, 49, 0, "is-good", False, 0),
        (500, 1000, 50, 50, "is-warn", False, 0),
        (799, 1000, 79, 50, "is-warn", False, 0),
        (800, 1000, 80, 80, "is-warn", False, 0),
        (801, 1000, 80, 80, "is-bad", False, 0),
        (999, 1000, 99, 80, "is-bad", False, 0),
        (1000, 1000, 100, 100, "is-bad", True, 0),
        (2500, 1000, 250, 100, "is-bad", True, 1500),
        (0, 0, 100, 100, "is-bad", True, 0),
        (7, 0, 100, 100, "is-bad", True, 7),
        (2**63 - 2, 2**63 - 1, 99, 80, "is-bad", False, 0),
        (Decimal("1.5999999999"), Decimal("2.0000"), 79, 50, "is-warn", False, 0),
        (Decimal("2.0000000001"), Decimal("2.0000"), 100, 100, "is-bad", True, Decimal("0.0000000001")),
        (Decimal(0), Decimal(0), 100, 100, "is-bad", True, 0),
    ],
)
def test_examples(used: Any, cap: Any, share: Any, level: int, tone: str, is_reached: bool, overrun: Any) -> None:
    one = gauge(used, cap)
    assert (one.share, one.level, one.tone, one.reached, one.overrun) == (share, level, tone, is_reached, overrun)


@given(figures=st.one_of(st.tuples(TOKENS, TOKENS), st.tuples(MONEY, MONEY)))
def test_share_level_tone_and_reached_tell_one_story(figures: tuple[Any, Any]) -> None:
    used, cap = figures
    one = gauge(used, cap)
    exact = Fraction(used) / Fraction(cap) * 100 if cap else Fraction(100)
    assert one.share == int(exact // 1)
    assert one.level == max((level for level in LEVELS if exact >= level), default=0)
    assert one.reached is (one.level == 100) is (exact >= 100)
    assert one.tone == ("is-bad" if exact > 80 or not cap else "is-warn" if exact >= 50 else "is-good")
    assert one.overrun == max(used - cap, 0) and one.reached is (used >= cap)


@given(figures=st.one_of(st.tuples(TOKENS, TOKENS, TOKENS, TOKENS), st.tuples(MONEY, MONEY, MONEY, MONEY)))
def test_room_is_what_is_neither_used_nor_reserved(figures: tuple[Any, Any, Any, Any]) -> None:
    used, cap, kept, wanted = figures
    assert gauge(used, cap, reserved=kept).room_for(wanted) is (used + kept + wanted <= cap)
    assert gauge(used, None, reserved=kept).room_for(wanted)


def test_room_at_the_edge() -> None:
    one = gauge(300, 1000, reserved=200)
    assert one.room_for(500) and not one.room_for(501)
    assert not gauge(0, 0).room_for(1) and gauge(0, 0).room_for(0)


@pytest.mark.parametrize("on_cap", list(OnCap))
def test_who_stops_at_a_cap(on_cap: OnCap) -> None:
    below = [gauge(999, 1000), gauge(5, None)]
    weekly = gauge(5000, 4000, days=3, window=CapWindow.WEEKLY)
    assert stop_of(below, on_cap) is None and stop_of([], on_cap) is None
    stop = stop_of([*below, weekly, gauge(Decimal("2.5"), Decimal("2.5"))], on_cap)
    if on_cap == OnCap.ALERT:
        assert stop is None
        return
    assert stop is not None and stop.until == END + timedelta(days=3)
    assert stop.sentence == ("Weekly cap reached: 5,000 of 4,000 tokens. Daily cap reached: cost 2.50 of 2.50.")


def test_only_what_is_reached_is_named() -> None:
    gauges = [gauge(10, 10), gauge(9, 10), gauge(10, None), gauge(0, 0)]
    assert reached(gauges) == [gauges[0], gauges[3]]
    assert sentence(gauges[3]) == "Daily cap reached: 0 of 0 tokens."


@pytest.mark.parametrize(
    ("before", "after", "passed"),
    [(0, 499, False), (499, 500, True), (500, 799, False), (799, 800, True), (800, 999, False), (999, 1000, True),
     (1000, 99_999, False), (0, 1000, True), (900, 100, False)],
)  # fmt: skip
def test_a_level_is_passed_once(before: int, after: int, passed: bool) -> None:
    other = gauge(7, None)
    assert risen([other, gauge(before, 1000)], [other, gauge(after, 1000)]) is passed
    assert risen([gauge(0, 0)], [gauge(after, 0)]) is False


def test_the_nearest_is_the_one_closest_to_its_cap() -> None:
    far, near, none = gauge(1, 1000), gauge(Decimal("0.9"), Decimal(1)), gauge(10**9, None)
    assert nearest([far, none, near]) is near
    assert nearest([far, gauge(0, 0), near]) == gauge(0, 0)
    assert nearest([none]) is None and nearest([]) is None
    assert nearest([gauge(120, 100), gauge(300, 100), near]) == gauge(300, 100)
