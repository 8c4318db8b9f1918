"""Tasks in the admin: made, changed and ended through the service; the run log is read-only (spec T3, T4, U8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import AgentFactory, OrganizationFactory
from tests.support.actors import itself
from tests.support.admin import as_hr, faults, fields_of, page, send
from tests.support.work import claimed, give, state_of
from workforce.models import Agent, AuditEvent, Task, WorkReport
from workforce.services import leases

pytestmark = pytest.mark.django_db
LIST = page("workforce.task")


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


@pytest.fixture
def task(agent: Agent) -> Task:
    return give(agent, now=timezone.now())


def deed(task: Task, name: str, *argument: str) -> str:
    return page("workforce.task", "deed", task.pk, name, *argument)


def fresh(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_a_task_is_made_through_the_service(client: Client, agent: Agent) -> None:
    add = page("workforce.task", "add")
    answer = send(client, add, agent=str(agent.pk), title="Read the papers", priority="high", type="new")
    assert answer.status_code == 302, faults(answer)
    made = Task.objects.get()
    assert (made.title, made.priority, made.agent, made.created_by_kind) == ("Read the papers", "high", agent, "user")
    assert AuditEvent.objects.filter(action="task.created", subject_id=made.pk).count() == 1
    assert state_of(agent) == "assigned"


def test_every_fault_is_told_at_its_field_with_the_rest_kept(client: Client, agent: Agent) -> None:
    answer = send(
        client,
        page("workforce.task", "add"),
        agent=str(agent.pk),
        title="Late",
        type="scheduled",
        due_at="2020-01-01T10:00",
        description="Kept as typed.",
    )
    said = faults(answer)
    assert said["due_at"] == ["Choose a moment in the future."]
    assert said["scheduled_at"] == ["Say when it is to be done."]
    assert fields_of(answer.content.decode())["description"] == ["Kept as typed."]
    assert not Task.objects.exists()


def test_an_open_task_is_changed(client: Client, task: Task) -> None:
    answer = send(client, page("workforce.task", "change", task.pk), title="Sort it twice", priority="critical")
    assert answer.status_code == 302, faults(answer)
    assert (fresh(task).title, fresh(task).priority) == ("Sort it twice", "critical")
    changed = AuditEvent.objects.get(action="task.changed")
    assert changed.after == {"title": "Sort it twice", "priority": "critical"}


def test_sent_back_as_it_was_nothing_changes(client: Client, agent: Agent) -> None:
    due = timezone.now().replace(second=0, microsecond=0) + timedelta(days=2)
    task = give(agent, now=timezone.now(), due_at=due)
    assert send(client, page("workforce.task", "change", task.pk)).status_code == 302
    assert not AuditEvent.objects.filter(action="task.changed").exists()
    assert fresh(task).due_at == due


def test_what_is_over_is_shown_and_offers_nothing(client: Client, task: Task) -> None:
    client.post(deed(task, "cancel"), {"reason": "Not needed."})
    assert (fresh(task).status, fresh(task).cancel_reason) == ("cancelled", "Not needed.")
    html = client.get(page("workforce.task", "change", task.pk)).content.decode()
    assert "/do/" not in html
    assert 'name="title"' not in html
    assert "Not needed." in html


def test_deeds_go_through_the_service(client: Client, agent: Agent, task: Task) -> None:
    other = AgentFactory(organization=agent.organization, team=agent.team)
    client.post(deed(task, "reassign"), {"agent": other.agent_name, "reason": "She knows it."})
    assert fresh(task).agent == other
    client.post(deed(task, "urgent", "on"), {"reason": "A client waits."})
    assert fresh(task).urgent
    client.post(deed(task, "urgent", "off"), {"reason": ""})
    assert not fresh(task).urgent
    client.post(deed(task, "complete"), {"result": "By hand."})
    assert (fresh(task).status, fresh(task).result) == ("completed", "By hand.")
    reasons = dict(AuditEvent.objects.filter(subject_id=task.pk).values_list("action", "reason"))
    assert reasons["task.reassigned"] == "She knows it."


def test_a_blocked_task_is_unblocked(client: Client, agent: Agent, task: Task) -> None:
    now = timezone.now()
    running = claimed(agent, now=now)
    leases.block(
        organization=agent.organization,
        task_id=running.pk,
        token=running.lease_token,
        code="policy",
        note="May I?",
        by=itself(agent),
        now=now,
    )
    html = client.get(page("workforce.task", "change", task.pk)).content.decode()
    assert "May I?" in html and deed(task, "unblock") in html
    client.post(deed(task, "unblock"), {"reason": "Yes."})
    assert (fresh(task).status, fresh(task).blocker_code) == ("queued", "")


def test_an_agent_of_another_house_is_nobody(client: Client, task: Task) -> None:
    stranger = AgentFactory(organization=OrganizationFactory())
    answer = client.post(deed(task, "reassign"), {"agent": stranger.agent_name, "reason": ""})
    assert answer.status_code == 200
    assert faults(answer) == {"agent": ["There is no such agent in this organisation."]}
    assert fresh(task).agent_id == task.agent_id


def test_tasks_of_another_house_are_not_there(client: Client) -> None:
    theirs = give(AgentFactory(organization=OrganizationFactory()), "Their secret", now=timezone.now())
    assert "Their secret" not in client.get(LIST).content.decode()
    assert client.get(page("workforce.task", "change", theirs.pk)).status_code in (302, 404)
    assert client.post(deed(theirs, "cancel"), {"reason": "x"}).status_code == 404
    assert fresh(theirs).status == "queued"


def test_several_are_given_a_priority_or_refused_each_foritself(client: Client, agent: Agent) -> None:
    one, two = (give(agent, title, now=timezone.now()) for title in ("One", "Two"))
    client.post(deed(two, "cancel"), {"reason": ""})
    chosen = {"index": "0", "select_across": "0", "_selected_action": [str(one.pk), str(two.pk)]}
    asked = client.post(LIST, {"action": "reprioritise", **chosen})
    assert fresh(one).priority == "normal"
    done = client.post(LIST, {**fields_of(asked.content.decode()), "priority": ["critical"]}).content.decode()
    assert "Done for 1 of 2." in done
    assert "This task is cancelled and stays so." in done
    assert (fresh(one).priority, fresh(two).priority) == ("critical", "normal")


def test_the_run_log_is_read_only(client: Client, agent: Agent, task: Task) -> None:
    now = timezone.now()
    running = claimed(agent, now=now)
    leases.complete(
        organization=agent.organization,
        task_id=running.pk,
        token=running.lease_token,
        result="<b>42</b>",
        by=itself(agent),
        now=now,
    )
    report = WorkReport.objects.get()
    html = client.get(page("workforce.workreport", "change", report.pk)).content.decode()
    assert "&lt;b&gt;42&lt;/b&gt;" in html
    assert client.post(page("workforce.workreport", "change", report.pk), {"text": "43"}).status_code == 403
    assert client.get(page("workforce.workreport", "add")).status_code == 403
    assert "&lt;b&gt;42&lt;/b&gt;" in client.get(page("workforce.task", "change", task.pk)).content.decode()


def test_the_list_is_searched_and_exported(client: Client, agent: Agent) -> None:
    give(agent, "Sort the inbox", now=timezone.now())
    give(agent, "=cmd()", now=timezone.now())
    found = client.get(LIST, {"q": "inbox"}).content.decode()
    assert "Sort the inbox" in found and "=cmd()" not in found
    chosen = [str(pk) for pk in Task.objects.values_list("pk", flat=True)]
    answer = client.post(LIST, {"action": "export_csv", "index": "0", "_selected_action": chosen})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("Title,Agent,Status")
    assert any(line.startswith("'=cmd()") for line in lines)
