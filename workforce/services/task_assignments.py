"""The owner's assignment of a task in a workstream: it follows the task (spec R7; docs/decisions/0013).

Called with the task and its agents locked, after the task was written. A task in no workstream has none, and costs
nothing here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from workforce.choices import AssignmentRole, AssignmentStatus, TaskStatus
from workforce.models import Assignment, Task
from workforce.rules.actors import Actor
from workforce.services import assignment_steps as steps
from workforce.services import dri

_PARTS = ("agent", "workstream", "task", "unblock_user", "unblock_agent")
_ACTIONS = {
    AssignmentStatus.DONE: "assignment.done",
    AssignmentStatus.BLOCKED: "assignment.blocked",
    AssignmentStatus.ACTIVE: "assignment.unblocked",
}


def follow(task: Task, *, reason: str = "", by: Actor, now: datetime) -> None:
    """Make the assignment say what the task says: whose it is, where, due when, how far, held up by what, over.

    Raises ``Conflict`` where the workstream is closed or would need a DRI.
    """
    if task.workstream_id is None:
        return
    owners = Assignment.objects.filter(task=task, role=AssignmentRole.OWNER).exclude(status=AssignmentStatus.HANDOFF)
    owner = owners.select_related(*_PARTS).first()
    if owner is None:
        _begin(task, task.workstream_id, by=by, now=now)
    elif owner.is_open:
        if owner.workstream_id != task.workstream_id:
            _change_workstream(task, owner, task.workstream_id, by=by, now=now)
        if owner.agent_id != task.agent_id:
            why = reason or "The task was reassigned."
            owner = steps.hand_on(owner, task.agent, reason=why, by=by, now=now)
        _align(owner, task, reason, by=by, now=now)


def _begin(task: Task, workstream_id: UUID, *, by: Actor, now: datetime) -> None:
    if not task.is_open:
        return
    owner = Assignment(
        organization_id=task.organization_id,
        agent=task.agent,
        workstream_id=workstream_id,
        task=task,
        role=AssignmentRole.OWNER.value,
        start_at=now,
        due_at=task.due_at,
        percent_complete=task.percent_complete,
    )
    _align(steps.add(owner, by=by, now=now), task, "", by=by, now=now)


def _change_workstream(task: Task, owner: Assignment, to: UUID, *, by: Actor, now: datetime) -> None:
    """Whoever takes part in the task comes along."""
    places = {place.pk: place for place in dri.lock([owner.workstream_id, to])}
    new = places[to]
    steps.check_not_closed(new)
    parts = list(Assignment.objects.open().filter(task=task).select_related(*_PARTS).order_by("pk"))
    Assignment.objects.filter(pk__in=[part.pk for part in parts]).update(workstream=new, updated_at=now)
    for part in parts:
        before = {"workstream": part.workstream.name}
        steps.record("assignment.changed", part, before, {"workstream": new.name}, by=by, now=now)
    owner.workstream = new
    dri.check(new)


def _align(owner: Assignment, task: Task, reason: str, *, by: Actor, now: datetime) -> None:
    wanted = _wanted(owner, task, now)
    if all(getattr(owner, name) == value for name, value in wanted.items()):
        return
    before = steps.facts(owner)
    for name, value in wanted.items():
        setattr(owner, name, value)
    owner.updated_at = now
    owner.save(update_fields=[*wanted, "updated_at"])
    before, after = steps.changed(before, steps.facts(owner))
    if after.keys() - {"percent_complete"}:  # how far it is changes too often for the audit; the task's is not there
        action = _ACTIONS[owner.where] if "status" in after else "assignment.changed"
        steps.record(action, owner, before, after, reason, by=by, now=now)


def _wanted(owner: Assignment, task: Task, now: datetime) -> dict[str, Any]:
    over, blocked = not task.is_open, task.status == TaskStatus.BLOCKED
    status = AssignmentStatus.DONE if over else AssignmentStatus.BLOCKED if blocked else AssignmentStatus.ACTIVE
    return {
        "status": status.value,
        "due_at": task.due_at,
        "percent_complete": task.percent_complete,
        "blocker_code": task.blocker_code,
        "blocker_note": task.blocker_note,
        "blocked_at": task.blocked_at,
        "unblock_user_id": task.unblock_user_id,
        "unblock_agent_id": task.unblock_agent_id,
        "ended_at": task.finished_at,
        "ended_by_label": task.finished_by_label,
    }
