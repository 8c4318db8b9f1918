"""Who and what a record names, as people write it: by id, by e-mail address, by name (spec R1, R9)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from workforce.models import Agent, Organization, Team, User
from workforce.rules.roster_csv import COLUMNS, tags_cell, tools_cell

#: More are typed, not proposed.
MOST_PROPOSED = 200
#: Agents written to a file between two looks at the database.
BATCH = 500


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def person_called(organization: Organization, text: str) -> User | None:
    """The active member with this id or e-mail address."""
    members = User.objects.filter(memberships__organization=organization, is_active=True)
    pk = _id(text.strip())
    return members.filter(pk=pk).first() if pk else members.filter(email=text.strip().lower()).first()


def agent_called(organization: Organization, text: str) -> Agent | None:
    """The agent with this id or name."""
    agents, pk = Agent.objects.of(organization), _id(text.strip())
    found = agents.filter(pk=pk).first() if pk else None
    return found or agents.filter(agent_name=text.strip()).first()


def pod_called(organization: Organization, text: str) -> Team | None:
    """The pod with this id or name."""
    pods, pk = Team.objects.filter(organization=organization), _id(text.strip())
    found = pods.filter(pk=pk).first() if pk else None
    return found or pods.filter(name=text.strip()).first()


def owner_called(organization: Organization, text: str) -> User | Agent | None:
    """A person by e-mail address, or else an agent by name."""
    return person_called(organization, text) or agent_called(organization, text)


def owner_proposals(organization: Organization) -> list[tuple[str, str]]:
    """What to type, and whom it means: people by address, then agents that are at work here, ``MOST_PROPOSED`` each."""
    people: Any = User.objects.filter(memberships__organization=organization, is_active=True).order_by("name")
    agents = Agent.objects.of(organization).active().order_by("agent_name").values_list("agent_name", flat=True)
    return [
        *((email, name) for email, name in people.values_list("email", "name")[:MOST_PROPOSED]),
        *((name, "agent") for name in agents[:MOST_PROPOSED]),
    ]


@dataclass(frozen=True, slots=True)
class Directory:
    """Whom the names of a file mean: people by e-mail address, agents and pods by name. Agents with their state."""

    people: Mapping[str, UUID]
    agents: Mapping[str, tuple[UUID, str]]
    pods: Mapping[str, UUID]


def directory(organization: Organization, *, called: Collection[str], pods: Collection[str]) -> Directory:
    """Everybody who is ``called`` one of these. Three queries."""
    people: Any = User.objects.filter(
        memberships__organization=organization, is_active=True, email__in={name.lower() for name in called}
    )
    agents = Agent.objects.of(organization).filter(agent_name__in=called)
    teams = Team.objects.filter(organization=organization, name__in=pods)
    return Directory(
        people=dict(people.values_list("email", "pk")),
        agents={name: (pk, state) for name, pk, state in agents.values_list("agent_name", "pk", "current_state")},
        pods=dict(teams.values_list("name", "pk")),
    )


def roster_lines(agents: Any) -> Iterator[list[Any]]:
    """Agents as the lines of a file with the columns ``COLUMNS``, as import takes it back."""
    whole = agents.select_related("team", "owner_user", "owner_agent", "secondary_owner_user", "secondary_owner_agent")
    walk = whole.iterator(chunk_size=BATCH)
    while batch := list(islice(walk, BATCH)):
        for agent in batch:
            yield [_cell(agent, name) for name in COLUMNS]


def _cell(agent: Agent, name: str) -> Any:
    value = getattr(agent, name)
    if isinstance(value, User):
        return value.email
    if isinstance(value, Agent):
        return value.agent_name
    if isinstance(value, Team):
        return value.name
    if name == "capability_tags":
        return tags_cell(value)
    return tools_cell(value) if name == "tools" else value
