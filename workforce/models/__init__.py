"""Facts of the roster and the promises the database keeps about them."""

from workforce.models.assignments import Assignment, AssignmentNeed, Workstream
from workforce.models.audit import AuditEvent, AuditLink
from workforce.models.holds import Command, Hold
from workforce.models.idempotency import IdempotentRequest
from workforce.models.keys import ApiKey
from workforce.models.notices import Notice, SweepTick
from workforce.models.people import Membership, Organization, User
from workforce.models.roster import Agent, Presence, Team
from workforce.models.work import Task, TaskNeed, WorkReport

__all__ = [
    "Agent",
    "ApiKey",
    "Assignment",
    "AssignmentNeed",
    "AuditEvent",
    "AuditLink",
    "Command",
    "Hold",
    "IdempotentRequest",
    "Membership",
    "Notice",
    "Organization",
    "Presence",
    "SweepTick",
    "Task",
    "TaskNeed",
    "Team",
    "User",
    "WorkReport",
    "Workstream",
]
