"""Claiming from a queue of 100,000 against one of 1,000, and what eight clients claim a second (T2)."""

import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections

from scheduling.services import work
from tests.benchmarks.figures import interleaved, ratio, spread
from tests.benchmarks.scratch import DAY, fleet
from workforce.choices import ActorKind
from workforce.models import Agent, Organization, Task
from workforce.models.bulk import insert_many
from workforce.rules.actors import Actor
from workforce.services import leases

SMALL, LARGE = 1_000, 100_000
CLAIMS = 40
CLIENTS, EACH = 8, 150
GROWTH, TARGET = 1.5, 300
NOW = DAY.replace(hour=12)


def run(rounds: int, say: Callable[[str], object]) -> bool:
    organization, _, agents = fleet(2 + CLIENTS * EACH, slug="fleet", scheduled=False)
    few, many, *others = agents
    _fill(few, SMALL)
    _fill(many, LARGE)
    _analyze()
    small, large = interleaved(rounds, lambda: _work_off(organization, few), lambda: _work_off(organization, many))
    growth = ratio(large, small)
    for size, times in ((SMALL, small), (LARGE, large)):
        say(f"{size:>7,} queued: {spread([t / CLAIMS for t in times])} a claim with its completion")
    say(f"ratio {growth:.2f} (target below {GROWTH}), {rounds} rounds of {CLAIMS}, taking turns")
    rates = [_clients(organization, others) for _ in range(rounds)]
    if not rates[0]:
        say("eight clients at once: measured on PostgreSQL only")
        return growth < GROWTH
    rate = statistics.median(rates)
    say(f"{CLIENTS} clients: {rate:,.0f} claims a second ({min(rates):,.0f} to {max(rates):,.0f}), none given twice")
    say(f"ratio to the target of {TARGET}/s: {rate / TARGET:.2f}")
    return growth < GROWTH and rate >= TARGET


def _fill(agent: Agent, number: int) -> None:
    dice = random.Random(7)
    rows = []
    for index in range(number):
        priority = dice.choice(["low", "normal", "high", "critical"])
        due = NOW + timedelta(minutes=dice.randrange(1, 9_000)) if index % 3 else None
        rows.append(
            Task(
                organization_id=agent.organization_id,
                agent=agent,
                title=f"Task {index}",
                priority=priority,
                urgency=["low", "normal", "high", "critical"].index(priority),
                created_at=NOW,
                queued_at=NOW - timedelta(seconds=index),
                due_at=due,
                **({"due_order": due} if due else {}),
                created_by_kind="system",
                created_by_id="benchmark",
                created_by_label="Benchmark",
            )
        )
    for start in range(0, number, 10_000):
        insert_many(rows[start : start + 10_000])


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _by(agent_id: UUID) -> Actor:
    return Actor(kind=ActorKind.AGENT, id=str(agent_id), label="agent", agent_id=agent_id)


def _work_off(organization: Organization, agent: Agent) -> None:
    for _ in range(CLAIMS):
        task = work.claim(organization=organization, agent_id=agent.pk, by=_by(agent.pk), now=NOW).task
        assert task is not None
        leases.complete(organization=organization, task_id=task.pk, token=task.lease_token, by=_by(agent.pk), now=NOW)


def _clients(organization: Organization, agents: Sequence[Agent]) -> float:
    """Claims a second of eight processes, each for agents of its own; 0 where the database has one writer."""
    if connection.vendor != "postgresql":
        return 0.0
    before = Task.objects.filter(status="in_progress").count()
    for agent in agents:
        _finish_running(agent)
    insert_many([task for agent in agents for task in _one(agent)])
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]  # its threads would not follow into the clients
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(CLIENTS + 1), context.Queue()
    shares = [[agent.pk for agent in agents[n::CLIENTS]] for n in range(CLIENTS)]
    clients = [context.Process(target=_client, args=(organization, share, barrier, answers)) for share in shares]
    for client in clients:
        client.start()
    barrier.wait()
    began = time.perf_counter()
    claimed = [task for _ in clients for task in answers.get(timeout=120)]
    took = time.perf_counter() - began
    for client in clients:
        client.join()
    assert len(claimed) == len(set(claimed)) == len(agents), f"{len(claimed)} claims, {before} before"
    return len(claimed) / took


def _one(agent: Agent) -> list[Task]:
    rest = {"created_by_kind": "system", "created_by_id": "benchmark", "created_by_label": "Benchmark"}
    return [
        Task(organization_id=agent.organization_id, agent=agent, title="One", created_at=NOW, queued_at=NOW, **rest)
    ]


def _finish_running(agent: Agent) -> None:
    Task.objects.filter(agent=agent, status="in_progress").update(
        status="completed", lease_expires_at=None, finished_at=NOW, finished_by_label="Benchmark"
    )


def _client(organization: Organization, agent_ids: Sequence[UUID], barrier: Any, answers: Any) -> None:
    Organization.objects.count()  # a connection of its own, before the clock starts
    barrier.wait()
    got = []
    for agent_id in agent_ids:
        task = work.claim(organization=organization, agent_id=agent_id, by=_by(agent_id), now=NOW).task
        if task is not None:
            got.append(str(task.pk))
    answers.put(got)
    connections.close_all()
