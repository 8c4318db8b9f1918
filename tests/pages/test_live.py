"""The poll of the open page: 304 while nothing changed, the smallest parts when something did."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from scheduling.services import clock
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.html import parse, rows_of
from workforce.models import Presence
from workforce.services import notices

Reader = Callable[..., Client]


def ask(client: Client, etag: str = "", rows: str = "", query: str = "") -> Any:
    headers = {"HX-Request": "true", **({"If-None-Match": etag} if etag else {}), **({"X-Rows": rows} if rows else {})}
    return client.get(f"/overview/live{query}", headers=headers)


def keys(client: Client, query: str = "/") -> str:
    return parse(client.get(query)).one("tbody", id="rows").attrs["data-keys"]


def test_unchanged_is_304_without_a_body(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    first = ask(client)
    again = ask(client, first["ETag"])
    assert (first.status_code, again.status_code) == (200, 304)
    assert (again.content, again["ETag"]) == (b"", first["ETag"])


def test_time_passing_alone_changes_nothing(reader: Reader, alice: Any, agent: Any, at_now: datetime) -> None:
    WorkScheduleFactory(agent=agent)
    client = reader(alice)
    etag = ask(client)["ETag"]
    with time_machine.travel(at_now + timedelta(minutes=9), tick=False):
        assert ask(client, etag).status_code == 304


def test_each_thing_that_shows_changes_the_answer(
    reader: Reader, alice: Any, agent: Any, at_now: datetime, organization: Any, actor: Any
) -> None:
    client = reader(alice)
    etag = ask(client)["ETag"]

    def changed() -> bool:
        nonlocal etag
        answer = ask(client, etag)
        etag = answer["ETag"]
        return answer.status_code == 200

    clock.clock_in(organization=organization, agent_id=agent.pk, by=actor(alice), now=at_now)
    assert changed()
    Presence.objects.filter(agent=agent).update(last_seen_at=at_now, status="ok")
    assert changed()
    agent.priority_tier = "P0"
    agent.save(update_fields=["priority_tier"])
    assert changed()
    schedule = WorkScheduleFactory(agent=agent)
    assert changed()
    schedule.shifts.update(end_minute=1000)
    assert changed()
    told = {"organization": organization, "recipients": [alice], "kind": "late", "now": at_now}
    notices.tell(text="Someone is late.", key="late:1", **told)
    assert changed()
    AgentFactory(organization=organization, team=agent.team, agent_name="new-01")
    assert changed()
    assert not changed()


def test_the_filter_is_part_of_the_question(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    etag = ask(client)["ETag"]
    assert ask(client, etag, query="?q=zebra").status_code == 200
    assert not rows_of(parse(ask(client, query="?q=zebra")))


def test_each_reader_has_their_own_answer(reader: Reader, alice: Any, vera: Any, agent: Any) -> None:
    assert ask(reader(vera), ask(reader(alice))["ETag"]).status_code == 200


def test_the_same_rows_come_one_by_one(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    answer = parse(ask(client, rows=keys(client)))
    rows = answer.one("template").all("tr")
    assert [row.attrs["hx-swap-oob"] for row in rows] == ["true", "true"]
    assert all(row.attrs["data-v"] for row in rows)
    assert not answer.all("div", id="roster")


def test_other_rows_come_as_a_whole_table(reader: Reader, alice: Any, agent: Any, organization: Any) -> None:
    client = reader(alice)
    before = keys(client)
    AgentFactory(organization=organization, team=agent.team, agent_name="new-01")
    answer = parse(ask(client, rows=before))
    assert answer.one("div", id="roster").attrs["hx-swap-oob"] == "true"
    assert list(rows_of(answer)) == ["new-01", agent.agent_name]
    assert all("hx-swap-oob" not in row.attrs for row in answer.all("tr"))


def test_versions_are_those_of_the_page(reader: Reader, alice: Any, agent: Any, at_now: datetime) -> None:
    """What the page shows already is left alone by the browser."""
    client = reader(alice)
    page, poll = parse(client.get("/")), parse(ask(client, rows=keys(client)))
    for place in ("headline", "cards", "need", f"agent-{agent.pk}", f"pod-{agent.team_id}"):
        shown, coming = ([n for n in part.walk() if n.attrs.get("id") == place] for part in (page, poll))
        assert shown[0].attrs["data-v"] == coming[0].attrs["data-v"], place
