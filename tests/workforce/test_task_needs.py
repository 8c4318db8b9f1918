"""What a task waits for: changed while it is open, never in a circle, and never waited for in vain (spec R7)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, itself, person
from tests.support.races import at_once, errors
from tests.support.work import claim, claimed, give, state_of
from workforce.models import Agent, AuditEvent, Notice, Task, TaskNeed
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import leases, task_needs, tasks

pytestmark = pytest.mark.django_db


def change(task: Task, *needs: Task, now: datetime, by: Actor = SYSTEM, reason: str = "") -> Task:
    ids = [need.pk for need in needs]
    return task_needs.change(organization=task.organization, task_id=task.pk, needs=ids, reason=reason, by=by, now=now)


def cancel(task: Task, now: datetime) -> None:
    tasks.cancel(organization=task.organization, task_id=task.pk, by=SYSTEM, now=now)


def fresh(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_it_waits_for_exactly_these(agent: Agent, alice: Any, now: Any) -> None:
    cut, weld, paint = (give(agent, title, now=now) for title in ("Cut", "Weld", "Paint"))
    change(paint, cut, weld, now=now, by=person(alice), reason="It needs a frame.")
    assert fresh(paint).open_needs == 2
    change(paint, weld, now=now)
    assert (fresh(paint).open_needs, list(paint.needs.values_list("needs", flat=True))) == (1, [weld.pk])
    change(paint, now=now)
    assert (fresh(paint).open_needs, paint.needs.count()) == (0, 0)
    events = list(AuditEvent.objects.filter(action="task.changed").order_by("at", "id"))
    assert [(event.before, event.after) for event in events] == [
        ({"needs": []}, {"needs": ["Cut", "Weld"]}),
        ({"needs": ["Cut", "Weld"]}, {"needs": ["Weld"]}),
        ({"needs": ["Weld"]}, {"needs": []}),
    ]
    assert (events[0].reason, events[0].actor_id) == ("It needs a frame.", str(alice.pk))


def test_the_same_again_changes_nothing(agent: Agent, now: Any) -> None:
    first = give(agent, now=now)
    second = give(agent, now=now, needs=[first.pk])
    change(second, first, first, now=now)
    assert second.needs.count() == 1
    assert not AuditEvent.objects.filter(action="task.changed").exists()


def test_what_is_done_already_is_not_waited_for(agent: Agent, now: Any) -> None:
    first, second = give(agent, now=now), give(agent, now=now)
    tasks.complete(organization=agent.organization, task_id=first.pk, by=SYSTEM, now=now)
    change(second, first, now=now)
    assert fresh(second).open_needs == 0


def test_no_circle_of_any_length(agent: Agent, now: Any) -> None:
    one, two, three = (give(agent, title, now=now) for title in ("One", "Two", "Three"))
    change(two, one, now=now)
    change(three, two, now=now)
    for needed in (one, two, three):
        with pytest.raises(Conflict) as refused:
            change(one, needed, now=now)
        assert refused.value.code == "waits_for_itself"
    assert fresh(one).open_needs == 0
    tasks.complete(organization=agent.organization, task_id=three.pk, by=SYSTEM, now=now)
    with pytest.raises(Conflict):
        change(one, two, now=now)


def test_who_may_and_what_is_there(agent: Agent, vera: Any, other_organization: Any, now: Any) -> None:
    task = give(agent, now=now)
    theirs = give(AgentFactory(organization=other_organization), now=now)
    with pytest.raises(Invalid) as refused:
        change(task, theirs, now=now)
    assert refused.value.fields == [("needs.0", "There is no such task in this organisation.")]
    with pytest.raises(Missing):
        task_needs.change(organization=other_organization, task_id=task.pk, needs=[], by=SYSTEM, now=now)
    for nobody in (person(vera), itself(agent)):
        with pytest.raises(Forbidden):
            change(task, now=now, by=nobody)


def test_not_while_somebody_works_on_it_or_it_is_over(agent: Agent, now: Any) -> None:
    first, second = give(agent, now=now), give(agent, now=now)
    running = claimed(agent, now=now)
    with pytest.raises(Conflict) as refused:
        change(running, second if running.pk == first.pk else first, now=now)
    assert refused.value.code == "in_progress"
    cancel(running, now)
    with pytest.raises(Conflict) as refused:
        change(running, now=now)
    assert refused.value.code == "cancelled"


def test_a_cancelled_one_cannot_be_waited_for(agent: Agent, now: Any) -> None:
    first, second = give(agent, now=now), give(agent, now=now)
    cancel(first, now)
    with pytest.raises(Invalid) as refused:
        change(second, first, now=now)
    assert refused.value.fields == [("needs.0", "This task was cancelled and will never be done.")]


def test_when_a_need_is_cancelled_a_person_is_asked(agent: Agent, olga: Any, now: Any) -> None:
    colleague = AgentFactory(organization=agent.organization, team=agent.team, owner_user=olga, agent_name="colleague")
    first = give(colleague, "Get the key", now=now)
    second = give(agent, "Open the door", now=now, needs=[first.pk])
    cancel(first, now)
    assert fresh(second).status == "queued"
    for _ in range(2):  # a sweep may come twice
        leases.release_waiting(now=now)
    stuck = fresh(second)
    assert (stuck.status, stuck.blocker_code, stuck.unblocker) == ("blocked", "dependency", agent.owner)
    assert stuck.blocker_note == "It waits for “Get the key”, which was cancelled. Unblocked, it goes on without it."
    assert state_of(agent) == "blocked"
    assert Notice.objects.filter(kind="task_blocked").count() == 1
    tasks.unblock(organization=agent.organization, task_id=second.pk, by=SYSTEM, now=now)
    assert (fresh(second).status, fresh(second).open_needs) == ("queued", 0)
    assert claimed(agent, now=now).pk == second.pk


def test_given_to_another_it_goes_on_without_it_too(agent: Agent, now: Any) -> None:
    colleague = AgentFactory(organization=agent.organization, team=agent.team, agent_name="colleague")
    first, other = give(agent, now=now), give(agent, now=now)
    second = give(agent, now=now, needs=[first.pk, other.pk])
    cancel(first, now)
    leases.release_waiting(now=now)
    tasks.reassign(organization=agent.organization, task_id=second.pk, agent_id=colleague.pk, by=SYSTEM, now=now)
    assert (fresh(second).status, fresh(second).open_needs) == ("queued", 1)
    assert claim(colleague, now=now).task is None
    tasks.complete(organization=agent.organization, task_id=other.pk, by=SYSTEM, now=now)
    assert claimed(colleague, now=now).pk == second.pk


def test_one_that_waits_for_its_time_as_well_is_told_at_once(agent: Agent, now: Any) -> None:
    first = give(agent, now=now)
    later = now + timedelta(days=3)
    second = give(agent, now=now, type="scheduled", scheduled_at=later, needs=[first.pk])
    cancel(first, now)
    leases.release_waiting(now=now)
    assert fresh(second).blocker_code == "dependency"


def test_the_sweep_frees_the_others_beside_a_stuck_one(agent: Agent, now: Any) -> None:
    soon = now + timedelta(minutes=1)
    first = give(agent, now=now)
    stuck = give(agent, now=now, needs=[first.pk])
    timed = give(agent, now=now, type="scheduled", scheduled_at=soon)
    cancel(first, now)
    assert leases.release_waiting(now=soon) == 1
    assert (fresh(stuck).status, fresh(timed).waits_until) == ("blocked", None)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_close_no_circle(agent: Agent, now: Any) -> None:
    one, two = give(agent, now=now), give(agent, now=now)
    outcomes = at_once(lambda: change(one, two, now=now), lambda: change(two, one, now=now))
    assert [type(error) for error in errors(outcomes)] == [Conflict]
    assert TaskNeed.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_completed_and_needed_at_once_never_waits_in_vain(agent: Agent, now: Any) -> None:
    for number in range(5):
        one, two = give(agent, f"One {number}", now=now), give(agent, f"Two {number}", now=now)
        outcomes = at_once(
            lambda two=two, one=one: change(two, one, now=now),
            lambda one=one: tasks.complete(organization=agent.organization, task_id=one.pk, by=SYSTEM, now=now),
        )
        assert not errors(outcomes)
        assert fresh(two).open_needs == 0
