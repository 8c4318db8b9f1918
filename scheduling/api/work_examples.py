"""One example of each of a runtime's reports, and of the refusals that are their own."""

from workforce.api.examples import AGENT_ID, USER_ID, answer, request
from workforce.api.schema import problem_example
from workforce.api.task_examples import COMPLETED, QUEUED, RUNNING

_STALE = problem_example(
    "The claim is over",
    409,
    "This claim is over: the task was taken back or is somebody else's by now. Stop working on it.",
    code="stale_token",
    status_now="queued",
)
_CANCELLED = problem_example(
    "Cancelled meanwhile",
    409,
    "This task is cancelled. Stop working on it.",
    code="cancelled",
    status_now="cancelled",
)
_TOKEN = problem_example(
    "Fields to change",
    400,
    "Some fields need to be changed.",
    code="invalid",
    errors=[{"path": "token", "detail": "Give the token of the claim."}],
)

CLAIM = [
    request("For five minutes", {"agent_id": AGENT_ID, "lease_seconds": 300}),
    answer(
        "A task",
        {
            "task": RUNNING,
            "token": 1,
            "lease_expires_at": "2026-11-19T13:37:10Z",
            "reason": None,
            "detail": "",
            "ask_again_at": None,
        },
    ),
    answer(
        "Off duty",
        {
            "task": None,
            "token": None,
            "lease_expires_at": None,
            "reason": "off_duty",
            "detail": "Off duty: work waits for the next shift.",
            "ask_again_at": "2026-11-20T08:00:00Z",
        },
    ),
    problem_example("Left the workforce", 409, "support-triage-01 is retired and gets no work.", code="gone"),
]
EXTEND = [
    request("Half way", {"token": 1, "lease_seconds": 300, "percent_complete": 50}),
    answer("Kept alive", {**RUNNING, "percent_complete": 50}),
    _TOKEN,
    _STALE,
    _CANCELLED,
]
COMPLETE = [
    request("With its result", {"token": 1, "result": "41 tickets labelled."}),
    answer("Done", COMPLETED),
    _TOKEN,
    _STALE,
    _CANCELLED,
]
_FAILED = {
    **QUEUED,
    "started_at": "2026-11-19T13:32:10Z",
    "claimed_at": "2026-11-19T13:32:10Z",
    "failures": 1,
    "last_error": "The ticket system answered 502.",
    "waits_until": "2026-11-19T13:34:10Z",
}
FAIL = [
    request("To be tried again", {"token": 1, "error": "The ticket system answered 502.", "retry": True}),
    answer("Waits for its next try", _FAILED),
    _TOKEN,
    _STALE,
    _CANCELLED,
]
_BLOCKED = {
    **QUEUED,
    "status": "blocked",
    "started_at": "2026-11-19T13:32:10Z",
    "claimed_at": "2026-11-19T13:32:10Z",
    "blocker": {
        "code": "waiting_input",
        "note": "Which order number is it?",
        "since": "2026-11-19T13:33:00Z",
        "unblocker": {"kind": "user", "id": USER_ID, "name": "Olga Reyes"},
    },
}
BLOCK = [
    request(
        "A question to a person",
        {"token": 1, "code": "waiting_input", "note": "Which order number is it?", "unblock_user": USER_ID},
    ),
    answer("Blocked", _BLOCKED),
    _TOKEN,
    _STALE,
    _CANCELLED,
]
