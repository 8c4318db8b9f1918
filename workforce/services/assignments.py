"""Assigning agents to workstreams and tasks, and what becomes of it (001 §1.2, spec R7; docs/decisions/0013).

Lock order: the organisation (who waits for whom), agents by id, tasks, the workstream, assignments. The owner's
assignment of a task follows the task: what is asked of it here is asked of the task.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from workforce.choices import ActorKind, AssignmentRole, AssignmentStatus, BlockerCode, KeyScope
from workforce.models import Agent, Assignment, AssignmentNeed, Organization, Task, User
from workforce.models.work import NOTE_MAX
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.rules.tasks import closes_a_circle
from workforce.selectors.reporting import people_responsible_for
from workforce.selectors.standing import check_may
from workforce.services import assignment_input, blockers, dri, notices, task_input, tasks, workload
from workforce.services import assignment_steps as steps
from workforce.services.assignment_input import NO_SUCH_ASSIGNMENT
from workforce.services.moves import check_reason, lock

PARTS = ("agent", "workstream", "task", "unblock_user", "unblock_agent")


@transaction.atomic
def create(*, organization: Organization, data: Mapping[str, Any], by: Actor, now: datetime) -> Assignment:
    """Assign an agent to a workstream, or to a task in it. ``data`` is plain: see ``assignment_input.FIELDS``.

    Making a task's agent its owner puts the task into the workstream. Raises ``Invalid`` with every fault,
    ``Forbidden``, ``Conflict`` (``owner_taken``, ``assigned_already``, ``gone``, ``workstream_closed``, ``needs_dri``).
    """
    if data.get("needs"):
        _lock_needs(organization)
    values, faults = assignment_input.checked(organization, data, now=now)
    try:
        agent = lock(organization=organization, agent_id=values.pop("agent_id") or UUID(int=0))
    except Missing as missing:
        known = [path for path, _ in faults]
        raise Invalid([*([] if "agent_id" in known else [("agent_id", missing.sentence)]), *faults]) from missing
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS, agent_itself=True)
    if faults:
        raise Invalid(faults)
    workload.check_takes_work(agent)
    needs: list[UUID] = values.pop("needs")
    if values["task"] is not None:
        values["task"] = task = _task_again(values)
        if values["role"] == AssignmentRole.OWNER:
            return _own(task, agent, values, needs, by=by, now=now)
    draft = Assignment(organization=organization, agent=agent, **values)
    assignment = steps.add(draft, needs=needs, by=by, now=now)
    _follow(agent, assignment, by=by, now=now)
    return assignment


def _task_again(values: Mapping[str, Any]) -> Task:
    """The task, locked and looked at once more."""
    task = Task.objects.select_for_update(no_key=True).get(pk=values["task"].pk)
    if fault := assignment_input.task_fault(task, values["workstream"], values["role"]):
        raise Invalid([("task_id", fault)])
    return task


def _own(
    task: Task, agent: Agent, values: Mapping[str, Any], needs: Sequence[UUID], *, by: Actor, now: datetime
) -> Assignment:
    if task.workstream_id is not None:
        raise Conflict(
            f"“{task.title}” has an owner: {task.agent.agent_name}. Hand that assignment off instead.",
            code="owner_taken",
        )
    if task.agent_id != agent.pk:
        raise Conflict(
            f"“{task.title}” is a task of {task.agent.agent_name}, who would be its owner. Reassign the task first.",
            code="owner_taken",
        )
    task.workstream, task.updated_at = values["workstream"], now
    task.save(update_fields=["workstream", "updated_at"])
    tasks.record("task.changed", task, {"workstream": None}, {"workstream": task.workstream.name}, by=by, now=now)
    owner = Assignment.objects.open().get(task=task, role=AssignmentRole.OWNER)
    wanted = steps.lock_rows(needs)
    steps.check_all_open(wanted, needs)
    AssignmentNeed.objects.bulk_create(AssignmentNeed(assignment=owner, needs=other) for other in wanted)
    return owner


@transaction.atomic
def edit(
    *, organization: Organization, assignment_id: UUID, changes: Mapping[str, Any], by: Actor, now: datetime
) -> Assignment:
    """Change the times, how far it is, or what it waits for (``needs``: all of them). Of these an agent itself says
    only how far it is. Raises ``Missing``, ``Invalid``, ``Forbidden``, ``Conflict`` (over; ``waits_for_itself``)."""
    if "needs" in changes:
        _lock_needs(organization)
    assignment, agent = locked(organization, assignment_id)
    itself = set(changes) <= {"percent_complete"}
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS, agent_itself=itself)
    check_open(assignment)
    values, faults = assignment_input.checked_changes(assignment, changes, now=now)
    if faults:
        raise Invalid(faults)
    before = _told(assignment)
    if "needs" in values:
        _write_needs(assignment, values.pop("needs"))
    for name, value in values.items():
        setattr(assignment, name, value)
    old, new = steps.changed(before, _told(assignment))
    if new:
        assignment.updated_at = now
        assignment.save(update_fields=[*values, "updated_at"])
        steps.record("assignment.changed", assignment, old, new, by=by, now=now)
    return assignment


@transaction.atomic
def block(
    *,
    organization: Organization,
    assignment_id: UUID,
    code: str,
    note: str = "",
    unblock_user: UUID | None = None,
    unblock_agent: UUID | None = None,
    by: Actor,
    now: datetime,
) -> Assignment:
    """It cannot go on. ``code`` says why; who can unblock it is the one named, or else the agent's owner."""
    faults = blockers.faults_of(code, unblock_user, unblock_agent)
    task_input.check_text("note", note, most=NOTE_MAX)
    assignment, agent = locked(organization, assignment_id)
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS, agent_itself=True)
    who = blockers.unblocker(organization, agent, unblock_user, unblock_agent, faults)
    if faults:
        raise Invalid(faults)
    check_open(assignment)
    if assignment.follows_its_task:
        raise Conflict(
            "This assignment follows its task, and what blocks that is reported by the runtime at work on it.",
            code="follows_task",
        )
    if assignment.status == AssignmentStatus.BLOCKED:
        raise Conflict("This assignment is blocked already. Unblock it first.", code="blocked_already")
    before = steps.facts(assignment)
    steps.set_blocker(assignment, BlockerCode(code), note, who, now=now)
    steps.save_standing(assignment, now=now)
    old, new = steps.changed(before, steps.facts(assignment))
    steps.record("assignment.blocked", assignment, old, new, note, by=by, now=now)
    _tell(assignment, who, now=now)
    _follow(agent, assignment, by=by, now=now)
    return assignment


