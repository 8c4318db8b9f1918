"""Planned leave over the API (spec W10): every fault named by its path, nobody sees more than is theirs."""

from typing import Any

import pytest
import time_machine

from scheduling.models import Leave
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.api import Api, faults, issue, problem
from tests.support.clockwork import hire, standing
from workforce.models import Agent

pytestmark = pytest.mark.django_db
PATH = "/api/workforce/leave"
DATES = {"starts_at": "2026-12-24T00:00:00+01:00", "ends_at": "2026-12-27T00:00:00+01:00"}


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def body(agent: Agent, **more: Any) -> dict[str, Any]:
    return {"agent_id": str(agent.pk), **DATES, "reason": "Model change.", **more}


def planned(api: Api, agent: Agent, **more: Any) -> dict[str, Any]:
    response = api.post(PATH, body(agent, **more))
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


def of(leave: dict[str, Any], more: str = "") -> str:
    return f"{PATH}/{leave['id']}{more}"


def test_it_is_planned(api: Api, agent: Agent) -> None:
    cover = hire(agent, agent_name="support-triage-02")
    leave = planned(api, agent, cover_agent_id=str(cover.pk))
    assert leave == {
        "id": str(Leave.objects.get().pk),
        "agent_id": str(agent.pk),
        "agent_name": "support-triage-01",
        "status": "planned",
        "starts_at": "2026-12-23T23:00:00Z",
        "ends_at": "2026-12-26T23:00:00Z",
        "time_zone": "Europe/Berlin",
        "reason": "Model change.",
        "cover": {"kind": "agent", "id": str(cover.pk), "name": "support-triage-02"},
        "created_at": "2026-11-19T13:32:00Z",
        "created_by_kind": "key",
        "created_by": "Key operations",
        "updated_at": "2026-11-19T13:32:00Z",
        "started_at": None,
        "finished_at": None,
        "finished_by": "",
        "finish_reason": "",
    }
    assert api.get(of(leave)).json() == leave
    assert api.get(PATH).json() == {"results": [leave], "next_cursor": None}


def test_the_zone_is_that_of_its_hours(api: Api, agent: Agent) -> None:
    WorkScheduleFactory(agent=agent, time_zone="Asia/Tokyo")
    assert planned(api, agent)["time_zone"] == "Asia/Tokyo"


