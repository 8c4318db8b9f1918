"""What a runtime is told in answer to its heartbeat (spec H1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from heartbeats.rules import cadence
from scheduling.selectors.duty import duty_of
from workforce.models import Agent, Command


@dataclass(frozen=True, slots=True)
class Orders:
    """``desired_state`` is work, pause or stop; ``reason`` says why not work. ``next_heartbeat_due`` is None while
    none is owed (spec H5); ``next_event`` is what the clock does next and when, None where nothing is ahead."""

    current_state: str
    desired_state: str
    on_duty: bool
    in_grace: bool
    reason: str
    next_heartbeat_due: datetime | None
    next_event: tuple[str, datetime] | None
    commands: tuple[Command, ...]


def orders_for(agents: Sequence[Agent], *, pending: Mapping[UUID, Command], now: datetime) -> dict[UUID, Orders]:
    """Orders per agent id, as of ``now``. As many queries for one agent as for a thousand."""
    duties = duty_of(agents, now=now)
    orders = {}
    for agent in agents:
        duty = duties[agent.pk]
        command = pending.get(agent.pk)
        owed = cadence.owes(agent.current_state, on_duty=duty.on_duty, may_work=duty.desired_state == "work")
        orders[agent.pk] = Orders(
            current_state=agent.current_state,
            desired_state=duty.desired_state,
            on_duty=duty.on_duty,
            in_grace=duty.in_grace,
            reason=duty.reason,
            next_heartbeat_due=cadence.next_due(agent.priority_tier, received_at=now) if owed else None,
            next_event=duty.next_event,
            commands=() if command is None else (command,),
        )
    return orders
