"""Every agent's clock status over the API (spec W4, W11)."""

from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from workforce.models import Agent, ApiKey, Presence

pytestmark = pytest.mark.django_db
PATH = "/api/workforce/status"


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def rows(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    return {row["agent_name"]: row for row in response.json()["results"]}


def test_it_says_where_an_agent_stands_and_what_comes_next(api: Api, agent: Agent, pod: Any, now: Any) -> None:
    WorkScheduleFactory(agent=agent, shifts=[("", 0b0011111, 540, 1020)])
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_in")
    Presence.objects.filter(agent=agent).update(last_seen_at=now)
    answer = api.get(PATH).json()
    assert answer == {
        "as_of": "2026-11-19T13:32:00Z",
        "counts": {"clocked_in": 1, "clocked_out": 0, "no_schedule": 0},
        "results": [
            {
                "agent_id": str(agent.pk),
                "agent_name": "support-triage-01",
                "pod": {"id": str(pod.pk), "name": "Support"},
                "clock_status": "clocked_in",
                "current_state": "ready",
                "on_duty": True,
                "in_grace": False,
                "schedule": "Mon–Fri 09:00–17:00",
                "time_zone": "Europe/Berlin",
                "next_event": {"kind": "clocks_out", "at": "2026-11-19T16:00:00Z"},
                "last_seen_at": "2026-11-19T13:32:00Z",
                "holds": [],
            }
        ],
        "next_cursor": None,
    }


def test_an_agent_without_hours(api: Api, agent: Agent) -> None:
    row = rows(api.get(PATH))["support-triage-01"]
    assert (row["clock_status"], row["schedule"], row["time_zone"], row["next_event"]) == (
        "no_schedule",
        "",
        None,
        None,
    )
    assert row["on_duty"] is True


def test_it_names_active_holds(api: Api, agent: Agent) -> None:
    api.post(f"/api/agents/{agent.pk}/holds", {"kind": "manual", "reason": "Odd."})
    api.post(f"/api/agents/{agent.pk}/holds", {"kind": "leave", "reason": "Off."})
    api.delete(f"/api/agents/{agent.pk}/holds/leave")
    row = rows(api.get(PATH))["support-triage-01"]
    assert [(hold["kind"], hold["reason"]) for hold in row["holds"]] == [("manual", "Odd.")]
    assert row["current_state"] == "paused"


def test_counts_are_of_all_that_the_other_filters_leave(api: Api, organization: Any, pod: Any) -> None:
    elsewhere = TeamFactory(organization=organization)
    for number, status in enumerate(["clocked_in", "clocked_in", "clocked_out", "no_schedule"]):
        AgentFactory(organization=organization, team=pod, agent_name=f"a{number}", clock_status=status)
    AgentFactory(organization=organization, team=elsewhere, agent_name="b", clock_status="clocked_out")
    answer = api.get(f"{PATH}?status=clocked_in&limit=1").json()
    assert answer["counts"] == {"clocked_in": 2, "clocked_out": 2, "no_schedule": 1}
    assert len(answer["results"]) == 1
    assert api.get(f"{PATH}?pod={elsewhere.pk}").json()["counts"]["clocked_out"] == 1


def test_it_filters(api: Api, organization: Any, pod: Any) -> None:
    AgentFactory(organization=organization, team=pod, agent_name="in", clock_status="clocked_in")
    AgentFactory(organization=organization, team=pod, agent_name="out", clock_status="clocked_out")
    AgentFactory(organization=organization, team=pod, agent_name="gone", current_state="retired")
    assert list(rows(api.get(f"{PATH}?status=clocked_out"))) == ["out"]
    assert list(rows(api.get(f"{PATH}?state=retired"))) == ["gone"]
    assert list(rows(api.get(f"{PATH}?q=O"))) == ["gone", "out"]
    assert list(rows(api.get(f"{PATH}?pod={pod.pk}&q=i"))) == ["in"]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("status=asleep", "status", "Choose one of: clocked_in, clocked_out, no_schedule."),
        ("state=asleep", "state", "Choose one of: registered,"),
        ("pod=x", "pod", "Write a UUID such as"),
        ("tier=P0", "tier", "There is no such field."),
    ],
)
def test_a_bad_filter_is_named(api: Api, query: str, field: str, words: str) -> None:
    found = faults(api.get(f"{PATH}?{query}"))
    assert list(found) == [field]
    assert found[field].startswith(words)


def test_who_may_look(organization: Any, other_organization: Any, agent: Agent) -> None:
    AgentFactory(organization=organization, team=agent.team, agent_name="colleague")
    theirs = TeamFactory(organization=other_organization)
    assert list(rows(Api.of(organization, scopes=["read"]).get(PATH))) == ["colleague", "support-triage-01"]
    assert list(rows(Api.of_agent(agent).get(PATH))) == ["support-triage-01"]
    assert Api.of_agent(agent).get(PATH).json()["counts"]["no_schedule"] == 1
    assert rows(Api.of(other_organization).get(PATH)) == {}
    assert problem(Api().get(PATH), 401)
    assert problem(Api.of(organization, scopes=["clock"]).get(PATH), 403)["scope"] == "read"
    assert problem(Api.of(organization).get(f"{PATH}?pod={theirs.pk}"), 404)


def test_it_costs_the_same_for_one_and_for_many(organization: Any, pod: Any, django_assert_num_queries: Any) -> None:
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for count in (1, 20):
        for agent in AgentFactory.create_batch(count, organization=organization, team=pod):
            WorkScheduleFactory(agent=agent)
            agent.holds.create(
                organization=organization,
                kind="manual",
                reason="Odd.",
                placed_by_kind="user",
                placed_by_id="1",
                placed_by_label="A",
            )
        with django_assert_num_queries(6):  # key, counts, agents, schedules, shifts, holds
            assert len(rows(Api(token).get(PATH))) >= count
