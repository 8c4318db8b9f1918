"""Workstreams and assignments by API: the services' words, whose keys see what, what waits for what (R7, I3)."""

from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM
from tests.support.api import Api, faults, problem
from tests.support.parts import assign, owner_of, stream
from tests.support.work import give
from workforce.choices import KeyScope
from workforce.models import Agent, Assignment, Task, Workstream
from workforce.services import assignments

pytestmark = pytest.mark.django_db
STREAMS, PARTS = "/api/workforce/workstreams", "/api/workforce/assignments"
NOWHERE = "01937f2e-0000-7000-8000-000000000000"
A_UUID = "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."
A_MOMENT = "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization, scopes=[KeyScope.READ, KeyScope.TASKS])


@pytest.fixture
def near(organization: Any, agent: Agent, olga: Any) -> Agent:
    return AgentFactory(organization=organization, team=agent.team, owner_user=olga, agent_name="near")


@pytest.fixture
def relaunch(organization: Any, now: Any) -> Workstream:
    return stream(organization, now=now)


def patch(api: Api, path: str, body: Any) -> Any:
    return api.call("PATCH", path, body)


def at(row: Any, verb: str = "") -> str:
    base = STREAMS if isinstance(row, Workstream) else PARTS
    return f"{base}/{row.pk}" + (f"/{verb}" if verb else "")


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


# Workstreams.


def test_a_workstream_is_made_changed_closed_and_opened(api: Api, alice: Any, agent: Agent) -> None:
    made = api.post(STREAMS, {"name": "Relaunch", "dri_user": str(alice.pk)})
    assert made.status_code == 201
    row = made.json()
    assert (row["name"], row["description"], row["open_assignments"], row["closed_at"]) == ("Relaunch", "", 0, None)
    assert row["dri"] == {"kind": "user", "id": str(alice.pk), "name": "Alice"}
    here = f"{STREAMS}/{row['id']}"
    assert api.get(here).json() == row
    changed = patch(api, here, {"description": "All of it.", "dri_agent": str(agent.pk)}).json()
    assert (changed["description"], changed["dri"]["kind"]) == ("All of it.", "agent")
    assert patch(api, here, {"dri_agent": None}).json()["dri"] is None
    assert api.post(f"{here}/close", {"reason": "Over."}).json()["closed_at"] == "2026-11-19T13:32:00Z"
    assert api.post(f"{here}/reopen").json()["closed_at"] is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, {"name": "Give a name of 1 to 120 characters on one line."}),
        ({"name": None}, {"name": "Give a name of 1 to 120 characters on one line."}),
        ({"name": 5}, {"name": "Give a name of 1 to 120 characters on one line."}),
        ({"name": "RELAUNCH"}, {"name": "There is already a workstream called RELAUNCH."}),
        ({"name": "B", "dri_user": "x"}, {"dri_user": A_UUID}),
        ({"name": "B", "dri_user": NOWHERE}, {"dri_user": "There is no such person in this organisation."}),
        (
            {"dri_agent": 5, "description": 5, "colour": 1},
            {
                "name": "Give a name of 1 to 120 characters on one line.",
                "dri_agent": A_UUID,
                "description": "Enter text.",
                "colour": "There is no such field.",
            },
        ),
    ],
)
def test_a_workstream_that_cannot_be_taken(api: Api, relaunch: Workstream, body: Any, said: dict[str, str]) -> None:
    assert faults(api.post(STREAMS, body)) == said
    assert Workstream.objects.count() == 1


def test_workstreams_are_found_by_name_and_whether_they_are_open(
    api: Api, relaunch: Workstream, organization: Any, other_organization: Any, now: Any
) -> None:
    second = stream(organization, "Second", now=now)
    stream(other_organization, now=now)
    assert ids(api.get(STREAMS)) == [str(second.pk), str(relaunch.pk)]
    assert ids(api.get(f"{STREAMS}?q=RELA")) == [str(relaunch.pk)]
    api.post(at(second, "close"))
    assert ids(api.get(f"{STREAMS}?open=true")) == [str(relaunch.pk)]
    assert ids(api.get(f"{STREAMS}?open=false")) == [str(second.pk)]
    first = api.get(f"{STREAMS}?limit=1").json()
    assert ids(api.get(f"{STREAMS}?limit=1&cursor={first['next_cursor']}")) == [str(relaunch.pk)]


