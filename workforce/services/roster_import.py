"""Hiring many agents from a file: looked at first, then all or none (spec R9).

The organisation's row is held from the last look to the last write, as when one is hired: of two imports of one file
the second finds the names taken. However many agents, they are looked up and written together, never one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from workforce.models import Agent, AuditEvent, Organization, Presence
from workforce.models.bulk import insert_many
from workforce.models.ids import uuid7
from workforce.rules import lifecycle, roster, roster_csv
from workforce.rules.actors import Actor
from workforce.rules.refusals import Invalid
from workforce.rules.roster_csv import Fault, Row
from workforce.selectors.hiring import Directory, directory
from workforce.selectors.standing import Standing, check_may_hire
from workforce.services import agents, audit

NOT_YOUR_POD = "You may hire only into the pods you lead."
_OWNERS = ("owner", "secondary_owner")


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do. ``faults`` are in the order of lines; ``good`` lines have none."""

    rows: int
    good: int
    faults: Sequence[Fault]

    @property
    def importable(self) -> bool:
        return bool(self.good) and not self.faults


def preview(*, organization: Organization, text: str, by: Actor) -> Preview:
    """Look at a file without writing anything. Raises ``Forbidden``."""
    standing = check_may_hire(by=by, organization=organization)
    return _Plan(organization, text, standing).preview()


@transaction.atomic
def run(*, organization: Organization, text: str, by: Actor, now: datetime) -> list[Agent]:
    """Hire everyone in the file, or raise ``Invalid`` with paths such as ``lines.4.owner``, or ``Forbidden``.

    All start as ``registered``; each has its audit event.
    """
    standing = check_may_hire(by=by, organization=organization)
    agents.lock_roster(organization)
    plan = _Plan(organization, text, standing)
    if plan.faults:
        raise Invalid(
            [(f"lines.{fault.line}.{fault.field}".rstrip("."), fault.sentence) for fault in plan.faults],
            "Nothing was imported: some lines need to be changed.",
        )
    hired = plan.hired(now)
    insert_many(hired)
    insert_many([Presence(agent=agent) for agent in hired])
    audit.record_many([_event(organization, agent, by=by, now=now) for agent in hired])
    return hired


class _Plan:
    """A file against the organisation as it is now: its faults, and the agents it comes to."""

    def __init__(self, organization: Organization, text: str, standing: Standing | None) -> None:
        self.organization, self.standing = organization, standing
        sheet = roster_csv.read(text)
        self.rows: Sequence[Row] = sheet.rows
        self.known: Directory = self._look_up() if self.rows else Directory({}, {}, {})
        #: The first line of each name in the file.
        self.lines: dict[str, int] = {}
        for row in self.rows:
            if isinstance(name := row.record.get("agent_name"), str):
                self.lines.setdefault(name, row.line)
        self.circles = roster_csv.cycles(self._owners_within())
        faults = [*sheet.faults, *(fault for row in self.rows for fault in self._faults(row))]
        self.faults: list[Fault] = sorted(faults, key=lambda fault: fault.line)

    def preview(self) -> Preview:
        bad = {fault.line for fault in self.faults}
        lines = {row.line for row in self.rows}
        return Preview(rows=len(lines | bad - {1}), good=len(lines - bad), faults=self.faults)

    def hired(self, now: datetime) -> list[Agent]:
        """New agents, not yet written; those who own others of the file have their ids already."""
        ids = {str(row.record["agent_name"]): uuid7() for row in self.rows}
        return [self._agent(row.record, ids, now) for row in self.rows]

    def _look_up(self) -> Directory:
        texts = [{name: value for name, value in row.record.items() if isinstance(value, str)} for row in self.rows]
        called = {row[name] for row in texts for name in ("agent_name", *_OWNERS) if name in row}
        return directory(self.organization, called=called, pods={row["team"] for row in texts if "team" in row})

    def _owners_within(self) -> dict[str, str]:
        """Owned and owner, where both are in the file."""
        pairs = ((row.record.get("agent_name"), row.record.get("owner")) for row in self.rows)
        return {
            owned: owner
            for owned, owner in pairs
            if isinstance(owned, str) and isinstance(owner, str) and owner in self.lines and owner != owned
            if owner.lower() not in self.known.people
        }

    def _faults(self, row: Row) -> list[Fault]:
        missing = roster.missing(row.record)
        faults = missing + roster.faults_of({k: v for k, v in row.record.items() if k not in dict(missing)})
        told = dict(faults)
        if "agent_name" not in told and (fault := self._name_fault(row)):
            faults.append(("agent_name", fault))
        if "team" not in told and (fault := self._pod_fault(row.record["team"])):
            faults.append(("team", fault))
        for name in _OWNERS:
            if name in row.record and name not in told and (fault := self._owner_fault(row.record, name)):
                faults.append((name, fault))
        return [Fault(row.line, name, said) for name, said in faults]

    def _name_fault(self, row: Row) -> str:
        name = row.record["agent_name"]
        if name in self.known.agents:
            return roster.taken_fault(name)
        first = self.lines[name]
        return "" if first == row.line else f"Line {first} is called {name} too."

    def _pod_fault(self, name: str) -> str:
        pod = self.known.pods.get(name)
        if pod is None:
            return roster.NO_SUCH_POD
        return "" if self.standing is None or self.standing.may_hire_into(pod) else NOT_YOUR_POD

    def _owner_fault(self, record: Mapping[str, Any], field: str) -> str:
        name, owner = record.get("agent_name"), record[field]
        if owner.lower() in self.known.people:
            return ""
        if owner == name:
            return roster.NOT_ITSELF
        if owner in self.known.agents:
            _, state = self.known.agents[owner]
            return roster.gone_fault(owner, state) if state in lifecycle.GONE else ""
        if owner not in self.lines:
            return roster.NO_SUCH_OWNER
        return roster.cycle_fault(owner, str(name)) if field == "owner" and name in self.circles else ""

    def _agent(self, record: Mapping[str, Any], ids: Mapping[str, UUID], now: datetime) -> Agent:
        columns = {name: value for name, value in record.items() if name not in (*_OWNERS, "team")}
        for field in _OWNERS:
            if (owner := record.get(field)) is None:
                continue
            if (person := self.known.people.get(owner.lower())) is not None:
                columns[f"{field}_user_id"] = person
            else:
                known = self.known.agents.get(owner)
                columns[f"{field}_agent_id"] = known[0] if known else ids[owner]
        return Agent(
            agent_id=ids[record["agent_name"]],
            organization=self.organization,
            team_id=self.known.pods[record["team"]],
            created_at=now,
            updated_at=now,
            **columns,
        )


def _event(organization: Organization, agent: Agent, *, by: Actor, now: datetime) -> AuditEvent:
    return audit.draft(
        organization=organization,
        action="agent.created",
        subject=("agent", agent.pk, agent.agent_name),
        after=agents.facts_of(agent),
        reason="Imported from a file.",
        by=by,
        now=now,
    )
