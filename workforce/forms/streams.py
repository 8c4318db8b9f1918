"""What is typed about workstreams and assignments: what is wrong is named beside its field (spec R7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from workforce.choices import AssignmentRole, BlockerCode
from workforce.forms.moments import local_text, read_local
from workforce.models import Assignment, Organization, User, Workstream
from workforce.selectors import tasks as task_selectors
from workforce.selectors.hiring import agent_called, owner_called

NOBODY = UUID(int=0)


def _text(data: QueryDict, name: str) -> str:
    return data.get(name, "").replace("\x00", "").strip()


@dataclass
class Typed:
    """``faults`` are pairs of a field and a sentence. ``beside`` names the field that stands for a service's path."""

    faults: list[tuple[str, str]] = field(default_factory=list, kw_only=True)
    beside: ClassVar[dict[str, str]] = {}

    def blame(self, said: Iterable[tuple[str, str]]) -> None:
        blamed = {path for path, _ in self.faults}
        for path, sentence in said:
            name = self.beside.get(path, path.split(".")[0])
            if name not in blamed:
                self.faults.append((name, sentence))

    @property
    def first_fault(self) -> str:
        return self.faults[0][0] if self.faults else ""


@dataclass
class StreamForm(Typed):
    """``dri`` is a person by e-mail address or an agent by name."""

    name: str = ""
    description: str = ""
    dri: str = ""
    beside: ClassVar[dict[str, str]] = {"dri_user": "dri", "dri_agent": "dri"}

    @classmethod
    def typed(cls, data: QueryDict) -> "StreamForm":
        words = data.get("description", "").replace("\r\n", "\n")
        return cls(_text(data, "name"), words, _text(data, "dri"))

    @classmethod
    def of(cls, stream: Workstream) -> "StreamForm":
        dri = stream.dri_user.email if stream.dri_user else stream.dri_agent.agent_name if stream.dri_agent else ""
        return cls(stream.name, stream.description, dri)

    def data(self, organization: Organization) -> dict[str, Any]:
        """What the service takes; somebody who is not here is nobody to it, and named in ``faults``."""
        found = owner_called(organization, self.dri) if self.dri else None
        if self.dri and found is None:
            self.faults.append(("dri", f"There is nobody called “{self.dri[:80]}” here."))
        person = isinstance(found, User)
        return {
            "name": self.name,
            "description": self.description,
            "dri_user": found.pk if found and person else None,
            "dri_agent": found.pk if found and not person else None,
        }


@dataclass
class AssignForm(Typed):
    """A new assignment in a workstream. The moment is in ``zone``, the reader's."""

    zone: ZoneInfo
    agent: str = ""
    task: str = ""
    role: str = AssignmentRole.CONTRIBUTOR.value
    due_at: str = ""
    roles = list(AssignmentRole)
    beside: ClassVar[dict[str, str]] = {"task_id": "task", "workstream_id": "agent_id"}

    @classmethod
    def typed(cls, data: QueryDict, zone: ZoneInfo) -> "AssignForm":
        role = data.get("role", AssignmentRole.CONTRIBUTOR.value)
        return cls(zone, _text(data, "agent"), _text(data, "task"), role, _text(data, "due_at"))

    def data(self, organization: Organization) -> dict[str, Any]:
        found: dict[str, Any] = {"role": self.role}
        if self.agent:
            agent = agent_called(organization, self.agent)
            found["agent_id"] = agent.pk if agent else NOBODY
        if self.task:
            task = task_selectors.task_called(organization, self.task)
            found["task_id"] = task.pk if task else NOBODY
        if self.due_at:
            try:
                found["due_at"] = read_local(self.due_at, self.zone)
            except ValueError as fault:
                self.faults.append(("due_at", str(fault)))
        return found


@dataclass
class PartForm(Typed):
    """What somebody does to an assignment: the fields of all its deeds, of which each asks some."""

    zone: ZoneInfo
    code: str = ""
    note: str = ""
    unblocker: str = ""
    agent: str = ""
    reason: str = ""
    due_at: str = ""
    percent: str = ""
    needs: Sequence[str] = ()
    codes = list(BlockerCode)
    beside: ClassVar[dict[str, str]] = {
        "unblock_user": "unblocker",
        "unblock_agent": "unblocker",
        "percent_complete": "percent",
    }

    @classmethod
    def typed(cls, data: QueryDict, zone: ZoneInfo) -> "PartForm":
        form = cls(zone, needs=data.getlist("needs")[:100])
        for name in ("code", "note", "unblocker", "agent", "reason", "due_at", "percent"):
            setattr(form, name, _text(data, name))
        return form

    @classmethod
    def of(cls, part: Assignment, zone: ZoneInfo) -> "PartForm":
        percent = "" if part.percent_complete is None else str(part.percent_complete)
        needs = [str(need.needs_id) for need in part.needs.all()]
        return cls(zone, due_at=local_text(part.due_at, zone), percent=percent, needs=needs)

    def blocker(self, organization: Organization) -> dict[str, Any]:
        found: dict[str, Any] = {"code": self.code, "note": self.note}
        if self.unblocker:
            who = owner_called(organization, self.unblocker)
            if who is None:
                self.faults.append(("unblocker", f"There is nobody called “{self.unblocker[:80]}” here."))
            else:
                found["unblock_user" if isinstance(who, User) else "unblock_agent"] = who.pk
        return found

    def taker(self, organization: Organization) -> UUID:
        """Nobody's id where there is no such agent: the service says so."""
        found = agent_called(organization, self.agent)
        return found.pk if found else NOBODY

    def changes(self, part: Assignment) -> dict[str, Any]:
        """What ``assignments.edit`` takes; of a task's owner only what it does not have from the task."""
        wanted: dict[str, Any] = {"needs": self._ids()}
        if not part.follows_its_task:
            wanted |= {"due_at": self._due(part), "percent_complete": self._percent()}
        return wanted

    def _ids(self) -> list[UUID]:
        try:
            return [UUID(text) for text in self.needs]
        except ValueError:
            self.faults.append(("needs", "One of the assignments in the form is not one."))
            return []

    def _due(self, part: Assignment) -> datetime | None:
        """As it was where nobody touched it: the picker has no seconds."""
        if self.due_at == local_text(part.due_at, self.zone):
            return part.due_at
        try:
            return read_local(self.due_at, self.zone) if self.due_at else None
        except ValueError as fault:
            self.faults.append(("due_at", str(fault)))
            return None

    def _percent(self) -> int | str | None:
        """What is no number goes to the service as it is, which refuses it."""
        if not self.percent:
            return None
        return int(self.percent) if self.percent.isascii() and self.percent.isdigit() else self.percent
