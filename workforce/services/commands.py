"""What runtimes are told. One pending command per agent: a newer one replaces it (spec W5, H1)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from workforce.choices import CommandKind
from workforce.models import Agent, Command
from workforce.models.bulk import insert_many
from workforce.rules.actors import Actor


def issue(*, agent: Agent, command: CommandKind, reason: str, by: Actor, now: datetime) -> None:
    issue_many([agent], command, reasons={agent.pk: reason}, by=by, now=now)


def issue_many(
    agents: Sequence[Agent], command: CommandKind, *, reasons: Mapping[UUID, str], by: Actor, now: datetime
) -> None:
    """Tell these runtimes; call with their agents locked. Two statements whatever the number."""
    if not agents:
        return
    Command.objects.filter(
        agent__in=[agent.pk for agent in agents], acknowledged_at__isnull=True, superseded_at__isnull=True
    ).update(superseded_at=now)
    insert_many(
        [
            Command(
                organization_id=agent.organization_id,
                agent=agent,
                command=command,
                reason=reasons.get(agent.pk, "")[:500],
                issued_at=now,
                issued_by_label=by.label[:160],
            )
            for agent in agents
        ]
    )


def deliver(*, agent_ids: Iterable[UUID], now: datetime) -> dict[UUID, Command]:
    """The pending command per agent, marked as carried. It is carried again until acknowledged or replaced, because an
    answer can be lost on its way."""
    pending = {
        command.agent_id: command
        for command in Command.objects.filter(
            agent__in=list(agent_ids), acknowledged_at__isnull=True, superseded_at__isnull=True
        )
    }
    fresh = [command.pk for command in pending.values() if command.delivered_at is None]
    if fresh:
        Command.objects.filter(pk__in=fresh, delivered_at__isnull=True).update(delivered_at=now)
    return pending


def acknowledge(*, agent_ids: Iterable[UUID], command_ids: Iterable[UUID], now: datetime) -> int:
    """Runtimes confirm what they were told; ids that are not these agents' are passed over."""
    return Command.objects.filter(
        agent__in=list(agent_ids), pk__in=list(command_ids), acknowledged_at__isnull=True
    ).update(acknowledged_at=now)
