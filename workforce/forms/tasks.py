"""The Task Queue's address and the fields of a task: what is wrong is named beside its field."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from workforce.choices import Choice, TaskPriority, TaskStatus, TaskType
from workforce.forms.moments import local_text, read_local
from workforce.models import Organization, Task
from workforce.selectors import named
from workforce.selectors import tasks as selectors
from workforce.selectors.assignments import workstream_called
from workforce.services.task_input import NEEDS_MAX

LONGEST_SEARCH = 80
_TOP_DOWN = (
    "agent_id", "title", "description", "priority", "type", "continues", "delegated_by", "scheduled_at", "due_at",
    "workstream_id", "needs", "reason",
)  # fmt: skip

Kind = TypeVar("Kind", bound=Choice)


def task_filter(params: QueryDict, organization: Organization) -> tuple[selectors.TaskFilter, list[str]]:
    """The filter, and a sentence for each value that was passed over."""
    notes: list[str] = []

    def text(name: str) -> str:
        return " ".join(params.get(name, "").replace("\x00", "").split())[:LONGEST_SEARCH]

    def choice(name: str, kind: type[Kind], what: str) -> Kind | None:
        given = text(name)
        if given and given not in list(kind):
            notes.append(f"“{given}” is not {what}; all are shown.")
        return kind(given) if given in list(kind) else None

    agent = selectors.agent_called(organization, text("agent")) if text("agent") else None
    if text("agent") and agent is None:
        notes.append(f"There is no agent called “{text('agent')}” here; all are shown.")
    pod = named.pod_named(organization, text("pod")) if text("pod") else None
    if text("pod") and pod is None:
        notes.append("There is no such pod here; all are shown.")
    status, sort, page = text("status"), text("sort"), text("page")
    if status and status != selectors.ALL and status not in list(TaskStatus):
        notes.append(f"“{status}” is not a status of tasks; the open ones are shown.")
        status = ""
    if sort not in selectors.SORTS:
        notes.append(f"The table does not sort by “{sort}”; the newest are first.")
        sort = ""
    if page and (not re.fullmatch(r"[0-9]{1,6}", page) or not int(page)):
        notes.append(f"“{page}” is not a page; this is the first.")
        page = ""
    wanted = selectors.TaskFilter(
        q=text("q"),
        agent=agent,
        pod=pod,
        status=status,
        priority=choice("priority", TaskPriority, "a priority"),
        type=choice("type", TaskType, "a type of tasks"),
        sort=sort,
        page=int(page or 1),
    )
    return wanted, notes


@dataclass
class TaskForm:
    """What somebody typed, as it was typed. Moments are in ``zone``, the reader's."""

    zone: ZoneInfo
    agent: str = ""
    title: str = ""
    description: str = ""
    priority: str = TaskPriority.NORMAL.value
    type: str = TaskType.NEW.value
    continues: str = ""
    delegated_by: str = ""
    scheduled_at: str = ""
    due_at: str = ""
    urgent: bool = False
    workstream: str = ""
    reason: str = ""
    needs: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    priorities = list(TaskPriority)
    types = list(TaskType)

    @classmethod
    def typed(cls, data: QueryDict, zone: ZoneInfo) -> "TaskForm":
        form = cls(zone, urgent=bool(data.get("urgent")))
        for name in ("agent", "title", "priority", "type", "continues", "delegated_by", "scheduled_at", "due_at"):
            setattr(form, name, data.get(name, getattr(form, name)).strip())
        form.workstream = data.get("workstream", "").strip()
        for name in ("agent", "continues", "delegated_by", "workstream"):
            setattr(form, name, getattr(form, name).replace("\x00", ""))  # no name has it, and no database takes it
        form.description = data.get("description", "").replace("\r\n", "\n")
        form.reason = data.get("reason", "").strip()
        form.needs = [text.replace("\x00", "").strip() for text in data.getlist("need")[: NEEDS_MAX + 1]]
        return form

    @classmethod
    def of(cls, task: Task, zone: ZoneInfo) -> "TaskForm":
        form = cls(zone, title=task.title, description=task.description, priority=task.priority, type=task.type)
        form.due_at, form.scheduled_at = local_text(task.due_at, zone), local_text(task.scheduled_at, zone)
        form.workstream = task.workstream.name if task.workstream else ""
        form.needs = selectors.called_needs(task)
        return form

    def data(self, organization: Organization) -> dict[str, Any]:
        """What ``tasks.create`` takes. What cannot be read is left out and named in ``faults``."""
        found = selectors.agent_called(organization, self.agent) if self.agent else None
        data: dict[str, Any] = {"title": self.title, "description": self.description, "priority": self.priority}
        data |= {"type": self.type, "urgent": self.urgent, "due_at": self.moment("due_at")}
        if found:
            data["agent_id"] = found.pk
        elif self.agent:
            self.faults.append(("agent_id", f"There is no agent called “{self.agent[:LONGEST_SEARCH]}” here."))
        if self.workstream:
            data["workstream_id"] = self.placed(organization)
        data["needs"] = self.needed(organization)
        # Only the field of the chosen type counts: the others are hidden.
        if self.type == TaskType.SCHEDULED:
            data["scheduled_at"] = self.moment("scheduled_at")
        if self.type == TaskType.CONTINUE and self.continues:
            earlier = selectors.task_called(organization, self.continues)
            data["continues"] = earlier.pk if earlier else None
            if earlier is None:
                self.faults.append(("continues", "There is no such task in this organisation."))
        if self.type == TaskType.DELEGATION and self.delegated_by:
            delegator = selectors.agent_called(organization, self.delegated_by)
            data["delegated_by"] = delegator.pk if delegator else None
        return data

    def changes(self, task: Task) -> dict[str, Any]:
        """What ``tasks.edit`` takes; moments only where they were changed."""
        before = TaskForm.of(task, self.zone)
        changes: dict[str, Any] = {"title": self.title, "description": self.description, "priority": self.priority}
        for name in ("due_at", "scheduled_at"):
            if getattr(self, name) != getattr(before, name) and (name == "due_at" or task.type == TaskType.SCHEDULED):
                changes[name] = self.moment(name)
        if self.workstream != before.workstream:
            changes["workstream_id"] = self.placed(task.organization)
        return changes

    def placed(self, organization: Organization) -> UUID | None:
        """The workstream that is named; a fault for a name that is none's."""
        found = workstream_called(organization, self.workstream) if self.workstream else None
        if found is None and self.workstream:
            self.faults.append(("workstream_id", f"There is no workstream called “{self.workstream[:120]}” here."))
        return found.pk if found else None

    def needed(self, organization: Organization) -> list[UUID]:
        """The tasks that are named, each once; a fault for each name that is nobody's."""
        found: dict[UUID, None] = {}
        for text in filter(None, self.needs):
            task = selectors.task_called(organization, text)
            if task is None:
                said = f"There is no task “{text[:LONGEST_SEARCH]}” in this organisation."
                self.faults.append(("needs", said))
            else:
                found[task.pk] = None
        return list(found)

    def moment(self, name: str) -> datetime | None:
        """The typed local time in UTC; the earlier of two. None, and a fault, for what is no time."""
        typed = getattr(self, name)
        if not typed:
            return None
        try:
            return read_local(typed, self.zone)
        except ValueError as fault:
            self.faults.append((name, str(fault)))
            return None

    def blame(self, fields: Iterable[tuple[str, str]]) -> None:
        """Add a refusal's sentences, one per field that has none yet."""
        blamed = {path for path, _ in self.faults}
        said = [(path.split(".")[0] if path.startswith("needs.") else path, sentence) for path, sentence in fields]
        self.faults += [(path, sentence) for path, sentence in said if path not in blamed]

    @property
    def first_fault(self) -> str:
        paths = {path for path, _ in self.faults}
        return next((name for name in _TOP_DOWN if name in paths), "")

    @property
    def need_rows(self) -> list[str]:
        """What stands in the fields of what it waits for, and two empty ones for more."""
        named = [text for text in self.needs if text]
        return [*named, "", ""] if len(named) < NEEDS_MAX else named
