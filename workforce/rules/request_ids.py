"""The id of the request or task being handled: every log line and audit event carries it."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    return request_id.get()
