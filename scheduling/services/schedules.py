"""Working hours: checked as a whole, written with their audit, settled with the clock (spec W1, W2, W7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from scheduling.choices import ClockEvent, OffHoursAction, ScheduleType
from scheduling.models import ClockRecord, Shift, WorkSchedule
from scheduling.rules import hours as rules
from scheduling.services import clock
from scheduling.services.clock import Happening
from scheduling.services.clock_sweep import settle
from workforce.choices import ClockStatus, HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, Organization
from workforce.rules import lifecycle as lifecycle_rules
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.selectors.standing import check_may
from workforce.services import audit, holds, lifecycle

FLAGS = ("enforce_clock_in", "enforce_clock_out", "auto_wake", "enabled")
FIELDS = ("type", "time_zone", "shifts", *FLAGS, "off_hours_action", "grace_minutes")
DEFAULTS: Mapping[str, Any] = {
    "type": ScheduleType.STANDARD.value,
    "enforce_clock_in": False,
    "enforce_clock_out": True,
    "auto_wake": True,
    "enabled": True,
    "off_hours_action": OffHoursAction.PAUSE.value,
    "grace_minutes": 10,
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@transaction.atomic
def create(
    *, organization: Organization, agent_id: UUID, data: Mapping[str, Any], by: Actor, now: datetime
) -> WorkSchedule:
    """Give an agent working hours. Raises ``Invalid`` with every fault, ``Forbidden``, ``Conflict``."""
    flat, given = _flattened(data)
    values, hours, faults = _checked({**DEFAULTS, **given}, flat=flat)
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
    _write_shifts(schedule, hours)
    _record("schedule.created", schedule, agent, after=_facts(schedule, hours), by=by, now=now)
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
    before = _facts(schedule)
    flat, given = _flattened(data, before["shifts"])
    values, hours, faults = _checked({**before, **given}, flat=flat)
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
    unchanged = _facts(schedule, hours) == before
    if unchanged:
        return _fresh(schedule)
    schedule.save(update_fields=fields)
    _write_shifts(schedule, hours)
    after = _facts(schedule, hours)
    changed = [name for name in after if after[name] != before[name]]
    _record(
        "schedule.changed",
        schedule,
        agent,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        by=by,
        now=now,
    )
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
    _record("schedule.deleted", schedule, agent, before=_facts(schedule), by=by, now=now)
    schedule.delete()
    _end(agent, by=by, now=now, why="Working hours were deleted.", clock_out=True)


def _locked(organization: Organization, schedule_id: UUID) -> tuple[WorkSchedule, Agent]:
    """The agent's row is the lock of its hours too."""
    found = WorkSchedule.objects.filter(organization=organization, pk=schedule_id).values_list("agent_id", flat=True)
    agent_id = found.first()
    if agent_id is None:
        raise Missing("There are no such working hours in this organisation.")
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    schedule = WorkSchedule.objects.prefetch_related("shifts").filter(pk=schedule_id).first()
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


def _flattened(data: Mapping[str, Any], before: Sequence[Mapping[str, Any]] = ()) -> tuple[bool, dict[str, Any]]:
    """Standard hours may come as top-level ``days``, ``start``, ``end``: one unnamed shift. Of these too, what is left
    out stays as it was. Whether they came so, and the data in the one form there is."""
    given = dict(data)
    keys = [key for key in ("days", "start", "end") if key in given]
    if not keys or "shifts" in given:
        return False, given
    kept = before[0] if len(before) == 1 else {"name": "standard"}
    given["shifts"] = [{**kept, **{key: given.pop(key) for key in keys}}]
    return True, given


def _checked(
    data: Mapping[str, Any], *, flat: bool
) -> tuple[dict[str, Any], rules.Hours | None, list[tuple[str, str]]]:
    """Values to store, the hours, and every fault with the path the caller knows."""
    faults = [(key, "There is no such field.") for key in data if key not in FIELDS]
    hours: rules.Hours | None = None
    try:
        hours = rules.check_hours(data.get("type"), data.get("time_zone"), data.get("shifts"))
    except rules.HoursError as error:
        for path, sentence in error.faults:
            path = "time_zone" if path == "tz" else path
            faults.append((path.removeprefix("shifts.0.") if flat else path, sentence))
    try:
        rules.check_grace(data.get("grace_minutes"))
    except rules.HoursError as error:
        faults += error.faults
    faults += [(flag, "Say true or false.") for flag in FLAGS if not isinstance(data.get(flag), bool)]
    if data.get("off_hours_action") not in list(OffHoursAction):
        faults.append(("off_hours_action", f"Choose one of: {', '.join(OffHoursAction)}."))
    names = ("type", *FLAGS, "off_hours_action", "grace_minutes")
    return {name: data.get(name) for name in names}, hours, faults


def _write_shifts(schedule: WorkSchedule, hours: rules.Hours) -> None:
    Shift.objects.filter(schedule=schedule).delete()
    Shift.objects.bulk_create(
        Shift(
            schedule=schedule,
            name=window.name,
            days=sum(1 << day for day in window.days),
            start_minute=window.start,
            end_minute=window.end,
            position=position,
        )
        for position, window in enumerate(hours.windows)
    )


def as_data(window: rules.Window) -> dict[str, Any]:
    """A window in the shape people and programs write it."""
    return {
        "name": window.name,
        "days": [DAYS[day] for day in sorted(window.days)],
        "start": f"{window.start // 60:02}:{window.start % 60:02}",
        "end": f"{window.end // 60:02}:{window.end % 60:02}",
    }


def _facts(schedule: WorkSchedule, hours: rules.Hours | None = None) -> dict[str, Any]:
    hours = hours or schedule.hours()
    return {
        "type": str(schedule.type),
        "time_zone": hours.tz,
        "shifts": [as_data(window) for window in hours.windows],
        **{flag: getattr(schedule, flag) for flag in FLAGS},
        "off_hours_action": str(schedule.off_hours_action),
        "grace_minutes": schedule.grace_minutes,
    }


def _fresh(schedule: WorkSchedule) -> WorkSchedule:
    return WorkSchedule.objects.select_related("agent").prefetch_related("shifts").get(pk=schedule.pk)


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
