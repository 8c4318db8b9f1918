"""Reports on work under a lease, and the leases' sweeps (spec T2, T3, S14; docs/decisions/0011).

Every report carries the token of its claim. One that comes after the task was taken away, lost or ended changes
nothing; its text is kept in the task's run log as ``late``.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, F, When

from workforce.choices import ActorKind, BlockerCode, ClockStatus, KeyScope, ReportKind, TaskStatus
from workforce.models import Agent, Organization, Task, User
from workforce.models.work import ERROR_MAX, NOTE_MAX
from workforce.rules import tasks as rules
from workforce.rules.actors import Actor, system
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors.reporting import people_responsible_for
from workforce.selectors.standing import check_scope
from workforce.services import blockers, need_rows, notices, task_assignments, task_input, tasks, workload

logger = logging.getLogger("punchcard.work")
WORK = system("work")


def check_may_work(by: Actor, agent_id: UUID) -> None:
    """An agent works for itself; an organisation's key with the scope ``work`` for any agent of it; people do not."""
    if by.kind == ActorKind.AGENT and by.agent_id != agent_id:
        raise Forbidden("This key acts for its own agent only.", code="not_your_agent")
    if by.kind == ActorKind.KEY:
        check_scope(by=by, scope=KeyScope.WORK)
    if by.kind == ActorKind.USER:
        raise Forbidden("Work is claimed and reported by runtimes. Use Done or Cancel.", code="runtime_only")


def check_lease(seconds: int | None) -> timedelta:
    """Raises ``Invalid`` outside 30 seconds to an hour."""
    seconds = rules.LEASE_SECONDS if seconds is None else seconds
    if not rules.LEASE_LEAST <= seconds <= rules.LEASE_MOST:
        sentence = f"Choose {rules.LEASE_LEAST} to {rules.LEASE_MOST:,} seconds."
        raise Invalid([("lease_seconds", sentence)])
    return timedelta(seconds=seconds)


@transaction.atomic
def extend(
    *,
    organization: Organization,
    task_id: UUID,
    token: int,
    lease_seconds: int | None = None,
    percent_complete: int | None = None,
    by: Actor,
    now: datetime,
) -> Task:
    """Keep a claim alive. Raises ``Missing``, ``Forbidden``, ``Invalid``, ``Conflict`` (``stale_token``, the end)."""
    task, agent = tasks.locked(organization, task_id)
    check_may_work(by, agent.pk)
    lease = check_lease(lease_seconds)
    if percent_complete is not None and not 0 <= percent_complete <= 100:
        raise Invalid([("percent_complete", "Give a whole number from 0 to 100.")])
    refusal = _stale(task, token)
    if refusal is not None:
        raise refusal
    task.lease_expires_at = now + lease
    if percent_complete is not None:
        task.percent_complete = percent_complete
    task.save(update_fields=["lease_expires_at", "percent_complete"])
    if percent_complete is not None:
        task_assignments.follow(task, by=by, now=now)
    return task


def complete(
    *, organization: Organization, task_id: UUID, token: int, result: str = "", by: Actor, now: datetime
) -> Task:
    """The work is done. The same report again is answered as the first."""
    task_input.check_text("result", result, most=task_input.RESULT_MAX)
    late: Conflict | None = None
    with transaction.atomic():
        task, agent = tasks.locked(organization, task_id)
        check_may_work(by, agent.pk)
        if task.status == TaskStatus.COMPLETED and token == task.lease_token:
            return task
        late = _late(task, token, ReportKind.COMPLETED, result, by, now)
        if late is None:
            tasks.report(task, ReportKind.COMPLETED, said="completed", token=token, text=result, by=by, now=now)
            tasks.finish(task, agent, TaskStatus.COMPLETED, result=result, by=by, now=now)
    if late is not None:
        raise late
    return task


