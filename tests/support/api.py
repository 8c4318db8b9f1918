"""A client of the API as runtimes are: a key in a header, JSON in and out, no cookies unless a test puts one there."""

import json
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from workforce.choices import KeyScope
from workforce.models import Agent, ApiKey, Organization
from workforce.rules.actors import system
from workforce.services import keys

ALL_SCOPES = tuple(scope.value for scope in KeyScope)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def issue(organization: Organization, *, agent: Agent | None = None, **options: Any) -> tuple[ApiKey, str]:
    """A live key; an organisation's has every scope unless the test says otherwise."""
    options.setdefault("scopes", () if agent else ALL_SCOPES)
    return keys.issue(
        organization=organization, agent=agent, name="operations", by=system("tests"), now=LONG_AGO, **options
    )


class Api:
    """``Api(token).get("/api/agents")``; ``Api()`` sends no key. ``cookies`` are those of a signed-in browser."""

    def __init__(self, token: str | None = None, *, header: str = "Authorization", cookies: Any = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        if cookies is not None:
            self.client.cookies = cookies
        self.headers: dict[str, str] = {}
        if token is not None:
            self.headers[header] = f"Bearer {token}" if header == "Authorization" else token

    @classmethod
    def of(cls, organization: Organization, **options: Any) -> "Api":
        return cls(issue(organization, **options)[1])

    @classmethod
    def of_agent(cls, agent: Agent) -> "Api":
        return cls(issue(agent.organization, agent=agent)[1])

    def call(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, type: str = "application/json"
    ) -> Any:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        options = {"content_type": type} if data else {}
        return self.client.generic(method, path, data, headers=self.headers, **options)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("DELETE", path, body, **options)


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem document of a refusal, checked for what every one must have (RFC 9457 §3)."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["title"] and document["detail"]
    assert document["type"].startswith("/api/docs/problems/")
    assert document["request_id"] == response.headers["X-Request-ID"]
    return document


def faults(response: Any) -> dict[str, str]:
    """Path -> sentence of a 400's errors."""
    return {fault["path"]: fault["detail"] for fault in problem(response, 400)["errors"]}
