"""One example of each endpoint of the task queue, and of the refusals that are its own."""

from typing import Any

from workforce.api.examples import AGENT_ID, answer, request
from workforce.api.schema import problem_example

TASK_ID = "01937f33-2b4d-7e10-9c3a-6d5e4f3a2b1c"
COLLEAGUE_ID = "01937f2e-8c11-7a40-9d52-3f5a1c0b7e22"

_ROW: dict[str, Any] = {
    "id": TASK_ID,
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "title": "Sort the refund tickets of this week",
    "priority": "high",
    "type": "new",
    "status": "queued",
    "urgent": False,
    "due_at": "2026-11-20T16:00:00Z",
    "scheduled_at": None,
    "continues": None,
    "delegated_by": None,
    "delegated_from": None,
    "delegation_depth": 0,
    "workstream_id": None,
    "waits_until": None,
    "waits_for": 0,
    "percent_complete": None,
    "failures": 0,
    "last_error": "",
    "blocker": None,
    "created_at": "2026-11-19T13:32:00Z",
    "created_by_kind": "key",
    "created_by": "Key operations",
    "updated_at": "2026-11-19T13:32:00Z",
    "started_at": None,
    "claimed_at": None,
    "lease_expires_at": None,
    "finished_at": None,
    "finished_by": "",
    "cancel_reason": "",
}
QUEUED: dict[str, Any] = {**_ROW, "description": "Label each one and list the five oldest.", "result": ""}
RUNNING: dict[str, Any] = {
    **QUEUED,
    "status": "in_progress",
    "started_at": "2026-11-19T13:32:10Z",
    "claimed_at": "2026-11-19T13:32:10Z",
    "lease_expires_at": "2026-11-19T13:37:10Z",
}
COMPLETED: dict[str, Any] = {
    **RUNNING,
    "status": "completed",
    "percent_complete": 100,
    "lease_expires_at": None,
    "finished_at": "2026-11-19T13:36:00Z",
    "finished_by": "support-triage-01",
    "result": "41 tickets labelled.",
}
_CANCELLED: dict[str, Any] = {
    **QUEUED,
    "status": "cancelled",
    "finished_at": "2026-11-19T13:36:00Z",
    "finished_by": "Key operations",
    "cancel_reason": "The customer withdrew.",
}
_BY_ITSELF = problem_example(
    "By the agent's own key",
    403,
    "An agent may not do this itself; a person or an organisation's key may.",
    code="forbidden",
)
CANCELLED_ALREADY = problem_example(
    "Cancelled meanwhile",
    409,
    "This task was cancelled and stays so.",
    code="cancelled",
    status_now="cancelled",
)

TASKS = [
    answer("The newest tasks", {"results": [_ROW], "next_cursor": None}),
    problem_example(
        "A filter that cannot be taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "open", "detail": "Say true or false."}],
    ),
]
_DETAIL = {**QUEUED, "needs": []}
TASK = [answer("A task that waits", _DETAIL)]
TASK_CREATE = [
    request(
        "Due tomorrow",
        {
            "agent_id": AGENT_ID,
            "title": "Sort the refund tickets of this week",
            "description": "Label each one and list the five oldest.",
            "priority": "high",
            "due_at": "2026-11-20T16:00:00Z",
        },
    ),
    request(
        "Delegated by an agent",
        {"agent_id": COLLEAGUE_ID, "title": "Check these order numbers", "type": "delegation"},
    ),
    answer("Queued", _DETAIL, status=201),
    problem_example(
        "Every fault at once",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {"path": "title", "detail": "Say in a few words what is to be done."},
            {"path": "due_at", "detail": "Choose a moment in the future."},
        ],
    ),
    problem_example(
        "It would go round in a circle",
        409,
        "This work came from that agent: it cannot go back to it by delegation.",
        code="delegation_circle",
    ),
]
TASK_EDIT = [
    request("More pressing, due later", {"priority": "critical", "due_at": "2026-11-21T16:00:00Z"}),
    answer("Changed", {**_DETAIL, "priority": "critical", "due_at": "2026-11-21T16:00:00Z"}),
    _BY_ITSELF,
    problem_example(
        "Over",
        409,
        "This task is completed and stays so.",
        code="completed",
        status_now="completed",
    ),
]
TASK_COMPLETE = [
    request("With its result", {"result": "41 tickets labelled.", "token": 1}),
    answer("Done", COMPLETED),
    CANCELLED_ALREADY,
]
TASK_CANCEL = [
    request("With a reason", {"reason": "The customer withdrew."}),
    answer("Cancelled", _CANCELLED),
    _BY_ITSELF,
    problem_example(
        "Completed before", 409, "This task is completed and stays so.", code="completed", status_now="completed"
    ),
]
TASK_REASSIGN = [
    request("To a colleague", {"agent_id": COLLEAGUE_ID, "reason": "support-triage-01 is on leave."}),
    answer("Reassigned", {**QUEUED, "agent_id": COLLEAGUE_ID, "agent_name": "support-triage-02"}),
    _BY_ITSELF,
    problem_example(
        "Left the workforce",
        409,
        "support-triage-02 is retired and takes no more work. Choose another agent.",
        code="gone",
        current="retired",
    ),
]
TASK_UNBLOCK = [
    request("With the answer", {"reason": "The order number is 4711."}),
    answer("Queued again", QUEUED),
    problem_example("Not blocked", 409, "This task is queued, not blocked.", code="not_blocked", status_now="queued"),
]
