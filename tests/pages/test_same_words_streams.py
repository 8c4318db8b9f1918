"""Workstreams, assignments and what is done to them: page and API refuse the same thing in the same words (spec I3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.factories import AgentFactory
from tests.pages.html import parse
from tests.pages.test_streams import assign, faults
from tests.support.actors import SYSTEM
from tests.support.api import Api
from tests.support.api import faults as api_faults
from workforce.models import Agent, Assignment, Workstream
from workforce.services import workstreams

Reader = Callable[..., Client]
STREAMS, ASSIGNMENTS = "/api/workforce/workstreams", "/api/workforce/assignments"
NOWHERE = "0199a0b2-0000-7000-8000-000000000000"
#: As typed on the page, and as sent by a program where that differs.
STREAM: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"name": ""}, {}),
    ({"name": "x" * 121}, {}),
    ({"name": "a\tb"}, {}),
    ({"name": "YEAR END"}, {}),
    ({"description": "x" * 4_001}, {}),
    ({"name": "", "description": "x" * 4_001}, {}),
]
ASSIGN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"role": "boss"}, {}),
    ({"task": "zebra"}, {"task_id": NOWHERE}),
    ({"due_at": "2020-01-01T10:00"}, {"due_at": "2020-01-01T10:00:00Z"}),
    ({"role": "boss", "due_at": "2020-01-01T10:00"}, {"due_at": "2020-01-01T10:00:00Z"}),
]
DEEDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("block", {"code": "boredom"}, {}),
    ("block", {"code": "policy", "note": "x" * 501}, {}),
    ("hand-off", {"agent": "zebra", "reason": "x"}, {"agent_id": NOWHERE}),
    ("complete", {"reason": "x" * 501}, {}),
]
PAGE_ONLY, PATHS = ("task", "agent"), {"task_id": "task", "percent_complete": "percent"}


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


@pytest.fixture
def stream(organization: Any, at_now: datetime) -> Workstream:
    return workstreams.create(organization=organization, data={"name": "Year end"}, by=SYSTEM, now=at_now)


def said(response: Any) -> dict[str, str]:
    """The API's sentences under the names that the page's fields have."""
    return {PATHS.get(path, path): sentence for path, sentence in api_faults(response).items()}


def sent(typed: dict[str, Any], instead: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**typed, **instead}.items() if name not in PAGE_ONLY}


@pytest.mark.parametrize(("typed", "instead"), STREAM, ids=[f"{n}-{next(iter(c[0]))}" for n, c in enumerate(STREAM)])
def test_a_workstream(
    reader: Reader, alice: Any, api: Api, stream: Workstream, typed: dict[str, Any], instead: dict[str, Any]
) -> None:
    form = {"name": "New", **typed}
    page = reader(alice).post("/workstreams/new", form)
    assert (page.status_code, faults(parse(page))) == (400, said(api.post(STREAMS, {**form, **instead})))
    other = workstreams.create(
        organization=stream.organization, data={"name": "Other"}, by=SYSTEM, now=stream.created_at
    )
    page = reader(alice).post(f"/workstreams/{other.pk}/edit", form)
    there = api.call("PATCH", f"{STREAMS}/{other.pk}", {**form, **instead})
    assert (page.status_code, faults(parse(page))) == (400, said(there))
    assert Workstream.objects.filter(name__in=["Year end", "Other"]).count() == Workstream.objects.count() == 2


@pytest.mark.parametrize(("typed", "instead"), ASSIGN, ids=[f"{n}-{next(iter(c[0]))}" for n, c in enumerate(ASSIGN)])
def test_an_assignment(
    reader: Reader,
    alice: Any,
    api: Api,
    stream: Workstream,
    agent: Agent,
    typed: dict[str, Any],
    instead: dict[str, Any],
) -> None:
    form = {"role": "contributor", **typed}
    page = reader(alice).post(f"/workstreams/{stream.pk}/assign", {**form, "agent": agent.agent_name})
    body = {**sent(form, instead), "agent_id": str(agent.pk), "workstream_id": str(stream.pk)}
    assert (page.status_code, faults(parse(page))) == (400, said(api.post(ASSIGNMENTS, body)))
    assert not Assignment.objects.exists()


def test_an_assignment_of_nobody_and_of_one_who_left(
    reader: Reader, alice: Any, api: Api, stream: Workstream, agent: Agent
) -> None:
    path, body = f"/workstreams/{stream.pk}/assign", {"role": "owner", "workstream_id": str(stream.pk)}
    assert faults(parse(reader(alice).post(path, {"role": "owner"}))) == said(api.post(ASSIGNMENTS, body))
    Agent.objects.filter(pk=agent.pk).update(current_state="retired")
    page = reader(alice).post(path, {"role": "owner", "agent": agent.agent_name})
    there = api.post(ASSIGNMENTS, {**body, "agent_id": str(agent.pk)})
    assert (page.status_code, there.status_code) == (409, 409)
    assert faults(parse(page)) == {"agent_id": there.json()["detail"]}


@pytest.mark.parametrize(("deed", "typed", "instead"), DEEDS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DEEDS)])
def test_a_deed(
    reader: Reader, alice: Any, api: Api, stream: Workstream, agent: Agent, at_now: datetime,
    deed: str, typed: dict[str, Any], instead: dict[str, Any],
) -> None:  # fmt: skip
    part = assign(stream, agent, at_now)
    AgentFactory(organization=stream.organization, team=agent.team, agent_name="support-triage-02")
    page = reader(alice).post(f"/assignments/{part.pk}/{deed}", typed)
    there = api.post(f"{ASSIGNMENTS}/{part.pk}/{deed.replace('-', '')}", sent(typed, instead))
    assert (page.status_code, faults(parse(page))) == (400, said(there))
    part.refresh_from_db()
    assert part.status == "active"


def test_how_far_it_is_and_a_second_end(
    reader: Reader, alice: Any, api: Api, stream: Workstream, agent: Agent, at_now: datetime
) -> None:
    part = assign(stream, agent, at_now)
    page = reader(alice).post(f"/assignments/{part.pk}/edit", {"percent": "101"})
    there = api.call("PATCH", f"{ASSIGNMENTS}/{part.pk}", {"percent_complete": 101})
    assert faults(parse(page)) == said(there)
    assert api.post(f"{ASSIGNMENTS}/{part.pk}/complete", {}).status_code == 200
    page = reader(alice).post(f"/assignments/{part.pk}/block", {"code": "policy"})
    there = api.post(f"{ASSIGNMENTS}/{part.pk}/block", {"code": "policy"})
    assert (page.status_code, there.status_code) == (409, 409)
    assert faults(parse(page)) == {"code": there.json()["detail"]}
