"""Planned leave (spec W10): entered, changed, called off. What its dates do is in ``leave_sweep``.

``data`` of ``plan`` and ``changes`` of ``edit`` hold these::

    agent_id         whose leave it is (``plan`` only)
    starts_at        a moment with its zone; one that has passed begins the leave at once
    ends_at          the first moment after it
    reason           1 to 500 characters
    cover_agent_id   who is to be asked meanwhile, or None
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from scheduling.choices import LeaveStatus
from scheduling.models import Leave
from scheduling.rules import leave as rules
from scheduling.selectors.leave import zone_of_agent
from scheduling.services.leave_sweep import as_facts, closed, event, settle
from workforce.choices import HoldKind, KeyScope
from workforce.models import Agent, Hold, Organization
from workforce.rules.actors import Actor
from workforce.rules.lifecycle import GONE
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.selectors.standing import check_may
from workforce.services import audit, holds, lifecycle

FIELDS = ("starts_at", "ends_at", "reason", "cover_agent_id")
REASON_MAX = 500
NO_SUCH_LEAVE = "There is no such leave in this organisation."
NO_SUCH_AGENT = "There is no such agent in this organisation."
_HAS_BEGUN = "The leave has begun: only its end and its cover can change."


@transaction.atomic
def plan(*, organization: Organization, data: Mapping[str, Any], by: Actor, now: datetime) -> Leave:
    """Enter a leave; one that has begun by ``now`` holds its agent at once.

    Raises ``Invalid`` with every fault, ``Forbidden``, ``Conflict`` (``leave_overlaps``, ``already_held``).
    """
    values = {name: data.get(name) for name in FIELDS}
    faults = rules.check_period(values["starts_at"], values["ends_at"], now) + _reason_faults(values["reason"])
    agent_id = data.get("agent_id")
    if agent_id is None:
        raise Invalid([("agent_id", "Say whose leave this is."), *faults])
    try:
        agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    except Missing as missing:
        raise Invalid([("agent_id", missing.sentence), *faults]) from missing
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    if agent.state in GONE:
        faults = [("agent_id", f"{agent.agent_name} is {agent.current_state} and takes no leave."), *faults]
    faults += _cover_faults(agent, values["cover_agent_id"])
    if faults:
        raise Invalid(faults)
    leave = Leave(
        organization=organization,
        agent=agent,
        **values,
        due_at=values["starts_at"],
        created_at=now,
        created_by_kind=by.kind.value,
        created_by_id=by.id,
        created_by_label=by.label[:160],
        updated_at=now,
    )
    _check_room(leave)
    _check_not_held(leave, now=now)
    leave.reason = leave.reason.strip()
    leave.save(force_insert=True)
    audit.record_many(
        [event("leave.planned", leave, agent, after=as_facts(leave), reason=leave.reason, by=by, now=now)]
    )
    settle({agent.pk: agent}, by=by, now=now)
    return _fresh(leave)


@transaction.atomic
def edit(*, organization: Organization, leave_id: UUID, changes: Mapping[str, Any], by: Actor, now: datetime) -> Leave:
    """Change a planned leave, or the end and the cover of one that runs; what ``changes`` leaves out stays.

    Raises ``Missing``, ``Forbidden``, ``Invalid``, ``Conflict`` (``leave_over``, ``leave_overlaps``, ``already_held``).
    """
    leave, agent = _locked(organization, leave_id)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    if not leave.is_open:
        raise Conflict(f"This leave is {leave.stands.label.lower()} and stays so.", code="leave_over")
    before = as_facts(leave)
    values = {name: changes.get(name, before[name]) for name in FIELDS}
    faults = rules.check_period(values["starts_at"], values["ends_at"], now, running=leave.runs)
    faults += _reason_faults(values["reason"])
    if leave.runs:
        faults = [(name, _HAS_BEGUN) for name in ("starts_at", "reason") if values[name] != before[name]] + faults
    if values["cover_agent_id"] != before["cover_agent_id"]:
        faults += _cover_faults(agent, values["cover_agent_id"])
    if faults:
        raise Invalid(faults)
    values["reason"] = values["reason"].strip()
    changed = [name for name in FIELDS if values[name] != before[name]]
    if not changed:
        return _fresh(leave)
    for name in changed:
        setattr(leave, name, values[name])
    _check_room(leave)
    if "starts_at" in changed:
        _check_not_held(leave, now=now)
    leave.due_at, leave.updated_at = leave.ends_at if leave.runs else leave.starts_at, now
    leave.save(update_fields=[*changed, "due_at", "updated_at"])
    if leave.hold is not None and "ends_at" in changed:
        Hold.objects.active().filter(pk=leave.hold.pk).update(until=leave.ends_at)
    after = as_facts(leave)
    kept = ["leave", *changed]
    told = event(
        "leave.changed",
        leave,
        agent,
        before={name: before[name] for name in kept},
        after={name: after[name] for name in kept},
        by=by,
        now=now,
    )
    audit.record_many([told])
    settle({agent.pk: agent}, by=by, now=now)
    return _fresh(leave)


@transaction.atomic
def cancel(*, organization: Organization, leave_id: UUID, reason: str = "", by: Actor, now: datetime) -> Leave:
    """Call a planned leave off, or end one that runs: its hold is released now. One that is over stays as it is.

    Raises ``Missing``, ``Forbidden``, ``Invalid`` (reason).
    """
    leave, agent = _locked(organization, leave_id)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    lifecycle.check_reason(reason)
    if not leave.is_open:
        return _fresh(leave)
    before, ran = as_facts(leave), leave.runs
    status = LeaveStatus.ENDED if ran else LeaveStatus.CANCELLED
    over = closed(status, at=now, who=by.label, why=reason.strip(), now=now)
    Leave.objects.filter(pk=leave.pk).update(**over)
    action = "leave.ended" if ran else "leave.cancelled"
    audit.record_many([event(action, leave, agent, before=before, reason=reason, by=by, now=now)])
    if leave.hold is not None and leave.hold.released_at is None:
        why = reason or "The leave was ended."
        holds.release_many([leave.hold], agents={agent.pk: agent}, reason=why, by=by, now=now)
    return _fresh(leave)


def _reason_faults(reason: Any) -> rules.Faults:
    if not isinstance(reason, str) or not reason.strip():
        return [("reason", "Say why the agent is on leave.")]
    if len(reason) > REASON_MAX:
        return [("reason", f"Use at most {REASON_MAX} characters; this has {len(reason)}.")]
    return [("reason", "Remove the NUL character.")] if "\x00" in reason else []


def _cover_faults(agent: Agent, cover_id: UUID | None) -> rules.Faults:
    if cover_id is None:
        return []
    cover = Agent.objects.of(agent.organization_id).filter(pk=cover_id).first()
    if cover is None:
        return [("cover_agent_id", NO_SUCH_AGENT)]
    if cover.pk == agent.pk:
        return [("cover_agent_id", "An agent cannot cover for itself. Choose another one, or nobody.")]
    if cover.state in GONE:
        return [("cover_agent_id", f"{cover.agent_name} is {cover.current_state} and covers for nobody.")]
    return []


def _check_room(leave: Leave) -> None:
    """Raise ``Conflict`` where the agent is on leave then already. Its row is locked: no other comes in between."""
    others = Leave.objects.open().filter(agent=leave.agent_id).exclude(pk=leave.pk)
    other = others.within(leave.starts_at, leave.ends_at).order_by("starts_at").first()
    if other is not None:
        period = rules.period_in_words(zone_of_agent(leave.agent), other.starts_at, other.ends_at)
        raise Conflict(
            f"{leave.agent.agent_name} has leave at that time already: {period}. Change that, or choose other dates.",
            code="leave_overlaps",
            leave_id=str(other.pk),
        )


def _check_not_held(leave: Leave, *, now: datetime) -> None:
    """Raise ``Conflict`` where a leave that begins now finds its agent on leave by a hold that somebody placed."""
    if leave.starts_at > now:
        return
    held = leave.agent.holds.active().filter(kind=HoldKind.LEAVE).first()
    if held is not None and (held.until is None or held.until > now):
        raise Conflict(
            f"{leave.agent.agent_name} already has an active hold of this kind: on leave. Release it first.",
            code="already_held",
        )


def _locked(organization: Organization, leave_id: UUID) -> tuple[Leave, Agent]:
    """The agent's row is the lock of its leave."""
    agent_id = Leave.objects.of(organization).filter(pk=leave_id).values_list("agent_id", flat=True).first()
    if agent_id is None:
        raise Missing(NO_SUCH_LEAVE)
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    leave = Leave.objects.select_related("hold").get(pk=leave_id)
    leave.agent = agent
    return leave, agent


def _fresh(leave: Leave) -> Leave:
    return Leave.objects.select_related("agent", "cover_agent").get(pk=leave.pk)
