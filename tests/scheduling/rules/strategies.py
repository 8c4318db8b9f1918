"""Shifts as they are entered, and any number of them for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.scheduling.rules.oracle import DAYS, Shift


def shift(days: list[str], start: str, end: str, name: str = "s") -> Shift:
    return {"name": name, "days": days, "start": start, "end": end}


TIMES = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


@st.composite
def any_shifts(draw: Any) -> list[Shift]:
    shifts = []
    for number in range(draw(st.integers(1, 4))):
        start = draw(TIMES)
        end = draw(TIMES.filter(lambda text, start=start: text != start))
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True))
        shifts.append(shift(days, start, end, f"s{number}"))
    return shifts
