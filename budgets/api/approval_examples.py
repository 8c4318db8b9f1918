"""One example of each endpoint of approvals, and of the refusals that are their own."""

from typing import Any

from budgets.rules.caps import NOT_TOKENS
from budgets.services.approvals import SAY_WHY
from workforce.api.examples import AGENT_ID, answer, request
from workforce.api.schema import problem_example

_OPEN: dict[str, Any] = {
    "id": "01937f33-5a10-7c44-9e02-1d7b3f6a8c55",
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "window": "daily",
    "measure": "tokens",
    "since": "2026-11-18T23:00:00Z",
    "until": "2026-11-19T23:00:00Z",
    "cap": 300_000,
    "used": 301_400,
    "status": "open",
    "opened_at": "2026-11-19T13:32:00Z",
    "decided_at": None,
    "decided_by": "",
    "reason": "",
    "raised_to": None,
}
_REASON = "The launch is today; the backlog must be empty by six."
_DECIDED = {**_OPEN, "decided_at": "2026-11-19T13:40:00Z", "decided_by": "Key operations", "reason": _REASON}
_TAKEN = "Olga Reyes has decided this already: kept paused."


def _decided(name: str) -> Any:
    return problem_example(name, 409, _TAKEN, code="decided", status_now="kept")


LIST = [
    answer("One that waits", {"results": [_OPEN], "next_cursor": None}),
    problem_example(
        "A filter that cannot be taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "limit", "detail": "Write a whole number from 1 to 500."}],
    ),
]
RAISE = [
    request("To half a million tokens", {"cap": 500_000, "reason": _REASON}),
    answer("Raised", {**_DECIDED, "status": "raised", "raised_to": 500_000}),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "cap", "detail": NOT_TOKENS}, {"path": "reason", "detail": SAY_WHY}],
    ),
    _decided("Decided otherwise"),
]
KEEP = [
    request("Enough for today", {"reason": "It goes on tomorrow."}),
    answer("Kept", {**_DECIDED, "status": "kept", "reason": "It goes on tomorrow."}),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "reason", "detail": SAY_WHY}],
    ),
    problem_example("Raised meanwhile", 409, "Olga Reyes has decided this already: raised.", code="decided"),
]