@transaction.atomic
def unblock(
    *, organization: Organization, assignment_id: UUID, reason: str = "", by: Actor, now: datetime
) -> Assignment:
    """Resolve the blocker: code and who could unblock it are cleared."""
    check_reason(reason)
    if task_id := _task_to_ask(organization, assignment_id):
        tasks.unblock(organization=organization, task_id=task_id, reason=reason, by=by, now=now)
        return _same(assignment_id)
    assignment, agent = locked(organization, assignment_id)
    named = (by.kind == ActorKind.USER and str(assignment.unblock_user_id) == by.id) or (
        by.kind == ActorKind.AGENT and assignment.unblock_agent_id == by.agent_id
    )
    if not named:
        check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    if assignment.status != AssignmentStatus.BLOCKED:
        raise Conflict(
            f"This assignment is {assignment.where.label.lower()}, not blocked.",
            code="not_blocked",
            status_now=assignment.status,
        )
    before = steps.facts(assignment)
    steps.clear_blocker(assignment)
    steps.save_standing(assignment, now=now)
    old, new = steps.changed(before, steps.facts(assignment))
    steps.record("assignment.unblocked", assignment, old, new, reason, by=by, now=now)
    _follow(agent, assignment, by=by, now=now)
    return assignment


@transaction.atomic
def complete(
    *, organization: Organization, assignment_id: UUID, reason: str = "", by: Actor, now: datetime
) -> Assignment:
    """The agent's part is done. Done already is answered as it is; handed off is ``Conflict``. Of a task's owner: the
    task is completed."""
    check_reason(reason)
    if task_id := _task_to_ask(organization, assignment_id):
        tasks.complete(organization=organization, task_id=task_id, result=reason, by=by, now=now)
        return _same(assignment_id)
    assignment, agent = locked(organization, assignment_id)
    check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS, agent_itself=True)
    if assignment.status == AssignmentStatus.DONE:
        return assignment
    check_open(assignment)
    before = steps.facts(assignment)
    assignment.percent_complete = 100
    steps.end(assignment, AssignmentStatus.DONE, by=by, now=now)
    old, new = steps.changed(before, steps.facts(assignment))
    steps.record("assignment.done", assignment, old, new, reason, by=by, now=now)
    _follow(agent, assignment, by=by, now=now)
    return assignment


@transaction.atomic
def hand_off(
    *, organization: Organization, assignment_id: UUID, agent_id: UUID, reason: str, by: Actor, now: datetime
) -> Assignment:
    """Let another agent take over, and say why; returns its assignment. What waits stays waiting. Of a task's owner:
    the task is reassigned."""
    _check_why(reason)
    if task_id := _task_to_ask(organization, assignment_id):
        tasks.reassign(organization=organization, task_id=task_id, agent_id=agent_id, reason=reason, by=by, now=now)
        taken = Assignment.objects.select_related(*PARTS).filter(handed_from=assignment_id).first()
        if taken is None:
            raise _passed_on()
        return taken
    giving, taking = _lock_both(organization, assignment_id, agent_id)
    dri.lock(Assignment.objects.filter(pk=assignment_id).values_list("workstream", flat=True))
    assignment = _of(organization, assignment_id)
    for agent in (giving, taking):
        check_may(by=by, activity=Activity.TASKS, agent=agent, scope=KeyScope.TASKS)
    check_open(assignment)
    if giving.pk == taking.pk:
        raise Conflict(f"{taking.agent_name} has this assignment already.", code="same_agent")
    workload.check_takes_work(taking)
    taken = steps.hand_on(assignment, taking, reason=reason, by=by, now=now)
    workload.follow([giving, taking], why=f"Handed off: {taken.of_what}", by=by, now=now)
    return taken


