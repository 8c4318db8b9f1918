"""Everyone who may try something: people by their standing, keys by their reach, the system."""

from typing import Any

from workforce.choices import ActorKind, KeyScope
from workforce.models import Agent, User
from workforce.rules.actors import Actor, system


def person(user: User) -> Actor:
    return Actor(kind=ActorKind.USER, id=str(user.pk), label=user.name)


def itself(agent: Agent) -> Actor:
    """By the agent's own key."""
    return Actor(kind=ActorKind.AGENT, id=str(agent.pk), label=agent.agent_name, agent_id=agent.pk)


def key(*scopes: KeyScope) -> Actor:
    """An organisation's key."""
    return Actor(kind=ActorKind.KEY, id="0190", label="Key orchestrator", scopes=frozenset(s.value for s in scopes))


SYSTEM = system("tests")


def audited(subject: Any, *, action: str | None = None) -> list[Any]:
    """The audit rows about this row, oldest first."""
    from workforce.models import AuditEvent

    events = AuditEvent.objects.filter(subject_id=str(subject.pk))
    return list((events.filter(action=action) if action else events).order_by("at", "id"))
