"""Workstreams and assignments in the admin: through the services, in their words (R7, U8)."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM
from tests.support.admin import as_hr, faults, fields_of, page, send
from tests.support.parts import assign, owner_of, stream
from tests.support.work import give, state_of
from workforce.models import Agent, Assignment, AuditEvent, Task, Workstream
from workforce.services import assignments

pytestmark = pytest.mark.django_db
STREAM, PART = "workforce.workstream", "workforce.assignment"


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


@pytest.fixture
def relaunch(organization: Any) -> Workstream:
    return stream(organization, now=timezone.now())


@pytest.fixture
def near(organization: Any, agent: Agent) -> Agent:
    return AgentFactory(organization=organization, team=agent.team, agent_name="near")


@pytest.fixture
def part(agent: Agent, relaunch: Workstream) -> Assignment:
    return assign(agent, relaunch, now=timezone.now())


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def deed(row: Any, name: str) -> str:
    return page(PART if isinstance(row, Assignment) else STREAM, "deed", row.pk, name)


def buttons(client: Client, row: Any) -> list[str]:
    path = page(PART if isinstance(row, Assignment) else STREAM, "change", row.pk)
    return [button["label"] for button in client.get(path).context["buttons"]]


def test_a_workstream_is_made_and_changed(client: Client, organization: Any, alice: Any, agent: Agent) -> None:
    add = page(STREAM, "add")
    answer = send(client, add, organization=str(organization.pk), name="Relaunch", dri_user=str(alice.pk))
    assert answer.status_code == 302, faults(answer)
    made = Workstream.objects.get()
    assert (made.name, made.dri) == ("Relaunch", alice)
    change = page(STREAM, "change", made.pk)
    assert faults(send(client, change, dri_agent=str(agent.pk))) == {
        "dri_agent": ["Name one DRI: a person or an agent."]
    }
    assert send(client, change, dri_user="", dri_agent=str(agent.pk)).status_code == 302
    assert fresh(made).dri == agent
    assert [event.action for event in AuditEvent.objects.order_by("at", "id")] == [
        "workstream.created", "workstream.changed",
    ]  # fmt: skip


def test_its_faults_are_told_with_what_was_typed_kept(client: Client, organization: Any, relaunch: Workstream) -> None:
    answer = send(client, page(STREAM, "add"), organization=str(organization.pk), name="RELAUNCH", description="Kept.")
    assert faults(answer) == {"name": ["There is already a workstream called RELAUNCH."]}
    assert fields_of(answer.content.decode())["description"] == ["Kept."]


def test_a_dri_that_is_needed_stays(
    client: Client, organization: Any, relaunch: Workstream, part: Assignment, alice: Any
) -> None:
    send(client, page(STREAM, "change", relaunch.pk), dri_user=str(alice.pk))
    billing = TeamFactory(organization=organization, name="Billing")
    far = AgentFactory(organization=organization, team=billing, owner_user=alice)
    assign(far, relaunch, now=timezone.now())
    answer = send(client, page(STREAM, "change", relaunch.pk), dri_user="")
    assert faults(answer)["__all__"] == [
        "“Relaunch” would have assignments in Billing and Support, but nobody answers for it. Name its DRI first."
    ]
    assert fresh(relaunch).dri == alice
    moved = send(client, page("workforce.agent", "change", far.pk), team=str(part.agent.team_id))
    assert moved.status_code == 302  # pods no longer mix
    assert send(client, page(STREAM, "change", relaunch.pk), dri_user="").status_code == 302
    back = send(client, page("workforce.agent", "change", far.pk), team=str(billing.pk))
    assert "Name its DRI first." in faults(back)["__all__"][0]


def test_it_is_closed_and_opened(client: Client, relaunch: Workstream, part: Assignment) -> None:
    assert buttons(client, relaunch) == ["Close"]
    answer = client.post(deed(relaunch, "close"), {"reason": ""})
    assert "has 1 open assignment" in faults(answer)["__all__"][0]
    client.post(deed(part, "complete"), {"reason": ""})
    client.post(deed(relaunch, "close"), {"reason": "Over."})
    assert fresh(relaunch).is_closed and buttons(client, relaunch) == ["Open again"]
    client.post(deed(relaunch, "reopen"), {"reason": ""})
    assert not fresh(relaunch).is_closed


def test_an_agent_is_assigned(client: Client, agent: Agent, relaunch: Workstream) -> None:
    add = page(PART, "add")
    answer = send(
        client, add, agent=str(agent.pk), workstream=str(relaunch.pk), role="contributor", percent_complete="20"
    )
    assert answer.status_code == 302, faults(answer)
    made = Assignment.objects.get()
    assert (made.agent, made.role, made.percent_complete, made.created_by_label) == (agent, "contributor", 20, "Hugo")
    assert state_of(agent) == "assigned"
    again = send(client, add, agent=str(agent.pk), workstream=str(relaunch.pk), role="contributor")
    assert faults(again) == {"__all__": ["support-triage-01 is contributor of “Relaunch” already."]}


def test_an_assignments_faults(client: Client, agent: Agent, relaunch: Workstream) -> None:
    task = give(agent, now=timezone.now())
    answer = send(
        client,
        page(PART, "add"),
        agent=str(agent.pk),
        workstream=str(relaunch.pk),
        task=str(task.pk),
        role="reviewer",
        due_at="2020-01-01T10:00",
        percent_complete="101",
    )
    assert faults(answer) == {
        "task": ["This task is in no workstream yet. Put it into one first."],
        "due_at": ["Choose a moment in the future."],
        "percent_complete": ["Give a whole number from 0 to 100."],
    }


def test_an_open_one_is_changed_and_one_that_is_over_is_read(client: Client, part: Assignment) -> None:
    change = page(PART, "change", part.pk)
    answer = send(client, change, percent_complete="60")
    assert answer.status_code == 302, faults(answer)
    assert (fresh(part).percent_complete, fresh(part).start_at) == (60, part.start_at)
    client.post(deed(part, "complete"), {"reason": ""})
    assert "percent_complete" not in fields_of(client.get(change).content.decode())
    assert buttons(client, part) == []


def test_blocked_and_unblocked(client: Client, part: Assignment, olga: Any, near: Agent) -> None:
    assert buttons(client, part) == ["Mark done", "Block", "Hand off"]
    said = {"code": "policy", "note": "May I?", "unblocker": "nobody@example.com"}
    assert faults(client.post(deed(part, "block"), said)) == {
        "unblocker": ["There is no such person or agent in this organisation."]
    }
    client.post(deed(part, "block"), {**said, "unblocker": "near"})
    assert (fresh(part).status, fresh(part).unblocker) == ("blocked", near)
    assert buttons(client, part) == ["Mark done", "Unblock", "Hand off"]
    client.post(deed(part, "unblock"), {"reason": "Yes."})
    assert fresh(part).status == "active"
    client.post(deed(part, "block"), {**said, "unblocker": ""})
    assert fresh(part).unblocker == olga


def test_handed_off_with_its_reason(client: Client, part: Assignment, near: Agent) -> None:
    answer = client.post(deed(part, "handoff"), {"agent": "nobody", "reason": "x"})
    assert faults(answer) == {"agent": ["There is no such agent in this organisation."]}
    answer = client.post(deed(part, "handoff"), {"agent": "near", "reason": ""})
    assert faults(answer) == {"reason": ["Say why it goes to somebody else."]}
    assert client.post(deed(part, "handoff"), {"agent": "near", "reason": "On leave."}).status_code == 302
    taken = Assignment.objects.get(handed_from=part)
    assert (taken.agent, taken.handoff_reason) == (near, "On leave.")
    for row, words in ((taken, "On leave."), (part, "Handed off")):
        assert words in client.get(page(PART, "change", row.pk)).content.decode()


def test_a_tasks_owner_is_handed_off_with_the_task(
    client: Client, agent: Agent, near: Agent, relaunch: Workstream
) -> None:
    task = give(agent, now=timezone.now(), workstream_id=relaunch.pk)
    assert buttons(client, owner_of(task)) == ["Mark done", "Hand off"]
    client.post(deed(owner_of(task), "handoff"), {"agent": "near", "reason": "On leave."})
    assert Task.objects.get(pk=task.pk).agent == near


def test_what_waits_is_shown_from_both_ends(client: Client, part: Assignment, near: Agent) -> None:
    other = assign(near, part.workstream, now=timezone.now())
    assignments.edit(
        organization=part.organization,
        assignment_id=part.pk,
        changes={"needs": [other.pk]},
        by=SYSTEM,
        now=timezone.now(),
    )
    assert page(PART, "change", other.pk) in client.get(page(PART, "change", part.pk)).content.decode()
    assert page(PART, "change", part.pk) in client.get(page(PART, "change", other.pk)).content.decode()


def test_several_are_done_at_once(client: Client, part: Assignment, near: Agent) -> None:
    other = assign(near, part.workstream, now=timezone.now())
    client.post(deed(other, "complete"), {"reason": ""})
    third = assign(near, part.workstream, "observer", now=timezone.now())
    data = {
        "action": "handoff",
        "apply": "1",
        "_selected_action": [str(part.pk), str(third.pk)],
        "agent": "near",
        "reason": "Together.",
    }
    answer = client.post(page(PART), data)
    assert sorted(result.done for result in answer.context["results"]) == [False, True]
    assert Assignment.objects.get(handed_from=part).agent == near
