"""What may be said of an assignment: every fault at once, with the path the caller knows (001 §1.2, spec R7, I3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workforce.choices import AssignmentRole
from workforce.models import Assignment, Organization, Task, Workstream
from workforce.rules.assignments import WORKING
from workforce.rules.tasks import NEVER
from workforce.services.assignment_steps import OVER
from workforce.services.task_input import NO_SUCH_WORKSTREAM

NEEDS_MAX = 50
FIELDS = ("agent_id", "workstream_id", "task_id", "role", "start_at", "due_at", "percent_complete", "needs")
CHANGEABLE = ("start_at", "due_at", "percent_complete", "needs")
#: What the owner of a task has from the task.
FOLLOWING = ("due_at", "percent_complete")
FOLLOWS = "The owner's assignment takes this from its task. Change the task."
NO_SUCH_ASSIGNMENT = "There is no such assignment in this organisation."
Faults = list[tuple[str, str]]


def checked(organization: Organization, data: Mapping[str, Any], *, now: datetime) -> tuple[dict[str, Any], Faults]:
    """Values to store and every fault. Ids are UUIDs, moments aware."""
    faults: Faults = [(name, "There is no such field.") for name in data if name not in FIELDS]
    given = {name: data[name] for name in FIELDS if name in data and data[name] is not None}
    values: dict[str, Any] = {"agent_id": given.get("agent_id")}
    if values["agent_id"] is None:
        faults.append(("agent_id", "Say which agent is assigned."))
    values["workstream"] = _workstream(organization, given.get("workstream_id"), faults)
    values["role"] = _role(given.get("role"), faults)
    values["task"] = _task(organization, given.get("task_id"), values["workstream"], values["role"], faults)
    if values["task"] is not None and values["role"] == AssignmentRole.OWNER:
        faults += [(name, FOLLOWS) for name in FOLLOWING if name in given]
    values["start_at"] = _moment("start_at", given.get("start_at"), faults) or now
    values["due_at"] = _ahead("due_at", given.get("due_at"), now, faults)
    values["percent_complete"] = _percent(given.get("percent_complete"), faults)
    values["needs"] = _needs(organization, given.get("needs", ()), faults)
    return values, faults


def checked_changes(
    assignment: Assignment, changes: Mapping[str, Any], *, now: datetime
) -> tuple[dict[str, Any], Faults]:
    faults: Faults = [(name, "This cannot be changed here.") for name in changes if name not in CHANGEABLE]
    if assignment.follows_its_task:
        faults += [(name, FOLLOWS) for name in FOLLOWING if name in changes]
    values: dict[str, Any] = {}
    if "start_at" in changes:
        values["start_at"] = _moment("start_at", changes["start_at"], faults)
        if changes["start_at"] is None:
            faults.append(("start_at", "Give a date and time."))
    if "due_at" in changes and changes["due_at"] != assignment.due_at:
        values["due_at"] = _ahead("due_at", changes["due_at"], now, faults)
    if "percent_complete" in changes:
        values["percent_complete"] = _percent(changes["percent_complete"], faults)
    if "needs" in changes:
        values["needs"] = _needs(assignment.organization_id, changes["needs"], faults, known=assignment)
    return values, faults


def _workstream(organization: Organization, workstream_id: UUID | None, faults: Faults) -> Workstream | None:
    if workstream_id is None:
        faults.append(("workstream_id", "Say which workstream it belongs to."))
        return None
    found = Workstream.objects.filter(organization=organization, pk=workstream_id).first()
    if found is None:
        faults.append(("workstream_id", NO_SUCH_WORKSTREAM))
    return found


def _role(value: Any, faults: Faults) -> str:
    if value not in list(AssignmentRole):
        faults.append(("role", f"Choose one of: {', '.join(AssignmentRole)}."))
        return ""
    return str(value)


def _task(
    organization: Organization, task_id: UUID | None, workstream: Workstream | None, role: str, faults: Faults
) -> Task | None:
    if task_id is None:
        return None
    task = Task.objects.of(organization).select_related("workstream").filter(pk=task_id).first()
    if task is None:
        faults.append(("task_id", "There is no such task in this organisation."))
    elif fault := task_fault(task, workstream, role):
        faults.append(("task_id", fault))
    return task


def task_fault(task: Task, workstream: Workstream | None, role: str) -> str:
    """Why nobody can have this role in the task within this workstream; empty where somebody can."""
    if task.workstream is not None and workstream is not None and task.workstream_id != workstream.pk:
        return f"This task belongs to the workstream “{task.workstream.name}”."
    if task.workstream is None and role != AssignmentRole.OWNER:
        return "This task is in no workstream yet. Put it into one first."
    if role in WORKING and not task.is_open:
        return f"This task is {task.where.label.lower()} and stays so."
    return ""


def _needs(
    organization: Organization | UUID, ids: Any, faults: Faults, *, known: Assignment | None = None
) -> list[UUID]:
    """``known``: whose they are; what it waits for already may have ended."""
    if not isinstance(ids, list | tuple) or len(ids) > NEEDS_MAX:
        faults.append(("needs", f"Give a list of at most {NEEDS_MAX} assignments."))
        return []
    ids = list(dict.fromkeys(ids))
    found = {other.pk: other for other in Assignment.objects.of(organization).filter(pk__in=ids)}
    kept = set(known.needs.values_list("needs_id", flat=True)) if known else set()
    for number, one in enumerate(ids):
        if one not in found:
            faults.append((f"needs.{number}", NO_SUCH_ASSIGNMENT))
        elif not found[one].is_open and one not in kept:
            faults.append((f"needs.{number}", OVER))
    return [one for one in ids if one in found]


def _moment(name: str, value: Any, faults: Faults) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None or value >= NEVER:
        faults.append((name, "Give a date and time."))
        return None
    return value


def _ahead(name: str, value: Any, now: datetime, faults: Faults) -> datetime | None:
    moment = _moment(name, value, faults)
    if moment is not None and moment <= now:
        faults.append((name, "Choose a moment in the future."))
    return moment


def _percent(value: Any, faults: Faults) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        faults.append(("percent_complete", "Give a whole number from 0 to 100."))
        return None
    return value
