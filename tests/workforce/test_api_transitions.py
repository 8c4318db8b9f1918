"""The lifecycle through the API: every illegal move is a 409 that lists the legal ones and writes nothing (spec R4)."""

from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory
from tests.support.api import Api, faults, problem
from workforce.choices import LifecycleState
from workforce.models import Agent, AuditEvent
from workforce.rules import lifecycle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


def path(agent: Agent) -> str:
    return f"/api/agents/{agent.pk}/transitions"


def in_state(agent: Agent, state: str) -> Agent:
    return AgentFactory(organization=agent.organization, team=agent.team, current_state=state)


def test_it_moves_and_shows_the_agent(organization: Any, agent: Agent) -> None:
    response = Api.of(organization).post(path(agent), {"to": "assigned", "reason": "Ticket 4711"})
    assert response.status_code == 200
    assert response.json()["current_state"] == "assigned"
    event = AuditEvent.objects.get(action="agent.assigned")
    assert (event.actor_kind, event.actor_label, event.reason) == ("key", "Key operations", "Ticket 4711")
    assert event.request_id == response.headers["X-Request-ID"]


@pytest.mark.parametrize("source", list(LifecycleState))
def test_every_illegal_move_is_refused_with_the_legal_ones(organization: Any, agent: Agent, source: str) -> None:
    api, subject = Api.of(organization), in_state(agent, source)
    legal = [state.value for state in lifecycle.legal_targets(source)]
    for target in LifecycleState:
        if target.value in legal:
            continue
        refusal = problem(api.post(path(subject), {"to": target.value, "reason": "Because."}), 409)
        assert refusal["code"] == "illegal_transition"
        assert refusal["type"] == "/api/docs/problems/illegal-transition"
        assert refusal["current"] == source
        assert refusal["legal"] == legal
        assert f"is {source} and cannot become {target}" in refusal["detail"]
    subject.refresh_from_db()
    assert subject.current_state == source
    assert not AuditEvent.objects.filter(subject_id=str(subject.pk)).exists()


@pytest.mark.parametrize("source", list(LifecycleState))
def test_get_lists_the_moves_that_are_open(organization: Any, agent: Agent, source: str) -> None:
    subject = in_state(agent, source)
    answer = Api.of(organization).get(path(subject)).json()
    assert answer["current_state"] == source
    assert [move["to"] for move in answer["legal"]] == [s.value for s in lifecycle.legal_targets(source, who="people")]
    for move in answer["legal"]:
        assert move["needs_reason"] == (move["to"] in ("blocked", "escalated", "paused", "retired", "archived"))


def test_an_agents_own_key_sees_its_own_moves(agent: Agent) -> None:
    working = in_state(agent, "executing")
    legal = Api.of_agent(working).get(path(working)).json()["legal"]
    assert {move["to"] for move in legal} == {"ready", "assigned", "blocked", "degraded"}


def test_an_agent_reports_its_work(agent: Agent) -> None:
    working = in_state(agent, "assigned")
    api = Api.of_agent(working)
    assert api.post(path(working), {"to": "executing"}).json()["current_state"] == "executing"
    assert api.post(path(working), {"to": "blocked", "reason": "No input."}).json()["current_state"] == "blocked"
    assert AuditEvent.objects.filter(actor_kind="agent", actor_id=str(working.pk)).count() == 2


@pytest.mark.parametrize(("source", "target"), [("ready", "assigned"), ("ready", "retired"), ("paused", "ready")])
def test_an_agent_does_not_move_itself_otherwise(agent: Agent, source: str, target: str) -> None:
    subject = in_state(agent, source)
    refusal = problem(Api.of_agent(subject).post(path(subject), {"to": target, "reason": "I want to."}), 403)
    assert refusal["detail"] == f"An agent may not move itself from {source} to {target}; a person may."
    subject.refresh_from_db()
    assert subject.current_state == source


@pytest.mark.parametrize(
    ("body", "path_", "words"),
    [
        ({}, "to", "This field is required."),
        ({"to": "flying"}, "to", "Choose one of: registered, ready, assigned, executing,"),
        ({"to": 7}, "to", "Choose one of: registered,"),
        ({"to": None}, "to", "This field may not be null."),
        ({"to": ["ready"]}, "to", "Choose one of: registered,"),
        ({"to": "assigned", "reason": 5}, "reason", "Enter text."),
        ({"to": "assigned", "reason": "x" * 501}, "reason", "Use at most 500 characters; this has 501."),
        ({"to": "assigned", "state": "ready"}, "state", "There is no such field."),
        ({"to": "assigned", "owner_id": "me"}, "owner_id", "There is no such field."),
        ({"to": "paused"}, "reason", "Say why: moving an agent to paused needs a reason."),
        ({"to": "retired", "reason": "   "}, "reason", "Say why: moving an agent to retired needs a reason."),
    ],
)
def test_a_bad_body_is_named_by_field(organization: Any, agent: Agent, body: Any, path_: str, words: str) -> None:
    found = faults(Api.of(organization).post(path(agent), body))
    assert list(found) == [path_]
    assert found[path_].startswith(words)
    agent.refresh_from_db()
    assert agent.current_state == "ready"


def test_all_faults_come_at_once(organization: Any, agent: Agent) -> None:
    found = faults(Api.of(organization).post(path(agent), {"to": 1, "reason": 2, "x": 3, "y": 4}))
    assert set(found) == {"to", "reason", "x", "y"}


def test_pausing_places_a_hold_and_ready_releases_it(organization: Any, agent: Agent) -> None:
    api = Api.of(organization)
    assert api.post(path(agent), {"to": "paused", "reason": "Odd answers."}).json()["current_state"] == "paused"
    assert [hold["kind"] for hold in api.get(f"/api/agents/{agent.pk}/holds").json()["results"]] == ["manual"]
    assert api.post(path(agent), {"to": "ready"}).json()["current_state"] == "ready"
    assert api.get(f"/api/agents/{agent.pk}/holds").json()["results"] == []


def test_other_holds_keep_it_paused(organization: Any, agent: Agent) -> None:
    api = Api.of(organization)
    api.post(f"/api/agents/{agent.pk}/holds", {"kind": "incident", "reason": "Leak."})
    refusal = problem(api.post(path(agent), {"to": "ready"}), 409)
    assert refusal["code"] == "holds_remain"
    assert refusal["holds"] == ["incident"]


def test_who_may_move_an_agent(organization: Any, other_organization: Any, agent: Agent) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team)
    body = {"to": "assigned"}
    problem(Api().post(path(agent), body), 401)
    assert problem(Api.of(organization, scopes=["read", "clock"]).post(path(agent), body), 403)["scope"] == "lifecycle"
    assert problem(Api.of_agent(colleague).post(path(agent), body), 403)["code"] == "not_your_agent"
    problem(Api.of(other_organization).post(path(agent), body), 404)
    problem(Api.of_agent(AgentFactory(organization=other_organization)).post(path(agent), body), 404)
    agent.refresh_from_db()
    assert agent.current_state == "ready"
    assert Api.of(organization, scopes=["lifecycle"]).post(path(agent), body).status_code == 200
