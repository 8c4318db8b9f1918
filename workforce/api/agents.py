"""Agents, who answers for them, and their lifecycle (spec R2, R4)."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api import examples
from workforce.api.access import filter_agents, find_agent, visible_agents
from workforce.api.agent_bodies import AgentBody, record_of
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.paging import page_of
from workforce.api.serializers import (
    AgentPageSerializer,
    AgentQuery,
    AgentSerializer,
    MovesSerializer,
    ReportingLineSerializer,
    TransitionBody,
    agent_facts,
)
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Agent
from workforce.models.roster import AgentQuerySet
from workforce.rules import lifecycle as rules
from workforce.selectors.reporting import reporting_line
from workforce.services import agents as roster
from workforce.services import lifecycle

_PARTS = ("owner_user", "owner_agent", "secondary_owner_user", "secondary_owner_agent", "team", "presence")


class AgentList(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.ROSTER}
    takes_ids = True

    @extend_schema(
        operation_id="agents_list",
        summary="The roster",
        parameters=[AgentQuery],
        responses={200: AgentPageSerializer},
        examples=examples.AGENTS,
    )
    def get(self, request: Request) -> Response:
        """Agents by name. An agent's own key sees itself."""
        asked = read_query(AgentQuery, request.query_params)
        agents = filter_agents(request, visible_agents(request), asked).select_related(*_PARTS)
        page = page_of(agents, by="agent_name", limit=asked["limit"], cursor=asked.get("cursor"))
        answer = {"results": [agent_facts(agent) for agent in page.rows], "next_cursor": page.next_cursor}
        return Response(AgentPageSerializer(answer).data)

    @extend_schema(
        operation_id="agent_hire",
        summary="Hire an agent",
        request=AgentBody,
        responses={201: AgentSerializer},
        examples=examples.HIRE,
    )
    def post(self, request: Request) -> Response:
        """It starts as registered: give it hours, then move it to ready. An agent's own key may not hire."""
        who = caller(request)
        record = record_of(who.organization, request.data)
        agent = roster.create(organization=who.organization, record=record, by=who.actor, now=timezone.now())
        return Response(AgentSerializer(agent_facts(_with_parts(request).get(pk=agent.pk))).data, status=201)


class AgentDetail(ApiView):
    scopes = {"GET": KeyScope.READ, "PATCH": KeyScope.ROSTER}

    @extend_schema(operation_id="agent", summary="One agent", responses={200: AgentSerializer}, examples=examples.AGENT)
    def get(self, request: Request, agent_id: UUID) -> Response:
        agent = find_agent(request, agent_id, among=_with_parts(request))
        return Response(AgentSerializer(agent_facts(agent)).data)

    @extend_schema(
        operation_id="agent_edit",
        summary="Change an agent's record",
        request=AgentBody,
        responses={200: AgentSerializer},
        examples=examples.EDIT,
    )
    def patch(self, request: Request, agent_id: UUID) -> Response:
        """Only the fields that are sent change. State, hours and clock have endpoints of their own; an agent's own
        key may not change its record."""
        who = caller(request)
        changes = record_of(who.organization, request.data)
        roster.edit(organization=who.organization, agent_id=agent_id, changes=changes, by=who.actor, now=timezone.now())
        return Response(AgentSerializer(agent_facts(_with_parts(request).get(pk=agent_id))).data)


class ReportingLine(ApiView):
    scopes = {"GET": KeyScope.READ}

    @extend_schema(
        operation_id="agent_reporting_line",
        summary="Who is next when something is wrong",
        responses={200: ReportingLineSerializer},
        examples=examples.REPORTING_LINE,
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """Owner, secondary owner, pod lead, workforce managers, in this order."""
        agent = find_agent(request, agent_id, among=_with_parts(request))
        answer = {"agent_id": agent.pk, "agent_name": agent.agent_name, "steps": reporting_line(agent)}
        return Response(ReportingLineSerializer(answer).data)


class Transitions(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.LIFECYCLE}

    @extend_schema(
        operation_id="agent_moves",
        summary="Which moves are open now",
        responses={200: MovesSerializer},
        examples=examples.MOVES,
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """The moves this key may make from the agent's current state."""
        agent = find_agent(request, agent_id)
        return Response(MovesSerializer(_moves(agent, side=caller(request).actor.side)).data)

    @extend_schema(
        operation_id="agent_move",
        summary="Move an agent through its lifecycle",
        request=TransitionBody,
        responses={200: AgentSerializer},
        examples=examples.MOVE,
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """Moving to paused places a manual hold. An illegal move answers 409 with the legal ones."""
        body = read_body(TransitionBody, request.data)
        who = caller(request)
        lifecycle.transition(organization=who.organization, agent_id=agent_id, **body, by=who.actor, now=timezone.now())
        return Response(AgentSerializer(agent_facts(_with_parts(request).get(pk=agent_id))).data)


def _with_parts(request: Request) -> AgentQuerySet:
    return Agent.objects.of(caller(request).organization).select_related(*_PARTS)


def _moves(agent: Agent, *, side: str) -> dict[str, Any]:
    return {
        "agent_id": agent.pk,
        "current_state": agent.current_state,
        "legal": [
            {"to": state.value, "verb": rules.VERBS[state], "needs_reason": rules.needs_reason(state)}
            for state in rules.legal_targets(agent.current_state, who=side)
        ],
    }
