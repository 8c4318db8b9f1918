"""Facts of the roster and the promises the database keeps about them."""

from workforce.models.audit import AuditEvent, AuditLink
from workforce.models.holds import Command, Hold
from workforce.models.keys import ApiKey
from workforce.models.notices import Notice, SweepTick
from workforce.models.people import Membership, Organization, User
from workforce.models.roster import Agent, Presence, Team

__all__ = [
    "Agent",
    "ApiKey",
    "AuditEvent",
    "AuditLink",
    "Command",
    "Hold",
    "Membership",
    "Notice",
    "Organization",
    "Presence",
    "SweepTick",
    "Team",
    "User",
]
