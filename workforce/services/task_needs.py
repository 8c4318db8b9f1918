"""What a task waits for: other tasks that must be completed first (spec R7).

Agents are locked before tasks. Whoever ends a task holds it and then touches what waits for it; so here too the awaited
are locked before the waiting.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from workforce.choices import KeyScope, TaskStatus
from workforce.models import Organization, Task, TaskNeed
from workforce.models.work import OPEN
from workforce.rules import tasks as rules
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.selectors.standing import check_may
from workforce.services import need_rows, task_input, tasks
from workforce.services.moves import check_reason, lock


@transaction.atomic
def change(
    *, organization: Organization, task_id: UUID, needs: Sequence[UUID], reason: str = "", by: Actor, now: datetime
) -> Task:
    """Let an open task that nobody is working on wait for exactly these.

    Raises ``Missing``, ``Forbidden``, ``Invalid`` (``needs.<n>``), ``Conflict`` (the end, ``in_progress``,
    ``waits_for_itself``).
    """
    check_reason(reason)
    _one_after_the_other(organization)
    wanted, faults = task_input.needs_of(organization, needs)
    _lock_agent_of(organization, task_id)
    rows = [] if faults else need_rows.lock(wanted)
    task, agent = tasks.locked(organization, task_id)
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    tasks.check_open(task)
    if task.status == TaskStatus.IN_PROGRESS:
        raise Conflict(
            "Its agent is working on it: it cannot be made to wait now.", code="in_progress", status_now=task.status
        )
    if faults:
        raise Invalid(faults)
    kept = {need.needs_id: need for need in task.needs.select_related("needs")}
    fresh = [row for row in rows if row.pk not in kept]
    if rules.closes_a_circle(task.pk, [row.pk for row in rows], _edges([row.pk for row in fresh])):
        raise Conflict(
            "It would come to wait for itself: what it is to wait for waits for it.", code="waits_for_itself"
        )
    before = sorted(need.needs.title for need in kept.values())
    task.needs.exclude(needs__in=[row.pk for row in rows]).delete()
    need_rows.write(task, fresh)
    after = sorted(row.title for row in rows)
    if kept.keys() != {row.pk for row in rows}:
        task.open_needs = sum(row.status != TaskStatus.COMPLETED for row in rows)
        task.updated_at = now
        task.save(update_fields=["open_needs", "updated_at"])
        tasks.record("task.changed", task, {"needs": before}, {"needs": after}, reason, by=by, now=now)
    return task


def _one_after_the_other(organization: Organization) -> None:
    """A circle could close over many rows at once."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _lock_agent_of(organization: Organization, task_id: UUID) -> None:
    """Agents come before tasks, here too. While its agent is held, a task stays where it is."""
    found = Task.objects.of(organization).filter(pk=task_id).values_list("agent_id", flat=True)
    agent_id = found.first()
    if agent_id is None:
        raise Missing(tasks.NO_SUCH_TASK)
    lock(organization=organization, agent_id=agent_id)
    if found.first() != agent_id:
        raise Conflict("The task is being passed on just now. Try again.", code="changed")


def _edges(start: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Who waits for whom among open tasks, from these on: one query for each step of the longest chain."""
    edges: dict[UUID, list[UUID]] = {}
    frontier = list(start)
    while frontier:
        step = TaskNeed.objects.filter(task__in=frontier, task__status__in=[status.value for status in OPEN])
        found = list(step.order_by().values_list("task_id", "needs_id"))
        for waiting, needed in found:
            edges.setdefault(waiting, []).append(needed)
        frontier = sorted({needed for _, needed in found} - edges.keys())
    return edges
