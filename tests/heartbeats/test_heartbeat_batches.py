"""Up to a thousand at once: each row answers for itself, and the database hears as little as for one (spec H1)."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from heartbeats.models import Heartbeat
from heartbeats.rules.payload import Reading
from heartbeats.services import heartbeats as service
from tests.factories import AgentFactory
from workforce.choices import CommandKind, HeartbeatStatus, WorkMode
from workforce.models import Agent, Command, Presence
from workforce.rules.actors import Actor, system
from workforce.services import commands

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stopped_clock():
    with time_machine.travel(T0, tick=False):
        yield


@pytest.fixture
def fleet(organization, pod, olga):
    """Forty agents."""
    return [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(40)]


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_bad_row_does_not_fail_its_neighbours(
    send, beat, agent, organization, other_organization, fleet_token, wrapped
):
    colleague = AgentFactory(organization=organization)
    foreign = AgentFactory(organization=other_organization)
    rows = [
        beat(T0),
        beat(T0, summary="x" * 141, mood=1),
        beat(T0, agent_id=str(colleague.pk)),
        beat(T0, agent_id=str(foreign.pk)),
        "not an object",
        beat(T0 + timedelta(hours=1)),
        beat(T0, summary="last"),
    ]
    response = send({"heartbeats": rows} if wrapped else rows, key=fleet_token)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["accepted"], answer["refused"]) == (3, 4)
    results = answer["results"]
    assert [result["index"] for result in results] == list(range(7))
    assert [result["accepted"] for result in results] == [True, False, True, False, False, False, True]
    prefix = "heartbeats." if wrapped else ""
    assert {error["path"] for error in results[1]["errors"]} == {f"{prefix}1.summary", f"{prefix}1.mood"}
    assert (results[3]["status"], results[3]["code"]) == (404, "not_found")
    assert results[3]["errors"][0]["path"] == f"{prefix}3.agent_id"
    assert results[4]["errors"][0]["path"] == f"{prefix}4"
    assert results[5]["errors"][0]["path"] == f"{prefix}5.emitted_at"
    assert results[2]["agent_id"] == str(colleague.pk)
    assert Heartbeat.objects.count() == 3
    assert Presence.objects.get(agent=agent).summary == "last"


def test_an_agents_own_key_may_send_what_it_saved_up(send, beat, agent, organization):
    colleague = AgentFactory(organization=organization)
    rows = [beat(T0 - timedelta(minutes=m), summary=f"{m} min ago") for m in (9, 6, 3)]
    answer = send([*rows, beat(T0, agent_id=str(colleague.pk))]).json()
    assert (answer["accepted"], answer["refused"]) == (3, 1)
    assert answer["results"][3]["code"] == "not_your_agent"
    assert Presence.objects.get(agent=agent).summary == "3 min ago"
    assert Presence.objects.get(agent=colleague).last_seen_at is None


def test_order_within_a_batch(send, beat, agent):
    rows = [beat(T0 - timedelta(minutes=m), summary=str(m)) for m in (5, 1, 3, 2)]
    results = send(rows).json()["results"]
    assert [result["out_of_order"] for result in results] == [False, False, True, True]
    assert Presence.objects.get(agent=agent).summary == "1"


def test_the_same_id_twice_in_a_batch(send, beat, organization, fleet_token, agent):
    colleague = AgentFactory(organization=organization)
    identity = str(uuid4())
    rows = [
        beat(T0, heartbeat_id=identity, summary="a"),
        beat(T0, heartbeat_id=identity, summary="b"),
        beat(T0, heartbeat_id=identity, agent_id=str(colleague.pk)),
    ]
    results = send(rows, key=fleet_token).json()["results"]
    assert [result.get("duplicate") for result in results] == [False, True, None]
    assert results[2]["code"] == "id_taken"
    assert Heartbeat.objects.get().summary == "a"
    assert Presence.objects.get(agent=colleague).last_seen_at is None


def test_a_batch_sent_again_changes_nothing(send, beat, fleet, fleet_token):
    rows = [beat(T0, agent_id=str(agent.pk), heartbeat_id=str(uuid4())) for agent in fleet]
    send(rows, key=fleet_token)
    before = list(Presence.objects.order_by("agent_id").values())
    with time_machine.travel(T0 + timedelta(minutes=1), tick=False):
        answer = send([*reversed(rows)], key=fleet_token).json()
    assert answer["accepted"] == 40
    assert all(result["duplicate"] for result in answer["results"])
    assert list(Presence.objects.order_by("agent_id").values()) == before
    assert Heartbeat.objects.count() == 40


def test_everything_refused_is_still_an_answer(send, beat):
    answer = send([{}, 7, beat(T0, status="x")])
    assert answer.status_code == 200
    assert (answer.json()["accepted"], answer.json()["refused"]) == (0, 3)
    assert not Heartbeat.objects.exists()


def test_a_thousand_and_no_more(send, beat, fleet_token):
    rows = [beat(T0)] * 1000
    assert send(rows, key=fleet_token).json()["accepted"] == 1000
    response = send([*rows, beat(T0)], key=fleet_token)
    assert response.status_code == 400
    assert "1,001" in response.json()["errors"][0]["detail"]
    assert Heartbeat.objects.count() == 1000


def test_commands_reach_each_agent_and_acks_come_back(send, beat, fleet, fleet_token):
    commands.issue_many(fleet, CommandKind.PAUSE, reasons={}, by=system("tests"), now=T0)
    ids = {str(command.agent_id): str(command.pk) for command in Command.objects.all()}
    rows = [beat(T0, agent_id=str(agent.pk)) for agent in fleet]
    results = send(rows, key=fleet_token).json()["results"]
    assert all([c["id"] for c in result["commands"]] == [ids[result["agent_id"]]] for result in results)
    rows = [{**row, "ack_commands": [ids[row["agent_id"]]]} for row in rows]
    results = send(rows, key=fleet_token).json()["results"]
    assert not any(result["commands"] for result in results)
    assert Command.objects.filter(acknowledged_at=T0).count() == 40


def _queries(send, rows, key):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert send(rows, key=key).status_code == 200
    return [query["sql"].split()[0] for query in captured.captured_queries]


def test_a_thousand_ask_the_database_no_more_than_one(send, beat, organization, fleet, fleet_token):
    template = fleet[0]
    more = [
        Agent(
            organization=organization,
            team=template.team,
            owner_user=template.owner_user,
            agent_name=f"clone-{n}",
            agent_type=template.agent_type,
            capability_tags=["x"],
            model_profile="x",
            current_state="ready",
            priority_tier="P2",
            risk_level="low",
        )
        for n in range(960)
    ]
    Agent.objects.bulk_create(more)
    Presence.objects.bulk_create(Presence(agent=agent) for agent in more)
    everyone = [*fleet, *more]
    commands.issue_many(everyone, CommandKind.WAKE, reasons={}, by=system("tests"), now=T0)
    ids = {command.agent_id: str(command.pk) for command in Command.objects.all()}

    def rows(agents):
        return [beat(T0, agent_id=str(a.pk), heartbeat_id=str(uuid4()), ack_commands=[ids[a.pk]]) for a in agents]

    send(rows(fleet[:1]), key=fleet_token)  # notes when the key was last used
    one = _queries(send, rows(fleet[1:2]), fleet_token)
    many = _queries(send, rows(everyone), fleet_token)
    assert Heartbeat.objects.count() == 1002
    assert many == one
    assert len(one) <= 14, one


def test_the_clock_of_another_server_may_lag(organization, agent):
    """Two servers whose clocks differ: the later receive time stands, whichever is written last."""
    by = Actor(kind="agent", id=str(agent.pk), label="x", agent_id=agent.pk)

    def heard(at):
        reading = Reading(
            agent_id=agent.pk,
            emitted_at=at,
            status=HeartbeatStatus.OK,
            work_mode=WorkMode.IDLE,
            summary=at.isoformat(),
        )
        service.record(organization=organization, readings=[reading], by=by, now=at)

    heard(T0 + timedelta(seconds=2))
    heard(T0)
    presence = Presence.objects.get(agent=agent)
    assert presence.last_seen_at == T0 + timedelta(seconds=2)
    assert presence.summary == (T0 + timedelta(seconds=2)).isoformat()


def test_the_answer_is_json_that_anything_reads(send, beat):
    assert json.loads(send([beat(T0)]).content)["results"][0]["next_heartbeat_due"] == "2026-11-19T13:35:00Z"
