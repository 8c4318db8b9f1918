"""The time clock: in, out, and its records (000 "API Reference", spec W4, W8)."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.api import examples
from scheduling.api.serializers import (
    ClockInBody,
    ClockOutBody,
    ClockRecordSerializer,
    RecordPageSerializer,
    RecordQuery,
)
from scheduling.models import ClockRecord
from scheduling.services import clock
from workforce.api.access import find_agent
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.paging import page_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope

_COLUMNS = {"agent": "agent", "event": "event", "from": "time__gte", "to": "time__lt"}


class ClockIn(ApiView):
    scopes = {"POST": KeyScope.CLOCK}

    @extend_schema(
        operation_id="workforce_clock_in",
        summary="Clock in an agent",
        request=ClockInBody,
        responses={200: ClockRecordSerializer},
        examples=examples.CLOCK_IN,
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """At any time, also outside its hours. Clocked in already, or in no state for it: 409, nothing is written."""
        body = read_body(ClockInBody, request.data)
        who = caller(request)
        record = clock.clock_in(
            organization=who.organization, agent_id=agent_id, **body, by=who.actor, now=timezone.now()
        )
        return Response(ClockRecordSerializer(record).data)


class ClockOut(ApiView):
    scopes = {"POST": KeyScope.CLOCK}

    @extend_schema(
        operation_id="workforce_clock_out",
        summary="Clock out an agent",
        request=ClockOutBody,
        responses={200: ClockRecordSerializer},
        examples=examples.CLOCK_OUT,
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """At any time; what its schedule says for off hours follows. Not clocked in: 409, nothing is written."""
        body = read_body(ClockOutBody, request.data)
        who = caller(request)
        record = clock.clock_out(
            organization=who.organization, agent_id=agent_id, **body, by=who.actor, now=timezone.now()
        )
        return Response(ClockRecordSerializer(record).data)


class ClockRecords(ApiView):
    scopes = {"GET": KeyScope.READ}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_clock_records",
        summary="Clock event history",
        parameters=[RecordQuery],
        responses={200: RecordPageSerializer},
        examples=examples.CLOCK_RECORDS,
    )
    def get(self, request: Request) -> Response:
        """Newest first. An agent's own key sees its own records."""
        asked = read_query(RecordQuery, request.query_params)
        who = caller(request)
        if "agent" in asked:
            find_agent(request, asked["agent"])
        records = ClockRecord.objects.filter(organization=who.organization).select_related("agent")
        if who.agent_id is not None:
            records = records.filter(agent=who.agent_id)
        records = records.filter(**{column: asked[name] for name, column in _COLUMNS.items() if name in asked})
        page = page_of(records, by="time", newest_first=True, limit=asked["limit"], cursor=asked.get("cursor"))
        return Response(RecordPageSerializer({"results": page.rows, "next_cursor": page.next_cursor}).data)
