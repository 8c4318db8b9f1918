"""Late, doubled, overtaken, future-dated: what moves and what does not (spec H2). Clocks are moved, not waited for."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from heartbeats.models import Heartbeat
from tests.factories import AgentFactory
from workforce.models import Presence

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    """Stands at ``T0`` until moved."""
    with time_machine.travel(T0, tick=False) as traveller:
        yield traveller


def seen(agent):
    presence = Presence.objects.get(agent=agent)
    return presence.last_seen_at, presence.last_emitted_at, presence.status, presence.summary


def test_a_doubled_heartbeat_is_stored_once_and_moves_nothing(send, beat, agent, clock):
    sent = beat(T0, heartbeat_id=str(uuid4()), summary="first")
    first = send(sent).json()
    before = seen(agent)
    clock.shift(timedelta(seconds=40))
    answer = send({**sent, "status": "offline", "summary": "second"}).json()
    assert answer["duplicate"] is True
    assert answer["accepted"] is True
    assert answer["received_at"] == first["received_at"]
    assert Heartbeat.objects.get().summary == "first"
    assert seen(agent) == before


def test_a_doubled_one_gets_fresh_orders(send, beat, agent):
    sent = beat(T0, heartbeat_id=str(uuid4()))
    send(sent)
    type(agent).objects.filter(pk=agent.pk).update(current_state="paused")
    assert send(sent).json()["desired_state"] == "pause"


@pytest.mark.parametrize("whose", ["colleague", "foreign"])
def test_an_id_that_another_agent_used_is_refused(
    send, beat, organization, other_organization, agent, fleet_token, whose
):
    used = uuid4()
    owner = AgentFactory(organization=organization if whose == "colleague" else other_organization)
    Heartbeat.objects.create(
        heartbeat_id=used,
        organization=owner.organization,
        agent=owner,
        emitted_at=T0,
        received_at=T0,
        status="ok",
        work_mode="idle",
    )
    response = send(beat(T0, heartbeat_id=str(used)))
    assert response.status_code == 409
    assert response.json()["code"] == "id_taken"
    assert str(owner.pk) not in response.content.decode()
    assert Heartbeat.objects.get().agent_id == owner.pk
    assert Presence.objects.get(agent=agent).last_seen_at is None


def test_one_that_was_overtaken_shows_life_but_changes_no_fact(send, beat, agent, clock):
    send(beat(T0, status="degraded", summary="newest"))
    clock.shift(timedelta(seconds=5))
    answer = send(beat(T0 - timedelta(seconds=30), status="ok", summary="older")).json()
    assert answer["out_of_order"] is True
    assert answer["late"] is False
    assert seen(agent) == (T0 + timedelta(seconds=5), T0, "degraded", "newest")
    assert Heartbeat.objects.get(summary="older").out_of_order


def test_one_emitted_at_the_same_moment_is_not_overtaken(send, beat, agent):
    send(beat(T0, summary="one"))
    assert send(beat(T0, summary="two")).json()["out_of_order"] is False
    assert seen(agent)[3] == "two"


@pytest.mark.parametrize("age", [timedelta(hours=24, microseconds=1), timedelta(days=3653)])
def test_an_ancient_one_is_kept_and_moves_nothing(send, beat, agent, clock, age):
    send(beat(T0, summary="now"))
    before = seen(agent)
    clock.shift(timedelta(seconds=30))
    answer = send(beat(T0 + timedelta(seconds=30) - age, status="offline", summary="then")).json()
    assert (answer["accepted"], answer["late"]) == (True, True)
    assert Heartbeat.objects.get(summary="then").late
    assert seen(agent) == before


def test_an_ancient_first_one_does_not_make_an_agent_seen(send, beat, agent):
    send(beat(T0 - timedelta(days=2)))
    assert seen(agent) == (None, None, "", "")


def test_a_day_old_one_still_counts(send, beat, agent):
    send(beat(T0 - timedelta(hours=24)))
    assert seen(agent)[:2] == (T0, T0 - timedelta(hours=24))


def test_the_future_is_refused_and_stores_nothing(send, beat, agent):
    assert send(beat(T0 + timedelta(minutes=5))).status_code == 200
    response = send(beat(T0 + timedelta(days=1)))
    assert response.status_code == 400
    assert [error["path"] for error in response.json()["errors"]] == ["emitted_at"]
    assert Heartbeat.objects.count() == 1


def test_when_the_servers_clock_goes_back_last_seen_does_not(send, beat, agent, clock):
    send(beat(T0))
    clock.move_to(T0 - timedelta(hours=1), tick=False)
    send(beat(T0 - timedelta(hours=1), summary="after the step"))
    assert seen(agent)[0] == T0
    assert Heartbeat.objects.count() == 2