def test_one_that_has_begun_holds_the_agent(api: Api, agent: Agent) -> None:
    leave = planned(api, agent, starts_at="2026-11-19T12:00:00Z")
    assert (leave["status"], leave["started_at"]) == ("running", "2026-11-19T13:32:00Z")
    assert standing(agent)[1:] == ("paused", ["leave"])
    (status,) = api.get("/api/workforce/status").json()["results"]
    assert status["next_event"] == {"kind": "resumes", "at": "2026-12-26T23:00:00Z"}
    assert [(hold["kind"], hold["until"]) for hold in status["holds"]] == [("leave", "2026-12-26T23:00:00Z")]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"agent_id": None}, "agent_id", "Say whose leave this is."),
        ({"agent_id": "x"}, "agent_id", "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."),
        ({"starts_at": None}, "starts_at", "Say when the leave begins."),
        ({"starts_at": "2026-12-24T00:00:00"}, "starts_at",
         "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."),
        ({"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z"}, "starts_at",
         "Choose a start within the next three years."),
        ({"ends_at": "soon"}, "ends_at", "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."),
        ({"ends_at": DATES["starts_at"]}, "ends_at", "Choose an end after the start."),
        ({"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-02T00:00:00Z"}, "ends_at",
         "Choose an end in the future."),
        ({"ends_at": "2028-01-01T00:00:00Z"}, "ends_at", "A leave lasts at most 366 days. Choose an earlier end."),
        ({"reason": ""}, "reason", "Say why the agent is on leave."),
        ({"reason": None}, "reason", "Say why the agent is on leave."),
        ({"reason": 5}, "reason", "Enter text."),
        ({"reason": "x" * 501}, "reason", "Use at most 500 characters; this has 501."),
        ({"cover_agent_id": 7}, "cover_agent_id", "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."),
        ({"colour": "red"}, "colour", "There is no such field."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(api: Api, agent: Agent, change: dict[str, Any], path: str, words: str) -> None:
    assert faults(api.post(PATH, {**body(agent), **change})) == {path: words}
    assert not Leave.objects.exists()


@pytest.mark.parametrize("name", ["agent_id", "starts_at", "ends_at", "reason"])
def test_what_is_missing_is_named(api: Api, agent: Agent, name: str) -> None:
    given = body(agent)
    del given[name]
    assert list(faults(api.post(PATH, given))) == [name]


def test_all_faults_come_at_once(api: Api, agent: Agent) -> None:
    given = body(agent, ends_at=DATES["starts_at"], reason="x" * 501, cover_agent_id=str(agent.pk))
    assert faults(api.post(PATH, given)) == {
        "ends_at": "Choose an end after the start.",
        "reason": "Use at most 500 characters; this has 501.",
        "cover_agent_id": "An agent cannot cover for itself. Choose another one, or nobody.",
    }


def test_overlapping_leave_is_refused_and_the_other_one_named(api: Api, agent: Agent) -> None:
    first = planned(api, agent)
    refusal = problem(api.post(PATH, body(agent)), 409)
    assert (refusal["code"], refusal["leave_id"]) == ("leave_overlaps", first["id"])
    assert refusal["type"] == "/api/docs/problems/leave-overlaps"
    assert refusal["detail"] == (
        "support-triage-01 has leave at that time already: 24 Dec – 26 Dec 2026. Change that, or choose other dates."
    )
    assert api.get(refusal["type"]).status_code == 200


def test_it_is_changed(api: Api, agent: Agent) -> None:
    leave = planned(api, agent, cover_agent_id=str(hire(agent).pk))
    changed = api.call("PATCH", of(leave), {"ends_at": "2026-12-28T00:00:00+01:00", "cover_agent_id": None}).json()
    assert changed == {**leave, "ends_at": "2026-12-27T23:00:00Z", "cover": None}
    assert faults(api.call("PATCH", of(leave), {"reason": None, "agent_id": str(agent.pk)})) == {
        "reason": "Say why the agent is on leave.",
        "agent_id": "There is no such field.",
    }
    assert api.call("PATCH", of(leave), {}).json() == changed


def test_of_one_that_runs_the_start_stays(api: Api, agent: Agent) -> None:
    leave = planned(api, agent, starts_at="2026-11-19T12:00:00Z")
    words = "The leave has begun: only its end and its cover can change."
    assert faults(api.call("PATCH", of(leave), {"starts_at": DATES["starts_at"]})) == {"starts_at": words}


def test_it_is_called_off_once(api: Api, agent: Agent) -> None:
    leave = planned(api, agent)
    gone = api.post(of(leave, "/cancel"), {"reason": "Moved."}).json()
    assert (gone["status"], gone["finished_by"], gone["finish_reason"]) == ("cancelled", "Key operations", "Moved.")
    assert api.post(of(leave, "/cancel"), {"reason": "Again."}).json() == gone
    refusal = problem(api.call("PATCH", of(leave), {"reason": "Else."}), 409)
    assert (refusal["code"], refusal["detail"]) == ("leave_over", "This leave is cancelled and stays so.")


def test_one_that_runs_is_ended(api: Api, agent: Agent) -> None:
    leave = planned(api, agent, starts_at="2026-11-19T12:00:00Z")
    assert api.post(of(leave, "/cancel")).json()["status"] == "ended"
    assert standing(agent)[1:] == ("ready", [])


def test_filters(api: Api, agent: Agent) -> None:
    other = hire(agent)
    first, second = planned(api, agent), planned(api, other, starts_at="2026-11-19T12:00:00Z")
    third = planned(api, agent, starts_at=DATES["ends_at"], ends_at="2026-12-28T00:00:00+01:00")

    def found(query: str) -> list[str]:
        return [leave["id"] for leave in api.get(f"{PATH}?{query}").json()["results"]]

    assert found("") == [third["id"], first["id"], second["id"]]
    assert found(f"agent={other.pk}") == [second["id"]]
    assert found("status=planned") == [third["id"], first["id"]]
    assert found("from=2026-12-26T23:00:00Z") == [third["id"]]
    assert found("to=2026-12-23T23:00:00Z") == [second["id"]]
    assert found("from=2026-12-24T00:00:00Z&to=2026-12-26T23:00:00Z") == [first["id"], second["id"]]
    assert faults(api.get(f"{PATH}?status=soon&from=x&limit=0")) == {
        "status": "Choose one of: planned, running, ended, cancelled.",
        "from": "Write a date and time with its offset, for example 2026-11-19T13:32:00Z.",
        "limit": "Write a whole number from 1 to 500.",
    }


def test_pages_hold_everything_once(api: Api, agent: Agent) -> None:
    made = {planned(api, hire(agent))["id"] for _ in range(5)}
    seen, cursor = [], ""
    while True:
        page = api.get(f"{PATH}?limit=2{cursor}").json()
        seen += [leave["id"] for leave in page["results"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == 5 and set(seen) == made


def test_a_key_that_reads_changes_nothing(organization: Any, api: Api, agent: Agent) -> None:
    leave = planned(api, agent)
    reader = Api(issue(organization, scopes=["read", "lifecycle"])[1])
    assert reader.get(of(leave)).status_code == 200
    for method, path, given in (
        ("POST", PATH, body(hire(agent))), ("PATCH", of(leave), {}), ("POST", of(leave, "/cancel"), {}),
    ):  # fmt: skip
        assert problem(reader.call(method, path, given), 403)["scope"] == "schedules"


def test_an_agents_own_key_sees_its_own_and_what_it_covers(api: Api, agent: Agent) -> None:
    cover, third = hire(agent), hire(agent)
    leave = planned(api, agent, cover_agent_id=str(cover.pk))
    planned(api, third)
    for one in (agent, cover):
        own = Api.of_agent(one)
        assert [found["id"] for found in own.get(PATH).json()["results"]] == [leave["id"]]
        assert own.get(of(leave)).status_code == 200
        assert problem(own.call("PATCH", of(leave), {"reason": "x"}), 403)["code"] in ("forbidden", "not_your_agent")
        assert problem(own.post(of(leave, "/cancel")), 403)
    assert problem(Api.of_agent(third).get(of(leave)), 403)["code"] == "not_your_agent"
    assert problem(Api.of_agent(agent).get(f"{PATH}?agent={third.pk}"), 403)["code"] == "not_your_agent"
    assert problem(Api.of_agent(agent).post(PATH, body(agent)), 403)["code"] == "forbidden"
    assert problem(Api.of_agent(agent).post(PATH, body(third)), 403)["code"] == "not_your_agent"


def test_another_organisations_leave_is_not_there(api: Api, agent: Agent, other_organization: Any) -> None:
    leave = planned(api, agent)
    foreign = Api.of(other_organization)
    assert foreign.get(PATH).json()["results"] == []
    for method, more in (("GET", ""), ("PATCH", ""), ("POST", "/cancel")):
        problem(foreign.call(method, of(leave, more), {} if method != "GET" else None), 404)
    problem(foreign.post(PATH, body(agent)), 404)
    problem(foreign.get(f"{PATH}?agent={agent.pk}"), 404)
    theirs = AgentFactory(organization=other_organization)
    words = "There is no such agent in this organisation."
    assert faults(foreign.post(PATH, body(theirs, cover_agent_id=str(agent.pk)))) == {"cover_agent_id": words}


def test_a_repeated_request_plans_once(api: Api, agent: Agent) -> None:
    api.headers["Idempotency-Key"] = "plan-1"
    first, second = api.post(PATH, body(agent)), api.post(PATH, body(agent))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"
    assert Leave.objects.count() == 1
