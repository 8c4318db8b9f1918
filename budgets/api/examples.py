"""One example of each endpoint of budgets, and of the refusals that are its own."""

from typing import Any

from budgets.rules.caps import NOT_MONEY, NOT_TOKENS
from workforce.api.examples import AGENT_ID, POD_ID, answer, request
from workforce.api.schema import problem_example

_DAY: dict[str, Any] = {
    "window": "daily",
    "start": "2026-11-18T23:00:00Z",
    "end": "2026-11-19T23:00:00Z",
    "used_tokens": 156_000,
    "used_cost": "1.284",
    "cost_unknown": False,
    "percent_tokens": 52,
    "percent_cost": 25,
    "reached": False,
}


def _longer(window: str, start: str, end: str, used: int, cost: str, percent: int | None) -> dict[str, Any]:
    rest = {"percent_tokens": percent, "percent_cost": None}
    return {**_DAY, **rest, "window": window, "start": start, "end": end, "used_tokens": used, "used_cost": cost}


_BUDGET: dict[str, Any] = {
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "pod": {"id": POD_ID, "name": "Support"},
    "current_state": "executing",
    "caps_set": True,
    "caps": {
        "daily_tokens": 300_000,
        "weekly_tokens": 1_500_000,
        "monthly_tokens": None,
        "annual_tokens": None,
        "daily_cost": "5",
        "weekly_cost": None,
        "monthly_cost": None,
        "annual_cost": None,
    },
    "on_cap": "skip",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "used_tokens": {
        "daily_tokens": 156_000,
        "weekly_tokens": 640_000,
        "monthly_tokens": 3_100_000,
        "annual_tokens": 41_000_000,
    },
    "windows": [
        _DAY,
        _longer("weekly", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z", 640_000, "5.1", 42),
        _longer("monthly", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z", 3_100_000, "24.75", None),
        _longer("annual", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z", 41_000_000, "330.2", None),
    ],
    "reserved_tokens": 4_000,
    "reserved_cost": "0.032",
    "reached": False,
    "cost_unknown": False,
    "updated_at": "2026-11-19T13:32:00Z",
}

OVERVIEW = [
    answer("A fleet of one", {"results": [_BUDGET], "next_cursor": None}),
    problem_example(
        "A filter that cannot be taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "limit", "detail": "Write a whole number from 1 to 500."}],
    ),
]
UPDATE = [
    request("A day and a week", {"daily_tokens": 300_000, "weekly_tokens": 1_500_000}),
    request("No cap for the month", {"monthly_tokens": None}),
    request("Money, and a pause at the cap", {"daily_cost": "5.00", "on_cap": "pause"}),
    answer("Changed", _BUDGET),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {"path": "daily_tokens", "detail": NOT_TOKENS},
            {"path": "weekly_cost", "detail": NOT_MONEY},
            {"path": "hourly", "detail": "There is no such field."},
        ],
    ),
    problem_example(
        "Archived",
        409,
        "support-triage-01 is archived: its token caps are kept as they were.",
        code="archived",
    ),
]
