"""One example of each endpoint of planned leave, and of the refusals that are its own."""

from typing import Any

from workforce.api.examples import AGENT_ID, answer, request
from workforce.api.schema import problem_example

LEAVE_ID = "01937f35-4a10-7c33-8d5e-2b1a0f9e8d7c"
COVER_ID = "01937f2e-8c11-7a40-9d52-3f5a1c0b7e22"

_PLANNED: dict[str, Any] = {
    "id": LEAVE_ID,
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "status": "planned",
    "starts_at": "2026-12-23T23:00:00Z",
    "ends_at": "2026-12-26T23:00:00Z",
    "time_zone": "Europe/Berlin",
    "reason": "The new model is rolled out.",
    "cover": {"kind": "agent", "id": COVER_ID, "name": "support-triage-02"},
    "created_at": "2026-11-19T13:32:00Z",
    "created_by_kind": "key",
    "created_by": "Key operations",
    "updated_at": "2026-11-19T13:32:00Z",
    "started_at": None,
    "finished_at": None,
    "finished_by": "",
    "finish_reason": "",
}
_CANCELLED: dict[str, Any] = {
    **_PLANNED,
    "status": "cancelled",
    "finished_at": "2026-12-01T09:00:00Z",
    "finished_by": "Key operations",
    "finish_reason": "The roll-out was moved.",
}
_OVERLAPS = problem_example(
    "Leave already",
    409,
    "support-triage-01 has leave at that time already: 24 Dec – 26 Dec 2026. Change that, or choose other dates.",
    code="leave_overlaps",
    leave_id=LEAVE_ID,
)

LEAVES = [
    answer("The latest", {"results": [_PLANNED], "next_cursor": None}),
    problem_example(
        "A filter that cannot be taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "status", "detail": "Choose one of: planned, running, ended, cancelled."}],
    ),
]
LEAVE = [answer("Planned", _PLANNED)]
LEAVE_PLAN = [
    request(
        "Three days, with a cover",
        {
            "agent_id": AGENT_ID,
            "starts_at": "2026-12-24T00:00:00+01:00",
            "ends_at": "2026-12-27T00:00:00+01:00",
            "reason": "The new model is rolled out.",
            "cover_agent_id": COVER_ID,
        },
    ),
    answer("Planned", _PLANNED, status=201),
    problem_example(
        "Every fault at once",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {"path": "ends_at", "detail": "Choose an end after the start."},
            {"path": "reason", "detail": "Say why the agent is on leave."},
        ],
    ),
    _OVERLAPS,
]
LEAVE_EDIT = [
    request("A day longer, without a cover", {"ends_at": "2026-12-28T00:00:00+01:00", "cover_agent_id": None}),
    answer("Changed", {**_PLANNED, "ends_at": "2026-12-27T23:00:00Z", "cover": None}),
    problem_example("Over", 409, "This leave is ended and stays so.", code="leave_over"),
    _OVERLAPS,
]
LEAVE_CANCEL = [
    request("With a reason", {"reason": "The roll-out was moved."}),
    answer("Called off", _CANCELLED),
]
