"""What people do to tasks, one or many at once, and who may."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.factories import AgentFactory, TeamFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, faults, parse
from tests.support.work import give
from workforce.choices import ActorKind
from workforce.models import Agent, Task
from workforce.rules.actors import Actor
from workforce.services import leases
from workforce.services import tasks as services

Reader = Callable[..., Client]
NOWHERE = "0199a0b2-0000-7000-8000-000000000000"
DEEDS = ("done", "cancel", "reassign", "priority", "urgent", "not-urgent", "unblock", "edit")


@pytest.fixture
def task(agent: Agent, at_now: datetime) -> Task:
    return give(agent, now=at_now)


@pytest.fixture
def colleague(organization: Any, pod: Any, olga: Any) -> Agent:
    return AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name="support-triage-02")


@pytest.fixture
def blocked(agent: Agent, vera: Any, at_now: datetime) -> Task:
    """Vera, who may do nothing else, is named as the one who can unblock it."""
    made = give(agent, "Answer the customs office", now=at_now)
    Task.objects.filter(pk=made.pk).update(
        status="blocked", blocker_code="waiting_input", blocker_note="Which port?", blocked_at=at_now,
        unblock_user=vera, boost_at=None,
    )  # fmt: skip
    made.refresh_from_db()
    return made


def titles(page: Node) -> list[str]:
    return [row.one("td", class_="c-why").one("a").text for row in rows(page)]


def rows(page: Node) -> list[Node]:
    return [row for row in page.all("tr") if row.attrs.get("id", "").startswith("task-")]


def notes(page: Node) -> list[str]:
    return [p.text for p in page.all("p", class_="note")]


def post(client: Client, path: str, **data: Any) -> Any:
    return client.post(path, data)


# Rights


@pytest.mark.parametrize("name", ["alice", "lee", "olga", "hugo"])
def test_those_who_may_see_the_buttons(request: Any, reader: Reader, name: str, task: Task) -> None:
    client = reader(request.getfixturevalue(name))
    page = parse(client.get("/tasks"))
    assert page.all("a", id="create") and page.all("button", id=f"done-{task.pk}")
    assert client.get(f"/tasks/{task.pk}/cancel").status_code == 200
    assert client.get("/tasks/new").status_code == 200


def test_a_viewer_sees_no_buttons_and_is_refused(reader: Reader, vera: Any, task: Task, blocked: Task) -> None:
    client = reader(vera)
    page = parse(client.get("/tasks"))
    assert len(rows(page)) == 2
    assert not page.all("a", id="create") and not page.all("input", type="checkbox")
    assert not [node for node in page.all("td", class_="c-act") if node.text]
    assert "Continue in a new task" not in parse(client.get(f"/tasks/{task.pk}")).text
    for deed in DEEDS:
        assert client.get(f"/tasks/{task.pk}/{deed}").status_code == 403, deed
        assert client.post(f"/tasks/{task.pk}/{deed}").status_code == 403, deed
    assert client.get("/tasks/new").status_code == 403
    assert client.post("/tasks/new", {"agent": task.agent.agent_name, "title": "Sort"}).status_code == 403
    assert Task.objects.filter(status="queued").count() == 1


def test_the_one_who_is_named_may_unblock(reader: Reader, vera: Any, blocked: Task) -> None:
    client = reader(vera)
    page = parse(client.get(f"/tasks/{blocked.pk}"))
    assert [a.text for a in page.one("div", class_="note").all("a", class_="btn")] == ["Unblock"]
    assert post(client, f"/tasks/{blocked.pk}/unblock", asked="1", reason="Hamburg.").status_code == 302
    blocked.refresh_from_db()
    assert blocked.status == "queued"


@pytest.mark.parametrize("deed", ["", *(f"/{deed}" for deed in DEEDS)])
def test_a_foreign_task_is_not_there(reader: Reader, charlie: Any, task: Task, deed: str) -> None:
    client = reader(charlie)
    assert client.get(f"/tasks/{task.pk}{deed}").status_code == 404
    if deed:
        assert client.post(f"/tasks/{task.pk}{deed}", {"asked": "1"}).status_code == 404
    assert rows(parse(client.get("/tasks"))) == []
    assert client.post("/tasks/bulk", {"task": task.pk, "deed": "done", "asked": "1"}).status_code == 400
    task.refresh_from_db()
    assert task.status == "queued"


# Deeds


def test_done_in_place_says_so(reader: Reader, alice: Any, task: Task) -> None:
    answer = reader(alice).post(f"/tasks/{task.pk}/done", headers=HTMX)
    assert answer.status_code == 200
    assert "is done." in answer["HX-Trigger"]
    task.refresh_from_db()
    assert task.status == "completed"


def test_cancel_asks_first_and_names_the_task(reader: Reader, alice: Any, task: Task) -> None:
    client = reader(alice)
    page = parse(client.get(f"/tasks/{task.pk}/cancel", headers=HTMX))
    assert page.one("dialog").one("h2").text == "Cancel “Sort the inbox”?"
    assert "stops permanently" in page.text
    task.refresh_from_db()
    assert task.status == "queued"
    post(client, f"/tasks/{task.pk}/cancel", asked="1", reason="Not needed.")
    task.refresh_from_db()
    assert (task.status, task.cancel_reason) == ("cancelled", "Not needed.")


@pytest.mark.parametrize(
    ("deed", "bad", "path"),
    [
        ("cancel", {"reason": "x" * 501}, "reason"),
        ("cancel", {"reason": "a\x00"}, "reason"),
        ("done", {"result": "a\x00"}, "result"),
        ("reassign", {"agent": "zebra", "reason": "Busy."}, "agent_id"),
        ("reassign", {"agent": ""}, "agent_id"),
        ("reassign", {"agent": "a\x00"}, "agent_id"),
        ("reassign", {"agent": "support-triage-01"}, "form"),
        ("priority", {"priority": "P0"}, "priority"),
        ("urgent", {"reason": "x" * 501}, "reason"),
        ("unblock", {}, "form"),
        ("edit", {"title": "", "priority": "low"}, "title"),
        ("edit", {"title": "x", "priority": "zz"}, "priority"),
        ("edit", {"title": "x", "priority": "low", "due_at": "now"}, "due_at"),
    ],
)
def test_a_refused_deed_keeps_what_was_typed(
    reader: Reader, alice: Any, task: Task, deed: str, bad: dict[str, str], path: str
) -> None:
    answer = post(reader(alice), f"/tasks/{task.pk}/{deed}", asked="1", **bad)
    assert answer.status_code in (400, 409)
    page = parse(answer)
    assert set(faults(page)) == {path}
    if bad.get("reason") == "Busy.":
        assert page.one("textarea", name="reason").text == "Busy."
    before = task.updated_at
    task.refresh_from_db()
    assert task.updated_at == before


def test_reassign_reprioritise_urgent_and_edit(reader: Reader, alice: Any, task: Task, colleague: Agent) -> None:
    client = reader(alice)
    for deed, data in {
        "reassign": {"agent": colleague.agent_name, "reason": "Busy."},
        "priority": {"priority": "high"},
        "urgent": {"reason": "Ship waits."},
        "edit": {"title": "Sort it all", "description": "", "priority": "low", "due_at": "2026-12-01T10:00"},
    }.items():
        answer = client.post(f"/tasks/{task.pk}/{deed}?back=task", {"asked": "1", **data}, headers=HTMX)
        assert answer["HX-Redirect"] == f"/tasks/{task.pk}", deed
    task.refresh_from_db()
    assert (task.agent, task.priority, task.urgent, task.title) == (colleague, "low", True, "Sort it all")
    said = parse(client.get(f"/tasks/{task.pk}")).text
    assert "Reassigned from support-triage-01 to support-triage-02" in said
    assert "Marked urgent" in said and "Ship waits." in said
    assert "priority from Normal to High" in said


def test_what_is_over_stays_so(reader: Reader, alice: Any, task: Task) -> None:
    client = reader(alice)
    client.post(f"/tasks/{task.pk}/done")
    answer = client.post(f"/tasks/{task.pk}/cancel", {"asked": "1"})
    assert answer.status_code == 409
    assert faults(parse(answer)) == {"form": "This task is completed and stays so."}
    assert client.post(f"/tasks/{task.pk}/done").status_code == 302  # the same outcome again
    page = parse(client.get(f"/tasks/{task.pk}"))
    assert [a.text for a in page.one("main").all("a", class_="btn")] == ["Continue in a new task"]


def test_the_page_shows_chain_needs_and_late_reports(
    reader: Reader, alice: Any, agent: Agent, task: Task, at_now: datetime
) -> None:
    give(agent, "Next part", now=at_now, type="continue", continues=task.pk)
    give(agent, "Waiting one", now=at_now, needs=[task.pk])
    by = Actor(ActorKind.AGENT, str(agent.pk), agent.agent_name, agent_id=agent.pk)
    Task.objects.filter(pk=task.pk).update(
        status="in_progress", lease_token=1, lease_expires_at=at_now + timedelta(minutes=5), boost_at=None
    )
    services.cancel(organization=agent.organization, task_id=task.pk, by=Actor(ActorKind.SYSTEM, "x", "x"), now=at_now)
    with pytest.raises(services.Conflict):
        leases.complete(
            organization=agent.organization, task_id=task.pk, token=1, result="<b>too late</b>", by=by, now=at_now
        )
    answer = reader(alice).get(f"/tasks/{task.pk}")
    page = parse(answer)
    assert "Next part" in page.text and "Waiting one" in page.text
    assert "Reported too late: completed. It changed nothing" in page.text
    assert "&lt;b&gt;too late" in answer.content.decode()


# Many at once


def test_bulk_asks_then_does_and_names_what_was_refused(
    reader: Reader, lee: Any, organization: Any, agent: Agent, at_now: datetime
) -> None:
    mine = [give(agent, f"Mine {number}", now=at_now) for number in range(2)]
    other = AgentFactory(organization=organization, team=TeamFactory(organization=organization), agent_name="other-01")
    foreign = give(other, "Not Lee’s", now=at_now)
    client, ids = reader(lee), [str(task.pk) for task in [*mine, foreign]]
    asked = parse(client.post("/tasks/bulk", {"task": ids, "deed": "cancel"}, headers=HTMX))
    assert asked.one("dialog").one("h2").text == "Cancel 3 tasks?"
    assert Task.objects.filter(status="queued").count() == 3
    answer = parse(client.post("/tasks/bulk", {"task": ids, "deed": "cancel", "asked": "1"}, headers=HTMX))
    assert "2 tasks are cancelled." in answer.text
    assert [li.one("b").text for li in answer.all("li")] == ["Not Lee’s"]
    assert "You may not do this to other-01." in answer.text
    assert Task.objects.filter(status="cancelled").count() == 2


@pytest.mark.parametrize(
    ("deed", "data", "change"),
    [
        ("done", {}, {"status": "completed"}),
        ("priority", {"priority": "critical"}, {"priority": "critical"}),
        ("reassign", {"agent": "support-triage-02"}, {"agent__agent_name": "support-triage-02"}),
    ],
)
def test_bulk_deeds(
    reader: Reader, alice: Any, agent: Agent, colleague: Agent, at_now: datetime, deed: str, data: Any, change: Any
) -> None:
    ids = [str(give(agent, f"T{number}", now=at_now).pk) for number in range(3)]
    answer = post(reader(alice), "/tasks/bulk", task=ids, deed=deed, asked="1", **data)
    assert answer.status_code == 302
    assert Task.objects.filter(**change).count() == 3


@pytest.mark.parametrize(
    "data",
    [
        {"deed": "done"},
        {"deed": "explode", "task": [NOWHERE]},
        {"deed": "done", "task": ["x"]},
        {"deed": "done", "task": [NOWHERE]},
        {"deed": "done", "task": [str(UUID(int=number)) for number in range(201)]},
        {},
    ],
)
def test_bad_bulk_is_refused(reader: Reader, alice: Any, task: Task, data: Any) -> None:
    assert reader(alice).post("/tasks/bulk", {**data, "asked": "1"}).status_code == 400
    task.refresh_from_db()
    assert task.status == "queued"
