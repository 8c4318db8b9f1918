"""What the task endpoints answer (spec T1)."""

from typing import Any

from rest_framework import serializers

from workforce.api.serializers import Instant, WhoSerializer, who
from workforce.choices import ActorKind, BlockerCode, TaskPriority, TaskStatus, TaskType
from workforce.models import Task

#: To be loaded with a task.
PARTS = ("agent", "delegated_by", "unblock_user", "unblock_agent")
#: Long texts, which pages of tasks leave out.
LONG = ("description", "result")


class BlockerSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=BlockerCode.pairs())
    note = serializers.CharField()
    since = Instant()
    unblocker = WhoSerializer(allow_null=True, help_text="Who can unblock it.")


class TaskRowSerializer(serializers.Serializer[Any]):
    """``waits_until`` is set while its time has not come, ``waits_for`` counts tasks that must be completed first."""

    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    agent_name = serializers.CharField()
    title = serializers.CharField()
    priority = serializers.ChoiceField(choices=TaskPriority.pairs())
    type = serializers.ChoiceField(choices=TaskType.pairs())
    status = serializers.ChoiceField(choices=TaskStatus.pairs())
    urgent = serializers.BooleanField()
    due_at = Instant(allow_null=True)
    scheduled_at = Instant(allow_null=True)
    continues = serializers.UUIDField(source="continues_id", allow_null=True)
    delegated_by = WhoSerializer(allow_null=True)
    delegated_from = serializers.UUIDField(source="delegated_from_id", allow_null=True)
    delegation_depth = serializers.IntegerField()
    workstream_id = serializers.UUIDField(allow_null=True)
    waits_until = Instant(allow_null=True)
    waits_for = serializers.IntegerField(source="open_needs")
    percent_complete = serializers.IntegerField(allow_null=True)
    failures = serializers.IntegerField(help_text="In a row; after the third a person is asked.")
    last_error = serializers.CharField()
    blocker = BlockerSerializer(allow_null=True)
    created_at = Instant()
    created_by_kind = serializers.ChoiceField(choices=ActorKind.pairs())
    created_by = serializers.CharField(source="created_by_label")
    updated_at = Instant()
    started_at = Instant(allow_null=True, help_text="When it was claimed first.")
    claimed_at = Instant(allow_null=True, help_text="When it was claimed last.")
    lease_expires_at = Instant(allow_null=True)
    finished_at = Instant(allow_null=True)
    finished_by = serializers.CharField(source="finished_by_label", help_text="Empty while it is open.")
    cancel_reason = serializers.CharField()


class TaskSerializer(TaskRowSerializer):
    description = serializers.CharField()
    result = serializers.CharField()


class TaskDetailSerializer(TaskSerializer):
    needs = serializers.ListField(child=serializers.UUIDField(), help_text="Tasks that must be completed first.")


class TaskPageSerializer(serializers.Serializer[Any]):
    results = TaskRowSerializer(many=True, help_text="Without description and result.")
    next_cursor = serializers.CharField(allow_null=True)


_WORKED_OUT = ("agent_name", "delegated_by", "blocker")
_PLAIN = [field.source or name for name, field in TaskRowSerializer().fields.items() if name not in _WORKED_OUT]


def row_facts(task: Task) -> dict[str, Any]:
    """A task for ``TaskRowSerializer``. Load with ``PARTS``."""
    return {name: getattr(task, name) for name in _PLAIN} | {
        "agent_name": task.agent.agent_name,
        "delegated_by": who(task.delegated_by),
        "blocker": _blocker(task),
    }


def task_facts(task: Task) -> dict[str, Any]:
    """A task for ``TaskSerializer``. Load with ``PARTS``."""
    return row_facts(task) | {name: getattr(task, name) for name in LONG}


def detail_facts(task: Task) -> dict[str, Any]:
    """A task for ``TaskDetailSerializer``: one query more."""
    needs = task.needs.order_by("needs_id").values_list("needs_id", flat=True)
    return task_facts(task) | {"needs": list(needs)}


def _blocker(task: Task) -> dict[str, Any] | None:
    if not task.blocker_code:
        return None
    code, note, since = task.blocker_code, task.blocker_note, task.blocked_at
    return {"code": code, "note": note, "since": since, "unblocker": who(task.unblocker)}
