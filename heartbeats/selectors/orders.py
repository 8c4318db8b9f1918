"""What a runtime is told in answer to its heartbeat (spec H1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from budgets.models import Caps
from budgets.rules.gauges import stop_of
from heartbeats.rules import cadence
from scheduling.selectors.duty import Duty, duty_of
from workforce.choices import HoldKind, LifecycleState, TaskStatus
from workforce.models import Agent, Command, Task
from workforce.rules.lifecycle import GONE


@dataclass(frozen=True, slots=True)
class Orders:
    """``desired_state`` is work, pause or stop; ``reason`` says why not work. ``next_heartbeat_due`` is None while
    none is owed (spec H5); ``next_event`` is what the clock does next and when, None where nothing is ahead.
    ``work_waiting`` says that a claim would find something; ``running`` is the task under a lease, if any."""

    current_state: str
    desired_state: str
    on_duty: bool
    in_grace: bool
    reason: str
    next_heartbeat_due: datetime | None
    next_event: tuple[str, datetime] | None
    commands: tuple[Command, ...]
    work_waiting: bool = False
    running: Task | None = None


def orders_for(
    agents: Sequence[Agent], *, pending: Mapping[UUID, Sequence[Command]], tz: str, now: datetime
) -> dict[UUID, Orders]:
    """Orders per agent id, as of ``now``. As many queries for one agent as for a thousand.

    Load the agents with ``select_related("caps")``; ``tz`` is the zone of their organisation, for caps of agents
    without hours.
    """
    duties = duty_of(agents, now=now)
    ids = [agent.pk for agent in agents]
    waiting = dict(_waiting(ids))
    running = {task.agent_id: task for task in Task.objects.filter(agent__in=ids, status=TaskStatus.IN_PROGRESS)}
    orders = {}
    for agent in agents:
        duty, task = duties[agent.pk], running.get(agent.pk)
        some, urgent = waiting.get(agent.pk, (False, False))
        desired, reason = _with_urgent(agent, duty, urgent or (task is not None and task.urgent))
        if agent.state not in GONE:
            desired, reason = _within_caps(agent, desired, reason, tz, now)
        owed = cadence.owes(agent.current_state, on_duty=duty.on_duty, may_work=duty.desired_state == "work")
        orders[agent.pk] = Orders(
            current_state=agent.current_state,
            desired_state=desired,
            on_duty=duty.on_duty,
            in_grace=duty.in_grace,
            reason=reason,
            next_heartbeat_due=cadence.next_due(agent.priority_tier, received_at=now) if owed else None,
            next_event=duty.next_event,
            commands=tuple(pending.get(agent.pk, ())),
            work_waiting=task is None
            and desired == "work"
            and (urgent or (some and duty.on_duty and not duty.in_grace)),
            running=task,
        )
    return orders


def _waiting(agent_ids: Sequence[UUID]) -> Iterable[tuple[UUID, tuple[bool, bool]]]:
    """Per agent whether anything waits in its queue, and whether anything urgent does. Two index probes each."""
    queued = Task.objects.claimable().filter(agent=OuterRef("pk"))
    rows = (
        Agent.objects.filter(pk__in=agent_ids)
        .order_by()
        .values_list("pk", Exists(queued), Exists(queued.filter(urgent=True)))
    )
    return ((agent_id, (some, urgent)) for agent_id, some, urgent in rows)


def _within_caps(agent: Agent, desired: str, reason: str, tz: str, now: datetime) -> tuple[str, str]:
    """At a cap the agent stops at once, unless it is one that only alerts (spec B3, B4)."""
    caps: Caps | None = getattr(agent, "caps", None)
    stop = stop_of(caps.gauges(tz, now), caps.on_cap) if caps is not None else None
    return (desired, reason) if stop is None else ("stop", stop.sentence)


def _with_urgent(agent: Agent, duty: Duty, urgent: bool) -> tuple[str, str]:
    """Off duty an agent works on what a person marked urgent, and on nothing else (spec W9)."""
    only_hours = all(hold.kind == HoldKind.OFF_HOURS for hold in duty.holds)
    if urgent and not duty.on_duty and only_hours and agent.state not in (*GONE, LifecycleState.REGISTERED):
        return "work", "Off duty, for urgent work only."
    return duty.desired_state, duty.reason