def fail(
    *,
    organization: Organization,
    task_id: UUID,
    token: int,
    error: str,
    retry: bool = True,
    by: Actor,
    now: datetime,
) -> Task:
    """The work failed. It waits a while and is tried again, three times in all; then it is blocked for a person."""
    task_input.check_text("error", error, most=ERROR_MAX)
    if not error.strip():
        raise Invalid([("error", "Say what went wrong.")])
    with transaction.atomic():
        task, agent = tasks.locked(organization, task_id)
        check_may_work(by, agent.pk)
        late = _late(task, token, ReportKind.FAILED, error, by, now)
        if late is None:
            tasks.report(task, ReportKind.FAILED, said="failed", token=token, text=error, by=by, now=now)
            _failed(task, agent, error, retry=retry, by=by, now=now)
    if late is not None:
        raise late
    return task


def block(
    *,
    organization: Organization,
    task_id: UUID,
    token: int,
    code: str,
    note: str = "",
    unblock_user: UUID | None = None,
    unblock_agent: UUID | None = None,
    by: Actor,
    now: datetime,
) -> Task:
    """The work cannot go on. ``code`` says why; who can unblock it is the one named, or else the agent's owner."""
    faults = blockers.faults_of(code, unblock_user, unblock_agent)
    task_input.check_text("note", note, most=NOTE_MAX)
    with transaction.atomic():
        task, agent = tasks.locked(organization, task_id)
        check_may_work(by, agent.pk)
        who = blockers.unblocker(organization, agent, unblock_user, unblock_agent, faults)
        if faults:
            raise Invalid(faults)
        late = _late(task, token, ReportKind.BLOCKED, note, by, now)
        if late is None:
            tasks.report(task, ReportKind.BLOCKED, said="blocked", token=token, text=note, by=by, now=now)
            _block(task, agent, BlockerCode(code), note, who, by=by, now=now)
    if late is not None:
        raise late
    return task


