"""Assignments' rules: what counts as an agent's work, and when a workstream needs somebody who answers for it (R7)."""

from collections.abc import Iterable
from uuid import UUID

from workforce.choices import AssignmentRole, AssignmentStatus
from workforce.rules.tasks import Load

OPEN = (AssignmentStatus.ACTIVE, AssignmentStatus.BLOCKED)
#: Whoever looks on or reviews is free for other work.
WORKING = (AssignmentRole.OWNER, AssignmentRole.CONTRIBUTOR)


def is_work(role: AssignmentRole, *, has_task: bool) -> bool:
    """Whether an open assignment is work of its agent by itself. Of a task's owner the task itself is the work."""
    return role in WORKING and not (has_task and role == AssignmentRole.OWNER)


def load_with(load: Load, statuses: Iterable[AssignmentStatus]) -> Load:
    """The load of tasks, and of assignments that count as work. None is ever *executing*: only a claim is that."""
    listed = list(statuses)
    return Load(
        in_progress=load.in_progress,
        waiting=load.waiting + listed.count(AssignmentStatus.ACTIVE),
        blocked=load.blocked + listed.count(AssignmentStatus.BLOCKED),
    )


def needs_dri(pods: Iterable[UUID], *, has_dri: bool) -> bool:
    """Whether a workstream with open assignments in these pods lacks its directly responsible individual."""
    return not has_dri and len(set(pods)) > 1


def needs_dri_sentence(workstream: str, pods: Iterable[str]) -> str:
    names = sorted(set(pods))
    listed = ", ".join(names[:-1]) + f" and {names[-1]}"
    return f"“{workstream}” would have assignments in {listed}, but nobody answers for it. Name its DRI first."
