"""Rows of what waits for what, as the queue's services read and write them. ``task_needs`` is the door."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from workforce.choices import TaskStatus
from workforce.models import Task, TaskNeed
from workforce.rules.refusals import Invalid

NEVER_DONE = "This task was cancelled and will never be done."


def lock(needs: Sequence[Task]) -> list[Task]:
    """The same tasks as they are now, kept so until the transaction ends: one that is completed meanwhile counts.

    Raises ``Invalid`` (``needs``) where one was cancelled meanwhile.
    """
    rows = Task.objects.filter(pk__in=[need.pk for need in needs]).select_for_update(no_key=True)
    found = list(rows.order_by("pk"))
    if any(need.status == TaskStatus.CANCELLED for need in found):
        raise Invalid([("needs", NEVER_DONE)])
    return found


def write(task: Task, needs: Sequence[Task]) -> None:
    TaskNeed.objects.bulk_create(TaskNeed(task=task, needs=need) for need in needs)


def forget_cancelled(task: Task) -> None:
    """A locked task goes on without what was cancelled: whoever unblocks or reassigns it says so. Saving
    ``open_needs`` is the caller's."""
    if task.open_needs:
        task.needs.filter(needs__status=TaskStatus.CANCELLED).delete()
        task.open_needs = task.needs.exclude(needs__status=TaskStatus.COMPLETED).count()


def free_dependents(task: Task) -> None:
    """What waited for this completed task waits for one less. One UPDATE."""
    waiting = TaskNeed.objects.filter(needs=task).values("task")
    Task.objects.filter(pk__in=waiting, open_needs__gt=0).update(open_needs=F("open_needs") - 1)


def alarm_dependents(task: Task, *, now: datetime) -> None:
    """What waited for this cancelled task would wait for ever: the sweep of what waits looks at it now. One UPDATE."""
    waiting = TaskNeed.objects.filter(needs=task).values("task")
    Task.objects.filter(pk__in=waiting, status=TaskStatus.QUEUED, open_needs__gt=0).update(waits_until=now)


def cancelled_needs(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of these tasks, those that wait for one that was cancelled, with its title."""
    found = TaskNeed.objects.filter(task__in=ids, task__open_needs__gt=0, needs__status=TaskStatus.CANCELLED)
    return dict(found.order_by("-id").values_list("task_id", "needs__title"))
