"""What the endpoints of budgets take and answer. Money goes out as text with the places it has, so that nothing is
rounded on the way."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from budgets.choices import CapWindow, CreditKind, OnCap
from budgets.rules.caps import COST_PLACES, MOST_COST, MOST_TOKENS
from budgets.rules.price_entry import CREDIT_PLACES, KEY_MAX, REASON_MAX
from workforce.api.fields import Id, OneOf, Strict, Text
from workforce.api.paging import PageQuery
from workforce.api.serializers import Instant, PodSerializer
from workforce.choices import LifecycleState


class Amount(serializers.DecimalField):
    """Money as text, exact."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(max_digits=24, decimal_places=10, normalize_output=True, **rest)


def _cap() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=MOST_TOKENS, allow_null=True, required=False)


def _cost_cap() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=13, decimal_places=COST_PLACES, min_value=Decimal(0), max_value=MOST_COST,
        allow_null=True, required=False,
    )  # fmt: skip


class CapsBody(Strict):
    """Whole tokens, and amounts at list prices; null takes the cap away, 0 means nothing may be spent. What is left out
    stays as it is. Describes the body: the service checks it, all fields at once."""

    daily_tokens, weekly_tokens, monthly_tokens, annual_tokens = _cap(), _cap(), _cap(), _cap()
    daily_cost, weekly_cost, monthly_cost, annual_cost = _cost_cap(), _cost_cap(), _cost_cap(), _cost_cap()
    on_cap = OneOf(choices=OnCap.pairs(), required=False, help_text="What happens when a cap is reached.")


class BudgetQuery(PageQuery):
    q = Text(required=False, max_length=80, help_text="Part of the name.")
    pod = Id(required=False, help_text="Only this pod's.")
    state = OneOf(choices=LifecycleState.pairs(), required=False)


def _tokens(**rest: Any) -> serializers.IntegerField:
    return serializers.IntegerField(**rest)


class UsedTokensSerializer(serializers.Serializer[Any]):
    """Counted tokens per window; 0 is none."""

    daily_tokens, weekly_tokens, monthly_tokens, annual_tokens = _tokens(), _tokens(), _tokens(), _tokens()


class CapsSerializer(serializers.Serializer[Any]):
    """Caps per window; null is no cap."""

    daily_tokens, weekly_tokens = _tokens(allow_null=True), _tokens(allow_null=True)
    monthly_tokens, annual_tokens = _tokens(allow_null=True), _tokens(allow_null=True)
    daily_cost, weekly_cost = Amount(allow_null=True), Amount(allow_null=True)
    monthly_cost, annual_cost = Amount(allow_null=True), Amount(allow_null=True)


class WindowSerializer(serializers.Serializer[Any]):
    window = serializers.ChoiceField(choices=CapWindow.pairs())
    start = Instant(help_text="The first instant that counts.")
    end = Instant(help_text="When it resets: the first instant of the next one.")
    used_tokens = serializers.IntegerField(help_text="Counted tokens, by the weights.")
    used_cost = Amount(help_text="At list prices.")
    cost_unknown = serializers.BooleanField(help_text="Some of it was spent on models without a price: it costs more.")
    percent_tokens = serializers.IntegerField(allow_null=True, help_text="Of the cap, rounded down; null: no cap.")
    percent_cost = serializers.IntegerField(allow_null=True)
    reached = serializers.BooleanField(help_text="One of its two caps is reached.")


class BudgetSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    pod = PodSerializer()
    current_state = serializers.ChoiceField(choices=LifecycleState.pairs())
    caps_set = serializers.BooleanField(help_text="Whether any of the eight caps is set.")
    caps = CapsSerializer(help_text="Null is no cap, 0 means nothing may be spent.")
    on_cap = serializers.ChoiceField(choices=OnCap.pairs())
    time_zone = serializers.CharField(help_text="Whose calendar the windows are of.")
    currency = serializers.CharField(help_text="Three letters.")
    used_tokens = UsedTokensSerializer(help_text="As in the windows, by the names of the caps.")
    windows = WindowSerializer(many=True)
    reserved_tokens = serializers.IntegerField(help_text="Kept under every cap for work that has begun.")
    reserved_cost = Amount()
    reached = serializers.BooleanField(help_text="A cap is reached.")
    cost_unknown = serializers.BooleanField(help_text="Of this year's usage some has no known cost.")
    updated_at = Instant(allow_null=True, help_text="When caps were last changed; null where none was ever set.")


class BudgetPageSerializer(serializers.Serializer[Any]):
    results = BudgetSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class PriceQuery(PageQuery):
    model = Text(required=False, max_length=80, help_text="Only of this model.")


class PriceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    model = serializers.CharField()
    valid_from = Instant()
    input = Amount(help_text="Per million tokens, as the three below.")
    output = Amount()
    cache_read = Amount()
    cache_write = Amount()
    flat_rate = serializers.BooleanField(help_text="A plan covers it: list cost counts, nothing is billed.")
    note = serializers.CharField()
    updated_at = Instant()


class WeightsSerializer(serializers.Serializer[Any]):
    """What a token of each class counts against a cap."""

    input = Amount(source="input_weight")
    output = Amount(source="output_weight")
    cache_read = Amount(source="cache_read_weight")
    cache_write = Amount(source="cache_write_weight")


class PricePageSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField(help_text="Three letters.")
    weights = WeightsSerializer()
    results = PriceSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class CreditQuery(PageQuery):
    kind = OneOf(choices=CreditKind.pairs(), required=False)


class TopUpBody(Strict):
    """Describes the body: the service checks it, all fields at once."""

    amount = serializers.DecimalField(
        max_digits=13, decimal_places=CREDIT_PLACES, min_value=Decimal("0.0001"), max_value=MOST_COST
    )
    reason = Text(max_length=REASON_MAX, help_text="For example the invoice.")
    key = Text(
        max_length=KEY_MAX, required=False, help_text="Of your choice: the same top-up under the same key is done once."
    )


class CreditEntrySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=CreditKind.pairs())
    amount = Amount(help_text="A debit is below 0.")
    balance_after = Amount()
    at = Instant()
    reason = serializers.CharField()
    by = serializers.CharField(source="by_label")
    key = serializers.CharField()


class CreditPageSerializer(serializers.Serializer[Any]):
    balance = Amount(allow_null=True, help_text="Null: the organisation does not work with credits.")
    has_credit = serializers.BooleanField(help_text="False at a balance of 0 or below: no scheduled work begins.")
    currency = serializers.CharField(help_text="Three letters.")
    results = CreditEntrySerializer(many=True, help_text="What moved the balance, newest first.")
    next_cursor = serializers.CharField(allow_null=True)
