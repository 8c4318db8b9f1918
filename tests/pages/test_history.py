"""Clock History: six columns, filters in the address, pages by key."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from scheduling.models import ClockRecord
from tests.factories import AgentFactory, TeamFactory
from tests.pages.conftest import HTMX
from tests.pages.html import Node, parse

Reader = Callable[..., Client]


@pytest.fixture
def record(at_now: datetime) -> Callable[..., ClockRecord]:
    def write(agent: Any, event: str = "clocked_in", *, ago: timedelta = timedelta(0), **fields: Any) -> ClockRecord:
        values = {"triggered_by_kind": "user", "triggered_by_id": "1", "triggered_by": "Alice", **fields}
        return ClockRecord.objects.create(
            organization=agent.organization, agent=agent, event=event, time=at_now - ago, **values
        )

    return write


def lines(page: Node) -> list[Node]:
    return page.one("div", id="records").all("tr")[1:] if page.one("div", id="records").all("table") else []


def reasons(page: Node) -> list[str]:
    return [line.one("td", class_="c-why").text for line in lines(page)]


def notes(page: Node) -> list[str]:
    return [p.text for p in page.all("p", class_="note")]


def test_it_has_the_six_columns(reader: Reader, alice: Any, agent: Any, record: Any, at_now: datetime) -> None:
    record(
        agent, "auto_wake", triggered_by="Clock", reason="Hours started.", scheduled_at=at_now - timedelta(seconds=3)
    )
    page = parse(reader(alice).get("/history"))
    heads = [head.text for head in page.one("thead").all("th")]
    assert heads == ["Time", "Agent", "Event", "Triggered By", "Scheduled At", "Reason"]
    cells = [cell.text for cell in lines(page)[0].all("td")]
    assert cells == [
        "19 Nov, 14:32:00 0 s ago",
        "ST support-triage-01",
        "Auto wake",
        "Clock",
        "19 Nov, 14:31:57 3 s later",
        "Hours started.",
    ]
    assert page.one("h1").text == "The last clock event was 0 s ago: support-triage-01, auto wake."


@pytest.mark.parametrize(
    ("event", "tone", "words"),
    [
        ("clocked_in", "is-in", "Clocked in"),
        ("clocked_out", "is-out", "Clocked out"),
        ("auto_wake", "is-wake", "Auto wake"),
        ("auto_pause", "is-pause", "Auto pause"),
    ],
)
def test_each_event_has_its_colour_its_icon_and_its_word(
    reader: Reader, alice: Any, agent: Any, record: Any, event: str, tone: str, words: str
) -> None:
    record(agent, event)
    badge = lines(parse(reader(alice).get("/history")))[0].one("span", class_="badge")
    assert tone in badge.attrs["class"].split()
    assert badge.one("use").attrs["href"].split("#")[1]
    assert badge.text == words


@pytest.fixture
def days(organization: Any, agent: Any, record: Any) -> None:
    """Late on the 18th by Berlin's clock, early on the 19th, and a week before; two pods, two agents."""
    growth = AgentFactory(
        organization=organization, team=TeamFactory(organization=organization, name="Growth"), agent_name="writer-01"
    )
    record(agent, "clocked_out", ago=timedelta(hours=14, minutes=40), reason="before midnight")  # 18th 23:52 Berlin
    record(agent, "clocked_in", ago=timedelta(hours=14, minutes=20), reason="after midnight")  # 19th 00:12 Berlin
    record(growth, "auto_pause", ago=timedelta(days=7), reason="a week ago", triggered_by="Clock")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["after midnight", "before midnight", "a week ago"]),
        ("?from=2026-11-19", ["after midnight"]),
        ("?to=2026-11-18", ["before midnight", "a week ago"]),
        ("?from=2026-11-18&to=2026-11-18", ["before midnight"]),
        ("?agent=writer-01", ["a week ago"]),
        ("?agent=WRITER-01", ["a week ago"]),
        ("?pod=Support", ["after midnight", "before midnight"]),
        ("?event=auto_pause", ["a week ago"]),
        ("?q=midnight", ["after midnight", "before midnight"]),
        ("?q=clock", ["a week ago"]),
        ("?q=triage&event=clocked_in", ["after midnight"]),
        ("?q=nothing+like+this", []),
    ],
)
def test_the_address_holds_the_filters(reader: Reader, alice: Any, days: None, query: str, found: list[str]) -> None:
    page = parse(reader(alice).get(f"/history{query}"))
    assert reasons(page) == found
    assert notes(page) == []


