"""The task queue (spec T1, T3, T4): creating, changing, ending tasks. Claims and reports are in ``leases``.

Lock order everywhere: agents by id, then tasks. The agent's row is the lock of its queue.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from workforce.choices import (
    ActorKind,
    ClockStatus,
    CommandKind,
    KeyScope,
    ReportKind,
    TaskPriority,
    TaskStatus,
    TaskType,
)
from workforce.models import Agent, Organization, Task, WorkReport
from workforce.rules import tasks as rules
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.selectors.standing import check_may
from workforce.services import audit, commands, need_rows, task_assignments, task_input, workload
from workforce.services.moves import check_reason, lock

NO_SUCH_TASK = "There is no such task in this organisation."
CHANGEABLE = ("title", "description", "priority", "due_at", "scheduled_at")


@transaction.atomic
def create(*, organization: Organization, data: Mapping[str, Any], by: Actor, now: datetime) -> Task:
    """Put a task into an agent's queue. ``data`` is plain: agent_id, title, and what else ``task_input`` knows.

    An agent may give work to itself, and to others by delegation. Raises ``Invalid`` with every fault, ``Forbidden``,
    ``Conflict`` (the agent has left; the chain of delegations is too long or comes back to somebody in it).
    """
    values, faults = task_input.checked(organization, data, by=by, now=now)
    try:
        agent = lock(organization=organization, agent_id=values.pop("agent_id", None) or UUID(int=0))
    except Missing as missing:
        known = [path for path, _ in faults]
        raise Invalid([*([] if "agent_id" in known else [("agent_id", missing.sentence)]), *faults]) from missing
    _check_may_create(agent, values, by)
    if faults:
        raise Invalid(faults)
    workload.check_takes_work(agent)
    needs = need_rows.lock(values.pop("needs"))
    task = _new(organization, agent, values, needs=needs, by=by, now=now)
    task.save(force_insert=True)
    need_rows.write(task, needs)
    audit.record(
        organization=organization,
        action="task.created",
        subject=("task", task.pk, task.title),
        after={**facts(task), "agent": agent.agent_name},
        by=by,
        now=now,
    )
    task_assignments.follow(task, by=by, now=now)
    workload.follow([agent], why=f"Task: {task.title}", by=by, now=now)
    _call_in(task, agent, by=by, now=now)
    return task


def _call_in(task: Task, agent: Agent, *, by: Actor, now: datetime) -> None:
    """An urgent task for an agent off duty: its runtime is woken to fetch it."""
    if task.urgent and agent.clock == ClockStatus.CLOCKED_OUT:
        commands.issue(agent=agent, command=CommandKind.WAKE, reason=f"Urgent: {task.title}", by=by, now=now)


def _new(
    organization: Organization,
    agent: Agent,
    values: Mapping[str, Any],
    *,
    needs: Sequence[Task],
    by: Actor,
    now: datetime,
) -> Task:
    priority = TaskPriority(values["priority"])
    scheduled = values.get("scheduled_at")
    return Task(
        organization=organization,
        agent=agent,
        **values,
        created_at=now,
        updated_at=now,
        created_by_kind=by.kind.value,
        created_by_id=by.id[:64],
        created_by_label=by.label[:160],
        queued_at=now,
        urgency=priority.rank,
        boost_at=rules.next_boost(priority, queued_at=now, now=now),
        due_order=values.get("due_at") or rules.NEVER,
        waits_until=scheduled if scheduled and scheduled > now else None,
        open_needs=sum(need.status != TaskStatus.COMPLETED for need in needs),
    )


def _check_may_create(agent: Agent, values: Mapping[str, Any], by: Actor) -> None:
    if by.kind == ActorKind.AGENT and values.get("type") == TaskType.DELEGATION and by.agent_id != agent.pk:
        return  # to whom is checked with the chain of delegations
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS, agent_itself=True)
    if values.get("urgent") and by.kind != ActorKind.USER:
        raise Forbidden("Only a person may mark a task urgent: it passes the off-duty gate.", code="person_only")


@transaction.atomic
def edit(
    *, organization: Organization, task_id: UUID, changes: Mapping[str, Any], reason: str = "", by: Actor, now: datetime
) -> Task:
    """Change an open task's words, priority, times or workstream. Raises ``Missing``, ``Invalid``, ``Conflict``."""
    check_reason(reason)
    task, agent = locked(organization, task_id)
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    check_open(task)
    values, faults = task_input.checked_changes(task, changes, now=now)
    if faults:
        raise Invalid(faults)
    before = facts(task)
    for name, value in values.items():
        setattr(task, name, value)
    requeue_order(task, now=now)
    if "scheduled_at" in values:
        task.waits_until = task.scheduled_at if task.scheduled_at and task.scheduled_at > now else None
    after = facts(task)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        task.updated_at = now
        task.save(update_fields=[*values, "urgency", "boost_at", "due_order", "waits_until", "updated_at"])
        was, is_now = ({name: told[name] for name in changed} for told in (before, after))
        record("task.changed", task, was, is_now, reason, by=by, now=now)
    return task


