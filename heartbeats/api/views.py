"""``POST /api/heartbeats`` (spec H1). A plain view: heartbeats are most of all requests, so nothing rides along."""

from collections.abc import Sequence
from typing import IO, Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, NotAuthenticated, UnsupportedMediaType
from rest_framework.request import Request

from heartbeats.rules import payload
from heartbeats.services import heartbeats as service
from heartbeats.services.heartbeats import Receipt
from workforce.api import parsers
from workforce.api.authentication import ApiKeyAuthentication, Caller, HasKey
from workforce.api.problems import Problem, Unreadable, problem_of, respond
from workforce.choices import KeyScope
from workforce.models import Command, Task
from workforce.rules.refusals import Invalid, Refusal
from workforce.selectors.standing import check_scope

_keys = ApiKeyAuthentication()
#: Which field a refusal of the service is about.
_FIELD_OF = {"not_found": "agent_id", "not_your_agent": "agent_id", "gone": "agent_id", "id_taken": "heartbeat_id"}


@csrf_exempt
def heartbeats(request: HttpRequest) -> HttpResponse:
    """One heartbeat, an array of up to 1,000, or ``{"heartbeats": […]}``. Cookies are not looked at."""
    if request.method != "POST":
        refusal = Problem(405, "method_not_allowed", "Send heartbeats with POST.", headers={"Allow": "POST"})
        return respond(refusal, request)
    try:
        return _take(request)
    except Exception as exc:
        problem = problem_of(exc)
        if problem is None:
            raise
        return respond(problem, request)


def _take(request: HttpRequest) -> HttpResponse:
    caller = _caller(request)
    now = timezone.now()
    body = _body(request)
    outcomes: list[Receipt | Refusal | payload.Reading] = []
    for index, row in enumerate(body.rows):
        try:
            outcomes.append(payload.read(row, at=body.path(index), now=now))
        except Invalid as refusal:
            outcomes.append(refusal)
    readings = [outcome for outcome in outcomes if isinstance(outcome, payload.Reading)]
    if readings:
        recorded = iter(service.record(organization=caller.organization, readings=readings, by=caller.actor, now=now))
        outcomes = [
            _placed(next(recorded), body.path(index)) if isinstance(outcome, payload.Reading) else outcome
            for index, outcome in enumerate(outcomes)
        ]
    return _answer(body, cast(Sequence[Receipt | Refusal], outcomes))


def _placed(outcome: Receipt | Refusal, path: str) -> Receipt | Refusal:
    """With the place of the heartbeat before the fields that the service blames."""
    if isinstance(outcome, Invalid) and path:
        return Invalid([(f"{path}.{name}", sentence) for name, sentence in outcome.fields])
    if isinstance(outcome, Refusal) and path and "field" in outcome.extra:
        outcome.extra["field"] = f"{path}.{outcome.extra['field']}"
    return outcome


def _caller(request: HttpRequest) -> Caller:
    try:
        found = _keys.authenticate(cast(Request, request))
        if found is None:
            raise NotAuthenticated(HasKey.asks)
    except APIException as refused:
        refused.auth_header = _keys.authenticate_header(cast(Request, request))  # type: ignore[attr-defined]
        raise
    check_scope(by=found[0].actor, scope=KeyScope.HEARTBEATS)
    return found[0]


def _body(request: HttpRequest) -> payload.Body:
    charset = (request.content_params or {}).get("charset", "utf-8").strip('"').lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(request.content_type or "", detail="Send Content-Type: application/json in UTF-8.")
    declared = request.META.get("CONTENT_LENGTH") or "0"
    raw = parsers.read(
        cast(IO[bytes], request), declared=int(declared) if declared.isascii() and declared.isdigit() else 0
    )
    try:
        return payload.split(raw)
    except payload.Unreadable as error:
        raise Unreadable(str(error)) from None


def _answer(body: payload.Body, outcomes: Sequence[Receipt | Refusal]) -> HttpResponse:
    if not body.batch:
        (outcome,) = outcomes
        if isinstance(outcome, Refusal):
            raise outcome
        return _json(_receipt(outcome))
    results = [
        {"index": index} | (_refused(o, body.path(index)) if isinstance(o, Refusal) else _receipt(o))
        for index, o in enumerate(outcomes)
    ]
    refused = sum(isinstance(outcome, Refusal) for outcome in outcomes)
    return _json({"accepted": len(outcomes) - refused, "refused": refused, "results": results})


def _refused(refusal: Refusal, path: str) -> dict[str, Any]:
    problem = problem_of(refusal)
    if problem is None:  # pragma: no cover  every refusal has its problem
        raise refusal
    errors = problem.errors
    if not errors and (field := _FIELD_OF.get(problem.code)):
        errors = [(f"{path}.{field}", problem.detail)]
    return {
        "accepted": False,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "errors": [{"path": where, "detail": sentence} for where, sentence in errors],
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    orders = receipt.orders
    return {
        "accepted": True,
        "heartbeat_id": receipt.heartbeat_id,
        "agent_id": receipt.agent_id,
        "received_at": receipt.received_at,
        "duplicate": receipt.duplicate,
        "late": receipt.late,
        "out_of_order": receipt.out_of_order,
        "current_state": orders.current_state,
        "desired_state": orders.desired_state,
        "on_duty": orders.on_duty,
        "in_grace": orders.in_grace,
        "reason": orders.reason,
        "next_heartbeat_due": orders.next_heartbeat_due,
        "next_event": {"kind": orders.next_event[0], "at": orders.next_event[1]} if orders.next_event else None,
        "work_waiting": orders.work_waiting,
        "lease": None if orders.running is None else _lease(orders.running),
        "commands": [_command(command) for command in orders.commands],
    }


def _lease(task: Task) -> dict[str, Any]:
    return {"task_id": task.pk, "expires_at": task.lease_expires_at}


def _command(command: Command) -> dict[str, Any]:
    return {
        "id": command.pk,
        "command": command.command,
        "task_id": command.task_id,
        "reason": command.reason,
        "issued_at": command.issued_at,
    }


def _json(answer: dict[str, Any]) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")
