"""Clocking in and out over the API, and the records (spec W4, W8)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from scheduling.models import ClockRecord
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from workforce.models import Agent, ApiKey, AuditEvent

pytestmark = pytest.mark.django_db
RECORDS = "/api/workforce/clock-records"


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def clock_in(agent: Agent) -> str:
    return f"/api/workforce/clock-in/{agent.pk}"


def clock_out(agent: Agent) -> str:
    return f"/api/workforce/clock-out/{agent.pk}"


def test_it_clocks_in_and_answers_with_the_record(api: Api, agent: Agent) -> None:
    response = api.post(clock_in(agent), {"reason": "Urgent ticket."})
    assert response.status_code == 200
    record = response.json()
    assert record.pop("id")
    assert record == {
        "agent_id": str(agent.pk),
        "agent_name": "support-triage-01",
        "time": "2026-11-19T13:32:00Z",
        "event": "clocked_in",
        "triggered_by_kind": "key",
        "triggered_by": "Key operations",
        "scheduled_at": None,
        "reason": "Urgent ticket.",
    }
    agent.refresh_from_db()
    assert agent.clock_status == "clocked_in"


def test_no_body_is_needed(api: Api, agent: Agent) -> None:
    assert api.post(clock_in(agent)).json()["reason"] == ""
    assert api.post(clock_out(agent), {}).json()["event"] == "clocked_out"


def test_an_agent_clocks_itself_in_and_out(agent: Agent) -> None:
    own = Api.of_agent(agent)
    assert own.post(clock_in(agent)).json()["triggered_by_kind"] == "agent"
    assert own.post(clock_out(agent)).json()["triggered_by"] == "support-triage-01"


def test_outside_its_hours_too(api: Api, agent: Agent, now: Any) -> None:
    WorkScheduleFactory(agent=agent)
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_out")
    with time_machine.travel(now + timedelta(hours=8), tick=False):
        assert api.post(clock_in(agent)).status_code == 200


def test_a_second_one_changes_nothing_and_says_so(api: Api, agent: Agent) -> None:
    api.post(clock_in(agent))
    refusal = problem(api.post(clock_in(agent)), 409)
    assert refusal["code"] == "already_clocked_in"
    assert refusal["clock_status"] == "clocked_in"
    assert refusal["detail"] == "support-triage-01 is already clocked in. Nothing was changed."
    assert ClockRecord.objects.count() == 1


def test_who_is_not_in_cannot_leave(api: Api, agent: Agent) -> None:
    refusal = problem(api.post(clock_out(agent)), 409)
    assert (refusal["code"], refusal["clock_status"]) == ("not_clocked_in", "no_schedule")
    assert not ClockRecord.objects.exists()


@pytest.mark.parametrize(
    ("state", "clears"),
    [("registered", "Make it ready first."), ("retired", "It has left"), ("archived", "It has left the workforce.")],
)
def test_states_in_which_nobody_clocks_in(api: Api, agent: Agent, state: str, clears: str) -> None:
    subject = AgentFactory(organization=agent.organization, team=agent.team, current_state=state)
    refusal = problem(api.post(clock_in(subject)), 409)
    assert (refusal["code"], refusal["current"]) == ("not_clockable", state)
    assert clears in refusal["detail"]


@pytest.mark.parametrize("state", ["degraded", "escalated"])
def test_unwell_needs_a_person_who_forces_it(api: Api, agent: Agent, state: str) -> None:
    subject = AgentFactory(organization=agent.organization, team=agent.team, current_state=state)
    refusal = problem(api.post(clock_in(subject), {"reason": "All the same."}), 409)
    assert (refusal["code"], refusal["current"]) == ("needs_force", state)
    assert "first healthy heartbeat" in refusal["detail"]
    forced = {"reason": "All the same.", "force": True}
    assert problem(api.post(clock_in(subject), forced), 403)["code"] == "person_only"
    assert problem(Api.of_agent(subject).post(clock_in(subject), forced), 403)["code"] == "person_only"
    assert not ClockRecord.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"force": "true"}, "force", "Say true or false."),
        ({"force": 1}, "force", "Say true or false."),
        ({"force": None}, "force", "This field may not be null."),
        ({"reason": 9}, "reason", "Enter text."),
        ({"reason": "x" * 501}, "reason", "Use at most 500 characters; this has 501."),
        ({"at": "2026-11-19T13:32:00Z"}, "at", "There is no such field."),
    ],
)
def test_a_bad_body_is_named_by_field(api: Api, agent: Agent, body: Any, field: str, words: str) -> None:
    assert faults(api.post(clock_in(agent), body)) == {field: words}
    assert not ClockRecord.objects.exists()


def test_who_may_use_the_clock(organization: Any, other_organization: Any, agent: Agent) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team)
    foreign = AgentFactory(organization=other_organization)
    for path in (clock_in(agent), clock_out(agent)):
        problem(Api().post(path), 401)
        assert problem(Api.of(organization, scopes=["read", "lifecycle"]).post(path), 403)["scope"] == "clock"
        assert problem(Api.of_agent(colleague).post(path), 403)["code"] == "not_your_agent"
        problem(Api.of(other_organization).post(path), 404)
        problem(Api.of_agent(foreign).post(path), 404)
    assert not ClockRecord.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="clock.").exists()
    assert Api.of(organization, scopes=["clock"]).post(clock_in(agent)).status_code == 200


# ---- records ------------------------------------------------------------------------------------------------


@pytest.fixture
def history(organization: Any, agent: Agent, now: Any) -> list[ClockRecord]:
    """Ten events of two agents, a minute apart, the newest last."""
    other = AgentFactory(organization=organization, team=agent.team, agent_name="other")
    return [
        ClockRecord.objects.create(
            organization=organization,
            agent=(agent, other)[minute % 2],
            time=now - timedelta(minutes=10 - minute),
            event=("auto_wake", "auto_pause")[minute // 2 % 2],
            triggered_by_kind="system",
            triggered_by_id="clock",
            triggered_by="Clock",
            scheduled_at=now - timedelta(minutes=11 - minute),
        )
        for minute in range(10)
    ]


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_the_newest_come_first(api: Api, history: list[ClockRecord]) -> None:
    response = api.get(RECORDS)
    assert ids(response) == [str(record.pk) for record in reversed(history)]
    assert response.json()["results"][0]["scheduled_at"] == "2026-11-19T13:30:00Z"


def test_fifty_at_a_time_unless_asked_otherwise(api: Api, organization: Any, agent: Agent, now: Any) -> None:
    ClockRecord.objects.bulk_create(
        ClockRecord(
            organization=organization,
            agent=agent,
            time=now,
            event="clocked_in",
            triggered_by_kind="user",
            triggered_by_id="1",
            triggered_by="A",
        )
        for _ in range(60)
    )
    first = api.get(RECORDS)
    assert len(ids(first)) == 50
    rest = api.get(f"{RECORDS}?cursor={first.json()['next_cursor']}")
    assert len(ids(rest)) == 10
    assert len(set(ids(first) + ids(rest))) == 60
    assert len(ids(api.get(f"{RECORDS}?limit=5"))) == 5


def test_it_filters(api: Api, history: list[ClockRecord], agent: Agent) -> None:
    assert len(ids(api.get(f"{RECORDS}?agent={agent.pk}"))) == 5
    assert len(ids(api.get(f"{RECORDS}?event=auto_pause"))) == 4
    assert len(ids(api.get(f"{RECORDS}?agent={agent.pk}&event=auto_wake"))) == 3


def test_the_span_is_half_open(api: Api, history: list[ClockRecord]) -> None:
    found = ids(api.get(f"{RECORDS}?from=2026-11-19T13:24:00Z&to=2026-11-19T13:26:00Z"))
    assert found == [str(history[3].pk), str(history[2].pk)]


@pytest.mark.parametrize("moment", ["2026-11-19T14:24:00%2B01:00", "2026-11-19T14:24:00+01:00"])
def test_an_offset_may_come_unescaped(api: Api, history: list[ClockRecord], moment: str) -> None:
    assert len(ids(api.get(f"{RECORDS}?from={moment}"))) == 8


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("event=slept", "event", "Choose one of: clocked_in, clocked_out, auto_wake, auto_pause."),
        ("from=yesterday", "from", "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."),
        ("from=2026-11-19", "from", "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."),
        ("to=2026-11-19T13:24:00", "to", "Write a date and time with its offset, for example 2026-11-19T13:32:00Z."),
        ("to=0001-01-01T00:00:00Z", "to", "Choose a date nearer to today."),
        ("agent=1", "agent", "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."),
        ("time=2026", "time", "There is no such field."),
    ],
)
def test_a_bad_filter_is_named(api: Api, query: str, field: str, words: str) -> None:
    assert faults(api.get(f"{RECORDS}?{query}")) == {field: words}


def test_who_may_read_the_records(
    organization: Any, other_organization: Any, history: list[ClockRecord], agent: Agent
) -> None:
    colleague = Agent.objects.get(agent_name="other")
    foreign = AgentFactory(organization=other_organization)
    assert len(ids(Api.of_agent(agent).get(RECORDS))) == 5
    assert len(ids(Api.of_agent(agent).get(f"{RECORDS}?agent={agent.pk}"))) == 5
    assert problem(Api.of_agent(agent).get(f"{RECORDS}?agent={colleague.pk}"), 403)["code"] == "not_your_agent"
    assert problem(Api.of_agent(agent).get(f"{RECORDS}?agent={foreign.pk}"), 404)
    assert problem(Api.of(organization).get(f"{RECORDS}?agent={foreign.pk}"), 404)
    assert ids(Api.of(other_organization).get(RECORDS)) == []
    assert problem(Api().get(RECORDS), 401)
    assert problem(Api.of(organization, scopes=["clock"]).get(RECORDS), 403)["scope"] == "read"


def test_it_costs_the_same_for_one_and_for_many(
    organization: Any, history: list[ClockRecord], django_assert_num_queries: Any
) -> None:
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for limit in (1, 10):
        with django_assert_num_queries(2):  # the key, the records with their agents
            assert len(ids(Api(token).get(f"{RECORDS}?limit={limit}"))) == limit


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_a_record_is_never_changed(api: Api, history: list[ClockRecord], method: str) -> None:
    response = api.call(method, RECORDS, {})
    assert problem(response, 405)["code"] == "method_not_allowed"
    assert "GET" in response.headers["Allow"]
