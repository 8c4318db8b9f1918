"""Tasks made through the service, as people make them."""

from datetime import datetime
from typing import Any

from scheduling.services import work
from scheduling.services.work import Claim
from tests.support.actors import SYSTEM, itself
from workforce.models import Agent, Task
from workforce.services import tasks


def give(agent: Agent, title: str = "Sort the inbox", *, now: datetime, by: Any = SYSTEM, **more: Any) -> Task:
    data = {"agent_id": agent.pk, "title": title, **more}
    return tasks.create(organization=agent.organization, data=data, by=by, now=now)


def claim(agent: Agent, *, now: datetime, by: Any = None, **more: Any) -> Claim:
    return work.claim(organization=agent.organization, agent_id=agent.pk, by=by or itself(agent), now=now, **more)


def claimed(agent: Agent, *, now: datetime, **more: Any) -> Task:
    """A claim that must succeed."""
    task = claim(agent, now=now, **more).task
    assert task is not None
    return task


def state_of(agent: Agent) -> str:
    return Agent.objects.values_list("current_state", flat=True).get(pk=agent.pk)
