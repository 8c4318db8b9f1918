"""Reading changes nothing: every address that answers GET is opened, and no statement writes."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories import UserFactory
from tests.house.fleet import hire, organization_key
from tests.house.routes import Route, routes

pytestmark = pytest.mark.django_db

_WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|DROP|CREATE|ALTER)\b", re.IGNORECASE)
#: What a read may write, and why.
ALLOWED = {
    "workforce_apikey": "when a key was last used, once a minute",
    "django_session": "a session is renewed",
}
#: GET that leads elsewhere by design, and why it is not asked here.
ELSEWHERE = {"sign-in": "someone signed in is sent on", "admin:login": "someone signed in is sent on"}


@contextmanager
def nothing_written() -> Iterator[list[str]]:
    """Collect the statements that write anything but what is allowed."""
    written: list[str] = []

    def look(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if _WRITE.match(sql) and not any(table in sql for table in ALLOWED):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield written


def opened(client: Client, paths: list[str], **headers: str) -> dict[str, int]:
    """Open each path and its HTMX variant; return what answered how."""
    statuses: dict[str, int] = {}
    for path in paths:
        for more in ({}, {"HX-Request": "true"}):
            with nothing_written() as written:
                statuses[path] = client.get(path, headers={**headers, **more}).status_code
            assert not written, f"GET {path} writes: {written}"
    return statuses


def paths(prefix: str, given: dict[str, str]) -> list[str]:
    return [route.path for route in _asked(given) if route.path.startswith(prefix)]


def _asked(given: dict[str, str]) -> list[Route]:
    return [route for route in routes(**given) if route.name not in ELSEWHERE]


@pytest.fixture
def given(organization, alice, now) -> Iterator[dict[str, str]]:
    with time_machine.travel(now, tick=False):
        agents = hire(organization, count=3, owner=alice, now=now)
        yield {
            "agent_id": str(agents[0].pk),
            "schedule_id": str(agents[0].work_schedule.pk),
            "leave_id": str(agents[0].leaves.get().pk),
            "kind": "incident",
            "notice_id": str(alice.notices.first().pk),
        }


def test_a_write_would_be_noticed(organization) -> None:
    with nothing_written() as written:
        organization.save(update_fields=["name"])
    assert written


def test_pages_write_nothing(client: Client, alice, given) -> None:
    client.force_login(alice)
    pages = [p for p in paths("/", given) if not p.startswith(("/api/", "/admin/"))]
    statuses = opened(client, pages)
    assert statuses[reverse("overview")] == statuses[reverse("clock-history")] == 200
    assert not {path for path, status in statuses.items() if status >= 500}


def test_the_api_writes_nothing(client: Client, organization, alice, actor, given, now) -> None:
    token = organization_key(organization, by=actor(alice), now=now)
    statuses = opened(client, paths("/api/", given), Authorization=f"Bearer {token}")
    assert statuses[reverse("api-status")] == 200
    assert not {path for path, status in statuses.items() if status in (401, 403) or status >= 500}


def test_the_admin_writes_nothing(client: Client, given) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    admin_paths = []
    for route in routes():
        if not route.name.startswith("admin:") or route.name in (*ELSEWHERE, "admin:logout"):
            continue
        if "<path:object_id>" in route.template:
            path = _of_a_row(route)
            admin_paths += [path] if path else []
        else:
            admin_paths.append(route.path)
    statuses = opened(client, admin_paths)
    assert statuses[reverse("admin:workforce_agent_changelist")] == 200
    assert sum(status == 200 for status in statuses.values()) > 30
    assert not {path for path, status in statuses.items() if status >= 500}


def _of_a_row(route: Route) -> str | None:
    """The page of the first row of the model the route is of; None where there is no row."""
    for model in apps.get_models():
        if route.name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            row = model._default_manager.first()
            return reverse(route.name, args=[row.pk]) if row else None
    return None
