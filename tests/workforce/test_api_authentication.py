"""Who may call at all: keys, and nothing but keys."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.factories import PASSWORD, AgentFactory
from tests.support.api import LONG_AGO, Api, issue, problem
from workforce.models import Agent
from workforce.rules.actors import system
from workforce.services import keys

pytestmark = pytest.mark.django_db
HOUSE = system("tests")


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


def test_a_key_opens_the_roster(organization: Any, agent: Agent) -> None:
    assert Api.of(organization).get("/api/agents").status_code == 200


def test_the_key_may_come_in_its_own_header(organization: Any) -> None:
    token = issue(organization)[1]
    assert Api(token, header="X-API-Key").get("/api/agents").status_code == 200


def test_the_scheme_is_read_without_regard_to_case(organization: Any) -> None:
    api = Api()
    api.headers["Authorization"] = f"bearer {issue(organization)[1]}"
    assert api.get("/api/agents").status_code == 200


def test_without_a_key_it_says_how_to_send_one(organization: Any) -> None:
    response = Api().get("/api/agents")
    assert problem(response, 401)["detail"] == "Send an API key: Authorization: Bearer pck_…"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Punchcard"'


@pytest.mark.parametrize(
    "text",
    ["", "x", "pck_", "pck_000000000000_" + "A" * 43, "Ünïcode", "pck_" + "0" * 5000, "a b c", "null", "'; --"],
)
def test_a_wrong_key_is_refused(organization: Any, text: str) -> None:
    api = Api()
    api.headers["Authorization"] = f"Bearer {text}"
    response = api.get("/api/agents")
    document = problem(response, 401)
    assert document["code"] == "unauthenticated"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_revoked_and_expired_read_the_same(organization: Any, now: Any) -> None:
    revoked, revoked_token = issue(organization)
    keys.revoke(key=revoked, by=HOUSE, now=now)
    expired_token = issue(organization, expires_at=now)[1]
    wrong = issue(organization)[1][:-1] + "-"
    answers = [Api(token).get("/api/agents") for token in (revoked_token, expired_token, wrong)]
    documents = [problem(answer, 401) for answer in answers]
    for document in documents:
        document.pop("request_id")
    assert documents[0] == documents[1] == documents[2]


def test_a_key_works_until_the_moment_it_expires(organization: Any, now: Any) -> None:
    token = issue(organization, expires_at=now + timedelta(seconds=1))[1]
    assert Api(token).get("/api/agents").status_code == 200
    with time_machine.travel(now + timedelta(seconds=1), tick=False):
        problem(Api(token).get("/api/agents"), 401)


def test_a_rotated_key_overlaps_with_its_successor(organization: Any, now: Any) -> None:
    key, token = issue(organization)
    _, successor = keys.rotate(key=key, overlap=timedelta(hours=1), by=HOUSE, now=now)
    assert [Api(t).get("/api/agents").status_code for t in (token, successor)] == [200, 200]
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert [Api(t).get("/api/agents").status_code for t in (token, successor)] == [401, 200]


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_the_key_of_an_agent_that_left_is_dead(agent: Agent, state: str) -> None:
    token = issue(agent.organization, agent=agent)[1]
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    problem(Api(token).get(f"/api/agents/{agent.pk}"), 401)


def test_a_sign_in_cookie_is_not_looked_at(organization: Any, alice: Any) -> None:
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    browser = Client()
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    problem(Api(cookies=browser.cookies).get("/api/agents"), 401)


def test_a_cookie_beside_a_key_changes_nothing(organization: Any, alice: Any, agent: Agent) -> None:
    """No CSRF token is asked for, and times stay in UTC whatever zone the person of the cookie lives in."""
    browser = Client()
    browser.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    api = Api(issue(organization)[1], cookies=browser.cookies)
    assert api.get(f"/api/agents/{agent.pk}").json()["created_at"].endswith("Z")
    response = api.post(f"/api/agents/{agent.pk}/transitions", {"to": "assigned"})
    assert response.status_code == 200
    assert response.json()["updated_at"] == "2026-11-19T13:32:00Z"


def test_using_a_key_is_noted_at_most_once_a_minute(organization: Any, now: Any) -> None:
    key, token = issue(organization)
    for seconds, noted in ((0, 0), (59, 0), (60, 60)):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            Api(token).get("/api/agents")
        key.refresh_from_db()
        assert key.last_used_at == now + timedelta(seconds=noted)


def test_a_missing_scope_is_named(organization: Any, agent: Agent) -> None:
    reader = Api.of(organization, scopes=["read"])
    assert reader.get("/api/agents").status_code == 200
    refusal = problem(reader.post(f"/api/agents/{agent.pk}/transitions", {"to": "assigned"}), 403)
    assert refusal["code"] == "missing_scope"
    assert refusal["scope"] == "lifecycle"
    assert refusal["detail"] == "This key lacks the scope “lifecycle”."


def test_an_agents_key_needs_no_scope_for_itself(agent: Agent) -> None:
    assert Api.of_agent(agent).get(f"/api/agents/{agent.pk}").status_code == 200


def test_another_organisations_key_sees_nothing(other_organization: Any, agent: Agent) -> None:
    stranger = Api.of(other_organization)
    assert stranger.get("/api/agents").json()["results"] == []
    problem(stranger.get(f"/api/agents/{agent.pk}"), 404)


def test_the_answer_to_a_stranger_is_that_of_an_unknown_agent(other_organization: Any, agent: Agent) -> None:
    stranger = Api.of(other_organization)
    nobody = "01937f2e-0000-7000-8000-000000000000"
    there = problem(stranger.get(f"/api/agents/{agent.pk}"), 404)
    absent = problem(stranger.get(f"/api/agents/{nobody}"), 404)
    for document in (there, absent):
        document.pop("instance"), document.pop("request_id")
    assert there == absent


def test_the_token_never_comes_back(organization: Any) -> None:
    token = issue(organization)[1]
    response = Api(token + "x").get("/api/agents")
    assert token not in response.content.decode()


def test_a_key_is_checked_in_one_query(organization: Any, agent: Agent, django_assert_num_queries: Any) -> None:
    key, token = issue(organization, agent=agent)
    type(key).objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    with django_assert_num_queries(1):
        assert keys.authenticate(token, now=LONG_AGO) == key


def test_colleagues_are_refused_as_colleagues(agent: Agent) -> None:
    colleague = AgentFactory(organization=agent.organization, team=agent.team)
    refusal = problem(Api.of_agent(colleague).get(f"/api/agents/{agent.pk}"), 403)
    assert refusal["code"] == "not_your_agent"
    assert refusal["detail"] == "This key acts for its own agent only."
