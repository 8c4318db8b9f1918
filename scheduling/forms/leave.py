"""The Leave page's address, and the form of one leave: days and times on the agent's clocks, kept as typed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduling.forms.address import Reader
from scheduling.models import Leave
from scheduling.rules import leave as rules
from scheduling.selectors import history
from scheduling.selectors import leave as selectors
from workforce.models import Agent, Organization

#: No agent has it: a name that is nobody's is refused by the service, together with whatever else is wrong.
NOBODY = UUID(int=0)
_TYPED = ("agent", "first", "start", "last", "end", "cover")
_DAY = "Give a day such as 2026-12-24."
_TIME = "Write the time as 09:00, or leave it out for whole days."
_TIMES = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def leave_filter(params: QueryDict, organization: Organization) -> tuple[selectors.LeaveFilter, list[str]]:
    """The filter, and a sentence for each value that was passed over."""
    read = Reader(params)
    named = read.text("agent")
    agent = history.agent_named(organization, named) if named else None
    if named and agent is None:
        read.notes.append(f"There is no agent called “{named}” here; all are shown.")
    wanted = selectors.LeaveFilter(
        q=read.text("q"),
        agent=agent,
        pod=read.pod(organization),
        which=read.choice("which", selectors.Which, "one of upcoming, running, past and all"),
        page=read.page(),
    )
    return wanted, read.notes


@dataclass
class LeaveForm:
    """``zone`` is the agent's, ``zone_of`` says whose that is. Without times a leave is of whole days."""

    zone: ZoneInfo
    zone_of: str = "the organisation"
    agent: str = ""
    first: str = ""
    start: str = ""
    last: str = ""
    end: str = ""
    reason: str = ""
    cover: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def blank(cls, agent: Agent | None, organization: Organization, *, now: datetime) -> "LeaveForm":
        """Tomorrow."""
        form = cls._for(agent, organization)
        form.agent = agent.agent_name if agent else ""
        form.first = form.last = (now.astimezone(form.zone).date() + timedelta(days=1)).isoformat()
        return form

    @classmethod
    def of(cls, leave: Leave) -> "LeaveForm":
        """Filled with the leave as it is."""
        form = cls._for(leave.agent, leave.agent.organization)
        (first, start), (last, end) = (
            rules.start_fields(form.zone, leave.starts_at),
            rules.end_fields(form.zone, leave.ends_at),
        )
        form.agent, form.reason = leave.agent.agent_name, leave.reason
        form.cover = leave.cover_agent.agent_name if leave.cover_agent else ""
        form.first, form.start, form.last, form.end = first.isoformat(), _clock(start), last.isoformat(), _clock(end)
        return form

    @classmethod
    def typed(cls, data: QueryDict, agent: Agent | None, organization: Organization) -> "LeaveForm":
        """As it came from the page; a field that is not there is empty."""
        form = cls._for(agent, organization)
        for name in _TYPED:
            setattr(form, name, data.get(name, "").replace("\x00", "").strip())  # no name or day has a NUL
        form.reason = data.get("reason", "").replace("\r\n", "\n")
        return form

    @classmethod
    def _for(cls, agent: Agent | None, organization: Organization) -> "LeaveForm":
        if agent is None:
            return cls(selectors.zone_called(organization.time_zone))
        scheduled = getattr(agent, "work_schedule", None) is not None
        whose = f"the hours of {agent.agent_name}" if scheduled else "the organisation"
        return cls(selectors.zone_of_agent(agent), whose)

    def data(self, agent: Agent | None, organization: Organization) -> dict[str, Any]:
        """What ``plan`` takes. What cannot be read is left out and named in ``faults``."""
        if self.agent and agent is None:
            self.faults.append(("agent_id", f"There is no agent called “{self.agent[:80]}” here."))
        return {
            "agent_id": agent.pk if agent else None,
            "starts_at": self.starts_at(),
            "ends_at": self.ends_at(),
            "reason": self.reason,
            "cover_agent_id": self.cover_id(organization),
        }

    def changes(self, leave: Leave, organization: Organization) -> dict[str, Any]:
        """What ``edit`` takes: what was typed anew. Of leave that runs the form asks for the end and the cover only."""
        before, changes = LeaveForm.of(leave), dict[str, Any]()
        if not leave.runs:
            changes["reason"] = self.reason
            if (self.first, self.start) != (before.first, before.start):
                changes["starts_at"] = self.starts_at()
        if (self.last, self.end) != (before.last, before.end):
            changes["ends_at"] = self.ends_at()
        if self.cover != before.cover:
            changes["cover_agent_id"] = self.cover_id(organization)
        return changes

    def starts_at(self) -> datetime | None:
        day, at = self._read("starts_at", self.first, self.start)
        return rules.start_of(self.zone, day, at) if day else None

    def ends_at(self) -> datetime | None:
        day, at = self._read("ends_at", self.last, "" if self.end == "24:00" else self.end)
        return rules.end_of(self.zone, day, at) if day else None

    def period(self) -> tuple[datetime, datetime] | None:
        """Both moments, where they can be read and stand in order; nothing is blamed."""
        faults = list(self.faults)
        starts_at, ends_at = self.starts_at(), self.ends_at()
        self.faults = faults
        return (starts_at, ends_at) if starts_at and ends_at and starts_at < ends_at else None

    def cover_id(self, organization: Organization) -> UUID | None:
        if not self.cover:
            return None
        found = history.agent_named(organization, self.cover[:80])
        if found is None:
            self.faults.append(("cover_agent_id", f"There is no agent called “{self.cover[:80]}” here."))
            return NOBODY
        return found.pk

    def _read(self, path: str, day: str, at: str) -> tuple[date | None, time | None]:
        """An empty day is the service's to refuse."""
        match = _TIMES.fullmatch(at)
        try:
            found = date.fromisoformat(day) if day else None
        except ValueError:
            found = None
        if found is not None and not 1970 <= found.year <= 2199:
            found = None
        if day and found is None:
            self.faults.append((path, _DAY))
        if at and match is None:
            self.faults.append((path, _TIME))
            return None, None
        return found, time(int(match[1]), int(match[2])) if match else None

    def blame(self, fields: Iterable[tuple[str, str]]) -> None:
        """Add a refusal's sentences, one per field that has none yet."""
        blamed = {path for path, _ in self.faults}
        self.faults += [(path, sentence) for path, sentence in fields if path not in blamed]

    @property
    def first_fault(self) -> str:
        order = ("agent_id", "starts_at", "ends_at", "reason", "cover_agent_id")
        paths = {path for path, _ in self.faults}
        return next((name for name in order if name in paths), "")


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""
