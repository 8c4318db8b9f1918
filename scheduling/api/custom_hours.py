"""What custom hours look like in bodies and answers (spec W1)."""

from typing import Any

from rest_framework import serializers

from scheduling.choices import ExceptionKind
from workforce.api.fields import OneOf, Strict, Text
from workforce.api.serializers import Instant

_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class RuleBody(Strict):
    """Describes the body: the service checks it."""

    name = Text(max_length=60, required=False, allow_blank=True)
    dtstart = serializers.RegexField(_MOMENT, help_text="The first day and the time of day, in the schedule's zone.")
    rrule = Text(max_length=500, help_text="RFC 5545 with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    duration_minutes = serializers.IntegerField(min_value=1, max_value=10080, help_text="On the wall clock.")


class ExceptionBody(Strict):
    """A day off has a date; an extra window has a start and an end."""

    kind = OneOf(choices=ExceptionKind.pairs())
    name = Text(max_length=60, required=False, allow_blank=True)
    date = serializers.RegexField(_DATE, required=False, help_text="Of a day off: no rule's window starts on it.")
    start = serializers.RegexField(_MOMENT, required=False, help_text="Of an extra window, in the schedule's zone.")
    end = serializers.RegexField(_MOMENT, required=False, help_text="At most a week after the start.")


class RuleSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    dtstart = serializers.CharField()
    rrule = serializers.CharField(help_text="In one form: capitals, fixed order, UNTIL on the local clock.")
    duration_minutes = serializers.IntegerField()


class ExceptionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ExceptionKind.pairs())
    name = serializers.CharField()
    date = serializers.CharField(required=False)
    start = serializers.CharField(required=False)
    end = serializers.CharField(required=False)


class IntervalSerializer(serializers.Serializer[Any]):
    start = Instant(allow_null=True, help_text="Null where it has always run.")
    end = Instant(allow_null=True, help_text="Null where nothing ends it.")
    names = serializers.ListField(child=serializers.CharField())


class PreviewSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="The hours in words.")
    rules = serializers.ListField(child=serializers.CharField(), help_text="Each rule of custom hours in words.")
    minutes_a_week = serializers.IntegerField(help_text="Of custom hours in an average week.")
    intervals = IntervalSerializer(many=True, help_text="With a part in the next seven days; touching ones are one.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="For example rules that overlap.")
    dst_notes = serializers.ListField(child=serializers.CharField(), help_text="What clock changes will touch.")
