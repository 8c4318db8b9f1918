"""Clocking in and out by hand, and what every clock event does (spec W4-W8). The sweep is in ``clock_sweep``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from scheduling.choices import ClockEvent, OffHoursAction
from scheduling.models import ClockRecord, WorkSchedule
from scheduling.rules import hours as hours_rules
from workforce.choices import ActorKind, ClockStatus, CommandKind, HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, Hold, Organization
from workforce.models.bulk import insert_many
from workforce.rules import lifecycle as rules
from workforce.rules.actors import Actor
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors.standing import check_may
from workforce.services import audit, commands, holds, lifecycle, tasks

_GONE_OR_NEW = {
    LifecycleState.REGISTERED: "Make it ready first.",
    LifecycleState.RETIRED: "It has left the workforce.",
    LifecycleState.ARCHIVED: "It has left the workforce.",
}
_UNWELL = (LifecycleState.DEGRADED, LifecycleState.ESCALATED)


@dataclass(frozen=True, slots=True)
class Happening:
    """One clock event of one agent, decided and about to be written. ``scheduled_at`` is empty where made by hand."""

    agent: Agent
    event: ClockEvent
    scheduled_at: datetime | None
    reason: str


@transaction.atomic
def clock_in(
    *,
    organization: Organization | UUID,
    agent_id: UUID,
    by: Actor,
    now: datetime,
    reason: str = "",
    force: bool = False,
) -> ClockRecord:
    """Clock one agent in, at any time (spec W4).

    Raises ``Conflict`` (``already_clocked_in``, ``not_clockable``, ``needs_force``), ``Invalid`` (a forced one needs a
    reason), ``Forbidden``, ``Missing``.
    """
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    _check_may(agent, by, reason)
    if agent.clock == ClockStatus.CLOCKED_IN:
        raise Conflict(
            f"{agent.agent_name} is already clocked in. Nothing was changed.",
            code="already_clocked_in",
            clock_status=agent.clock_status,
        )
    if agent.state in _GONE_OR_NEW:
        raise Conflict(
            f"{agent.agent_name} is {agent.current_state} and cannot clock in. {_GONE_OR_NEW[agent.state]}",
            code="not_clockable",
            current=agent.current_state,
        )
    if agent.state in _UNWELL:
        _check_force(agent, by, force, reason)
    return _by_hand(agent, ClockEvent.CLOCKED_IN, reason=reason, by=by, now=now)


@transaction.atomic
def clock_out(
    *, organization: Organization | UUID, agent_id: UUID, by: Actor, now: datetime, reason: str = ""
) -> ClockRecord:
    """Clock one agent out; its off-hours action follows, unless it has left the workforce.

    Raises ``Conflict`` (``not_clocked_in``, ``not_clockable`` for an archived agent), ``Forbidden``, ``Missing``.
    """
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    _check_may(agent, by, reason)
    if agent.state == LifecycleState.ARCHIVED:
        raise Conflict(
            f"{agent.agent_name} is archived: its clock status stays as it is.",
            code="not_clockable",
            current=agent.current_state,
        )
    if agent.clock != ClockStatus.CLOCKED_IN:
        raise Conflict(
            f"{agent.agent_name} is not clocked in. Nothing was changed.",
            code="not_clocked_in",
            clock_status=agent.clock_status,
        )
    return _by_hand(agent, ClockEvent.CLOCKED_OUT, reason=reason, by=by, now=now)


def _by_hand(agent: Agent, event: ClockEvent, *, reason: str, by: Actor, now: datetime) -> ClockRecord:
    schedule = WorkSchedule.objects.with_hours().filter(agent=agent, enabled=True).first()
    happening = Happening(agent=agent, event=event, scheduled_at=None, reason=reason)
    records = apply(
        [happening],
        schedules={agent.pk: schedule} if schedule else {},
        final={agent.pk: (_status_after(event, schedule), now)},
        by=by,
        now=now,
    )
    if schedule is not None:
        # The sweep works out the next moment; it finds the row at once.
        WorkSchedule.objects.filter(pk=schedule.pk).update(clock_due_at=now)
    return records[0]


def _status_after(event: ClockEvent, schedule: WorkSchedule | None) -> ClockStatus:
    if event in (ClockEvent.CLOCKED_IN, ClockEvent.AUTO_WAKE):
        return ClockStatus.CLOCKED_IN
    return ClockStatus.CLOCKED_OUT if schedule is not None else ClockStatus.NO_SCHEDULE


def apply(
    happenings: Sequence[Happening],
    *,
    schedules: Mapping[UUID, WorkSchedule],
    final: Mapping[UUID, tuple[ClockStatus, datetime | None]],
    by: Actor,
    now: datetime,
) -> list[ClockRecord]:
    """Write clock events of locked agents with everything that follows: record, audit, status, hold, command.

    ``final`` is each agent's status and effective moment afterwards. The query count does not grow with the agents.
    """
    records = [
        ClockRecord(
            organization_id=h.agent.organization_id,
            agent=h.agent,
            time=now,
            event=h.event.value,
            triggered_by_kind=by.kind.value,
            triggered_by_id=by.id,
            triggered_by=by.label,
            scheduled_at=h.scheduled_at,
            reason=h.reason[:500],
        )
        for h in happenings
    ]
    insert_many(records)
    status = {h.agent.pk: h.agent.clock_status for h in happenings}
    events = []
    for h in happenings:
        after = _status_after(h.event, schedules.get(h.agent.pk))
        events.append(
            audit.draft(
                organization=h.agent.organization_id,
                action=f"clock.{h.event.value}",
                subject=("agent", h.agent.pk, h.agent.agent_name),
                before={"clock_status": status[h.agent.pk]},
                after={"clock_status": after.value, "scheduled_at": h.scheduled_at},
                reason=h.reason,
                by=by,
                now=now,
            )
        )
        status[h.agent.pk] = after.value
    audit.record_many(events)
    _set_status([h.agent for h in happenings], final)
    last = {h.agent.pk: h for h in happenings}
    coming = [h for h in last.values() if h.event in (ClockEvent.CLOCKED_IN, ClockEvent.AUTO_WAKE)]
    leaving = [h for h in last.values() if h not in coming]
    _resume([h.agent for h in coming], reasons={h.agent.pk: h.reason for h in coming}, by=by, now=now)
    go_off_duty(
        [h.agent for h in leaving], schedules=schedules, reasons={h.agent.pk: h.reason for h in leaving}, by=by, now=now
    )
    return records


def _set_status(agents: Sequence[Agent], final: Mapping[UUID, tuple[ClockStatus, datetime | None]]) -> None:
    """One UPDATE per distinct (status, moment): shifts end together, so a sweep of thousands is a few statements."""
    groups: dict[tuple[ClockStatus, datetime | None], set[UUID]] = {}
    for agent in agents:
        status, since = final[agent.pk]
        agent.clock_status, agent.clock_since = status.value, since
        groups.setdefault((status, since), set()).add(agent.pk)
    for (status, since), ids in groups.items():
        Agent.objects.filter(pk__in=ids).update(clock_status=status.value, clock_since=since)


def _resume(agents: Sequence[Agent], *, reasons: Mapping[UUID, str], by: Actor, now: datetime) -> None:
    """Free agents from the clock's own hold and wake the runtimes of those that may work."""
    if not agents:
        return
    by_id = {agent.pk: agent for agent in agents}
    active = list(Hold.objects.active().filter(agent__in=list(by_id)))
    off_hours = [hold for hold in active if hold.kind == HoldKind.OFF_HOURS]
    if off_hours:
        freed = {hold.agent_id: by_id[hold.agent_id] for hold in off_hours}
        holds.release_many(off_hours, agents=freed, reason="Clocked in.", by=by, now=now, tell=False)
    still_held = {hold.agent_id for hold in active if hold.kind != HoldKind.OFF_HOURS}
    free = [agent for agent in agents if agent.pk not in still_held]
    commands.issue_many(free, CommandKind.WAKE, reasons=_or(reasons, "Clocked in."), by=by, now=now)


