"""The roster, one agent, and who answers for it."""

from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory, TeamFactory, UserFactory
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from workforce.models import Agent, ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["agent_name"] for row in response.json()["results"]]


def test_it_shows_every_field_of_the_roster(api: Api, agent: Agent, olga: Any, pod: Any) -> None:
    shown = api.get(f"/api/agents/{agent.pk}").json()
    assert shown == {
        "agent_id": str(agent.pk),
        "agent_name": "support-triage-01",
        "agent_type": "specialist",
        "capability_tags": ["web_research"],
        "model_profile": "sonnet-balanced",
        "owner_id": str(olga.pk),
        "owner": {"kind": "user", "id": str(olga.pk), "name": "Olga"},
        "secondary_owner": None,
        "team_id": str(pod.pk),
        "pod": {"id": str(pod.pk), "name": "Support"},
        "current_state": "ready",
        "priority_tier": "P1",
        "risk_level": "low",
        "cost_budget_daily": None,
        "avatar": "",
        "tools": {},
        "clock_status": "no_schedule",
        "last_seen_at": None,
        "notes": "",
        "created_at": "2026-11-19T13:32:00Z",
        "updated_at": "2026-11-19T13:32:00Z",
    }


def test_an_agent_may_be_owned_by_an_agent(api: Api, organization: Any, agent: Agent) -> None:
    owned = AgentFactory(
        organization=organization,
        team=agent.team,
        owner_user=None,
        owner_agent=agent,
        secondary_owner_user=UserFactory(),
    )
    shown = api.get(f"/api/agents/{owned.pk}").json()
    assert shown["owner"] == {"kind": "agent", "id": str(agent.pk), "name": "support-triage-01"}
    assert shown["secondary_owner"]["kind"] == "user"


def test_the_list_is_in_the_order_of_names(api: Api, organization: Any, pod: Any) -> None:
    for name in ("b", "c", "a"):
        AgentFactory(organization=organization, team=pod, agent_name=name)
    assert names(api.get("/api/agents")) == ["a", "b", "c"]


def test_it_filters(api: Api, organization: Any, pod: Any) -> None:
    research = TeamFactory(organization=organization)
    AgentFactory(organization=organization, team=pod, agent_name="triage-1", current_state="executing")
    AgentFactory(organization=organization, team=pod, agent_name="triage-2", priority_tier="P0")
    AgentFactory(organization=organization, team=research, agent_name="reader")
    assert names(api.get("/api/agents?q=TRIAGE")) == ["triage-1", "triage-2"]
    assert names(api.get(f"/api/agents?pod={research.pk}")) == ["reader"]
    assert names(api.get("/api/agents?state=executing")) == ["triage-1"]
    assert names(api.get("/api/agents?tier=P0")) == ["triage-2"]
    assert names(api.get("/api/agents?q=triage&state=ready")) == ["triage-2"]
    assert names(api.get("/api/agents?q=%25")) == []
    assert names(api.get("/api/agents?q=_riage")) == []


@pytest.mark.parametrize(
    ("query", "path", "words"),
    [
        ("state=working", "state", "Choose one of: registered, ready, assigned,"),
        ("tier=P3", "tier", "Choose one of: P0, P1, P2."),
        ("pod=support", "pod", "Write a UUID such as"),
        ("pod=1", "pod", "Write a UUID such as"),
        ("q=", "q", "This may not be empty."),
    ],
)
def test_a_bad_filter_is_named(api: Api, query: str, path: str, words: str) -> None:
    found = faults(api.get(f"/api/agents?{query}"))
    assert list(found) == [path]
    assert found[path].startswith(words)


def test_another_organisations_pod_is_unknown(api: Api, other_organization: Any) -> None:
    theirs = TeamFactory(organization=other_organization)
    refusal = problem(api.get(f"/api/agents?pod={theirs.pk}"), 404)
    assert refusal["detail"] == "There is no such pod in this organisation."


def test_an_agents_own_key_sees_itself_alone(organization: Any, agent: Agent) -> None:
    AgentFactory(organization=organization, team=agent.team)
    assert names(Api.of_agent(agent).get("/api/agents")) == ["support-triage-01"]


def test_the_reporting_line_is_owner_lead_managers(
    api: Api, agent: Agent, olga: Any, lee: Any, alice: Any, organization: Any
) -> None:
    line = api.get(f"/api/agents/{agent.pk}/reporting-line").json()
    assert line["agent_name"] == "support-triage-01"
    assert [(step["role"], step["kind"], step["name"]) for step in line["steps"]] == [
        ("owner", "user", "Olga"),
        ("pod_lead", "user", "Lee"),
        ("workforce_manager", "user", "Alice"),
    ]
    assert line["steps"][0]["id"] == str(olga.pk)


def test_the_reporting_line_climbs_owning_agents(api: Api, organization: Any, agent: Agent) -> None:
    owned = AgentFactory(organization=organization, team=agent.team, owner_user=None, owner_agent=agent)
    steps = api.get(f"/api/agents/{owned.pk}/reporting-line").json()["steps"]
    assert [(step["kind"], step["name"]) for step in steps[:2]] == [("agent", "support-triage-01"), ("user", "Olga")]


@pytest.mark.parametrize("part", ["", "/reporting-line", "/transitions", "/holds"])
def test_who_may_look_at_an_agent(organization: Any, other_organization: Any, agent: Agent, part: str) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team)
    foreign = AgentFactory(organization=other_organization)
    path = f"/api/agents/{agent.pk}{part}"
    assert Api.of(organization).get(path).status_code == 200
    assert Api.of_agent(agent).get(path).status_code == 200
    assert problem(Api().get(path), 401)
    assert problem(Api.of(organization, scopes=["clock"]).get(path), 403)["scope"] == "read"
    assert problem(Api.of_agent(colleague).get(path), 403)["code"] == "not_your_agent"
    for stranger in (Api.of(other_organization), Api.of_agent(foreign)):
        assert problem(stranger.get(path), 404)["detail"] == "There is no such agent in this organisation."


def test_what_is_no_uuid_is_no_address(api: Api) -> None:
    assert problem(api.get("/api/agents/42"), 404)["detail"] == "There is nothing at this address."


def test_the_list_costs_the_same_for_one_and_for_many(
    organization: Any, pod: Any, django_assert_num_queries: Any
) -> None:
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    owner = AgentFactory(organization=organization, team=pod)
    for count in (1, 30):
        AgentFactory.create_batch(count, organization=organization, team=pod)
        AgentFactory.create_batch(count, organization=organization, team=pod, owner_user=None, owner_agent=owner)
        with django_assert_num_queries(2):  # the key, the agents
            assert len(names(Api(token).get("/api/agents"))) > count
