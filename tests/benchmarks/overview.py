"""The Overview page of 10,000 agents against that of 100 (design target V7: pages do not grow with the fleet)."""

from collections.abc import Callable

import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.benchmarks.figures import interleaved, ratio, spread
from tests.benchmarks.scratch import DAY, fleet

SMALL, LARGE = 100, 10_000
REQUESTS = 5
TARGET = 2.0


def run(rounds: int, say: Callable[[str], object]) -> bool:
    clients = []
    for size in (SMALL, LARGE):
        _, manager, _ = fleet(size, slug=f"fleet-{size}")
        client = Client()
        client.force_login(manager)
        clients.append(client)
    with time_machine.travel(DAY.replace(hour=12)):
        return _measure(clients, rounds, say)


def _measure(clients: list[Client], rounds: int, say: Callable[[str], object]) -> bool:
    path = reverse("overview")
    queries = []
    for client in clients:
        client.get(path)  # templates and zones are loaded once per process
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        assert answer.status_code == 200
        queries.append(len(captured))

    def ask(client: Client) -> Callable[[], object]:
        return lambda: [client.get(path) for _ in range(REQUESTS)]

    small, large = interleaved(rounds, *(ask(client) for client in clients))
    growth = ratio(large, small)
    for size, times, count in zip((SMALL, LARGE), (small, large), queries, strict=True):
        say(f"{size:>6,} agents: {spread([t / REQUESTS for t in times])} a page, {count} queries")
    say(f"ratio {growth:.2f} (target below {TARGET}), {rounds} rounds of {REQUESTS} pages each, taking turns")
    return growth < TARGET and queries[0] == queries[1]
