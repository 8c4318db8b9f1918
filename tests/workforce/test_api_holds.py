"""Holds through the API: placed, listed, released one by one (spec R8)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory
from tests.support.api import Api, faults, problem
from workforce.models import Agent, AuditEvent, Hold

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def path(agent: Agent, kind: str = "") -> str:
    return f"/api/agents/{agent.pk}/holds" + (f"/{kind}" if kind else "")


def test_it_places_a_hold_and_pauses(api: Api, agent: Agent) -> None:
    response = api.post(path(agent), {"kind": "incident", "reason": "Leak.", "until": "2026-11-19T16:00:00+01:00"})
    assert response.status_code == 201
    hold = response.json()
    assert hold.pop("id")
    assert hold == {
        "agent_id": str(agent.pk),
        "kind": "incident",
        "reason": "Leak.",
        "placed_at": "2026-11-19T13:32:00Z",
        "placed_by": "Key operations",
        "until": "2026-11-19T15:00:00Z",
        "released_at": None,
        "released_by": "",
        "release_reason": "",
    }
    agent.refresh_from_db()
    assert agent.current_state == "paused"


def test_it_lists_active_holds_only(api: Api, agent: Agent) -> None:
    for kind in ("manual", "incident"):
        api.post(path(agent), {"kind": kind, "reason": "Because."})
    api.delete(path(agent, "manual"))
    assert [hold["kind"] for hold in api.get(path(agent)).json()["results"]] == ["incident"]


def test_releasing_the_last_one_resumes(api: Api, agent: Agent) -> None:
    api.post(path(agent), {"kind": "manual", "reason": "Odd."})
    response = api.delete(path(agent, "manual"), {"reason": "Fixed."})
    assert response.status_code == 200
    released = response.json()
    assert released["released_at"] == "2026-11-19T13:32:00Z"
    assert (released["released_by"], released["release_reason"]) == ("Key operations", "Fixed.")
    agent.refresh_from_db()
    assert agent.current_state == "ready"


def test_the_reason_may_stand_in_the_address(api: Api, agent: Agent) -> None:
    api.post(path(agent), {"kind": "manual", "reason": "Odd."})
    assert api.delete(path(agent, "manual") + "?reason=All%20good").json()["release_reason"] == "All good"


def test_one_of_a_kind(api: Api, agent: Agent) -> None:
    api.post(path(agent), {"kind": "manual", "reason": "Odd."})
    refusal = problem(api.post(path(agent), {"kind": "manual", "reason": "Odd."}), 409)
    assert refusal["code"] == "already_held"
    assert Hold.objects.active().count() == 1


def test_what_is_not_held_cannot_be_released(api: Api, agent: Agent) -> None:
    refusal = problem(api.delete(path(agent, "leave")), 409)
    assert refusal["detail"] == "support-triage-01 has no active hold of this kind: on leave."


def test_an_unknown_kind_is_not_found(api: Api, agent: Agent) -> None:
    refusal = problem(api.delete(path(agent, "whim")), 404)
    assert refusal["detail"].startswith("There is no such kind of hold. Kinds are: manual, off_hours,")


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_left_cannot_be_held(api: Api, agent: Agent, state: str) -> None:
    gone = AgentFactory(organization=agent.organization, team=agent.team, current_state=state)
    assert problem(api.post(path(gone), {"kind": "manual", "reason": "Odd."}), 409)["code"] == "gone"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"reason": "Odd."}, "kind", "This field is required."),
        ({"kind": "whim", "reason": "Odd."}, "kind", "Choose one of: manual, off_hours, budget,"),
        ({"kind": "manual"}, "reason", "This field is required."),
        ({"kind": "manual", "reason": ""}, "reason", "This may not be empty."),
        ({"kind": "manual", "reason": "  "}, "reason", "This may not be empty."),
        ({"kind": "manual", "reason": True}, "reason", "Enter text."),
        ({"kind": "manual", "reason": "Odd.", "until": "tomorrow"}, "until", "Write a date and time with its offset"),
        ({"kind": "manual", "reason": "Odd.", "until": "2026-11-20"}, "until", "Write a date and time with its offset"),
        ({"kind": "manual", "reason": "Odd.", "until": "2026-11-20T10:00:00"}, "until", "Write a date and time with"),
        ({"kind": "manual", "reason": "Odd.", "until": 1800000000}, "until", "Write a date and time with its offset"),
        ({"kind": "manual", "reason": "Odd.", "until": "9999-12-31T23:59:59-12:00"}, "until", "Choose a date nearer"),
        ({"kind": "manual", "reason": "Odd.", "until": "0001-01-01T00:00:00+12:00"}, "until", "Choose a date nearer"),
        ({"kind": "manual", "reason": "Odd.", "until": "2026-11-19T13:32:00Z"}, "until", "Choose a moment in the fut"),
        ({"kind": "manual", "reason": "Odd.", "placed_by": "me"}, "placed_by", "There is no such field."),
    ],
)
def test_a_bad_body_is_named_by_field(api: Api, agent: Agent, body: Any, field: str, words: str) -> None:
    found = faults(api.post(path(agent), body))
    assert list(found) == [field]
    assert found[field].startswith(words)
    assert not Hold.objects.exists()


def test_a_bad_reason_for_release_is_named(api: Api, agent: Agent) -> None:
    api.post(path(agent), {"kind": "manual", "reason": "Odd."})
    assert faults(api.delete(path(agent, "manual"), {"reason": 5})) == {"reason": "Enter text."}
    assert faults(api.delete(path(agent, "manual") + "?why=x")) == {"why": "There is no such field."}
    long = "x" * 501
    assert faults(api.delete(path(agent, "manual") + f"?reason={long}")) == {
        "reason": "Use at most 500 characters; this has 501."
    }
    assert Hold.objects.active().count() == 1


def test_until_may_be_said_to_be_open(api: Api, agent: Agent) -> None:
    assert api.post(path(agent), {"kind": "manual", "reason": "Odd.", "until": None}).json()["until"] is None


def test_who_may_hold_and_release(organization: Any, other_organization: Any, agent: Agent, now: Any) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team)
    foreign = AgentFactory(organization=other_organization)
    body = {"kind": "manual", "reason": "Odd."}
    for act in (lambda api: api.post(path(agent), body), lambda api: api.delete(path(agent, "manual"))):
        problem(act(Api()), 401)
        assert problem(act(Api.of(organization, scopes=["read", "heartbeats"])), 403)["scope"] == "lifecycle"
        assert problem(act(Api.of_agent(colleague)), 403)["code"] == "not_your_agent"
        assert problem(act(Api.of_agent(agent)), 403)["detail"].startswith("An agent may not do this itself")
        problem(act(Api.of(other_organization)), 404)
        problem(act(Api.of_agent(foreign)), 404)
    assert not Hold.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="hold.").exists()
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        assert Api.of(organization, scopes=["lifecycle"]).post(path(agent), body).status_code == 201
