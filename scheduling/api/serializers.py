"""What the endpoints of hours and the clock take and answer."""

from typing import Any

from rest_framework import serializers

from scheduling.api.custom_hours import ExceptionBody, ExceptionSerializer, RuleBody, RuleSerializer
from scheduling.choices import ClockEvent, OffHoursAction, ScheduleType
from workforce.api.fields import Flag, Id, OneOf, QueryMoment, Strict, Text
from workforce.api.paging import Limit, PageQuery
from workforce.api.serializers import REASON_MAX, HoldSerializer, Instant, PodSerializer
from workforce.choices import ActorKind, ClockStatus, LifecycleState

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_START = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_END = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


class Time(serializers.RegexField):
    """``HH:MM`` of the schedule's zone."""


# ---- what comes in ------------------------------------------------------------------------------------------


class ShiftBody(Strict):
    """Over midnight where the end is before the start; 24:00 is allowed as an end."""

    name = Text(max_length=60, required=False, help_text="Needed for type shift.")
    days = serializers.ListField(child=OneOf(choices=DAYS), min_length=1, max_length=7)
    start = Time(_START)
    end = Time(_END)


class ChangedHoursBody(Strict):
    """What is left out stays as it is. Describes the body: the service checks it, all fields at once."""

    type = OneOf(choices=ScheduleType.pairs(), required=False, help_text="A new one is standard unless said otherwise.")
    time_zone = Text(required=False, help_text="An IANA name, for example Europe/Berlin.")
    shifts = ShiftBody(many=True, required=False, help_text="One for standard hours, up to 20 for shifts.")
    rules = RuleBody(many=True, required=False, help_text="Custom hours only: 1 to 20.")
    exceptions = ExceptionBody(many=True, required=False, help_text="Custom hours only: up to 400 dated exceptions.")
    days = serializers.ListField(
        child=OneOf(choices=DAYS),
        required=False,
        min_length=1,
        max_length=7,
        help_text="Standard hours may give days, start and end here.",
    )
    start = Time(_START, required=False)
    end = Time(_END, required=False)
    enforce_clock_in = Flag(required=False, help_text="At first false.")
    enforce_clock_out = Flag(required=False, help_text="At first true.")
    auto_wake = Flag(required=False, help_text="At first true.")
    enabled = Flag(required=False, help_text="At first true.")
    off_hours_action = OneOf(choices=OffHoursAction.pairs(), required=False, help_text="At first pause.")
    grace_minutes = serializers.IntegerField(min_value=0, max_value=240, required=False, help_text="At first 10.")


class WhoseBody(Strict):
    agent_id = Id()


class HoursBody(ChangedHoursBody):
    """Give ``shifts``, or ``days``, ``start`` and ``end``; for custom hours ``rules`` and, if any, ``exceptions``."""

    time_zone = Text(help_text="An IANA name, for example Europe/Berlin.")


class NewHoursBody(HoursBody, WhoseBody):
    """Whose hours, and which."""


class ClockInBody(Strict):
    reason = Text(max_length=REASON_MAX, required=False, default="", allow_blank=True)
    force = Flag(required=False, default=False, help_text="People only, with a reason: although degraded or escalated.")


class ClockOutBody(Strict):
    reason = Text(max_length=REASON_MAX, required=False, default="", allow_blank=True)


class StatusQuery(PageQuery):
    q = Text(required=False, max_length=80, help_text="Part of the name.")
    pod = Id(required=False, help_text="Only this pod's.")
    state = OneOf(choices=LifecycleState.pairs(), required=False)
    status = OneOf(choices=ClockStatus.pairs(), required=False)


class ScheduleQuery(PageQuery):
    agent = Id(required=False, help_text="Only this agent's.")


class RecordQuery(PageQuery):
    """``from`` and ``to`` are a half-open span: from <= time < to."""

    limit = Limit(default=50)
    agent = Id(required=False, help_text="Only this agent's.")
    event = OneOf(choices=ClockEvent.pairs(), required=False)

    def get_fields(self) -> dict[str, Any]:
        return {  # `from` cannot be written as an attribute
            **super().get_fields(),
            "from": QueryMoment(required=False, help_text="At or after this moment."),
            "to": QueryMoment(required=False, help_text="Before this moment."),
        }


# ---- what goes out ------------------------------------------------------------------------------------------


class NextEventSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["clocks_in", "clocks_out", "shift_starts", "shift_ends", "resumes"])
    at = Instant()


class StatusSerializer(serializers.Serializer[Any]):
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    pod = PodSerializer()
    clock_status = serializers.ChoiceField(choices=ClockStatus.pairs())
    current_state = serializers.ChoiceField(choices=LifecycleState.pairs())
    on_duty = serializers.BooleanField()
    in_grace = serializers.BooleanField()
    schedule = serializers.CharField(help_text="The hours in words; empty without a schedule.")
    time_zone = serializers.CharField(allow_null=True)
    next_event = NextEventSerializer(allow_null=True)
    last_seen_at = Instant(allow_null=True)
    holds = HoldSerializer(many=True, help_text="Active ones.")


class CountsSerializer(serializers.Serializer[Any]):
    clocked_in = serializers.IntegerField()
    clocked_out = serializers.IntegerField()
    no_schedule = serializers.IntegerField()


class StatusPageSerializer(serializers.Serializer[Any]):
    as_of = Instant()
    counts = CountsSerializer(help_text="By clock status, with all filters but `status`.")
    results = StatusSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class ShiftSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Empty for standard hours.")
    days = serializers.ListField(child=serializers.ChoiceField(choices=DAYS))
    start = serializers.CharField()
    end = serializers.CharField()


class ScheduleSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    type = serializers.ChoiceField(choices=ScheduleType.pairs())
    time_zone = serializers.CharField()
    shifts = ShiftSerializer(many=True, help_text="Empty for custom hours.")
    rules = RuleSerializer(many=True, help_text="Empty for all but custom hours.")
    exceptions = ExceptionSerializer(many=True, help_text="Empty for all but custom hours; by date.")
    enforce_clock_in = serializers.BooleanField()
    enforce_clock_out = serializers.BooleanField()
    auto_wake = serializers.BooleanField()
    enabled = serializers.BooleanField()
    off_hours_action = serializers.ChoiceField(choices=OffHoursAction.pairs())
    grace_minutes = serializers.IntegerField()
    text = serializers.CharField(help_text="The hours in words.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="For example shifts that overlap.")
    next_event = NextEventSerializer(allow_null=True)
    created_at = Instant()
    updated_at = Instant()


class SchedulePageSerializer(serializers.Serializer[Any]):
    results = ScheduleSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class ClockRecordSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField(source="agent.agent_name")
    time = Instant()
    event = serializers.ChoiceField(choices=ClockEvent.pairs())
    triggered_by_kind = serializers.ChoiceField(choices=ActorKind.pairs())
    triggered_by = serializers.CharField()
    scheduled_at = Instant(allow_null=True, help_text="When the hours called for it; null when made by hand.")
    reason = serializers.CharField()


class RecordPageSerializer(serializers.Serializer[Any]):
    results = ClockRecordSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
