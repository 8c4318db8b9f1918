"""Runtimes claim work and report on it by API (spec T2, T3, W9)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory
from tests.support.actors import person
from tests.support.api import Api, faults, issue, problem
from tests.support.clockwork import hire, hours
from tests.support.races import at_once, errors
from tests.support.work import claimed, give
from workforce.choices import HoldKind, KeyScope
from workforce.models import Agent, Task, User, WorkReport
from workforce.services import holds, leases, tasks

pytestmark = pytest.mark.django_db
CLAIM = "/api/work/claim"
NOWHERE = "01937f2e-0000-7000-8000-000000000000"
A_UUID = "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."
TOKEN = "Give the token of the claim."
LEASE = "Choose 30 to 3,600 seconds."
CODES = "Choose one of: waiting_input, tool_error, dependency, policy."
REPORTS: dict[str, dict[str, Any]] = {
    "extend": {"token": 1},
    "complete": {"token": 1, "result": "42"},
    "fail": {"token": 1, "error": "502"},
    "block": {"token": 1, "code": "policy"},
}


@pytest.fixture
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def own(frozen: Any, agent: Agent) -> Api:
    return Api.of_agent(agent)


def report(api: Api, task: Task, kind: str, **more: Any) -> Any:
    return api.post(f"/api/work/{task.pk}/{kind}", REPORTS[kind] | more)


def nothing(response: Any) -> dict[str, Any]:
    """A claim without a task, which always says when to ask again."""
    assert response.status_code == 200, response.content
    said: dict[str, Any] = response.json()
    assert (said["task"], said["token"], said["lease_expires_at"]) == (None, None, None)
    assert said["detail"] and said["ask_again_at"]
    return said


def test_a_claim_answers_with_the_task_and_its_token(own: Api, agent: Agent, now: Any) -> None:
    give(agent, "Low", now=now, priority="low", description="Whenever.")
    give(agent, "High", now=now, priority="high", description="Oldest first.")
    said = own.post(CLAIM, {"lease_seconds": 60}).json()
    assert (said["task"]["title"], said["task"]["description"]) == ("High", "Oldest first.")
    assert (said["token"], said["lease_expires_at"]) == (1, "2026-11-19T13:33:00Z")
    assert (said["task"]["status"], said["task"]["lease_expires_at"]) == ("in_progress", said["lease_expires_at"])
    assert (said["reason"], said["detail"], said["ask_again_at"]) == (None, "", None)
    assert nothing(own.post(CLAIM))["reason"] == "line_busy"
    agent.refresh_from_db()
    assert agent.current_state == "executing"


def test_an_answer_lost_on_its_way_is_asked_for_again(own: Api, agent: Agent, now: Any) -> None:
    give(agent, "First", now=now)
    give(agent, "Second", now=now)
    own.headers["Idempotency-Key"] = "claim-0001"
    first, again = own.post(CLAIM), own.post(CLAIM)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert (again.json()["task"]["title"], again.json()["token"]) == ("First", 1)
    assert Task.objects.filter(status="in_progress").count() == 1


def test_nothing_is_queued(own: Api) -> None:
    said = nothing(own.post(CLAIM))
    assert (said["reason"], said["ask_again_at"]) == ("nothing_queued", "2026-11-19T13:32:15Z")


def test_off_duty_work_waits_for_the_next_shift(frozen: Any, agent: Agent, now: Any) -> None:
    hours(agent, clock_due_at=now)
    with time_machine.travel(now + timedelta(hours=8), tick=False):
        give(agent, now=now)
        said = nothing(Api.of_agent(agent).post(CLAIM))
    assert (said["reason"], said["ask_again_at"]) == ("off_duty", "2026-11-20T08:00:00Z")
    assert said["detail"] == "Off duty: work waits for the next shift."


@pytest.mark.parametrize("state", ["registered", "degraded", "escalated", "paused"])
def test_in_these_states_it_gets_none(own: Api, agent: Agent, now: Any, state: str) -> None:
    give(agent, now=now)
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    assert nothing(own.post(CLAIM))["reason"] == "lifecycle"


def test_a_hold_keeps_it_from_work_and_says_why(own: Api, agent: Agent, alice: Any, now: Any) -> None:
    give(agent, now=now)
    held = {"organization": agent.organization, "agent_id": agent.pk, "by": person(alice), "now": now}
    until = now + timedelta(hours=2)
    holds.place(kind=HoldKind.INCIDENT, reason="Looked into.", until=until, **held)
    said = nothing(own.post(CLAIM))
    assert (said["reason"], said["detail"]) == ("hold", "Incident: Looked into.")
    assert said["ask_again_at"] == "2026-11-19T15:32:00Z"
    holds.place(kind=HoldKind.MANUAL, reason="Wait for me.", **held)
    assert nothing(own.post(CLAIM))["ask_again_at"] == "2026-11-19T13:32:15Z", "nobody knows when"
    assert Task.objects.get().status == "queued"


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_has_left_gets_a_conflict(frozen: Any, organization: Any, agent: Agent, state: str) -> None:
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    refused = problem(Api.of(organization).post(CLAIM, {"agent_id": str(agent.pk)}), 409)
    assert (refused["code"], refused["detail"]) == ("gone", f"support-triage-01 is {state} and gets no work.")


def test_who_may_claim_for_whom(own: Api, organization: Any, other_organization: Any, agent: Agent, now: Any) -> None:
    colleague, foreign = hire(agent), AgentFactory(organization=other_organization)
    give(colleague, now=now)
    assert problem(own.post(CLAIM, {"agent_id": str(colleague.pk)}), 403)["code"] == "not_your_agent"
    assert problem(own.post(CLAIM, {"agent_id": str(foreign.pk)}), 404)
    assert problem(Api().post(CLAIM), 401)
    others = Api.of(organization, scopes=[scope for scope in KeyScope if scope is not KeyScope.WORK])
    assert problem(others.post(CLAIM, {"agent_id": str(colleague.pk)}), 403)["scope"] == "work"
    worker = Api.of(organization, scopes=[KeyScope.WORK])
    assert faults(worker.post(CLAIM, {})) == {"agent_id": "Say which agent asks for work."}
    assert problem(worker.post(CLAIM, {"agent_id": NOWHERE}), 404)
    assert problem(worker.post(CLAIM, {"agent_id": str(foreign.pk)}), 404)
    assert worker.post(CLAIM, {"agent_id": str(colleague.pk)}).json()["task"]["agent_id"] == str(colleague.pk)


@pytest.mark.parametrize("kind", REPORTS)
def test_who_may_report(
    own: Api, organization: Any, other_organization: Any, agent: Agent, now: Any, kind: str
) -> None:
    colleague = hire(agent)
    give(colleague, now=now), give(agent, now=now)
    theirs = claimed(colleague, now=now)
    assert problem(report(own, theirs, kind), 403)["code"] == "not_your_agent"
    assert problem(report(Api.of(other_organization), theirs, kind), 404)
    assert problem(report(Api(), theirs, kind), 401)
    others = Api.of(organization, scopes=[scope for scope in KeyScope if scope is not KeyScope.WORK])
    assert problem(report(others, theirs, kind), 403)["scope"] == "work"
    assert problem(own.post(f"/api/work/{NOWHERE}/{kind}", REPORTS[kind]), 404)
    assert report(Api.of(organization, scopes=[KeyScope.WORK]), theirs, kind).status_code == 200


WRONG: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    *[("extend", {"token": wrong}, {"token": TOKEN}) for wrong in (None, 0, -1, "1", 1.5, True, [])],
    *[("extend", {"lease_seconds": wrong}, {"lease_seconds": LEASE}) for wrong in (None, 29, 3601, "60", 60.0, True)],
    *[
        ("extend", {"percent_complete": wrong}, {"percent_complete": "Give a whole number from 0 to 100."})
        for wrong in (None, -1, 101, "5", 0.5, False)
    ],
    ("complete", {"result": 5}, {"result": "Enter text."}),
    ("complete", {"result": "x" * 100_001}, {"result": "Use at most 100,000 characters; this has 100,001."}),
    ("complete", {"result": "\x00"}, {"result": "Remove the NUL character."}),
    ("fail", {"error": " "}, {"error": "Say what went wrong."}),
    ("fail", {"error": None}, {"error": "Say what went wrong."}),
    ("fail", {"error": "x" * 2_001}, {"error": "Use at most 2,000 characters; this has 2,001."}),
    ("fail", {"retry": "no", "token": 0}, {"retry": "Say true or false.", "token": TOKEN}),
    ("block", {"code": "bored"}, {"code": CODES}),
    ("block", {"code": None}, {"code": CODES}),
    ("block", {"note": "x" * 501}, {"note": "Use at most 500 characters; this has 501."}),
    ("block", {"unblock_user": "olga"}, {"unblock_user": A_UUID}),
    ("block", {"unblock_user": NOWHERE}, {"unblock_user": "There is no such person in this organisation."}),
    ("block", {"unblock_agent": NOWHERE}, {"unblock_agent": "There is no such other agent in this organisation."}),
    *[(kind, {"status": "done"}, {"status": "There is no such field."}) for kind in REPORTS],
]


@pytest.mark.parametrize(("kind", "data", "said"), WRONG, ids=[f"{w[0]}-{n}" for n, w in enumerate(WRONG)])
def test_a_report_that_cannot_be_taken(
    own: Api, agent: Agent, now: Any, kind: str, data: dict[str, Any], said: dict[str, str]
) -> None:
    give(agent, now=now)
    task = claimed(agent, now=now)
    before = Task.objects.filter(pk=task.pk).values().get()
    assert faults(report(own, task, kind, **data)) == said
    assert Task.objects.filter(pk=task.pk).values().get() == before
    assert not WorkReport.objects.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"lease_seconds": 5, "agent_id": 5}, {"lease_seconds": LEASE, "agent_id": A_UUID}),
        ({"task": "x"}, {"task": "There is no such field."}),
        ([], {"": "Send a JSON object."}),
    ],
    ids=["types", "unknown", "list"],
)
def test_a_claim_that_cannot_be_taken(own: Api, agent: Agent, now: Any, body: Any, said: dict[str, str]) -> None:
    give(agent, now=now)
    assert faults(own.post(CLAIM, body)) == said
    assert Task.objects.get().status == "queued"


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("extend", {"token": TOKEN}),
        ("complete", {"token": TOKEN}),
        ("fail", {"token": TOKEN, "error": "Say what went wrong."}),
        ("block", {"token": TOKEN, "code": CODES}),
    ],
)
def test_what_a_report_needs(own: Api, agent: Agent, now: Any, kind: str, needed: dict[str, str]) -> None:
    assert faults(own.post(f"/api/work/{give(agent, now=now).pk}/{kind}", {})) == needed


def test_the_whole_way(own: Api, agent: Agent, now: Any) -> None:
    give(agent, now=now)
    task = claimed(agent, now=now)
    kept = report(own, task, "extend", lease_seconds=3_600, percent_complete=50).json()
    assert (kept["lease_expires_at"], kept["percent_complete"]) == ("2026-11-19T14:32:00Z", 50)
    done = report(own, task, "complete", result="42 ").json()
    assert (done["status"], done["result"], done["finished_by"]) == ("completed", "42 ", "support-triage-01")
    assert report(own, task, "complete").json() == done
    assert WorkReport.objects.count() == 1


def test_a_failure_waits_and_is_tried_again(own: Api, agent: Agent, now: Any) -> None:
    give(agent, now=now)
    failed = report(own, claimed(agent, now=now), "fail").json()
    assert (failed["status"], failed["failures"], failed["last_error"]) == ("queued", 1, "502")
    assert failed["waits_until"] == "2026-11-19T13:33:00Z"
    assert nothing(own.post(CLAIM))["reason"] == "nothing_queued"


def test_without_retry_a_person_is_asked(own: Api, agent: Agent, now: Any) -> None:
    give(agent, now=now)
    failed = report(own, claimed(agent, now=now), "fail", retry=False).json()
    assert (failed["status"], failed["blocker"]["code"]) == ("blocked", "tool_error")
    assert failed["blocker"]["unblocker"]["name"] == "Olga"


def test_blocked_names_who_can_unblock_it(own: Api, agent: Agent, alice: User, charlie: User, now: Any) -> None:
    give(agent, now=now)
    task, colleague = claimed(agent, now=now), hire(agent)
    both = {"unblock_user": str(alice.pk), "unblock_agent": str(colleague.pk)}
    words = "Name one who can unblock it: a person or an agent."
    assert faults(report(own, task, "block", **both)) == {"unblock_agent": words}
    words = "There is no such person in this organisation."
    assert faults(report(own, task, "block", unblock_user=str(charlie.pk))) == {"unblock_user": words}
    said = report(own, task, "block", note="May I?", unblock_user=str(alice.pk)).json()
    assert (said["status"], said["blocker"]["code"], said["blocker"]["note"]) == ("blocked", "policy", "May I?")
    assert said["blocker"]["unblocker"] == {"kind": "user", "id": str(alice.pk), "name": "Alice"}


@pytest.mark.parametrize("kind", REPORTS)
def test_a_stale_token_changes_nothing(own: Api, agent: Agent, now: Any, kind: str) -> None:
    give(agent, now=now)
    task = claimed(agent, now=now)
    late = now + timedelta(minutes=6)
    leases.sweep_lost(now=late)
    before = Task.objects.filter(pk=task.pk).values().get()
    refused = problem(report(own, task, kind), 409)
    assert (refused["code"], refused["status_now"]) == ("stale_token", "queued")
    assert refused["type"] == "/api/docs/problems/stale-token"
    assert problem(report(own, task, kind, token=2), 409)["code"] == "stale_token"
    assert Task.objects.filter(pk=task.pk).values().get() == before
    kept = WorkReport.objects.filter(kind="late").count()
    assert kept == (0 if kind == "extend" else 1)


@pytest.mark.parametrize("kind", REPORTS)
def test_cancel_wins_and_the_late_result_is_kept(own: Api, agent: Agent, alice: User, now: Any, kind: str) -> None:
    give(agent, now=now)
    task = claimed(agent, now=now)
    tasks.cancel(organization=agent.organization, task_id=task.pk, by=person(alice), now=now)
    refused = problem(report(own, task, kind), 409)
    assert (refused["code"], refused["detail"]) == ("cancelled", "This task is cancelled. Stop working on it.")
    texts = {"extend": [], "complete": ["42"], "fail": ["502"], "block": [""]}
    assert list(WorkReport.objects.filter(kind="late").values_list("text", flat=True)) == texts[kind]
    task.refresh_from_db()
    assert (task.status, task.result) == ("cancelled", "")


# ---- at once -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_claims_at_once_hand_out_one_task(agent: Agent, now: Any) -> None:
    for number in range(3):
        one = hire(agent, agent_name=f"raced-{number}")
        give(one, now=now), give(one, now=now)
        token = issue(one.organization, agent=one)[1]
        answers = at_once(*[partial(Api(token).post, CLAIM)] * 3)
        assert errors(answers) == []
        said = [answer.json() for answer in answers]
        assert sorted(str(claim["reason"]) for claim in said) == ["None", "line_busy", "line_busy"]
        assert sorted(one.tasks.values_list("status", "lease_token")) == [("in_progress", 1), ("queued", 0)]


@pytest.mark.django_db(transaction=True)
def test_complete_and_cancel_at_once_leave_one_outcome(agent: Agent, now: Any) -> None:
    """Whoever is second hears of the first; a result that lost is kept as late."""
    for number in range(3):
        one = hire(agent, agent_name=f"raced-{number}")
        give(one, now=now)
        task = claimed(one, now=now)
        runtime, operations = Api.of_agent(one), Api.of(one.organization)
        done, gone = at_once(
            partial(runtime.post, f"/api/work/{task.pk}/complete", REPORTS["complete"]),
            partial(operations.post, f"/api/workforce/tasks/{task.pk}/cancel"),
        )
        task.refresh_from_db()
        won, lost = (done, gone) if task.status == "completed" else (gone, done)
        assert won.status_code == 200, won.content
        assert problem(lost, 409)["code"] == task.status
        kind = "completed" if won is done else "late"
        assert list(WorkReport.objects.filter(task=task).values_list("kind", "text")) == [(kind, "42")]
