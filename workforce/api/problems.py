"""Problem documents (RFC 9457): every refusal of the API in one shape, with the services' own words.

``type`` names a page of ours that says what the problem means and what to do; ``code`` is the same for
programs; ``errors`` are the fields to change, by path (``shifts.0.end``).
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api.problem_types import PROBLEMS, STATUS_CODES, type_uri
from workforce.rules.refusals import Busy, Conflict, Forbidden, Invalid, Mismatch, Missing, Refusal
from workforce.rules.request_ids import current_request_id

logger = logging.getLogger("punchcard.api")

MEDIA_TYPE = "application/problem+json"
#: Seconds after which a caller may ask again when the database could not be reached.
RETRY_AFTER_S = 5
_PATH_MAX = 200
#: Faults named in one answer. Who made more of them finds the rest at the next attempt.
ERRORS_MAX = 100
_STATUS_OF: Mapping[type[Refusal], int] = {Conflict: 409, Forbidden: 403, Missing: 404, Invalid: 400, Mismatch: 422}

Faults = Iterable[tuple[str, str]]


class Unreadable(exceptions.ParseError):
    """The body is not JSON that we take. ``faults`` are (path, sentence) where the place is known."""

    def __init__(self, sentence: str, faults: Faults = ()) -> None:
        super().__init__(sentence, code="unreadable")
        self.faults = list(faults)


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before it is written out. ``extra`` are members beside the standard ones."""

    status: int
    code: str
    detail: str
    errors: list[tuple[str, str]] = field(default_factory=list)
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, instance: str) -> dict[str, Any]:
        kind = PROBLEMS.get(self.code) or PROBLEMS[STATUS_CODES.get(self.status, "refused")]
        document: dict[str, Any] = {
            **self.extra,
            "type": type_uri(kind.code),
            "title": kind.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance[:_PATH_MAX],
            "code": self.code,
            "request_id": current_request_id(),
        }
        if self.errors:
            document["errors"] = [
                {"path": path[:_PATH_MAX], "detail": sentence} for path, sentence in self.errors[:ERRORS_MAX]
            ]
        return document


def problem_of(exc: BaseException) -> Problem | None:
    """The problem an exception comes to, or None where it is a fault of ours (500)."""
    if isinstance(exc, Refusal):
        return _of_refusal(exc)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.error("database unavailable", exc_info=exc)
        return unavailable()
    if isinstance(exc, Http404):
        return Problem(404, "not_found", "There is nothing at this address.")
    if isinstance(exc, PermissionDenied):
        return Problem(403, "forbidden", "This is not yours to do.")
    if isinstance(exc, RequestDataTooBig):
        return Problem(413, "too_large", "The request is too large.")
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        return Problem(400, "bad_request", "The request is malformed.")
    if isinstance(exc, exceptions.APIException):
        return _of_api_exception(exc)
    return None


def unavailable() -> Problem:
    return Problem(
        503,
        "unavailable",
        "The database cannot be reached just now. Nothing was written; ask again shortly.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def server_error() -> Problem:
    return Problem(500, "server_error", "Something went wrong on our side. The request id finds it in the logs.")


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """For DRF views. What is not a refusal goes on to Django, which logs it and asks ``handler500``."""
    problem = problem_of(exc)
    if problem is None:
        return None
    if problem.status == 415:
        taken = " or ".join(parser.media_type for parser in context["view"].parser_classes)
        problem = replace(problem, detail=f"{problem.detail} Send Content-Type: {taken}.")
    request: Request = context["request"]
    return Response(
        problem.document(request.path),
        status=problem.status,
        headers=problem.headers,
        content_type=MEDIA_TYPE,
    )


def respond(problem: Problem, request: HttpRequest) -> HttpResponse:
    """For views and handlers that are not DRF's."""
    body = json.dumps(problem.document(request.path), cls=DjangoJSONEncoder, ensure_ascii=False)
    return HttpResponse(body, status=problem.status, headers=dict(problem.headers), content_type=MEDIA_TYPE)


def _of_refusal(refusal: Refusal) -> Problem:
    status = next((code for family, code in _STATUS_OF.items() if isinstance(refusal, family)), 409)
    return Problem(
        status,
        refusal.code,
        refusal.sentence,
        errors=_blamed(refusal),
        extra={name: value for name, value in refusal.extra.items() if name != "field"},
        headers={"Retry-After": str(refusal.retry_after_s)} if isinstance(refusal, Busy) else {},
    )


def _blamed(refusal: Refusal) -> list[tuple[str, str]]:
    """The fields that are wrong, or the one that a conflict is about."""
    if isinstance(refusal, Invalid):
        return list(refusal.fields)
    return [(refusal.extra["field"], refusal.sentence)] if "field" in refusal.extra else []


def _of_api_exception(exc: exceptions.APIException) -> Problem:
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    code = STATUS_CODES.get(exc.status_code, "refused")
    if isinstance(exc, exceptions.ValidationError):
        return Problem(400, "invalid", "Some fields need to be changed.", errors=flatten(exc.detail), headers=headers)
    if isinstance(exc, Unreadable):
        return Problem(400, "unreadable", str(exc.detail), errors=exc.faults, headers=headers)
    return Problem(exc.status_code, code, str(exc.detail), headers=headers)


def flatten(detail: Any, path: str = "") -> list[tuple[str, str]]:
    """DRF's nested detail as (path, sentence) pairs: ``{"shifts": [{"end": […]}]}`` is ``shifts.0.end``."""
    if isinstance(detail, Mapping):
        pairs = []
        for key, inner in detail.items():
            here = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            pairs += flatten(inner, here)
        return pairs
    if isinstance(detail, list | tuple):
        pairs = []
        for index, inner in enumerate(detail):
            if isinstance(inner, Mapping | list | tuple):
                pairs += flatten(inner, f"{path}.{index}" if path else str(index))
            else:
                pairs.append((path, str(inner)))
        return pairs
    return [(path, str(detail))]
