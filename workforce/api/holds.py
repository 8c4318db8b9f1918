"""Why an agent may not work (spec R8)."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api import examples
from workforce.api.access import find_agent
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.serializers import HoldBody, HoldSerializer, HoldsSerializer, ReasonBody, ReasonQuery
from workforce.api.views import ApiView
from workforce.choices import HoldKind, KeyScope
from workforce.rules.refusals import Missing
from workforce.services import holds


class Holds(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.LIFECYCLE}

    @extend_schema(
        operation_id="agent_holds",
        summary="Active holds",
        responses={200: HoldsSerializer},
        examples=examples.HOLDS,
    )
    def get(self, request: Request, agent_id: UUID) -> Response:
        """An agent may work only while this list is empty."""
        agent = find_agent(request, agent_id)
        active = agent.holds.active().order_by("placed_at")
        return Response(HoldsSerializer({"results": active}).data)

    @extend_schema(
        operation_id="agent_hold",
        summary="Place a hold",
        request=HoldBody,
        responses={201: HoldSerializer},
        examples=examples.HOLD,
    )
    def post(self, request: Request, agent_id: UUID) -> Response:
        """The agent pauses, where its state allows. At most one active hold of a kind."""
        body = read_body(HoldBody, request.data)
        who = caller(request)
        hold = holds.place(organization=who.organization, agent_id=agent_id, **body, by=who.actor, now=timezone.now())
        return Response(HoldSerializer(hold).data, status=201)


class HoldOfKind(ApiView):
    scopes = {"DELETE": KeyScope.LIFECYCLE}

    @extend_schema(
        operation_id="agent_hold_release",
        summary="Release a hold",
        parameters=[
            ReasonQuery,
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=[kind.value for kind in HoldKind]),
        ],
        responses={200: HoldSerializer},
        examples=examples.HOLD_RELEASE,
    )
    def delete(self, request: Request, agent_id: UUID, kind: str) -> Response:
        """Frees only this hold; the agent resumes when it was the last. The reason may be in the body or the query."""
        if kind not in list(HoldKind):
            raise Missing(f"There is no such kind of hold. Kinds are: {', '.join(HoldKind)}.")
        asked = read_query(ReasonQuery, request.query_params)
        reason = read_body(ReasonBody, request.data)["reason"] or asked["reason"]
        who = caller(request)
        hold = holds.release(
            organization=who.organization,
            agent_id=agent_id,
            kind=HoldKind(kind),
            reason=reason,
            by=who.actor,
            now=timezone.now(),
        )
        return Response(HoldSerializer(hold).data)
