"""The gates in their order: the first that is shut names what is in the way (spec S9, W9, B4)."""

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from scheduling.rules.gates import GateFacts, first_shut

LATER = datetime(2026, 11, 20, tzinfo=UTC)
#: What shuts each gate, in the order of the list.
SHUTS: dict[str, dict[str, Any]] = {
    "hold": {"held": ["Paused by hand: why"], "held_until": LATER},
    "lifecycle": {"lifecycle_state": "retired"},
    "off_duty": {"clocked_out": True, "next_start": LATER},
    "in_grace": {"in_grace": True},
    "staggered": {"work_from": LATER},
    "caps": {"over_cap": "Daily cap reached.", "cap_until": LATER},
    "credits": {"no_credits": True},
    "line_busy": {"busy": True},
}


def facts(*gates: str, **rest: Any) -> GateFacts:
    given: dict[str, Any] = {"lifecycle_state": "ready"}
    for gate in gates:
        given |= SHUTS[gate]
    return GateFacts(**{**given, **rest})


def test_nothing_in_the_way_is_no_gate() -> None:
    assert first_shut(facts()) is None


@pytest.mark.parametrize("gates", [pair for n in (1, 2, 3) for pair in combinations(SHUTS, n)])
def test_the_first_in_the_order_answers(gates: tuple[str, ...]) -> None:
    shut = first_shut(facts(*gates))
    assert shut is not None and shut.gate == gates[0] and shut.sentence


@pytest.mark.parametrize("gate", ["hold", "off_duty", "staggered", "caps"])
def test_it_says_when_to_ask_again(gate: str) -> None:
    shut = first_shut(facts(gate))
    assert shut is not None and shut.ask_again_at == LATER


@pytest.mark.parametrize("gate", SHUTS)
def test_urgent_work_passes_off_duty_and_nothing_else(gate: str) -> None:
    shut = first_shut(facts(gate, urgent=True))
    assert (shut is None) == (gate in {"off_duty", "in_grace", "staggered"})
