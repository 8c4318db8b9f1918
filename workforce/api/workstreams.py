"""Workstreams: initiatives that work belongs to, and who answers for them (spec R7)."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api import assignment_examples as examples
from workforce.api.assignment_bodies import ChangedWorkstreamBody, WorkstreamBody, WorkstreamQuery, workstream_body
from workforce.api.assignment_serializers import WorkstreamPageSerializer, WorkstreamSerializer, workstream_facts
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.paging import page_of
from workforce.api.serializers import ReasonBody
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Workstream
from workforce.rules.refusals import Missing
from workforce.selectors.assignments import with_open
from workforce.services import workstreams


class Workstreams(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_workstreams_list",
        summary="Workstreams",
        parameters=[WorkstreamQuery],
        responses={200: WorkstreamPageSerializer},
        examples=examples.WORKSTREAMS,
    )
    def get(self, request: Request) -> Response:
        """Newest first. An agent's own key sees those that it has or had a part in, or answers for."""
        asked = read_query(WorkstreamQuery, request.query_params)
        found = _visible(request)
        if "q" in asked:
            found = found.filter(name__icontains=asked["q"])
        if "open" in asked:
            found = found.filter(closed_at__isnull=asked["open"])
        page = page_of(found, by="created_at", newest_first=True, limit=asked["limit"], cursor=asked.get("cursor"))
        answer = {"results": [workstream_facts(row) for row in page.rows], "next_cursor": page.next_cursor}
        return Response(WorkstreamPageSerializer(answer).data)

    @extend_schema(
        operation_id="workforce_workstream_create",
        summary="Begin a workstream",
        request=WorkstreamBody,
        responses={201: WorkstreamSerializer},
        examples=examples.WORKSTREAM_CREATE,
    )
    def post(self, request: Request) -> Response:
        """An agent's own key may not."""
        who = caller(request)
        data = workstream_body(Workstream(organization=who.organization), request.data)
        made = workstreams.create(organization=who.organization, data=data, by=who.actor, now=timezone.now())
        return _answer(made, status=201)


class WorkstreamDetail(ApiView):
    scopes = {"GET": KeyScope.READ, "PATCH": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_workstream",
        summary="One workstream",
        responses={200: WorkstreamSerializer},
        examples=examples.WORKSTREAM,
    )
    def get(self, request: Request, workstream_id: UUID) -> Response:
        """An agent's own key sees those that it has or had a part in, or answers for."""
        return Response(WorkstreamSerializer(workstream_facts(_find(request, workstream_id))).data)

    @extend_schema(
        operation_id="workforce_workstream_edit",
        summary="Change a workstream, or who answers for it",
        request=ChangedWorkstreamBody,
        responses={200: WorkstreamSerializer},
        examples=examples.WORKSTREAM_EDIT,
    )
    def patch(self, request: Request, workstream_id: UUID) -> Response:
        """Only the fields that are sent change. While agents of several pods work in it, it keeps a DRI."""
        who = caller(request)
        changes = workstream_body(_find(request, workstream_id), request.data)
        same: dict[str, Any] = {"organization": who.organization, "workstream_id": workstream_id}
        return _answer(workstreams.edit(**same, changes=changes, by=who.actor, now=timezone.now()))


class CloseWorkstream(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_workstream_close",
        summary="Close a workstream",
        request=ReasonBody,
        responses={200: WorkstreamSerializer},
        examples=examples.WORKSTREAM_CLOSE,
    )
    def post(self, request: Request, workstream_id: UUID) -> Response:
        """It takes no more work. Closed already: answered as it is. With open assignments: 409."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        same: dict[str, Any] = {"organization": who.organization, "workstream_id": workstream_id}
        return _answer(workstreams.close(**same, **body, by=who.actor, now=timezone.now()))


class ReopenWorkstream(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_workstream_reopen",
        summary="Open a closed workstream again",
        request=ReasonBody,
        responses={200: WorkstreamSerializer},
        examples=examples.WORKSTREAM_REOPEN,
    )
    def post(self, request: Request, workstream_id: UUID) -> Response:
        """Open already: answered as it is."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        same: dict[str, Any] = {"organization": who.organization, "workstream_id": workstream_id}
        return _answer(workstreams.reopen(**same, **body, by=who.actor, now=timezone.now()))


def _shown() -> QuerySet[Workstream]:
    return with_open(Workstream.objects.select_related("dri_user", "dri_agent"))


def _visible(request: Request) -> QuerySet[Workstream]:
    who = caller(request)
    found = _shown().filter(organization=who.organization)
    if who.agent_id is None:
        return found
    return found.filter(Q(pk__in=_parts_of(who.agent_id)) | Q(dri_agent=who.agent_id))


def _find(request: Request, workstream_id: UUID) -> Workstream:
    found = _visible(request).filter(pk=workstream_id).first()
    if found is None:
        raise Missing(workstreams.NO_SUCH_WORKSTREAM)
    return found


def _parts_of(agent_id: UUID) -> Any:
    return Workstream.objects.filter(assignments__agent=agent_id).order_by().values("pk")


def _answer(workstream: Workstream, *, status: int = 200) -> Response:
    """The workstream as it is now; one query."""
    return Response(WorkstreamSerializer(workstream_facts(_shown().get(pk=workstream.pk))).data, status=status)
