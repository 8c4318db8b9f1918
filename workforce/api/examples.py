"""One example of each endpoint of the roster, and of the refusals that are its own."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from workforce.api.schema import problem_example

AGENT_ID = "01937f2e-8c11-7a40-9d52-3f5a1c0b7e21"
USER_ID = "01937f2e-7b02-7c11-8a3e-55d0c1a9f4b3"
POD_ID = "01937f2e-7a90-7f55-b0c4-0e7d2a6b9c18"


def answer(name: str, value: Any, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


def request(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


_OLGA = {"kind": "user", "id": USER_ID, "name": "Olga Reyes"}
_AGENT: dict[str, Any] = {
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "agent_type": "specialist",
    "capability_tags": ["triage", "web_research"],
    "model_profile": "sonnet-balanced",
    "owner_id": USER_ID,
    "owner": _OLGA,
    "secondary_owner": None,
    "team_id": POD_ID,
    "pod": {"id": POD_ID, "name": "Support"},
    "current_state": "executing",
    "priority_tier": "P1",
    "risk_level": "low",
    "cost_budget_daily": "25.00",
    "avatar": "",
    "tools": {"shell": "always_ask"},
    "clock_status": "clocked_in",
    "last_seen_at": "2026-11-19T13:31:12Z",
    "notes": "",
    "created_at": "2026-09-01T08:00:00Z",
    "updated_at": "2026-11-19T08:00:04Z",
}
_HOLD: dict[str, Any] = {
    "id": "01937f30-11aa-7d20-8f00-6b1d2e3c4f50",
    "agent_id": AGENT_ID,
    "kind": "manual",
    "reason": "Wrong answers since this morning.",
    "placed_at": "2026-11-19T13:32:00Z",
    "placed_by": "Olga Reyes",
    "until": None,
    "released_at": None,
    "released_by": "",
    "release_reason": "",
}

AGENTS = [
    answer("A page of the roster", {"results": [_AGENT], "next_cursor": None}),
    problem_example(
        "A filter that cannot be taken",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "limit", "detail": "Write a whole number from 1 to 500."}],
    ),
]
AGENT = [answer("An agent at work", _AGENT)]
_REGISTERED = {**_AGENT, "current_state": "registered", "clock_status": "no_schedule", "last_seen_at": None}
HIRE = [
    request(
        "Owned by a person",
        {
            "agent_name": "support-triage-01",
            "agent_type": "specialist",
            "capability_tags": ["triage", "web_research"],
            "model_profile": "sonnet-balanced",
            "owner": {"user": "olga@example.com"},
            "team": "Support",
            "priority_tier": "P1",
            "risk_level": "low",
            "cost_budget_daily": "25.00",
            "tools": {"shell": "always_ask"},
        },
    ),
    request(
        "Owned by an agent, a person stands in",
        {
            "agent_name": "support-triage-02",
            "agent_type": "subagent",
            "capability_tags": ["triage"],
            "model_profile": "haiku-fast",
            "owner": {"agent": "support-triage-01"},
            "secondary_owner": {"user": USER_ID},
            "team": POD_ID,
            "priority_tier": "P2",
            "risk_level": "low",
        },
    ),
    answer("Hired", _REGISTERED, status=201),
    problem_example(
        "Every fault at once",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {"path": "model_profile", "detail": "This field is needed."},
            {"path": "owner", "detail": "There is no such person or agent in this organisation."},
            {"path": "agent_name", "detail": "There is already an agent called support-triage-01."},
        ],
    ),
    problem_example(
        "The scope is missing", 403, "This key lacks the scope “roster”.", code="missing_scope", scope="roster"
    ),
]
EDIT = [
    request("Another owner and pod", {"owner": {"agent": "research-lead"}, "team": "Research"}),
    answer("Changed", {**_AGENT, "notes": ""}),
    problem_example(
        "An agent that was archived",
        409,
        "support-triage-01 is archived: only its audit tags may change.",
        code="archived",
    ),
    problem_example(
        "By the agent's own key",
        403,
        "An agent may not do this itself; a person or an organisation's key may.",
        code="forbidden",
    ),
]
REPORTING_LINE = [
    answer(
        "Owner, pod lead, manager",
        {
            "agent_id": AGENT_ID,
            "agent_name": "support-triage-01",
            "steps": [
                {"role": "owner", **_OLGA},
                {"role": "pod_lead", "kind": "user", "id": "01937f2e-7b02-7c11-8a3e-55d0c1a9f4b4", "name": "Lee Park"},
                {
                    "role": "workforce_manager",
                    "kind": "user",
                    "id": "01937f2e-7b02-7c11-8a3e-55d0c1a9f4b5",
                    "name": "Alice Moreau",
                },
            ],
        },
    )
]
MOVES = [
    answer(
        "An agent's own moves while it executes",
        {
            "agent_id": AGENT_ID,
            "current_state": "executing",
            "legal": [
                {"to": "ready", "verb": "make_ready", "needs_reason": False},
                {"to": "blocked", "verb": "block", "needs_reason": True},
            ],
        },
    )
]
MOVE = [
    request("Blocked", {"to": "blocked", "reason": "Waiting for the customer's order number."}),
    answer("Moved", {**_AGENT, "current_state": "blocked"}),
    problem_example(
        "No such move",
        409,
        "support-triage-01 is ready and cannot become escalated. From here it can become: assigned, paused, retired.",
        code="illegal_transition",
        current="ready",
        legal=["assigned", "paused", "retired"],
    ),
    problem_example(
        "A reason is needed",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[{"path": "reason", "detail": "Say why: moving an agent to blocked needs a reason."}],
    ),
]
HOLDS = [answer("Paused by hand", {"results": [_HOLD]})]
HOLD = [
    request("Until somebody releases it", {"kind": "manual", "reason": "Wrong answers since this morning."}),
    answer("Placed", _HOLD, status=201),
    problem_example(
        "Held already",
        409,
        "support-triage-01 already has an active hold of this kind: paused by hand.",
        code="already_held",
    ),
]
HOLD_RELEASE = [
    answer(
        "Released",
        {
            **_HOLD,
            "released_at": "2026-11-19T15:05:00Z",
            "released_by": "Key operations",
            "release_reason": "Prompt fixed.",
        },
    ),
    problem_example(
        "Not held",
        409,
        "support-triage-01 has no active hold of this kind: paused by hand.",
        code="not_held",
    ),
]