@transaction.atomic
def reassign(
    *, organization: Organization, task_id: UUID, agent_id: UUID, reason: str = "", by: Actor, now: datetime
) -> Task:
    """Give an open task to another agent; a runtime at work on it is told to stop. The task keeps its age."""
    check_reason(reason)
    agents = {agent.pk: agent for agent in _lock_both(organization, task_id, agent_id)}
    task = _of(organization, task_id)
    if agent_id not in agents:
        raise Invalid([("agent_id", "There is no such agent in this organisation.")])
    giving, taking = agents[task.agent_id], agents[agent_id]
    for agent in (giving, taking):
        check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    check_open(task)
    if giving.pk == taking.pk:
        raise Conflict(f"{taking.agent_name} has this task already.", code="same_agent")
    workload.check_takes_work(taking)
    if task.delegated_by_id == taking.pk:
        raise Conflict(f"{taking.agent_name} delegated this task and cannot get it back.", code="delegation_circle")
    _take_away(task, reason=reason or f"Reassigned to {taking.agent_name}.", by=by, now=now)
    task.agent = taking
    ahead = task.scheduled_at is not None and task.scheduled_at > now
    back_to_queue(task, now=now, wait_until=task.scheduled_at if ahead else None)
    need_rows.forget_cancelled(task)
    task.save()
    record("task.reassigned", task, {"agent": giving.agent_name}, {"agent": taking.agent_name}, reason, by=by, now=now)
    workload.follow([giving, taking], why=f"Task reassigned: {task.title}", by=by, now=now)
    return task


@transaction.atomic
def set_urgent(
    *, organization: Organization, task_id: UUID, urgent: bool, reason: str = "", by: Actor, now: datetime
) -> Task:
    """Let a task pass the off-duty gate, or no longer. A person's act, in the audit (spec W9)."""
    check_reason(reason)
    task, agent = locked(organization, task_id)
    if by.kind != ActorKind.USER:
        raise Forbidden("Only a person may mark a task urgent: it passes the off-duty gate.", code="person_only")
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    check_open(task)
    if task.urgent != urgent:
        task.urgent, task.updated_at = urgent, now
        task.save(update_fields=["urgent", "updated_at"])
        record("task.urgent", task, {"urgent": not urgent}, {"urgent": urgent}, reason, by=by, now=now)
        _call_in(task, agent, by=by, now=now)
    return task


@transaction.atomic
def unblock(*, organization: Organization, task_id: UUID, reason: str = "", by: Actor, now: datetime) -> Task:
    """Resolve a task's blocker: code and who could unblock it are cleared, and it waits in the queue again."""
    check_reason(reason)
    task, agent = locked(organization, task_id)
    named = (by.kind == ActorKind.USER and str(task.unblock_user_id) == by.id) or (
        by.kind == ActorKind.AGENT and task.unblock_agent_id == by.agent_id
    )
    if not named:
        check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    if task.status != TaskStatus.BLOCKED:
        raise Conflict(
            f"This task is {task.where.label.lower()}, not blocked.", code="not_blocked", status_now=task.status
        )
    before = facts(task)
    back_to_queue(task, now=now)
    need_rows.forget_cancelled(task)
    task.save()
    record(
        "task.unblocked", task, {"blocker_code": before["blocker_code"]}, {"blocker_code": ""}, reason, by=by, now=now
    )
    workload.follow([agent], why=f"Unblocked: {task.title}", by=by, now=now)
    return task