# What the services above share.


def locked(organization: Organization, assignment_id: UUID) -> tuple[Assignment, Agent]:
    """The assignment and its agent, which stays the same for good; both locked."""
    mine = Assignment.objects.of(organization).filter(pk=assignment_id)
    agent_id = mine.values_list("agent_id", flat=True).first()
    if agent_id is None:
        raise Missing(NO_SUCH_ASSIGNMENT)
    agent = lock(organization=organization, agent_id=agent_id)
    assignment = _of(organization, assignment_id)
    assignment.agent = agent
    return assignment, agent


def check_open(assignment: Assignment) -> None:
    if assignment.status == AssignmentStatus.HANDOFF:
        raise Conflict(
            f"This assignment went on to {assignment.handed_to.agent.agent_name}.",
            code="handed_off",
            assignment=str(assignment.handed_to.pk),
        )
    if assignment.status == AssignmentStatus.DONE:
        raise Conflict("This assignment is done and stays so.", code="done", status_now=assignment.status)


def _of(organization: Organization, assignment_id: UUID) -> Assignment:
    rows = Assignment.objects.of(organization).select_related("agent", "workstream", "task")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=assignment_id)


def _lock_both(organization: Organization, assignment_id: UUID, agent_id: UUID) -> tuple[Agent, Agent]:
    mine = Assignment.objects.of(organization).filter(pk=assignment_id)
    giving = mine.values_list("agent_id", flat=True).first()
    if giving is None:
        raise Missing(NO_SUCH_ASSIGNMENT)
    agents = Agent.objects.of(organization).filter(pk__in=[giving, agent_id])
    found = {agent.pk: agent for agent in agents.select_for_update(no_key=True).order_by("pk")}
    if agent_id not in found:
        raise Invalid([("agent_id", "There is no such agent in this organisation.")])
    return found[giving], found[agent_id]


def _task_to_ask(organization: Organization, assignment_id: UUID) -> UUID | None:
    """The task, where this is its owner's open assignment."""
    mine = Assignment.objects.open().of(organization).filter(pk=assignment_id, role=AssignmentRole.OWNER)
    return mine.values_list("task_id", flat=True).first()


def _same(assignment_id: UUID) -> Assignment:
    """The assignment after its task was asked; it must not have gone to somebody else meanwhile."""
    assignment = Assignment.objects.select_related(*PARTS).get(pk=assignment_id)
    if assignment.status == AssignmentStatus.HANDOFF:
        raise _passed_on()
    return assignment


def _passed_on() -> Conflict:
    return Conflict("The assignment is being passed on just now. Try again.", code="changed")


def _check_why(reason: str) -> None:
    if not reason.strip():
        raise Invalid([("reason", "Say why it goes to somebody else.")])
    check_reason(reason)


def _lock_needs(organization: Organization) -> None:
    """Who waits for whom is decided one after the other: a circle could close over many rows at once."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _write_needs(assignment: Assignment, ids: Sequence[UUID]) -> None:
    kept = set(assignment.needs.values_list("needs_id", flat=True))
    fresh = [one for one in ids if one not in kept]
    steps.check_all_open(steps.lock_rows(fresh), ids)
    edges: dict[UUID, list[UUID]] = {}
    known = AssignmentNeed.objects.filter(assignment__organization=assignment.organization_id).order_by()
    for waiting, needed in known.values_list("assignment_id", "needs_id"):
        edges.setdefault(waiting, []).append(needed)
    if closes_a_circle(assignment.pk, fresh, edges):
        raise Conflict(
            "It would come to wait for itself: what it is to wait for waits for it.", code="waits_for_itself"
        )
    assignment.needs.exclude(needs__in=ids).delete()
    AssignmentNeed.objects.bulk_create(AssignmentNeed(assignment=assignment, needs_id=one) for one in fresh)


def _told(assignment: Assignment) -> dict[str, Any]:
    needs = assignment.needs.order_by("needs_id").values_list("needs_id", flat=True)
    return {**steps.facts(assignment), "needs": [str(one) for one in needs]}


def _follow(agent: Agent, assignment: Assignment, *, by: Actor, now: datetime) -> None:
    why = f"{assignment.part.label} of {assignment.of_what}: {assignment.where.label.lower()}"
    workload.follow([agent], why=why, by=by, now=now)


def _tell(assignment: Assignment, who: User | Agent, *, now: datetime) -> None:
    people = [who] if isinstance(who, User) else people_responsible_for([who])[who.pk]
    code = BlockerCode(assignment.blocker_code).label.lower()
    notices.tell(
        organization=assignment.organization_id,
        recipients=people,
        kind="assignment_blocked",
        text=f"{assignment.agent.agent_name} cannot go on with “{assignment.of_what}”: {code}. "
        f"{assignment.blocker_note}",
        subject=("assignment", assignment.pk, str(assignment)),
        key=f"assignment_blocked:{assignment.pk}:{now.isoformat()}",
        now=now,
    )
