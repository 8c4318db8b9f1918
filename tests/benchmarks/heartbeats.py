"""Heartbeats through every middleware: one by one, and a thousand in one request."""

import json
from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from heartbeats.models import Heartbeat
from tests.benchmarks.figures import interleaved, rate, ratio
from tests.benchmarks.scratch import DAY, fleet
from workforce.choices import ActorKind
from workforce.models import Agent
from workforce.rules.actors import Actor
from workforce.services import keys

AGENTS = 1_000
SINGLES = 200
BATCHES = 2


def run(rounds: int, say: Callable[[str], object]) -> bool:
    organization, manager, agents = fleet(AGENTS, slug="fleet")
    by = Actor(kind=ActorKind.USER, id=str(manager.pk), label=manager.name)
    _, token = keys.issue(organization=organization, name="all", scopes=["heartbeats"], by=by, now=DAY)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    _post(client, _bodies(agents[:1])[0])

    def singles() -> None:
        for body in _bodies(agents[:SINGLES]):
            _post(client, body)

    def batches() -> None:
        for _ in range(BATCHES):
            _post(client, {"heartbeats": _bodies(agents)})

    one_by_one, together = interleaved(rounds, singles, batches)
    stored = 1 + rounds * (SINGLES + BATCHES * AGENTS)
    assert Heartbeat.objects.count() == stored, f"{Heartbeat.objects.count()} stored of {stored} sent"
    say(f"one per request:   {rate(SINGLES, one_by_one)}")
    say(f"1,000 per request: {rate(BATCHES * AGENTS, together)}")
    gain = ratio([t / SINGLES for t in one_by_one], [t / (BATCHES * AGENTS) for t in together])
    say(f"ratio {gain:.1f} in favour of the batch, {rounds} rounds of {SINGLES} and {BATCHES} requests, taking turns")
    return True


def _bodies(agents: list[Agent]) -> list[dict[str, object]]:
    at = timezone.now().isoformat()
    shared = {"emitted_at": at, "status": "ok", "work_mode": "idle", "queue_depth": 2, "summary": "Reading the queue."}
    return [{"agent_id": str(agent.pk), **shared} for agent in agents]


def _post(client: Client, body: object) -> None:
    answer = client.post(reverse("api-heartbeats"), data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content[:300]
    assert answer.json().get("refused", 0) == 0, answer.content[:300]