def test_pods_mix_only_under_a_dri(api: Api, relaunch: Workstream, agent: Agent, organization: Any, alice: Any) -> None:
    far = AgentFactory(organization=organization, team=TeamFactory(organization=organization, name="Billing"))
    body = {"workstream_id": str(relaunch.pk), "role": "contributor"}
    assert api.post(PARTS, {**body, "agent_id": str(agent.pk)}).status_code == 201
    refused = problem(api.post(PARTS, {**body, "agent_id": str(far.pk)}), 409)
    assert (refused["code"], refused["workstream"]) == ("needs_dri", str(relaunch.pk))
    task = {"agent_id": str(far.pk), "title": "x", "workstream_id": str(relaunch.pk)}
    assert problem(api.post("/api/workforce/tasks", task), 409)["code"] == "needs_dri"
    patch(api, at(relaunch), {"dri_user": str(alice.pk)})
    assert api.post(PARTS, {**body, "agent_id": str(far.pk)}).status_code == 201
    assert problem(patch(api, at(relaunch), {"dri_user": None}), 409)["code"] == "needs_dri"
    assert problem(api.post(at(relaunch, "close")), 409)["open_assignments"] == 2


# Assignments.


def test_it_is_assigned_and_answered_as_get_does(api: Api, agent: Agent, near: Agent, relaunch: Workstream) -> None:
    body = {"agent_id": str(agent.pk), "workstream_id": str(relaunch.pk), "role": "owner"}
    first = api.post(PARTS, body).json()
    made = api.post(
        PARTS,
        {**body, "agent_id": str(near.pk), "role": "contributor", "due_at": "2026-11-20T16:00:00Z",
         "percent_complete": 5, "needs": [first["id"]]},
    )  # fmt: skip
    assert made.status_code == 201
    row = made.json()
    assert (row["agent_name"], row["workstream_name"], row["task_id"], row["role"]) == (
        "near", "Relaunch", None, "contributor",
    )  # fmt: skip
    assert (row["status"], row["percent_complete"], row["waits_for"], row["created_by"]) == (
        "active", 5, 1, "Key operations",
    )  # fmt: skip
    assert [other["id"] for other in row["needs"]] == [first["id"]]
    assert api.get(f"{PARTS}/{row['id']}").json() == row
    (waiting,) = api.get(f"{PARTS}/{first['id']}").json()["needed_by"]
    assert (waiting["id"], waiting["agent_name"], waiting["of"]) == (row["id"], "near", "Relaunch")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"agent_id": "x"}, {"agent_id": A_UUID}),
        ({"agent_id": NOWHERE}, {"agent_id": "There is no such agent in this organisation."}),
        ({"workstream_id": None}, {"workstream_id": "Say which workstream it belongs to."}),
        ({"role": "boss"}, {"role": "Choose one of: owner, contributor, reviewer, observer."}),
        ({"task_id": NOWHERE}, {"task_id": "There is no such task in this organisation."}),
        ({"due_at": "tomorrow"}, {"due_at": A_MOMENT}),
        ({"due_at": "2026-01-01T00:00:00Z"}, {"due_at": "Choose a moment in the future."}),
        ({"percent_complete": 1.5}, {"percent_complete": "Give a whole number from 0 to 100."}),
        ({"needs": ["x", NOWHERE]}, {"needs.0": A_UUID}),
        (
            {"start_at": 1, "percent_complete": 101, "status": "done"},
            {
                "start_at": A_MOMENT,
                "percent_complete": "Give a whole number from 0 to 100.",
                "status": "There is no such field.",
            },
        ),
    ],
)
def test_an_assignment_that_cannot_be_taken(
    api: Api, agent: Agent, relaunch: Workstream, body: Any, said: dict[str, str]
) -> None:
    good = {"agent_id": str(agent.pk), "workstream_id": str(relaunch.pk), "role": "owner"}
    assert faults(api.post(PARTS, {**good, **body})) == said
    assert not Assignment.objects.exists()


