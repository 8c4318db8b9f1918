"""What the endpoints of planned leave take and answer (spec W10)."""

from typing import Any

from rest_framework import serializers

from scheduling.choices import LeaveStatus
from scheduling.models import Leave
from scheduling.selectors.leave import zone_name_of
from workforce.api.fields import Id, Moment, OneOf, QueryMoment, Strict, Text
from workforce.api.paging import PageQuery
from workforce.api.serializers import Instant, WhoSerializer, who
from workforce.choices import ActorKind


def _needed(words: str) -> dict[str, Any]:
    """What the service says of a field that is not there."""
    return dict.fromkeys(("required", "null", "blank"), words)


_WHY = "Say why the agent is on leave."
#: The service refuses longer ones, and says how long they are.
_LENGTH = "Up to 500 characters."
_COVER = "Who is to be asked meanwhile. Work is not moved."


class NewLeaveBody(Strict):
    agent_id = Id(error_messages=_needed("Say whose leave this is."))
    starts_at = Moment(
        error_messages=_needed("Say when the leave begins."), help_text="A moment that has passed begins it at once."
    )
    ends_at = Moment(error_messages=_needed("Say when the leave ends."), help_text="The first moment after the leave.")
    reason = Text(error_messages=_needed(_WHY), help_text=_LENGTH)
    cover_agent_id = Id(required=False, allow_null=True, help_text=_COVER)


class ChangedLeaveBody(Strict):
    """What is left out stays as it is. Of leave that runs only the end and the cover change."""

    starts_at = Moment(required=False, error_messages=_needed("Say when the leave begins."))
    ends_at = Moment(required=False, error_messages=_needed("Say when the leave ends."))
    reason = Text(required=False, error_messages=_needed(_WHY), help_text=_LENGTH)
    cover_agent_id = Id(required=False, allow_null=True, help_text=_COVER)


class LeaveQuery(PageQuery):
    """``from`` and ``to`` are a half-open span: leave with a part in it."""

    agent = Id(required=False, help_text="Only this agent's.")
    status = OneOf(choices=LeaveStatus.pairs(), required=False)

    def get_fields(self) -> dict[str, Any]:
        return {  # `from` cannot be written as an attribute
            **super().get_fields(),
            "from": QueryMoment(required=False, help_text="Ends after this moment."),
            "to": QueryMoment(required=False, help_text="Begins before this moment."),
        }


class LeaveSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    status = serializers.ChoiceField(choices=LeaveStatus.pairs())
    starts_at = Instant()
    ends_at = Instant(help_text="The first moment after the leave.")
    time_zone = serializers.CharField(help_text="The agent's: of its hours, else the organisation's.")
    reason = serializers.CharField()
    cover = WhoSerializer(allow_null=True)
    created_at = Instant()
    created_by_kind = serializers.ChoiceField(choices=ActorKind.pairs())
    created_by = serializers.CharField()
    updated_at = Instant()
    started_at = Instant(allow_null=True, help_text="When the agent was held; late after an outage.")
    finished_at = Instant(allow_null=True)
    finished_by = serializers.CharField(help_text="Empty while it is planned or running.")
    finish_reason = serializers.CharField()


class LeavePageSerializer(serializers.Serializer[Any]):
    results = LeaveSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


_WORKED_OUT = ("agent_name", "time_zone", "cover", "created_by", "finished_by")
_PLAIN = [str(name) for name in LeaveSerializer().fields if name not in _WORKED_OUT]


def leave_facts(leave: Leave) -> dict[str, Any]:
    """A leave for ``LeaveSerializer``. Load with the selectors' ``PARTS``."""
    return {name: getattr(leave, name) for name in _PLAIN} | {
        "agent_name": leave.agent.agent_name,
        "time_zone": zone_name_of(leave.agent),
        "cover": who(leave.cover_agent),
        "created_by": leave.created_by_label,
        "finished_by": leave.finished_by_label,
    }
