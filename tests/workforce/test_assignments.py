"""Assignments by themselves: what may be said of them, who may, how they go on and end (001 §1.2, R7)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from tests.factories import AgentFactory, OrganizationFactory, UserFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.parts import assign, owner_of, stream
from tests.support.work import claimed, give, state_of
from workforce.choices import AssignmentRole, KeyScope
from workforce.models import Assignment, Notice
from workforce.models.assignments import WORK
from workforce.rules.assignments import is_work
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import assignments, holds, lifecycle, tasks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NOBODY = UUID(int=7)


@pytest.fixture
def relaunch(organization):
    return stream(organization, now=NOW)


@pytest.fixture
def near(organization, agent, olga):
    """A colleague in the same pod."""
    return AgentFactory(organization=organization, team=agent.team, owner_user=olga, agent_name="support-02")


def ask(verb, assignment, by=SYSTEM, now=LATER, **more):
    return verb(organization=assignment.organization, assignment_id=assignment.pk, by=by, now=now, **more)


@pytest.mark.parametrize(
    ("data", "path", "sentence"),
    [
        ({"agent_id": None}, "agent_id", "Say which agent is assigned."),
        ({"agent_id": NOBODY}, "agent_id", "There is no such agent in this organisation."),
        ({"workstream_id": None}, "workstream_id", "Say which workstream it belongs to."),
        ({"workstream_id": NOBODY}, "workstream_id", "There is no such workstream in this organisation."),
        ({"role": "boss"}, "role", "Choose one of: owner, contributor, reviewer, observer."),
        ({"task_id": NOBODY}, "task_id", "There is no such task in this organisation."),
        ({"start_at": datetime(2026, 11, 19)}, "start_at", "Give a date and time."),
        ({"due_at": NOW}, "due_at", "Choose a moment in the future."),
        ({"percent_complete": 101}, "percent_complete", "Give a whole number from 0 to 100."),
        ({"percent_complete": True}, "percent_complete", "Give a whole number from 0 to 100."),
        ({"needs": [NOBODY]}, "needs.0", "There is no such assignment in this organisation."),
        ({"needs": "all"}, "needs", "Give a list of at most 50 assignments."),
        ({"status": "done"}, "status", "There is no such field."),
    ],
)
def test_what_is_wrong_is_said_with_its_field(agent, relaunch, data, path, sentence):
    with pytest.raises(Invalid) as refused:
        assign(agent, relaunch, now=NOW, **data)
    assert refused.value.fields == [(path, sentence)]
    assert not Assignment.objects.exists()
    assert state_of(agent) == "ready"


def test_every_fault_at_once(organization):
    with pytest.raises(Invalid) as refused:
        assignments.create(organization=organization, data={"percent_complete": -1}, by=SYSTEM, now=NOW)
    assert [path for path, _ in refused.value.fields] == ["agent_id", "workstream_id", "role", "percent_complete"]


def test_who_may_assign(agent, relaunch, alice, lee, olga, vera, charlie):
    for by in (person(alice), person(lee), person(olga), key(KeyScope.TASKS), itself(agent)):
        ask(assignments.complete, assign(agent, relaunch, now=NOW, by=by))
    for by in (person(vera), person(charlie), key(KeyScope.READ), itself(AgentFactory(team=agent.team))):
        with pytest.raises(Forbidden):
            assign(agent, relaunch, now=NOW, by=by)


def test_once_for_each_role(agent, relaunch):
    assign(agent, relaunch, now=NOW)
    assign(agent, relaunch, "reviewer", now=NOW)
    with pytest.raises(Conflict) as refused:
        assign(agent, relaunch, now=NOW)
    assert refused.value.sentence == "support-triage-01 is contributor of “Relaunch” already."
    assert refused.value.code == "assigned_already"


def test_whoever_has_left_is_not_assigned(relaunch, organization):
    gone = AgentFactory(organization=organization, current_state="retired")
    with pytest.raises(Conflict) as refused:
        assign(gone, relaunch, now=NOW)
    assert refused.value.code == "gone"


def test_a_strangers_assignment_is_not_there(agent, relaunch):
    assignment = assign(agent, relaunch, now=NOW)
    for verb, more in (
        (assignments.edit, {"changes": {}}),
        (assignments.block, {"code": "policy"}),
        (assignments.unblock, {}),
        (assignments.complete, {}),
        (assignments.hand_off, {"agent_id": agent.pk, "reason": "x"}),
    ):
        with pytest.raises(Missing):
            verb(organization=OrganizationFactory(), assignment_id=assignment.pk, by=SYSTEM, now=NOW, **more)


# The state follows.


def test_the_agents_state_follows_what_is_work(agent, relaunch):
    assign(agent, relaunch, "reviewer", now=NOW)
    assign(agent, relaunch, "observer", now=NOW)
    assert state_of(agent) == "ready"
    assignment = assign(agent, relaunch, "owner", now=NOW)
    assert state_of(agent) == "assigned"
    task = give(agent, now=NOW)
    claimed(agent, now=NOW)
    assert state_of(agent) == "executing"
    ask(assignments.block, assignment, code="policy")
    assert state_of(agent) == "executing"
    tasks.cancel(organization=agent.organization, task_id=task.pk, by=SYSTEM, now=LATER)
    assert state_of(agent) == "blocked"
    ask(assignments.unblock, assignment)
    assert state_of(agent) == "assigned"
    ask(assignments.complete, assignment)
    assert state_of(agent) == "ready"


def test_a_paused_agent_stays_paused_and_finds_its_work_afterwards(agent, relaunch):
    holds.place(organization=agent.organization, agent_id=agent.pk, kind="manual", reason="x", by=SYSTEM, now=NOW)
    assign(agent, relaunch, now=NOW)
    assert state_of(agent) == "paused"
    holds.release(organization=agent.organization, agent_id=agent.pk, kind="manual", by=SYSTEM, now=LATER)
    assert state_of(agent) == "assigned"


def test_the_index_of_work_says_what_the_rule_says(agent, relaunch):
    task = give(agent, now=NOW, workstream_id=relaunch.pk)
    for role in AssignmentRole:
        assign(agent, relaunch, role, now=NOW)
        if role != AssignmentRole.OWNER:
            assign(agent, relaunch, role, task_id=task.pk, now=NOW)
    rows = list(Assignment.objects.all())
    assert len(rows) == 8
    by_rule = {row.pk for row in rows if is_work(row.part, has_task=row.task_id is not None)}
    assert by_rule == set(Assignment.objects.filter(WORK).values_list("pk", flat=True))


def test_nobody_retires_with_open_assignments(agent, relaunch, alice):
    retire = {"agent_id": agent.pk, "to": "retired", "reason": "x", "by": person(alice), "now": LATER}
    observer = assign(agent, relaunch, "observer", now=NOW)
    with pytest.raises(Conflict) as refused:
        lifecycle.transition(organization=agent.organization, **retire)
    assert refused.value.sentence == ("support-triage-01 has 1 open assignment. Hand them off or complete them first.")
    holds.place(organization=agent.organization, agent_id=agent.pk, kind="manual", reason="x", by=SYSTEM, now=NOW)
    give(agent, now=NOW, workstream_id=relaunch.pk)
    with pytest.raises(Conflict) as refused:
        lifecycle.transition(organization=agent.organization, **retire)
    assert (refused.value.code, refused.value.extra) == ("has_open_work", {"open_tasks": 1, "open_assignments": 1})
    ask(assignments.complete, observer)
    with pytest.raises(Conflict) as refused:
        lifecycle.transition(organization=agent.organization, **retire)
    assert refused.value.sentence == "support-triage-01 has 1 open task. Reassign or cancel them first."


# Changing, blocking, ending.


def test_times_and_progress_change(agent, relaunch):
    assignment = assign(agent, relaunch, now=NOW)
    ask(assignments.edit, assignment, changes={"due_at": LATER + timedelta(days=1), "percent_complete": 40})
    ask(assignments.edit, assignment, changes={"percent_complete": 40})
    assignment.refresh_from_db()
    assert (assignment.percent_complete, assignment.due_at) == (40, LATER + timedelta(days=1))
    (event,) = audited(assignment, action="assignment.changed")
    assert event.after.keys() == {"due_at", "percent_complete"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"role": "owner"}, "role"),
        ({"start_at": None}, "start_at"),
        ({"due_at": NOW}, "due_at"),
        ({"percent_complete": "1"}, "percent_complete"),
        ({"needs": [NOBODY]}, "needs.0"),
    ],
)
def test_what_cannot_be_changed_so(agent, relaunch, changes, path):
    with pytest.raises(Invalid) as refused:
        ask(assignments.edit, assign(agent, relaunch, now=NOW), changes=changes)
    assert [found for found, _ in refused.value.fields] == [path]


def test_an_agent_says_how_far_it_is_and_no_more(agent, near, relaunch):
    assignment = assign(agent, relaunch, now=NOW)
    ask(assignments.edit, assignment, by=itself(agent), changes={"percent_complete": 10})
    with pytest.raises(Forbidden):
        ask(assignments.edit, assignment, by=itself(agent), changes={"due_at": None})
    with pytest.raises(Forbidden):
        ask(assignments.edit, assignment, by=itself(near), changes={"percent_complete": 10})
    with pytest.raises(Forbidden):
        ask(assignments.hand_off, assignment, by=itself(agent), agent_id=near.pk, reason="x")


def test_blocked_has_a_code_and_somebody_and_unblocking_clears_both(agent, near, relaunch, alice, olga):
    assignment = assign(agent, relaunch, now=NOW)
    blocked = ask(assignments.block, assignment, by=itself(agent), code="waiting_input", note="Which one?")
    assert (blocked.status, blocked.blocker, blocked.unblocker, blocked.blocked_at) == (
        "blocked", "waiting_input", olga, LATER,
    )  # fmt: skip
    notice = Notice.objects.get(recipient=olga)
    assert notice.text == "support-triage-01 cannot go on with “Relaunch”: waiting for input. Which one?"
    with pytest.raises(Conflict) as refused:
        ask(assignments.block, assignment, code="policy")
    assert refused.value.code == "blocked_already"
    unblocked = ask(assignments.unblock, assignment, by=person(olga), reason="The second.")
    assert (unblocked.status, unblocked.blocker_code, unblocked.unblocker, unblocked.blocked_at) == (
        "active", "", None, None,
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        ask(assignments.unblock, assignment)
    assert refused.value.code == "not_blocked"
    assert [event.action for event in audited(assignment)] == [
        "assignment.created", "assignment.blocked", "assignment.unblocked",
    ]  # fmt: skip


def test_whoever_was_named_may_unblock(agent, near, relaunch, vera):
    assignment = assign(agent, relaunch, now=NOW)
    ask(assignments.block, assignment, code="dependency", unblock_user=vera.pk)
    ask(assignments.unblock, assignment, by=person(vera))
    ask(assignments.block, assignment, code="dependency", unblock_agent=near.pk)
    for nobody in (person(vera), itself(agent)):
        with pytest.raises(Forbidden):
            ask(assignments.unblock, assignment, by=nobody)
    ask(assignments.unblock, assignment, by=itself(near))


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"code": "tired"}, "code"),
        ({"code": "policy", "note": "x" * 501}, "note"),
        ({"code": "policy", "unblock_user": NOBODY}, "unblock_user"),
        ({"code": "policy", "unblock_agent": NOBODY}, "unblock_agent"),
    ],
)
def test_a_blocker_that_cannot_be_taken(agent, relaunch, more, path):
    with pytest.raises(Invalid) as refused:
        ask(assignments.block, assign(agent, relaunch, now=NOW), **more)
    assert [found for found, _ in refused.value.fields] == [path]


def test_a_stranger_cannot_unblock(agent, relaunch):
    with pytest.raises(Invalid) as refused:
        ask(assignments.block, assign(agent, relaunch, now=NOW), code="policy", unblock_user=UserFactory().pk)
    assert refused.value.fields == [("unblock_user", "There is no such person in this organisation.")]


def test_done_is_done(agent, near, relaunch):
    assignment = assign(agent, relaunch, now=NOW)
    done = ask(assignments.complete, assignment, by=itself(agent))
    assert (done.status, done.percent_complete, done.ended_at, done.ended_by_label) == (
        "done", 100, LATER, agent.agent_name,
    )  # fmt: skip
    assert ask(assignments.complete, assignment).ended_by_label == agent.agent_name
    for verb, more in (
        (assignments.edit, {"changes": {"percent_complete": 1}}),
        (assignments.block, {"code": "policy"}),
        (assignments.hand_off, {"agent_id": near.pk, "reason": "x"}),
    ):
        with pytest.raises(Conflict, match="This assignment is done and stays so."):
            ask(verb, assignment, **more)


# Handing off.


def test_a_handoff_keeps_from_to_when_and_why(agent, near, relaunch, alice):
    first = assign(agent, relaunch, "owner", now=NOW, due_at=NOW + timedelta(days=3), percent_complete=30)
    ask(assignments.block, first, code="policy")
    second = ask(assignments.hand_off, first, by=person(alice), agent_id=near.pk, reason="On leave.")
    third = ask(assignments.hand_off, second, agent_id=agent.pk, reason="Back.", now=LATER + timedelta(days=1))
    first.refresh_from_db()
    assert (first.status, first.ended_at, first.blocker_code) == ("handoff", LATER, "")
    assert (second.handed_from, second.handed_at, second.handoff_reason, second.handed_by_label) == (
        first, LATER, "On leave.", "Alice",
    )  # fmt: skip
    assert (second.agent, second.role, second.due_at, second.percent_complete) == (near, "owner", first.due_at, 30)
    assert third.handed_from.handed_from == first
    assert (state_of(agent), state_of(near)) == ("assigned", "ready")
    assert [event.action for event in audited(first)][-1] == "assignment.handed_off"
    with pytest.raises(Conflict) as refused:
        ask(assignments.complete, first)
    assert (refused.value.code, refused.value.sentence) == (
        "handed_off", "This assignment went on to support-02.",
    )  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "\x00"])
def test_a_handoff_says_why(agent, near, relaunch, reason):
    with pytest.raises(Invalid) as refused:
        ask(assignments.hand_off, assign(agent, relaunch, now=NOW), agent_id=near.pk, reason=reason)
    assert [path for path, _ in refused.value.fields] == ["reason"]


def test_to_whom_it_cannot_go(agent, near, relaunch, organization, olga):
    assignment = assign(agent, relaunch, now=NOW)
    with pytest.raises(Invalid):
        ask(assignments.hand_off, assignment, agent_id=NOBODY, reason="x")
    gone = AgentFactory(organization=organization, team=agent.team, current_state="retired")
    assign(near, relaunch, now=NOW)
    for to, code in ((agent, "same_agent"), (gone, "gone"), (near, "assigned_already")):
        with pytest.raises(Conflict) as refused:
            ask(assignments.hand_off, assignment, agent_id=to.pk, reason="x")
        assert refused.value.code == code
    other = AgentFactory(organization=organization, owner_user=UserFactory())
    with pytest.raises(Forbidden):
        ask(assignments.hand_off, assignment, by=person(olga), agent_id=other.pk, reason="x")


# What the database keeps.


@pytest.mark.parametrize(
    "fault",
    [
        {"role": "boss"},
        {"status": "lost"},
        {"status": "blocked"},
        {"blocker_code": "policy"},
        {"percent_complete": 101},
        {"status": "done"},
        {"ended_at": NOW},
        {"handed_at": NOW},
        {"handoff_reason": "x"},
    ],
)
def test_the_database_refuses(agent, relaunch, fault):
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            **{"organization": agent.organization, "agent": agent, "workstream": relaunch, "role": "owner", **fault}
        )


def test_the_database_keeps_one_owner_per_task(agent, near, relaunch):
    task = give(agent, now=NOW, workstream_id=relaunch.pk)
    row = {"organization": agent.organization, "agent": near, "workstream": relaunch, "task": task, "role": "owner"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(**row)
    over = {"status": "handoff", "ended_at": NOW, "ended_by_label": "x"}
    Assignment.objects.create(**row, **over)
    assert owner_of(task).agent == agent
