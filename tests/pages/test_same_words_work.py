"""Tasks and what is done to them: page and API refuse the same thing in the same words (spec I3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.factories import AgentFactory
from tests.pages.html import Node, parse
from tests.support.api import Api, faults
from tests.support.work import give
from workforce.models import Agent, Task

Reader = Callable[..., Client]
PATH = "/api/workforce/tasks"
NOWHERE = "0199a0b2-0000-7000-8000-000000000000"
GOOD = {"title": "Sort", "priority": "normal", "type": "new"}
PAST = {"due_at": "2020-01-01T10:00"}
#: As typed on the page (in UTC), and as sent by a program where that differs.
CREATE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": ""}, {}),
    ({"title": "   "}, {}),
    ({"title": "x" * 201}, {}),
    ({"title": "a\tb"}, {}),
    ({"description": "x" * 10_001}, {}),
    ({"description": "a\x00b"}, {}),
    ({"priority": "soon"}, {}),
    ({"priority": ""}, {}),
    ({"type": "old"}, {}),
    ({"type": "scheduled"}, {}),
    ({"type": "scheduled", "scheduled_at": "2020-01-01T10:00"}, {"scheduled_at": "2020-01-01T10:00:00Z"}),
    (PAST, {"due_at": "2020-01-01T10:00:00Z"}),
    ({"type": "continue"}, {}),
    ({"type": "continue", "continues": NOWHERE}, {}),
    ({"type": "delegation"}, {}),
    ({"type": "delegation", "delegated_by": "nobody"}, {"delegated_by": NOWHERE}),
    ({"title": "", "priority": "x", "due_at": "2020-01-01T10:00"}, {"due_at": "2020-01-01T10:00:00Z"}),
]
EDIT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": ""}, {}),
    ({"title": "x" * 201}, {}),
    ({"description": "x" * 10_001}, {}),
    ({"priority": "soon"}, {}),
    (PAST, {"due_at": "2020-01-01T10:00:00Z"}),
]
DEEDS: list[tuple[str, str, dict[str, Any]]] = [
    ("done", "complete", {"result": "x" * 100_001}),
    ("done", "complete", {"result": "a\x00"}),
    ("cancel", "cancel", {"reason": "x" * 501}),
    ("cancel", "cancel", {"reason": "a\x00"}),
    ("reassign", "reassign", {"reason": "x" * 501}),
]


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


@pytest.fixture
def task(agent: Agent, at_now: datetime) -> Task:
    return give(agent, "Sort", now=at_now)


def shown(page: Node) -> dict[str, str]:
    """Sentences of a form by the field they stand at."""
    found = page.all("small", class_="fault")
    return {node.attrs["id"].removeprefix("fault-").rsplit("-", 1)[0]: node.text for node in found}


@pytest.fixture
def in_utc(alice: Any) -> Any:
    alice.time_zone = "UTC"
    alice.save(update_fields=["time_zone"])
    return alice


@pytest.mark.parametrize(("typed", "sent"), CREATE, ids=[f"{n}-{next(iter(c[0]))}" for n, c in enumerate(CREATE)])
def test_a_new_task(
    reader: Reader, in_utc: Any, api: Api, agent: Agent, typed: dict[str, Any], sent: dict[str, Any]
) -> None:
    page = reader(in_utc).post("/tasks/new", {**GOOD, **typed, "agent": agent.agent_name})
    assert page.status_code == 400
    said = faults(api.post(PATH, {**GOOD, **typed, **sent, "agent_id": str(agent.pk)}))
    assert shown(parse(page)) == said != {}
    assert not Task.objects.exists()


def test_a_new_task_for_nobody_and_for_one_who_left(reader: Reader, in_utc: Any, api: Api, agent: Agent) -> None:
    client = reader(in_utc)
    assert shown(parse(client.post("/tasks/new", {**GOOD, "agent": ""}))) == faults(api.post(PATH, GOOD))
    Agent.objects.filter(pk=agent.pk).update(current_state="retired")
    page = client.post("/tasks/new", {**GOOD, "agent": agent.agent_name})
    there = api.post(PATH, {**GOOD, "agent_id": str(agent.pk)})
    assert (page.status_code, there.status_code) == (409, 409)
    assert shown(parse(page))["agent_id"] == there.json()["detail"]


@pytest.mark.parametrize(("typed", "sent"), EDIT, ids=[f"{n}-{next(iter(c[0]))}" for n, c in enumerate(EDIT)])
def test_a_change(
    reader: Reader, in_utc: Any, api: Api, task: Task, typed: dict[str, Any], sent: dict[str, Any]
) -> None:
    page = reader(in_utc).post(f"/tasks/{task.pk}/edit", {"title": "Sort", "priority": "normal", **typed})
    assert page.status_code == 400
    said = faults(api.call("PATCH", f"{PATH}/{task.pk}", {**typed, **sent}))
    assert shown(parse(page)) == said != {}
    task.refresh_from_db()
    assert (task.title, task.due_at) == ("Sort", None)


@pytest.mark.parametrize(("deed", "verb", "typed"), DEEDS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DEEDS)])
def test_a_deed(
    reader: Reader, in_utc: Any, api: Api, task: Task, agent: Agent, deed: str, verb: str, typed: dict[str, Any]
) -> None:
    other = AgentFactory(organization=agent.organization, team=agent.team, agent_name="support-triage-02")
    page = reader(in_utc).post(f"/tasks/{task.pk}/{deed}", {**typed, "agent": other.agent_name, "asked": "1"})
    assert page.status_code == 400
    body = {**typed, "agent_id": str(other.pk)} if verb == "reassign" else typed
    assert shown(parse(page)) == faults(api.post(f"{PATH}/{task.pk}/{verb}", body)) != {}
    task.refresh_from_db()
    assert (task.status, task.agent_id) == ("queued", agent.pk)


@pytest.mark.parametrize("verb", ["complete", "cancel"])
def test_what_is_over(reader: Reader, in_utc: Any, api: Api, task: Task, verb: str) -> None:
    first, other = ("cancel", "complete") if verb == "complete" else ("complete", "cancel")
    assert api.post(f"{PATH}/{task.pk}/{first}", {}).status_code == 200
    there = api.post(f"{PATH}/{task.pk}/{other}", {})
    deed = {"complete": "done", "cancel": "cancel"}[other]
    page = reader(in_utc).post(f"/tasks/{task.pk}/{deed}", {"asked": "1"})
    assert (page.status_code, there.status_code) == (409, 409)
    assert there.json()["detail"] in parse(page).text
