"""Everything about one task: its line of events, what it waits for, and what came before and after it (spec T1, T3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workforce.choices import Choice, ReportKind, TaskPriority, TaskStatus
from workforce.models import AuditEvent, Organization, Task, TaskNeed, WorkReport
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Missing
from workforce.selectors.assignments import Parts, parts_of
from workforce.selectors.standing import Standing

MOST_EVENTS, MOST_LINKS = 100, 50
_WORDS = {
    "task.created": "Created",
    "task.claimed": "Claimed",
    "task.blocked": "Blocked",
    "task.unblocked": "Unblocked",
    "task.requeued": "Back in the queue",
    "task.completed": "Completed",
    "task.cancelled": "Cancelled",
}
_FIELDS = {
    "title": "title",
    "description": "description",
    "priority": "priority",
    "due_at": "due time",
    "scheduled_at": "scheduled time",
    "needs": "what it waits for",
    "workstream": "workstream",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. ``badge`` is set where a runtime reported it."""

    at: datetime
    words: str
    who: str
    text: str
    badge: Choice | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """``needs``: what the task waits for; ``needed_by``: what waits for it; ``followed_by``: what continues it;
    ``parts``: who takes part in it, where it is in a workstream."""

    task: Task
    moments: Sequence[Moment]
    needs: Sequence[Task]
    needed_by: Sequence[Task]
    followed_by: Sequence[Task]
    delegations: Sequence[Task]
    may_act: bool
    may_unblock: bool
    parts: Parts | None


def story_of(organization: Organization, task_id: UUID, *, standing: Standing) -> Story:
    """A fixed number of queries. Raises ``Missing``."""
    task = task_of(organization, task_id)
    edges = TaskNeed.objects.order_by("id")
    needs = edges.filter(task=task).select_related("needs__agent")[:MOST_LINKS]
    needed_by = edges.filter(needs=task).select_related("task__agent")[:MOST_LINKS]
    may_act = standing.may(Activity.TASKS, task.agent)
    named = standing.role is not None and task.unblock_user_id == standing.user_id
    return Story(
        task=task,
        moments=_moments(task),
        needs=[edge.needs for edge in needs],
        needed_by=[edge.task for edge in needed_by],
        followed_by=list(task.continued_by.select_related("agent").order_by("created_at")[:MOST_LINKS]),
        delegations=list(task.delegations.select_related("agent").order_by("created_at")[:MOST_LINKS]),
        may_act=may_act,
        may_unblock=task.status == TaskStatus.BLOCKED and (may_act or named),
        parts=parts_of(task),
    )


def task_of(organization: Organization, task_id: UUID) -> Task:
    """Raises ``Missing``."""
    related = (
        "agent__team",
        "unblock_user",
        "unblock_agent",
        "delegated_by",
        "delegated_from__agent",
        "continues__agent",
    )
    task = Task.objects.of(organization).select_related(*related).filter(pk=task_id).first()
    if task is None:
        raise Missing("There is no such task in this organisation.")
    return task


def _moments(task: Task) -> list[Moment]:
    """Newest first: the audit's events and the runtimes' reports."""
    events = AuditEvent.objects.filter(subject_kind="task", subject_id=str(task.pk), organization=task.organization_id)
    told = [
        Moment(event.at, _words(event), event.actor_label, event.reason)
        for event in events.order_by("-at", "-id")[:MOST_EVENTS]
    ]
    told += [_reported(report) for report in task.reports.order_by("-reported_at", "-id")[:MOST_EVENTS]]
    return sorted(told, key=lambda moment: moment.at, reverse=True)


def _words(event: AuditEvent) -> str:
    if event.action == "task.reassigned":
        return f"Reassigned from {event.before.get('agent', '')} to {event.after.get('agent', '')}"
    if event.action == "task.urgent":
        return "Marked urgent" if event.after.get("urgent") else "No longer urgent"
    if event.action == "task.changed":
        return "Changed " + ", ".join(_change(event, name) for name in event.after)
    return _WORDS.get(event.action, event.action.removeprefix("task.").replace("_", " ").capitalize())


def _change(event: AuditEvent, name: str) -> str:
    if name == "priority":
        before, after = (_label(facts.get(name)) for facts in (event.before, event.after))
        return f"priority from {before} to {after}"
    return _FIELDS.get(name, name.replace("_", " "))


def _label(value: Any) -> str:
    return TaskPriority(value).label if value in list(TaskPriority) else str(value)


def _reported(report: WorkReport) -> Moment:
    kind = ReportKind(report.kind)
    words = f"Reported {kind.label.lower()}"
    if kind == ReportKind.LATE:
        words = f"Reported too late: {report.said}. It changed nothing"
    elif kind == ReportKind.LOST:
        words = "Claim lost"
    return Moment(report.reported_at, words, report.reported_by_label, report.text, kind)
