"""What a key may see: its organisation's agents, or, if it is an agent's own, that agent (spec P1, P4)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from workforce.api.authentication import caller
from workforce.models import Agent, Team
from workforce.models.roster import AgentQuerySet
from workforce.rules.refusals import Forbidden, Missing

NO_SUCH_AGENT = "There is no such agent in this organisation."


def visible_agents(request: Request) -> AgentQuerySet:
    """The agents a list may hold: an agent's own key sees itself."""
    who = caller(request)
    agents = Agent.objects.of(who.organization)
    return agents if who.agent_id is None else agents.filter(pk=who.agent_id)


def find_agent(request: Request, agent_id: UUID, *, among: AgentQuerySet | None = None) -> Agent:
    """Raises ``Missing`` for other organisations' agents and ``Forbidden`` for a colleague of a key's own agent."""
    agents = Agent.objects.of(caller(request).organization) if among is None else among
    agent = agents.filter(pk=agent_id).first()
    if agent is None:
        raise Missing(NO_SUCH_AGENT)
    check_own(request, agent.pk)
    return agent


def check_own(request: Request, agent_id: UUID) -> None:
    """Raises ``Forbidden`` where an agent's own key reaches for another agent of its organisation."""
    own = caller(request).agent_id
    if own is not None and own != agent_id:
        raise Forbidden("This key acts for its own agent only.", code="not_your_agent")


def filter_agents(request: Request, agents: AgentQuerySet, asked: Mapping[str, Any]) -> AgentQuerySet:
    """By ``q`` (part of the name), ``pod``, ``state``, ``tier``, where asked. Raises ``Missing`` for an unknown pod."""
    if "pod" in asked:
        if not Team.objects.filter(organization=caller(request).organization, pk=asked["pod"]).exists():
            raise Missing("There is no such pod in this organisation.")
        agents = agents.filter(team_id=asked["pod"])
    columns = {"q": "agent_name__icontains", "state": "current_state", "tier": "priority_tier"}
    return agents.filter(**{column: asked[name] for name, column in columns.items() if name in asked})
