"""The Leave page: what is coming, running and past; planning, changing and calling it off (spec W10, U1, U5, U6)."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from scheduling.models import Leave
from scheduling.services import leave as service
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse
from tests.support.actors import SYSTEM
from tests.support.clockwork import hire
from workforce.models import Agent

Reader = Callable[..., Client]
PATH = "/schedules/leave"
NEW = f"{PATH}/new"
FIELDS = {"first": "2026-12-24", "last": "2026-12-26", "reason": "Model change."}


@pytest.fixture
def manager(reader: Reader, alice: Any) -> Client:
    return reader(alice)


def plan(agent: Agent, now: datetime, days: float = 5, length: float = 2, **more: Any) -> Leave:
    start = now + timedelta(days=days)
    data = {
        "agent_id": agent.pk, "starts_at": start, "ends_at": start + timedelta(days=length), "reason": "Model change.",
        **more,
    }  # fmt: skip
    return service.plan(organization=agent.organization, data=data, by=SYSTEM, now=now)


def rows(page: Node) -> list[str]:
    return [row.text for row in page.one("div", id="leave").all("tr")[1:]]


def alerts(page: Node) -> list[str]:
    return [node.text for node in page.all("small", role="alert")]


def field(page: Node, name: str) -> str:
    found = page.all(name=name)[0]
    return found.text if found.tag == "textarea" else found.attrs.get("value", "")


# ---- the list -----------------------------------------------------------------------------------------------


def test_what_is_coming_and_running(manager: Client, agent: Agent, now: datetime) -> None:
    york = hire(agent, agent_name="york-01")
    WorkScheduleFactory(agent=york, time_zone="America/New_York")
    plan(agent, now, cover_agent_id=york.pk)
    plan(york, now, days=-1)
    page = parse(manager.get(PATH))
    assert page.one("h1").text == "1 agent is on leave; 1 leave is planned."
    first, second = rows(page)
    assert "york-01" in first and "On leave" in first and "18 Nov 2026 08:32 – 20 Nov 2026 08:32 New York" in first
    assert "ends in 24 h" in first and "End leave of york-01" in first and "Nobody" in first
    assert "support-triage-01" in second and "24 Nov 2026 14:32 – 26 Nov 2026 14:32 begins in 5 d" in second
    assert "york-01" in second and "Model change." in second and "Cancel leave of support-triage-01" in second


def test_nothing_yet(reader: Reader, alice: Any, vera: Any, agent: Agent) -> None:
    page = parse(reader(alice).get(PATH))
    assert page.one("h1").text == "Nobody is on leave; none is planned."
    assert page.one("div", class_="empty").one("a").attrs["href"] == NEW
    page = parse(reader(vera).get(PATH))
    assert not page.one("div", class_="empty").all("a") and not page.all("a", id="plan")


def test_filters(manager: Client, agent: Agent, now: datetime, organization: Any) -> None:
    other = AgentFactory(organization=organization, agent_name="writer-01")
    upcoming, running = plan(agent, now), plan(other, now, days=-1, reason="Audit of prompts.")
    past = plan(agent, now, days=9)
    service.cancel(organization=organization, leave_id=past.pk, reason="Moved.", by=SYSTEM, now=now)

    def found(query: str) -> list[str]:
        page = parse(manager.get(f"{PATH}?{query}"))
        return [row.attrs["id"] for row in page.one("div", id="leave").all("tr")[1:]]

    def ids(*leaves: Leave) -> list[str]:
        return [f"leave-{leave.pk}" for leave in leaves]

    assert found("") == ids(running, upcoming)
    assert found("which=upcoming") == ids(upcoming)
    assert found("which=running") == ids(running)
    assert found("which=past") == ids(past)
    assert found("which=all") == ids(past, upcoming, running)
    assert found("agent=writer-01") == ids(running)
    assert found("q=PROMPTS") == ids(running)
    assert found(f"pod={agent.team_id}") == ids(upcoming)
    assert found("q=zebra") == []
    notes = parse(manager.get(f"{PATH}?which=soon&agent=nobody&page=x")).all("p", class_="note")
    assert [note.text for note in notes] == [
        "There is no agent called “nobody” here; all are shown.",
        "“soon” is not one of upcoming, running, past and all; all are shown.",
        "“x” is not a page; this is the first.",
    ]


def test_htmx_gets_the_table_alone(manager: Client, agent: Agent, now: datetime) -> None:
    plan(agent, now)
    page = parse(manager.get(PATH, headers=HTMX))
    assert not page.all("h1") and len(rows(page)) == 1
    assert page.one("span", id="facts").attrs["hx-swap-oob"] == "true"


def test_csv_is_of_what_is_shown_and_runs_nothing(manager: Client, agent: Agent, now: datetime) -> None:
    plan(agent, now, reason="=1+1")
    plan(hire(agent), now)
    answer = manager.get(f"{PATH}.csv?agent=support-triage-01")
    lines = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode())))
    assert lines[0][:3] == ["Agent", "Pod", "Status"]
    assert len(lines) == 2
    assert lines[1][:7] == [
        "support-triage-01", "Support", "Planned", "2026-11-24T14:32:00+01:00", "2026-11-26T14:32:00+01:00",
        "Europe/Berlin", "'=1+1",
    ]  # fmt: skip


def test_many_are_in_pages(manager: Client, agent: Agent, now: datetime) -> None:
    for number in range(51):
        plan(agent, now, days=number * 2 + 1, length=1)
    page = parse(manager.get(PATH))
    assert len(rows(page)) == 50 and "Page 1 of 2" in page.one("nav", class_="pager").text
    assert len(rows(parse(manager.get(f"{PATH}?page=2")))) == 1


def test_a_zone_that_nobody_knows_takes_the_page_from_nobody(manager: Client, agent: Agent, now: datetime) -> None:
    plan(agent, now)
    WorkScheduleFactory(agent=agent, time_zone="Gone/Away")
    assert "24 Nov 2026 13:32 – 26 Nov 2026 13:32 UTC" in rows(parse(manager.get(PATH)))[0]
    assert manager.get(f"{PATH}/{Leave.objects.get().pk}").status_code == 200


def test_the_schedules_page_leads_there(manager: Client, agent: Agent) -> None:
    assert parse(manager.get("/schedules")).one("a", id="to-leave").attrs["href"] == PATH
    current = parse(manager.get(PATH)).one("nav", class_="rail").all(aria_current="page")
    assert [link.attrs["href"] for link in current] == ["/schedules"]


# ---- planning -----------------------------------------------------------------------------------------------


def test_whole_days_are_planned_on_the_agents_clock(manager: Client, agent: Agent) -> None:
    WorkScheduleFactory(agent=agent, time_zone="Asia/Tokyo")
    cover = hire(agent, agent_name="support-triage-02")
    answer = manager.post(NEW, {"agent": "SUPPORT-triage-01", **FIELDS, "cover": "support-triage-02"})
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    leave = Leave.objects.get()
    assert (leave.agent, leave.cover_agent, leave.created_by_label) == (agent, cover, "Alice")
    assert leave.starts_at.isoformat() == "2026-12-23T15:00:00+00:00"
    assert leave.ends_at.isoformat() == "2026-12-26T15:00:00+00:00"
    page = parse(manager.get(PATH))
    assert "Leave of support-triage-01 planned." in page.one("div", id="toasts").text
    assert "24 Dec – 26 Dec 2026 Tokyo" in rows(page)[0]


def test_times_are_taken_too(manager: Client, agent: Agent) -> None:
    given = {**FIELDS, "start": "9:30", "last": "2026-12-24", "end": "24:00"}
    manager.post(NEW, {"agent": agent.agent_name, **given})
    leave = Leave.objects.get()
    assert leave.starts_at.isoformat() == "2026-12-24T08:30:00+00:00"
    assert leave.ends_at.isoformat() == "2026-12-24T23:00:00+00:00"


def test_today_begins_at_once(manager: Client, agent: Agent) -> None:
    answer = manager.post(NEW, {"agent": agent.agent_name, **FIELDS, "first": "2026-11-19"}, headers=HTMX)
    assert "support-triage-01 is on leave now." in answer["HX-Trigger"]
    assert Leave.objects.get().status == "running"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agent": ""}, ["Say whose leave this is."]),
        ({"agent": "zebra"}, ["There is no agent called “zebra” here."]),
        ({"first": ""}, ["Say when the leave begins."]),
        ({"first": "soon", "last": "2026-13-01"}, ["Give a day such as 2026-12-24."] * 2),
        ({"first": "9999-12-31"}, ["Give a day such as 2026-12-24."]),
        ({"start": "25:00"}, ["Write the time as 09:00, or leave it out for whole days."]),
        ({"last": "2026-12-23"}, ["Choose an end after the start."]),
        ({"first": "2026-11-01", "last": "2026-11-02"}, ["Choose an end in the future."]),
        ({"reason": " "}, ["Say why the agent is on leave."]),
        ({"reason": "x" * 501}, ["Use at most 500 characters; this has 501."]),
        ({"reason": "a\x00"}, ["Remove the NUL character."]),
        ({"cover": "zebra"}, ["There is no agent called “zebra” here."]),
        ({"cover": "support-triage-01"}, ["An agent cannot cover for itself. Choose another one, or nobody."]),
        ({"agent": "zebra", "first": "x", "last": "", "reason": "", "cover": "yak"},
         ["There is no agent called “zebra” here.", "Give a day such as 2026-12-24.", "Say when the leave ends.",
          "Say why the agent is on leave.", "There is no agent called “yak” here."]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_is_refused_is_said_and_stays_typed(
    manager: Client, agent: Agent, change: dict[str, str], words: list[str], headers: dict[str, str]
) -> None:
    typed = {"agent": agent.agent_name, **FIELDS, "start": "", "end": "", "cover": "", **change}
    answer = manager.post(NEW, typed, headers=headers)
    page = parse(answer)
    assert answer.status_code == 400
    assert alerts(page) == words
    for name, value in typed.items():
        assert field(page, name) == value.strip(), name
    assert [node.attrs["name"] for node in page.all() if "autofocus" in node.attrs] != []
    assert not Leave.objects.exists()


def test_overlapping_leave_is_refused_beside_the_dates(manager: Client, agent: Agent) -> None:
    manager.post(NEW, {"agent": agent.agent_name, **FIELDS})
    answer = manager.post(NEW, {"agent": agent.agent_name, **FIELDS})
    assert answer.status_code == 409
    assert alerts(parse(answer)) == [
        "support-triage-01 has leave at that time already: 24 Dec – 26 Dec 2026. Change that, or choose other dates."
    ]
    assert parse(answer).all(name="first")[0].attrs["aria-invalid"] == "true"


def test_the_form_knows_the_agent_and_offers_covers(manager: Client, agent: Agent, organization: Any) -> None:
    hire(agent, agent_name="support-triage-02")
    AgentFactory(organization=organization, agent_name="painter-01", capability_tags=["painting"])
    page = parse(manager.get(f"{NEW}?agent=support-triage-01"))
    assert (field(page, "agent"), field(page, "first"), field(page, "last")) == (
        "support-triage-01", "2026-11-20", "2026-11-20",
    )  # fmt: skip
    offered = page.one("datalist", id="covers").all("option")
    assert [(o.attrs["value"], o.text) for o in offered] == [
        ("support-triage-02", "same pod, 1 shared tag, no open tasks")
    ]
    assert "Times are in Berlin, the zone of the organisation." in page.one("p", id="leave-zone").text


def test_covers_follow_the_form(manager: Client, agent: Agent, now: datetime) -> None:
    WorkScheduleFactory(agent=agent, time_zone="Asia/Tokyo")
    away = hire(agent, agent_name="away-01")
    plan(away, now)
    hire(agent, agent_name="free-01")
    query = {"agent": agent.agent_name, "first": "2026-11-24", "last": "2026-11-24"}
    text = parse(manager.get(f"{PATH}/covers", query, headers=HTMX)).text
    assert "Could cover: free-01 (same pod, 1 shared tag, no open tasks)" in text and "away-01" not in text
    assert "Times are in Tokyo, the zone of the hours of support-triage-01." in text
    assert (
        "away-01" in parse(manager.get(f"{PATH}/covers", {**query, "first": "2026-12-24", "last": "2026-12-24"})).text
    )
    for odd in ({}, {"agent": "zebra"}, {**query, "first": "x"}, {**query, "last": "2026-11-01"}):
        answer = manager.get(f"{PATH}/covers", odd, headers=HTMX)
        assert answer.status_code == 200 and "cover:" not in parse(answer).text


def test_only_those_who_may_are_offered(reader: Reader, olga: Any, agent: Agent, organization: Any) -> None:
    AgentFactory(organization=organization, agent_name="support-foreign")
    options = parse(reader(olga).get(f"{PATH}/agents?agent=support")).all("option")
    assert [option.attrs["value"] for option in options] == ["support-triage-01"]


# ---- changing and calling off -------------------------------------------------------------------------------


def test_it_is_changed(manager: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now)
    page = parse(manager.get(f"{PATH}/{leave.pk}"))
    typed = {name: field(page, name) for name in ("first", "start", "last", "end", "reason", "cover")}
    assert typed == {
        "first": "2026-11-24", "start": "14:32", "last": "2026-11-26", "end": "14:32", "reason": "Model change.",
        "cover": "",
    }  # fmt: skip
    assert manager.post(f"{PATH}/{leave.pk}", {**typed, "end": "", "reason": "Else."}).status_code == 302
    leave.refresh_from_db()
    assert (leave.reason, leave.ends_at.isoformat()) == ("Else.", "2026-11-26T23:00:00+00:00")


def test_seconds_that_the_form_does_not_show_stay(manager: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now + timedelta(seconds=17))
    page = parse(manager.get(f"{PATH}/{leave.pk}"))
    typed = {name: field(page, name) for name in ("first", "start", "last", "end", "cover")}
    manager.post(f"{PATH}/{leave.pk}", {**typed, "reason": "Else."})
    after = Leave.objects.get()
    assert (after.reason, after.starts_at, after.ends_at) == ("Else.", leave.starts_at, leave.ends_at)


def test_of_one_that_runs_the_end_is_changed(manager: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now, days=-1)
    page = parse(manager.get(f"{PATH}/{leave.pk}"))
    assert not page.all("textarea") and "On leave since 2026-11-18 14:32" in page.text
    typed = {name: field(page, name) for name in ("first", "start", "cover")}
    answer = manager.post(f"{PATH}/{leave.pk}", {**typed, "last": "2026-11-18", "end": ""})
    assert alerts(parse(answer)) == ["Choose an end in the future."]
    manager.post(f"{PATH}/{leave.pk}", {**typed, "last": "2026-11-30", "end": ""})
    leave.refresh_from_db()
    assert leave.ends_at.isoformat() == "2026-11-30T23:00:00+00:00" == leave.hold.until.isoformat()


@pytest.mark.parametrize(("days", "verb", "status"), [(5, "Cancel", "cancelled"), (-1, "End", "ended")])
def test_it_asks_before_it_is_called_off(
    manager: Client, agent: Agent, now: datetime, days: int, verb: str, status: str
) -> None:
    leave = plan(agent, now, days=days)
    path = f"{PATH}/{leave.pk}/cancel"
    page = parse(manager.get(path))
    assert page.one("h1").text == f"{verb} the leave of support-triage-01?"
    assert page.one("button", class_="danger").text == f"{verb} leave"
    refused = manager.post(path, {"reason": "x" * 501})
    assert (refused.status_code, alerts(parse(refused))) == (400, ["Use at most 500 characters; this has 501."])
    assert field(parse(refused), "reason") == "x" * 501
    assert manager.post(path, {"reason": "Moved."})["Location"] == PATH
    leave.refresh_from_db()
    assert (leave.status, leave.finish_reason, leave.finished_by_label) == (status, "Moved.", "Alice")
    assert manager.get(path).status_code == 200
    assert manager.get(f"{PATH}/{leave.pk}").status_code == 409


def test_htmx_closes_the_dialog_and_shows_the_list_as_it_was_filtered(
    manager: Client, agent: Agent, now: datetime
) -> None:
    leave, other = plan(agent, now), plan(hire(agent), now)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{PATH}?agent=support-triage-01&which=all"}
    answer = manager.post(f"{PATH}/{leave.pk}/cancel", {}, headers=headers)
    page = parse(answer)
    assert "Leave of support-triage-01 cancelled." in answer["HX-Trigger"]
    assert page.one("div", id="dialogs").attrs["hx-swap-oob"] == "true"
    assert page.one("h1").text == "Nobody is on leave; 1 leave is planned."
    (row,) = rows(page)
    assert "Cancelled" in row and str(other.pk) not in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_others_may_look_and_nothing_else(
    reader: Reader, vera: Any, charlie: Any, agent: Agent, now: datetime, headers: dict[str, str]
) -> None:
    leave = plan(agent, now)
    looker, stranger = reader(vera), reader(charlie)
    assert "support-triage-01" in rows(parse(looker.get(PATH)))[0] and not parse(looker.get(PATH)).all(
        id=f"edit-{leave.pk}"
    )
    assert rows_or_empty(parse(stranger.get(PATH))) == []
    for path in (f"{PATH}/{leave.pk}", f"{PATH}/{leave.pk}/cancel"):
        for method in ("get", "post"):
            assert getattr(looker, method)(path, FIELDS, headers=headers).status_code == 403
            assert getattr(stranger, method)(path, FIELDS, headers=headers).status_code == 404
    assert looker.post(NEW, {"agent": agent.agent_name, **FIELDS}, headers=headers).status_code == 403
    assert stranger.post(NEW, {"agent": agent.agent_name, **FIELDS}, headers=headers).status_code == 400
    assert Leave.objects.get().status == "planned"


def rows_or_empty(page: Node) -> list[str]:
    return rows(page) if page.one("div", id="leave").all("table") else []


def test_a_lead_may_not_send_another_pods_agent(reader: Reader, lee: Any, organization: Any, agent: Agent) -> None:
    other = AgentFactory(organization=organization, agent_name="writer-01")
    answer = reader(lee).post(NEW, {"agent": other.agent_name, **FIELDS})
    assert answer.status_code == 403
    assert alerts(parse(answer)) == [
        "You may not do this to writer-01. Its owner, the lead of its pod or a workforce manager may."
    ]
    assert reader(lee).post(NEW, {"agent": agent.agent_name, **FIELDS}).status_code == 302


# ---- elsewhere ----------------------------------------------------------------------------------------------


def test_cards_and_rows_say_until_when(manager: Client, agent: Agent, now: datetime) -> None:
    WorkScheduleFactory(agent=agent)
    other = hire(agent, agent_name="later-01")
    WorkScheduleFactory(agent=other)
    plan(agent, now, days=-1)
    plan(other, now)
    cards = {card.one("h2").text: card.text for card in parse(manager.get("/schedules")).all("article")}
    assert "On leave until Fri 14:32" in next(text for name, text in cards.items() if "support-triage-01" in name)
    later = next(text for name, text in cards.items() if "later-01" in name)
    assert "Leave from Tue 14:32 until 26 Nov 14:32" in later
    row = parse(manager.get("/?q=support-triage-01")).one("tr", id=f"agent-{agent.pk}")
    assert row.one("td", class_="c-state").text == "Paused On leave until Fri 14:32"
    assert "On leave" not in parse(manager.get("/?q=later-01")).one("tr", id=f"agent-{other.pk}").text


def test_what_people_write_is_inert(manager: Client, agent: Agent, now: datetime) -> None:
    plan(agent, now, reason="<script>alert(1)</script>")
    for path in (PATH, f"{PATH}/{Leave.objects.get().pk}", f"{PATH}/{Leave.objects.get().pk}/cancel"):
        assert "<script>alert" not in manager.get(path).content.decode()
