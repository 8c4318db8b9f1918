"""Holds with an end release themselves, once, whoever sweeps (R8)."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited
from tests.support.races import at_once
from workforce.choices import HoldKind
from workforce.models import Agent, Hold
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
HOUR = timedelta(hours=1)


def place(agent, kind, until=None, now=NOW):
    return holds.place(
        organization=agent.organization_id,
        agent_id=agent.pk,
        kind=kind,
        reason="because",
        until=until,
        by=SYSTEM,
        now=now,
    )


def state(agent):
    return Agent.objects.values_list("current_state", flat=True).get(pk=agent.pk)


def test_it_ends_at_its_moment_and_not_before(agent):
    hold = place(agent, HoldKind.BUDGET, NOW + HOUR)
    assert holds.expire_due(now=NOW + HOUR - timedelta(microseconds=1)) == 0
    assert state(agent) == "paused"
    assert holds.expire_due(now=NOW + HOUR) == 1
    assert state(agent) == "ready"
    hold.refresh_from_db()
    assert (hold.released_at, hold.released_by_label) == (NOW + HOUR, "Holds")
    assert [e.actor_kind for e in audited(agent, action="hold.released")] == ["system"]


def test_the_second_sweep_finds_nothing(agent):
    place(agent, HoldKind.BUDGET, NOW + HOUR)
    assert [holds.expire_due(now=NOW + HOUR) for _ in range(2)] == [1, 0]
    assert len(audited(agent, action="hold.released")) == 1


def test_one_without_an_end_stays(agent):
    place(agent, HoldKind.MANUAL)
    assert holds.expire_due(now=NOW + timedelta(days=3650)) == 0
    assert state(agent) == "paused"


def test_others_go_on_holding(agent):
    place(agent, HoldKind.MANUAL)
    place(agent, HoldKind.BUDGET, NOW + HOUR)
    place(agent, HoldKind.LEAVE, NOW + 2 * HOUR)
    assert holds.expire_due(now=NOW + HOUR) == 1
    assert set(agent.holds.active().values_list("kind", flat=True)) == {"manual", "leave"}
    assert state(agent) == "paused"


def test_a_limit_takes_the_oldest_first(organization, pod, olga):
    agents = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(3)]
    for minutes, agent in enumerate(agents, start=1):
        place(agent, HoldKind.BUDGET, NOW + timedelta(minutes=minutes))
    assert holds.expire_due(now=NOW + HOUR, limit=2) == 2
    assert [state(agent) for agent in agents] == ["ready", "ready", "paused"]


def test_one_that_cannot_be_released_does_not_stop_the_rest(organization, pod, olga, monkeypatch, caplog):
    agents = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(4)]
    for minutes, agent in enumerate(agents, start=1):
        place(agent, HoldKind.BUDGET, NOW + timedelta(minutes=minutes))
    real = lifecycle.lock

    def lock(*, organization, agent_id):
        if agent_id == agents[0].pk:
            raise RuntimeError("poison")
        return real(organization=organization, agent_id=agent_id)

    monkeypatch.setattr(lifecycle, "lock", lock)
    with caplog.at_level(logging.ERROR, logger="punchcard.holds"):
        assert holds.expire_due(now=NOW + HOUR) == 3
    assert [state(agent) for agent in agents] == ["paused", "ready", "ready", "ready"]
    assert [record.agent_id for record in caplog.records] == [str(agents[0].pk)]


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_release_each_once(organization, pod, olga):
    agents = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(12)]
    for agent in agents:
        place(agent, HoldKind.BUDGET, NOW + HOUR)
    released = at_once(*[lambda: holds.expire_due(now=NOW + HOUR)] * 4)
    assert sum(released) == 12
    assert not Hold.objects.active().exists()
    for agent in agents:
        assert state(agent) == "ready"
        assert len(audited(agent, action="hold.released")) == 1
        assert len(audited(agent, action="agent.made_ready")) == 1
