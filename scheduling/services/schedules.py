"""Working hours: checked as a whole, written with their audit, settled with the clock (spec W1, W2, W7).

The data that ``create`` and ``update`` take, that the API carries and that ``as_facts`` gives back::

    type            "standard", "shift" or "custom"
    time_zone       an IANA name; every time below is on the clocks of this zone
    shifts          standard (one) and shift (1 to 20): {"name", "days": ["mon", …], "start": "09:00", "end": "17:00"}
    rules           custom, 1 to 20: {"name": "Stand-up",                  optional, up to 60 characters
                                      "dtstart": "2026-11-24T09:00",       first day and the time of day it starts
                                      "rrule": "FREQ=WEEKLY;BYDAY=MO,WE",  RFC 5545, no sub-daily frequency
                                      "duration_minutes": 240}             1 to 10080 (a week), on the wall clock
    exceptions      custom, 0 to 400, each one of
                        {"kind": "off", "date": "2026-12-25", "name": "Christmas"}
                            no rule's window starts on that local day; one from the day before ends as it would
                        {"kind": "extra", "start": "2026-12-27T10:00", "end": "2026-12-27T14:00", "name": ""}
                            one more window, also on a day off; at most a week long

``shifts`` belongs to standard and shift hours, ``rules`` and ``exceptions`` to custom ones; a change of type leaves
nothing of the other behind. Faults carry paths such as ``rules.0.rrule`` and ``exceptions.2.date``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from budgets.services import meters
from scheduling.choices import ClockEvent
from scheduling.models import ClockRecord, WorkSchedule
from scheduling.rules import hours as rules
from scheduling.services import clock
from scheduling.services.clock import Happening
from scheduling.services.clock_sweep import settle
from scheduling.services.schedule_data import (
    DAYS,
    DEFAULTS,
    FIELDS,
    FLAGS,
    as_data,
    as_facts,
    checked,
    completed,
    flattened,
    write_windows,
)
from workforce.choices import ClockStatus, HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, Organization
from workforce.rules import lifecycle as lifecycle_rules
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.selectors.standing import check_may
from workforce.services import audit, holds, lifecycle

__all__ = ["DAYS", "DEFAULTS", "FIELDS", "FLAGS", "as_data", "as_facts", "create", "delete", "update"]


@transaction.atomic
def create(
    *, organization: Organization, agent_id: UUID, data: Mapping[str, Any], by: Actor, now: datetime
) -> WorkSchedule:
    """Give an agent working hours. Raises ``Invalid`` with every fault, ``Forbidden``, ``Conflict``."""
    flat, given = flattened(data)
    values, hours, faults = checked(completed(given, DEFAULTS), flat=flat)
    try:
        agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    except Missing as missing:
        raise Invalid([("agent_id", missing.sentence), *faults]) from missing
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    if agent.state in lifecycle_rules.GONE:
        faults = [("agent_id", f"{agent.agent_name} is {agent.current_state} and works no more hours."), *faults]
    if faults or hours is None:
        raise Invalid(faults)
    existing = WorkSchedule.objects.filter(agent=agent).first()
    if existing is not None:
        raise Conflict(
            f"{agent.agent_name} has working hours already. Change those.",
            code="has_hours",
            schedule_id=str(existing.pk),
        )
    schedule = WorkSchedule.objects.create(
        organization=organization,
        agent=agent,
        time_zone=hours.tz,
        active_since=now,
        clock_due_at=now,
        created_at=now,
        updated_at=now,
        **values,
    )
    write_windows(schedule, hours)
    _record("schedule.created", schedule, agent, after=as_facts(schedule, hours), by=by, now=now)
    meters.set_zone(agent, hours.tz, now=now)
    _begin(schedule, agent, by=by, now=now)
    settle(agent.pk, now=now)
    return _fresh(schedule)


@transaction.atomic
def update(
    *, organization: Organization, schedule_id: UUID, data: Mapping[str, Any], by: Actor, now: datetime
) -> WorkSchedule:
    """Change working hours; what ``data`` leaves out stays. Raises as ``create``, and ``Missing``."""
    schedule, agent = _locked(organization, schedule_id)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    before = as_facts(schedule)
    flat, given = flattened(data, before.get("shifts", ()))
    values, hours, faults = checked(completed(given, before), flat=flat)
    if agent.state in lifecycle_rules.GONE:
        faults = [("agent_id", f"{agent.agent_name} is {agent.current_state} and works no more hours."), *faults]
    if faults or hours is None:
        raise Invalid(faults)
    was_enabled = schedule.enabled
    for name, value in values.items():
        setattr(schedule, name, value)
    schedule.time_zone, schedule.clock_due_at = hours.tz, now
    schedule.active_since, schedule.updated_at = now, now
    fields = [*values, "time_zone", "clock_due_at", "active_since", "updated_at"]
    unchanged = as_facts(schedule, hours) == before
    if unchanged:
        return _fresh(schedule)
    schedule.save(update_fields=fields)
    write_windows(schedule, hours)
    after = as_facts(schedule, hours)
    changed = [name for name in {**before, **after} if after.get(name) != before.get(name)]
    _record(
        "schedule.changed",
        schedule,
        agent,
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed if name in after},
        by=by,
        now=now,
    )
    meters.set_zone(agent, hours.tz, now=now)
    if was_enabled and not schedule.enabled:
        _end(agent, by=by, now=now, why="Working hours were switched off.", clock_out=False)
    elif schedule.enabled and not was_enabled:
        _begin(_fresh(schedule), agent, by=by, now=now)
    else:
        _forget_automatic_leave(agent)
    settle(agent.pk, now=now)
    return _fresh(schedule)


@transaction.atomic
def delete(*, organization: Organization, schedule_id: UUID, by: Actor, now: datetime) -> None:
    """Remove working hours; the agent is unscheduled and freed from the clock's hold. History stays.

    Raises ``Missing``, ``Forbidden``, ``Conflict`` (``archived``).
    """
    schedule, agent = _locked(organization, schedule_id)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    if agent.state == LifecycleState.ARCHIVED:
        raise Conflict(f"{agent.agent_name} is archived: its hours are kept as they were.", code="archived")
    _record("schedule.deleted", schedule, agent, before=as_facts(schedule), by=by, now=now)
    schedule.delete()
    meters.set_zone(agent, "", now=now)
    _end(agent, by=by, now=now, why="Working hours were deleted.", clock_out=True)


def _locked(organization: Organization, schedule_id: UUID) -> tuple[WorkSchedule, Agent]:
    """The agent's row is the lock of its hours too."""
    found = WorkSchedule.objects.filter(organization=organization, pk=schedule_id).values_list("agent_id", flat=True)
    agent_id = found.first()
    if agent_id is None:
        raise Missing("There are no such working hours in this organisation.")
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    schedule = WorkSchedule.objects.with_hours().filter(pk=schedule_id).first()
    if schedule is None:
        raise Missing("There are no such working hours in this organisation.")
    return schedule, agent


