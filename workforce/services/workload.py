"""An agent's state follows its open work, by the lifecycle's own moves (spec R4, R7; docs/decisions/0011)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from workforce.choices import LifecycleState, TaskStatus
from workforce.models import Agent, AuditEvent, Task
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict
from workforce.rules.tasks import FOLLOWING, Load, state_for, steps
from workforce.services import audit
from workforce.services.moves import move


def loads_of(agent_ids: Iterable[UUID]) -> dict[UUID, Load]:
    """What kinds of open work each agent has: 1 where there is any of a kind. One query of index probes, so that a
    long queue costs what a short one does."""

    def some(status: TaskStatus) -> Exists:
        return Exists(Task.objects.filter(agent=OuterRef("pk"), status=status.value))

    rows = (
        Agent.objects.filter(pk__in=list(agent_ids))
        .order_by()
        .values_list("pk", some(TaskStatus.IN_PROGRESS), some(TaskStatus.QUEUED), some(TaskStatus.BLOCKED))
    )
    return {agent_id: Load(int(running), int(waiting), int(blocked)) for agent_id, running, waiting, blocked in rows}


def follow(agents: Sequence[Agent], *, why: str, by: Actor, now: datetime) -> None:
    """Move locked agents to the state their work comes to; those in a state that somebody decided stay in it."""
    following = [agent for agent in agents if agent.state in FOLLOWING]
    if not following:
        return
    loads = loads_of(agent.pk for agent in following)
    groups: dict[tuple[LifecycleState, LifecycleState], list[Agent]] = {}
    for agent in following:
        target = state_for(loads.get(agent.pk, Load()))
        if target != agent.state:
            groups.setdefault((agent.state, target), []).append(agent)
    events: list[AuditEvent] = []
    for (source, target), group in groups.items():
        reasons = {agent.pk: why[:500] for agent in group}
        for state in steps(source, target):
            events += move(group, state, reasons=reasons, by=by, now=now)
    audit.record_many(events)


def check_without_work(agent: Agent) -> None:
    """Raise ``Conflict`` (``has_open_work``) where tasks would be left behind."""
    number = Task.objects.open().filter(agent=agent).count()
    if number:
        tasks = "1 open task" if number == 1 else f"{number} open tasks"
        raise Conflict(
            f"{agent.agent_name} has {tasks}. Reassign or cancel them first.", code="has_open_work", open_tasks=number
        )
