"""Who does something: a person, an agent by its own key, an organisation's key, or the system."""

from dataclasses import dataclass
from uuid import UUID

from workforce.choices import ActorKind
from workforce.rules import lifecycle


@dataclass(frozen=True, slots=True)
class Actor:
    """``id`` is the user's, agent's or key's id as text, or the name of the system part; ``label`` is shown to people.

    ``agent_id`` is set for agents, ``scopes`` for organisation keys.
    """

    kind: ActorKind
    id: str
    label: str
    agent_id: UUID | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def side(self) -> str:
        """Which column of the lifecycle table applies. An organisation's key stands for the people who made it."""
        return {
            ActorKind.AGENT: lifecycle.AGENT,
            ActorKind.SYSTEM: lifecycle.SYSTEM,
        }.get(self.kind, lifecycle.PEOPLE)


def system(part: str) -> Actor:
    """The system itself, for example ``system("clock")``."""
    return Actor(kind=ActorKind.SYSTEM, id=part, label=part.replace("_", " ").capitalize())
