"""Every tab and its twin in the API at 10,000 agents and 100,000 tasks, against 100 and 1,000 (design target V7).

Counted too: a page takes the same number of queries at both sizes.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.models import Caps
from scheduling.models import ClockRecord
from tests.benchmarks.figures import interleaved, ratio, spread
from tests.benchmarks.scratch import DAY, fleet
from workforce.choices import KeyScope
from workforce.models import Agent, Organization, Task
from workforce.models.bulk import insert_many
from workforce.rules.actors import system
from workforce.services import keys

#: Agents; ten tasks and ten clock records for each.
SMALL, LARGE, EACH = 100, 10_000, 10
TARGET = 3.0
NOW = DAY.replace(hour=12)
TASK, AGENT = "{task}", "{agent}"
PAGES = {
    "overview": "/",
    "overview, live": "/overview/live",
    "overview, no hit": "/?q=zebra",
    "overview, by heartbeat": "/?sort=heartbeat",
    "schedules": "/schedules",
    "schedules, live": "/schedules/live",
    "schedules, no hit": "/schedules?q=zebra",
    "schedules, next event": "/schedules?sort=next",
    "hours": f"/agents/{AGENT}/hours",
    "tasks": "/tasks",
    "tasks, live": "/tasks/live",
    "tasks, no hit": "/tasks?q=zebra",
    "tasks, one hit": "/tasks?q=Task+7+of+agent-00000",
    "tasks, every status": "/tasks?status=all",
    "tasks, cancelled": "/tasks?status=cancelled",
    "tasks, by priority": "/tasks?sort=priority",
    "tasks, critical": "/tasks?priority=critical",
    "tasks, by agent": "/tasks?sort=agent",
    "tasks, by title": "/tasks?sort=title",
    "tasks, page 10": "/tasks?page=10",
    "task": f"/tasks/{TASK}",
    "new task": "/tasks/new",
    "budgets": "/budgets",
    "budgets, no hit": "/budgets?q=zebra",
    "budgets, caps set": "/budgets?caps=set",
    "history": "/history",
    "history, no hit": "/history?q=zebra",
    "history, auto wake": "/history?event=auto_wake",
    "history, one day": "/history?from=2026-11-19&to=2026-11-19",
    "import": "/agents/import",
}
LISTS = {
    "status": "/api/workforce/status",
    "schedules": "/api/workforce/schedules",
    "tasks": "/api/workforce/tasks",
    "tasks, no hit": "/api/workforce/tasks?q=zebra",
    "tasks, open": "/api/workforce/tasks?open=true",
    "task": f"/api/workforce/tasks/{TASK}",
    "budgets": "/api/workforce/budget-overview",
    "clock records": "/api/workforce/clock-records",
    "agents": "/api/agents",
}


class House:
    """One organisation with its manager's browser and its orchestrator's key."""

    def __init__(self, size: int) -> None:
        self.size = size
        organization, manager, agents = fleet(size, slug=f"fleet-{size}")
        _equip(organization, agents)
        _, token = keys.issue(
            organization=organization,
            name="orchestrator",
            scopes=[scope.value for scope in KeyScope],
            by=system("benchmark"),
            now=DAY,
        )
        self.page, self.api = Client(), Client(headers={"Authorization": f"Bearer {token}"})
        self.page.force_login(manager)
        task = Task.objects.filter(organization=organization).order_by("created_at", "id")[size]
        self.parts = {TASK: str(task.pk), AGENT: str(agents[0].pk)}

    def ask(self, path: str) -> Any:
        for part, value in self.parts.items():
            path = path.replace(part, value)
        answer = (self.api if path.startswith("/api/") else self.page).get(path)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        return answer

    def queries(self, path: str) -> int:
        self.ask(path)  # templates, zones and keys are read once per process
        with CaptureQueriesContext(connection) as captured:
            self.ask(path)
        return len(captured)


def run(rounds: int, say: Callable[[str], object]) -> bool:
    houses = [House(size) for size in (SMALL, LARGE)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with time_machine.travel(NOW):
        slow = [
            name
            for kind, paths in (("page", PAGES), ("API", LISTS))
            for name, path in paths.items()
            if not _measure(f"{kind} {name}", path, houses, rounds, say)
        ]
    said = f"too much at: {', '.join(slow)}" if slow else f"all within {TARGET}"
    say(f"{SMALL:,} agents and {SMALL * EACH:,} tasks against {LARGE:,} and {LARGE * EACH:,}, {rounds} rounds: {said}")
    return not slow


def _measure(name: str, path: str, houses: Sequence[House], rounds: int, say: Callable[[str], object]) -> bool:
    queries = [house.queries(path) for house in houses]
    small, large = interleaved(rounds, *(_asking(house, path) for house in houses))
    growth = ratio(large, small)
    told = f"{queries[0]} queries" if queries[0] == queries[1] else f"{queries[0]} and {queries[1]} queries"
    say(f"{name:<28} ratio {growth:6.2f}   {spread(small)} and {spread(large)}, {told}")
    return growth <= TARGET and queries[0] == queries[1]


def _asking(house: House, path: str) -> Callable[[], object]:
    return lambda: house.ask(path)


def _equip(organization: Organization, agents: Sequence[Agent]) -> None:
    Caps.objects.bulk_create([Caps(agent=agent, daily_tokens=300_000) for agent in agents[::2]], batch_size=500)
    records, tasks = [], []
    for turn in range(EACH):
        for index, agent in enumerate(agents):
            age = timedelta(minutes=turn * 60, microseconds=index)
            records.append(_record(organization, agent, turn, NOW - age))
            tasks.append(_task(organization, agent, turn, NOW - age))
    ClockRecord.objects.bulk_create(records, batch_size=500)
    for start in range(0, len(tasks), 10_000):
        insert_many(tasks[start : start + 10_000])


def _record(organization: Organization, agent: Agent, turn: int, at: Any) -> ClockRecord:
    event = ("auto_wake", "auto_pause")[turn % 2]
    return ClockRecord(
        organization=organization,
        agent=agent,
        time=at,
        event=event,
        scheduled_at=at,
        triggered_by_kind="system",
        triggered_by_id="clock",
        triggered_by="The clock",
        reason="Its hours began." if event == "auto_wake" else "Its hours ended.",
    )


_DICE = random.Random(7)
_PRIORITIES = ("low", "normal", "high", "critical")


def _task(organization: Organization, agent: Agent, turn: int, at: Any) -> Task:
    """Seven of ten are open."""
    priority = _DICE.choice(_PRIORITIES)
    due = NOW + timedelta(minutes=_DICE.randrange(1, 9_000)) if turn % 3 else None
    ended = {7: "completed", 8: "completed", 9: "cancelled"}.get(turn)
    more: dict[str, Any] = {"due_order": due} if due else {}
    if ended:
        more |= {"status": ended, "finished_at": at, "finished_by_label": "Benchmark"}
    return Task(
        organization_id=organization.pk,
        agent=agent,
        title=f"Task {turn} of {agent.agent_name}",
        description="What is to be done, in a few words, as people write them. " * 4,
        priority=priority,
        urgency=_PRIORITIES.index(priority),
        created_at=at,
        queued_at=at,
        due_at=due,
        created_by_kind="system",
        created_by_id="benchmark",
        created_by_label="Benchmark",
        **more,
    )