def test_days_are_the_readers(reader: Reader, alice: Any, days: None) -> None:
    alice.time_zone = "America/New_York"
    alice.save(update_fields=["time_zone"])
    client = reader(alice)
    assert reasons(parse(client.get("/history?from=2026-11-19"))) == []
    page = parse(client.get("/history?from=2026-11-18&to=2026-11-18"))
    assert reasons(page) == ["after midnight", "before midnight"]
    assert [page.one("input", name=n).attrs["value"] for n in ("from", "to")] == ["2026-11-18", "2026-11-18"]


def test_an_agent_is_found_by_id_too(reader: Reader, alice: Any, days: None, agent: Any) -> None:
    page = parse(reader(alice).get(f"/history?agent={agent.pk}"))
    assert len(reasons(page)) == 2
    assert page.one("input", name="agent").attrs["value"] == agent.agent_name


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("event=naps", "“naps” is not a clock event; all are shown."),
        ("agent=zebra", "There is no agent called “zebra” here; all are shown."),
        ("pod=zebra", "There is no such pod here; all are shown."),
        ("from=yesterday", "“yesterday” is not a date such as 2026-11-19; it was passed over."),
        ("to=2026-02-30", "“2026-02-30” is not a date such as 2026-11-19; it was passed over."),
        ("from=0001-01-01", "“0001-01-01” is not a date such as 2026-11-19; it was passed over."),
        ("to=9999-12-31", "“9999-12-31” is not a date such as 2026-11-19; it was passed over."),
        ("older=zzz", "The page in the address is not one of these; this is the newest."),
        (
            "older=9999999999999999.0198c0de-0000-7000-8000-000000000000",
            None,
        ),
        ("newer=0.0198c0de-0000-7000-8000-000000000000", None),
    ],
)
def test_what_cannot_be_understood_is_named_and_passed_over(
    reader: Reader, alice: Any, days: None, query: str, note: str | None
) -> None:
    answer = reader(alice).get(f"/history?{query}")
    assert answer.status_code == 200
    assert notes(parse(answer)) == ([note] if note else [])
    assert len(reasons(parse(answer))) == 3


def test_a_last_day_before_the_first_is_not_used(reader: Reader, alice: Any, days: None) -> None:
    page = parse(reader(alice).get("/history?from=2026-11-19&to=2026-11-01"))
    assert notes(page) == ["The last day is before the first; only the first was used."]
    assert reasons(page) == ["after midnight"]


def test_a_foreign_agent_is_nobody(
    reader: Reader, alice: Any, days: None, other_organization: Any, record: Any
) -> None:
    foreign = AgentFactory(organization=other_organization, agent_name="foreign-01")
    record(foreign, reason="theirs")
    for wanted in ("foreign-01", str(foreign.pk)):
        page = parse(reader(alice).get(f"/history?agent={wanted}"))
        assert notes(page) == [f"There is no agent called “{wanted}” here; all are shown."]
        assert "theirs" not in page.text


