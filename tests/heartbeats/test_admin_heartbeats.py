"""Heartbeats in the admin: read-only, found by agent, never counted or sorted whole (spec U8, H1)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from heartbeats.models import Heartbeat
from tests.factories import AgentFactory
from tests.support.admin import as_hr, page
from workforce.models import Agent

pytestmark = pytest.mark.django_db

LIST = page("heartbeats.heartbeat")


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


def beat(agent: Agent, *, minutes_ago: int = 0, summary: str = "") -> Heartbeat:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return Heartbeat.objects.create(
        organization=agent.organization,
        agent=agent,
        emitted_at=at,
        received_at=at,
        status="ok",
        work_mode="idle",
        summary=summary,
    )


def test_a_search_for_an_agent_finds_its_own_newest_first(client: Client, agent) -> None:
    other = AgentFactory(organization=agent.organization, team=agent.team, agent_name="other")
    newer, older = beat(agent, minutes_ago=1), beat(agent, minutes_ago=5)
    beat(other)
    found = client.get(f"{LIST}?q=triage").context["cl"].result_list
    assert [one.pk for one in found] == [newer.pk, older.pk]


def test_without_a_search_all_are_there(client: Client, agent) -> None:
    one = beat(agent)
    assert [row.pk for row in client.get(LIST).context["cl"].result_list] == [one.pk]


def test_a_search_finds_no_agent_of_another_organisation(client: Client, agent, other_organization) -> None:
    theirs = AgentFactory(organization=other_organization, agent_name="triage-theirs")
    beat(theirs)
    assert list(client.get(f"{LIST}?q=triage").context["cl"].result_list) == []


@pytest.mark.parametrize("name", ["change", "delete"])
def test_it_is_only_read(name: str, client: Client, agent) -> None:
    one = beat(agent)
    assert client.post(page("heartbeats.heartbeat", name, one.pk), {"post": "yes", "summary": "x"}).status_code == 403
    assert client.post(page("heartbeats.heartbeat", "add"), {}).status_code == 403
    assert Heartbeat.objects.get().summary == ""


def test_script_in_a_summary_is_inert(client: Client, agent) -> None:
    one = beat(agent, summary="<script>alert(1)</script>")
    for path in (LIST, page("heartbeats.heartbeat", "change", one.pk)):
        html = client.get(path).content.decode()
        assert "<script>alert(1)" not in html and "&lt;script&gt;alert(1)" in html


def test_the_list_asks_the_same_number_of_questions_for_more(client: Client, agent) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert client.get(LIST).status_code == 200
        return len(taken)

    beat(agent)
    queries()
    few = queries()
    for minute in range(30):
        beat(AgentFactory(organization=agent.organization, team=agent.team), minutes_ago=minute)
    assert queries() == few


def test_no_count_runs_past_the_bound(client: Client, agent) -> None:
    beat(agent)
    with CaptureQueriesContext(connection) as taken:
        client.get(LIST)
    counts = [q["sql"] for q in taken.captured_queries if "COUNT(" in q["sql"] and "heartbeat" in q["sql"]]
    assert counts and all("LIMIT 5000" in sql for sql in counts)
