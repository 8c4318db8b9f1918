"""The rule of burn anomalies: robust, silent with little history, three times the usual at least (spec B7)."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.rules.anomaly import FACTOR, FLOOR, LEAST_HOURS, SPREADS, Baseline, baseline, far_over

BURNS = st.lists(st.integers(1, 10**13), min_size=LEAST_HOURS, max_size=336)
SHORT = st.lists(st.integers(1, 10**13), max_size=LEAST_HOURS - 1)


@pytest.mark.parametrize(
    ("trailing", "usual"),
    [
        ([100_000] * 12, Baseline(100_000, 300_000, 12)),
        ([100] * 12, Baseline(100, 100 + FLOOR, 12)),
        ([50_000, 150_000] * 10, Baseline(50_000, 150_000, 20)),
        ([40_000, 70_000, 100_000, 130_000, 160_000] * 4, Baseline(100_000, 370_000, 20)),
        ([1000] * 11, None),
        ([1000] * 11 + [0] * 300, None),
        ([], None),
    ],
)
def test_examples(trailing: list[int], usual: Baseline | None) -> None:
    assert baseline(trailing) == usual


def test_a_bad_night_does_not_hide_the_next_one() -> None:
    """Where a mean and a deviation would let three million pass."""
    week = [90_000, 100_000, 110_000, 120_000] * 10
    night = [3_000_000] * 8
    assert far_over(3_000_000, baseline(week)) and far_over(3_000_000, baseline([*week, *night]))
    assert not far_over(250_000, baseline([*week, *night]))
    mean = sum([*week, *night]) / 48
    deviation = (sum((one - mean) ** 2 for one in [*week, *night]) / 48) ** 0.5
    assert mean + 3 * deviation > 3_000_000


@given(trailing=SHORT, idle=st.integers(0, 300), tokens=st.integers(0, 10**15))
def test_little_history_says_nothing(trailing: list[int], idle: int, tokens: int) -> None:
    assert baseline(trailing + [0] * idle) is None
    assert not far_over(tokens, baseline(trailing))


@given(trailing=BURNS, idle=st.integers(0, 300), seed=st.integers())
def test_order_and_idle_hours_do_not_matter(trailing: list[int], idle: int, seed: int) -> None:
    shuffled = trailing + [0] * idle
    Random(seed).shuffle(shuffled)
    assert baseline(shuffled) == baseline(trailing)


@given(trailing=BURNS, tokens=st.integers(0, 10**15))
def test_far_over_is_far_over_all_three(trailing: list[int], tokens: int) -> None:
    usual = baseline(trailing)
    assert usual is not None and usual.hours == len(trailing)
    assert min(trailing) <= usual.median <= max(trailing)
    assert far_over(tokens, usual) is (tokens > usual.threshold)
    if far_over(tokens, usual):
        assert tokens > FACTOR * usual.median and tokens > usual.median + FLOOR


@given(trailing=BURNS, factor=st.integers(1, 1000))
def test_it_grows_with_what_is_usual(trailing: list[int], factor: int) -> None:
    large = [one * FLOOR for one in trailing]  # beyond the floor, so that only the proportions count
    usual, scaled = baseline(large), baseline([one * factor for one in large])
    assert usual is not None and scaled is not None
    assert (scaled.median, scaled.threshold) == (usual.median * factor, usual.threshold * factor)


@given(clean=BURNS, data=st.data())
def test_fewer_than_half_outliers_cannot_move_it_beyond_the_rest(clean: list[int], data: st.DataObject) -> None:
    """Whatever they are, the baseline lies among the clean hours, and the threshold within what those alone allow."""
    outliers = data.draw(st.lists(st.integers(1, 10**15), max_size=(len(clean) - 1) // 2))
    usual = baseline([*clean, *outliers])
    assert usual is not None
    low, high = min(clean), max(clean)
    assert low <= usual.median <= high
    assert usual.threshold <= high + max((FACTOR - 1) * high, SPREADS * (high - low), FLOOR)
    assert far_over(10**16, usual)