def sweep_lost(*, now: datetime, limit: int = 500) -> int:
    """Take back what was not kept alive. Safe to run twice at once; a bad row does not stop the rest."""
    due = Task.objects.filter(lease_expires_at__lte=now).order_by("lease_expires_at")
    lost = 0
    for organization, task_id in due.values_list("organization_id", "pk")[:limit]:
        try:
            lost += _lose(organization, task_id, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("lease not ended", extra={"task_id": str(task_id)})
    return lost


@transaction.atomic
def _lose(organization_id: UUID, task_id: UUID, *, now: datetime) -> int:
    task, agent = tasks.locked(Organization.objects.get(pk=organization_id), task_id)
    if task.lease_expires_at is None or task.lease_expires_at > now:
        return 0
    words = "The runtime did not keep its lease alive."
    tasks.report(task, ReportKind.LOST, said="", token=task.lease_token, text=words, by=WORK, now=now)
    if agent.clock == ClockStatus.CLOCKED_OUT:
        # Whoever is sent home does not fail: the work waits for the next shift.
        _requeue(task, agent, why=words, wait_until=None, by=WORK, now=now)
    else:
        _failed(task, agent, words, retry=True, by=WORK, now=now)
    return 1


def boost_due(*, now: datetime, limit: int = 5_000) -> int:
    """Raise what has waited another day by one level. One UPDATE; after an outage the next sweeps catch up."""
    due = Task.objects.filter(boost_at__lte=now).order_by("boost_at").values_list("pk", flat=True)
    return Task.objects.filter(pk__in=list(due[:limit]), boost_at__lte=now).update(
        urgency=F("urgency") + 1,
        boost_at=Case(When(urgency__gte=rules.MOST_URGENCY - 1, then=None), default=F("boost_at") + rules.BOOST_EVERY),
    )


def release_waiting(*, now: datetime, limit: int = 5_000) -> int:
    """Hand out what waited for its time; what waits for a task that was cancelled asks a person instead. Safe to run
    twice at once."""
    due = list(Task.objects.filter(waits_until__lte=now).order_by("waits_until").values_list("pk", flat=True)[:limit])
    stuck = need_rows.cancelled_needs(due) if due else {}
    for task_id, title in stuck.items():
        try:
            _block_stuck(task_id, title, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("stuck task not blocked", extra={"task_id": str(task_id)})
    free = Task.objects.filter(pk__in=set(due) - stuck.keys(), waits_until__lte=now)
    return free.update(waits_until=None)


@transaction.atomic
def _block_stuck(task_id: UUID, needed: str, *, now: datetime) -> None:
    organization = Organization.objects.get(tasks=task_id)
    task, agent = tasks.locked(organization, task_id)
    if task.status == TaskStatus.QUEUED and need_rows.cancelled_needs([task.pk]):
        note = f"It waits for “{needed}”, which was cancelled. Unblocked, it goes on without it."
        _block(task, agent, BlockerCode.DEPENDENCY, note, agent.owner, by=WORK, now=now)


def _stale(task: Task, token: int) -> Conflict | None:
    if task.status == TaskStatus.IN_PROGRESS and token == task.lease_token:
        return None
    if not task.is_open:
        return Conflict(
            f"This task is {task.where.label.lower()}. Stop working on it.", code=task.status, status_now=task.status
        )
    return Conflict(
        "This claim is over: the task was taken back or is somebody else's by now. Stop working on it.",
        code="stale_token",
        status_now=task.status,
    )


def _late(task: Task, token: int, kind: ReportKind, text: str, by: Actor, now: datetime) -> Conflict | None:
    """The refusal of a report that comes too late, once its text is kept; None where it is in time."""
    refusal = _stale(task, token)
    if refusal is None:
        return None
    if not 0 < token <= task.lease_token:
        return refusal  # never a token of this task: there is nothing to keep
    tasks.report(task, ReportKind.LATE, said=kind.value, token=token, text=text, by=by, now=now)
    return refusal


def _failed(task: Task, agent: Agent, error: str, *, retry: bool, by: Actor, now: datetime) -> None:
    task.failures += 1
    task.last_error = error
    wait = rules.back_off(task.failures) if retry else None
    if wait is None:
        tries = "once" if task.failures == 1 else f"{task.failures} times"
        note = f"Failed {tries}. {error}"[:NOTE_MAX]
        _block(task, agent, BlockerCode.TOOL_ERROR, note, agent.owner, by=by, now=now)
        return
    _requeue(task, agent, why=error, wait_until=now + wait, by=by, now=now)


def _requeue(task: Task, agent: Agent, *, why: str, wait_until: datetime | None, by: Actor, now: datetime) -> None:
    tasks.back_to_queue(task, now=now, wait_until=wait_until)
    task.save()
    tasks.record("task.requeued", task, {"status": "in_progress"}, {"status": task.status}, why[:500], by=by, now=now)
    workload.follow([agent], why=f"Back in the queue: {task.title}", by=by, now=now)


def _block(
    task: Task, agent: Agent, code: BlockerCode, note: str, who: User | Agent, *, by: Actor, now: datetime
) -> None:
    before = task.status
    tasks.back_to_queue(task, now=now)
    task.status, task.boost_at = TaskStatus.BLOCKED.value, None
    task.blocker_code, task.blocker_note, task.blocked_at = code.value, note, now
    task.unblock_user = who if isinstance(who, User) else None
    task.unblock_agent = who if isinstance(who, Agent) else None
    task.save()
    after = {"status": task.status, "blocker_code": code.value, "unblocker": str(who)}
    tasks.record("task.blocked", task, {"status": before}, after, note, by=by, now=now)
    people = [who] if isinstance(who, User) else people_responsible_for([who])[who.pk]
    notices.tell(
        organization=task.organization_id,
        recipients=people,
        kind="task_blocked",
        text=f"{agent.agent_name} cannot go on with “{task.title}”: {code.label.lower()}. {note}",
        subject=("task", task.pk, task.title),
        key=f"task_blocked:{task.pk}:{task.lease_token}",
        now=now,
    )
    workload.follow([agent], why=f"{code.label}: {task.title}", by=by, now=now)
