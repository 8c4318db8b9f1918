"""What a task waits for, on the pages that make and change it (spec R7)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.pages.conftest import HTMX
from tests.pages.html import Node, faults, parse
from tests.support.actors import SYSTEM
from tests.support.work import claimed, give
from workforce.models import Agent, Task
from workforce.services import tasks as services

Reader = Callable[..., Client]


@pytest.fixture
def task(agent: Agent, at_now: datetime) -> Task:
    return give(agent, now=at_now)


def shown(page: Node) -> list[str]:
    return [field.attrs["value"] for field in page.all("input", name="need")]


def test_what_it_waits_for_is_chosen_by_name(reader: Reader, alice: Any, agent: Agent, task: Task) -> None:
    client = reader(alice)
    named = {"agent": agent.agent_name, "title": "Ship", "priority": "low", "type": "new", "need": [task.title, ""]}
    answer = client.post("/tasks/new", named)
    assert answer.status_code == 302
    made = Task.objects.get(title="Ship")
    assert (made.open_needs, [need.needs for need in made.needs.all()]) == (1, [task])
    assert shown(parse(client.get(f"/tasks/{made.pk}/edit"))) == [task.title, "", ""]


def test_it_is_changed_with_the_reason(reader: Reader, alice: Any, agent: Agent, task: Task, at_now: datetime) -> None:
    first, same = give(agent, "Same", now=at_now), give(agent, "Same", now=at_now)
    client, edit = reader(alice), {"title": task.title, "priority": "normal", "reason": "Parts are missing."}
    path = f"/tasks/{task.pk}/edit"
    assert client.post(path, {**edit, "need": [str(first.pk), "Same"]}).status_code == 302
    assert set(task.needs.values_list("needs", flat=True)) == {first.pk, same.pk}
    assert set(shown(parse(client.get(path)))) == {str(first.pk), "Same", ""}
    story = parse(client.get(f"/tasks/{task.pk}")).text
    assert "Changed what it waits for" in story and "Parts are missing." in story
    assert client.post(path, {**edit, "need": ["", ""]}).status_code == 302
    assert not task.needs.exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_what_cannot_be_waited_for_is_told_there(
    reader: Reader, alice: Any, agent: Agent, task: Task, at_now: datetime, htmx: bool
) -> None:
    client, headers = reader(alice), HTMX if htmx else {}
    other = give(agent, "Other", now=at_now, needs=[task.pk])
    path, edit = f"/tasks/{task.pk}/edit", {"title": "Not written", "priority": "normal"}
    for named, sentence in (
        ("zebra", "There is no task “zebra” in this organisation."),
        (other.title, "It would come to wait for itself: what it is to wait for waits for it."),
    ):
        answer = client.post(path, {**edit, "need": [named, ""]}, headers=headers)
        page = parse(answer)
        assert (answer.status_code in (400, 409), faults(page)) == (True, {"needs": sentence})
        assert page.all("input", name="need")[0].attrs["value"] == named
    task.refresh_from_db()
    assert task.title != "Not written"


def test_of_a_task_in_progress_it_is_not_asked(reader: Reader, alice: Any, agent: Agent, at_now: datetime) -> None:
    first = give(agent, "First", now=at_now)
    services.complete(organization=agent.organization, task_id=first.pk, by=SYSTEM, now=at_now)
    task = give(agent, "Second", now=at_now, needs=[first.pk])
    assert claimed(agent, now=at_now) == task
    client, path = reader(alice), f"/tasks/{task.pk}/edit"
    assert not parse(client.get(path)).all("input", name="need")
    assert client.post(path, {"title": "Renamed", "priority": "normal"}).status_code == 302
    assert (Task.objects.get(pk=task.pk).title, task.needs.count()) == ("Renamed", 1)
