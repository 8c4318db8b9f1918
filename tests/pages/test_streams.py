"""Workstreams and who works in them, on their pages (001 §1.2, spec R7, U6)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory, TeamFactory
from tests.pages.html import Node, faults, parse
from tests.support.actors import SYSTEM
from tests.support.work import give, state_of
from workforce.models import Agent, Assignment, Workstream
from workforce.services import assignments, workstreams

Reader = Callable[..., Client]


@pytest.fixture
def stream(organization: Any, at_now: datetime) -> Workstream:
    return workstreams.create(organization=organization, data={"name": "Year end"}, by=SYSTEM, now=at_now)


@pytest.fixture
def far(organization: Any) -> Agent:
    """An agent of another pod."""
    other = TeamFactory(organization=organization, name="Finance")
    return AgentFactory(organization=organization, team=other, agent_name="ledger-01")


@pytest.fixture
def part(stream: Workstream, agent: Agent, at_now: datetime) -> Assignment:
    return assign(stream, agent, at_now)


def assign(stream: Workstream, agent: Agent, now: datetime, **more: Any) -> Assignment:
    data = {"agent_id": agent.pk, "workstream_id": stream.pk, "role": "contributor", **more}
    return assignments.create(organization=stream.organization, data=data, by=SYSTEM, now=now)


def listed(page: Node) -> list[list[str]]:
    """The cells of the first table, row by row."""
    return [[cell.text for cell in row.all("td")] for row in page.all("tbody")[0].all("tr")]


def deed(part: Assignment, name: str) -> str:
    return f"/assignments/{part.pk}/{name}"


# The list


def test_it_says_who_answers_and_what_is_open(
    reader: Reader, alice: Any, olga: Any, stream: Workstream, part: Assignment, far: Agent, at_now: datetime
) -> None:
    workstreams.edit(
        organization=stream.organization, workstream_id=stream.pk, changes={"dri_user": olga.pk}, by=SYSTEM, now=at_now
    )
    blocked = assign(stream, far, at_now)
    assignments.block(organization=stream.organization, assignment_id=blocked.pk, code="policy", by=SYSTEM, now=at_now)
    workstreams.create(organization=stream.organization, data={"name": "Archive"}, by=SYSTEM, now=at_now)
    page = parse(reader(alice).get("/workstreams"))
    assert listed(page) == [["Archive", "None", "", "0", "0"], ["Year end", olga.name, "Finance, Support", "2", "1"]]


def test_it_is_searched_and_closed_ones_are_apart(
    reader: Reader, alice: Any, stream: Workstream, at_now: datetime
) -> None:
    old = workstreams.create(organization=stream.organization, data={"name": "Old year"}, by=SYSTEM, now=at_now)
    workstreams.close(organization=stream.organization, workstream_id=old.pk, by=SYSTEM, now=at_now)
    client = reader(alice)
    assert [row[0] for row in listed(parse(client.get("/workstreams?q=year")))] == ["Year end"]
    assert [row[0] for row in listed(parse(client.get("/workstreams?closed=1")))] == ["Old year"]
    assert "No workstream matches." in parse(client.get("/workstreams?q=zebra")).text
    lines = b"".join(client.get("/workstreams.csv?closed=1").streaming_content).decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["Workstream", "Old year"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 20, "%00"])
def test_a_page_that_is_none_is_the_first(reader: Reader, alice: Any, stream: Workstream, page: str) -> None:
    answer = reader(alice).get(f"/workstreams?page={page}")
    assert answer.status_code == 400 if page == "%00" else listed(parse(answer))[0][0] == "Year end"


def test_empty_says_what_to_do(reader: Reader, alice: Any, vera: Any, agent: Agent) -> None:
    assert parse(reader(alice).get("/workstreams")).one("div", class_="empty").one("a").attrs["href"] == (
        "/workstreams/new"
    )
    assert not parse(reader(vera).get("/workstreams")).one("div", class_="empty").all("a")


# Made, changed, closed


def test_it_is_made_and_changed(reader: Reader, alice: Any, olga: Any, agent: Agent) -> None:
    client = reader(alice)
    answer = client.post("/workstreams/new", {"name": "Year end", "description": "All of it.", "dri": olga.email})
    made = Workstream.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/workstreams/{made.pk}")
    assert (made.name, made.description, made.dri) == ("Year end", "All of it.", olga)
    assert f"{olga.name} answers for it (DRI)." in parse(client.get(f"/workstreams/{made.pk}")).text
    form = parse(client.get(f"/workstreams/{made.pk}/edit"))
    assert form.one("input", name="dri").attrs["value"] == olga.email
    client.post(f"/workstreams/{made.pk}/edit", {"name": "Year-end", "dri": agent.agent_name})
    made.refresh_from_db()
    assert (made.name, made.dri_user, made.dri_agent) == ("Year-end", None, agent)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, {"name": "Give a name of 1 to 120 characters on one line."}),
        ({"name": "x" * 121}, {"name": "Give a name of 1 to 120 characters on one line."}),
        ({"name": "year END"}, {"name": "There is already a workstream called year END."}),
        ({"description": "x" * 4_001}, {"description": "Use at most 4,000 characters; this has 4,001."}),
        ({"dri": "zebra"}, {"dri": "There is nobody called “zebra” here."}),
        (
            {"dri": "zebra", "name": ""},
            {"dri": "There is nobody called “zebra” here.", "name": "Give a name of 1 to 120 characters on one line."},
        ),
        ({"dri": "gone-01"}, {"dri": "gone-01 is retired and cannot answer for it."}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    reader: Reader, alice: Any, stream: Workstream, typed: dict[str, str], said: dict[str, str]
) -> None:
    AgentFactory(organization=stream.organization, agent_name="gone-01", current_state="retired")
    form = {"name": "New", "description": "Words", "dri": "", **typed}
    answer = reader(alice).post("/workstreams/new", form)
    page = parse(answer)
    assert (answer.status_code, faults(page)) == (400, said)
    assert page.one("main").one("input", name="name").attrs["value"] == form["name"]
    assert Workstream.objects.count() == 1


def test_pods_mix_only_under_a_dri(
    reader: Reader, alice: Any, stream: Workstream, part: Assignment, far: Agent
) -> None:
    client, path = reader(alice), f"/workstreams/{stream.pk}/assign"
    answer = client.post(path, {"agent": far.agent_name, "role": "owner"})
    assert answer.status_code == 409
    assert faults(parse(answer)) == {
        "agent_id": "“Year end” would have assignments in Finance and Support, but nobody answers for it. "
        "Name its DRI first."
    }
    client.post(f"/workstreams/{stream.pk}/edit", {"name": "Year end", "dri": alice.email})
    assert client.post(path, {"agent": far.agent_name, "role": "owner"}).status_code == 302
    answer = client.post(f"/workstreams/{stream.pk}/edit", {"name": "Year end", "dri": ""})
    assert (answer.status_code, set(faults(parse(answer)))) == (409, {"dri"})


def test_it_is_closed_once_nothing_is_open(reader: Reader, alice: Any, stream: Workstream, part: Assignment) -> None:
    client, path = reader(alice), f"/workstreams/{stream.pk}/close"
    answer = client.post(path, {"reason": "Over."})
    assert answer.status_code == 409
    assert faults(parse(answer))["form"].startswith("“Year end” has 1 open assignment.")
    client.post(deed(part, "complete"), {"reason": "All sorted."})
    assert client.post(path, {"reason": "x" * 501}).status_code == 400
    assert client.post(path, {"reason": "Over."}).status_code == 302
    stream.refresh_from_db()
    assert stream.is_closed
    assert "Closed" in parse(client.get(f"/workstreams/{stream.pk}")).text
    assert client.post(path, {"reason": ""}).status_code == 302
    stream.refresh_from_db()
    assert not stream.is_closed


# Assignments


def test_an_agent_is_assigned_with_or_without_a_task(
    reader: Reader, alice: Any, stream: Workstream, agent: Agent, at_now: datetime
) -> None:
    client, path = reader(alice), f"/workstreams/{stream.pk}/assign"
    assert (
        client.post(path, {"agent": agent.agent_name, "role": "reviewer", "due_at": "2026-11-20T09:00"}).status_code
        == 302
    )
    review = Assignment.objects.get()
    assert (review.role, review.task, review.due_at) == ("reviewer", None, at_now.replace(day=20, hour=8, minute=0))
    task = give(agent, "Close the books", now=at_now)
    assert client.post(path, {"agent": agent.agent_name, "role": "owner", "task": "Close the books"}).status_code == 302
    task.refresh_from_db()
    assert task.workstream == stream
    rows = listed(parse(client.get(f"/workstreams/{stream.pk}")))
    assert [(row[1], row[2]) for row in rows] == [("Reviewer", ""), ("Owner", "Close the books")]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"agent": ""}, {"agent_id": "Say which agent is assigned."}),
        ({"agent": "zebra"}, {"agent_id": "There is no such agent in this organisation."}),
        ({"role": "boss"}, {"role": "Choose one of: owner, contributor, reviewer, observer."}),
        ({"task": "zebra"}, {"task": "There is no such task in this organisation."}),
        ({"due_at": "2020-01-01T10:00"}, {"due_at": "Choose a moment in the future."}),
        (
            {"due_at": "soon", "role": "boss"},
            {
                "due_at": "Give a date and time such as 2026-11-19 14:30.",
                "role": "Choose one of: owner, contributor, reviewer, observer.",
            },
        ),
    ],
)
def test_an_assignment_that_cannot_be(
    reader: Reader, alice: Any, stream: Workstream, agent: Agent, typed: dict[str, str], said: dict[str, str]
) -> None:
    answer = reader(alice).post(
        f"/workstreams/{stream.pk}/assign", {"agent": agent.agent_name, "role": "contributor", **typed}
    )
    assert (answer.status_code, faults(parse(answer))) == (400, said)
    assert not Assignment.objects.exists()


def test_it_is_blocked_and_unblocked(reader: Reader, alice: Any, olga: Any, part: Assignment, agent: Agent) -> None:
    client, path = reader(alice), deed(part, "block")
    refused = client.post(path, {"code": "", "unblocker": "zebra", "note": "Which ledger?"})
    assert (refused.status_code, faults(parse(refused))) == (400, {"unblocker": "There is nobody called “zebra” here."})
    assert parse(refused).one("textarea", name="note").text == "Which ledger?"
    assert faults(parse(client.post(path, {"code": ""})))["code"].startswith("Choose one of: waiting_input")
    said = {"code": "waiting_input", "unblocker": olga.email, "note": "Which ledger?"}
    assert client.post(path, said).status_code == 302
    page = parse(client.get(f"/workstreams/{part.workstream_id}"))
    assert f"Waiting for input: Which ledger? ({olga.name} can unblock it)" in page.text
    assert state_of(agent) == "blocked"
    assert reader(olga).post(deed(part, "unblock"), {"reason": "The green one."}).status_code == 302
    part.refresh_from_db()
    assert (part.status, part.blocker_code, part.unblock_user) == ("active", "", None)


def test_it_is_handed_off_with_a_reason(
    reader: Reader, alice: Any, part: Assignment, pod: Any, organization: Any
) -> None:
    other = AgentFactory(organization=organization, team=pod, agent_name="support-triage-02")
    client, path = reader(alice), deed(part, "hand-off")
    assert faults(parse(client.post(path, {"agent": other.agent_name}))) == {
        "reason": "Say why it goes to somebody else."
    }
    assert faults(parse(client.post(path, {"agent": "zebra", "reason": "x"}))) == {
        "agent_id": "There is no such agent in this organisation."
    }
    assert client.post(path, {"agent": other.agent_name, "reason": "Knows the ledger."}).status_code == 302
    taken = Assignment.objects.get(agent=other)
    assert (taken.handed_from, taken.handoff_reason) == (part, "Knows the ledger.")
    page = parse(client.get(f"/workstreams/{part.workstream_id}"))
    assert "From support-triage-01: Knows the ledger." in page.text
    again = client.post(path, {"agent": other.agent_name, "reason": "x"})
    assert (again.status_code, faults(parse(again))) == (
        409, {"agent_id": "This assignment went on to support-triage-02."}
    )  # fmt: skip


def test_what_it_waits_for_is_ticked(
    reader: Reader, alice: Any, stream: Workstream, part: Assignment, pod: Any, at_now: datetime
) -> None:
    other = assign(stream, AgentFactory(organization=stream.organization, team=pod, agent_name="first-01"), at_now)
    client = reader(alice)
    typed = {"needs": [str(other.pk)], "percent": "40", "due_at": "2026-11-21T10:00"}
    assert client.post(deed(part, "edit"), typed).status_code == 302
    part.refresh_from_db()
    assert (part.percent_complete, list(part.needs.values_list("needs", flat=True))) == (40, [other.pk])
    text = parse(client.get(f"/workstreams/{stream.pk}")).text
    assert "Waits for first-01, contributor" in text and "support-triage-01, contributor, waits for this" in text
    form = parse(client.get(deed(part, "edit")))
    assert "checked" in form.one("input", name="needs").attrs
    assert form.one("input", name="due_at").attrs["value"] == "2026-11-21T10:00"
    circle = client.post(deed(other, "edit"), {"needs": [str(part.pk)]})
    assert (circle.status_code, set(faults(parse(circle)))) == (409, {"needs"})
    for wrong, path in (({"percent": "101"}, "percent"), ({"needs": "x"}, "needs"), ({"due_at": "soon"}, "due_at")):
        answer = client.post(deed(part, "edit"), {**typed, **wrong})
        assert (answer.status_code, set(faults(parse(answer)))) == (400, {path})


# Rights


def test_others_see_and_do_nothing(
    reader: Reader, vera: Any, charlie: Any, stream: Workstream, part: Assignment
) -> None:
    page = parse(reader(vera).get(f"/workstreams/{stream.pk}"))
    assert page.one("h1").text == "Year end"
    assert not [link for link in page.one("main").all("a") if "/assignments/" in link.attrs["href"]]
    mine = [f"/workstreams/{stream.pk}/{name}" for name in ("edit", "close", "assign")] + ["/workstreams/new"]
    for path in mine:
        assert reader(vera).post(path, {"name": "Mine"}).status_code == 403, path
    for name, typed in (
        ("edit", {"percent": "1"}),
        ("block", {"code": "policy"}),
        ("unblock", {}),
        ("complete", {}),
        ("hand-off", {"agent": part.agent.agent_name, "reason": "x"}),
    ):
        assert reader(vera).post(deed(part, name), typed).status_code == 403, name
        assert reader(charlie).post(deed(part, name), typed).status_code == 404, name
    for path in (f"/workstreams/{stream.pk}", *mine[:3]):
        assert reader(charlie).get(path).status_code == 404, path
    part.refresh_from_db()
    assert part.status == "active"


def test_more_rows_take_no_more_queries(
    reader: Reader, alice: Any, stream: Workstream, part: Assignment, pod: Any, at_now: datetime
) -> None:
    client = reader(alice)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as done:
            assert client.get(path).status_code == 200
        return len(done)

    paths = ["/workstreams", f"/workstreams/{stream.pk}"]
    first = [queries(path) for path in paths for _ in range(2)][1::2]
    for number in range(5):
        other = AgentFactory(organization=stream.organization, team=pod, agent_name=f"more-0{number}")
        assign(stream, other, at_now, needs=[part.pk], due_at=at_now + timedelta(days=1))
        ended = assign(stream, other, at_now, role="observer")
        assignments.complete(organization=stream.organization, assignment_id=ended.pk, by=SYSTEM, now=at_now)
        workstreams.create(organization=stream.organization, data={"name": f"W {number}"}, by=SYSTEM, now=at_now)
    assert [queries(path) for path in paths] == first


def test_script_in_names_is_inert(
    reader: Reader, alice: Any, stream: Workstream, agent: Agent, at_now: datetime
) -> None:
    bad = "<script>alert(1)</script>"
    made = workstreams.create(
        organization=stream.organization, data={"name": bad, "description": bad}, by=SYSTEM, now=at_now
    )
    part = assign(made, agent, at_now)
    client = reader(alice)
    for path in ("/workstreams", f"/workstreams/{made.pk}", f"/workstreams/{made.pk}/edit", deed(part, "complete")):
        assert bad not in client.get(path).content.decode(), path
