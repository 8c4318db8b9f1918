"""Tasks: what may be said of them, who may change them, how they end (T1, T3, T4, R7)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.factories import AgentFactory, OrganizationFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.work import claimed, give, state_of
from workforce.choices import KeyScope
from workforce.models import Agent, Task
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import leases, lifecycle, tasks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
NOBODY = UUID(int=7)


@pytest.mark.parametrize(
    ("data", "path", "sentence"),
    [
        ({"title": ""}, "title", "Say in a few words what is to be done."),
        ({"title": "x" * 201}, "title", "Use up to 200 plain characters on one line; this has 201."),
        ({"title": "a\nb"}, "title", "Use up to 200 plain characters on one line; this has 3."),
        ({"title": "a\x00b"}, "title", "Use up to 200 plain characters on one line; this has 3."),
        ({"description": "\x00"}, "description", "Remove the NUL character."),
        ({"description": "x" * 10_001}, "description", "Use at most 10,000 characters; this has 10,001."),
        ({"priority": "huge"}, "priority", "Choose one of: low, normal, high, critical."),
        ({"type": "odd"}, "type", "Choose one of: new, continue, scheduled, delegation."),
        ({"due_at": NOW}, "due_at", "Choose a moment in the future."),
        ({"scheduled_at": NOW - timedelta(1)}, "scheduled_at", "Choose a moment in the future."),
        ({"type": "scheduled"}, "scheduled_at", "Say when it is to be done."),
        ({"type": "continue"}, "continues", "Say which earlier task it continues."),
        ({"type": "continue", "continues": NOBODY}, "continues", "There is no such task in this organisation."),
        ({"type": "delegation"}, "delegated_by", "Say which agent of this organisation delegates it."),
        ({"delegated_by": NOBODY}, "delegated_by", "Only a delegation has this. Choose type delegation."),
        ({"needs": [NOBODY]}, "needs.0", "There is no such task in this organisation."),
        ({"owner": 1}, "owner", "There is no such field."),
    ],
)
def test_what_is_wrong_is_said_with_its_field(agent, data, path, sentence):
    with pytest.raises(Invalid) as refused:
        give(agent, **{"title": "Sort", **data}, now=NOW)
    assert refused.value.fields == [(path, sentence)]
    assert not Task.objects.exists()
    assert state_of(agent) == "ready"


def test_every_fault_at_once(agent):
    with pytest.raises(Invalid) as refused:
        tasks.create(organization=agent.organization, data={"title": "", "priority": "x"}, by=SYSTEM, now=NOW)
    assert [path for path, _ in refused.value.fields] == ["agent_id", "title", "priority"]


def test_a_foreign_agent_is_not_there(agent):
    with pytest.raises(Invalid) as refused:
        tasks.create(organization=OrganizationFactory(), data={"agent_id": agent.pk, "title": "x"}, by=SYSTEM, now=NOW)
    assert refused.value.fields == [("agent_id", "There is no such agent in this organisation.")]


def test_who_may_give_work(agent, alice, lee, olga, vera, charlie):
    for user in (alice, lee, olga):
        give(agent, now=NOW, by=person(user))
    give(agent, now=NOW, by=itself(agent))
    give(agent, now=NOW, by=key(KeyScope.TASKS))
    for nobody in (person(vera), person(charlie), key(KeyScope.READ), itself(AgentFactory(team=agent.team))):
        with pytest.raises(Forbidden):
            give(agent, now=NOW, by=nobody)


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_has_left_gets_no_work(agent, state):
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    with pytest.raises(Conflict):
        give(agent, now=NOW)


def test_nobody_retires_with_open_work(agent, alice):
    task = give(agent, now=NOW)
    Agent.objects.filter(pk=agent.pk).update(current_state="paused")
    with pytest.raises(Conflict) as refused:
        lifecycle.transition(
            organization=agent.organization, agent_id=agent.pk, to="retired", reason="x", by=person(alice), now=NOW
        )
    assert (refused.value.code, refused.value.extra) == ("has_open_work", {"open_tasks": 1})
    tasks.cancel(organization=agent.organization, task_id=task.pk, by=person(alice), now=NOW)
    lifecycle.transition(
        organization=agent.organization, agent_id=agent.pk, to="retired", reason="x", by=person(alice), now=NOW
    )


def test_done_and_cancelled_are_final_and_say_so_once(agent, alice):
    act = {"organization": agent.organization, "by": person(alice), "now": NOW}
    done, gone = give(agent, now=NOW), give(agent, now=NOW)
    for _ in range(2):
        assert tasks.complete(task_id=done.pk, **act).status == "completed"
        assert tasks.cancel(task_id=gone.pk, reason="No.", **act).status == "cancelled"
    with pytest.raises(Conflict):
        tasks.cancel(task_id=done.pk, **act)
    with pytest.raises(Conflict):
        tasks.complete(task_id=gone.pk, **act)
    assert len(audited(done, action="task.completed")) == len(audited(gone, action="task.cancelled")) == 1
    assert state_of(agent) == "ready"


def test_an_agent_completes_only_with_its_token(agent):
    task = give(agent, now=NOW)
    act = {"organization": agent.organization, "task_id": task.pk, "by": itself(agent), "now": NOW}
    with pytest.raises(Conflict):
        tasks.complete(**act)
    token = claimed(agent, now=NOW).lease_token
    for wrong in (None, token + 1):
        with pytest.raises(Conflict):
            tasks.complete(token=wrong, **act)
    assert tasks.complete(token=token, result="42", **act).result == "42"


def test_reassigned_work_moves_with_its_age_and_stops_the_runtime(agent, alice):
    other = AgentFactory(organization=agent.organization, team=agent.team)
    give(agent, now=NOW - timedelta(hours=5))
    task = claimed(agent, now=NOW)
    tasks.reassign(
        organization=agent.organization, task_id=task.pk, agent_id=other.pk, reason="Faster.", by=person(alice), now=NOW
    )
    task.refresh_from_db()
    assert (task.agent_id, task.status, task.queued_at) == (other.pk, "queued", NOW - timedelta(hours=5))
    assert (state_of(agent), state_of(other)) == ("ready", "assigned")
    with pytest.raises(Forbidden):
        leases.complete(organization=agent.organization, task_id=task.pk, token=1, by=itself(agent), now=NOW)
    assert audited(task, action="task.reassigned")[0].reason == "Faster."


def test_changes_of_words_and_priority_are_audited_as_before_and_after(agent, alice):
    task = give(agent, now=NOW)
    tasks.edit(
        organization=agent.organization,
        task_id=task.pk,
        changes={"title": "Sort the outbox", "priority": "critical"},
        by=person(alice),
        now=NOW,
    )
    task.refresh_from_db()
    assert (task.title, task.priority, task.urgency) == ("Sort the outbox", "critical", 3)
    event = audited(task, action="task.changed")[0]
    assert event.before == {"title": "Sort the inbox", "priority": "normal"}
    assert event.after == {"title": "Sort the outbox", "priority": "critical"}


def test_another_organisations_task_is_not_there(agent, other_organization):
    task = give(agent, now=NOW)
    act = {"organization": other_organization, "task_id": task.pk, "by": SYSTEM, "now": NOW}
    for call in (tasks.complete, tasks.cancel, tasks.unblock):
        with pytest.raises(Missing):
            call(**act)
    with pytest.raises(Missing):
        tasks.edit(changes={"title": "x"}, **act)
    with pytest.raises(Missing):
        tasks.reassign(agent_id=agent.pk, **act)


# Delegation.


def delegate(giver, taker, now=NOW, **more):
    return give(taker, "Part of it", now=now, by=itself(giver), type="delegation", **more)


def test_an_agent_delegates_from_what_it_works_on(agent):
    other = AgentFactory(organization=agent.organization)
    give(agent, now=NOW)
    origin = claimed(agent, now=NOW)
    task = delegate(agent, other)
    assert (task.delegated_by, task.delegated_from, task.delegation_depth) == (agent, origin, 1)
    assert state_of(other) == "assigned"


def test_work_does_not_come_back_by_delegation(agent):
    second, third = (AgentFactory(organization=agent.organization) for _ in range(2))
    give(agent, now=NOW), claimed(agent, now=NOW)
    delegate(agent, second), claimed(second, now=NOW)
    delegate(second, third), claimed(third, now=NOW)
    for earlier in (agent, second, third):
        with pytest.raises(Conflict) as refused:
            delegate(third, earlier)
        assert refused.value.code == "delegation_circle"


def test_delegation_is_bounded_in_depth(agent):
    current = agent
    give(current, now=NOW), claimed(current, now=NOW)
    for depth in range(1, 6):
        taker = AgentFactory(organization=agent.organization)
        assert delegate(current, taker).delegation_depth == depth
        claimed(taker, now=NOW)
        current = taker
    with pytest.raises(Conflict) as refused:
        delegate(current, AgentFactory(organization=agent.organization))
    assert refused.value.code == "delegation_too_deep"


def test_an_agent_cannot_delegate_in_anothers_name(agent):
    second, third = (AgentFactory(organization=agent.organization) for _ in range(2))
    with pytest.raises(Invalid) as refused:
        delegate(agent, third, delegated_by=second.pk)
    assert refused.value.fields == [("delegated_by", "An agent delegates in its own name.")]


def test_a_chain_of_continuing_tasks_is_kept(agent):
    first = give(agent, now=NOW)
    second = give(agent, now=NOW, type="continue", continues=first.pk)
    assert list(first.continued_by.all()) == [second]
