"""What the task endpoints take. Ids, moments and flags are read here; the service checks the rest, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from workforce.api.authentication import Caller
from workforce.api.fields import Flag, Id, Moment, OneOf, QueryFlag, Strict, Text, Whole
from workforce.api.paging import PageQuery
from workforce.api.plain_bodies import merged, read
from workforce.api.serializers import REASON_MAX
from workforce.choices import TaskPriority, TaskStatus, TaskType
from workforce.models import Organization, Task
from workforce.models.work import DESCRIPTION_MAX, TITLE_MAX
from workforce.rules.refusals import Invalid
from workforce.services import task_input
from workforce.services.task_input import NEEDS_MAX, RESULT_MAX

TOKEN_MOST = 2**63 - 1
_TYPED: Mapping[str, serializers.Field[Any, Any, Any, Any]] = {
    **{name: Id() for name in ("agent_id", "continues", "delegated_by", "delegated_from", "workstream_id")},
    **{name: Moment() for name in ("due_at", "scheduled_at")},
    "urgent": Flag(),
    "reason": Text(max_length=REASON_MAX, allow_blank=True),
}


class ChangedTaskBody(Strict):
    """What is left out stays as it is. Describes the body: the service checks it, all fields at once."""

    title = Text(max_length=TITLE_MAX, required=False)
    description = Text(max_length=DESCRIPTION_MAX, required=False, allow_blank=True)
    priority = OneOf(choices=TaskPriority.pairs(), required=False, help_text="At first normal.")
    due_at = Moment(required=False, allow_null=True)
    scheduled_at = Moment(required=False, allow_null=True, help_text="Not handed out before.")
    workstream_id = Id(required=False, help_text="Its agent gets the owner's assignment there.")
    urgent = Flag(required=False, help_text="Passes the off-duty gate. People only: a key is refused.")
    needs = serializers.ListField(
        child=Id(), required=False, max_length=NEEDS_MAX, help_text="All tasks that must be completed first."
    )
    reason = Text(max_length=REASON_MAX, required=False, allow_blank=True, help_text="Why. It goes into the audit.")


class NewTaskBody(Strict):
    """Describes the body: the service checks it, all fields at once."""

    agent_id = Id(help_text="Who is to do it.")
    title = Text(max_length=TITLE_MAX, help_text="One line.")
    description = Text(max_length=DESCRIPTION_MAX, required=False, allow_blank=True)
    priority = OneOf(choices=TaskPriority.pairs(), required=False, help_text="normal unless said otherwise.")
    type = OneOf(choices=TaskType.pairs(), required=False, help_text="new unless said otherwise.")
    urgent = Flag(required=False, help_text="Passes the off-duty gate. People only: a key is refused.")
    due_at = Moment(required=False, allow_null=True)
    scheduled_at = Moment(required=False, allow_null=True, help_text="Not handed out before. Type scheduled needs it.")
    continues = Id(required=False, allow_null=True, help_text="The earlier task. Type continue needs it.")
    delegated_by = Id(required=False, allow_null=True, help_text="Type delegation needs it; of an agent's key: itself.")
    delegated_from = Id(required=False, allow_null=True, help_text="The delegating agent's own task.")
    workstream_id = Id(required=False, allow_null=True, help_text="Its agent gets the owner's assignment there.")
    needs = serializers.ListField(
        child=Id(), required=False, max_length=NEEDS_MAX, help_text="Tasks that must be completed first."
    )


class CompleteBody(Strict):
    result = Text(max_length=RESULT_MAX, required=False, default="", allow_blank=True, trim_whitespace=False)
    token = Whole(
        min_value=1,
        max_value=TOKEN_MOST,
        words="Give the token of the claim.",
        required=False,
        help_text="An agent's own key needs it: the token of its claim.",
    )


class ReassignBody(Strict):
    agent_id = Id(
        error_messages=dict.fromkeys(("required", "null"), "Say which agent is to do it."), help_text="Who is to do it."
    )
    reason = Text(max_length=REASON_MAX, required=False, default="", allow_blank=True)


class TaskQuery(PageQuery):
    q = Text(required=False, max_length=80, help_text="Part of the title.")
    agent = Id(required=False, help_text="Only this agent's.")
    workstream = Id(required=False, help_text="Only those of this workstream.")
    status = OneOf(choices=TaskStatus.pairs(), required=False)
    priority = OneOf(choices=TaskPriority.pairs(), required=False)
    type = OneOf(choices=TaskType.pairs(), required=False)
    urgent = QueryFlag(required=False, help_text="Only those that are, or only those that are not.")
    open = QueryFlag(required=False, help_text="true: queued, in progress and blocked. false: the others.")


def new_task(who: Caller, data: Any, *, now: datetime) -> dict[str, Any]:
    """A body for ``tasks.create``. Raises ``Invalid`` with every fault where one cannot even be read."""
    values, faults = read(data, task_input.FIELDS, _TYPED)
    if faults:
        _, more = task_input.checked(who.organization, values, by=who.actor, now=now)
        raise Invalid(merged(faults, more))
    return values


@dataclass(frozen=True, slots=True)
class ChangedTask:
    """``changes`` are for ``tasks.edit``; ``urgent`` and ``needs`` are None where they were not sent."""

    changes: Mapping[str, Any]
    urgent: bool | None
    needs: Sequence[UUID] | None
    reason: str


def changed_task(organization: Organization, task: Task, data: Any, *, now: datetime) -> ChangedTask:
    """A body that changes a task. Raises ``Invalid`` with every fault."""
    values, faults = read(data, (*task_input.FIELDS, "reason"), _TYPED)
    if values.get("reason") and len(values) == 1 and not faults:
        faults.append(("reason", "A reason belongs to a change. Send what is to change as well."))
    urgent, needs, reason = values.pop("urgent", None), values.pop("needs", None), values.pop("reason", "")
    if needs is not None or faults:
        _, more = task_input.needs_of(organization, needs or [])
        faults = merged(faults, more)
    if faults:
        _, more = task_input.checked_changes(task, values, now=now)
        raise Invalid(merged(faults, more))
    return ChangedTask(values, urgent, needs, reason)
