"""Token caps of agents (000 "API Reference", spec B1). The service checks every field, all at once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api import examples
from budgets.api.serializers import BudgetPageSerializer, BudgetQuery, BudgetSerializer, CapsBody
from budgets.models import Caps
from budgets.selectors.caps import caps_of, tokens_of
from budgets.services.caps import set_caps
from workforce.api.access import filter_agents, find_agent, visible_agents
from workforce.api.authentication import caller
from workforce.api.fields import NOT_AN_OBJECT, read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Agent
from workforce.rules.refusals import Invalid


class BudgetOverview(ApiView):
    scopes = {"GET": KeyScope.READ}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_budget_overview",
        summary="All agents' token caps",
        parameters=[BudgetQuery],
        responses={200: BudgetPageSerializer},
        examples=examples.OVERVIEW,
    )
    def get(self, request: Request) -> Response:
        """Agents by name. Usage is not recorded: `used_tokens` is null. An agent's own key sees itself."""
        asked = read_query(BudgetQuery, request.query_params)
        agents = filter_agents(request, visible_agents(request), asked).select_related("team", "caps")
        page = page_of(agents, by="agent_name", limit=asked["limit"], cursor=asked.get("cursor"))
        results = [budget_facts(agent, caps_of(agent)) for agent in page.rows]
        return Response(BudgetPageSerializer({"results": results, "next_cursor": page.next_cursor}).data)


class AgentBudget(ApiView):
    scopes = {"PUT": KeyScope.BUDGETS}

    @extend_schema(
        operation_id="workforce_budget_update",
        summary="Update token caps",
        request=CapsBody,
        responses={200: BudgetSerializer},
        examples=examples.UPDATE,
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Whole tokens per window. What the body leaves out stays as it is, null takes the cap away, 0 means nothing
        may be spent. An agent's own key may not."""
        who, data = caller(request), request.data
        if not isinstance(data, Mapping):
            raise Invalid([("", NOT_AN_OBJECT)])
        agent = find_agent(request, agent_id, among=Agent.objects.of(who.organization).select_related("team"))
        caps = set_caps(
            organization=who.organization, agent_id=agent_id, caps=dict(data), by=who.actor, now=timezone.now()
        )
        return Response(BudgetSerializer(budget_facts(agent, caps)).data)


def budget_facts(agent: Agent, caps: Caps | None) -> dict[str, Any]:
    """An agent for ``BudgetSerializer``. ``used_tokens`` is None until usage is recorded, never 0."""
    return {
        "agent_id": agent.pk,
        "agent_name": agent.agent_name,
        "pod": agent.team,
        "current_state": agent.current_state,
        "caps_set": caps is not None and caps.any_set,
        "caps": tokens_of(caps),
        "used_tokens": None,
        "updated_at": caps.updated_at if caps and not caps._state.adding else None,
    }
