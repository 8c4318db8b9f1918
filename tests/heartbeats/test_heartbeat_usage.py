"""Usage rides on heartbeats, and their answers say stop at a cap (spec B2, B3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from budgets.choices import OnCap
from budgets.models import Caps, Usage
from heartbeats.models import Heartbeat
from tests.factories import AgentFactory
from workforce.choices import HoldKind
from workforce.models import Agent

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stopped_clock():
    with time_machine.travel(T0, tick=False):
        yield


def used(key: str = "one", **rest: Any) -> dict[str, Any]:
    return {"key": key, "model": "sonnet", "input_tokens": 600, **rest}


def test_usage_is_stored_with_the_heartbeat_and_once(send, beat, agent):
    sent = beat(T0, usage=[used(), used("two")])
    assert send(sent).json()["desired_state"] == "work"
    assert send(sent).json()["accepted"] and send(beat(T0, usage=[used()])).json()["accepted"]
    assert Usage.objects.count() == 2
    assert Caps.objects.get(agent=agent).daily_used == 1200


@pytest.mark.parametrize("on_cap", [OnCap.SKIP, OnCap.PAUSE])
def test_the_answer_to_the_usage_that_reaches_a_cap_says_stop(send, beat, agent, on_cap):
    Caps.objects.create(agent=agent, daily_tokens=1000, on_cap=on_cap.value)
    assert send(beat(T0, usage=[used()])).json()["desired_state"] == "work"
    answer = send(beat(T0, usage=[used("two")])).json()
    assert (answer["desired_state"], answer["work_waiting"]) == ("stop", False)
    assert answer["reason"] == "Daily cap reached: 1,200 of 1,000 tokens."
    again = send(beat(T0)).json()
    assert (again["desired_state"], again["reason"]) == ("stop", answer["reason"])
    held = agent.holds.active().filter(kind=HoldKind.BUDGET).exists()
    assert held == (on_cap == OnCap.PAUSE)


def test_an_agent_that_only_alerts_goes_on(send, beat, agent):
    Caps.objects.create(agent=agent, daily_tokens=1000, on_cap=OnCap.ALERT.value)
    answer = send(beat(T0, usage=[used(input_tokens=5000)])).json()
    assert (answer["desired_state"], answer["reason"]) == ("work", "")


def test_the_next_window_lets_it_work_again(send, beat, agent):
    Caps.objects.create(agent=agent, daily_tokens=1000)
    assert send(beat(T0, usage=[used(input_tokens=5000)])).json()["desired_state"] == "stop"
    with time_machine.travel(T0 + timedelta(days=1), tick=False):
        assert send(beat(T0 + timedelta(days=1))).json()["desired_state"] == "work"


def test_faults_of_usage_name_their_place_and_store_nothing(send, beat, agent):
    bad = [used(), used("two", input_tokens=-1, mood=1), used("three", agent_id=str(AgentFactory().pk))]
    answer = send(beat(T0, usage=bad))
    assert answer.status_code == 400
    assert {fault["path"] for fault in answer.json()["errors"]} == {"usage.1.input_tokens", "usage.1.mood"}
    answer = send(beat(T0, usage=[bad[2]]))
    assert [fault["path"] for fault in answer.json()["errors"]] == ["usage.0.agent_id"]
    assert send(beat(T0, usage="much")).json()["errors"][0]["path"] == "usage"
    assert not Usage.objects.exists() and not Heartbeat.objects.exists()


def test_one_whose_usage_is_refused_fails_no_other(send, beat, agent, organization, fleet_token):
    colleague = AgentFactory(organization=organization)
    send(beat(T0, usage=[used()]))
    rows = [
        beat(T0, usage=[used(input_tokens=7)]),
        beat(T0, agent_id=str(colleague.pk), usage=[used()]),
        beat(T0, agent_id=str(colleague.pk), usage=[used("task", task_id=str(agent.pk))]),
    ]
    answer = send(rows, key=fleet_token).json()
    assert [result["accepted"] for result in answer["results"]] == [False, True, False]
    assert (answer["results"][0]["status"], answer["results"][0]["code"]) == (409, "key_reused")
    assert [fault["path"] for fault in answer["results"][0]["errors"]] == ["0.usage.0.key"]
    assert [fault["path"] for fault in answer["results"][2]["errors"]] == ["2.usage.0.task_id"]
    assert Usage.objects.count() == 2 and Usage.objects.filter(agent=colleague).count() == 1
    assert Heartbeat.objects.filter(agent=colleague).count() == 1


def test_strangers_report_nothing(send, beat, agent, organization):
    colleague: Agent = AgentFactory(organization=organization)
    assert send(beat(T0, agent_id=str(colleague.pk), usage=[used()])).status_code == 403
    assert not Usage.objects.exists()