@transaction.atomic
def complete(
    *, organization: Organization, task_id: UUID, result: str = "", token: int | None = None, by: Actor, now: datetime
) -> Task:
    """Mark a task done. Done already is answered as it is; cancelled is ``Conflict`` (spec T3).

    People and organisation keys may complete any open task of agents they may assign work to; an agent only what it is
    working on, with its lease token.
    """
    task, agent = locked(organization, task_id)
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS, agent_itself=True)
    if task.status == TaskStatus.COMPLETED:
        return task
    if task.status == TaskStatus.CANCELLED:
        raise Conflict("This task was cancelled and stays so.", code="cancelled", status_now=task.status)
    if by.kind == ActorKind.AGENT and (task.status != TaskStatus.IN_PROGRESS or token != task.lease_token):
        raise Conflict(
            "An agent completes only what it is working on, with the token of its claim.",
            code="stale_token",
            status_now=task.status,
        )
    task_input.check_text("result", result, most=task_input.RESULT_MAX)
    if task.status == TaskStatus.IN_PROGRESS and by.kind != ActorKind.AGENT:
        _take_away(task, reason="Completed by hand.", by=by, now=now)
    if by.kind == ActorKind.AGENT:
        report(task, ReportKind.COMPLETED, said="completed", token=task.lease_token, text=result, by=by, now=now)
    finish(task, agent, TaskStatus.COMPLETED, result=result, by=by, now=now)
    return task


@transaction.atomic
def cancel(*, organization: Organization, task_id: UUID, reason: str = "", by: Actor, now: datetime) -> Task:
    """Stop the work on a task for good; its runtime is told. Cancelled already is answered as it is, completed is
    ``Conflict`` (spec T3)."""
    check_reason(reason)
    task, agent = locked(organization, task_id)
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    if task.status == TaskStatus.CANCELLED:
        return task
    if task.status == TaskStatus.COMPLETED:
        raise Conflict("This task is completed and stays so.", code="completed", status_now=task.status)
    if task.status == TaskStatus.IN_PROGRESS:
        _take_away(task, reason=reason or "The task was cancelled.", by=by, now=now)
    finish(task, agent, TaskStatus.CANCELLED, reason=reason, by=by, now=now)
    return task


def cancel_running(agents: Iterable[Agent], *, reason: str, by: Actor, now: datetime) -> None:
    """Cancel what these locked agents are working on, urgent tasks apart (spec W6, off-hours action stop)."""
    by_id = {agent.pk: agent for agent in agents}
    if not by_id:
        return
    running = Task.objects.filter(agent__in=list(by_id), status=TaskStatus.IN_PROGRESS, urgent=False)
    for task in list(running.select_for_update(no_key=True).order_by("pk")):
        _take_away(task, reason=reason, by=by, now=now)
        finish(task, by_id[task.agent_id], TaskStatus.CANCELLED, reason=reason, by=by, now=now)


# What the other modules of the queue share. All of it under the agent's lock.


def locked(organization: Organization, task_id: UUID) -> tuple[Task, Agent]:
    """The task and its agent, both locked; repeated where it was reassigned meanwhile."""
    for _ in range(5):
        agent_id = Task.objects.of(organization).filter(pk=task_id).values_list("agent_id", flat=True).first()
        if agent_id is None:
            raise Missing(NO_SUCH_TASK)
        agent = lock(organization=organization, agent_id=agent_id)
        task = _of(organization, task_id)
        if task.agent_id == agent.pk:
            task.agent = agent
            return task, agent
    raise Conflict("The task is being passed on just now. Try again.", code="changed")


