"""Workstreams and assignments made through the services."""

from datetime import datetime
from typing import Any

from tests.support.actors import SYSTEM
from workforce.models import Agent, Assignment, Organization, Task, Workstream
from workforce.services import assignments, workstreams


def stream(organization: Organization, name: str = "Relaunch", *, now: datetime, **more: Any) -> Workstream:
    return workstreams.create(organization=organization, data={"name": name, **more}, by=SYSTEM, now=now)


def assign(
    agent: Agent, workstream: Workstream, role: str = "contributor", *, now: datetime, by: Any = SYSTEM, **more: Any
) -> Assignment:
    data = {"agent_id": agent.pk, "workstream_id": workstream.pk, "role": role, **more}
    return assignments.create(organization=agent.organization, data=data, by=by, now=now)


def owner_of(task: Task) -> Assignment:
    """The present owner's assignment: there must be one."""
    return Assignment.objects.exclude(status="handoff").get(task=task, role="owner")
