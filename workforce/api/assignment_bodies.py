"""What the endpoints of workstreams and assignments take. The services check all fields of a body at once."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from workforce.api.authentication import Caller
from workforce.api.fields import Id, Moment, OneOf, QueryFlag, Strict, Text, Whole
from workforce.api.paging import PageQuery
from workforce.api.plain_bodies import Typed, merged, read
from workforce.api.serializers import REASON_MAX
from workforce.choices import AssignmentRole, AssignmentStatus, BlockerCode
from workforce.models import Assignment, Workstream
from workforce.models.assignments import NAME_MAX, WORDS_MAX
from workforce.models.work import NOTE_MAX
from workforce.rules.refusals import Invalid
from workforce.services import assignment_input, workstreams
from workforce.services.assignment_input import NEEDS_MAX

_TYPED: Typed = {
    **{name: Id() for name in ("agent_id", "workstream_id", "task_id", "dri_user", "dri_agent")},
    **{name: Moment() for name in ("start_at", "due_at")},
}


class WorkstreamBody(Strict):
    """Describes the body: the service checks it, all fields at once."""

    name = Text(max_length=NAME_MAX, help_text="Once in the organisation, whatever the case.")
    description = Text(max_length=WORDS_MAX, required=False, allow_blank=True)
    dri_user = Id(required=False, allow_null=True, help_text="The person who answers for it.")
    dri_agent = Id(required=False, allow_null=True, help_text="Or the agent.")


class ChangedWorkstreamBody(WorkstreamBody):
    """What is left out stays as it is; naming one kind of DRI clears the other."""

    name = Text(max_length=NAME_MAX, required=False)


class _Times(Strict):
    start_at = Moment(required=False, help_text="Now, unless said otherwise.")
    due_at = Moment(required=False, allow_null=True)
    percent_complete = Whole(min_value=0, max_value=100, required=False, allow_null=True)
    needs = serializers.ListField(
        child=Id(), required=False, max_length=NEEDS_MAX, help_text="Assignments that it waits for."
    )


class NewAssignmentBody(_Times):
    """Describes the body: the service checks it, all fields at once."""

    agent_id = Id(help_text="Who is assigned.")
    workstream_id = Id()
    task_id = Id(
        required=False,
        allow_null=True,
        help_text="A task of this workstream. With the role owner: a task of this agent that is in none yet.",
    )
    role = OneOf(choices=AssignmentRole.pairs())


class ChangedAssignmentBody(_Times):
    """What is left out stays as it is. The owner of a task has due time and progress from the task."""


class BlockAssignmentBody(Strict):
    code = OneOf(choices=BlockerCode.pairs())
    note = Text(max_length=NOTE_MAX, required=False, default="", allow_blank=True)
    unblock_user = Id(required=False, allow_null=True, default=None, help_text="The person who can unblock it.")
    unblock_agent = Id(required=False, allow_null=True, default=None, help_text="Or the agent; else the agent's owner.")


class HandOffBody(Strict):
    agent_id = Id(
        error_messages=dict.fromkeys(("required", "null"), "Say which agent takes over."), help_text="Who takes over."
    )
    reason = Text(
        max_length=REASON_MAX,
        error_messages=dict.fromkeys(("required", "blank"), "Say why it goes to somebody else."),
        help_text="Why; it is kept in the chain.",
    )


class WorkstreamQuery(PageQuery):
    q = Text(required=False, max_length=80, help_text="Part of the name.")
    open = QueryFlag(required=False, help_text="true: those that take work. false: the closed ones.")


class AssignmentQuery(PageQuery):
    agent = Id(required=False, help_text="Only this agent's.")
    workstream = Id(required=False)
    task = Id(required=False)
    role = OneOf(choices=AssignmentRole.pairs(), required=False)
    status = OneOf(choices=AssignmentStatus.pairs(), required=False)
    open = QueryFlag(required=False, help_text="true: active and blocked. false: the others.")


def workstream_body(workstream: Workstream, data: Any) -> dict[str, Any]:
    """A body for ``workstreams.create`` (of one that is not there yet) or ``edit``. Raises ``Invalid`` with every fault
    where one cannot even be read."""
    values, faults = read(data, workstreams.FIELDS, _TYPED)
    if faults:
        raise Invalid(merged(faults, workstreams.fill(workstream, values)))
    return values


def new_assignment(who: Caller, data: Any, *, now: datetime) -> dict[str, Any]:
    """A body for ``assignments.create``. Raises ``Invalid`` with every fault where one cannot even be read."""
    values, faults = read(data, assignment_input.FIELDS, _TYPED)
    if faults:
        _, more = assignment_input.checked(who.organization, values, now=now)
        raise Invalid(merged(faults, more))
    return values


def changed_assignment(assignment: Assignment, data: Any, *, now: datetime) -> dict[str, Any]:
    """A body for ``assignments.edit``."""
    values, faults = read(data, assignment_input.FIELDS, _TYPED)
    if faults:
        _, more = assignment_input.checked_changes(assignment, values, now=now)
        raise Invalid(merged(faults, more))
    return values
