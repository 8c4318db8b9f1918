"""The OpenAPI document is true: complete, free of warnings, and requests are answered as it says."""

import json
import re
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from scheduling.models import Leave
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.house.routes import routes as house_routes
from tests.support.api import issue
from workforce.api.views import ApiView
from workforce.choices import LifecycleState
from workforce.models import Assignment, Task, Workstream

#: Random but the same at every run. The examples of the document and its boundary values come on top.
EXAMPLES = 25
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "with-security-parameters": False},
        "suppress-health-check": ["all"],
    }
)
schema = schemathesis.openapi.from_wsgi("/api/schema", application, config=CONFIG)


def document() -> dict[str, Any]:
    # `localhost`: cases are made at collection, before the test environment allows its own host.
    found: dict[str, Any] = json.loads(Client(SERVER_NAME="localhost").get("/api/schema").content)
    return found


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation) for path, item in document()["paths"].items() for method, operation in item.items()
    ]


def test_it_is_valid_and_without_warnings(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))


def test_it_is_openapi_3_1() -> None:
    assert document()["openapi"] == "3.1.0"
    assert Client().get("/api/schema").headers["Content-Type"].startswith("application/vnd.oai.openapi+json")


def test_every_route_is_in_it() -> None:
    """Walks the addresses, so that a new endpoint cannot be left out."""
    written = {re.sub(r"\{[^}]+\}", "{}", path) for path in document()["paths"]}
    own = {"/api/schema", "/api/docs", "/api/docs/problems/{}", "/api/"}
    assert {re.sub(r"<[^>]+>", "{}", path) for path in routes()} - own == written


def routes() -> list[str]:
    def walk(patterns: Any, prefix: str) -> list[str]:
        found = []
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                found += walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif isinstance(pattern, URLPattern):
                found.append(prefix + str(pattern.pattern))
        return found

    return [path for path in walk(get_resolver().url_patterns, "/") if path.startswith("/api/")]


@pytest.mark.parametrize(
    ("path", "method", "operation"), operations(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_operation_has_examples_and_its_errors(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"] and operation["operationId"]
    assert operation["security"] == [{"ApiKey": []}, {"ApiKeyHeader": []}]
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            assert content["examples"], f"{status} {media_type} has no example"
            assert media_type == ("application/json" if status < "300" else "application/problem+json")
            if status >= "400":
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert all(str(example["value"]["status"]) == status for example in content["examples"].values())
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert content["examples"]
    assert {"400", "401", "403", "500", "503"} <= set(operation["responses"])


#: Each heartbeat carries its ``heartbeat_id``, which does the same.
WITHOUT_KEY = {"/api/heartbeats"}


@pytest.mark.parametrize(
    ("path", "method", "operation"), operations(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_every_write_takes_an_idempotency_key(path: str, method: str, operation: dict[str, Any]) -> None:
    names = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    takes = method != "get" and path not in WITHOUT_KEY
    assert ("Idempotency-Key" in names) is takes
    assert ("422" in operation["responses"]) is takes
    if takes:
        assert (names["Idempotency-Key"]["in"], names["Idempotency-Key"].get("required", False)) == ("header", False)


def test_every_view_keeps_that_promise() -> None:
    """The document says it of every write: the view must be an ``ApiView``, not DRF's own."""
    views = {route.template: getattr(route.view, "cls", None) for route in house_routes()}
    built = {template: view for template, view in views.items() if template.startswith("api/") and view is not None}
    assert built
    assert [template for template, view in built.items() if not issubclass(view, ApiView)] == []


def test_no_two_operations_share_an_id() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


@pytest.fixture
def cast(organization: Any, other_organization: Any, pod: Any) -> dict[str, Any]:
    """Agents in every state, some with hours, one of another organisation; and a key that may do everything."""
    agents = [AgentFactory(organization=organization, team=pod, current_state=state.value) for state in LifecycleState]
    foreign = AgentFactory(organization=other_organization)
    schedules = [WorkScheduleFactory(agent=agent).pk for agent in [*agents[:3], foreign]]
    ids = [str(agent.pk) for agent in [*agents, foreign]]
    tasks = [
        Task.objects.create(
            organization=agent.organization,
            agent=agent,
            title="Sort the refund tickets",
            created_by_kind="system",
            created_by_id="tests",
            created_by_label="tests",
        )
        for agent in [*agents, *agents, foreign]
    ]
    leaves = [
        Leave.objects.create(
            organization=agent.organization, agent=agent, starts_at=starts_at, ends_at=starts_at + timedelta(days=2),
            due_at=starts_at, reason="Model change.", created_by_kind="system", created_by_id="tests",
            created_by_label="tests",
        )
        for agent in [*agents, foreign]
        for starts_at in [timezone.now() + timedelta(days=3)]
    ]  # fmt: skip
    streams = [Workstream.objects.create(organization=o, name="Refunds") for o in (organization, other_organization)]
    parts = [
        Assignment.objects.create(
            organization=agent.organization,
            agent=agent,
            workstream=streams[agent is foreign],
            role=role,
            created_by_label="tests",
        )
        for agent in [*agents, foreign]
        for role in ("owner", "contributor")
    ]
    return {
        "key": issue(organization)[1],
        "real": {
            "agent_id": ids,
            "agent": ids,
            "schedule_id": [str(pk) for pk in schedules],
            "leave_id": [str(leave.pk) for leave in leaves],
            "cover_agent_id": ids,
            "task_id": [str(task.pk) for task in tasks],
            "continues": [str(task.pk) for task in tasks],
            "unblock_agent": ids,
            "dri_agent": ids,
            "workstream_id": [str(stream.pk) for stream in streams],
            "assignment_id": [str(part.pk) for part in parts],
            "pod": [str(pod.pk), str(foreign.team_id)],
            "time_zone": ["Europe/Berlin", "Asia/Kathmandu", "Nowhere/Land"],
        },
    }


def make_plausible(case: Any, cast: dict[str, Any]) -> None:
    """In three of four requests, what no generator can guess becomes real, so that they get beyond 400 and 404."""
    place = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode("utf-8", "surrogatepass"))
    if place % 4 == 0:
        return
    for part in (case.path_parameters, case.query, case.body):
        if not isinstance(part, dict):
            continue
        part.pop("cursor", None)
        for name, values in cast["real"].items():
            if name in part:
                part[name] = values[place % len(values)]
        # Hours are given one way or the other, never both.
        for name in ("days", "start", "end") if place % 2 and part.get("shifts") else ("shifts",):
            part.pop(name, None)
    # One key for each body, or short random ones would meet and most requests end at 422.
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"case-{place}"


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A request ends connections that are old; here it has the test's own, with the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@schema.parametrize()
def test_whatever_is_sent_is_answered_as_the_document_says(case: Any, cast: dict[str, Any]) -> None:
    make_plausible(case, cast)
    case.call_and_validate(headers={"Authorization": f"Bearer {cast['key']}"}, checks=CHECKS)
