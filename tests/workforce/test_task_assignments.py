"""The owner's assignment of a task in a workstream follows the task through everything that becomes of it (R7)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, person
from tests.support.parts import assign, owner_of, stream
from tests.support.work import claimed, give
from workforce.models import Assignment
from workforce.rules.refusals import Conflict, Invalid
from workforce.services import assignments, leases, tasks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def relaunch(organization):
    return stream(organization, now=NOW)


@pytest.fixture
def near(organization, agent, olga):
    return AgentFactory(organization=organization, team=agent.team, owner_user=olga, agent_name="support-02")


@pytest.fixture
def task(agent, relaunch):
    return give(agent, now=NOW, workstream_id=relaunch.pk, due_at=TOMORROW)


def ask(verb, task, by=SYSTEM, now=LATER, **more):
    return verb(organization=task.organization, task_id=task.pk, by=by, now=now, **more)


def part(verb, assignment, by=SYSTEM, now=LATER, **more):
    return verb(organization=assignment.organization, assignment_id=assignment.pk, by=by, now=now, **more)


def test_it_is_there_with_the_task(task, agent, relaunch):
    owner = owner_of(task)
    assert (owner.agent, owner.workstream, owner.role, owner.status) == (agent, relaunch, "owner", "active")
    assert (owner.start_at, owner.due_at, owner.percent_complete) == (NOW, TOMORROW, None)
    assert [event.action for event in audited(owner)] == ["assignment.created"]


def test_a_task_in_no_workstream_has_none_and_asks_for_none(agent):
    """The hooks cost a task without a workstream no query at all."""
    task = give(agent, now=NOW)
    with CaptureQueriesContext(connection) as queries:
        ask(leases.extend, claimed(agent, now=NOW), token=1, percent_complete=5, by=itself(agent))
        ask(tasks.edit, task, changes={"due_at": TOMORROW})
        ask(leases.complete, task, token=1, by=itself(agent))
    assert not Assignment.objects.exists()
    loads = [query["sql"] for query in queries if "EXISTS" in query["sql"]]
    others = [query["sql"] for query in queries if query["sql"] not in loads]
    assert loads and not [sql for sql in others if "workforce_assignment" in sql or "workforce_workstream" in sql]


def test_progress_and_due_time_follow(task, agent):
    claimed(agent, now=NOW)
    ask(leases.extend, task, token=1, percent_complete=35, by=itself(agent))
    assert owner_of(task).percent_complete == 35
    ask(tasks.edit, task, changes={"due_at": None})
    assert owner_of(task).due_at is None
    assert [event.action for event in audited(owner_of(task))] == ["assignment.created", "assignment.changed"]


def test_a_blocker_and_its_end_follow(task, agent, vera):
    claimed(agent, now=NOW)
    ask(leases.block, task, token=1, code="policy", note="May I?", unblock_user=vera.pk, by=itself(agent))
    owner = owner_of(task)
    assert (owner.status, owner.blocker_code, owner.blocker_note, owner.unblocker, owner.blocked_at) == (
        "blocked", "policy", "May I?", vera, LATER,
    )  # fmt: skip
    ask(tasks.unblock, task, by=person(vera), reason="Yes.")
    owner = owner_of(task)
    assert (owner.status, owner.blocker_code, owner.unblocker) == ("active", "", None)
    assert [(event.action, event.reason) for event in audited(owner)] == [
        ("assignment.created", ""), ("assignment.blocked", "May I?"), ("assignment.unblocked", "Yes."),
    ]  # fmt: skip


def test_three_failures_block_it_too(task, agent, olga):
    now = NOW
    for _ in range(3):
        lease = claimed(agent, now=now).lease_token
        ask(leases.fail, task, token=lease, error="No.", by=itself(agent), now=now)
        now += timedelta(hours=2)
        leases.release_waiting(now=now)
    assert (owner_of(task).status, owner_of(task).unblocker) == ("blocked", olga)


def test_completed_is_done(task, agent):
    claimed(agent, now=NOW)
    ask(leases.complete, task, token=1, result="42", by=itself(agent))
    owner = owner_of(task)
    assert (owner.status, owner.percent_complete, owner.ended_at, owner.ended_by_label) == (
        "done", 100, LATER, agent.agent_name,
    )  # fmt: skip


def test_cancelled_is_done_with_its_reason(task):
    ask(tasks.cancel, task, reason="Withdrawn.")
    owner = owner_of(task)
    assert (owner.status, owner.percent_complete) == ("done", None)
    assert audited(owner, action="assignment.done")[0].reason == "Withdrawn."


def test_reassigned_is_handed_off(task, agent, near, alice):
    first = owner_of(task)
    ask(tasks.reassign, task, agent_id=near.pk, reason="On leave.", by=person(alice))
    second = owner_of(task)
    first.refresh_from_db()
    assert (first.status, second.agent, second.due_at) == ("handoff", near, TOMORROW)
    assert (second.handed_from, second.handed_at, second.handoff_reason, second.handed_by_label) == (
        first, LATER, "On leave.", "Alice",
    )  # fmt: skip
    ask(tasks.reassign, task, agent_id=agent.pk)
    assert owner_of(task).handoff_reason == "The task was reassigned."


def test_a_blocked_task_that_is_reassigned_is_no_longer_blocked(task, agent, near):
    claimed(agent, now=NOW)
    ask(leases.block, task, token=1, code="policy", by=itself(agent))
    ask(tasks.reassign, task, agent_id=near.pk)
    assert (owner_of(task).status, owner_of(task).blocker_code) == ("active", "")


# Into a workstream, and on to another.


def test_an_open_task_may_enter_one_later(agent, relaunch):
    task = give(agent, now=NOW)
    ask(tasks.edit, task, changes={"workstream_id": relaunch.pk})
    assert owner_of(task).start_at == LATER
    (event,) = audited(task, action="task.changed")
    assert (event.before, event.after) == ({"workstream": None}, {"workstream": "Relaunch"})


def test_a_blocked_one_enters_blocked(agent, relaunch):
    task = give(agent, now=NOW)
    claimed(agent, now=NOW)
    ask(leases.block, task, token=1, code="policy", by=itself(agent))
    ask(tasks.edit, task, changes={"workstream_id": relaunch.pk})
    assert (owner_of(task).status, owner_of(task).blocker_code) == ("blocked", "policy")


def test_it_takes_its_people_to_another(task, near, relaunch, organization):
    reviewer = assign(near, relaunch, "reviewer", task_id=task.pk, now=NOW)
    second = stream(organization, "Second", now=NOW)
    ask(tasks.edit, task, changes={"workstream_id": second.pk})
    reviewer.refresh_from_db()
    assert owner_of(task).workstream == reviewer.workstream == second
    assert audited(reviewer, action="assignment.changed")[0].after == {"workstream": "Second"}


def test_but_not_out_of_all(task):
    with pytest.raises(Invalid) as refused:
        ask(tasks.edit, task, changes={"workstream_id": None})
    assert refused.value.fields == [
        ("workstream_id", "A task leaves its workstream only for another one. Choose that."),
    ]


def test_assigning_the_owner_puts_the_task_into_the_workstream(agent, near, relaunch):
    task, before = give(agent, now=NOW), assign(near, relaunch, now=NOW)
    owner = assign(agent, relaunch, "owner", task_id=task.pk, needs=[before.pk], now=LATER)
    task.refresh_from_db()
    assert (task.workstream, owner) == (relaunch, owner_of(task))
    assert [need.needs for need in owner.needs.all()] == [before]


def test_only_its_agent_can_be_its_owner_and_only_once(agent, near, relaunch, task):
    free = give(agent, now=NOW)
    for who, what in ((near, free), (near, task), (agent, task)):
        with pytest.raises(Conflict) as refused:
            assign(who, relaunch, "owner", task_id=what.pk, now=NOW)
        assert refused.value.code == "owner_taken"


def test_who_takes_part_must_be_in_the_same_workstream(agent, near, relaunch, task, organization):
    second = stream(organization, "Second", now=NOW)
    for where, what, sentence in (
        (second, task, "This task belongs to the workstream “Relaunch”."),
        (relaunch, give(agent, now=NOW), "This task is in no workstream yet. Put it into one first."),
    ):
        with pytest.raises(Invalid) as refused:
            assign(near, where, task_id=what.pk, now=NOW)
        assert refused.value.fields == [("task_id", sentence)]


def test_a_task_that_is_over_can_still_be_reviewed(near, relaunch, task):
    ask(tasks.complete, task)
    assert assign(near, relaunch, "reviewer", task_id=task.pk, now=LATER).is_open
    with pytest.raises(Invalid, match="fields need"):
        assign(near, relaunch, "contributor", task_id=task.pk, now=LATER)


# Asked of the assignment, done to the task.


def test_what_is_asked_of_the_owner_is_done_to_the_task(task, agent, near):
    taken = part(assignments.hand_off, owner_of(task), agent_id=near.pk, reason="On leave.")
    task.refresh_from_db()
    assert (taken.agent, taken.handoff_reason, task.agent) == (near, "On leave.", near)
    claimed(near, now=NOW)
    ask(leases.block, task, token=1, code="policy", by=itself(near))
    assert part(assignments.unblock, taken).status == "active"
    done = part(assignments.complete, taken)
    task.refresh_from_db()
    assert (done.status, task.status) == ("done", "completed")


def test_the_owner_is_not_blocked_by_hand_and_not_changed_beside_the_task(task):
    with pytest.raises(Conflict) as refused:
        part(assignments.block, owner_of(task), code="policy")
    assert refused.value.code == "follows_task"
    with pytest.raises(Invalid) as invalid:
        part(assignments.edit, owner_of(task), changes={"due_at": None, "percent_complete": 5})
    sentence = "The owner's assignment takes this from its task. Change the task."
    assert invalid.value.fields == [("due_at", sentence), ("percent_complete", sentence)]


def test_an_agent_completes_its_task_under_its_lease_only(task, agent):
    with pytest.raises(Conflict) as refused:
        part(assignments.complete, owner_of(task), by=itself(agent))
    assert refused.value.code == "stale_token"