def _begin(schedule: WorkSchedule, agent: Agent, *, by: Actor, now: datetime) -> None:
    """Hours begin to act on an agent that had none: it was at work, so outside hours it goes off duty now."""
    if not schedule.enabled or agent.clock == ClockStatus.CLOCKED_IN:
        return
    schedule = _fresh(schedule)
    open_now = rules.work_state(schedule.hours(), now, schedule.grace_minutes).open
    if agent.state in lifecycle_rules.PAUSABLE and schedule.enforce_clock_out and not open_now:
        happening = Happening(agent, ClockEvent.AUTO_PAUSE, None, "Hours were set while off duty.")
        final = {agent.pk: (ClockStatus.CLOCKED_OUT, now)}
        clock.apply([happening], schedules={agent.pk: schedule}, final=final, by=by, now=now)
        return
    Agent.objects.filter(pk=agent.pk).update(clock_status=ClockStatus.CLOCKED_OUT.value, clock_since=None)
    agent.clock_status, agent.clock_since = ClockStatus.CLOCKED_OUT.value, None


def _end(agent: Agent, *, by: Actor, now: datetime, why: str, clock_out: bool) -> None:
    """Hours stop acting: an agent that was clocked out is unscheduled, the clock's hold goes."""
    if agent.clock == ClockStatus.CLOCKED_IN and clock_out:
        happening = Happening(agent, ClockEvent.CLOCKED_OUT, None, why)
        clock.apply([happening], schedules={}, final={agent.pk: (ClockStatus.NO_SCHEDULE, now)}, by=by, now=now)
    elif agent.clock == ClockStatus.CLOCKED_OUT:
        Agent.objects.filter(pk=agent.pk).update(clock_status=ClockStatus.NO_SCHEDULE.value, clock_since=now)
        agent.clock_status, agent.clock_since = ClockStatus.NO_SCHEDULE.value, now
    off_hours = list(agent.holds.active().filter(kind=HoldKind.OFF_HOURS))
    if off_hours:
        holds.release_many(off_hours, agents={agent.pk: agent}, reason=why, by=by, now=now)


def _forget_automatic_leave(agent: Agent) -> None:
    """After a change, an agent the clock sent home may be called back within the new hours; one that a person clocked
    out stays out until the next start."""
    last = ClockRecord.objects.filter(agent=agent).order_by("-time", "-id").first()
    if agent.clock == ClockStatus.CLOCKED_OUT and last is not None and last.event == ClockEvent.AUTO_PAUSE:
        Agent.objects.filter(pk=agent.pk).update(clock_since=None)


def _fresh(schedule: WorkSchedule) -> WorkSchedule:
    return WorkSchedule.objects.select_related("agent").with_hours().get(pk=schedule.pk)


def _record(
    action: str,
    schedule: WorkSchedule,
    agent: Agent,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    by: Actor,
    now: datetime,
) -> None:
    audit.record(
        organization=schedule.organization_id,
        action=action,
        subject=("agent", agent.pk, agent.agent_name),
        before=before,
        after=after,
        by=by,
        now=now,
    )
