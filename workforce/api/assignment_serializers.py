"""What the endpoints of workstreams and assignments answer (001 §1.2, spec R7)."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from workforce.api.serializers import Instant, WhoSerializer, who
from workforce.api.task_serializers import BlockerSerializer
from workforce.choices import AssignmentRole, AssignmentStatus
from workforce.models import Assignment, Workstream
from workforce.selectors.assignments import Link


class WorkstreamSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    dri = WhoSerializer(allow_null=True, help_text="Who answers for it.")
    open_assignments = serializers.IntegerField()
    created_at = Instant()
    closed_at = Instant(allow_null=True, help_text="It takes no more work since then.")


class WorkstreamPageSerializer(serializers.Serializer[Any]):
    results = WorkstreamSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AssignmentRowSerializer(serializers.Serializer[Any]):
    """``waits_for`` counts open assignments that it waits for."""

    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    workstream_id = serializers.UUIDField()
    workstream_name = serializers.CharField()
    task_id = serializers.UUIDField(allow_null=True)
    task_title = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(choices=AssignmentRole.pairs())
    status = serializers.ChoiceField(choices=AssignmentStatus.pairs())
    start_at = Instant()
    due_at = Instant(allow_null=True)
    percent_complete = serializers.IntegerField(allow_null=True)
    blocker = BlockerSerializer(allow_null=True)
    waits_for = serializers.IntegerField()
    handed_from = serializers.UUIDField(source="handed_from_id", allow_null=True, help_text="What it took over.")
    handed_to = serializers.UUIDField(allow_null=True, help_text="What took it over.")
    created_at = Instant()
    created_by = serializers.CharField(source="created_by_label")
    updated_at = Instant()
    ended_at = Instant(allow_null=True)
    ended_by = serializers.CharField(source="ended_by_label", help_text="Empty while it is open.")


class OtherSerializer(serializers.Serializer[Any]):
    """Another assignment, in short."""

    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    role = serializers.ChoiceField(choices=AssignmentRole.pairs())
    of = serializers.CharField(help_text="The title of the task, or the name of the workstream.")
    status = serializers.ChoiceField(choices=AssignmentStatus.pairs())


class HandoffSerializer(serializers.Serializer[Any]):
    at = Instant()
    from_agent = serializers.CharField()
    to_agent = serializers.CharField()
    reason = serializers.CharField()
    by = serializers.CharField()


class AssignmentSerializer(AssignmentRowSerializer):
    needs = OtherSerializer(many=True, help_text="What it waits for.")
    needed_by = OtherSerializer(many=True, help_text="What waits for it.")
    handoffs = HandoffSerializer(many=True, help_text="Through whose hands the work went, oldest first.")


class AssignmentPageSerializer(serializers.Serializer[Any]):
    results = AssignmentRowSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


_WORKED_OUT = ("agent_name", "workstream_name", "task_title", "blocker", "handed_to")
_PLAIN = [field.source or name for name, field in AssignmentRowSerializer().fields.items() if name not in _WORKED_OUT]


def workstream_facts(workstream: Workstream) -> dict[str, Any]:
    """A workstream for ``WorkstreamSerializer``. Load with ``selectors.assignments.with_open`` and both DRIs."""
    names = ("id", "name", "description", "open_assignments", "created_at", "closed_at")
    return {name: getattr(workstream, name) for name in names} | {"dri": who(workstream.dri)}


def row_facts(assignment: Assignment) -> dict[str, Any]:
    """An assignment for ``AssignmentRowSerializer``. Load with ``PARTS`` and ``with_waits`` of the selectors."""
    taken: Assignment | None = getattr(assignment, "handed_to", None)
    return {name: getattr(assignment, name) for name in _PLAIN} | {
        "agent_name": assignment.agent.agent_name,
        "workstream_name": assignment.workstream.name,
        "task_title": assignment.task.title if assignment.task else None,
        "blocker": _blocker(assignment),
        "handed_to": taken.pk if taken else None,
    }


def assignment_facts(
    assignment: Assignment,
    *,
    needs: Sequence[Assignment],
    needed_by: Sequence[Assignment],
    handoffs: Sequence[Link],
) -> dict[str, Any]:
    return row_facts(assignment) | {
        "needs": [_short(other) for other in needs],
        "needed_by": [_short(other) for other in needed_by],
        "handoffs": [
            {"at": link.at, "from_agent": link.giver, "to_agent": link.taker, "reason": link.reason, "by": link.by}
            for link in handoffs
        ],
    }


def _short(other: Assignment) -> dict[str, Any]:
    facts = {name: getattr(other, name) for name in ("id", "agent_id", "role", "status")}
    return facts | {"agent_name": other.agent.agent_name, "of": other.of_what}


def _blocker(assignment: Assignment) -> dict[str, Any] | None:
    if not assignment.blocker_code:
        return None
    code, note, since = assignment.blocker_code, assignment.blocker_note, assignment.blocked_at
    return {"code": code, "note": note, "since": since, "unblocker": who(assignment.unblocker)}
