"""``POST /api/heartbeats`` in the OpenAPI document: the view is plain, so its part is written here by hand."""

from typing import Any

from heartbeats.rules import payload
from workforce.api.problem_types import PROBLEMS, STATUS_CODES, type_uri
from workforce.api.problems import MEDIA_TYPE
from workforce.choices import CommandKind, HeartbeatStatus, LifecycleState, WorkMode

PATH = "/api/heartbeats"
_AGENT = "01937f2e-8c11-7a40-9d52-3f5a1c0b7e21"
_UUID = {"type": "string", "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}

_WORDS = f"""One heartbeat, an array of 1 to {payload.MOST_ROWS:,}, or the same as `{{"heartbeats": […]}}`.

The answer tells the runtime what to do: `desired_state`, the `commands` it has not acknowledged yet, and when the next
heartbeat is due (`null` while none is owed). One heartbeat that is refused answers with a problem. In a batch each row
has its own result, and a refused one does not fail its neighbours: the answer is 200 even if all are refused.

A `heartbeat_id` that was sent before is accepted as a duplicate and moves nothing, so sending again after a lost answer
is safe. `emitted_at` may be 5 minutes ahead of the server; more than 24 hours back it is kept, marked `late`, and moves
nothing.

An organisation's key needs the scope `heartbeats`."""


def heartbeat() -> dict[str, Any]:
    """The request's row, from the same limits that are checked."""

    def count(most: int) -> dict[str, Any]:
        return {"type": ["integer", "null"], "minimum": 0, "maximum": most}

    properties = {
        "heartbeat_id": {**_UUID, "type": ["string", "null"], "description": "Made by the server where left out."},
        "agent_id": {**_UUID, "description": "An agent's key speaks for that agent only."},
        "emitted_at": {**_MOMENT, "description": "When the runtime sent it, with its offset."},
        "status": {"type": "string", "enum": [status.value for status in HeartbeatStatus]},
        "work_mode": {"type": "string", "enum": [mode.value for mode in WorkMode]},
        "active_assignment_id": {**_UUID, "type": ["string", "null"]},
        "queue_depth": count(payload.INT_MAX),
        "error_count_1h": count(payload.INT_MAX),
        "latency_p95_ms": count(payload.INT_MAX),
        "token_burn_1h": count(payload.BIGINT_MAX),
        "summary": {
            "type": "string",
            "maxLength": payload.SUMMARY_MAX,
            "pattern": "^[^\\u0000]*$",
            "description": "One line: what it does or needs. May be empty.",
        },
        "ack_commands": {
            "type": ["array", "null"],
            "items": _UUID,
            "maxItems": payload.MOST_ACKS,
            "description": "Commands of earlier answers that were carried out.",
        },
        "usage": {
            "type": ["array", "null"],
            "items": {"$ref": "#/components/schemas/UsageReportRequest"},
            "maxItems": payload.MOST_USAGE,
            "description": "What the agent used since its last heartbeat, as for POST /api/usage, without agent_id.",
        },
    }
    required = ["agent_id", "emitted_at", "status", "work_mode", "summary"]
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _receipt() -> dict[str, Any]:
    properties = {
        "accepted": {"const": True},
        "heartbeat_id": _UUID,
        "agent_id": _UUID,
        "received_at": {**_MOMENT, "description": "By the server's clock; of a duplicate, when it first came."},
        "duplicate": {"type": "boolean"},
        "late": {"type": "boolean"},
        "out_of_order": {"type": "boolean"},
        "current_state": {"type": "string", "enum": [state.value for state in LifecycleState]},
        "desired_state": {"type": "string", "enum": ["work", "pause", "stop"]},
        "on_duty": {"type": "boolean"},
        "in_grace": {"type": "boolean", "description": "The shift is over; what is running may be finished."},
        "reason": {"type": "string", "description": "Why not to work; empty while there is nothing in the way."},
        "next_heartbeat_due": {**_MOMENT, "type": ["string", "null"]},
        "next_event": {
            "type": ["object", "null"],
            "required": ["kind", "at"],
            "properties": {
                "kind": {
                    "type": "string",
                    "enum": ["clocks_in", "clocks_out", "shift_starts", "shift_ends", "resumes"],
                },
                "at": _MOMENT,
            },
        },
        "work_waiting": {"type": "boolean", "description": "Claim work: something is there for this agent."},
        "lease": {
            "type": ["object", "null"],
            "description": "The task the agent is working on.",
            "required": ["task_id", "expires_at"],
            "properties": {"task_id": _UUID, "expires_at": _MOMENT},
        },
        "commands": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "command", "task_id", "reason", "issued_at"],
                "properties": {
                    "id": _UUID,
                    "command": {"type": "string", "enum": [kind.value for kind in CommandKind]},
                    "task_id": {**_UUID, "type": ["string", "null"], "description": "Which task, for cancel."},
                    "reason": {"type": "string"},
                    "issued_at": _MOMENT,
                },
            },
        },
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _batch_answer() -> dict[str, Any]:
    index = {"index": {"type": "integer", "minimum": 0}}
    refused = {
        **index,
        "accepted": {"const": False},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    }
    taken = {"type": "object", "required": ["index"], "properties": index}
    properties = {
        "accepted": {"type": "integer", "minimum": 0},
        "refused": {"type": "integer", "minimum": 0},
        "results": {
            "type": "array",
            "items": {
                "oneOf": [
                    {"allOf": [taken, {"$ref": "#/components/schemas/HeartbeatReceipt"}]},
                    {"type": "object", "required": list(refused), "properties": refused},
                ]
            },
        },
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def example() -> dict[str, Any]:
    return {
        "agent_id": _AGENT,
        "emitted_at": "2026-11-19T14:31:58+01:00",
        "status": "ok",
        "work_mode": "executing",
        "active_assignment_id": None,
        "queue_depth": 3,
        "error_count_1h": 0,
        "summary": "Answering ticket 3 of 12",
    }


def _answer_example() -> dict[str, Any]:
    return {
        "accepted": True,
        "heartbeat_id": "01937f32-5d6f-7c28-b1e0-1f2e3d4c5b6a",
        "agent_id": _AGENT,
        "received_at": "2026-11-19T13:32:00Z",
        "duplicate": False,
        "late": False,
        "out_of_order": False,
        "current_state": "executing",
        "desired_state": "work",
        "on_duty": True,
        "in_grace": False,
        "reason": "",
        "next_heartbeat_due": "2026-11-19T13:33:00Z",
        "next_event": {"kind": "clocks_out", "at": "2026-11-19T21:00:00Z"},
        "work_waiting": True,
        "lease": None,
        "commands": [],
    }


def _refused_example() -> dict[str, Any]:
    return {
        "index": 1,
        "accepted": False,
        "status": 400,
        "code": "invalid",
        "detail": "Some fields need to be changed.",
        "errors": [{"path": "1.summary", "detail": "Use at most 140 characters; this has 141."}],
    }


def _problems() -> dict[str, Any]:
    responses = {}
    for status in (400, 401, 403, 404, 409, 413, 415, 500, 503):
        kind = PROBLEMS[STATUS_CODES[status]]
        document = {
            "type": type_uri(kind.code),
            "title": kind.title,
            "status": status,
            "detail": kind.means,
            "code": kind.code,
            "request_id": "7c3f0e9a4d1b",
        }
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {"Problem": {"value": document}}}
        responses[str(status)] = {"description": kind.title, "content": {MEDIA_TYPE: content}}
    return responses


