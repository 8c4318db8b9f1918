"""How many queries each page and list takes: a committed baseline, the same for few rows as for many.

After a change that is meant, write the baseline anew and look at the difference before it is committed:

    PUNCHCARD_WRITE_QUERY_COUNTS=1 python3 manage.py test tests/house/test_query_counts.py
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import UserFactory
from tests.house.fleet import hire, organization_key
from workforce.rules.actors import Actor

pytestmark = pytest.mark.django_db

BASELINE = Path(__file__).with_name("query_counts.json")
WRITING = bool(os.environ.get("PUNCHCARD_WRITE_QUERY_COUNTS"))
FEW, MANY = 3, 12

PAGES = [
    "overview",
    "overview-live",
    "overview-csv",
    "schedules",
    "schedules-live",
    "schedules-csv",
    "schedule-new",
    "schedule-agents",
    "leave",
    "leave-csv",
    "leave-new",
    "leave-agents",
    "clock-history",
    "clock-history-csv",
    "preferences",
    "agents-import",
    "agents-file",
    "budgets",
    "budgets-live",
    "budgets-csv",
]
PAGES_OF_AN_AGENT = ["hours", "hours-delete", "budget-caps"]
LISTS = [
    "api-status",
    "api-agents",
    "api-schedules",
    "api-leaves",
    "api-clock-records",
    "api-budget-overview",
    "api-cap-approvals",
    "api-prices",
    "api-credits",
    "api-workstreams",
    "api-assignments",
]
LISTS_OF_AN_AGENT = ["api-agent", "api-reporting-line", "api-holds"]
ADMIN = [
    "admin:index",
    *(
        f"admin:workforce_{model}_changelist"
        for model in (
            "agent",
            "team",
            "hold",
            "apikey",
            "auditevent",
            "membership",
            "organization",
            "user",
            "workstream",
            "assignment",
        )  # fmt: skip
    ),
    "admin:workforce_agent_import",
    "admin:scheduling_workschedule_changelist",
    "admin:scheduling_leave_changelist",
    "admin:scheduling_clockrecord_changelist",
    "admin:heartbeats_heartbeat_changelist",
    *(
        f"admin:budgets_{model}_changelist"
        for model in (
            "caps",
            "price",
            "spendpolicy",
            "creditaccount",
            "creditentry",
            "usage",
            "usageday",
            "reservation",
            "capmark",
            "capapproval",
            "burnanomaly",
        )  # fmt: skip
    ),
]


@pytest.fixture
def measured(organization, alice, actor, now, client: Client) -> Callable[[int], dict[str, int]]:
    """Queries per address, with a fleet of this size."""

    def measure(count: int) -> dict[str, int]:
        with time_machine.travel(now, tick=False):
            return _measure(organization, alice, actor(alice), now, count)

    return measure


def _measure(organization: Any, alice: Any, by: Actor, now: Any, count: int) -> dict[str, int]:
    agents = hire(organization, count=count, owner=alice, now=now)
    token = organization_key(organization, by=by, now=now)
    one = {"agent_id": agents[0].pk}
    person, root, runtime = Client(), Client(), Client(headers={"Authorization": f"Bearer {token}"})
    person.force_login(alice)
    root.force_login(UserFactory(is_staff=True, is_superuser=True))
    asked: list[tuple[str, Client, str]] = [
        *((name, person, reverse(name)) for name in PAGES),
        *((name, person, reverse(name, kwargs=one)) for name in PAGES_OF_AN_AGENT),
        *((name, runtime, reverse(name)) for name in LISTS),
        *((name, runtime, reverse(name, kwargs=one)) for name in LISTS_OF_AN_AGENT),
        *((name, root, reverse(name)) for name in ADMIN),
    ]
    counts = {name: _queries(lambda c=client, p=path: c.get(p)) for name, client, path in asked}
    beats = [
        {"agent_id": str(a.pk), "emitted_at": now.isoformat(), "status": "ok", "work_mode": "idle", "summary": "Here."}
        for a in agents
    ]
    post = {"path": reverse("api-heartbeats"), "content_type": "application/json"}
    counts["api-heartbeats (one)"] = _queries(lambda: runtime.post(data=beats[0], **post))
    counts["api-heartbeats (batch)"] = _queries(lambda: runtime.post(data={"heartbeats": beats}, **post))
    return counts


def _queries(ask: Callable[[], Any]) -> int:
    """Queries of the second request: what is cached per process is cached then."""
    for _ in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = ask()
        assert answer.status_code == 200, f"{answer.request['PATH_INFO']} answered {answer.status_code}"
        b"".join(answer) if answer.streaming else answer.content
    return len(queries)


def test_counts_are_as_committed(measured) -> None:
    counts = measured(MANY)
    if WRITING:
        BASELINE.write_text(json.dumps(dict(sorted(counts.items())), indent=2) + "\n")
    assert counts == json.loads(BASELINE.read_text())


def test_more_rows_take_no_more_queries(measured) -> None:
    assert measured(FEW) == json.loads(BASELINE.read_text())
