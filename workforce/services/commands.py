"""What runtimes are told. One pending command about each agent: a newer one replaces it; beside it one for each task
that was taken away while it was worked on (spec W5, H1, T3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from workforce.choices import CommandKind
from workforce.models import Agent, Command, Task
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
        agent__in=[agent.pk for agent in agents],
        acknowledged_at__isnull=True,
        superseded_at__isnull=True,
        task_id__isnull=True,
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


def cancel_tasks(tasks: Sequence[Task], *, reason: str, by: Actor, now: datetime) -> None:
    """Tell the runtimes that were at work on these to stop. Two statements whatever the number."""
    if not tasks:
        return
    pending = Command.objects.filter(acknowledged_at__isnull=True, superseded_at__isnull=True)
    pending.filter(task_id__in=[task.pk for task in tasks]).update(superseded_at=now)
    insert_many(
        [
            Command(
                organization_id=task.organization_id,
                agent_id=task.agent_id,
                command=CommandKind.CANCEL,
                task_id=task.pk,
                reason=reason[:500],
                issued_at=now,
                issued_by_label=by.label[:160],
            )
            for task in tasks
        ]
    )


def deliver(*, agent_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[Command]]:
    """The pending commands per agent, oldest first, marked as carried. They are carried again until acknowledged or
    replaced, because an answer can be lost on its way."""
    pending: dict[UUID, list[Command]] = {}
    waiting = Command.objects.filter(
        agent__in=list(agent_ids), acknowledged_at__isnull=True, superseded_at__isnull=True
    ).order_by("issued_at", "id")
    for command in waiting:
        pending.setdefault(command.agent_id, []).append(command)
    fresh = [command.pk for found in pending.values() for command in found if command.delivered_at is None]
    if fresh:
        Command.objects.filter(pk__in=fresh, delivered_at__isnull=True).update(delivered_at=now)
    return pending


def acknowledge(*, agent_ids: Iterable[UUID], command_ids: Iterable[UUID], now: datetime) -> int:
    """Runtimes confirm what they were told; ids that are not these agents' are passed over."""
    return Command.objects.filter(
        agent__in=list(agent_ids), pk__in=list(command_ids), acknowledged_at__isnull=True
    ).update(acknowledged_at=now)
