"""One example of each endpoint of budgets, and of the refusals that are its own."""

from typing import Any

from budgets.rules.caps import NOT_TOKENS
from workforce.api.examples import AGENT_ID, POD_ID, answer, request
from workforce.api.schema import problem_example

_BUDGET: dict[str, Any] = {
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "pod": {"id": POD_ID, "name": "Support"},
    "current_state": "executing",
    "caps_set": True,
    "caps": {"daily_tokens": 300_000, "weekly_tokens": 1_500_000, "monthly_tokens": None, "annual_tokens": None},
    "used_tokens": None,
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
    answer("Changed", _BUDGET),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {"path": "daily_tokens", "detail": NOT_TOKENS},
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
