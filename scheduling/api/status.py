"""Every agent's clock status (000 "API Reference", spec W4, W11)."""

from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.api import examples
from scheduling.api.serializers import StatusPageSerializer, StatusQuery
from scheduling.selectors.duty import Duty, duty_of
from workforce.api.access import filter_agents, visible_agents
from workforce.api.fields import read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import ClockStatus, KeyScope
from workforce.models import Agent
from workforce.models.roster import AgentQuerySet


class Status(ApiView):
    scopes = {"GET": KeyScope.READ}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_status",
        summary="All agents' clock status",
        parameters=[StatusQuery],
        responses={200: StatusPageSerializer},
        examples=examples.STATUS,
    )
    def get(self, request: Request) -> Response:
        """Agents by name, with what comes next for each. An agent's own key sees itself."""
        asked, now = read_query(StatusQuery, request.query_params), timezone.now()
        agents = filter_agents(request, visible_agents(request), asked)
        counts = counts_of(agents)
        if "status" in asked:
            agents = agents.filter(clock_status=asked["status"])
        page = page_of(
            agents.select_related("team", "presence"),
            by="agent_name",
            limit=asked["limit"],
            cursor=asked.get("cursor"),
        )
        duties = duty_of(page.rows, now=now)
        results = [status_facts(agent, duties[agent.pk]) for agent in page.rows]
        answer = {"as_of": now, "counts": counts, "results": results, "next_cursor": page.next_cursor}
        return Response(StatusPageSerializer(answer).data)


def counts_of(agents: AgentQuerySet) -> dict[str, int]:
    """How many agents stand where with the clock; one query."""
    found = dict(agents.order_by().values_list("clock_status").annotate(number=Count("pk")))
    return {status.value: found.get(status.value, 0) for status in ClockStatus}


def status_facts(agent: Agent, duty: Duty) -> dict[str, Any]:
    """An agent for ``StatusSerializer``."""
    return {
        "agent_id": agent.pk,
        "agent_name": agent.agent_name,
        "pod": agent.team,
        "clock_status": agent.clock_status,
        "current_state": agent.current_state,
        "on_duty": duty.on_duty,
        "in_grace": duty.in_grace,
        "schedule": duty.schedule_text,
        "time_zone": duty.schedule.time_zone if duty.schedule else None,
        "next_event": event_facts(duty.next_event),
        "last_seen_at": agent.last_seen_at,
        "holds": duty.holds,
    }


def event_facts(event: tuple[str, datetime] | None) -> dict[str, Any] | None:
    return None if event is None else {"kind": event[0], "at": event[1]}
