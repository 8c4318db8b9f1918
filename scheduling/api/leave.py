"""Planned leave (spec W10): a hold with dates, begun and ended by the system."""

from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.api import leave_examples as examples
from scheduling.api.leave_serializers import (
    ChangedLeaveBody,
    LeavePageSerializer,
    LeaveQuery,
    LeaveSerializer,
    NewLeaveBody,
    leave_facts,
)
from scheduling.models import Leave
from scheduling.models.leave import LeaveQuerySet
from scheduling.selectors.leave import PARTS
from scheduling.services import leave as service
from workforce.api.access import find_agent
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.paging import page_of
from workforce.api.serializers import ReasonBody
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.rules.refusals import Forbidden, Missing


class Leaves(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.SCHEDULES}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_leave_list",
        summary="Planned, running and past leave",
        parameters=[LeaveQuery],
        responses={200: LeavePageSerializer},
        examples=examples.LEAVES,
    )
    def get(self, request: Request) -> Response:
        """The latest start first. An agent's own key sees its own, and that for which it covers."""
        asked = read_query(LeaveQuery, request.query_params)
        found = _visible(request).within(asked.get("from"), asked.get("to"))
        if "agent" in asked:
            find_agent(request, asked["agent"])
            found = found.filter(agent=asked["agent"])
        if "status" in asked:
            found = found.filter(status=asked["status"])
        found = found.select_related(*PARTS)
        page = page_of(found, by="starts_at", newest_first=True, limit=asked["limit"], cursor=asked.get("cursor"))
        answer = {"results": [leave_facts(leave) for leave in page.rows], "next_cursor": page.next_cursor}
        return Response(LeavePageSerializer(answer).data)

    @extend_schema(
        operation_id="workforce_leave_plan",
        summary="Plan leave for an agent",
        request=NewLeaveBody,
        responses={201: LeaveSerializer},
        examples=examples.LEAVE_PLAN,
    )
    def post(self, request: Request) -> Response:
        """At its start the agent is held and pauses, at its end it is released. An agent's own key may not."""
        data, who = read_body(NewLeaveBody, request.data), caller(request)
        find_agent(request, data["agent_id"])
        leave = service.plan(organization=who.organization, data=data, by=who.actor, now=timezone.now())
        return answer_of(leave, status=201)


class LeaveDetail(ApiView):
    scopes = {"GET": KeyScope.READ, "PATCH": KeyScope.SCHEDULES}

    @extend_schema(
        operation_id="workforce_leave", summary="One leave", responses={200: LeaveSerializer}, examples=examples.LEAVE
    )
    def get(self, request: Request, leave_id: UUID) -> Response:
        return answer_of(find_leave(request, leave_id))

    @extend_schema(
        operation_id="workforce_leave_edit",
        summary="Change planned leave, or the end of leave that runs",
        request=ChangedLeaveBody,
        responses={200: LeaveSerializer},
        examples=examples.LEAVE_EDIT,
    )
    def patch(self, request: Request, leave_id: UUID) -> Response:
        """Only the fields that are sent change; null takes the cover away. An agent's own key may not."""
        changes, who = read_body(ChangedLeaveBody, request.data), caller(request)
        find_leave(request, leave_id)
        leave = service.edit(
            organization=who.organization, leave_id=leave_id, changes=changes, by=who.actor, now=timezone.now()
        )
        return answer_of(leave)


class CancelLeave(ApiView):
    scopes = {"POST": KeyScope.SCHEDULES}

    @extend_schema(
        operation_id="workforce_leave_cancel",
        summary="Call leave off, or end it now",
        request=ReasonBody,
        responses={200: LeaveSerializer},
        examples=examples.LEAVE_CANCEL,
    )
    def post(self, request: Request, leave_id: UUID) -> Response:
        """Planned leave is cancelled; leave that runs ends and its hold is released. Over already: answered as it is.
        An agent's own key may not."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        find_leave(request, leave_id)
        leave = service.cancel(
            organization=who.organization, leave_id=leave_id, **body, by=who.actor, now=timezone.now()
        )
        return answer_of(leave)


def find_leave(request: Request, leave_id: UUID) -> Leave:
    """Raises ``Missing`` for other organisations' leave, ``Forbidden`` for what an agent's own key does not see."""
    if not Leave.objects.of(caller(request).organization).filter(pk=leave_id).exists():
        raise Missing(service.NO_SUCH_LEAVE)
    leave = _visible(request).filter(pk=leave_id).first()
    if leave is None:
        raise Forbidden("This key acts for its own agent only.", code="not_your_agent")
    return leave


def answer_of(leave: Leave, *, status: int = 200) -> Response:
    """The leave as it is now; one query."""
    found = Leave.objects.select_related(*PARTS).get(pk=leave.pk)
    return Response(LeaveSerializer(leave_facts(found)).data, status=status)


def _visible(request: Request) -> LeaveQuerySet:
    who = caller(request)
    found = Leave.objects.of(who.organization)
    return found if who.agent_id is None else found.filter(Q(agent=who.agent_id) | Q(cover_agent=who.agent_id))
