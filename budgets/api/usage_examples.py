"""One example of a report of usage, and of its refusals."""

from typing import Any

from budgets.rules.usage_entry import NOT_TOKENS
from workforce.api.examples import AGENT_ID, answer, request
from workforce.api.schema import problem_example

_REPORT: dict[str, Any] = {
    "agent_id": AGENT_ID,
    "key": "msg-2026-11-19-000417",
    "model": "sonnet-balanced",
    "task_id": "01937f31-5d02-7e44-9c10-2a7b8c9d0e1f",
    "at": "2026-11-19T13:31:58Z",
    "input_tokens": 1200,
    "output_tokens": 350,
    "cache_read_tokens": 18000,
    "cache_write_tokens": 0,
}

_REUSED = "This key was used for another report. Send the same again, or take a new key. (msg-2026-11-19-000417)"

REPORT = [
    request("One report", _REPORT),
    request("A batch", {"usage": [_REPORT]}),
    answer(
        "Recorded; the agent is at its cap",
        {
            "accepted": 1,
            "duplicates": 0,
            "results": [
                {
                    "key": _REPORT["key"],
                    "agent_id": AGENT_ID,
                    "duplicate": False,
                    "counted_tokens": 3350,
                    "list_cost": "0.01425",
                    "billed_cost": "0.01425",
                }
            ],
            "stops": [
                {
                    "agent_id": AGENT_ID,
                    "reason": "Daily cap reached: 301,120 of 300,000 tokens.",
                    "until": "2026-11-19T23:00:00Z",
                }
            ],
        },
    ),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {"path": "usage.0.input_tokens", "detail": NOT_TOKENS},
            {"path": "usage.0.hours", "detail": "There is no such field."},
        ],
    ),
    problem_example(
        "Another report under the same key",
        409,
        _REUSED,
        code="key_reused",
        errors=[{"path": "usage.0.key", "detail": _REUSED}],
    ),
]
