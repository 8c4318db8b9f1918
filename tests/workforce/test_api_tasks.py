"""The task queue by API: the services' words, every fault at once, and whose task is whose (spec T1, T3, T4, I3)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory
from tests.support.actors import audited, person
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from tests.support.work import claimed, give
from workforce.choices import KeyScope
from workforce.models import Agent, ApiKey, Task, WorkReport
from workforce.services import leases, tasks

pytestmark = pytest.mark.django_db
TASKS = "/api/workforce/tasks"
NOWHERE = "01937f2e-0000-7000-8000-000000000000"
A_UUID = "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."
A_MOMENT = "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."
NO_TASK = "There is no such task in this organisation."
TOKEN = "Give the token of the claim."


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


def patch(api: Api, task: Task, body: Any) -> Any:
    return api.call("PATCH", f"{TASKS}/{task.pk}", body)


def deed(api: Api, task: Task, verb: str, body: Any = None) -> Any:
    return api.post(f"{TASKS}/{task.pk}/{verb}", body)


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["title"] for row in response.json()["results"]]


def blocked(agent: Agent, now: Any, **more: Any) -> Task:
    give(agent, "Blocked", now=now)
    task = claimed(agent, now=now)
    said = {"token": task.lease_token, "code": "waiting_input", "note": "Which order?", **more}
    return leases.block(organization=agent.organization, task_id=task.pk, **said, by=leases.WORK, now=now)


# ---- creating ----------------------------------------------------------------------------------------------


def test_it_creates_and_answers_as_get_does(api: Api, agent: Agent) -> None:
    body = {
        "agent_id": str(agent.pk),
        "title": " Sort the refund tickets ",
        "description": "Oldest first.",
        "priority": "high",
        "due_at": "2026-11-20T17:00:00+01:00",
    }
    answer = api.post(TASKS, body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made == api.get(f"{TASKS}/{made['id']}").json()
    assert (made["title"], made["description"], made["priority"]) == (
        "Sort the refund tickets",
        "Oldest first.",
        "high",
    )
    assert (made["agent_name"], made["status"], made["type"]) == ("support-triage-01", "queued", "new")
    assert (made["due_at"], made["created_at"]) == ("2026-11-20T16:00:00Z", "2026-11-19T13:32:00Z")
    assert (made["created_by_kind"], made["created_by"]) == ("key", "Key operations")
    assert [event.action for event in audited(Task.objects.get())] == ["task.created"]


def test_the_other_types(api: Api, agent: Agent, colleague: Agent, now: Any) -> None:
    earlier = give(agent, now=now)
    body = {"agent_id": str(agent.pk), "title": "More"}
    later = api.post(TASKS, body | {"type": "scheduled", "scheduled_at": "2026-11-20T08:00:00Z"}).json()
    assert (later["scheduled_at"], later["waits_until"]) == ("2026-11-20T08:00:00Z",) * 2
    assert api.post(TASKS, body | {"type": "continue", "continues": str(earlier.pk)}).json()["continues"] == str(
        earlier.pk
    )
    passed = api.post(
        TASKS,
        body | {"type": "delegation", "delegated_by": str(colleague.pk), "needs": [str(earlier.pk), later["id"]]},
    ).json()
    assert passed["delegated_by"] == {"kind": "agent", "id": str(colleague.pk), "name": "colleague"}
    assert (passed["waits_for"], passed["delegation_depth"]) == (2, 1)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"agent_id": None}, "agent_id", "Say which agent is to do it."),
    ({"agent_id": 5}, "agent_id", A_UUID),
    ({"agent_id": "support"}, "agent_id", A_UUID),
    ({"agent_id": NOWHERE}, "agent_id", "There is no such agent in this organisation."),
    ({"title": None}, "title", "Say in a few words what is to be done."),
    ({"title": "  "}, "title", "Say in a few words what is to be done."),
    ({"title": 5}, "title", "Say in a few words what is to be done."),
    ({"title": "x" * 201}, "title", "Use up to 200 plain characters on one line; this has 201."),
    ({"title": "a\nb"}, "title", "Use up to 200 plain characters on one line; this has 3."),
    ({"title": "a\x00b"}, "title", "Remove the NUL character."),
    ({"description": []}, "description", "Enter text."),
    ({"description": "x" * 10_001}, "description", "Use at most 10,000 characters; this has 10,001."),
    ({"priority": "huge"}, "priority", "Choose one of: low, normal, high, critical."),
    ({"priority": ["high"]}, "priority", "Choose one of: low, normal, high, critical."),
    ({"type": "odd"}, "type", "Choose one of: new, continue, scheduled, delegation."),
    ({"type": {}}, "type", "Choose one of: new, continue, scheduled, delegation."),
    ({"urgent": "true"}, "urgent", "Say true or false."),
    ({"urgent": 1}, "urgent", "Say true or false."),
    ({"due_at": "tomorrow"}, "due_at", A_MOMENT),
    ({"due_at": "2026-12-01T09:00:00"}, "due_at", A_MOMENT),
    ({"due_at": 5}, "due_at", A_MOMENT),
    ({"due_at": "2026-11-19T13:32:00Z"}, "due_at", "Choose a moment in the future."),
    ({"scheduled_at": "2026-11-01T00:00:00Z"}, "scheduled_at", "Choose a moment in the future."),
    ({"scheduled_at": "9999-01-01T00:00:00Z"}, "scheduled_at", "Choose a date nearer to today."),
    ({"type": "scheduled"}, "scheduled_at", "Say when it is to be done."),
    ({"type": "scheduled", "scheduled_at": "x"}, "scheduled_at", A_MOMENT),
    ({"type": "continue"}, "continues", "Say which earlier task it continues."),
    ({"type": "continue", "continues": NOWHERE}, "continues", NO_TASK),
    ({"type": "continue", "continues": [1]}, "continues", A_UUID),
    ({"type": "delegation"}, "delegated_by", "Say which agent of this organisation delegates it."),
    ({"type": "delegation", "delegated_by": "x"}, "delegated_by", A_UUID),
    ({"delegated_by": NOWHERE}, "delegated_by", "Only a delegation has this. Choose type delegation."),
    ({"delegated_from": NOWHERE}, "delegated_from", "Only a delegation has this. Choose type delegation."),
    ({"needs": "x"}, "needs", "Give a list of at most 50 tasks."),
    ({"needs": [NOWHERE] * 51}, "needs", "Give a list of at most 50 tasks."),
    ({"needs": ["x"]}, "needs.0", A_UUID),
    ({"needs": [None]}, "needs.0", "This field may not be null."),
    ({"needs": [NOWHERE]}, "needs.0", NO_TASK),
    ({"status": "completed"}, "status", "There is no such field."),
    ({"organization": NOWHERE}, "organization", "There is no such field."),
    ({"result": "Done."}, "result", "There is no such field."),
]


@pytest.mark.parametrize(("data", "path", "words"), WRONG, ids=[f"{w[1]}-{n}" for n, w in enumerate(WRONG)])
def test_a_wrong_value_is_named(api: Api, agent: Agent, data: dict[str, Any], path: str, words: str) -> None:
    said = faults(api.post(TASKS, {"agent_id": str(agent.pk), "title": "Sort"} | data))
    assert said == {path: words}
    assert not Task.objects.exists()


def test_every_fault_at_once(api: Api) -> None:
    """What cannot be read and what cannot be taken, together."""
    body = {"title": "", "due_at": "soon", "priority": "huge", "needs": [NOWHERE, "x"], "colour": "red"}
    assert faults(api.post(TASKS, body)) == {
        "agent_id": "Say which agent is to do it.",
        "title": "Say in a few words what is to be done.",
        "due_at": A_MOMENT,
        "priority": "Choose one of: low, normal, high, critical.",
        "needs.1": A_UUID,
        "colour": "There is no such field.",
    }


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"null", b"5"])
def test_a_body_that_is_no_object(api: Api, agent: Agent, now: Any, raw: bytes) -> None:
    task = give(agent, now=now)
    for path in (TASKS, *(f"{TASKS}/{task.pk}/{verb}" for verb in ("complete", "cancel", "reassign", "unblock"))):
        assert faults(api.post(path, raw=raw)) == {"": "Send a JSON object."}
    assert faults(api.call("PATCH", f"{TASKS}/{task.pk}", raw=raw)) == {"": "Send a JSON object."}


def test_many_unknown_names_are_refused_in_bounds(api: Api) -> None:
    refused = problem(api.post(TASKS, {f"x{number}": 1 for number in range(5_000)}), 400)
    assert len(refused["errors"]) == 100


def test_others_ids_are_nowhere(api: Api, agent: Agent, foreign: Task) -> None:
    body = {"agent_id": str(agent.pk), "title": "Sort"}
    words = "There is no such agent in this organisation."
    assert faults(api.post(TASKS, body | {"agent_id": str(foreign.agent_id)})) == {"agent_id": words}
    assert faults(api.post(TASKS, body | {"type": "continue", "continues": str(foreign.pk)})) == {"continues": NO_TASK}
    assert faults(api.post(TASKS, body | {"needs": [str(foreign.pk)]})) == {"needs.0": NO_TASK}
    said = faults(api.post(TASKS, body | {"type": "delegation", "delegated_by": str(foreign.agent_id)}))
    assert said == {"delegated_by": "Say which agent of this organisation delegates it."}


def test_only_a_person_marks_urgent(api: Api, agent: Agent, now: Any) -> None:
    task = give(agent, now=now)
    answers = [
        api.post(TASKS, {"agent_id": str(agent.pk), "title": "Now", "urgent": True}),
        patch(api, task, {"urgent": True, "reason": "It burns.", "title": "Other"}),
    ]
    for answer in answers:
        assert problem(answer, 403)["code"] == "person_only"
    assert list(Task.objects.values_list("urgent", "title")) == [(False, "Sort the inbox")]


# ---- agents' own keys ----------------------------------------------------------------------------------------


def test_an_agent_gives_work_to_itself_and_delegates(agent: Agent, colleague: Agent) -> None:
    own = Api.of_agent(agent)
    body = {"agent_id": str(agent.pk), "title": "Mine"}
    assert own.post(TASKS, body).status_code == 201
    body["agent_id"] = str(colleague.pk)
    assert problem(own.post(TASKS, body), 403)["code"] == "not_your_agent"
    assert own.post(TASKS, body | {"type": "delegation"}).json()["delegated_by"]["name"] == "support-triage-01"
    body["agent_id"] = str(agent.pk)
    assert problem(own.post(TASKS, body | {"type": "delegation"}), 409)["code"] == "delegation_circle"


def test_it_sees_its_own_what_it_delegated_and_what_it_can_unblock(
    agent: Agent, colleague: Agent, foreign: Task, now: Any
) -> None:
    give(agent, "Own", now=now - timedelta(minutes=3))
    give(colleague, "Delegated", now=now - timedelta(minutes=2), type="delegation", delegated_by=agent.pk)
    hidden = give(colleague, "Theirs", now=now - timedelta(minutes=1))
    waits = blocked(AgentFactory(organization=agent.organization, team=agent.team), now, unblock_agent=agent.pk)
    own = Api.of_agent(agent)
    assert titles(own.get(TASKS)) == ["Blocked", "Delegated", "Own"]
    assert titles(own.get(f"{TASKS}?agent={agent.pk}")) == ["Own"]
    assert problem(own.get(f"{TASKS}?agent={colleague.pk}"), 403)["code"] == "not_your_agent"
    assert problem(own.get(f"{TASKS}/{hidden.pk}"), 403)["code"] == "not_your_agent"
    assert problem(own.get(f"{TASKS}/{foreign.pk}"), 404)
    assert own.get(f"{TASKS}/{waits.pk}").json()["blocker"] == {
        "code": "waiting_input",
        "note": "Which order?",
        "since": "2026-11-19T13:32:00Z",
        "unblocker": {"kind": "agent", "id": str(agent.pk), "name": "support-triage-01"},
    }
    assert problem(deed(Api.of_agent(colleague), waits, "unblock"), 403)["code"] == "not_your_agent"
    assert deed(own, waits, "unblock", {"reason": "Order 4711."}).json()["status"] == "queued"


def test_it_may_not_change_cancel_or_pass_on(agent: Agent, colleague: Agent, now: Any) -> None:
    own, task = Api.of_agent(agent), give(agent, now=now)
    for answer in (
        patch(own, task, {"priority": "critical"}),
        deed(own, task, "cancel"),
        deed(own, task, "reassign", {"agent_id": str(colleague.pk)}),
        deed(own, task, "unblock"),
    ):
        assert problem(answer, 403)
    for answer in (
        patch(Api.of_agent(colleague), task, {"priority": "critical"}),
        deed(Api.of_agent(colleague), task, "complete", {"token": 1}),
    ):
        assert problem(answer, 403)["code"] == "not_your_agent"
    task.refresh_from_db()
    assert (task.priority, task.status, task.agent) == ("normal", "queued", agent)


def test_it_completes_with_its_token_and_what_is_late_is_kept(agent: Agent, alice: Any, now: Any) -> None:
    give(agent, now=now)
    task, own = claimed(agent, now=now), Api.of_agent(agent)
    assert problem(deed(own, task, "complete"), 409)["code"] == "stale_token"
    tasks.cancel(organization=agent.organization, task_id=task.pk, reason="Stop.", by=person(alice), now=now)
    refused = problem(deed(own, task, "complete", {"token": 1, "result": "41 labelled"}), 409)
    assert (refused["code"], refused["status_now"]) == ("cancelled", "cancelled")
    assert list(WorkReport.objects.values_list("kind", "said", "text")) == [("late", "completed", "41 labelled")]
    give(agent, now=now)
    done = deed(own, claimed(agent, now=now), "complete", {"token": 1, "result": " 42 "}).json()
    assert (done["status"], done["result"], done["percent_complete"]) == ("completed", " 42 ", 100)


# ---- reading -------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(agent: Agent, colleague: Agent, alice: Any, now: Any) -> None:
    give(agent, "Refunds", now=now - timedelta(minutes=4), priority="high")
    give(agent, "Sort 100%", now=now - timedelta(minutes=3), by=person(alice), urgent=True)
    give(colleague, "refund rules", now=now - timedelta(minutes=2), type="delegation", delegated_by=agent.pk)
    gone = give(colleague, "Gone", now=now - timedelta(minutes=1))
    tasks.cancel(organization=agent.organization, task_id=gone.pk, by=leases.WORK, now=now)


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Gone", "refund rules", "Sort 100%", "Refunds"]),
        ("q=REFUND", ["refund rules", "Refunds"]),
        ("q=%25", ["Sort 100%"]),
        ("q=_", []),
        ("status=cancelled", ["Gone"]),
        ("priority=high", ["Refunds"]),
        ("type=delegation", ["refund rules"]),
        ("urgent=true", ["Sort 100%"]),
        ("urgent=false&open=true", ["refund rules", "Refunds"]),
        ("open=false", ["Gone"]),
    ],
)
def test_filters(api: Api, query: str, expected: list[str]) -> None:
    assert titles(api.get(f"{TASKS}?{query}")) == expected


@pytest.mark.usefixtures("queue")
def test_by_agent_and_page_by_page(api: Api, agent: Agent, foreign: Task) -> None:
    assert titles(api.get(f"{TASKS}?agent={agent.pk}")) == ["Sort 100%", "Refunds"]
    assert problem(api.get(f"{TASKS}?agent={foreign.agent_id}"), 404)
    first = api.get(f"{TASKS}?limit=3")
    assert titles(first) == ["Gone", "refund rules", "Sort 100%"]
    rest = api.get(f"{TASKS}?limit=3&cursor={first.json()['next_cursor']}")
    assert (titles(rest), rest.json()["next_cursor"]) == (["Refunds"], None)
    assert not {"description", "result"} & first.json()["results"][0].keys()


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("open=yes", "open"),
        ("urgent=1", "urgent"),
        ("status=done", "status"),
        ("priority=5", "priority"),
        ("type=x", "type"),
        ("agent=x", "agent"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WyJ4IiwgIjAxOTM3ZjJlLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCJd", "cursor"),
        ("organization=x", "organization"),
        (f"q={'x' * 81}", "q"),
        ("open=true&open=false", "open"),
    ],
)
def test_filters_that_cannot_be_taken(api: Api, query: str, path: str) -> None:
    assert list(faults(api.get(f"{TASKS}?{query}"))) == [path]


def test_it_costs_the_same_for_one_and_for_many(
    organization: Any, agent: Agent, colleague: Agent, now: Any, django_assert_num_queries: Any
) -> None:
    for number in range(6):
        give(agent, f"Task {number}", now=now, type="delegation", delegated_by=colleague.pk)
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for limit in (1, 6):
        with django_assert_num_queries(2):  # the key, the tasks with their agents
            assert len(titles(Api(token).get(f"{TASKS}?limit={limit}"))) == limit
