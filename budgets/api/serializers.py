"""What the endpoints of budgets take and answer."""

from typing import Any

from rest_framework import serializers

from budgets.rules.caps import MOST_TOKENS
from workforce.api.fields import Id, OneOf, Strict, Text
from workforce.api.paging import PageQuery
from workforce.api.serializers import Instant, PodSerializer
from workforce.choices import LifecycleState


def _cap() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=MOST_TOKENS, allow_null=True, required=False)


class CapsBody(Strict):
    """Whole tokens; null takes the cap away, 0 means nothing may be spent. What is left out stays as it is.
    Describes the body: the service checks it, all fields at once."""

    daily_tokens = _cap()
    weekly_tokens = _cap()
    monthly_tokens = _cap()
    annual_tokens = _cap()


class BudgetQuery(PageQuery):
    q = Text(required=False, max_length=80, help_text="Part of the name.")
    pod = Id(required=False, help_text="Only this pod's.")
    state = OneOf(choices=LifecycleState.pairs(), required=False)


class TokensSerializer(serializers.Serializer[Any]):
    """Whole tokens per window."""

    daily_tokens = serializers.IntegerField(allow_null=True)
    weekly_tokens = serializers.IntegerField(allow_null=True)
    monthly_tokens = serializers.IntegerField(allow_null=True)
    annual_tokens = serializers.IntegerField(allow_null=True)


class BudgetSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    pod = PodSerializer()
    current_state = serializers.ChoiceField(choices=LifecycleState.pairs())
    caps_set = serializers.BooleanField(help_text="Whether any of the four caps is set.")
    caps = TokensSerializer(help_text="Null is no cap, 0 means nothing may be spent.")
    used_tokens = TokensSerializer(
        allow_null=True, help_text="Null: usage is not recorded, so nothing is known of it. It does not mean 0."
    )
    updated_at = Instant(allow_null=True, help_text="When caps were last changed; null where none was ever set.")


class BudgetPageSerializer(serializers.Serializer[Any]):
    results = BudgetSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
