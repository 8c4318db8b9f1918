"""The same number of queries for many rows as for few: every tab, its searches and orders, and its twin in the API."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.house.fleet import hire, organization_key
from tests.support.actors import person
from tests.support.work import give
from workforce.models import Organization, Task, TaskNeed, User, WorkReport
from workforce.services import tasks

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 12
#: More than any page needs today.
MOST = 24
PATHS = [
    "/",
    "/?sort=heartbeat",
    "/?q=zebra",
    "/overview/live",
    "/schedules",
    "/schedules?sort=next",
    "/schedules?having=unscheduled",
    "/schedules/live",
    "/schedules.csv",
    "/agents/{agent}/hours",
    "/agents/{agent}/hours/delete",
    "/tasks",
    "/tasks?status=all&sort=agent",
    "/tasks?sort=priority",
    "/tasks?q=of",
    "/tasks?q=zebra",
    "/tasks/live",
    "/tasks.csv",
    "/tasks/new",
    "/tasks/agents?agent=a",
    "/tasks/{task}",
    "/tasks/{task}/edit",
    "/tasks/{task}/cancel",
    "/tasks/{task}/reassign",
    "/budgets",
    "/budgets?caps=none",
    "/budgets?sort=closest",
    "/budgets/live",
    "/budgets/{agent}",
    "/budgets.csv",
    "/history",
    "/history?sort=time&by=user",
    "/history/live",
    "/history?q=zebra",
    "/history?event=clocked_in",
    "/history.csv",
    "/agents/import",
    "/api/workforce/status",
    "/api/workforce/schedules",
    "/api/workforce/tasks",
    "/api/workforce/tasks?q=of&open=true",
    "/api/workforce/tasks/{task}",
    "/api/workforce/budget-overview",
    "/api/workforce/clock-records",
    "/api/agents",
]


@pytest.fixture
def houses(organization: Any, alice: Any, other_organization: Any, charlie: Any, now: datetime) -> list[Any]:
    """A house with few rows of everything, and one with many."""
    with time_machine.travel(now, tick=False):
        return [_house(organization, alice, FEW, now), _house(other_organization, charlie, MANY, now)]


def _house(organization: Organization, manager: User, count: int, now: datetime) -> Callable[[str], Any]:
    agents = hire(organization, count=count, owner=manager, now=now)
    by = person(manager)
    for number, agent in enumerate(agents):
        give(agent, f"Task {number} of {agent.agent_name}", now=now, by=by, urgent=bool(number % 2))
    task = _storied(organization, agents, by, now)
    parts = {"agent": agents[0].pk, "task": task.pk}
    token = organization_key(organization, by=by, now=now)
    page, api = Client(), Client(headers={"Authorization": f"Bearer {token}"})
    page.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    return lambda path: (api if path.startswith("/api/") else page).get(path.format(**parts))


def _storied(organization: Organization, agents: Any, by: Any, now: datetime) -> Task:
    """A task with as many of everything its page shows as there are agents."""
    task = give(agents[0], "The one", now=now, by=by)
    for number, agent in enumerate(agents):
        other = give(agent, f"Needs {number}", now=now, by=by, needs=[task.pk])
        TaskNeed.objects.create(task=task, needs=give(agent, f"Needed {number}", now=now, by=by))
        more: list[Mapping[str, Any]] = [{"type": "continue", "continues": task.pk}]
        if number:
            more.append({"type": "delegation", "delegated_by": agents[0].pk, "delegated_from": task.pk})
        for fields in more:
            give(agent, f"After {number}", now=now, by=by, **fields)
        tasks.edit(organization=organization, task_id=task.pk, changes={"title": f"One {number}"}, by=by, now=now)
        WorkReport.objects.create(
            organization=organization,
            task=task,
            agent=agent,
            lease_token=number,
            kind="late",
            said="completed",
            reported_at=now + timedelta(seconds=number),
            reported_by_label=agent.agent_name,
        )
        assert other.open_needs == 1
    return task


def _queries(ask: Callable[[], Any]) -> int:
    """Of the second request: what is kept per process is kept then."""
    for _ in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            answer = ask()
            assert answer.status_code == 200, answer.request["PATH_INFO"]
            b"".join(answer) if answer.streaming else answer.content
    return len(captured)


def test_more_rows_take_no_more_queries(houses: list[Any], now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        counts = {path: [_queries(lambda h=house, p=path: h(p)) for house in houses] for path in PATHS}
    assert {path: found for path, found in counts.items() if found[0] != found[1]} == {}
    assert {path: found for path, found in counts.items() if found[0] > MOST} == {}
