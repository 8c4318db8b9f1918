"""What every change of an assignment is made of: a row more, a row ended, its audit. All of it under the agent's lock.

``services.assignments`` is the door for people and runtimes; what follows a task comes by ``task_assignments``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from workforce.choices import AssignmentStatus, BlockerCode
from workforce.models import Agent, Assignment, AssignmentNeed, User, Workstream
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Invalid
from workforce.services import audit, dri

_STANDING = (
    "status", "percent_complete", "blocker_code", "blocker_note", "blocked_at", "unblock_user", "unblock_agent",
    "ended_at", "ended_by_label",
)  # fmt: skip
OVER = "This assignment is over: there is nothing to wait for."


def check_not_closed(workstream: Workstream) -> None:
    if workstream.is_closed:
        raise Conflict(
            f"“{workstream.name}” is closed and takes no more work. Choose another workstream.",
            code="workstream_closed",
        )


def add(draft: Assignment, *, needs: Sequence[UUID] = (), by: Actor, now: datetime) -> Assignment:
    """Write a new assignment. Raises ``Conflict`` (``workstream_closed``, ``assigned_already``, ``needs_dri``)."""
    workstream = dri.lock([draft.workstream_id])[0]
    check_not_closed(workstream)
    draft.workstream = workstream
    same = Assignment.objects.open().filter(agent=draft.agent, role=draft.role, task=draft.task)
    if draft.task is None:
        same = same.filter(workstream=workstream)
    if same.exists():
        raise Conflict(
            f"{draft.agent.agent_name} is {draft.part.label.lower()} of “{draft.of_what}” already.",
            code="assigned_already",
        )
    wanted = lock_rows(needs)
    check_all_open(wanted, needs)
    draft.created_at = draft.updated_at = now
    draft.created_by_label = by.label[:160]
    draft.save(force_insert=True)
    AssignmentNeed.objects.bulk_create(AssignmentNeed(assignment=draft, needs=other) for other in wanted)
    dri.check(workstream)
    record("assignment.created", draft, {}, facts(draft), draft.handoff_reason, by=by, now=now)
    return draft


def end(assignment: Assignment, status: AssignmentStatus, *, by: Actor, now: datetime) -> None:
    """Close a row; the audit is the caller's."""
    clear_blocker(assignment)
    assignment.status = status.value
    assignment.ended_at, assignment.ended_by_label = now, by.label[:160]
    save_standing(assignment, now=now)


def save_standing(assignment: Assignment, *, now: datetime) -> None:
    assignment.updated_at = now
    assignment.save(update_fields=[*_STANDING, "updated_at"])


def hand_on(assignment: Assignment, agent: Agent, *, reason: str, by: Actor, now: datetime) -> Assignment:
    """Let another locked agent take over: one more link of the chain. What it waited for and what waited for it goes
    on to the new row."""
    dri.lock([assignment.workstream_id])
    before = facts(assignment)
    end(assignment, AssignmentStatus.HANDOFF, by=by, now=now)
    record("assignment.handed_off", assignment, before, {"agent": agent.agent_name}, reason, by=by, now=now)
    taken = add(
        Assignment(
            organization_id=assignment.organization_id,
            agent=agent,
            workstream_id=assignment.workstream_id,
            task=assignment.task,
            role=assignment.role,
            start_at=now,
            due_at=assignment.due_at,
            percent_complete=assignment.percent_complete,
            handed_from=assignment,
            handed_at=now,
            handed_by_label=by.label[:160],
            handoff_reason=reason,
        ),
        by=by,
        now=now,
    )
    AssignmentNeed.objects.filter(assignment=assignment).update(assignment=taken)
    AssignmentNeed.objects.filter(needs=assignment).update(needs=taken)
    return taken


def lock_rows(ids: Sequence[UUID]) -> list[Assignment]:
    """These assignments, kept from being ended or handed on until the transaction ends. Others' locks come before."""
    if not ids:
        return []
    rows = Assignment.objects.filter(pk__in=list(ids)).select_for_update(no_key=True)
    return list(rows.order_by("pk"))


def check_all_open(wanted: Sequence[Assignment], ids: Sequence[UUID]) -> None:
    """Raise ``Invalid`` for those that ended, each with its place in what was sent."""
    over = {other.pk for other in wanted if not other.is_open}
    if over:
        raise Invalid([(f"needs.{number}", OVER) for number, one in enumerate(ids) if one in over])


def set_blocker(
    assignment: Assignment, code: BlockerCode, note: str, who: User | Agent | None, *, now: datetime
) -> None:
    assignment.status = AssignmentStatus.BLOCKED.value
    assignment.blocker_code, assignment.blocker_note, assignment.blocked_at = code.value, note, now
    assignment.unblock_user = who if isinstance(who, User) else None
    assignment.unblock_agent = who if isinstance(who, Agent) else None


def clear_blocker(assignment: Assignment) -> None:
    assignment.status = AssignmentStatus.ACTIVE.value
    assignment.blocker_code, assignment.blocker_note, assignment.blocked_at = "", "", None
    assignment.unblock_user, assignment.unblock_agent = None, None


def facts(assignment: Assignment) -> dict[str, Any]:
    return {
        "agent": assignment.agent.agent_name,
        "workstream": assignment.workstream.name,
        "task": assignment.task.title if assignment.task else None,
        **{name: getattr(assignment, name) for name in ("role", "status", "start_at", "due_at", "percent_complete")},
        "blocker_code": assignment.blocker_code,
        "unblocker": str(assignment.unblocker) if assignment.unblocker else None,
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in after if after[name] != before[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def record(
    action: str,
    assignment: Assignment,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str = "",
    *,
    by: Actor,
    now: datetime,
) -> None:
    audit.record(
        organization=assignment.organization_id,
        action=action,
        subject=("assignment", assignment.pk, str(assignment)),
        before=before,
        after=after,
        reason=reason,
        by=by,
        now=now,
    )