def test_filters(api: Api, agent: Agent, near: Agent, relaunch: Workstream, organization: Any, now: Any) -> None:
    task = give(agent, now=now, workstream_id=relaunch.pk)
    owner = owner_of(task)
    reviewer = assign(near, relaunch, "reviewer", task_id=task.pk, now=now)
    other = assign(near, stream(organization, "Second", now=now), now=now)
    api.post(at(other, "complete"))
    for query, found in (
        ("", [other, reviewer, owner]),
        (f"?agent={near.pk}", [other, reviewer]),
        (f"?workstream={relaunch.pk}", [reviewer, owner]),
        (f"?task={task.pk}", [reviewer, owner]),
        ("?role=owner", [owner]),
        ("?status=done", [other]),
        ("?open=true", [reviewer, owner]),
        ("?open=false", [other]),
    ):
        assert ids(api.get(PARTS + query)) == [str(row.pk) for row in found], query
    assert problem(api.get(f"{PARTS}?agent={NOWHERE}"), 404)
    assert faults(api.get(f"{PARTS}?role=boss&open=1")) == {
        "role": "Choose one of: owner, contributor, reviewer, observer.",
        "open": "Say true or false.",
    }


def test_blocked_freed_handed_off_done(api: Api, agent: Agent, near: Agent, relaunch: Workstream, now: Any) -> None:
    row = assign(agent, relaunch, now=now)
    blocked = api.post(at(row, "block"), {"code": "policy", "note": "May I?", "unblock_agent": str(near.pk)}).json()
    assert (blocked["status"], blocked["blocker"]["code"], blocked["blocker"]["unblocker"]["name"]) == (
        "blocked", "policy", "near",
    )  # fmt: skip
    assert problem(api.post(at(row, "block"), {"code": "policy"}), 409)["code"] == "blocked_already"
    freed = Api.of_agent(near).post(at(row, "unblock"), {"reason": "Yes."}).json()
    assert (freed["status"], freed["blocker"]) == ("active", None)
    assert problem(api.post(at(row, "unblock")), 409)["code"] == "not_blocked"
    assert faults(api.post(at(row, "handoff"), {})) == {
        "agent_id": "Say which agent takes over.",
        "reason": "Say why it goes to somebody else.",
    }
    taken = api.post(at(row, "handoff"), {"agent_id": str(near.pk), "reason": "On leave."}).json()
    assert (taken["agent_name"], taken["handed_from"], taken["handed_to"]) == ("near", str(row.pk), None)
    assert taken["handoffs"] == [
        {
            "at": "2026-11-19T13:32:00Z",
            "from_agent": agent.agent_name,
            "to_agent": "near",
            "reason": "On leave.",
            "by": "Key operations",
        }
    ]
    old = api.get(at(row)).json()
    assert (old["status"], old["handed_to"], old["handoffs"]) == ("handoff", taken["id"], taken["handoffs"])
    refused = problem(api.post(at(row, "complete")), 409)
    assert (refused["code"], refused["assignment"]) == ("handed_off", taken["id"])
    done = api.post(f"{PARTS}/{taken['id']}/complete").json()
    assert (done["status"], done["percent_complete"], done["ended_by"]) == ("done", 100, "Key operations")
    assert api.post(f"{PARTS}/{taken['id']}/complete").json() == done
    assert problem(patch(api, f"{PARTS}/{taken['id']}", {"percent_complete": 1}), 409)["code"] == "done"


def test_changes(api: Api, agent: Agent, near: Agent, relaunch: Workstream, now: Any) -> None:
    first, second = assign(agent, relaunch, now=now), assign(near, relaunch, now=now)
    changed = patch(api, at(first), {"percent_complete": 40, "needs": [str(second.pk)]}).json()
    assert (changed["percent_complete"], changed["waits_for"]) == (40, 1)
    assert problem(patch(api, at(second), {"needs": [str(first.pk)]}), 409)["code"] == "waits_for_itself"
    assert patch(api, at(first), {"needs": []}).json()["needs"] == []
    assert faults(patch(api, at(first), {"role": "owner", "due_at": "x", "colour": 1})) == {
        "role": "This cannot be changed here.",
        "due_at": A_MOMENT,
        "colour": "There is no such field.",
    }


