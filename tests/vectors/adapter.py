"""From the vectors' JSON to the real code and back: the only place that knows these shapes, with no logic.

Each kind has a function from a vector's input to what the code answers, in the words of `expected`. What
entry refuses is ERROR.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from budgets.choices import CapWindow
from budgets.rules.windows import window_at
from scheduling.rules.hours import HoursError, check_grace, check_hours
from scheduling.rules.hours import work_state as state_of
from workforce.rules.lifecycle import is_legal

Vector = dict[str, Any]

ERROR: Vector = {"error": True}


def work_state(given: Vector) -> Vector:
    try:
        hours = check_hours(given.get("type"), given.get("tz"), given.get("shifts"))
        grace_minutes = check_grace(given.get("grace_minutes"))
    except HoursError:
        return ERROR
    state = state_of(hours, _moment(given["at"]), grace_minutes)
    event = state.next_event
    return {
        "open": state.open,
        "in_grace": state.in_grace,
        "next_event": event and {"type": event.type.value, "at": _text(event.at)},
    }


def transition(given: Vector) -> Vector:
    return {"allowed": is_legal(given["from"], given["to"])}


def budget_window(given: Vector) -> Vector:
    start, end = window_at(CapWindow(given["period"]), given["tz"], _moment(given["at"]))
    return {"start": _text(start), "end": _text(end)}


KINDS: dict[str, Callable[[Vector], Vector]] = {
    "budget_window": budget_window,
    "transition": transition,
    "work_state": work_state,
}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
