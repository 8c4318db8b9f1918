"""Caps that were reached and wait for somebody (spec B4). The service checks every field, all at once."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api import approval_examples as examples
from budgets.choices import ApprovalStatus, CapMeasure, CapWindow
from budgets.models import CapApproval
from budgets.models.limits import REASON_MAX
from budgets.services import approvals
from workforce.api.access import check_own
from workforce.api.authentication import caller
from workforce.api.fields import Id, OneOf, Strict, read_body, read_query
from workforce.api.paging import PageQuery, page_of
from workforce.api.serializers import Instant
from workforce.api.views import ApiView
from workforce.choices import KeyScope

_CAP = {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "example": "12.50"}]}


class Given(serializers.Field[Any, Any, Any, Any]):
    """As it came: the service knows what it may be."""

    def to_internal_value(self, data: Any) -> Any:
        return data


@extend_schema_field({**_CAP, "description": "Whole tokens, or an amount for a cap in money: above what is spent."})
class NewCap(Given):
    pass


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": REASON_MAX})
class Reason(Given):
    pass


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class Figure(serializers.Field[Any, Any, Any, Any]):
    """Whole tokens as a number, money as text."""

    def to_representation(self, value: Any) -> Any:
        return value


class KeepBody(Strict):
    reason = Reason(required=False, allow_null=True, default=None)


class RaiseBody(KeepBody):
    cap = NewCap(required=False, allow_null=True, default=None)


class ApprovalQuery(PageQuery):
    status = OneOf(choices=ApprovalStatus.pairs(), required=False)
    agent = Id(required=False, help_text="Only this agent's.")


class ApprovalSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    window = serializers.ChoiceField(choices=CapWindow.pairs())
    measure = serializers.ChoiceField(choices=CapMeasure.pairs())
    since = Instant(help_text="Start of the window.")
    until = Instant(help_text="When the window is over; what is open then lapses.")
    cap = Figure(help_text="Whole tokens as a number, money as text.")
    used = Figure(help_text="When it was reached, in the same measure.")
    status = serializers.ChoiceField(choices=ApprovalStatus.pairs())
    opened_at = Instant()
    decided_at = Instant(allow_null=True)
    decided_by = serializers.CharField(help_text="Empty where nobody decided.")
    reason = serializers.CharField()
    raised_to = Figure(allow_null=True)


class ApprovalPageSerializer(serializers.Serializer[Any]):
    results = ApprovalSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class CapApprovals(ApiView):
    scopes = {"GET": KeyScope.READ}

    @extend_schema(
        operation_id="workforce_cap_approvals",
        summary="Caps that were reached",
        parameters=[ApprovalQuery],
        responses={200: ApprovalPageSerializer},
        examples=examples.LIST,
    )
    def get(self, request: Request) -> Response:
        """Newest first. An agent's own key sees its own."""
        asked, who = read_query(ApprovalQuery, request.query_params), caller(request)
        rows = CapApproval.objects.filter(organization=who.organization).select_related("agent")
        if who.agent_id is not None:
            rows = rows.filter(agent=who.agent_id)
        if "agent" in asked:
            check_own(request, asked["agent"])
            rows = rows.filter(agent=asked["agent"])
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        page = page_of(rows, by="opened_at", newest_first=True, limit=asked["limit"], cursor=asked.get("cursor"))
        results = [approval_facts(approval) for approval in page.rows]
        return Response(ApprovalPageSerializer({"results": results, "next_cursor": page.next_cursor}).data)


class RaiseCap(ApiView):
    scopes = {"POST": KeyScope.BUDGETS}

    @extend_schema(
        operation_id="workforce_cap_approval_raise",
        summary="Raise a cap and resume",
        request=RaiseBody,
        responses={200: ApprovalSerializer},
        examples=examples.RAISE,
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        """The new cap must be above what is spent by now and above the old one. The agent resumes where no other cap
        stops it. The same again is answered as the first; another decision is refused (409). An agent's own key may
        not."""
        body, who = read_body(RaiseBody, request.data), caller(request)
        approval = approvals.raise_and_resume(
            organization=who.organization, approval_id=approval_id, **body, by=who.actor, now=timezone.now()
        )
        return Response(ApprovalSerializer(approval_facts(approval)).data)


class KeepPaused(ApiView):
    scopes = {"POST": KeyScope.BUDGETS}

    @extend_schema(
        operation_id="workforce_cap_approval_keep",
        summary="Keep an agent paused at its cap",
        request=KeepBody,
        responses={200: ApprovalSerializer},
        examples=examples.KEEP,
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        """The cap stays as it is until its window is over. An agent's own key may not."""
        body, who = read_body(KeepBody, request.data), caller(request)
        approval = approvals.keep_paused(
            organization=who.organization, approval_id=approval_id, **body, by=who.actor, now=timezone.now()
        )
        return Response(ApprovalSerializer(approval_facts(approval)).data)


def approval_facts(approval: CapApproval) -> dict[str, Any]:
    """An approval for ``ApprovalSerializer``."""

    def figure(value: Decimal | None) -> int | str | None:
        if value is None:
            return None
        return int(value) if approval.measure == CapMeasure.TOKENS else f"{value:.4f}"

    return {
        "id": approval.pk,
        "agent_id": approval.agent_id,
        "agent_name": approval.agent.agent_name,
        **{name: getattr(approval, name) for name in ("window", "measure", "since", "until", "status", "opened_at")},
        **{name: getattr(approval, name) for name in ("decided_at", "reason")},
        **{name: figure(getattr(approval, name)) for name in ("cap", "used", "raised_to")},
        "decided_by": approval.decided_by_label,
    }