def test_a_task_says_its_workstream_and_enters_it(api: Api, agent: Agent, relaunch: Workstream, now: Any) -> None:
    task = give(agent, now=now)
    here = f"/api/workforce/tasks/{task.pk}"
    assert api.get(here).json()["workstream_id"] is None
    assert faults(patch(api, here, {"workstream_id": "x"})) == {"workstream_id": A_UUID}
    said = faults(patch(api, here, {"workstream_id": NOWHERE}))
    assert said == {"workstream_id": "There is no such workstream in this organisation."}
    assert patch(api, here, {"workstream_id": str(relaunch.pk)}).json()["workstream_id"] == str(relaunch.pk)
    owner = owner_of(Task.objects.get(pk=task.pk))
    assert problem(api.post(at(owner, "block"), {"code": "policy"}), 409)["code"] == "follows_task"
    assert ids(api.get(f"{PARTS}?task={task.pk}")) == [str(owner.pk)]
    give(agent, now=now)
    assert ids(api.get(f"/api/workforce/tasks?workstream={relaunch.pk}")) == [str(task.pk)]
    said = faults(patch(api, here, {"workstream_id": None}))
    assert said == {"workstream_id": "A task leaves its workstream only for another one. Choose that."}


# Whose keys see and do what.


def test_an_agents_own_key(agent: Agent, near: Agent, relaunch: Workstream, organization: Any, now: Any) -> None:
    own = Api.of_agent(agent)
    assert ids(own.get(STREAMS)) == []
    assert problem(own.get(at(relaunch)), 404)
    mine, others = assign(agent, relaunch, now=now), assign(near, relaunch, now=now)
    assert ids(own.get(STREAMS)) == [str(relaunch.pk)]
    assert ids(own.get(PARTS)) == [str(mine.pk)]
    assert problem(own.get(at(others)), 403)["code"] == "not_your_agent"
    assert patch(own, at(mine), {"percent_complete": 10}).status_code == 200
    assert problem(patch(own, at(mine), {"needs": []}), 403)
    assert problem(own.post(STREAMS, {"name": "Mine"}), 403)
    assert problem(own.post(at(mine, "handoff"), {"agent_id": str(near.pk), "reason": "x"}), 403)
    assignments.block(
        organization=organization, assignment_id=others.pk, code="policy", unblock_agent=agent.pk,
        by=SYSTEM, now=now,
    )  # fmt: skip
    assert ids(own.get(PARTS)) == [str(others.pk), str(mine.pk)]
    assert own.post(at(mine, "complete")).json()["status"] == "done"


def test_others_are_nowhere_and_scopes_count(
    organization: Any, agent: Agent, relaunch: Workstream, other_organization: Any, now: Any
) -> None:
    api, row = Api.of(organization), assign(agent, relaunch, now=now)
    foreign_stream = stream(other_organization, now=now)
    foreign = assign(AgentFactory(organization=other_organization), foreign_stream, now=now)
    reader = Api.of(organization, scopes=[scope for scope in KeyScope if scope is not KeyScope.TASKS])
    writer = Api.of(organization, scopes=[KeyScope.TASKS])
    bodies: dict[str, Any] = {
        "block": {"code": "policy"},
        "unblock": {},
        "complete": {},
        "handoff": {"agent_id": str(agent.pk), "reason": "x"},
    }
    for verb, body in bodies.items():
        assert problem(api.post(at(foreign, verb), body), 404)
        assert problem(reader.post(at(row, verb), body), 403)["scope"] == "tasks"
        assert problem(Api().post(at(row, verb), body), 401)
    for verb in ("close", "reopen"):
        assert problem(api.post(at(foreign_stream, verb)), 404)
        assert problem(reader.post(at(relaunch, verb)), 403)["scope"] == "tasks"
    for theirs, ours in ((foreign, row), (foreign_stream, relaunch)):
        assert problem(api.get(at(theirs)), 404)
        assert problem(patch(api, at(theirs), {}), 404)
        assert problem(patch(reader, at(ours), {}), 403)["scope"] == "tasks"
        assert problem(writer.get(at(ours)), 403)["scope"] == "read"
    good = {"agent_id": str(agent.pk), "role": "observer"}
    said = faults(api.post(PARTS, {**good, "workstream_id": str(foreign_stream.pk)}))
    assert said == {"workstream_id": "There is no such workstream in this organisation."}
