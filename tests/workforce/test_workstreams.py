"""Workstreams: their names, who may make them, and the DRI where pods mix (R7)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from tests.factories import AgentFactory, OrganizationFactory, TeamFactory, UserFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.parts import assign, owner_of, stream
from tests.support.work import give
from workforce.choices import KeyScope
from workforce.models import Agent, Assignment, Membership, Workstream
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import agents, assignments, bulk_actions, lifecycle, people, tasks, workstreams

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NOBODY = UUID(int=7)
SENTENCE = "“Relaunch” would have assignments in Billing and Support, but nobody answers for it. Name its DRI first."


@pytest.fixture
def colleague(organization, olga):
    """Of another pod than ``agent``."""
    pod = TeamFactory(organization=organization, name="Billing")
    return AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name="billing-01")


@pytest.fixture
def relaunch(organization):
    return stream(organization, now=NOW)


def change(workstream, by=SYSTEM, **changes):
    return workstreams.edit(
        organization=workstream.organization, workstream_id=workstream.pk, changes=changes, by=by, now=LATER
    )


def end(workstream, verb=workstreams.close):
    return verb(organization=workstream.organization, workstream_id=workstream.pk, by=SYSTEM, now=LATER)


@pytest.mark.parametrize(
    ("data", "path", "sentence"),
    [
        ({"name": " "}, "name", "Give a name of 1 to 120 characters on one line."),
        ({}, "name", "Give a name of 1 to 120 characters on one line."),
        ({"name": "x" * 121}, "name", "Give a name of 1 to 120 characters on one line."),
        ({"name": "a\nb"}, "name", "Give a name of 1 to 120 characters on one line."),
        ({"name": "relaunch"}, "name", "There is already a workstream called relaunch."),
        ({"name": "B", "description": "\x00"}, "description", "Remove the NUL character."),
        ({"name": "B", "description": "x" * 4001}, "description", "Use at most 4,000 characters; this has 4,001."),
        ({"name": "B", "dri_user": NOBODY}, "dri_user", "There is no such person in this organisation."),
        ({"name": "B", "dri_agent": NOBODY}, "dri_agent", "There is no such agent in this organisation."),
        ({"name": "B", "dri_user": NOBODY, "dri_agent": NOBODY}, "dri_agent", "Name one DRI: a person or an agent."),
        ({"name": "B", "owner": 1}, "owner", "There is no such field."),
    ],
)
def test_what_is_wrong_is_said_with_its_field(organization, relaunch, data, path, sentence):
    with pytest.raises(Invalid) as refused:
        workstreams.create(organization=organization, data=data, by=SYSTEM, now=NOW)
    assert refused.value.fields == [(path, sentence)]
    assert Workstream.objects.count() == 1


def test_another_organisation_may_use_the_name(organization, relaunch):
    assert stream(OrganizationFactory(), "RELAUNCH", now=NOW).pk != relaunch.pk


def test_the_database_keeps_names_apart_and_one_dri(organization, relaunch, agent, alice):
    for fault in ({"name": "RELAUNCH"}, {"name": ""}, {"name": "B", "dri_user": alice, "dri_agent": agent}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Workstream.objects.create(organization=organization, **fault)


def test_managers_and_leads_and_keys_may_others_not(organization, agent, alice, lee, olga, vera, charlie):
    for number, by in enumerate((person(alice), person(lee), key(KeyScope.TASKS))):
        workstreams.create(organization=organization, data={"name": f"W{number}"}, by=by, now=NOW)
    for by in (person(olga), person(vera), person(charlie), key(KeyScope.READ), itself(agent)):
        with pytest.raises(Forbidden):
            workstreams.create(organization=organization, data={"name": "No"}, by=by, now=NOW)
    assert Workstream.objects.count() == 3


def test_a_strangers_workstream_is_not_there(relaunch):
    with pytest.raises(Missing):
        workstreams.edit(organization=OrganizationFactory(), workstream_id=relaunch.pk, changes={}, by=SYSTEM, now=NOW)


def test_changes_are_audited_and_none_is_not(relaunch, alice, agent):
    change(relaunch, name="Relaunch", description="")
    assert [event.action for event in audited(relaunch)] == ["workstream.created"]
    change(relaunch, name="Relaunch 2", dri_user=alice.pk)
    change(relaunch, dri_agent=agent.pk)
    change(relaunch, dri_user=None)  # which it is not anyway
    relaunch.refresh_from_db()
    assert (relaunch.name, relaunch.dri_user, relaunch.dri) == ("Relaunch 2", None, agent)
    first, second = audited(relaunch, action="workstream.changed")
    assert (first.before["name"], first.after["name"]) == ("Relaunch", "Relaunch 2")
    assert "support-triage-01" in second.after["dri"] and "Alice" in second.before["dri"]


# Pods that mix.


def test_a_second_pod_needs_a_dri(relaunch, agent, colleague, alice):
    assign(agent, relaunch, now=NOW)
    with pytest.raises(Conflict) as refused:
        assign(colleague, relaunch, now=NOW)
    assert (refused.value.code, refused.value.sentence) == ("needs_dri", SENTENCE)
    assert Assignment.objects.count() == 1
    change(relaunch, dri_user=alice.pk)
    assign(colleague, relaunch, now=LATER)
    assert Assignment.objects.count() == 2


def test_so_does_a_task_for_the_other_pod(relaunch, agent, colleague):
    give(agent, now=NOW, workstream_id=relaunch.pk)
    with pytest.raises(Conflict, match="Name its DRI first"):
        give(colleague, now=NOW, workstream_id=relaunch.pk)
    assert not colleague.tasks.exists()


def test_and_a_reassignment_where_others_stay(relaunch, agent, colleague):
    first = give(agent, now=NOW, workstream_id=relaunch.pk)
    to = {"organization": agent.organization, "task_id": first.pk, "by": SYSTEM, "now": LATER}
    tasks.reassign(**to, agent_id=colleague.pk)  # the only one: no pods mix
    second = give(colleague, now=LATER, workstream_id=relaunch.pk)
    with pytest.raises(Conflict, match="Name its DRI first"):
        tasks.reassign(**{**to, "task_id": second.pk}, agent_id=agent.pk)
    second.refresh_from_db()
    assert second.agent_id == colleague.pk
    assert owner_of(second).agent_id == colleague.pk


def test_ended_assignments_do_not_mix_pods(relaunch, agent, colleague):
    done = assign(agent, relaunch, now=NOW)
    assignments.complete(organization=agent.organization, assignment_id=done.pk, by=SYSTEM, now=LATER)
    assign(colleague, relaunch, now=LATER)


def test_a_dri_that_is_needed_is_not_taken_away(relaunch, agent, colleague, alice, lee):
    change(relaunch, dri_user=alice.pk)
    assign(agent, relaunch, now=NOW)
    assign(colleague, relaunch, "reviewer", now=NOW)
    with pytest.raises(Conflict) as refused:
        change(relaunch, dri_user=None)
    assert refused.value.code == "needs_dri"
    change(relaunch, dri_user=lee.pk)
    relaunch.refresh_from_db()
    assert relaunch.dri == lee


def test_an_agent_does_not_leave_its_pod_silently(relaunch, agent, colleague):
    near = AgentFactory(organization=agent.organization, team=agent.team, owner_user=agent.owner_user)
    for one in (agent, near):
        assign(one, relaunch, now=NOW)
    with pytest.raises(Conflict) as refused:
        agents.edit(
            organization=agent.organization,
            agent_id=agent.pk,
            changes={"team": colleague.team},
            by=SYSTEM,
            now=LATER,
        )
    assert (refused.value.code, refused.value.sentence) == ("needs_dri", SENTENCE)
    assert Agent.objects.get(pk=agent.pk).team_id == agent.team_id


def test_moving_many_moves_whom_it_can(relaunch, agent, colleague):
    near = AgentFactory(organization=agent.organization, team=agent.team, owner_user=agent.owner_user)
    assign(agent, relaunch, now=NOW)
    assign(AgentFactory(organization=agent.organization, team=agent.team), relaunch, now=NOW)
    report = bulk_actions.move_pod(
        organization=agent.organization, agent_ids=[agent.pk, near.pk], team=colleague.team, by=SYSTEM, now=LATER
    )
    assert report.done == [near.agent_name]
    assert [refused.sentence for refused in report.refused] == [SENTENCE]


# Leaving, closing.


def test_nobody_leaves_a_workstream_without_its_dri(relaunch, agent, alice, organization):
    change(relaunch, dri_agent=agent.pk)
    with pytest.raises(Conflict, match="is the DRI of “Relaunch”. Name another first."):
        lifecycle.transition(
            organization=organization, agent_id=agent.pk, to="retired", reason="x", by=person(alice), now=LATER
        )
    newcomer = UserFactory(name="Nora")
    member = Membership.objects.create(organization=organization, user=newcomer, role="viewer")
    change(relaunch, dri_user=newcomer.pk)
    with pytest.raises(Conflict) as refused:
        people.remove_member(membership=member, by=SYSTEM, now=LATER)
    assert refused.value.code == "is_dri"
    end(relaunch)
    people.remove_member(membership=member, by=SYSTEM, now=LATER)
    with pytest.raises(Invalid) as stale:
        end(relaunch, workstreams.reopen)
    assert stale.value.fields == [("dri_user", "There is no such person in this organisation.")]


def test_one_who_has_left_cannot_answer_for_it(relaunch, organization):
    gone = AgentFactory(organization=organization, current_state="retired", agent_name="old-01")
    with pytest.raises(Invalid) as refused:
        change(relaunch, dri_agent=gone.pk)
    assert refused.value.fields == [("dri_agent", "old-01 is retired and cannot answer for it.")]


def test_it_closes_when_its_work_is_over_and_takes_no_more(relaunch, agent):
    assignment = assign(agent, relaunch, now=NOW)
    with pytest.raises(Conflict) as refused:
        end(relaunch)
    assert (refused.value.code, refused.value.extra) == ("workstream_in_use", {"open_assignments": 1})
    assignments.complete(organization=agent.organization, assignment_id=assignment.pk, by=SYSTEM, now=NOW)
    assert end(relaunch).closed_at == LATER
    assert end(relaunch).closed_at == LATER  # again: as it is
    with pytest.raises(Conflict) as closed:
        assign(agent, relaunch, now=LATER)
    assert closed.value.code == "workstream_closed"
    with pytest.raises(Invalid) as refused:
        give(agent, now=LATER, workstream_id=relaunch.pk)
    assert refused.value.fields == [
        ("workstream_id", "“Relaunch” is closed and takes no more work. Choose another workstream.")
    ]
    assert not end(relaunch, workstreams.reopen).is_closed
    assign(agent, relaunch, now=LATER)
    assert [event.action for event in audited(relaunch)] == [
        "workstream.created", "workstream.closed", "workstream.reopened",
    ]  # fmt: skip
