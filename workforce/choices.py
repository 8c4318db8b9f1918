"""Enumerations of the roster: value, label, tone class and icon together, so that no page invents its own colour."""

from enum import StrEnum
from typing import Self


class Choice(StrEnum):
    """A stored value with the words and the look people see. ``tone`` and ``icon`` name CSS class and sprite symbol."""

    label: str
    tone: str
    icon: str

    def __new__(cls, value: str, label: str = "", tone: str = "", icon: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value.replace("_", " ").capitalize()
        member.tone = tone
        member.icon = icon
        return member

    @classmethod
    def pairs(cls) -> list[tuple[str, str]]:
        """``choices`` for a model or form field."""
        return [(member.value, member.label) for member in cls]


class LifecycleState(Choice):
    """The ten states (spec R4)."""

    REGISTERED = "registered", "Registered", "st-registered", "registered"
    READY = "ready", "Ready", "st-ready", "ready"
    ASSIGNED = "assigned", "Assigned", "st-assigned", "assigned"
    EXECUTING = "executing", "Executing", "st-executing", "executing"
    BLOCKED = "blocked", "Blocked", "st-blocked", "blocked"
    DEGRADED = "degraded", "Degraded", "st-degraded", "degraded"
    ESCALATED = "escalated", "Escalated", "st-escalated", "escalated"
    PAUSED = "paused", "Paused", "st-paused", "paused"
    RETIRED = "retired", "Retired", "st-retired", "retired"
    ARCHIVED = "archived", "Archived", "st-archived", "retired"


class ClockStatus(Choice):
    """Where an agent stands with the time clock (spec W4)."""

    CLOCKED_IN = "clocked_in", "Clocked in", "is-in", "in"
    CLOCKED_OUT = "clocked_out", "Clocked out", "is-out", "out"
    NO_SCHEDULE = "no_schedule", "No schedule", "is-none", "none"


class AgentType(Choice):
    MAIN = "main", "Main"
    SUBAGENT = "subagent", "Subagent"
    SPECIALIST = "specialist", "Specialist"
    WATCHER = "watcher", "Watcher"


class PriorityTier(Choice):
    P0 = "P0", "P0"
    P1 = "P1", "P1"
    P2 = "P2", "P2"


class RiskLevel(Choice):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class Role(Choice):
    """What a membership makes of a person (spec P2)."""

    MANAGER = "manager", "Workforce manager"
    LEAD = "lead", "Pod lead"
    HR = "hr", "HR"
    VIEWER = "viewer", "Viewer"


class HoldKind(Choice):
    """Why an agent may not work (spec R8)."""

    MANUAL = "manual", "Paused by hand"
    OFF_HOURS = "off_hours", "Off hours"
    BUDGET = "budget", "Budget cap"
    CREDITS = "credits", "No credits"
    INCIDENT = "incident", "Incident"
    LEAVE = "leave", "On leave"
    KILL_SWITCH = "kill_switch", "Kill switch"


class ActorKind(Choice):
    USER = "user", "Person"
    AGENT = "agent", "Agent"
    KEY = "key", "API key"
    SYSTEM = "system", "System"


class CommandKind(Choice):
    """What a runtime can be told to do."""

    WAKE = "wake", "Wake"
    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    STOP = "stop", "Stop"
    CANCEL = "cancel", "Cancel a task"


class Theme(Choice):
    SYSTEM = "system", "Same as the device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class HeartbeatStatus(Choice):
    """What a runtime says of itself (001 §1.3)."""

    OK = "ok", "OK", "sla-healthy", "healthy"
    DEGRADED = "degraded", "Degraded", "sla-risk", "risk"
    BLOCKED = "blocked", "Blocked", "sla-risk", "blocked"
    OFFLINE = "offline", "Offline", "sla-breach", "breach"


class WorkMode(Choice):
    IDLE = "idle", "Idle"
    EXECUTING = "executing", "Executing"
    WAITING = "waiting", "Waiting"
    ESCALATED = "escalated", "Escalated"


class KeyScope(Choice):
    """What an organisation's key may do. An agent's own key needs none: it acts as that agent only."""

    READ = "read", "Read the roster, hours and records"
    CLOCK = "clock", "Clock agents in and out"
    SCHEDULES = "schedules", "Create, change and delete working hours"
    LIFECYCLE = "lifecycle", "Move agents through the lifecycle, place and release holds"
    HEARTBEATS = "heartbeats", "Send heartbeats for any agent"
    BUDGETS = "budgets", "Change token caps"
    ROSTER = "roster", "Hire agents and change their records"
    TASKS = "tasks", "Create, change, assign, complete and cancel tasks"
    WORK = "work", "Claim work and report on it for any agent"


class TaskPriority(Choice):
    """000 "Task Queue Tab". ``rank`` orders them."""

    LOW = "low", "Low", "is-none", "down"
    NORMAL = "normal", "Normal", "is-info", "task"
    HIGH = "high", "High", "is-warn", "up"
    CRITICAL = "critical", "Critical", "sla-critical", "breach"

    @property
    def rank(self) -> int:
        return list(TaskPriority).index(self)


class TaskType(Choice):
    NEW = "new", "New"
    CONTINUE = "continue", "Continue"
    SCHEDULED = "scheduled", "Scheduled"
    DELEGATION = "delegation", "Delegation"


class TaskStatus(Choice):
    """Where a task stands (spec T1)."""

    QUEUED = "queued", "Queued", "st-ready", "tray"
    IN_PROGRESS = "in_progress", "In progress", "st-executing", "executing"
    BLOCKED = "blocked", "Blocked", "st-blocked", "blocked"
    COMPLETED = "completed", "Completed", "is-good", "in"
    CANCELLED = "cancelled", "Cancelled", "is-none", "x"


class BlockerCode(Choice):
    """Why work cannot go on (001 §1.2)."""

    WAITING_INPUT = "waiting_input", "Waiting for input"
    TOOL_ERROR = "tool_error", "Tool error"
    DEPENDENCY = "dependency", "Dependency"
    POLICY = "policy", "Policy"


class AssignmentRole(Choice):
    """What an agent is to a piece of work (001 §1.2)."""

    OWNER = "owner", "Owner"
    CONTRIBUTOR = "contributor", "Contributor"
    REVIEWER = "reviewer", "Reviewer"
    OBSERVER = "observer", "Observer"


class AssignmentStatus(Choice):
    """Where an assignment stands (001 §1.2). ``handoff``: it went on to somebody else."""

    ACTIVE = "active", "Active", "st-assigned", "assigned"
    BLOCKED = "blocked", "Blocked", "st-blocked", "blocked"
    HANDOFF = "handoff", "Handed off", "is-none", "right"
    DONE = "done", "Done", "is-good", "in"


class ReportKind(Choice):
    """What became of one stretch of work on a task. ``late`` came after the task was out of the runtime's hands."""

    COMPLETED = "completed", "Completed", "is-good", "in"
    FAILED = "failed", "Failed", "is-bad", "breach"
    BLOCKED = "blocked", "Blocked", "st-blocked", "blocked"
    LOST = "lost", "Lost", "is-bad", "breach"
    LATE = "late", "Late", "is-none", "clock"