def go_off_duty(
    agents: Sequence[Agent],
    *,
    schedules: Mapping[UUID, WorkSchedule],
    reasons: Mapping[UUID, str],
    by: Actor,
    now: datetime,
) -> None:
    """The off-hours action of each agent's schedule (spec W6): hold, stop command, or nothing but waiting work."""
    if not agents:
        return
    held = set(
        Hold.objects.active()
        .filter(agent__in=[agent.pk for agent in agents], kind=HoldKind.OFF_HOURS)
        .values_list("agent_id", flat=True)
    )
    pausing, stopping = [], []
    for agent in agents:
        schedule = schedules.get(agent.pk)
        if schedule is None or agent.state in rules.GONE:
            continue
        if schedule.off_hours_action == OffHoursAction.PAUSE and agent.pk not in held:
            pausing.append(agent)
        elif schedule.off_hours_action == OffHoursAction.STOP:
            stopping.append(agent)
    words = _or(reasons, "Clocked out.")
    until = {agent.pk: _next_start(schedules[agent.pk], now) for agent in pausing}
    if pausing:
        # The clock ends its own hold when it clocks the agent in; a date would end it for agents nobody wakes.
        holds.place_many(
            pausing,
            kind=HoldKind.OFF_HOURS,
            reasons={a.pk: _with_return(words[a.pk], until[a.pk], schedules[a.pk]) for a in pausing},
            until={},
            by=by,
            now=now,
        )
    tasks.cancel_running(stopping, reason="Off duty: what was running is cancelled.", by=by, now=now)
    commands.issue_many(stopping, CommandKind.STOP, reasons=words, by=by, now=now)


def _next_start(schedule: WorkSchedule, now: datetime) -> datetime | None:
    return hours_rules.next_start(schedule.hours(), now)


def _with_return(reason: str, start: datetime | None, schedule: WorkSchedule) -> str:
    if start is None or not schedule.auto_wake:
        return reason
    local = start.astimezone(hours_rules.check_zone(schedule.time_zone))
    return f"{reason} Back {local:%a %H:%M} {schedule.time_zone}."[:500]


def _or(reasons: Mapping[UUID, str], otherwise: str) -> dict[UUID, str]:
    return {agent_id: reason or otherwise for agent_id, reason in reasons.items()}


def _check_may(agent: Agent, by: Actor, reason: str) -> None:
    check_may(by=by, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.CLOCK, agent_itself=True)
    lifecycle.check_reason(reason)


def _check_force(agent: Agent, by: Actor, force: bool, reason: str) -> None:
    if not force:
        raise Conflict(
            f"{agent.agent_name} is {agent.current_state}. It clocks in at its first healthy heartbeat after it "
            "recovered, or a person forces it and says why.",
            code="needs_force",
            current=agent.current_state,
        )
    if by.kind != ActorKind.USER:
        raise Forbidden(f"Only a person may force a {agent.current_state} agent to clock in.", code="person_only")
    if not reason.strip():
        raise Invalid([("reason", "Say why this agent should clock in all the same.")])
