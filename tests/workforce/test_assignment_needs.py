"""Assignments wait for assignments: no circle, also under two at once, and no two owners of a task (R7)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited
from tests.support.parts import assign, owner_of, stream
from tests.support.races import at_once, errors
from tests.support.work import give
from workforce.models import Assignment, AssignmentNeed, Task, Workstream
from workforce.rules.assignments import needs_dri
from workforce.rules.refusals import Conflict, Invalid
from workforce.services import agents, assignments, tasks, workstreams

NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def relaunch(organization):
    return stream(organization, now=NOW)


@pytest.fixture
def chain(organization, agent, relaunch):
    """Four assignments of four agents in one pod."""
    team = [agent, *(AgentFactory(organization=organization, team=agent.team) for _ in range(3))]
    return [assign(one, relaunch, now=NOW) for one in team]


def wait(assignment, *others, now=LATER):
    return assignments.edit(
        organization=assignment.organization,
        assignment_id=assignment.pk,
        changes={"needs": [other.pk for other in others]},
        by=SYSTEM,
        now=now,
    )


def edges():
    return set(AssignmentNeed.objects.values_list("assignment_id", "needs_id"))


@pytest.mark.django_db
def test_needs_are_set_whole_and_audited(chain):
    first, second, third, _ = chain
    wait(first, second, third)
    wait(first, third)
    assert edges() == {(first.pk, third.pk)}
    wait(first, third)
    before, after = ([str(one.pk) for one in some] for some in ((second, third), (third,)))
    one, two = audited(first, action="assignment.changed")
    assert (two.before["needs"], two.after["needs"]) == (sorted(before), after)


@pytest.mark.django_db
def test_a_circle_is_refused_however_long(chain):
    first, second, third, fourth = chain
    for one, other in ((first, second), (second, third), (third, fourth)):
        wait(one, other)
    for one in (first, second, third, fourth):
        with pytest.raises(Conflict) as refused:
            wait(fourth, one)
        assert refused.value.code == "waits_for_itself"
    assert len(edges()) == 3


@pytest.mark.django_db
def test_what_is_over_is_not_waited_for_but_stays_known(chain):
    first, second, third, _ = chain
    wait(first, second)
    assignments.complete(organization=second.organization, assignment_id=second.pk, by=SYSTEM, now=LATER)
    with pytest.raises(Invalid) as refused:
        wait(third, first, second)
    assert refused.value.fields == [("needs.1", "This assignment is over: there is nothing to wait for.")]
    wait(first, second, third)
    assert len(edges()) == 2


@pytest.mark.django_db
def test_what_waits_goes_along_with_a_handoff(chain, organization, agent):
    first, second, third, _ = chain
    wait(first, second)
    wait(second, third)
    colleague = AgentFactory(organization=organization, team=agent.team)
    taken = assignments.hand_off(
        organization=organization, assignment_id=second.pk, agent_id=colleague.pk, reason="x", by=SYSTEM, now=LATER
    )
    assert edges() == {(first.pk, taken.pk), (taken.pk, third.pk)}


# At once.


@pytest.mark.django_db(transaction=True)
def test_no_circle_closes_from_both_ends(chain):
    first, second, third, fourth = chain
    wait(first, second)
    wait(third, fourth)
    outcomes = at_once(lambda: wait(second, third), lambda: wait(fourth, first))
    (refused,) = errors(outcomes)
    assert isinstance(refused, Conflict) and refused.code == "waits_for_itself"
    assert len(edges()) == 3


@pytest.mark.django_db(transaction=True)
def test_a_task_gets_one_owner_whoever_comes_first(agent, relaunch, organization):
    task = give(agent, now=NOW)
    second = stream(organization, "Second", now=NOW)
    outcomes = at_once(
        lambda: assign(agent, relaunch, "owner", task_id=task.pk, now=LATER),
        lambda: assign(agent, second, "owner", task_id=task.pk, now=LATER),
        lambda: tasks.edit(organization=organization, task_id=task.pk, changes={"title": "x"}, by=SYSTEM, now=LATER),
    )
    (refused,) = errors(outcomes)
    assert isinstance(refused, Conflict | Invalid)
    task.refresh_from_db()
    assert owner_of(task).workstream == task.workstream
    assert Assignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_reassigned_and_handed_off_at_once_keeps_one_owner_and_one_chain(agent, relaunch, organization):
    task = give(agent, now=NOW, workstream_id=relaunch.pk)
    first = owner_of(task)
    others = [AgentFactory(organization=organization, team=agent.team) for _ in range(2)]
    outcomes = at_once(
        lambda: tasks.reassign(organization=organization, task_id=task.pk, agent_id=others[0].pk, by=SYSTEM, now=LATER),
        lambda: assignments.hand_off(
            organization=organization, assignment_id=first.pk, agent_id=others[1].pk, reason="x", by=SYSTEM, now=LATER
        ),
    )
    assert all(isinstance(error, Conflict) for error in errors(outcomes)) and len(errors(outcomes)) < 2
    task = Task.objects.get(pk=task.pk)
    owner = owner_of(task)
    assert owner.agent_id == task.agent_id
    links, at = 0, owner
    while at.handed_from is not None:
        links, at = links + 1, at.handed_from
    assert at == first and links == Assignment.objects.count() - 1


def mixed(workstream):
    found = Assignment.objects.open().filter(workstream=workstream).values_list("agent__team", flat=True)
    return needs_dri(found, has_dri=Workstream.objects.get(pk=workstream.pk).dri is not None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["assign", "move", "take the DRI away"])
def test_pods_do_not_mix_behind_a_lock(agent, relaunch, organization, alice, other):
    near = AgentFactory(organization=organization, team=agent.team, owner_user=agent.owner_user)
    away = TeamFactory(organization=organization, name="Billing")
    far = AgentFactory(organization=organization, team=away, owner_user=agent.owner_user)
    here = {"organization": organization, "by": SYSTEM, "now": LATER}
    first = {
        "assign": lambda: assign(agent, relaunch, now=LATER),
        "move": lambda: agents.edit(**here, agent_id=near.pk, changes={"team": away}),
        "take the DRI away": lambda: workstreams.edit(**here, workstream_id=relaunch.pk, changes={"dri_user": None}),
    }[other]
    if other == "move":
        assign(near, relaunch, now=NOW)
        second = lambda: assign(agent, relaunch, now=LATER)  # noqa: E731
    else:
        if other != "assign":
            workstreams.edit(**here, workstream_id=relaunch.pk, changes={"dri_user": alice.pk})
            assign(agent, relaunch, now=NOW)
        second = lambda: assign(far, relaunch, now=LATER)  # noqa: E731
    refused = errors(at_once(first, second))
    assert [error.code for error in refused] == ["needs_dri"]
    assert not mixed(relaunch)