def test_pages_go_by_key_in_both_directions(reader: Reader, alice: Any, agent: Any, record: Any) -> None:
    for number in range(120):
        record(agent, ago=timedelta(minutes=number // 2), reason=f"{number:03}")  # pairs share a moment
    client = reader(alice)
    whole: list[str] = []
    address, pages = "/history?event=clocked_in", []
    while address:
        page = parse(client.get(address))
        pages.append(reasons(page))
        whole += pages[-1]
        links = page.all("a", rel="next")
        address = links[0].attrs["href"] if links else ""
    assert [len(shown) for shown in pages] == [50, 50, 20]
    assert sorted(whole) == [f"{number:03}" for number in range(120)]
    assert [int(reason) // 2 for reason in whole] == sorted(int(reason) // 2 for reason in whole)
    back = parse(client.get(page.one("a", rel="prev").attrs["href"]))
    assert reasons(back) == pages[1]
    newest = parse(client.get(back.one("a", rel="prev").attrs["href"]))
    assert reasons(newest) == pages[0]
    assert not newest.all("a", rel="prev")
    assert "event=clocked_in" in back.one("a", rel="prev").attrs["href"]


def test_new_records_do_not_shift_an_older_page(reader: Reader, alice: Any, agent: Any, record: Any) -> None:
    for number in range(60):
        record(agent, ago=timedelta(minutes=number + 1), reason=f"{number:03}")
    client = reader(alice)
    older = parse(client.get("/history")).one("a", rel="next").attrs["href"]
    before = reasons(parse(client.get(older)))
    record(agent, reason="new")
    assert reasons(parse(client.get(older))) == before


def test_empty_says_what_to_do_next(reader: Reader, alice: Any, agent: Any) -> None:
    page = parse(reader(alice).get("/history"))
    assert page.one("h1").text == "No clock events yet."
    assert page.one("div", class_="empty").one("a").attrs["href"] == "/"
    assert parse(reader(alice).get("/history?q=zebra")).one("div", class_="empty").one("a").attrs["href"] == "/history"


def test_htmx_gets_the_table_alone(reader: Reader, alice: Any, days: None) -> None:
    answer = reader(alice).get("/history?q=week", headers=HTMX)
    assert "HX-Request" in answer["Vary"]
    assert reasons(parse(answer)) == ["a week ago"]
    assert not parse(answer).all("html")


@pytest.mark.parametrize(
    ("asked", "found"), [("user", ["by hand"]), ("system", ["by the clock"]), ("agent", []), ("key", [])]
)
def test_who_triggered_it_can_be_asked(
    reader: Reader, alice: Any, agent: Any, record: Any, asked: str, found: list[str]
) -> None:
    record(agent, reason="by hand")
    record(agent, "auto_wake", triggered_by_kind="system", triggered_by="The clock", reason="by the clock")
    page = parse(reader(alice).get("/history", {"by": asked}))
    assert reasons(page) == found
    assert page.one("select", id="b").one("option", selected="").attrs["value"] == asked
    assert "?by=" + asked in page.one("span", id="facts").all("a")[-1].attrs["href"]
    assert notes(parse(reader(alice).get("/history?by=nobody"))) == [
        "“nobody” is not a kind of trigger; all are shown."
    ]


def test_the_oldest_can_come_first_and_pages_go_on_from_there(
    reader: Reader, alice: Any, agent: Any, record: Any
) -> None:
    for number in range(120):
        record(agent, reason=f"{number:03}", ago=timedelta(minutes=120 - number))
    client, seen, path = reader(alice), [], "/history?sort=time"
    while True:
        page = parse(client.get(path))
        seen.append(reasons(page))
        ahead = [link for link in page.all("a") if link.attrs.get("rel") == "next"]
        if not ahead:
            break
        path = ahead[0].attrs["href"]
    assert [len(shown) for shown in seen] == [50, 50, 20]
    assert [reason for shown in seen for reason in shown] == [f"{number:03}" for number in range(120)]
    back = [link.attrs["href"] for link in page.all("a") if link.attrs.get("rel") == "prev"]
    assert reasons(parse(client.get(back[0]))) == seen[1]
    assert page.one("h1").text == "Clock events, oldest first."
    assert page.all("th")[0].attrs["aria-sort"] == "ascending"
    lines_of = b"".join(client.get("/history.csv?sort=time")).decode().splitlines()
    assert lines_of[1].endswith("000") or ",000" in lines_of[1]


def test_the_open_page_is_told_what_is_new(reader: Reader, alice: Any, agent: Any, record: Any) -> None:
    record(agent, reason="first")
    client = reader(alice)
    assert parse(client.get("/history")).one("div", id="live").attrs["hx-get"] == "/history/live"
    first = client.get("/history/live", headers=HTMX)
    again = {"If-None-Match": first["ETag"], **HTMX}
    assert client.get("/history/live", headers=again).status_code == 304
    record(agent, "clocked_out", reason="second")
    answer = client.get("/history/live", headers=again)
    part = parse(answer)
    assert answer.status_code == 200
    assert reasons(part) == ["second", "first"]
    assert {"headline", "records", "facts"} <= {
        node.attrs["id"] for kind in ("h1", "div", "span") for node in part.all(kind) if "hx-swap-oob" in node.attrs
    }
    assert client.get("/history/live?event=auto_wake", headers=again).status_code == 200


@pytest.mark.parametrize(("late", "said"), [(0, ""), (42, "42 s later"), (7_300, "2 h later")])
def test_the_scheduled_and_the_actual_time_are_told_apart(
    reader: Reader, alice: Any, agent: Any, record: Any, at_now: datetime, late: int, said: str
) -> None:
    record(agent, "auto_wake", scheduled_at=at_now - timedelta(seconds=late), triggered_by="The clock")
    cell = lines(parse(reader(alice).get("/history")))[0].all("td")[4]
    assert cell.text.endswith(said) and ("later" in cell.text) == bool(said)
