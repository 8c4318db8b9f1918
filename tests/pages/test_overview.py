"""The Overview: headline, cards, roster, filters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse, rows_of
from workforce.models import Presence
from workforce.services import holds

Reader = Callable[..., Client]
DAILY = 0b1111111


def hire(organization: Any, pod: Any, name: str, **fields: Any) -> Any:
    return AgentFactory(organization=organization, team=pod, agent_name=name, **fields)


def names(page: Node) -> list[str]:
    return list(rows_of(page))


def card(page: Node, tone: str) -> Node:
    return page.one("div", id="cards").one("a", class_=tone)


def cell(row: Node, column: str) -> str:
    return row.one("td", class_=f"c-{column}").text


@pytest.fixture
def fleet(organization: Any, pod: Any, olga: Any) -> dict[str, Any]:
    """Two at work, one held up, one off duty, two without hours, two that have left; in two pods."""
    growth = TeamFactory(organization=organization, name="Growth")
    agents = [
        hire(organization, pod, "triage-01", clock_status="clocked_in", current_state="executing", owner_user=olga),
        hire(organization, pod, "triage-02", clock_status="clocked_in", current_state="ready", priority_tier="P0"),
        hire(organization, growth, "writer-01", clock_status="clocked_in", current_state="blocked"),
        hire(organization, growth, "writer-02", clock_status="clocked_out", current_state="paused"),
        hire(organization, growth, "seo-01", current_state="ready"),
        hire(organization, growth, "seo-02", current_state="registered"),
        hire(organization, growth, "gone-01", current_state="retired"),
        hire(organization, growth, "gone-02", current_state="archived"),
    ]
    for agent in agents[:4]:
        WorkScheduleFactory(agent=agent, shifts=[("", 0b0011111, 9 * 60, 17 * 60)])
    return {agent.agent_name: agent for agent in agents}


def test_the_headline_says_who_is_working_now(reader: Reader, alice: Any, fleet: Any) -> None:
    page = parse(reader(alice).get("/"))
    assert page.one("h1").text == "3 of 6 agents are clocked in; 1 is held up."
    assert "Thursday 19 November 2026, 14:32 in Berlin." in page.one("div", class_="head").text


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ([], "No agents yet."),
        ([("no_schedule", "ready")] * 2, "None of 2 agents is clocked in."),
        ([("no_schedule", "ready")], "The one agent is not clocked in."),
        ([("clocked_in", "ready")], "The one agent is clocked in; none is held up."),
        ([("clocked_in", "ready")] * 3, "All 3 agents are clocked in; none is held up."),
        ([("clocked_in", "degraded"), ("clocked_out", "ready")], "1 of 2 agents is clocked in; 1 is held up."),
        ([("clocked_in", "escalated"), ("clocked_in", "paused")], "All 2 agents are clocked in; 2 are held up."),
    ],
)
def test_the_headline_reads_well_for_any_fleet(
    reader: Reader, alice: Any, organization: Any, pod: Any, shapes: list[tuple[str, str]], sentence: str
) -> None:
    for number, (clock, state) in enumerate(shapes):
        hire(organization, pod, f"a-{number}", clock_status=clock, current_state=state)
    assert parse(reader(alice).get("/")).one("h1").text == sentence


def test_the_cards_count_active_agents(reader: Reader, alice: Any, fleet: Any) -> None:
    page = parse(reader(alice).get("/"))
    texts = {
        tone: (card(page, tone).one("span").text, card(page, tone).one("b").text)
        for tone in ("is-in", "is-out", "is-none")
    }
    assert texts == {
        "is-in": ("Agents clocked in", "3"),
        "is-out": ("Agents off duty", "1"),
        "is-none": ("Unscheduled", "2"),
    }
    assert card(page, "is-in").one("small").text == "1 executing, 1 waiting for work, 1 held up"
    assert len(card(page, "is-in").all("rect")) == 6
    assert len(card(page, "is-in").all("rect", class_="on")) == 3


def test_the_off_duty_card_names_who_is_next_in(reader: Reader, alice: Any, fleet: Any, at_now: datetime) -> None:
    schedule = fleet["writer-02"].work_schedule
    schedule.clock_due_at = at_now + timedelta(minutes=28)
    schedule.save(update_fields=["clock_due_at"])
    assert card(parse(reader(alice).get("/")), "is-out").one("small").text == "Next in: writer-02 at 15:00"


def test_a_held_agent_is_not_next_in(
    reader: Reader, alice: Any, fleet: Any, at_now: datetime, actor: Any, organization: Any
) -> None:
    schedule = fleet["writer-02"].work_schedule
    schedule.clock_due_at = at_now + timedelta(minutes=1)
    schedule.save(update_fields=["clock_due_at"])
    holds.place(
        organization=organization,
        agent_id=fleet["writer-02"].pk,
        kind="leave",
        reason="Away",
        by=actor(alice),
        now=at_now,
    )
    assert "writer-02" not in card(parse(reader(alice).get("/")), "is-out").text


def test_rows_stand_under_their_pods_and_the_departed_are_left_out(reader: Reader, alice: Any, fleet: Any) -> None:
    page = parse(reader(alice).get("/"))
    order = [
        (row.all("b") or row.one("td", class_="c-agent").all("a"))[0].text
        for row in page.one("tbody", id="rows").all("tr")
    ]
    assert order == ["Growth", "seo-01", "seo-02", "writer-01", "writer-02", "Support", "triage-01", "triage-02"]
    assert page.one("tr", id=f"pod-{fleet['triage-01'].team_id}").text == "Support 2 agents, 2 clocked in"


def test_a_row_says_where_the_agent_stands(reader: Reader, alice: Any, fleet: Any, at_now: datetime) -> None:
    Presence.objects.filter(agent=fleet["triage-01"]).update(last_seen_at=at_now - timedelta(seconds=12), status="ok")
    row = rows_of(parse(reader(alice).get("/")))["triage-01"]
    assert cell(row, "agent") == "T0 triage-01 P1 Support"
    assert cell(row, "status") == "Clocked in"
    assert cell(row, "state") == "Executing"
    assert cell(row, "sched").startswith("Mon–Fri 09:00–17:00")
    assert cell(row, "next") == "Clocks out 17:00 in 2 h"
    assert cell(row, "hb") == "OK 12 s"
    assert cell(row, "act") == "Clock out triage-01"


def test_times_are_the_readers_and_the_agents_on_hover(reader: Reader, alice: Any, organization: Any, pod: Any) -> None:
    abroad = hire(organization, pod, "abroad-01", clock_status="clocked_in", current_state="ready")
    WorkScheduleFactory(agent=abroad, time_zone="America/New_York", shifts=[("", DAILY, 9 * 60, 17 * 60)])
    row = rows_of(parse(reader(alice).get("/")))["abroad-01"]
    assert cell(row, "sched").endswith("New York")
    exact = row.one("td", class_="c-next").all("time")[0]
    assert exact.text == "23:00"
    assert exact.attrs["title"] == "Thu 19 Nov 2026, 23:00:00 in Berlin; Thu 19 Nov 2026, 17:00:00 in New York"
    assert exact.attrs["datetime"] == "2026-11-19T22:00:00+00:00"


def test_later_days_are_named(reader: Reader, alice: Any, fleet: Any) -> None:
    assert cell(rows_of(parse(reader(alice).get("/")))["writer-02"], "next") == "Clocks in Fri 09:00 in 18 h"


def test_around_the_clock_has_no_next_event(reader: Reader, alice: Any, organization: Any, pod: Any) -> None:
    always = hire(organization, pod, "always-01", clock_status="clocked_in")
    WorkScheduleFactory(agent=always, shifts=[("", DAILY, 0, 1440)])
    assert cell(rows_of(parse(reader(alice).get("/")))["always-01"], "next") == "None around the clock"


def test_hours_that_are_switched_off_say_so(reader: Reader, alice: Any, agent: Any) -> None:
    WorkScheduleFactory(agent=agent, enabled=False, shifts=[("", DAILY, 0, 600)])
    assert cell(rows_of(parse(reader(alice).get("/")))[agent.agent_name], "sched").endswith("Off")


@pytest.mark.parametrize(
    ("clock", "state", "seen", "status", "said"),
    [
        ("clocked_in", "ready", 300, "ok", "OK 5 min"),
        ("clocked_in", "executing", 60, "blocked", "Blocked 60 s"),
        ("clocked_in", "ready", 371, "ok", "Silent 6 min"),
        ("no_schedule", "ready", None, "", "Never seen"),
        ("clocked_out", "ready", 10, "ok", "Not owed"),
        ("clocked_in", "paused", 10, "ok", "Not owed"),
        ("no_schedule", "registered", None, "", "Not owed"),
    ],
)
def test_the_heartbeat_column(
    reader: Reader,
    alice: Any,
    organization: Any,
    pod: Any,
    at_now: datetime,
    clock: str,
    state: str,
    seen: int | None,
    status: str,
    said: str,
) -> None:
    one = hire(organization, pod, "one", clock_status=clock, current_state=state)
    at = at_now - timedelta(seconds=seen) if seen is not None else None
    Presence.objects.filter(agent=one).update(last_seen_at=at, status=status)
    assert cell(rows_of(parse(reader(alice).get("/")))["one"], "hb") == said


def test_coming_on_duty_starts_a_fresh_interval(
    reader: Reader, alice: Any, organization: Any, pod: Any, at_now: datetime
) -> None:
    one = hire(
        organization,
        pod,
        "one",
        clock_status="clocked_in",
        clock_since=at_now - timedelta(minutes=1),
        priority_tier="P0",
    )
    Presence.objects.filter(agent=one).update(last_seen_at=at_now - timedelta(hours=9), status="ok")
    assert cell(rows_of(parse(reader(alice).get("/")))["one"], "hb") == "OK 9 h"


def test_only_those_who_may_act_get_buttons(
    reader: Reader, fleet: Any, alice: Any, lee: Any, olga: Any, vera: Any
) -> None:
    def with_buttons(person: Any) -> set[str]:
        return {name for name, row in rows_of(parse(reader(person).get("/"))).items() if row.all("button")}

    everyone = {"triage-01", "triage-02", "writer-01", "writer-02", "seo-01"}
    assert with_buttons(alice) == everyone
    assert with_buttons(lee) == {"triage-01", "triage-02"}
    assert with_buttons(olga) == {"triage-01"}
    assert with_buttons(vera) == set()


def test_set_hours_is_offered_to_those_who_may(reader: Reader, fleet: Any, alice: Any, vera: Any) -> None:
    address = f"/agents/{fleet['seo-01'].pk}/hours"
    assert rows_of(parse(reader(alice).get("/")))["seo-01"].all("a", href=address)
    assert not rows_of(parse(reader(vera).get("/")))["seo-01"].all("a", href=address)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=TRIAGE", ["triage-01", "triage-02"]),
        ("q=growth&status=clocked_in", ["writer-01"]),
        ("q=olga", ["triage-01"]),
        ("state=retired", ["gone-01"]),
        ("state=archived", ["gone-02"]),
        ("status=no_schedule", ["seo-01", "seo-02"]),
        ("state=executing&status=clocked_in", ["triage-01"]),
        ("pod=Support", ["triage-01", "triage-02"]),
        ("sort=-agent", ["writer-02", "writer-01", "triage-02", "triage-01", "seo-02", "seo-01"]),
        ("sort=state", ["seo-02", "seo-01", "triage-02", "triage-01", "writer-01", "writer-02"]),
        ("sort=-status&q=writer", ["writer-02", "writer-01"]),
        ("q=%25", []),
        ("q=_riage", []),
    ],
)
def test_the_address_holds_the_filters(reader: Reader, alice: Any, fleet: Any, query: str, found: list[str]) -> None:
    page = parse(reader(alice).get(f"/?{query}"))
    assert names(page) == found
    assert not page.all("p", class_="note")


def test_pods_are_filtered_by_id(reader: Reader, alice: Any, fleet: Any) -> None:
    page = parse(reader(alice).get(f"/?pod={fleet['triage-01'].team_id}"))
    assert names(page) == ["triage-01", "triage-02"]
    chosen = [o.text for o in page.one("select", name="pod").all("option") if "selected" in o.attrs]
    assert chosen == ["Support"]


def test_heartbeats_sort_by_age_with_the_unseen_last(reader: Reader, alice: Any, fleet: Any, at_now: datetime) -> None:
    for name, age in (("writer-01", 5), ("seo-01", 50), ("triage-01", 20)):
        Presence.objects.filter(agent=fleet[name]).update(last_seen_at=at_now - timedelta(seconds=age), status="ok")
    page = parse(reader(alice).get("/?sort=heartbeat"))
    assert names(page)[:3] == ["writer-01", "triage-01", "seo-01"]
    assert names(parse(reader(alice).get("/?sort=-heartbeat")))[:3] == ["seo-01", "triage-01", "writer-01"]
    heads = [h for h in page.all("th") if h.attrs.get("aria-sort")]
    assert [(h.text, h.attrs["aria-sort"]) for h in heads] == [("Heartbeat", "ascending")]


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("state=flying", "“flying” is not a state; all are shown."),
        ("status=%3Cscript%3E", "“<script>” is not a clock status; all are shown."),
        ("pod=0198c0de-0000-7000-8000-000000000000", "There is no such pod here; all are shown."),
        ("sort=password", "The table does not sort by “password”; it goes by pod."),
        ("sort=owner_user__password", "The table does not sort by “owner_user__password”; it goes by pod."),
        ("page=zero", "“zero” is not a page; this is the first."),
        ("page=0", "“0” is not a page; this is the first."),
        ("page=-1", "“-1” is not a page; this is the first."),
        ("page=٣", "“٣” is not a page; this is the first."),
    ],
)
def test_what_cannot_be_understood_is_named_and_passed_over(
    reader: Reader, alice: Any, fleet: Any, query: str, note: str
) -> None:
    page = parse(reader(alice).get(f"/?{query}"))
    assert [p.text for p in page.all("p", class_="note")] == [note]
    assert len(names(page)) == 6


def test_foreign_pods_are_not_pods(reader: Reader, alice: Any, fleet: Any, other_organization: Any) -> None:
    foreign = TeamFactory(organization=other_organization, name="Elsewhere")
    page = parse(reader(alice).get(f"/?pod={foreign.pk}"))
    assert [p.text for p in page.all("p", class_="note")] == ["There is no such pod here; all are shown."]
    assert "Elsewhere" not in page.text


def test_fifty_rows_make_a_page(reader: Reader, alice: Any, organization: Any, pod: Any) -> None:
    for number in range(120):
        hire(organization, pod, f"a-{number:03}")
    client = reader(alice)
    first, last = parse(client.get("/?q=a-")), parse(client.get("/?q=a-&page=3"))
    assert names(first) == [f"a-{n:03}" for n in range(50)]
    assert names(last) == [f"a-{n:03}" for n in range(100, 120)]
    assert first.one("nav", class_="pager").text == "Page 1 of 3 Next"
    assert first.one("a", rel="next").attrs["href"] == "/?q=a-&page=2"
    assert last.one("a", rel="prev").attrs["href"] == "/?q=a-&page=2"
    assert names(parse(client.get("/?page=999"))) == names(parse(client.get("/?page=3")))
    assert first.one("tr", class_="pod").text == "Support 120 agents, 0 clocked in"


def test_an_empty_house_says_what_to_do_next(reader: Reader, alice: Any, hugo: Any, vera: Any) -> None:
    page = parse(reader(vera).get("/"))
    assert page.one("div", class_="empty").text == "Nobody works here yet. HR adds agents in the admin."
    hiring = parse(reader(alice).get("/")).one("div", class_="empty")
    assert hiring.one("a").attrs["href"] == "/agents/import"
    staff = parse(reader(hugo).get("/")).one("div", class_="empty")
    assert staff.one("a").attrs["href"] == "/admin/workforce/agent/add/"


def test_no_match_offers_to_clear_the_filters(reader: Reader, alice: Any, fleet: Any) -> None:
    page = parse(reader(alice).get("/?q=zebra"))
    empty = page.one("div", class_="empty")
    assert empty.text == "No agent matches these filters. Clear filters"
    assert empty.one("a").attrs["href"] == "/"


def test_htmx_gets_the_table_alone(reader: Reader, alice: Any, fleet: Any) -> None:
    answer = reader(alice).get("/?q=triage", headers=HTMX)
    assert "HX-Request" in answer["Vary"]
    fragment = parse(answer)
    assert names(fragment) == ["triage-01", "triage-02"]
    assert not fragment.all("html")
    assert fragment.one("span", id="facts").attrs["hx-swap-oob"] == "true"
    assert "q=triage" in fragment.one("span", id="facts").all("a")[-1].attrs["href"]


def test_other_methods_are_refused(reader: Reader, alice: Any) -> None:
    for path in ("/", "/overview/live", "/overview.csv", "/history", "/history.csv"):
        assert reader(alice).post(path).status_code == 405


def test_too_many_pods_to_choose_from_are_typed(
    reader: Reader, alice: Any, organization: Any, fleet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workforce.selectors.named.MOST_PODS", 1)
    client = reader(alice)
    assert parse(client.get("/")).one("input", name="pod").attrs["value"] == ""
    page = parse(client.get("/?pod=support"))
    assert names(page) == ["triage-01", "triage-02"]
    assert page.one("input", name="pod").attrs["value"] == "Support"
