"""Caps of agents, and what is used of them (000 "API Reference", spec B1 to B5). The service checks every field, all at
once."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api import examples
from budgets.api.serializers import BudgetPageSerializer, BudgetQuery, BudgetSerializer, CapsBody
from budgets.choices import CapWindow
from budgets.models import Caps
from budgets.rules import caps as rules
from budgets.rules.gauges import Gauge
from budgets.rules.windows import day_of
from budgets.selectors.caps import caps_of
from budgets.selectors.prices import last_unpriced_days, policy_of
from budgets.services.caps import set_caps
from workforce.api.access import filter_agents, find_agent, visible_agents
from workforce.api.authentication import caller
from workforce.api.fields import NOT_AN_OBJECT, read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Agent, Organization
from workforce.rules.refusals import Invalid


class BudgetOverview(ApiView):
    scopes = {"GET": KeyScope.READ}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_budget_overview",
        summary="All agents' caps and what is used of them",
        parameters=[BudgetQuery],
        responses={200: BudgetPageSerializer},
        examples=examples.OVERVIEW,
    )
    def get(self, request: Request) -> Response:
        """Agents by name, with what they used in the windows that run. An agent's own key sees itself."""
        asked = read_query(BudgetQuery, request.query_params)
        agents = filter_agents(request, visible_agents(request), asked).select_related("team", "caps")
        page = page_of(agents, by="agent_name", limit=asked["limit"], cursor=asked.get("cursor"))
        results = budget_facts(caller(request).organization, page.rows, now=timezone.now())
        return Response(BudgetPageSerializer({"results": results, "next_cursor": page.next_cursor}).data)


class AgentBudget(ApiView):
    scopes = {"PUT": KeyScope.BUDGETS}

    @extend_schema(
        operation_id="workforce_budget_update",
        summary="Update caps",
        request=CapsBody,
        responses={200: BudgetSerializer},
        examples=examples.UPDATE,
    )
    def put(self, request: Request, agent_id: UUID) -> Response:
        """Caps per window, in whole tokens and in money, and what happens at them. What the body leaves out stays as it
        is, null takes the cap away, 0 means nothing may be spent. An agent's own key may not."""
        who, data, now = caller(request), request.data, timezone.now()
        if not isinstance(data, Mapping):
            raise Invalid([("", NOT_AN_OBJECT)])
        agent = find_agent(request, agent_id, among=Agent.objects.of(who.organization).select_related("team", "caps"))
        caps = set_caps(organization=who.organization, agent_id=agent_id, caps=dict(data), by=who.actor, now=now)
        agent.caps = caps  # as it was written
        (facts,) = budget_facts(who.organization, [agent], now=now)
        return Response(BudgetSerializer(facts).data)


def budget_facts(organization: Organization, agents: Any, *, now: datetime) -> list[dict[str, Any]]:
    """Agents for ``BudgetSerializer``, loaded with pod and caps. Two queries."""
    currency = policy_of(organization).currency
    unpriced = last_unpriced_days([agent.pk for agent in agents], now=now)
    return [_facts(agent, organization, currency, unpriced.get(agent.pk), now) for agent in agents]


def _facts(
    agent: Agent, organization: Organization, currency: str, unpriced: date | None, now: datetime
) -> dict[str, Any]:
    caps = caps_of(agent) or Caps(agent=agent)
    zone = caps.time_zone or organization.time_zone
    gauges = caps.gauges(organization.time_zone, now)
    half = len(gauges) // 2
    windows = [_window(*pair, zone, unpriced) for pair in zip(gauges[:half], gauges[half:], strict=True)]
    kept = caps.caps()
    return {
        "agent_id": agent.pk,
        "agent_name": agent.agent_name,
        "pod": agent.team,
        "current_state": agent.current_state,
        "caps_set": caps.any_set,
        "caps": {name: kept[name] for name in (*rules.TOKEN_FIELDS, *rules.COST_FIELDS)},
        "on_cap": caps.on_cap,
        "time_zone": zone,
        "currency": currency,
        "used_tokens": {CapWindow(one["window"]).field: one["used_tokens"] for one in windows},
        "windows": windows,
        "reserved_tokens": caps.reserved_tokens,
        "reserved_cost": caps.reserved_cost,
        "reached": any(one["reached"] for one in windows),
        "cost_unknown": any(one["cost_unknown"] for one in windows),
        "updated_at": caps.updated_at,
    }


def _window(tokens: Gauge, cost: Gauge, zone: str, unpriced: date | None) -> dict[str, Any]:
    return {
        "window": tokens.window.value,
        "start": tokens.start,
        "end": tokens.end,
        "used_tokens": tokens.used,
        "used_cost": cost.used,
        "cost_unknown": unpriced is not None and unpriced >= day_of(zone, tokens.start),
        "percent_tokens": tokens.share,
        "percent_cost": cost.share,
        "reached": tokens.reached or cost.reached,
    }
