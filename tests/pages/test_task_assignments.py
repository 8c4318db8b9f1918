"""The task page's Assignments: owner and others, what holds them up, what waits, and the handoffs (R7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory
from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.pages.html import Node, parse
from tests.support.actors import SYSTEM
from tests.support.parts import assign, owner_of, stream
from tests.support.work import give
from workforce.models import Agent, Assignment, Task, Workstream
from workforce.services import assignments, tasks

Reader = Callable[..., Client]


@pytest.fixture
def relaunch(organization: Any, alice: Any, now: datetime) -> Workstream:
    return stream(organization, "Relaunch <1>", now=now, dri_user=alice.pk)


@pytest.fixture
def near(organization: Any, agent: Agent, olga: Any) -> Agent:
    return AgentFactory(organization=organization, team=agent.team, owner_user=olga, agent_name="support-02")


@pytest.fixture
def task(agent: Agent, relaunch: Workstream, now: datetime) -> Task:
    return give(agent, now=now, workstream_id=relaunch.pk, due_at=now + timedelta(days=1))


def part(verb: Any, assignment: Assignment, now: datetime, **more: Any) -> Any:
    return verb(organization=assignment.organization, assignment_id=assignment.pk, by=SYSTEM, now=now, **more)


def section(client: Client, task: Task) -> Node:
    return parse(client.get(f"/tasks/{task.pk}")).one("section", aria_labelledby="parts")


def lines(found: Node, table: int = 0) -> list[list[str]]:
    body = found.all("table")[table].one("tbody")
    return [[cell.text for cell in row.all("td")] for row in body.all("tr")]


def test_a_task_in_no_workstream_has_no_such_section(
    reader: Reader, alice: Any, agent: Agent, task: Task, now: datetime
) -> None:
    client, free = reader(alice), give(agent, now=now)
    page = parse(client.get(f"/tasks/{free.pk}"))
    assert not page.all("section", aria_labelledby="parts")
    with CaptureQueriesContext(connection) as without:
        client.get(f"/tasks/{free.pk}")
    with CaptureQueriesContext(connection) as within:
        client.get(f"/tasks/{task.pk}")
    assert not [query for query in without if "workforce_assignment" in query["sql"]]
    assert len(within) == len(without) + 4


def test_owner_others_and_who_answers_for_it(
    reader: Reader, vera: Any, near: Agent, relaunch: Workstream, task: Task, now: datetime
) -> None:
    assign(near, relaunch, "reviewer", task_id=task.pk, percent_complete=20, now=now)
    found = section(reader(vera), task)
    assert "Workstream Relaunch <1> . Alice answers for it (DRI)." in found.text
    owner, other = lines(found)
    assert owner[1:] == ["Owner", "Active Due Fri 14:32", "Nothing"] and "support-triage-01" in owner[0]
    assert other[1:] == ["Reviewer", "Active 20 %", "Nothing"] and "support-02" in other[0]


def test_what_holds_up_and_who_can_end_it(
    reader: Reader, alice: Any, near: Agent, relaunch: Workstream, task: Task, now: datetime
) -> None:
    helper = assign(near, relaunch, task_id=task.pk, now=now)
    part(assignments.block, helper, now, code="policy", note="May I?", unblock_user=alice.pk)
    assert lines(section(reader(alice), task))[1][2] == "Blocked Policy: May I? (Alice can unblock it)"


def test_what_waits_on_what(
    reader: Reader, alice: Any, agent: Agent, near: Agent, relaunch: Workstream, task: Task, now: datetime
) -> None:
    before, after = assign(near, relaunch, now=now), give(near, "Publish", now=now, workstream_id=relaunch.pk)
    part(assignments.edit, owner_of(task), now, changes={"needs": [before.pk]})
    part(assignments.edit, owner_of(after), now, changes={"needs": [owner_of(task).pk]})
    client = reader(alice)
    found = section(client, task)
    assert lines(found)[0][3] == (
        "Waits for support-02, contributor of Relaunch <1> Active support-02, owner of Publish , waits for this"
    )
    assert [a.attrs["href"] for a in found.all("a")] == [f"/tasks/{after.pk}"]
    assert "Waits for support-triage-01, owner of Sort the inbox" in section(client, after).text


def test_the_chain_of_handoffs(
    reader: Reader, alice: Any, agent: Agent, near: Agent, task: Task, now: datetime
) -> None:
    pass_on = {"organization": task.organization, "task_id": task.pk, "by": SYSTEM}
    tasks.reassign(**pass_on, agent_id=near.pk, reason="On leave.", now=now)
    tasks.reassign(**pass_on, agent_id=agent.pk, reason="Back.", now=now + timedelta(minutes=1))
    found = section(reader(alice), task)
    assert len(lines(found)) == 1
    assert [line[1:] for line in lines(found, 1)] == [
        ["support-triage-01", "support-02", "On leave.", "Tests"],
        ["support-02", "support-triage-01", "Back.", "Tests"],
    ]


# The form.


def field(client: Client, path: str, data: Any = None) -> Node:
    answer = client.get(path) if data is None else client.post(path, data)
    return parse(answer).one("input", name="workstream")


def test_no_workstream_no_field(reader: Reader, alice: Any, agent: Agent) -> None:
    assert not parse(reader(alice).get("/tasks/new")).all("input", name="workstream")


def test_a_task_is_created_in_a_workstream(
    reader: Reader, alice: Any, agent: Agent, relaunch: Workstream, organization: Any, now: datetime
) -> None:
    client = reader(alice)
    stream(organization, "Closed", now=now)
    Workstream.objects.filter(name="Closed").update(closed_at=now)
    offered = parse(client.get("/tasks/new")).one("datalist", id="workstreams")
    assert [option.attrs["value"] for option in offered.all("option")] == ["Relaunch <1>"]
    typed = {"agent": agent.agent_name, "title": "Sort", "priority": "normal", "type": "new"}
    assert client.post("/tasks/new", {**typed, "workstream": "relaunch <1>"}).status_code == 302
    assert owner_of(Task.objects.get()).workstream == relaunch
    for wrong, words in (
        ("Nothing", "There is no workstream called “Nothing” here."),
        ("Closed", "“Closed” is closed and takes no more work. Choose another workstream."),
    ):
        answer = client.post("/tasks/new", {**typed, "workstream": wrong})
        page = parse(answer)
        assert answer.status_code == 400
        assert page.one("input", name="workstream").attrs["value"] == wrong
        assert page.one(id="fault-workstream_id-0").text == words
    assert Task.objects.count() == 1


def test_pods_that_would_mix_are_refused_beside_the_field(
    reader: Reader, alice: Any, agent: Agent, organization: Any, task: Task, relaunch: Workstream
) -> None:
    Workstream.objects.update(dri_user=None)
    far = AgentFactory(organization=organization, owner_user=alice, agent_name="far")
    typed = {"agent": far.agent_name, "title": "Sort", "priority": "normal", "type": "new"}
    answer = reader(alice).post("/tasks/new", {**typed, "workstream": relaunch.name})
    assert answer.status_code == 409
    assert "Name its DRI first." in parse(answer).one(id="fault-workstream_id-0").text


def test_a_task_enters_a_workstream_and_changes_it(
    reader: Reader, alice: Any, agent: Agent, relaunch: Workstream, organization: Any, now: datetime
) -> None:
    client, task = reader(alice), give(agent, now=now)
    stream(organization, "Second", now=now)
    typed = {"title": task.title, "description": "", "priority": "normal"}
    path = f"/tasks/{task.pk}/edit"
    for name in (relaunch.name, "Second"):
        assert client.post(path, {**typed, "workstream": name}).status_code == 302
        assert owner_of(task).workstream.name == name
        assert field(client, path).attrs["value"] == name
    assert client.post(path, {**typed, "workstream": "Second", "title": "Sort it"}).status_code == 302
    answer = client.post(path, {**typed, "workstream": ""})
    assert answer.status_code == 400
    words = parse(answer).one(id="fault-workstream_id-0").text
    assert words == "A task leaves its workstream only for another one. Choose that."


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_reads_in_a_browser(
    desk: Desk, alice: Any, agent: Agent, near: Agent, relaunch: Workstream, now: datetime, width: int
) -> None:
    task = give(agent, "Sort the refund tickets of this week", now=now, workstream_id=relaunch.pk)
    helper = assign(near, relaunch, task_id=task.pk, now=now)
    part(assignments.block, helper, now, code="policy", note="May I?")
    part(assignments.edit, owner_of(task), now, changes={"needs": [helper.pk]})
    away = AgentFactory(organization=agent.organization, team=agent.team, agent_name="support-03")
    tasks.reassign(
        organization=task.organization, task_id=task.pk, agent_id=away.pk, reason="On leave.", by=SYSTEM, now=now
    )
    page = desk.open(alice, f"/tasks/{task.pk}", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#parts").scroll_into_view_if_needed()
    assert page.locator("section[aria-labelledby=parts] tbody tr").count() == 3
    assert "Waits for support-02, contributor of this task" in page.locator("tbody tr").first.inner_text()
    assert stoppers(page) == []
