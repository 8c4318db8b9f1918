"""Working hours of agents (000 "API Reference", spec W1, W2). The service checks every field, all at once."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.api import examples
from scheduling.api.serializers import (
    ChangedHoursBody,
    NewHoursBody,
    SchedulePageSerializer,
    ScheduleQuery,
    ScheduleSerializer,
    ShiftBody,
    WhoseBody,
)
from scheduling.api.status import event_facts
from scheduling.models import WorkSchedule
from scheduling.rules import hours as rules
from scheduling.selectors.duty import duty_of
from scheduling.services import schedules
from scheduling.services.schedule_data import WINDOWS, windows_as_data
from workforce.api.access import check_own, find_agent
from workforce.api.authentication import caller
from workforce.api.fields import NOT_AN_OBJECT, UNKNOWN, read_body, read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.rules.refusals import Invalid, Missing

_WORKED_OUT = ("agent_name", "shifts", "rules", "exceptions", "text", "notes", "next_event")
#: Fields that are the schedule's own attributes.
_PLAIN = [str(name) for name in ScheduleSerializer().fields if name not in _WORKED_OUT]
NO_SUCH_HOURS = "There are no such working hours in this organisation."


class Schedules(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.SCHEDULES}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_schedules_list",
        summary="All configured schedules",
        parameters=[ScheduleQuery],
        responses={200: SchedulePageSerializer},
        examples=examples.SCHEDULES,
    )
    def get(self, request: Request) -> Response:
        """By agent name. An agent's own key sees its own."""
        asked = read_query(ScheduleQuery, request.query_params)
        found = _of(request)
        if "agent" in asked:
            find_agent(request, asked["agent"])
            found = found.filter(agent=asked["agent"])
        page = page_of(found, by="agent__agent_name", limit=asked["limit"], cursor=asked.get("cursor"))
        return Response(
            SchedulePageSerializer({"results": schedule_facts(page.rows), "next_cursor": page.next_cursor}).data
        )

    @extend_schema(
        operation_id="workforce_schedule_create",
        summary="Give an agent working hours",
        request=NewHoursBody,
        responses={201: ScheduleSerializer},
        examples=examples.SCHEDULE_CREATE,
    )
    def post(self, request: Request) -> Response:
        """The clock acts on them at once. An agent has one schedule: a second answers 409 with the first one's id."""
        who, data = caller(request), checked_object(request.data)
        agent_id = _agent_id(data)
        find_agent(request, agent_id)
        schedule = schedules.create(
            organization=who.organization, agent_id=agent_id, data=data, by=who.actor, now=timezone.now()
        )
        return Response(ScheduleSerializer(schedule_facts([schedule])[0]).data, status=201)


class ScheduleDetail(ApiView):
    scopes = {"GET": KeyScope.READ, "PUT": KeyScope.SCHEDULES, "DELETE": KeyScope.SCHEDULES}

    @extend_schema(
        operation_id="workforce_schedule",
        summary="One schedule",
        responses={200: ScheduleSerializer},
        examples=examples.SCHEDULE,
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        schedule = find_schedule(request, schedule_id)
        return Response(ScheduleSerializer(schedule_facts([schedule])[0]).data)

    @extend_schema(
        operation_id="workforce_schedule_update",
        summary="Change a schedule",
        request=ChangedHoursBody,
        responses={200: ScheduleSerializer},
        examples=examples.SCHEDULE_UPDATE,
    )
    def put(self, request: Request, schedule_id: UUID) -> Response:
        """What the body leaves out stays as it is. The clock settles with the new hours at once."""
        who, data = caller(request), checked_object(request.data)
        find_schedule(request, schedule_id)
        schedule = schedules.update(
            organization=who.organization, schedule_id=schedule_id, data=data, by=who.actor, now=timezone.now()
        )
        return Response(ScheduleSerializer(schedule_facts([schedule])[0]).data)

    @extend_schema(
        operation_id="workforce_schedule_delete",
        summary="Delete a schedule",
        responses={204: None},
        examples=examples.SCHEDULE_DELETE,
    )
    def delete(self, request: Request, schedule_id: UUID) -> Response:
        """At once, and not to be undone: the agent is unscheduled. Clock history stays."""
        who = caller(request)
        find_schedule(request, schedule_id)
        schedules.delete(organization=who.organization, schedule_id=schedule_id, by=who.actor, now=timezone.now())
        return Response(status=204)


def find_schedule(request: Request, schedule_id: UUID) -> WorkSchedule:
    """Raises ``Missing`` for other organisations', ``Forbidden`` for a colleague's where the key is an agent's own."""
    everyones = WorkSchedule.objects.filter(organization=caller(request).organization)
    schedule = everyones.select_related("agent").with_hours().filter(pk=schedule_id).first()
    if schedule is None:
        raise Missing(NO_SUCH_HOURS)
    check_own(request, schedule.agent_id)
    return schedule


def schedule_facts(found: Iterable[WorkSchedule]) -> list[dict[str, Any]]:
    """Schedules for ``ScheduleSerializer``. Load with agent and shifts; a fixed number of queries more."""
    found = list(found)
    duties = duty_of([schedule.agent for schedule in found], now=timezone.now())
    facts = []
    for schedule in found:
        hours = schedule.hours()
        facts.append(
            {
                **{name: getattr(schedule, name) for name in _PLAIN},
                "agent_name": schedule.agent.agent_name,
                **dict.fromkeys(WINDOWS, []),
                **windows_as_data(hours),
                "text": rules.describe(hours),
                "notes": [sentence for _, _, sentence in rules.overlaps(hours)],
                "next_event": event_facts(duties[schedule.agent_id].next_event),
            }
        )
    return facts


def _of(request: Request) -> QuerySet[WorkSchedule]:
    who = caller(request)
    found = WorkSchedule.objects.filter(organization=who.organization)
    if who.agent_id is not None:
        found = found.filter(agent=who.agent_id)
    return found.select_related("agent").with_hours()


def checked_object(data: Any) -> dict[str, Any]:
    """The body as a mapping whose shifts hold known names only; the rest is the service's to check."""
    if not isinstance(data, Mapping):
        raise Invalid([("", NOT_AN_OBJECT)])
    shifts = data.get("shifts")
    known = ShiftBody().fields
    unknown = [
        (f"shifts.{number}.{str(name)[:80]}", UNKNOWN)
        for number, shift in enumerate(shifts if isinstance(shifts, list) else [])
        if isinstance(shift, dict)
        for name in shift
        if name not in known
    ]
    if unknown:
        raise Invalid(unknown)
    return dict(data)


def _agent_id(data: dict[str, Any]) -> UUID:
    """Taken out of the data: whose hours these are never changes."""
    if "agent_id" not in data:
        raise Invalid([("agent_id", "Say whose hours these are.")])
    asked = read_body(WhoseBody, {"agent_id": data.pop("agent_id")})
    agent_id: UUID = asked["agent_id"]
    return agent_id