def _operation() -> dict[str, Any]:
    one = {"$ref": "#/components/schemas/Heartbeat"}
    # Rows are looked into one by one: what is wrong with one is said in its result, not by refusing the request.
    many = {"type": "array", "minItems": 1, "maxItems": payload.MOST_ROWS, "items": {"anyOf": [one, {}]}}
    wrapped = {
        "type": "object",
        "required": ["heartbeats"],
        "properties": {"heartbeats": many},
        "additionalProperties": False,
    }
    batch = {"accepted": 1, "refused": 1, "results": [{"index": 0, **_answer_example()}, _refused_example()]}
    answer = {
        "schema": {
            "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("HeartbeatReceipt", "HeartbeatBatchAnswer")]
        },
        "examples": {"One": {"value": _answer_example()}, "Batch": {"value": batch}},
    }
    return {
        "operationId": "heartbeats_send",
        "summary": "Send heartbeats",
        "description": _WORDS,
        "tags": ["heartbeats"],
        "security": [{"ApiKey": []}, {"ApiKeyHeader": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [one, many, wrapped]},
                    "examples": {
                        "One": {"value": example()},
                        "Batch": {"value": [example(), {**example(), "summary": "x" * 141}]},
                    },
                }
            },
        },
        "responses": {"200": {"description": "", "content": {"application/json": answer}}, **_problems()},
    }


def add_heartbeats(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook."""
    result["paths"][PATH] = {"post": _operation()}
    result["paths"] = dict(sorted(result["paths"].items()))
    schemas = result["components"]["schemas"]
    schemas |= {
        "Heartbeat": heartbeat(),
        "HeartbeatReceipt": _receipt(),
        "HeartbeatBatchAnswer": _batch_answer(),
    }
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result
