"""An agent's state follows its open work, by the lifecycle's own moves (spec R4, R7; docs/decisions/0011)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from workforce.choices import AssignmentRole, AssignmentStatus, LifecycleState, TaskStatus
from workforce.models import Agent, Assignment, AuditEvent, Task, Workstream
from workforce.models.assignments import WORK
from workforce.rules import lifecycle
from workforce.rules.actors import Actor
from workforce.rules.assignments import OPEN, load_with
from workforce.rules.refusals import Conflict
from workforce.rules.tasks import FOLLOWING, Load, state_for, steps
from workforce.services import audit
from workforce.services.moves import move


def loads_of(agent_ids: Iterable[UUID]) -> dict[UUID, Load]:
    """What kinds of open work each agent has, tasks and assignments: 1 where there is any of a kind. One query of index
    probes, so that a long queue costs what a short one does."""

    def some(status: TaskStatus) -> Exists:
        return Exists(Task.objects.filter(agent=OuterRef("pk"), status=status.value))

    def part(status: AssignmentStatus) -> Exists:
        return Exists(Assignment.objects.open().filter(WORK, agent=OuterRef("pk"), status=status.value))

    tasks = (some(TaskStatus.IN_PROGRESS), some(TaskStatus.QUEUED), some(TaskStatus.BLOCKED))
    parts = (part(status) for status in OPEN)
    loads = {}
    for agent_id, *found in Agent.objects.filter(pk__in=list(agent_ids)).order_by().values_list("pk", *tasks, *parts):
        running, waiting, blocked, *assigned = map(int, found)
        listed = [status for status, there in zip(OPEN, assigned, strict=True) if there]
        loads[agent_id] = load_with(Load(running, waiting, blocked), listed)
    return loads


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


def check_takes_work(agent: Agent) -> None:
    """Raise ``Conflict`` (``gone``) for one that has left."""
    if agent.state in lifecycle.GONE:
        raise Conflict(
            f"{agent.agent_name} is {agent.current_state} and takes no more work. Choose another agent.",
            code="gone",
            current=agent.current_state,
        )


def check_without_work(agent: Agent) -> None:
    """Raise ``Conflict`` (``has_open_work``) where tasks, assignments or a workstream would be left behind."""
    tasks = Task.objects.open().filter(agent=agent).count()
    following = Q(task__isnull=False, role=AssignmentRole.OWNER.value)
    parts = Assignment.objects.open().filter(agent=agent).exclude(following).count()
    led = Workstream.objects.filter(dri_agent=agent, closed_at__isnull=True).values_list("name", flat=True)
    if tasks or parts:
        said, what = [], "Reassign or cancel the tasks, hand off or complete the assignments first."
        if tasks:
            said.append("1 open task" if tasks == 1 else f"{tasks} open tasks")
        if parts:
            said.append("1 open assignment" if parts == 1 else f"{parts} open assignments")
        if not parts:
            what = "Reassign or cancel them first."
        elif not tasks:
            what = "Hand them off or complete them first."
        raise Conflict(
            f"{agent.agent_name} has {' and '.join(said)}. {what}",
            code="has_open_work",
            open_tasks=tasks,
            **({"open_assignments": parts} if parts else {}),
        )
    if led:
        names = ", ".join(f"“{name}”" for name in led)
        raise Conflict(f"{agent.agent_name} is the DRI of {names}. Name another first.", code="is_dri")
