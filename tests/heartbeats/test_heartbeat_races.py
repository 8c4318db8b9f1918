"""Many servers at once: threads where the database takes several writers, the same calls in turn where it does not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg.errors
import pytest
from django.db import OperationalError, close_old_connections, connection

from heartbeats.models import Heartbeat
from heartbeats.rules.payload import Reading
from heartbeats.services import heartbeats as service
from heartbeats.services.heartbeats import Receipt
from tests.factories import AgentFactory
from workforce.choices import ActorKind, HeartbeatStatus, KeyScope, WorkMode
from workforce.models import Presence
from workforce.rules.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)
T0 = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
FLEET_KEY = Actor(kind=ActorKind.KEY, id="k", label="Key orchestrator", scopes=frozenset({KeyScope.HEARTBEATS.value}))


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    def one(call: Callable[[], object]) -> object:
        close_old_connections()
        try:
            return call()
        finally:
            if connection.vendor == "postgresql":
                connection.close()

    if connection.vendor != "postgresql":
        return [call() for call in calls]
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def reading(agent, *, emitted_at=T0, heartbeat_id=None, summary=""):
    return Reading(
        agent_id=agent.pk,
        emitted_at=emitted_at,
        status=HeartbeatStatus.OK,
        work_mode=WorkMode.IDLE,
        summary=summary,
        heartbeat_id=heartbeat_id,
    )


def test_last_seen_never_goes_back(organization, agent):
    moments = [T0 + timedelta(milliseconds=(n * 7919) % 400) for n in range(8)]

    def send(moment):
        return lambda: service.record(
            organization=organization,
            readings=[reading(agent, emitted_at=moment, summary=moment.isoformat())],
            by=FLEET_KEY,
            now=moment,
        )

    at_once([send(moment) for moment in moments])
    presence = Presence.objects.get(agent=agent)
    assert presence.last_seen_at == presence.last_emitted_at == max(moments)
    assert presence.summary == max(moments).isoformat()
    assert Heartbeat.objects.count() == 8


def test_the_same_heartbeat_on_eight_servers_is_stored_once(organization, agent):
    identity = uuid4()
    answers = at_once(
        [
            lambda: service.record(
                organization=organization, readings=[reading(agent, heartbeat_id=identity)], by=FLEET_KEY, now=T0
            )
        ]
        * 8
    )
    assert sorted(receipts[0].duplicate for receipts in answers) == [False] + [True] * 7
    assert Heartbeat.objects.count() == 1


def test_batches_over_the_same_agents_in_any_order_do_not_wait_in_a_ring(organization, pod, olga):
    fleet = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(20)]

    def send(agents):
        return lambda: service.record(
            organization=organization, readings=[reading(a) for a in agents], by=FLEET_KEY, now=T0
        )

    orders = [fleet, fleet[::-1], fleet[10:] + fleet[:10], fleet[::3] + fleet[1::3] + fleet[2::3]]
    answers = at_once([send(order) for order in orders * 3])
    assert all(isinstance(outcome, Receipt) for receipts in answers for outcome in receipts)
    assert Heartbeat.objects.count() == 240


def test_batches_that_claim_each_others_ids_all_get_an_answer(organization, pod, olga):
    """Ids used crosswise by different agents: whoever comes second is refused for that row, nobody fails."""
    ids = sorted(uuid4() for _ in range(400))
    pods = []
    for group in range(6):
        agents = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(20)]
        agents.sort(key=lambda agent: agent.pk)
        claimed = ids if group % 2 else ids[::-1]
        pods.append([(agents[n // 20], identity) for n, identity in enumerate(claimed)])

    def send(claims):
        return lambda: service.record(
            organization=organization,
            readings=[reading(agent, heartbeat_id=identity) for agent, identity in claims],
            by=FLEET_KEY,
            now=T0,
        )

    answers = at_once([send(claims) for claims in pods])
    heard = {o.agent_id for receipts in answers for o in receipts if isinstance(o, Receipt)}
    stored = sum(isinstance(outcome, Receipt) for receipts in answers for outcome in receipts)
    assert stored == len(ids) == Heartbeat.objects.count()
    assert set(Presence.objects.filter(last_seen_at__isnull=False).values_list("agent_id", flat=True)) == heard


@pytest.mark.parametrize(("failures", "answered"), [(0, True), (2, True), (3, False)])
def test_who_is_stopped_by_a_deadlock_tries_again(organization, agent, monkeypatch, failures, answered):
    stops = iter([True] * failures + [False] * 9)
    insert = service.insert_new

    def stopped(beats):
        if next(stops):
            raise OperationalError("deadlock detected") from psycopg.errors.DeadlockDetected()
        return insert(beats)

    monkeypatch.setattr(service, "insert_new", stopped)
    try:
        service.record(organization=organization, readings=[reading(agent)], by=FLEET_KEY, now=T0)
    except OperationalError:
        assert not answered
    assert Heartbeat.objects.count() == (1 if answered else 0)
