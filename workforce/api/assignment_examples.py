"""One example of each endpoint of workstreams and assignments, and of the refusals that are their own."""

from typing import Any

from workforce.api.examples import AGENT_ID, USER_ID, answer, request
from workforce.api.schema import problem_example
from workforce.api.task_examples import COLLEAGUE_ID, TASK_ID

WORKSTREAM_ID = "01937f34-0a11-7b22-8c33-1d2e3f405162"
ASSIGNMENT_ID = "01937f34-1b22-7c33-9d44-2e3f40516273"
OTHER_ID = "01937f34-2c33-7d44-8e55-3f4051627384"

_OLGA = {"kind": "user", "id": USER_ID, "name": "Olga Reyes"}
_WORKSTREAM: dict[str, Any] = {
    "id": WORKSTREAM_ID,
    "name": "Refund backlog",
    "description": "Nothing older than a week by Christmas.",
    "dri": _OLGA,
    "open_assignments": 2,
    "created_at": "2026-11-16T08:00:00Z",
    "closed_at": None,
}
_ROW: dict[str, Any] = {
    "id": ASSIGNMENT_ID,
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "workstream_id": WORKSTREAM_ID,
    "workstream_name": "Refund backlog",
    "task_id": None,
    "task_title": None,
    "role": "contributor",
    "status": "active",
    "start_at": "2026-11-19T13:32:00Z",
    "due_at": "2026-12-18T16:00:00Z",
    "percent_complete": 20,
    "blocker": None,
    "waits_for": 1,
    "handed_from": None,
    "handed_to": None,
    "created_at": "2026-11-19T13:32:00Z",
    "created_by": "Key operations",
    "updated_at": "2026-11-19T13:32:00Z",
    "ended_at": None,
    "ended_by": "",
}
_OTHER: dict[str, Any] = {
    "id": OTHER_ID,
    "agent_id": COLLEAGUE_ID,
    "agent_name": "support-triage-02",
    "role": "owner",
    "of": "Sort the refund tickets of this week",
    "status": "active",
}
_ASSIGNMENT: dict[str, Any] = {**_ROW, "needs": [_OTHER], "needed_by": [], "handoffs": []}
_BLOCKED: dict[str, Any] = {
    **_ASSIGNMENT,
    "status": "blocked",
    "blocker": {
        "code": "waiting_input",
        "note": "Which refunds count as old?",
        "since": "2026-11-19T14:00:00Z",
        "unblocker": _OLGA,
    },
}
_TAKEN: dict[str, Any] = {
    **_ASSIGNMENT,
    "agent_id": COLLEAGUE_ID,
    "agent_name": "support-triage-02",
    "needs": [],
    "waits_for": 0,
    "handed_from": OTHER_ID,
    "handoffs": [
        {
            "at": "2026-11-19T13:32:00Z",
            "from_agent": "support-triage-01",
            "to_agent": "support-triage-02",
            "reason": "support-triage-01 is on leave.",
            "by": "Key operations",
        }
    ],
}
_DONE: dict[str, Any] = {
    **_ASSIGNMENT,
    "status": "done",
    "percent_complete": 100,
    "ended_at": "2026-11-19T15:00:00Z",
    "ended_by": "Key operations",
}
_NEEDS_DRI = problem_example(
    "Pods would mix without a DRI",
    409,
    "“Refund backlog” would have assignments in Billing and Support, but nobody answers for it. Name its DRI first.",
    code="needs_dri",
    workstream=WORKSTREAM_ID,
)
_FOLLOWS = problem_example(
    "It follows its task",
    409,
    "This assignment follows its task, and what blocks that is reported by the runtime at work on it.",
    code="follows_task",
)
_HANDED_OFF = problem_example(
    "Handed off before",
    409,
    "This assignment went on to support-triage-02.",
    code="handed_off",
    assignment=OTHER_ID,
)

WORKSTREAMS = [answer("The newest workstreams", {"results": [_WORKSTREAM], "next_cursor": None})]
WORKSTREAM = [answer("A workstream", _WORKSTREAM)]
WORKSTREAM_CREATE = [
    request("With a person who answers for it", {"name": "Refund backlog", "dri_user": USER_ID}),
    answer("Begun", {**_WORKSTREAM, "description": "", "open_assignments": 0}, status=201),
    problem_example(
        "A name that is taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "name", "detail": "There is already a workstream called Refund backlog."}],
    ),
]
WORKSTREAM_EDIT = [
    request("Another DRI", {"dri_agent": AGENT_ID}),
    answer("Changed", {**_WORKSTREAM, "dri": {"kind": "agent", "id": AGENT_ID, "name": "support-triage-01"}}),
    _NEEDS_DRI,
]
WORKSTREAM_CLOSE = [
    request("With a reason", {"reason": "All refunds are out."}),
    answer("Closed", {**_WORKSTREAM, "open_assignments": 0, "closed_at": "2026-12-21T16:00:00Z"}),
    problem_example(
        "Not over",
        409,
        "“Refund backlog” has 2 open assignments. End them first, or move their tasks to another workstream.",
        code="workstream_in_use",
        open_assignments=2,
    ),
]
WORKSTREAM_REOPEN = [
    request("With a reason", {"reason": "There are more."}),
    answer("Open again", {**_WORKSTREAM, "open_assignments": 0}),
]
ASSIGNMENTS = [answer("The newest assignments", {"results": [_ROW], "next_cursor": None})]
ASSIGNMENT = [answer("An assignment that waits for another", _ASSIGNMENT)]
ASSIGNMENT_CREATE = [
    request(
        "A part in a workstream",
        {"agent_id": AGENT_ID, "workstream_id": WORKSTREAM_ID, "role": "contributor", "needs": [OTHER_ID]},
    ),
    request(
        "A reviewer of a task",
        {"agent_id": AGENT_ID, "workstream_id": WORKSTREAM_ID, "task_id": TASK_ID, "role": "reviewer"},
    ),
    answer("Assigned", _ASSIGNMENT, status=201),
    problem_example(
        "The task has an owner",
        409,
        "“Sort the refund tickets of this week” has an owner: support-triage-02. Hand that assignment off instead.",
        code="owner_taken",
    ),
    _NEEDS_DRI,
]
ASSIGNMENT_EDIT = [
    request("How far it is, and what it waits for", {"percent_complete": 20, "needs": [OTHER_ID]}),
    answer("Changed", _ASSIGNMENT),
    problem_example(
        "A circle",
        409,
        "It would come to wait for itself: what it is to wait for waits for it.",
        code="waits_for_itself",
    ),
]
ASSIGNMENT_BLOCK = [
    request("Waiting for an answer", {"code": "waiting_input", "note": "Which refunds count as old?"}),
    answer("Blocked", _BLOCKED),
    _FOLLOWS,
]
ASSIGNMENT_UNBLOCK = [
    request("With the answer", {"reason": "Those of October."}),
    answer("Active again", _ASSIGNMENT),
    problem_example(
        "Not blocked", 409, "This assignment is active, not blocked.", code="not_blocked", status_now="active"
    ),
]
ASSIGNMENT_HANDOFF = [
    request("To a colleague", {"agent_id": COLLEAGUE_ID, "reason": "support-triage-01 is on leave."}),
    answer("What took over", _TAKEN),
    _HANDED_OFF,
]
ASSIGNMENT_COMPLETE = [
    request("With a word on it", {"reason": "All labelled."}),
    answer("Done", _DONE),
    _HANDED_OFF,
]
