"""The task queue (spec T1, T3, T4). Runtimes claim and report under ``/api/work``."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workforce.api import task_examples as examples
from workforce.api.access import find_agent
from workforce.api.authentication import caller
from workforce.api.fields import read_body, read_query
from workforce.api.paging import page_of
from workforce.api.serializers import ReasonBody
from workforce.api.task_bodies import (
    ChangedTaskBody,
    CompleteBody,
    NewTaskBody,
    ReassignBody,
    TaskQuery,
    changed_task,
    new_task,
)
from workforce.api.task_serializers import (
    LONG,
    PARTS,
    TaskDetailSerializer,
    TaskPageSerializer,
    TaskSerializer,
    detail_facts,
    row_facts,
    task_facts,
)
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Task
from workforce.models.work import OPEN, TaskQuerySet
from workforce.rules.refusals import Forbidden, Missing
from workforce.services import leases, task_needs, tasks

_COLUMNS = {
    "agent": "agent",
    "workstream": "workstream",
    "status": "status",
    "priority": "priority",
    "type": "type",
    "urgent": "urgent",
}


class Tasks(ApiView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.TASKS}
    takes_ids = True

    @extend_schema(
        operation_id="workforce_tasks_list",
        summary="The task queue",
        parameters=[TaskQuery],
        responses={200: TaskPageSerializer},
        examples=examples.TASKS,
    )
    def get(self, request: Request) -> Response:
        """Newest first. An agent's own key sees its own tasks, those it delegated and those it can unblock. With `q`
        a page may hold fewer tasks than `limit`, even none: go on while there is a `next_cursor`."""
        asked = read_query(TaskQuery, request.query_params)
        if "agent" in asked:
            find_agent(request, asked["agent"])
        found = _visible(request).filter(**{_COLUMNS[name]: asked[name] for name in _COLUMNS if name in asked})
        if "open" in asked:
            found = found.filter(Q(status__in=OPEN) if asked["open"] else ~Q(status__in=OPEN))
        found = found.select_related(*PARTS).defer(*LONG)
        page = page_of(
            found,
            by="created_at",
            newest_first=True,
            limit=asked["limit"],
            cursor=asked.get("cursor"),
            words=Q(title__icontains=asked["q"]) if "q" in asked else None,
        )
        answer = {"results": [row_facts(task) for task in page.rows], "next_cursor": page.next_cursor}
        return Response(TaskPageSerializer(answer).data)

    @extend_schema(
        operation_id="workforce_task_create",
        summary="Put a task into an agent's queue",
        request=NewTaskBody,
        responses={201: TaskDetailSerializer},
        examples=examples.TASK_CREATE,
    )
    def post(self, request: Request) -> Response:
        """An agent's own key gives work to itself, and to others by delegation."""
        who, now = caller(request), timezone.now()
        data = new_task(who, request.data, now=now)
        return _detail(tasks.create(organization=who.organization, data=data, by=who.actor, now=now), status=201)


class TaskDetail(ApiView):
    scopes = {"GET": KeyScope.READ, "PATCH": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_task", summary="One task", responses={200: TaskDetailSerializer}, examples=examples.TASK
    )
    def get(self, request: Request, task_id: UUID) -> Response:
        """An agent's own key sees its own tasks, those it delegated and those it can unblock."""
        return _detail(find_task(request, task_id))

    @extend_schema(
        operation_id="workforce_task_edit",
        summary="Change an open task",
        request=ChangedTaskBody,
        responses={200: TaskDetailSerializer},
        examples=examples.TASK_EDIT,
    )
    def patch(self, request: Request, task_id: UUID) -> Response:
        """Only the fields that are sent change; null clears a time. Another agent, done, cancelled: addresses of their
        own. An agent's own key may not."""
        who, now = caller(request), timezone.now()
        asked = changed_task(who.organization, find_task(request, task_id), request.data, now=now)
        same: dict[str, Any] = {"organization": who.organization, "task_id": task_id, "by": who.actor, "now": now}
        same["reason"] = asked.reason
        with transaction.atomic():
            if asked.needs is not None:
                task_needs.change(**same, needs=asked.needs)
            if asked.urgent is not None:
                tasks.set_urgent(**same, urgent=asked.urgent)
            return _detail(tasks.edit(**same, changes=asked.changes))


class Complete(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_task_complete",
        summary="Mark a task done",
        request=CompleteBody,
        responses={200: TaskSerializer},
        examples=examples.TASK_COMPLETE,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Done already: answered as it is. Cancelled: 409. An agent's own key completes only what it is working on,
        with the token of its claim; what comes too late is kept in the task's run log."""
        body, who = read_body(CompleteBody, request.data), caller(request)
        service = leases if who.agent_id is not None and "token" in body else tasks
        task = service.complete(
            organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now()
        )
        return answer_of(task)


class Cancel(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_task_cancel",
        summary="Stop the work on a task for good",
        request=ReasonBody,
        responses={200: TaskSerializer},
        examples=examples.TASK_CANCEL,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Its runtime is told. Cancelled already: answered as it is. Completed: 409. An agent's own key may not."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        return answer_of(
            tasks.cancel(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


class Reassign(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_task_reassign",
        summary="Give an open task to another agent",
        request=ReassignBody,
        responses={200: TaskSerializer},
        examples=examples.TASK_REASSIGN,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """It keeps its age. A runtime at work on it is told to stop. An agent's own key may not."""
        body, who = read_body(ReassignBody, request.data), caller(request)
        return answer_of(
            tasks.reassign(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


class Unblock(ApiView):
    scopes = {"POST": KeyScope.TASKS}

    @extend_schema(
        operation_id="workforce_task_unblock",
        summary="Resolve a task's blocker",
        request=ReasonBody,
        responses={200: TaskSerializer},
        examples=examples.TASK_UNBLOCK,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """It waits in the queue again. Of agents only the one that was named as able to unblock it may."""
        body, who = read_body(ReasonBody, request.data), caller(request)
        return answer_of(
            tasks.unblock(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


def find_task(request: Request, task_id: UUID) -> Task:
    """Raises ``Missing`` for other organisations' tasks, ``Forbidden`` for those an agent's own key does not see."""
    if not Task.objects.of(caller(request).organization).filter(pk=task_id).exists():
        raise Missing(tasks.NO_SUCH_TASK)
    task = _visible(request).filter(pk=task_id).first()
    if task is None:
        raise Forbidden("This key acts for its own agent only.", code="not_your_agent")
    return task


def answer_of(task: Task, *, status: int = 200) -> Response:
    """The task as it is now; one query."""
    return Response(TaskSerializer(task_facts(Task.objects.select_related(*PARTS).get(pk=task.pk))).data, status=status)


def _detail(task: Task, *, status: int = 200) -> Response:
    """The task as it is now, with what it waits for; two queries."""
    now = Task.objects.select_related(*PARTS).get(pk=task.pk)
    return Response(TaskDetailSerializer(detail_facts(now)).data, status=status)


def _visible(request: Request) -> TaskQuerySet:
    who = caller(request)
    found = Task.objects.of(who.organization)
    if who.agent_id is None:
        return found
    own = who.agent_id
    return found.filter(Q(agent=own) | Q(delegated_by=own) | Q(unblock_agent=own))
