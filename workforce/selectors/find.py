"""Agents and tasks by a few letters, for the search in the header (spec U7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from workforce.models import Agent, Organization, Task
from workforce.models.work import TaskQuerySet
from workforce.selectors.search import edge_of

MOST = 6


@dataclass(frozen=True, slots=True)
class Found:
    agents: Sequence[Agent]
    tasks: Sequence[Task]


def find(organization: Organization, q: str, *, most: int = MOST) -> Found:
    """At most ``most`` of each kind; every word has to be in the name or title. A whole id finds that one thing.

    Three queries, however many agents and tasks there are; none for an empty ``q``.
    """
    words = q.split()
    if not words:
        return Found([], [])
    agents: QuerySet[Agent] = Agent.objects.of(organization)
    tasks = Task.objects.of(organization)
    try:
        one = UUID(q)
    except ValueError:
        agents, tasks = _by_words(agents, tasks, words)
    else:
        agents, tasks = agents.filter(pk=one), tasks.filter(pk=one)
    return Found(
        list(agents.select_related("team").order_by(_named_so_first(words[0]), "agent_name")[:most]),
        list(tasks.select_related("agent").order_by("-created_at", "-id")[:most]),
    )


def _by_words(agents: QuerySet[Agent], tasks: TaskQuerySet, words: list[str]) -> tuple[QuerySet[Agent], TaskQuerySet]:
    edge = edge_of(tasks, "created_at")
    if edge is not None:
        tasks = tasks.filter(created_at__gte=edge)
    for word in words:
        agents, tasks = agents.filter(agent_name__icontains=word), tasks.filter(title__icontains=word)
    return agents, tasks


def _named_so_first(word: str) -> Case:
    """Those whose name starts with what was typed come before those that only hold it."""
    return Case(When(agent_name__istartswith=word, then=Value(0)), default=Value(1))
