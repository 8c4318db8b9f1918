"""Middleware of the roof: request ids, refusal of malformed text, and who is calling."""

import logging
import re
import uuid
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from workforce.api.problems import Problem, respond
from workforce.rules.request_ids import request_id

logger = logging.getLogger("punchcard.request")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Every answer carries ``X-Request-ID``; every log line of the request has it. A sane given id is kept."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        current = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(current)
        try:
            response = self.get_response(request)
            if response.status_code >= 500:
                logger.error("answered %s", response.status_code, extra={"path": request.path})
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = current
        return response


class RefuseMalformedMiddleware:
    """NUL bytes and broken UTF-8 in a path or query string are the caller's fault: 400, never 500."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if (
            "\x00" in request.path
            or "%00" in query
            or "\x00" in query
            or _undecodable(query)
            or "\ufffd" in request.path
        ):
            malformed = Problem(400, "bad_request", "The address holds a NUL byte or is not valid UTF-8.")
            return respond(malformed, request)
        return self.get_response(request)


def _undecodable(query: str) -> bool:
    try:
        unquote_to_bytes(query.encode("latin-1", "replace")).decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def client_address(request: HttpRequest) -> str:
    """The caller's address. ``X-Forwarded-For`` is believed only as far as our own proxies wrote it."""
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")
