"""The Task Queue: the table, its filters and downloads, and new tasks."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory, TeamFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, faults, parse
from tests.support.work import give
from workforce.choices import ActorKind
from workforce.models import Agent, Task
from workforce.rules.actors import Actor
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


def test_it_has_the_columns_and_says_first_what_waits(
    reader: Reader, alice: Any, agent: Agent, blocked: Task, at_now: datetime
) -> None:
    give(agent, "Sort the inbox", now=at_now, priority="high")
    give(agent, "Sort the outbox", now=at_now)
    page = parse(reader(alice).get("/tasks"))
    assert page.one("h1").text == "2 tasks wait; 1 is blocked."
    heads = [head.text for head in page.one("thead").all("th")]
    assert heads == ["Agent", "Type", "Title", "Priority", "Status", "Created", "Actions"]
    first = next(row for row in rows(page) if "customs" in row.text)
    assert "Waiting for input (Vera can unblock it): Which port?" in first.text
    badge = first.one("span", class_="badge")
    assert badge.text == "Blocked" and badge.one("use").attrs["href"].endswith("#blocked")
    assert [node.text for node in rows(page)[1].all("span", class_="st")] == ["High"]


def test_the_first_line_when_nothing_waits(reader: Reader, alice: Any, agent: Agent) -> None:
    page = parse(reader(alice).get("/tasks"))
    assert page.one("h1").text == "No task waits."
    assert page.one("div", class_="empty").one("a").attrs["href"] == "/tasks/new"


def test_a_row_says_what_it_waits_for(reader: Reader, alice: Any, agent: Agent, at_now: datetime) -> None:
    first = give(agent, "First", now=at_now)
    give(agent, "Second", now=at_now, needs=[first.pk], urgent=True, by=Actor(ActorKind.USER, str(alice.pk), "Alice"))
    give(agent, "Third", now=at_now, type="scheduled", scheduled_at=at_now + timedelta(hours=3))
    give(agent, "Fourth", now=at_now, due_at=at_now + timedelta(hours=5))
    page = parse(reader(alice).get("/tasks"))
    said = dict(zip(titles(page), [row.text for row in rows(page)], strict=True))
    assert "Waits for 1 task" in said["Second"] and "Urgent" in said["Second"]
    assert "Not before 17:32 , in 3 h" in said["Third"]
    assert "Due 19:32 , in 5 h" in said["Fourth"]


@pytest.fixture
def several(organization: Any, agent: Agent, colleague: Agent, at_now: datetime) -> None:
    growth = AgentFactory(
        organization=organization, team=TeamFactory(organization=organization, name="Growth"), agent_name="writer-01"
    )
    earlier = give(agent, "A old", now=at_now - timedelta(hours=2))
    give(colleague, "B high", now=at_now - timedelta(hours=1), priority="high", description="find this needle")
    give(growth, "C growth", now=at_now, type="continue", continues=earlier.pk)
    over = give(agent, "D over", now=at_now - timedelta(hours=3))
    services.complete(organization=organization, task_id=over.pk, by=Actor(ActorKind.SYSTEM, "x", "x"), now=at_now)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["C growth", "B high", "A old"]),
        ("?status=all", ["C growth", "B high", "A old", "D over"]),
        ("?status=completed", ["D over"]),
        ("?priority=high", ["B high"]),
        ("?type=continue", ["C growth"]),
        ("?pod=growth", ["C growth"]),
        ("?agent=SUPPORT-triage-02", ["B high"]),
        ("?q=needle", ["B high"]),
        ("?q=writer", ["C growth"]),
        ("?q=nothing+like+it", []),
        ("?sort=priority", ["B high", "A old", "C growth"]),
        ("?sort=-priority", ["C growth", "A old", "B high"]),
        ("?sort=created", ["A old", "B high", "C growth"]),
        ("?sort=-title", ["C growth", "B high", "A old"]),
        ("?sort=agent", ["A old", "B high", "C growth"]),
    ],
)
def test_the_address_holds_filters_and_order(
    reader: Reader, alice: Any, several: None, query: str, found: list[str]
) -> None:
    page = parse(reader(alice).get(f"/tasks{query}"))
    assert titles(page) == found
    assert notes(page) == []


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("status=nap", "“nap” is not a status of tasks; the open ones are shown."),
        ("priority=nap", "“nap” is not a priority; all are shown."),
        ("type=nap", "“nap” is not a type of tasks; all are shown."),
        ("agent=zebra", "There is no agent called “zebra” here; all are shown."),
        ("pod=zebra", "There is no such pod here; all are shown."),
        ("sort=zebra", "The table does not sort by “zebra”; the newest are first."),
        ("page=0", "“0” is not a page; this is the first."),
        ("page=x", "“x” is not a page; this is the first."),
    ],
)
def test_what_cannot_be_understood_is_named(reader: Reader, alice: Any, several: None, query: str, note: str) -> None:
    answer = reader(alice).get(f"/tasks?{query}")
    assert answer.status_code == 200
    assert notes(parse(answer)) == [note]
    assert len(titles(parse(answer))) == 3


def test_pages_follow_each_other(reader: Reader, alice: Any, agent: Agent, at_now: datetime) -> None:
    for number in range(60):
        give(agent, f"{number:02}", now=at_now - timedelta(minutes=number))
    client = reader(alice)
    first = parse(client.get("/tasks"))
    second = parse(client.get(first.one("a", rel="next").attrs["href"]))
    assert titles(first) + titles(second) == [f"{number:02}" for number in range(60)]
    assert not second.all("a", rel="next")
    assert titles(parse(client.get("/tasks?page=999999"))) == []


def test_the_download_is_safe_and_whole(reader: Reader, alice: Any, agent: Agent, at_now: datetime) -> None:
    for number in range(55):
        give(agent, f"=cmd|{number}", now=at_now)
    answer = reader(alice).get("/tasks.csv?page=2")
    head, *lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert head[:4] == ["Agent", "Pod", "Type", "Title"]
    assert len(lines) == 55
    assert all(line[3].startswith("'=cmd|") for line in lines)
    assert lines[0][7] == "2026-11-19T14:32:00+01:00"


def test_queries_do_not_grow_with_the_queue(
    reader: Reader, alice: Any, organization: Any, agent: Agent, at_now: datetime
) -> None:
    first = give(agent, "First", now=at_now)
    client = reader(alice)
    paths = ("/tasks", "/tasks/live", "/tasks?q=a&sort=priority", f"/tasks/{first.pk}")

    def measured() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        return counts

    measured()
    before = measured()
    for number in range(12):
        worker = AgentFactory(
            organization=organization, agent_name=f"w-{number}", team=TeamFactory(organization=organization)
        )
        give(worker, f"a{number}", now=at_now, needs=[first.pk], type="continue", continues=first.pk)
    assert measured() == before


def test_live_answers_304_until_something_changes(reader: Reader, alice: Any, task: Task, at_now: datetime) -> None:
    client = reader(alice)
    keys = parse(client.get("/tasks")).one("tbody", id="rows").attrs["data-keys"]
    answer = client.get("/tasks/live", headers={**HTMX, "X-Rows": keys})
    assert f'id="task-{task.pk}" hx-swap-oob="true"' in answer.content.decode()
    again = {**HTMX, "If-None-Match": answer["ETag"]}
    assert client.get("/tasks/live", headers=again).status_code == 304
    Task.objects.filter(pk=task.pk).update(urgent=True)
    assert client.get("/tasks/live", headers=again).status_code == 200


# Creating


def test_a_task_is_created_in_the_readers_zone(reader: Reader, alice: Any, agent: Agent, at_now: datetime) -> None:
    answer = post(
        reader(alice), "/tasks/new", agent="Support-Triage-01", title=" Sort the inbox ", description="All\r\nof it",
        priority="critical", type="scheduled", scheduled_at="2026-11-20T09:00", due_at="2026-11-20T17:30", urgent="1",
    )  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (302, "/tasks")
    made = Task.objects.get()
    assert (made.agent, made.title, made.description, made.priority) == (
        agent,
        "Sort the inbox",
        "All\nof it",
        "critical",
    )
    assert made.scheduled_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert made.due_at == datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert made.urgent
    page = parse(reader(alice).get(f"/tasks/{made.pk}/edit"))
    assert page.one("input", name="due_at").attrs["value"] == "2026-11-20T17:30"


def test_continue_and_delegation_name_what_they_need(
    reader: Reader, alice: Any, agent: Agent, colleague: Agent, task: Task
) -> None:
    client = reader(alice)
    common = {"agent": colleague.agent_name, "priority": "normal"}
    post(client, "/tasks/new", **common, title="More", type="continue", continues=str(task.pk))
    post(client, "/tasks/new", **common, title="Passed on", type="delegation", delegated_by=agent.agent_name)
    assert Task.objects.get(title="More").continues == task
    assert Task.objects.get(title="Passed on").delegated_by == agent


GOOD = {"agent": "support-triage-01", "title": "Sort", "description": "", "priority": "normal", "type": "new"}


@pytest.mark.parametrize(
    ("bad", "path", "sentence"),
    [
        ({"agent": ""}, "agent_id", "Say which agent is to do it."),
        ({"agent": "zebra"}, "agent_id", "There is no agent called “zebra” here."),
        ({"agent": "foreign-01"}, "agent_id", "There is no agent called “foreign-01” here."),
        ({"agent": "a\x00"}, "agent_id", "There is no agent called “a” here."),
        ({"title": "  "}, "title", "Say in a few words what is to be done."),
        ({"title": "x" * 201}, "title", "Use up to 200 plain characters on one line; this has 201."),
        ({"title": "a\x00b"}, "title", "Use up to 200 plain characters on one line; this has 3."),
        ({"description": "a\x00b"}, "description", "Remove the NUL character."),
        ({"description": "x" * 10_001}, "description", "Use at most 10,000 characters; this has 10,001."),
        ({"priority": "P0"}, "priority", "Choose one of: low, normal, high, critical."),
        ({"type": "old"}, "type", "Choose one of: new, continue, scheduled, delegation."),
        ({"type": "scheduled"}, "scheduled_at", "Say when it is to be done."),
        (
            {"type": "scheduled", "scheduled_at": "soon"},
            "scheduled_at",
            "Give a date and time such as 2026-11-19 14:30.",
        ),
        ({"due_at": "2026-11-18T10:00"}, "due_at", "Choose a moment in the future."),
        ({"due_at": "2027-03-28T02:30"}, "due_at", "Clocks skip this time that day. Choose an hour later."),
        ({"due_at": "0001-01-01T00:00"}, "due_at", None),
        ({"due_at": "9999-12-31T23:59"}, "due_at", None),
        ({"type": "continue"}, "continues", "Say which earlier task it continues."),
        ({"type": "continue", "continues": "zebra"}, "continues", "There is no such task in this organisation."),
        ({"type": "continue", "continues": NOWHERE}, "continues", "There is no such task in this organisation."),
        ({"type": "delegation"}, "delegated_by", "Say which agent of this organisation delegates it."),
        (
            {"type": "delegation", "delegated_by": "zebra"},
            "delegated_by",
            "Say which agent of this organisation delegates it.",
        ),
        (
            {"type": "delegation", "delegated_by": "support-triage-01"},
            "delegated_by",
            "This work came from that agent: it cannot go back to it by delegation.",
        ),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_refused_form_is_kept_with_the_sentence_beside_its_field(
    reader: Reader, alice: Any, agent: Agent, other_organization: Any, bad: dict[str, str], path: str,
    sentence: str | None, htmx: bool,
) -> None:  # fmt: skip
    AgentFactory(organization=other_organization, agent_name="foreign-01")
    typed = {**GOOD, **bad, "urgent": "1"}
    answer = reader(alice).post("/tasks/new", typed, headers=HTMX if htmx else {})
    assert answer.status_code in (400, 409)
    page = parse(answer)
    assert set(faults(page)) == {path}
    if sentence:
        assert faults(page)[path] == sentence
    assert "checked" in page.one("input", name="urgent").attrs
    if "title" not in bad:
        assert page.one("input", name="title").attrs["value"] == "Sort"
    assert not Task.objects.exists()


def test_every_fault_is_told_at_once(reader: Reader, alice: Any, agent: Agent) -> None:
    answer = post(reader(alice), "/tasks/new", agent="zebra", title="", priority="x", type="scheduled", due_at="never")
    assert set(faults(parse(answer))) == {"agent_id", "title", "priority", "scheduled_at", "due_at"}


def test_an_agent_that_has_left_gets_nothing(reader: Reader, alice: Any, agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(current_state="retired")
    answer = post(reader(alice), "/tasks/new", **GOOD)
    assert answer.status_code == 409
    assert "takes no more work" in faults(parse(answer))["agent_id"]
