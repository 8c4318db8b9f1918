"""One heartbeat over HTTP: what is stored, what is moved, what the runtime is told (spec H1, H5)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine

from heartbeats.models import Heartbeat
from scheduling.services import schedules
from tests.factories import AgentFactory
from workforce.choices import CommandKind, HoldKind
from workforce.models import Command, Presence
from workforce.rules.actors import system
from workforce.services import commands, holds, keys, lifecycle

pytestmark = pytest.mark.django_db
HALF_PAST = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
TESTS = system("tests")


@pytest.fixture(autouse=True)
def _stopped_clock():
    with time_machine.travel(HALF_PAST, tick=False):
        yield


def test_it_stores_every_field(send, beat, agent, organization):
    assignment, identity = uuid4(), uuid4()
    response = send(
        beat(
            emitted_at="2026-11-19T14:31:58.250+01:00",
            heartbeat_id=str(identity),
            status="degraded",
            work_mode="waiting",
            active_assignment_id=str(assignment),
            queue_depth=3,
            error_count_1h=2,
            latency_p95_ms=840,
            token_burn_1h=2**63 - 1,
            summary="Wartet auf „Zoll“ 🛃",
        )
    )
    assert response.status_code == 200, response.content
    stored = Heartbeat.objects.get()
    assert stored.heartbeat_id == identity
    assert stored.agent_id == agent.pk
    assert stored.organization_id == organization.pk
    assert stored.emitted_at == datetime(2026, 11, 19, 13, 31, 58, 250_000, tzinfo=UTC)
    assert stored.received_at == HALF_PAST
    assert (stored.status, stored.work_mode) == ("degraded", "waiting")
    assert stored.active_assignment_id == assignment
    assert (stored.queue_depth, stored.error_count_1h, stored.latency_p95_ms) == (3, 2, 840)
    assert stored.token_burn_1h == 2**63 - 1
    assert stored.summary == "Wartet auf „Zoll“ 🛃"
    assert not stored.late
    assert not stored.out_of_order


def test_it_stores_the_required_fields_alone(send, beat):
    response = send(beat(active_assignment_id=..., summary=""))
    assert response.status_code == 200, response.content
    stored = Heartbeat.objects.get()
    assert stored.heartbeat_id == UUID(response.json()["heartbeat_id"])
    assert stored.active_assignment_id is None
    assert stored.queue_depth is None
    assert stored.token_burn_1h is None
    assert stored.summary == ""


def test_it_moves_the_presence(send, beat, agent):
    send(beat(emitted_at="2026-11-19T13:31:00Z", queue_depth=4, error_count_1h=1))
    presence = Presence.objects.get(agent=agent)
    assert presence.last_seen_at == HALF_PAST
    assert presence.last_emitted_at == datetime(2026, 11, 19, 13, 31, tzinfo=UTC)
    assert (presence.status, presence.work_mode, presence.summary) == ("ok", "executing", "Reading 12 tickets")
    assert (presence.queue_depth, presence.error_count_1h) == (4, 1)


def test_it_makes_a_missing_presence(send, beat, agent):
    Presence.objects.filter(agent=agent).delete()
    assert send(beat()).status_code == 200
    assert Presence.objects.get(agent=agent).last_seen_at == HALF_PAST


@pytest.mark.parametrize(("tier", "seconds"), [("P0", 60), ("P1", 180), ("P2", 600)])
def test_the_answer_says_when_the_next_is_due(send, beat, agent, tier, seconds):
    type(agent).objects.filter(pk=agent.pk).update(priority_tier=tier)
    answer = send(beat(emitted_at="2026-11-19T13:31:40Z")).json()
    assert answer["received_at"] == "2026-11-19T13:32:00Z"
    assert datetime.fromisoformat(answer["next_heartbeat_due"]) == HALF_PAST + timedelta(seconds=seconds)


def test_an_agent_without_hours_is_told_to_work(send, beat, agent):
    answer = send(beat()).json()
    assert answer["accepted"] is True
    assert answer["agent_id"] == str(agent.pk)
    assert answer["current_state"] == "ready"
    assert answer["desired_state"] == "work"
    assert answer["on_duty"] is True
    assert answer["in_grace"] is False
    assert answer["reason"] == ""
    assert answer["next_event"] is None
    assert answer["commands"] == []
    assert (answer["duplicate"], answer["late"], answer["out_of_order"]) == (False, False, False)


def _give_hours(organization, agent, **data):
    hours = {
        "type": "standard",
        "time_zone": "Europe/Berlin",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "09:00",
        "end": "17:00",
        **data,
    }
    return schedules.create(organization=organization, agent_id=agent.pk, data=hours, by=TESTS, now=HALF_PAST)


def test_an_agent_on_duty_is_told_when_it_ends(send, beat, organization, agent):
    _give_hours(organization, agent)
    answer = send(beat()).json()
    assert (answer["desired_state"], answer["on_duty"]) == ("work", True)
    assert answer["next_event"] == {"kind": "clocks_out", "at": "2026-11-19T16:00:00Z"}
    assert answer["next_heartbeat_due"] is not None


@pytest.mark.parametrize(("action", "desired"), [("pause", "pause"), ("stop", "stop"), ("queue", "work")])
def test_an_agent_off_duty_owes_nothing(send, beat, organization, agent, action, desired):
    _give_hours(organization, agent, start="18:00", end="23:00", off_hours_action=action)
    answer = send(beat()).json()
    assert answer["on_duty"] is False
    assert answer["desired_state"] == desired
    assert answer["reason"]
    assert answer["next_heartbeat_due"] is None
    assert answer["next_event"] == {"kind": "clocks_in", "at": "2026-11-19T17:00:00Z"}


def test_the_answer_names_the_hold(send, beat, organization, agent):
    holds.place(
        organization=organization,
        agent_id=agent.pk,
        kind=HoldKind.BUDGET,
        reason="Daily cap of 300 k reached",
        by=TESTS,
        now=HALF_PAST,
    )
    answer = send(beat()).json()
    assert answer["desired_state"] == "pause"
    assert "Daily cap of 300 k reached" in answer["reason"]
    assert answer["next_heartbeat_due"] is None
    assert answer["current_state"] == "paused"


def test_a_registered_agent_may_say_it_is_there(send, beat, agent):
    type(agent).objects.filter(pk=agent.pk).update(current_state="registered")
    answer = send(beat()).json()
    assert answer["desired_state"] == "pause"
    assert answer["next_heartbeat_due"] is None
    assert Presence.objects.get(agent=agent).last_seen_at == HALF_PAST


def test_the_answer_carries_the_command_until_it_is_acknowledged(send, beat, agent):
    commands.issue(agent=agent, command=CommandKind.WAKE, reason="Clocked in.", by=TESTS, now=HALF_PAST)
    pending = Command.objects.get()
    carried = {
        "id": str(pending.pk),
        "command": "wake",
        "task_id": None,
        "reason": "Clocked in.",
        "issued_at": "2026-11-19T13:32:00Z",
    }
    for _ in range(2):
        assert send(beat()).json()["commands"] == [carried]
    pending.refresh_from_db()
    assert pending.delivered_at == HALF_PAST
    assert pending.acknowledged_at is None

    assert send(beat(ack_commands=[str(pending.pk), str(uuid4())])).json()["commands"] == []
    pending.refresh_from_db()
    assert pending.acknowledged_at == HALF_PAST


def test_an_agent_cannot_acknowledge_for_another(send, beat, organization):
    other = AgentFactory(organization=organization)
    commands.issue(agent=other, command=CommandKind.PAUSE, reason="By hand.", by=TESTS, now=HALF_PAST)
    command = Command.objects.get()
    assert send(beat(ack_commands=[str(command.pk)])).status_code == 200
    command.refresh_from_db()
    assert command.acknowledged_at is None


def test_an_agents_key_speaks_for_it_alone(send, beat, organization):
    colleague = AgentFactory(organization=organization)
    response = send(beat(agent_id=str(colleague.pk)))
    assert response.status_code == 403
    assert response.json()["code"] == "not_your_agent"
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize("key", ["agent", "fleet"])
def test_another_organisations_agent_does_not_exist(send, beat, other_organization, fleet_token, token, key):
    foreign = AgentFactory(organization=other_organization)
    unknown = send(beat(agent_id=str(uuid4())), key=fleet_token if key == "fleet" else token)
    response = send(beat(agent_id=str(foreign.pk)), key=fleet_token if key == "fleet" else token)
    assert response.status_code == unknown.status_code == 404
    assert response.json()["detail"] == unknown.json()["detail"]
    assert not Heartbeat.objects.exists()


def test_an_organisations_key_needs_the_scope(send, beat, organization, now):
    _, reader = keys.issue(organization=organization, name="reader", scopes=["read", "clock"], by=TESTS, now=now)
    response = send(beat(), key=reader)
    assert response.status_code == 403
    assert response.json()["scope"] == "heartbeats"


def test_an_organisations_key_speaks_for_any_agent(send, beat, organization, fleet_token):
    colleague = AgentFactory(organization=organization)
    assert send(beat(), key=fleet_token).status_code == 200
    assert send(beat(agent_id=str(colleague.pk)), key=fleet_token).status_code == 200
    assert Heartbeat.objects.count() == 2


@pytest.mark.parametrize("last", ["retired", "archived"])
def test_who_has_left_sends_nothing(send, beat, organization, agent, alice, actor, fleet_token, last):
    for state in ("retired", "archived")[: 1 + (last == "archived")]:
        lifecycle.transition(
            organization=organization, agent_id=agent.pk, to=state, reason="Replaced.", by=actor(alice), now=HALF_PAST
        )
    assert send(beat()).status_code == 401
    response = send(beat(), key=fleet_token)
    assert response.status_code == 409
    assert last in response.json()["detail"]
    assert not Heartbeat.objects.exists()
    assert Presence.objects.get(agent=agent).last_seen_at is None
