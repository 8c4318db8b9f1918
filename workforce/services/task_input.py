"""What may be said of a task: every fault at once, with the path the caller knows (spec T1, I3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workforce.choices import ActorKind, TaskPriority, TaskStatus, TaskType
from workforce.models import Agent, Organization, Task, Workstream
from workforce.models.work import DESCRIPTION_MAX, TITLE_MAX
from workforce.rules import tasks as rules
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Invalid
from workforce.services.need_rows import NEVER_DONE

RESULT_MAX = 100_000
NEEDS_MAX = 50
FIELDS = (
    "agent_id", "title", "description", "priority", "type", "urgent", "due_at", "scheduled_at", "continues",
    "delegated_by", "delegated_from", "needs", "workstream_id",
)  # fmt: skip
Faults = list[tuple[str, str]]
NO_SUCH_WORKSTREAM = "There is no such workstream in this organisation."
_UNKNOWN_TASK = "There is no such task in this organisation."


def checked(
    organization: Organization, data: Mapping[str, Any], *, by: Actor, now: datetime
) -> tuple[dict[str, Any], Faults]:
    """Values to store and every fault. Ids are UUIDs, moments aware; ``needs`` are tasks that must be done first."""
    faults: Faults = [(name, "There is no such field.") for name in data if name not in FIELDS]
    given = {name: data[name] for name in FIELDS if name in data and data[name] is not None}
    values: dict[str, Any] = {"agent_id": given.get("agent_id")}
    if values["agent_id"] is None:
        faults.append(("agent_id", "Say which agent is to do it."))
    values["title"] = _title(given.get("title", ""), faults)
    values["description"] = _text("description", given.get("description", ""), DESCRIPTION_MAX, faults)
    values["priority"] = _one_of("priority", given.get("priority", TaskPriority.NORMAL.value), TaskPriority, faults)
    values["type"] = kind = _one_of("type", given.get("type", TaskType.NEW.value), TaskType, faults)
    values["urgent"] = bool(given.get("urgent", False))
    values["due_at"] = _after("due_at", given.get("due_at"), now, faults)
    values["scheduled_at"] = _after("scheduled_at", given.get("scheduled_at"), now, faults)
    if kind == TaskType.SCHEDULED and values["scheduled_at"] is None and "scheduled_at" not in dict(faults):
        faults.append(("scheduled_at", "Say when it is to be done."))
    values["continues"] = _task("continues", organization, given.get("continues"), faults)
    if kind == TaskType.CONTINUE and values["continues"] is None and "continues" not in dict(faults):
        faults.append(("continues", "Say which earlier task it continues."))
    values |= _delegation(organization, kind, given, values["agent_id"], by, faults)
    values["workstream"] = _workstream(organization, given.get("workstream_id"), faults)
    values["needs"] = _needs(organization, given.get("needs", ()), faults)
    return values, faults


def checked_changes(task: Task, changes: Mapping[str, Any], *, now: datetime) -> tuple[dict[str, Any], Faults]:
    allowed = ("title", "description", "priority", "due_at", "scheduled_at", "workstream_id")
    faults: Faults = [(name, "This cannot be changed here.") for name in changes if name not in allowed]
    values: dict[str, Any] = {}
    if "title" in changes:
        values["title"] = _title(changes["title"], faults)
    if "description" in changes:
        values["description"] = _text("description", changes["description"], DESCRIPTION_MAX, faults)
    if "priority" in changes:
        values["priority"] = _one_of("priority", changes["priority"], TaskPriority, faults)
    for name in ("due_at", "scheduled_at"):
        if name in changes and changes[name] != getattr(task, name):
            values[name] = _after(name, changes[name], now, faults)
    if task.type == TaskType.SCHEDULED and values.get("scheduled_at", task.scheduled_at) is None:
        faults.append(("scheduled_at", "Say when it is to be done."))
    if "workstream_id" in changes and changes["workstream_id"] != task.workstream_id:
        values["workstream"] = _workstream(task.organization_id, changes["workstream_id"], faults)
        if changes["workstream_id"] is None:
            faults.append(("workstream_id", "A task leaves its workstream only for another one. Choose that."))
    return values, faults


def check_text(name: str, text: str, *, most: int) -> None:
    faults: Faults = []
    _text(name, text, most, faults)
    if faults:
        raise Invalid(faults)


def _title(value: Any, faults: Faults) -> str:
    if not isinstance(value, str) or not value.strip():
        faults.append(("title", "Say in a few words what is to be done."))
        return ""
    title = value.strip()
    if len(title) > TITLE_MAX or not title.isprintable():
        faults.append(("title", f"Use up to {TITLE_MAX} plain characters on one line; this has {len(title)}."))
    return title


def _text(name: str, value: Any, most: int, faults: Faults) -> str:
    if not isinstance(value, str):
        faults.append((name, "Enter text."))
        return ""
    if "\x00" in value:
        faults.append((name, "Remove the NUL character."))
    elif len(value) > most:
        faults.append((name, f"Use at most {most:,} characters; this has {len(value):,}."))
    return value


def _one_of(name: str, value: Any, choices: Any, faults: Faults) -> str:
    if value not in list(choices):
        faults.append((name, f"Choose one of: {', '.join(choices)}."))
        return str(next(iter(choices)).value)
    return str(value)


def _after(name: str, value: Any, now: datetime, faults: Faults) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        faults.append((name, "Give a date and time."))
        return None
    if not now < value < rules.NEVER:
        faults.append((name, "Choose a moment in the future."))
        return None
    return value


def _task(name: str, organization: Organization, task_id: UUID | None, faults: Faults) -> Task | None:
    if task_id is None:
        return None
    found = Task.objects.of(organization).filter(pk=task_id).first()
    if found is None:
        faults.append((name, _UNKNOWN_TASK))
    return found


def _workstream(organization: Organization | UUID, workstream_id: UUID | None, faults: Faults) -> Workstream | None:
    if workstream_id is None:
        return None
    found = Workstream.objects.filter(organization=organization, pk=workstream_id).first()
    if found is None:
        faults.append(("workstream_id", NO_SUCH_WORKSTREAM))
    elif found.is_closed:
        faults.append(("workstream_id", f"“{found.name}” is closed and takes no more work. Choose another workstream."))
    return found


def needs_of(organization: Organization, ids: Any) -> tuple[list[Task], Faults]:
    """The tasks of these ids, and what is wrong with them."""
    faults: Faults = []
    return _needs(organization, ids, faults), faults


def _needs(organization: Organization, ids: Any, faults: Faults) -> list[Task]:
    if not isinstance(ids, list | tuple) or len(ids) > NEEDS_MAX:
        faults.append(("needs", f"Give a list of at most {NEEDS_MAX} tasks."))
        return []
    found = {task.pk: task for task in Task.objects.of(organization).filter(pk__in=list(ids))}
    for number, task_id in enumerate(ids):
        if task_id not in found:
            faults.append((f"needs.{number}", _UNKNOWN_TASK))
        elif found[task_id].status == TaskStatus.CANCELLED:
            faults.append((f"needs.{number}", NEVER_DONE))
    return list(found.values())


def _delegation(
    organization: Organization, kind: str, given: Mapping[str, Any], agent_id: UUID | None, by: Actor, faults: Faults
) -> dict[str, Any]:
    """Who delegates, from which task, how deep. An agent delegates in its own name, from what it is working on unless
    it says otherwise; the chain must not come back to anyone in it."""
    if kind != TaskType.DELEGATION:
        for name in ("delegated_by", "delegated_from"):
            if name in given:
                faults.append((name, "Only a delegation has this. Choose type delegation."))
        return {}
    delegator_id = by.agent_id if by.kind == ActorKind.AGENT else given.get("delegated_by")
    if by.kind == ActorKind.AGENT and given.get("delegated_by", delegator_id) != delegator_id:
        faults.append(("delegated_by", "An agent delegates in its own name."))
    delegator = Agent.objects.of(organization).filter(pk=delegator_id).first() if delegator_id else None
    if delegator is None:
        faults.append(("delegated_by", "Say which agent of this organisation delegates it."))
        return {}
    origin = _task("delegated_from", organization, given.get("delegated_from"), faults)
    if origin is None and "delegated_from" not in given:
        origin = Task.objects.filter(agent=delegator, status=TaskStatus.IN_PROGRESS).first()
    if origin is not None and origin.agent_id != delegator.pk:
        faults.append(("delegated_from", f"This is not a task of {delegator.agent_name}."))
    _check_chain(delegator, origin, agent_id)
    depth = (origin.delegation_depth if origin else 0) + 1
    return {"delegated_by": delegator, "delegated_from": origin, "delegation_depth": depth}


def _check_chain(delegator: Agent, origin: Task | None, agent_id: UUID | None) -> None:
    chain: list[UUID] = [delegator.pk]
    current = origin
    while current is not None and len(chain) <= rules.MOST_DELEGATIONS:
        chain.append(current.agent_id)
        if current.delegated_by_id is not None:
            chain.append(current.delegated_by_id)
        current = current.delegated_from
    if agent_id in chain:
        raise Conflict(
            "This work came from that agent: it cannot go back to it by delegation.", code="delegation_circle"
        )
    if origin is not None and origin.delegation_depth >= rules.MOST_DELEGATIONS:
        raise Conflict(
            f"This work was delegated {origin.delegation_depth} times already; that is the limit. Do it, or block it.",
            code="delegation_too_deep",
        )