def back_to_queue(task: Task, *, now: datetime, wait_until: datetime | None = None) -> None:
    """Set the columns of a task that waits again; saving is the caller's."""
    task.status, task.lease_expires_at = TaskStatus.QUEUED.value, None
    task.blocker_code, task.blocker_note, task.blocked_at = "", "", None
    task.unblock_user, task.unblock_agent = None, None
    task.waits_until, task.updated_at = wait_until, now
    requeue_order(task, now=now)


def requeue_order(task: Task, *, now: datetime) -> None:
    task.urgency = rules.urgency(task.weight, waited=now - task.queued_at)
    task.boost_at = rules.next_boost(task.weight, queued_at=task.queued_at, now=now)
    if task.status != TaskStatus.QUEUED:
        task.boost_at = None
    task.due_order = task.due_at or rules.NEVER


def finish(
    task: Task, agent: Agent, status: TaskStatus, *, result: str = "", reason: str = "", by: Actor, now: datetime
) -> None:
    """End a task: what waited for it may go on where it was completed, and the agent's state follows."""
    before = task.status
    back_to_queue(task, now=now)
    task.status, task.boost_at = status.value, None
    task.finished_at, task.finished_by_label = now, by.label[:160]
    task.result, task.cancel_reason = result or task.result, reason
    if status == TaskStatus.COMPLETED:
        task.percent_complete = 100
    task.save()
    action = "task.completed" if status == TaskStatus.COMPLETED else "task.cancelled"
    record(action, task, {"status": before}, {"status": task.status}, reason, by=by, now=now)
    if status == TaskStatus.COMPLETED:
        need_rows.free_dependents(task)
    else:
        need_rows.alarm_dependents(task, now=now)
    workload.follow([agent], why=f"{status.label}: {task.title}", by=by, now=now)


def report(task: Task, kind: ReportKind, *, said: str, token: int, text: str, by: Actor, now: datetime) -> None:
    WorkReport.objects.create(
        organization_id=task.organization_id,
        task=task,
        agent_id=by.agent_id or task.agent_id,
        lease_token=token,
        kind=kind.value,
        said=said,
        text=text,
        reported_at=now,
        reported_by_label=by.label[:160],
    )


def facts(task: Task) -> dict[str, Any]:
    names = ("title", "description", "priority", "type", "status", "urgent", "due_at", "scheduled_at", "blocker_code")
    found = {name: getattr(task, name) for name in names}
    found["description"] = found["description"][:500]
    return found | {"workstream": task.workstream.name if task.workstream else None}


def _take_away(task: Task, *, reason: str, by: Actor, now: datetime) -> None:
    """End the lease of a running task: the next report with its token is late, and the runtime is told."""
    if task.status == TaskStatus.IN_PROGRESS:
        commands.cancel_tasks([task], reason=reason, by=by, now=now)


def check_open(task: Task) -> None:
    if not task.is_open:
        raise Conflict(
            f"This task is {task.where.label.lower()} and stays so.", code=task.status, status_now=task.status
        )


def _of(organization: Organization, task_id: UUID) -> Task:
    task = Task.objects.of(organization).select_for_update(no_key=True).filter(pk=task_id).first()
    if task is None:
        raise Missing(NO_SUCH_TASK)
    return task


def _lock_both(organization: Organization, task_id: UUID, agent_id: UUID) -> list[Agent]:
    giving = Task.objects.of(organization).filter(pk=task_id).values_list("agent_id", flat=True).first()
    if giving is None:
        raise Missing(NO_SUCH_TASK)
    agents = Agent.objects.of(organization).filter(pk__in=[giving, agent_id])
    found = list(agents.select_for_update(no_key=True).order_by("pk"))
    if Task.objects.filter(pk=task_id).values_list("agent_id", flat=True).first() != giving:
        raise Conflict("The task is being passed on just now. Try again.", code="changed")
    return found


def record(action: str, task: Task, before: Any, after: Any, reason: str = "", *, by: Actor, now: datetime) -> None:
    """The audit row of a change that was written, and the owner's assignment, which follows it."""
    audit.record(
        organization=task.organization_id,
        action=action,
        subject=("task", task.pk, task.title),
        before=before,
        after=after,
        reason=reason,
        by=by,
        now=now,
    )
    task_assignments.follow(task, reason=reason, by=by, now=now)
