"""Assignments: which agent has what part in which work (001 §1.2, spec R7)."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api import assignment_examples as examples
from workforce.api.access import find_agent
from workforce.api.assignment_bodies import (
    AssignmentQuery,
    BlockAssignmentBody,
    ChangedAssignmentBody,
    HandOffBody,
    NewAssignmentBody,
    changed_assignment,
    new_assignment,
)
from workforce.api.assignment_serializers import (
    AssignmentPageSerializer,
    AssignmentSerializer,
    assignment_facts,
    row_facts,
)
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.paging import page_of
from workforce.api.serializers import ReasonBody
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Assignment
from workforce.models.assignments import AssignmentQuerySet
from workforce.rules.assignments import OPEN
from workforce.rules.refusals import Forbidden, Missing
from workforce.selectors.assignments import PARTS, chain_of, needed_by, needs_of, with_waits
from workforce.services import assignments
from workforce.services.assignment_input import NO_SUCH_ASSIGNMENT

_COLUMNS = ("agent", "workstream", "task", "role", "status")


class Assignments(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.TASKS}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_assignments_list",
        summary="Who has what part in which work",
        parameters=[AssignmentQuery],
        responses={200: AssignmentPageSerializer},
        examples=examples.ASSIGNMENTS,
    )
    def get(self, request: Request) -> Response:
        """Newest first. An agent's own key sees its own, and those it can unblock."""
        asked = read_query(AssignmentQuery, request.query_params)
        if "agent" in asked:
            find_agent(request, asked["agent"])
        found = _visible(request).filter(**{name: asked[name] for name in _COLUMNS if name in asked})
        if "open" in asked:
            found = found.filter(Q(status__in=OPEN) if asked["open"] else ~Q(status__in=OPEN))
        found = with_waits(found.select_related(*PARTS))
        page = page_of(found, by="created_at", newest_first=True, limit=asked["limit"], cursor=asked.get("cursor"))
        answer = {"results": [row_facts(row) for row in page.rows], "next_cursor": page.next_cursor}
        return Response(AssignmentPageSerializer(answer).data)

    @extend_schema(
        operation_id="workforce_assignment_create",
        summary="Assign an agent",
        request=NewAssignmentBody,
        responses={201: AssignmentSerializer},
        examples=examples.ASSIGNMENT_CREATE,
    )
    def post(self, request: Request) -> Response:
        """To a workstream, or to a task in it. A task has one owner: its agent. An agent's own key assigns itself."""
        who, now = caller(request), timezone.now()
        data = new_assignment(who, request.data, now=now)
        made = assignments.create(organization=who.organization, data=data, by=who.actor, now=now)
        return answer_of(made, status=201)


class AssignmentDetail(ApiView):
    scopes = {"GET": KeyScope.READ, "PATCH": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_assignment",
        summary="One assignment",
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGNMENT,
    )
    def get(self, request: Request, assignment_id: UUID) -> Response:
        """With what it waits for, what waits for it, and through whose hands it went."""
        return answer_of(find_assignment(request, assignment_id))

    @extend_schema(
        operation_id="workforce_assignment_edit",
        summary="Change an open assignment",
        request=ChangedAssignmentBody,
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGNMENT_EDIT,
    )
    def patch(self, request: Request, assignment_id: UUID) -> Response:
        """Only the fields that are sent change; `needs` names everything it is to wait for. An agent's own key may
        say how far it is."""
        who, now = caller(request), timezone.now()
        changes = changed_assignment(find_assignment(request, assignment_id), request.data, now=now)
        same: dict[str, Any] = {"organization": who.organization, "assignment_id": assignment_id}
        return answer_of(assignments.edit(**same, changes=changes, by=who.actor, now=now))


class BlockAssignment(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_assignment_block",
        summary="Say that an assignment cannot go on",
        request=BlockAssignmentBody,
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGNMENT_BLOCK,
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """Whoever can unblock it is told. The owner of a task is blocked only with the task."""
        body, who = read_body(BlockAssignmentBody, request.data), caller(request)
        same: dict[str, Any] = {"organization": who.organization, "assignment_id": assignment_id}
        return answer_of(assignments.block(**same, **body, by=who.actor, now=timezone.now()))


class UnblockAssignment(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_assignment_unblock",
        summary="Resolve an assignment's blocker",
        request=ReasonBody,
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGNMENT_UNBLOCK,
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """Code and who could unblock it are cleared. Of agents only the one that was named may."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        same: dict[str, Any] = {"organization": who.organization, "assignment_id": assignment_id}
        return answer_of(assignments.unblock(**same, **body, by=who.actor, now=timezone.now()))


class HandOffAssignment(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_assignment_handoff",
        summary="Let another agent take over",
        request=HandOffBody,
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGNMENT_HANDOFF,
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """Answers with the assignment that took over. Of a task's owner: the task is reassigned. An agent's own key
        may not."""
        body, who = read_body(HandOffBody, request.data), caller(request)
        same: dict[str, Any] = {"organization": who.organization, "assignment_id": assignment_id}
        return answer_of(assignments.hand_off(**same, **body, by=who.actor, now=timezone.now()))


class CompleteAssignment(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_assignment_complete",
        summary="Mark an assignment done",
        request=ReasonBody,
        responses={200: AssignmentSerializer},
        examples=examples.ASSIGNMENT_COMPLETE,
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """Done already: answered as it is. Handed off: 409. Of a task's owner: the task is completed, with the reason
        as its result."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        same: dict[str, Any] = {"organization": who.organization, "assignment_id": assignment_id}
        return answer_of(assignments.complete(**same, **body, by=who.actor, now=timezone.now()))


def find_assignment(request: Request, assignment_id: UUID) -> Assignment:
    """Raises ``Missing`` for other organisations', ``Forbidden`` for those an agent's own key does not see."""
    if not Assignment.objects.of(caller(request).organization).filter(pk=assignment_id).exists():
        raise Missing(NO_SUCH_ASSIGNMENT)
    found = _visible(request).filter(pk=assignment_id).first()
    if found is None:
        raise Forbidden("This key acts for its own agent only.", code="not_your_agent")
    return found


def answer_of(assignment: Assignment, *, status: int = 200) -> Response:
    """The assignment as it is now; four queries."""
    now = with_waits(Assignment.objects.select_related(*PARTS)).get(pk=assignment.pk)
    facts = assignment_facts(now, needs=needs_of(now), needed_by=needed_by(now), handoffs=chain_of(now))
    return Response(AssignmentSerializer(facts).data, status=status)


def _visible(request: Request) -> AssignmentQuerySet:
    who = caller(request)
    found = Assignment.objects.of(who.organization)
    return found if who.agent_id is None else found.filter(Q(agent=who.agent_id) | Q(unblock_agent=who.agent_id))
