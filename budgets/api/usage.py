"""Usage reported by runtimes (spec B2, B3). The rule reads every report, all faults at once."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api import usage_examples as examples
from budgets.rules import usage_entry
from budgets.services.usage import Outcome, Receipt, record
from workforce.api.authentication import caller
from workforce.api.fields import Strict
from workforce.api.serializers import Instant
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.rules.refusals import Invalid

NOT_A_BODY = 'Send one report as an object, or {"usage": [...]} with many.'


def _tokens() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=usage_entry.MOST_TOKENS, required=False)


class UsageReport(Strict):
    """What a model was asked for once. `key` is the sender's own name for this report: sent again it counts once."""

    agent_id = serializers.UUIDField(required=False, help_text="An agent's own key may leave it out.")
    key = serializers.CharField(max_length=usage_entry.KEY_MAX)
    model = serializers.CharField(max_length=usage_entry.MODEL_MAX)
    task_id = serializers.UUIDField(required=False, allow_null=True, help_text="The task it was spent on.")
    at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When it was spent; left out: now. At most a year back."
    )
    input_tokens = _tokens()
    output_tokens = _tokens()
    cache_read_tokens = _tokens()
    cache_write_tokens = _tokens()


class UsageBatch(Strict):
    usage = serializers.ListField(child=UsageReport(), min_length=1, max_length=usage_entry.MOST_ENTRIES)


class Money(serializers.DecimalField):
    """An amount as text, with the places it has; null: unknown."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(max_digits=24, decimal_places=10, normalize_output=True, allow_null=True, **rest)


class UsageResult(serializers.Serializer[Any]):
    key = serializers.CharField()
    agent_id = serializers.UUIDField()
    duplicate = serializers.BooleanField(help_text="It was stored before; nothing was counted again.")
    counted_tokens = serializers.IntegerField(help_text="Tokens as caps count them, by the weights of then.")
    list_cost = Money(help_text="At list prices; null: no price is known for this model, not 0.")
    billed_cost = Money(help_text="What is billed: 0 where a plan covers it.")


class UsageStop(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    reason = serializers.CharField()
    until = Instant(help_text="When the last window of a reached cap is over.")


class UsageAnswer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    results = UsageResult(many=True)
    stops = UsageStop(many=True, help_text="Agents at a cap that have to stop now.")


class ReportUsage(ApiView):
    scopes = {"POST": KeyScope.WORK}
    takes_ids = True

    @extend_schema(
        operation_id="usage_report",
        summary="Report usage",
        request=PolymorphicProxySerializer(
            component_name="UsageBody",
            serializers=[UsageReport, UsageBatch],
            resource_type_field_name=None,
            many=False,
        ),
        responses={200: UsageAnswer},
        examples=examples.REPORT,
        tags=["usage"],
    )
    def post(self, request: Request) -> Response:
        """One report, or up to 1,000 at once, all or none. It is recorded whatever the caps say; `stops` names the
        agents that have reached one and should stop. Sent again under the same `key`, a report counts once; another
        report under it is refused (409)."""
        who, now = caller(request), timezone.now()
        given, place = _reports(request.data)
        entries = usage_entry.read_many(given, place=place, now=now, agent_id=who.agent_id)
        receipt = record(organization=who.organization, entries=entries, by=who.actor, now=now, place=place)
        return Response(UsageAnswer(_facts(receipt)).data)


def _reports(data: Any) -> tuple[list[Any], usage_entry.Place]:
    """The reports of a body, and how their places are named."""
    if not isinstance(data, Mapping):
        raise Invalid([("", NOT_A_BODY)])
    if "usage" not in data:
        return [data], usage_entry.only
    if unknown := [name for name in data if name != "usage"]:
        raise Invalid([(str(name)[:80], "There is no such field beside usage.") for name in unknown[:20]])
    reports, most = data["usage"], usage_entry.MOST_ENTRIES
    if not isinstance(reports, list) or not reports:
        raise Invalid([("usage", "Send an array with at least one report.")])
    if len(reports) > most:
        raise Invalid([("usage", f"Send at most {most:,} reports at once; this has {len(reports):,}.")])
    return reports, "usage.{}".format


def _facts(receipt: Receipt) -> dict[str, Any]:
    duplicates = sum(outcome.duplicate for outcome in receipt.outcomes)
    return {
        "accepted": len(receipt.outcomes) - duplicates,
        "duplicates": duplicates,
        "results": [_result(outcome) for outcome in receipt.outcomes],
        "stops": [
            {"agent_id": agent_id, "reason": stop.sentence, "until": stop.until}
            for agent_id, stop in receipt.stops.items()
        ],
    }


def _result(outcome: Outcome) -> dict[str, Any]:
    return {
        "key": outcome.key,
        "agent_id": outcome.agent_id,
        "duplicate": outcome.duplicate,
        "counted_tokens": outcome.counted_tokens,
        "list_cost": outcome.cost.listed,
        "billed_cost": outcome.cost.billed,
    }
