"""Work for runtimes: claim a task, keep the claim alive, say how it went (spec T2, T3)."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling.api import work_examples as examples
from scheduling.api.work_serializers import BlockBody, ClaimBody, ClaimSerializer, DoneBody, ExtendBody, FailBody
from scheduling.services import work
from workforce.api.authentication import caller
from workforce.api.fields import read_body
from workforce.api.task_serializers import PARTS, TaskSerializer, task_facts
from workforce.api.tasks import answer_of
from workforce.api.views import ApiView
from workforce.choices import KeyScope
from workforce.models import Task
from workforce.rules.refusals import Invalid
from workforce.services import leases


class Claim(ApiView):
    scopes = {"POST": KeyScope.WORK}
    takes_ids = True

    @extend_schema(
        operation_id="work_claim",
        summary="Take the next task",
        request=ClaimBody,
        responses={200: ClaimSerializer},
        examples=examples.CLAIM,
    )
    def post(self, request: Request) -> Response:
        """The most pressing task of the agent's queue, under a lease; no task is not an error: `reason` says why, and
        `ask_again_at` when to ask again. Each report must carry the `token`."""
        body, who = read_body(ClaimBody, request.data), caller(request)
        agent_id = body.pop("agent_id", None) or who.agent_id
        if agent_id is None:
            raise Invalid([("agent_id", "Say which agent asks for work.")])
        claim = work.claim(organization=who.organization, agent_id=agent_id, **body, by=who.actor, now=timezone.now())
        return Response(ClaimSerializer(_claim_facts(claim)).data)


class Extend(ApiView):
    scopes = {"POST": KeyScope.WORK}

    @extend_schema(
        operation_id="work_extend",
        summary="Keep a claim alive",
        request=ExtendBody,
        responses={200: TaskSerializer},
        examples=examples.EXTEND,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """The lease then ends so many seconds from now. 409 where the claim is over: stop working on it."""
        body, who = read_body(ExtendBody, request.data), caller(request)
        return answer_of(
            leases.extend(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


class Complete(ApiView):
    scopes = {"POST": KeyScope.WORK}

    @extend_schema(
        operation_id="work_complete",
        summary="Report that the work is done",
        request=DoneBody,
        responses={200: TaskSerializer},
        examples=examples.COMPLETE,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """The same report again is answered as the first. 409 where the claim is over: the result is kept in the
        task's run log as late and changes nothing."""
        body, who = read_body(DoneBody, request.data), caller(request)
        return answer_of(
            leases.complete(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


class Fail(ApiView):
    scopes = {"POST": KeyScope.WORK}

    @extend_schema(
        operation_id="work_fail",
        summary="Report that the work failed",
        request=FailBody,
        responses={200: TaskSerializer},
        examples=examples.FAIL,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """It waits a while and is tried again; after the third failure in a row, or without `retry`, it is blocked for
        a person."""
        body, who = read_body(FailBody, request.data), caller(request)
        return answer_of(
            leases.fail(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


class Block(ApiView):
    scopes = {"POST": KeyScope.WORK}

    @extend_schema(
        operation_id="work_block",
        summary="Report that the work cannot go on",
        request=BlockBody,
        responses={200: TaskSerializer},
        examples=examples.BLOCK,
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        """Name who can unblock it, a person or an agent; else it is the agent's owner. They are told."""
        body, who = read_body(BlockBody, request.data), caller(request)
        return answer_of(
            leases.block(organization=who.organization, task_id=task_id, **body, by=who.actor, now=timezone.now())
        )


def _claim_facts(claim: work.Claim) -> dict[str, object]:
    task = None if claim.task is None else Task.objects.select_related(*PARTS).get(pk=claim.task.pk)
    return {
        "task": task and task_facts(task),
        "token": task and task.lease_token,
        "lease_expires_at": task and task.lease_expires_at,
        "reason": claim.shut and claim.shut.gate,
        "detail": claim.shut.sentence if claim.shut else "",
        "ask_again_at": claim.ask_again_at,
    }
