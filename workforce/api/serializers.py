"""What the roster's endpoints take and answer. Input is strict; output names are those of spec R1."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from workforce.api.fields import Id, Moment, OneOf, Query, Strict, Text
from workforce.api.paging import PageQuery
from workforce.choices import (
    ActorKind,
    AgentType,
    ClockStatus,
    HoldKind,
    LifecycleState,
    PriorityTier,
    RiskLevel,
)
from workforce.models import Agent, User

REASON_MAX = 500


class Instant(serializers.DateTimeField):
    """UTC with a Z, whatever zone the pages of the same process are in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


# ---- what comes in ------------------------------------------------------------------------------------------


class TransitionBody(Strict):
    to = OneOf(choices=LifecycleState.pairs(), help_text="The state to move to.")
    reason = Text(
        max_length=REASON_MAX,
        required=False,
        default="",
        allow_blank=True,
        help_text="Needed for blocked, escalated, paused, retired and archived.",
    )


class HoldBody(Strict):
    kind = OneOf(choices=HoldKind.pairs())
    reason = Text(max_length=REASON_MAX, help_text="Why the agent may not work.")
    until = Moment(required=False, allow_null=True, default=None, help_text="Ends by itself then.")


class ReasonBody(Strict):
    reason = Text(max_length=REASON_MAX, required=False, default="", allow_blank=True)


class ReasonQuery(Query):
    reason = Text(max_length=REASON_MAX, required=False, default="", allow_blank=True, help_text="Why. Or in the body.")


class AgentQuery(PageQuery):
    q = Text(required=False, max_length=80, help_text="Part of the name.")
    pod = Id(required=False, help_text="Only this pod's.")
    state = OneOf(choices=LifecycleState.pairs(), required=False)
    tier = OneOf(choices=PriorityTier.pairs(), required=False)


# ---- what goes out ------------------------------------------------------------------------------------------


class WhoSerializer(serializers.Serializer[Any]):
    """A person or an agent."""

    kind = serializers.ChoiceField(choices=[ActorKind.USER.value, ActorKind.AGENT.value])
    id = serializers.UUIDField()
    name = serializers.CharField()


class PodSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AgentSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    agent_type = serializers.ChoiceField(choices=AgentType.pairs())
    capability_tags = serializers.ListField(child=serializers.CharField())
    model_profile = serializers.CharField()
    owner_id = serializers.UUIDField()
    owner = WhoSerializer()
    secondary_owner = WhoSerializer(allow_null=True)
    team_id = serializers.UUIDField()
    pod = PodSerializer(source="team")
    current_state = serializers.ChoiceField(choices=LifecycleState.pairs())
    priority_tier = serializers.ChoiceField(choices=PriorityTier.pairs())
    risk_level = serializers.ChoiceField(choices=RiskLevel.pairs())
    cost_budget_daily = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    avatar = serializers.CharField(help_text="One or two letters or an emoji; empty: initials.")
    tools = serializers.DictField(
        child=serializers.CharField(), help_text="Name and mode: enabled, always_ask or disabled."
    )
    clock_status = serializers.ChoiceField(choices=ClockStatus.pairs())
    last_seen_at = Instant(allow_null=True, help_text="When the last heartbeat was received.")
    notes = serializers.CharField()
    created_at = Instant()
    updated_at = Instant()


#: Fields that are the agent's own attributes.
_PLAIN = [str(name) for name in AgentSerializer().fields if name not in ("owner", "secondary_owner", "pod")]


class AgentPageSerializer(serializers.Serializer[Any]):
    results = AgentSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class StepSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=["owner", "secondary_owner", "pod_lead", "workforce_manager"])
    kind = serializers.ChoiceField(choices=[ActorKind.USER.value, ActorKind.AGENT.value])
    id = serializers.UUIDField()
    name = serializers.CharField()


class ReportingLineSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    steps = StepSerializer(many=True, help_text="Who is next, in order.")


class MoveSerializer(serializers.Serializer[Any]):
    to = serializers.ChoiceField(choices=LifecycleState.pairs())
    verb = serializers.CharField()
    needs_reason = serializers.BooleanField()


class MovesSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    current_state = serializers.ChoiceField(choices=LifecycleState.pairs())
    legal = MoveSerializer(many=True, help_text="The moves that are open to this key.")


class HoldSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=HoldKind.pairs())
    reason = serializers.CharField()
    placed_at = Instant()
    placed_by = serializers.CharField(source="placed_by_label")
    until = Instant(allow_null=True)
    released_at = Instant(allow_null=True)
    released_by = serializers.CharField(source="released_by_label")
    release_reason = serializers.CharField()


class HoldsSerializer(serializers.Serializer[Any]):
    results = HoldSerializer(many=True)


def who(person_or_agent: User | Agent | None) -> dict[str, Any] | None:
    if person_or_agent is None:
        return None
    if isinstance(person_or_agent, User):
        return {"kind": ActorKind.USER.value, "id": person_or_agent.pk, "name": person_or_agent.name}
    return {"kind": ActorKind.AGENT.value, "id": person_or_agent.pk, "name": person_or_agent.agent_name}


def agent_facts(agent: Agent) -> dict[str, Any]:
    """An agent for ``AgentSerializer``. Load with owners, team and presence."""
    facts: dict[str, Any] = {name: getattr(agent, name) for name in _PLAIN}
    return facts | {"owner": who(agent.owner), "secondary_owner": who(agent.secondary_owner), "team": agent.team}
