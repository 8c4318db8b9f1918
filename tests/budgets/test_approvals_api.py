"""Caps that were reached, over the API (spec B4)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from budgets.models import CapApproval, Caps
from budgets.rules.caps import NOT_TOKENS
from budgets.services.approvals import GIVE_A_CAP, SAY_WHY
from tests.budgets.test_approvals import NOW, waiting
from tests.factories import AgentFactory
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from workforce.models import Agent, ApiKey, AuditEvent

pytestmark = pytest.mark.django_db
PATH = "/api/workforce/cap-approvals"


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def listed(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_one_that_waits_is_listed_and_raised(api: Api, agent: Agent) -> None:
    approval = waiting(agent)
    row = {
        "id": str(approval.pk), "agent_id": str(agent.pk), "agent_name": "support-triage-01", "window": "daily",
        "measure": "tokens", "since": "2026-11-18T23:00:00Z", "until": "2026-11-19T23:00:00Z", "cap": 1000,
        "used": 1200, "status": "open", "opened_at": "2026-11-19T11:00:00Z", "decided_at": None, "decided_by": "",
        "reason": "", "raised_to": None,
    }  # fmt: skip
    assert listed(api.get(PATH)) == [row]
    answer = api.post(f"{PATH}/{approval.pk}/raise", {"cap": 2000, "reason": "The launch."})
    assert answer.json() == {
        **row, "status": "raised", "decided_at": "2026-11-19T11:01:00Z", "decided_by": "Key operations",
        "reason": "The launch.", "raised_to": 2000,
    }  # fmt: skip
    agent.refresh_from_db()
    assert (agent.current_state, Caps.objects.get().daily_tokens) == ("ready", 2000)
    assert listed(api.get(PATH)) == [answer.json()]
    assert api.post(f"{PATH}/{approval.pk}/raise", {"cap": 2000, "reason": "x"}).json() == answer.json()
    refused = problem(api.post(f"{PATH}/{approval.pk}/keep", {"reason": "x"}), 409)
    assert (refused["code"], refused["status_now"]) == ("decided", "raised")
    assert AuditEvent.objects.filter(action="cap_approval.raised", actor_label="Key operations").count() == 1


def test_keeping_it(api: Api, agent: Agent) -> None:
    approval = waiting(agent, weekly_tokens=500)
    answer = api.post(f"{PATH}/{approval.pk}/keep", {"reason": "Enough."})
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, "kept", "Enough.")
    agent.refresh_from_db()
    assert agent.current_state == "paused"


def test_every_fault_is_named_at_once(api: Api, agent: Agent) -> None:
    approval = waiting(agent)
    address = f"{PATH}/{approval.pk}/raise"
    assert faults(api.post(address, {})) == {"cap": GIVE_A_CAP, "reason": SAY_WHY}
    assert faults(api.post(address, {"cap": "2000", "reason": 7})) == {"cap": NOT_TOKENS, "reason": SAY_WHY}
    assert faults(api.post(address, {"cap": True, "reason": "x"})) == {"cap": NOT_TOKENS}
    assert list(faults(api.post(address, {"cap": 1200, "reason": "x" * 501}))) == ["cap", "reason"]
    assert list(faults(api.post(address, {"cap": 2000, "reason": "x", "until": 1}))) == ["until"]
    assert faults(api.post(f"{PATH}/{approval.pk}/keep", {"cap": 1, "reason": "x"})) != {}
    for raw in (b'{"cap": NaN, "reason": "x"}', b"[]", b"null", b'{"cap": 1e999, "reason": "x"}', b"{"):
        assert api.post(address, raw=raw).status_code in (400, 415)
    assert CapApproval.objects.get().status == "open" and Caps.objects.get().daily_tokens == 1000


def test_who_may(organization: Any, other_organization: Any, agent: Agent) -> None:
    approval = waiting(agent)
    body = {"cap": 2000, "reason": "x"}
    for verb in ("raise", "keep"):
        address = f"{PATH}/{approval.pk}/{verb}"
        assert problem(Api().post(address, body), 401)
        sent = body if verb == "raise" else {"reason": "x"}
        assert problem(Api.of(organization, scopes=["read", "work"]).post(address, sent), 403)["scope"] == "budgets"
        assert problem(Api.of_agent(agent).post(address, sent), 403)
        assert problem(Api.of(other_organization).post(address, sent), 404)
        assert problem(Api.of(organization).post(f"{PATH}/{uuid4()}/{verb}", sent), 404)
    assert problem(Api.of(organization, scopes=["budgets"]).get(PATH), 403)["scope"] == "read"
    assert listed(Api.of(other_organization).get(PATH)) == []
    assert CapApproval.objects.get().status == "open"


def test_an_agents_own_key_sees_its_own(organization: Any, pod: Any, agent: Agent) -> None:
    colleague = AgentFactory(organization=organization, team=pod)
    waiting(colleague), waiting(agent)
    own = Api.of_agent(agent)
    assert [row["agent_id"] for row in listed(own.get(PATH))] == [str(agent.pk)]
    assert problem(own.get(f"{PATH}?agent={colleague.pk}"), 403)


def test_it_filters_and_pages(api: Api, organization: Any, pod: Any) -> None:
    agents = AgentFactory.create_batch(3, organization=organization, team=pod)
    for agent in agents:
        waiting(agent)
    CapApproval.objects.filter(agent=agents[0]).update(opened_at=NOW - timedelta(hours=1))
    api.post(f"{PATH}/{CapApproval.objects.get(agent=agents[1]).pk}/keep", {"reason": "x"})
    assert [row["agent_id"] for row in listed(api.get(f"{PATH}?status=kept"))] == [str(agents[1].pk)]
    assert len(listed(api.get(f"{PATH}?status=open"))) == 2
    assert len(listed(api.get(f"{PATH}?status=open&agent={agents[2].pk}"))) == 1
    first = api.get(f"{PATH}?limit=2").json()
    rest = api.get(f"{PATH}?limit=2&cursor={first['next_cursor']}").json()
    assert len(first["results"]) == 2 and rest["next_cursor"] is None
    assert [row["agent_id"] for row in rest["results"]] == [str(agents[0].pk)]
    assert list(faults(api.get(f"{PATH}?status=x&limit=0&agent=1"))) == ["limit", "status", "agent"]
    assert problem(api.get(f"{PATH}?cursor=WyJ4IiwieCJd"), 400)


def test_it_costs_the_same_for_one_and_for_many(organization: Any, pod: Any, django_assert_num_queries: Any) -> None:
    row, token = issue(organization)
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for count in (1, 10):
        for agent in AgentFactory.create_batch(count, organization=organization, team=pod):
            waiting(agent)
        with django_assert_num_queries(2):  # key, approvals with their agents
            assert len(listed(Api(token).get(PATH))) >= count
