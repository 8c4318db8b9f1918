"""Hiring and changing records by API: the services' words, and nobody changes their own record (spec R1, R2, R9)."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory, MembershipFactory, TeamFactory
from tests.support.actors import audited
from tests.support.api import Api, faults, problem
from tests.workforce.test_agents_create import REQUIRED
from workforce.api.agent_bodies import WHO
from workforce.choices import KeyScope
from workforce.models import Agent, AuditEvent, Presence

pytestmark = pytest.mark.django_db
NEEDED = "This field is needed."
NO_OWNER = "There is no such person or agent in this organisation."


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization, scopes=[KeyScope.ROSTER, KeyScope.READ])


@pytest.fixture
def body(pod: Any, olga: Any) -> dict[str, Any]:
    return {
        "agent_name": "research-01",
        "agent_type": "specialist",
        "capability_tags": ["web_research", "qa"],
        "model_profile": "sonnet-balanced",
        "owner": {"user": olga.email},
        "team": pod.name,
        "priority_tier": "P1",
        "risk_level": "low",
    }


def patch(api: Api, agent: Agent, body: Any) -> Any:
    return api.call("PATCH", f"/api/agents/{agent.pk}", body)


def test_it_hires_and_answers_as_get_does(api: Api, body: dict[str, Any], olga: Any, pod: Any, alice: Any) -> None:
    more = {
        "secondary_owner": {"user": str(alice.pk)},
        "cost_budget_daily": "12.50",
        "avatar": "🤖",
        "tools": {"shell": "always_ask"},
        "notes": " Reads the web. ",
    }
    answer = api.post("/api/agents", body | more)
    assert answer.status_code == 201, answer.content
    hired = answer.json()
    assert hired == api.get(f"/api/agents/{hired['agent_id']}").json()
    assert (hired["current_state"], hired["clock_status"]) == ("registered", "no_schedule")
    assert (hired["owner"]["id"], hired["secondary_owner"]["id"], hired["team_id"]) == tuple(
        str(who.pk) for who in (olga, alice, pod)
    )
    assert (hired["cost_budget_daily"], hired["avatar"], hired["notes"]) == ("12.50", "🤖", "Reads the web.")
    assert hired["tools"] == {"shell": "always_ask"}
    (event,) = audited(Agent.objects.get())
    assert (event.action, event.actor_kind) == ("agent.created", "key")
    assert Presence.objects.count() == 1


@pytest.mark.parametrize("cost", ["7.5", 7.5, "7.50"])
def test_an_amount_is_a_number_or_text(api: Api, body: dict[str, Any], cost: Any) -> None:
    assert api.post("/api/agents", body | {"cost_budget_daily": cost}).status_code == 201
    assert Agent.objects.get().cost_budget_daily == Decimal("7.50")


def test_owner_and_pod_by_id_or_by_name(api: Api, body: dict[str, Any], agent: Agent, olga: Any, pod: Any) -> None:
    whose = [
        {"user": str(olga.pk)},
        {"user": "OLGA@example.com"},
        {"agent": str(agent.pk)},
        {"agent": agent.agent_name},
    ]
    for number, owner in enumerate(whose):
        named = {"agent_name": f"a{number}", "owner": owner, "team": str(pod.pk) if number % 2 else pod.name}
        answer = api.post("/api/agents", body | named)
        assert answer.status_code == 201, answer.content
        expected = olga if "user" in owner else agent
        assert (answer.json()["owner_id"], answer.json()["team_id"]) == (str(expected.pk), str(pod.pk))


def test_everything_missing_is_told_at_once(api: Api) -> None:
    assert faults(api.post("/api/agents", {})) == dict.fromkeys(REQUIRED, NEEDED)
    assert not Agent.objects.exists() and not AuditEvent.objects.filter(subject_kind="agent").exists()


WRONG = [
    ("agent_name", "", NEEDED),
    ("agent_name", None, NEEDED),
    ("agent_name", "  ", NEEDED),
    ("agent_name", "x" * 81, "Use at most 80 characters; this has 81."),
    ("agent_name", 5, "Enter text."),
    ("agent_type", "robot", "Choose one of: main, subagent, specialist, watcher."),
    ("agent_type", ["main"], "Choose one of: main, subagent, specialist, watcher."),
    ("capability_tags", "web", "Give a list of tags."),
    ("capability_tags", [], NEEDED),
    ("capability_tags", ["a", "a"], "Each tag once."),
    ("capability_tags", ["a,b"], "Each tag is 1 to 40 characters without a comma."),
    ("capability_tags", [{}], "Give a list of tags."),
    ("model_profile", {"a": 1}, "Enter text."),
    ("model_profile", "x" * 81, "Use at most 80 characters; this has 81."),
    ("priority_tier", "P3", "Choose one of: P0, P1, P2."),
    ("priority_tier", 0, "Choose one of: P0, P1, P2."),
    ("risk_level", True, "Choose one of: low, medium, high."),
    ("cost_budget_daily", "-1", "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", -0.01, "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", "1e3", "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", 1e300, "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", True, "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("cost_budget_daily", [], "Enter an amount of 0 or more with at most two decimals, or leave it empty."),
    ("avatar", "x" * 9, "Use at most 8 characters; this has 9."),
    ("avatar", None, "Enter text."),
    ("notes", "x" * 4001, "Use at most 4000 characters; this has 4001."),
    ("tools", {"shell": "maybe"}, "Give tool names with one of: enabled, always_ask, disabled."),
    ("tools", [], "Give tool names with one of: enabled, always_ask, disabled."),
    ("team", "Nowhere", "There is no such pod in this organisation."),
    ("team", 5, "Give the pod's id or name."),
    ("team", {}, "Give the pod's id or name."),
    ("owner", "olga@example.com", WHO),
    ("owner", {}, WHO),
    ("owner", {"user": "olga@example.com", "agent": "a"}, WHO),
    ("owner", {"user": 5}, WHO),
    ("owner", {"person": "Olga"}, WHO),
    ("owner", {"user": "Olga"}, NO_OWNER),
    ("owner", {"agent": "nobody"}, NO_OWNER),
    ("secondary_owner", {"agent": ""}, WHO),
    ("secondary_owner", [], WHO),
    ("current_state", "ready", "There is no such field."),
    ("clock_status", "clocked_in", "There is no such field."),
    ("organization", "other", "There is no such field."),
    ("by", "system", "There is no such field."),
    ("record", {}, "There is no such field."),
    ("agent_id", "0199a0b2-0000-7000-8000-000000000000", "There is no such field."),
]
_IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(WRONG)]


@pytest.mark.parametrize(("name", "value", "words"), WRONG, ids=_IDS)
def test_a_wrong_value_is_named_when_hiring(api: Api, body: dict[str, Any], name: str, value: Any, words: str) -> None:
    assert faults(api.post("/api/agents", body | {name: value})) == {name: words}
    assert not Agent.objects.exists()


@pytest.mark.parametrize(("name", "value", "words"), WRONG, ids=_IDS)
def test_a_wrong_value_is_named_when_changing(api: Api, agent: Agent, name: str, value: Any, words: str) -> None:
    before = Agent.objects.filter(pk=agent.pk).values().get()
    said = faults(patch(api, agent, {name: value}))
    assert list(said) == [name]
    assert Agent.objects.filter(pk=agent.pk).values().get() == before


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"5", b"null", b"{", b'{"agent_name": "a\\u0000b"}', b"\xff"])
def test_a_body_that_is_no_record(api: Api, agent: Agent, raw: bytes) -> None:
    assert problem(api.post("/api/agents", raw=raw), 400)
    assert problem(api.call("PATCH", f"/api/agents/{agent.pk}", raw=raw), 400)
    assert Agent.objects.count() == 1


def test_many_unknown_names_are_refused_in_bounds(api: Api, body: dict[str, Any]) -> None:
    refused = problem(api.post("/api/agents", body | {f"x{number}": 1 for number in range(5_000)}), 400)
    assert len(refused["errors"]) == 100


def test_a_name_is_taken_once(api: Api, body: dict[str, Any], agent: Agent) -> None:
    said = faults(api.post("/api/agents", body | {"agent_name": agent.agent_name}))
    assert said == {"agent_name": "There is already an agent called support-triage-01."}


def test_others_people_agents_and_pods_are_not_there(
    api: Api, body: dict[str, Any], agent: Agent, other_organization: Any, charlie: Any
) -> None:
    """The same words as for what is nowhere: ids of another organisation tell nothing (spec P1)."""
    foreign = AgentFactory(organization=other_organization)
    pod = TeamFactory(organization=other_organization)
    wrong = [
        ("owner", {"user": str(charlie.pk)}, NO_OWNER),
        ("owner", {"user": charlie.email}, NO_OWNER),
        ("owner", {"agent": str(foreign.pk)}, NO_OWNER),
        ("secondary_owner", {"agent": foreign.agent_name}, NO_OWNER),
        ("team", str(pod.pk), "There is no such pod in this organisation."),
        ("team", pod.name, "There is no such pod in this organisation."),
    ]
    for name, value, words in wrong:
        assert faults(api.post("/api/agents", body | {name: value})) == {name: words}
        assert faults(patch(api, agent, {name: value})) == {name: words}


def test_a_member_who_is_not_active_owns_nothing(api: Api, body: dict[str, Any], organization: Any) -> None:
    left = MembershipFactory(organization=organization).user
    left.is_active = False
    left.save(update_fields=["is_active"])
    assert faults(api.post("/api/agents", body | {"owner": {"user": left.email}})) == {"owner": NO_OWNER}


def test_it_changes_only_what_is_sent(api: Api, agent: Agent, alice: Any, organization: Any) -> None:
    growth = TeamFactory(organization=organization, name="Growth")
    answer = patch(api, agent, {"owner": {"user": str(alice.pk)}, "team": "Growth", "cost_budget_daily": 3})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["owner"]["name"], answer.json()["pod"]["name"]) == ("Alice", "Growth")
    agent.refresh_from_db()
    assert (agent.owner, agent.team, agent.cost_budget_daily) == (alice, growth, Decimal(3))
    assert patch(api, agent, {"cost_budget_daily": None}).json()["cost_budget_daily"] is None
    assert patch(api, agent, {}).status_code == 200
    assert [event.action for event in audited(agent)] == ["agent.owner_changed", "agent.edited"]


def test_no_cycle_by_changing_owners(api: Api, agent: Agent, organization: Any) -> None:
    owned = AgentFactory(
        organization=organization, team=agent.team, owner_user=None, owner_agent=agent, agent_name="owned-01"
    )
    words = "owned-01 is owned by support-triage-01, directly or through others."
    assert faults(patch(api, agent, {"owner": {"agent": str(owned.pk)}})) == {"owner": words}
    assert faults(patch(api, agent, {"owner": {"agent": agent.agent_name}})) == {"owner": "An agent cannot own itself."}


def test_an_archived_record_stays(api: Api, organization: Any) -> None:
    gone = AgentFactory(organization=organization, current_state="archived")
    assert problem(patch(api, gone, {"notes": "x"}), 409)["code"] == "archived"


CHANGES: list[dict[str, Any]] = [
    {"owner": {"user": "vera@example.com"}},
    {"priority_tier": "P0"},
    {"cost_budget_daily": "99.00"},
    {"current_state": "retired"},
    {"organization": "other"},
    {"tools": {"shell": "enabled"}},
    {"notes": "Mine."},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_an_agent_does_not_change_its_own_record(agent: Agent, vera: Any, change: dict[str, Any]) -> None:
    before = Agent.objects.filter(pk=agent.pk).values().get()
    assert problem(patch(Api.of_agent(agent), agent, change), 403)
    assert Agent.objects.filter(pk=agent.pk).values().get() == before


def test_who_may_hire_and_change(
    organization: Any, other_organization: Any, agent: Agent, body: dict[str, Any]
) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team)
    others = [scope for scope in KeyScope if scope is not KeyScope.ROSTER]
    weak = Api.of(organization, scopes=others)
    assert problem(weak.post("/api/agents", body), 403)["scope"] == "roster"
    assert problem(patch(weak, agent, {"notes": "x"}), 403)["scope"] == "roster"
    assert problem(Api.of_agent(agent).post("/api/agents", body), 403)
    assert problem(patch(Api.of_agent(colleague), agent, {"notes": "x"}), 403)["code"] == "not_your_agent"
    assert problem(patch(Api.of(other_organization), agent, {"notes": "x"}), 404)
    assert problem(Api().post("/api/agents", body), 401)
    assert problem(patch(Api(), agent, {"notes": "x"}), 401)
    assert Agent.objects.count() == 2
