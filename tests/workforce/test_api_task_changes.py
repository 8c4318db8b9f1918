"""Tasks changed, ended and passed on by API: the services' words, once and for all (spec T3, T4, I3)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory
from tests.support.actors import audited
from tests.support.api import Api, faults, problem
from tests.support.work import give
from tests.workforce.test_api_tasks import A_MOMENT, A_UUID, NO_TASK, NOWHERE, TASKS, TOKEN, blocked, deed, patch
from workforce.choices import KeyScope
from workforce.models import Agent, Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization, scopes=[KeyScope.READ, KeyScope.TASKS])


@pytest.fixture
def colleague(organization: Any, agent: Agent, olga: Any) -> Agent:
    return AgentFactory(organization=organization, team=agent.team, owner_user=olga, agent_name="colleague")


@pytest.fixture
def foreign(other_organization: Any, now: Any) -> Task:
    return give(AgentFactory(organization=other_organization), now=now)


def test_it_changes_only_what_is_sent(api: Api, agent: Agent, now: Any) -> None:
    task = give(agent, now=now, due_at=now + timedelta(days=1))
    changed = patch(api, task, {"priority": "critical", "due_at": None, "title": "Sort it"}).json()
    assert (changed["priority"], changed["due_at"], changed["title"]) == ("critical", None, "Sort it")
    assert patch(api, task, {}).json() == changed
    assert [event.action for event in audited(task)] == ["task.created", "task.changed"]


def test_needs_and_a_reason(api: Api, agent: Agent, now: Any) -> None:
    first, task = give(agent, "First", now=now), give(agent, now=now)
    changed = patch(api, task, {"needs": [str(first.pk)], "priority": "low", "reason": "First things first."}).json()
    assert (changed["needs"], changed["waits_for"], changed["priority"]) == ([str(first.pk)], 1, "low")
    assert api.get(f"{TASKS}/{task.pk}").json() == changed
    assert [(event.action, event.reason) for event in audited(task)] == [
        ("task.created", ""),
        ("task.changed", "First things first."),
        ("task.changed", "First things first."),
    ]
    circle = patch(api, first, {"needs": [str(task.pk)], "title": "Not written"})
    assert problem(circle, 409)["code"] == "waits_for_itself"
    first.refresh_from_db()
    assert first.title == "First"
    assert patch(api, task, {"needs": []}).json()["needs"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"title": ""}, {"title": "Say in a few words what is to be done."}),
        ({"title": None}, {"title": "Say in a few words what is to be done."}),
        ({"description": None}, {"description": "Enter text."}),
        ({"priority": None}, {"priority": "Choose one of: low, normal, high, critical."}),
        ({"due_at": "2026-01-01T00:00:00Z"}, {"due_at": "Choose a moment in the future."}),
        ({"scheduled_at": 1}, {"scheduled_at": A_MOMENT}),
        ({"urgent": None}, {"urgent": "This field may not be null."}),
        ({"urgent": "no", "reason": "x"}, {"urgent": "Say true or false."}),
        ({"urgent": True, "reason": "x" * 501}, {"reason": "Use at most 500 characters; this has 501."}),
        ({"reason": "x"}, {"reason": "A reason belongs to a change. Send what is to change as well."}),
        ({"agent_id": NOWHERE}, {"agent_id": "This cannot be changed here."}),
        ({"type": "new"}, {"type": "This cannot be changed here."}),
        ({"needs": [NOWHERE]}, {"needs.0": "There is no such task in this organisation."}),
        ({"needs": NOWHERE}, {"needs": "Give a list of at most 50 tasks."}),
        ({"needs": ["x"], "title": ""}, {"needs.0": A_UUID, "title": "Say in a few words what is to be done."}),
        ({"status": "queued"}, {"status": "There is no such field."}),
        (
            {"title": " ", "due_at": "x", "colour": 1},
            {
                "title": "Say in a few words what is to be done.",
                "due_at": A_MOMENT,
                "colour": "There is no such field.",
            },
        ),
    ],
    ids=lambda value: "-".join(value),
)
def test_a_change_that_cannot_be_taken(
    api: Api, agent: Agent, now: Any, body: dict[str, Any], said: dict[str, str]
) -> None:
    task = give(agent, now=now)
    assert faults(patch(api, task, body)) == said
    assert [event.action for event in audited(task)] == ["task.created"]


LONG = "x" * 501
DEEDS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("complete", {"result": 5}, {"result": "Enter text."}),
    ("complete", {"result": "x" * 100_001}, {"result": "Use at most 100,000 characters; this has 100,001."}),
    ("complete", {"result": "a\x00"}, {"result": "Remove the NUL character."}),
    *[("complete", {"token": wrong}, {"token": TOKEN}) for wrong in (0, -1, "1", 1.0, True, None)],
    ("complete", {"reason": "x"}, {"reason": "There is no such field."}),
    ("cancel", {"reason": LONG}, {"reason": "Use at most 500 characters; this has 501."}),
    ("cancel", {"reason": None, "why": 1}, {"reason": "This field may not be null.", "why": "There is no such field."}),
    ("reassign", {}, {"agent_id": "Say which agent is to do it."}),
    ("reassign", {"agent_id": "x", "reason": 5}, {"agent_id": A_UUID, "reason": "Enter text."}),
    ("reassign", {"agent_id": NOWHERE}, {"agent_id": "There is no such agent in this organisation."}),
    ("unblock", {"reason": LONG}, {"reason": "Use at most 500 characters; this has 501."}),
]


@pytest.mark.parametrize(("verb", "body", "said"), DEEDS, ids=[f"{d[0]}-{n}" for n, d in enumerate(DEEDS)])
def test_a_deed_that_cannot_be_taken(
    api: Api, agent: Agent, now: Any, verb: str, body: dict[str, Any], said: dict[str, str]
) -> None:
    task = give(agent, now=now)
    assert faults(deed(api, task, verb, body)) == said
    assert [event.action for event in audited(task)] == ["task.created"]


def test_done_and_cancelled_are_final_and_say_so_once(api: Api, agent: Agent, colleague: Agent, now: Any) -> None:
    done, gone = give(agent, now=now), give(agent, now=now)
    first = deed(api, done, "complete", {"result": "42"}).json()
    assert (first["status"], first["result"], first["finished_by"]) == ("completed", "42", "Key operations")
    assert deed(api, done, "complete", {"result": "43"}).json() == first
    assert problem(deed(api, done, "cancel"), 409)["code"] == "completed"
    first = deed(api, gone, "cancel", {"reason": "Not needed."}).json()
    assert (first["status"], first["cancel_reason"]) == ("cancelled", "Not needed.")
    assert deed(api, gone, "cancel").json() == first
    assert problem(deed(api, gone, "complete"), 409)["code"] == "cancelled"
    for task, code in ((done, "completed"), (gone, "cancelled")):
        assert problem(patch(api, task, {"title": "x"}), 409)["code"] == code
        assert problem(deed(api, task, "reassign", {"agent_id": str(colleague.pk)}), 409)["code"] == code
        assert problem(deed(api, task, "unblock"), 409)["code"] == "not_blocked"


def test_it_is_given_to_another(api: Api, agent: Agent, colleague: Agent, foreign: Task, now: Any) -> None:
    task = give(agent, now=now, type="scheduled", scheduled_at=now + timedelta(days=1))
    assert problem(deed(api, task, "reassign", {"agent_id": str(agent.pk)}), 409)["code"] == "same_agent"
    said = faults(deed(api, task, "reassign", {"agent_id": str(foreign.agent_id)}))
    assert said == {"agent_id": "There is no such agent in this organisation."}
    passed = deed(api, task, "reassign", {"agent_id": str(colleague.pk), "reason": "On leave."}).json()
    assert (passed["agent_name"], passed["status"]) == ("colleague", "queued")
    assert passed["waits_until"] == "2026-11-20T13:32:00Z"  # its time has not come for the other one either
    Agent.objects.filter(pk=agent.pk).update(current_state="retired")
    assert problem(deed(api, task, "reassign", {"agent_id": str(agent.pk)}), 409)["code"] == "gone"


def test_a_blocker_is_resolved(api: Api, agent: Agent, now: Any) -> None:
    task = blocked(agent, now)
    assert api.get(f"{TASKS}/{task.pk}").json()["blocker"]["unblocker"]["name"] == "Olga"
    freed = deed(api, task, "unblock", {"reason": "Order 4711."}).json()
    assert (freed["status"], freed["blocker"]) == ("queued", None)


def test_others_tasks_are_nowhere_and_scopes_count(organization: Any, agent: Agent, foreign: Task, now: Any) -> None:
    api, task = Api.of(organization), give(agent, now=now)
    bodies = {"complete": {}, "cancel": {}, "unblock": {}, "reassign": {"agent_id": str(agent.pk)}}
    assert problem(api.get(f"{TASKS}/{foreign.pk}"), 404)["detail"] == NO_TASK
    assert problem(patch(api, foreign, {"title": "x"}), 404)
    reader = Api.of(organization, scopes=[scope for scope in KeyScope if scope is not KeyScope.TASKS])
    assert problem(reader.post(TASKS, {"agent_id": str(agent.pk), "title": "x"}), 403)["scope"] == "tasks"
    assert problem(patch(reader, task, {"title": "x"}), 403)["scope"] == "tasks"
    for verb, body in bodies.items():
        assert problem(deed(api, foreign, verb, body), 404)
        assert problem(deed(reader, task, verb, body), 403)["scope"] == "tasks"
        assert problem(deed(Api(), task, verb, body), 401)
    writer = Api.of(organization, scopes=[KeyScope.TASKS])
    assert problem(writer.get(TASKS), 403)["scope"] == "read"
    assert problem(writer.get(f"{TASKS}/{task.pk}"), 403)["scope"] == "read"
    assert Task.objects.get(pk=foreign.pk).status == Task.objects.get(pk=task.pk).status == "queued"
