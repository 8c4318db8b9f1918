"""A runtime at the door: its key, and a way to send what it has to say."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from workforce.rules.actors import system
from workforce.services import keys

PATH = "/api/heartbeats"


@pytest.fixture
def beat(agent: Any) -> Callable[..., dict[str, Any]]:
    """A sound heartbeat of ``agent`` with some fields changed: ``beat(emitted_at=now, status="degraded")``."""

    def make(emitted_at: datetime | str = "2026-11-19T13:32:00Z", **changes: Any) -> dict[str, Any]:
        sent = {
            "agent_id": str(agent.pk),
            "emitted_at": emitted_at if isinstance(emitted_at, str) else emitted_at.isoformat(),
            "status": "ok",
            "work_mode": "executing",
            "active_assignment_id": None,
            "summary": "Reading 12 tickets",
            **changes,
        }
        return {name: value for name, value in sent.items() if value is not ...}

    return make


@pytest.fixture
def token(organization: Any, agent: Any, now: datetime) -> str:
    """``agent``'s own key."""
    return keys.issue(organization=organization, agent=agent, name="runtime", by=system("tests"), now=now)[1]


@pytest.fixture
def fleet_token(organization: Any, now: datetime) -> str:
    """An orchestrator's key: any agent of the organisation."""
    made = keys.issue(
        organization=organization, name="orchestrator", scopes=["heartbeats"], by=system("tests"), now=now
    )
    return made[1]


@pytest.fixture
def send(token: str) -> Callable[..., Any]:
    """POST this body with ``token`` (or another key) and return the response."""
    client = Client(enforce_csrf_checks=True)

    def post(body: Any, *, key: str | None = None, content_type: str = "application/json", **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {token if key is None else key}", **headers}
        return client.post(PATH, data=body, content_type=content_type, headers=headers)

    return post
