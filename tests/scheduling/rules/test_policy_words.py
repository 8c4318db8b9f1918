"""What the switches come to: one sentence for the start, one for the end, in every combination (spec W5, W6)."""

from itertools import product
from typing import Any

import pytest

from scheduling.choices import OffHoursAction
from scheduling.rules.policy_words import consequences

USUAL: dict[str, Any] = {
    "enabled": True,
    "auto_wake": True,
    "enforce_clock_in": False,
    "enforce_clock_out": True,
    "action": OffHoursAction.PAUSE,
    "grace_minutes": 10,
}
WAKES = "At the start it is clocked in, resumed and woken by itself."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, [WAKES, "10 min after the end it is clocked out and paused until the next start."]),
        ({"grace_minutes": 0}, [WAKES, "At the end it is clocked out and paused until the next start."]),
        (
            {"action": OffHoursAction.STOP},
            [WAKES, "10 min after the end it is clocked out and told to stop; what it is working on is cancelled."],
        ),
        (
            {"action": OffHoursAction.QUEUE},
            [WAKES, "10 min after the end it is clocked out and stays as it is; new work waits for the next start."],
        ),
        (
            {"enforce_clock_out": False},
            [WAKES, "At the end nothing happens by itself: it works on until somebody clocks it out."],
        ),
        (
            {"auto_wake": False},
            [
                "At the start nothing happens by itself: it works once somebody clocks it in.",
                "10 min after the end it is clocked out and paused until somebody clocks it in.",
            ],
        ),
        (
            {"auto_wake": False, "enforce_clock_in": True},
            [
                "Somebody has to clock it in; not clocked in 10 min after the start, it is late and its owner told.",
                "10 min after the end it is clocked out and paused until somebody clocks it in.",
            ],
        ),
        ({"enabled": False}, ["Switched off: the clock neither starts nor ends anything by these hours."]),
    ],
)
def test_in_words(change: dict[str, Any], said: list[str]) -> None:
    assert consequences(**{**USUAL, **change}) == said


def test_every_combination_says_something_of_its_own() -> None:
    flags = ("auto_wake", "enforce_clock_in", "enforce_clock_out")
    told = {
        tuple(consequences(**{**USUAL, **dict(zip(flags, values, strict=True)), "action": action}))
        for values in product([True, False], repeat=3)
        for action in OffHoursAction
    }
    # Clock-in that is enforced tells nothing where auto-wake does it; the action nothing where nobody is clocked out.
    assert len(told) == 3 * (3 + 1)
    assert all(sentence.endswith(".") for sentences in told for sentence in sentences)
