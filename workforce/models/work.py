"""Work: tasks, their queue, what they wait for, and what was reported of them (spec T1, T3, R7)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from workforce.choices import (
    ActorKind,
    BlockerCode,
    ReportKind,
    TaskPriority,
    TaskStatus,
    TaskType,
)
from workforce.models.ids import uuid7
from workforce.models.people import Organization, User
from workforce.models.promises import AppendOnlyModel, Mutability
from workforce.models.roster import Agent
from workforce.rules.tasks import NEVER

TITLE_MAX, DESCRIPTION_MAX, NOTE_MAX, ERROR_MAX = 200, 10_000, 500, 2_000
OPEN = (TaskStatus.QUEUED, TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED)

#: What the claim indexes hold; ``TaskQuerySet.claimable`` asks for the same.
CLAIMABLE = Q(status="queued", waits_until__isnull=True, open_needs=0)


def _known(field: str, values: Any) -> Q:
    return Q(**{f"{field}__in": [member.value for member in values]})


def blocked_together(status: str) -> Q:
    """A blocker code stands exactly where the status says blocked, and only there somebody who can unblock it."""
    nobody = Q(unblock_user__isnull=True, unblock_agent__isnull=True)
    blocked = Q(status=status, blocked_at__isnull=False) & ~Q(blocker_code="")
    one = Q(unblock_user__isnull=True) | Q(unblock_agent__isnull=True)
    return (blocked & one) | (~Q(status=status) & Q(blocker_code="", blocked_at__isnull=True) & nobody)


class TaskQuerySet(models.QuerySet["Task"]):
    def of(self, organization: Any) -> "TaskQuerySet":
        return self.filter(organization=organization)

    def open(self) -> "TaskQuerySet":
        return self.filter(status__in=[status.value for status in OPEN])

    def claimable(self) -> "TaskQuerySet":
        """Queued, its time has come, and it waits for no other."""
        return self.filter(CLAIMABLE)

    def in_queue_order(self) -> "TaskQuerySet":
        """The order of the claim index: how pressing, then due, then age (spec T2)."""
        return self.order_by("-urgency", "due_order", "queued_at", "id")


class Task(models.Model):
    """A piece of work for one agent.

    ``lease_token`` counts the claims: whoever reports must carry the number of the claim it works under.
    ``urgency`` is the priority's rank, raised by one for every day in the queue; ``boost_at`` says when next.
    ``waits_until`` keeps a queued task back (scheduled time, back-off); ``open_needs`` counts what it still waits for.
    """

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tasks")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=TITLE_MAX)
    description = models.TextField(blank=True, max_length=DESCRIPTION_MAX)
    priority = models.CharField(max_length=8, choices=TaskPriority.pairs, default=TaskPriority.NORMAL)
    type = models.CharField(max_length=10, choices=TaskType.pairs, default=TaskType.NEW)
    status = models.CharField(max_length=11, choices=TaskStatus.pairs, default=TaskStatus.QUEUED)
    urgent = models.BooleanField(default=False, help_text="Passes the off-duty gate: a person said so (spec W9).")
    due_at = models.DateTimeField(null=True, blank=True)
    scheduled_at = models.DateTimeField(null=True, blank=True, help_text="Not handed out before.")
    continues = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="continued_by")
    delegated_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="delegated_tasks"
    )
    delegated_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="delegations"
    )
    delegation_depth = models.PositiveSmallIntegerField(default=0)
    workstream = models.ForeignKey(
        "workforce.Workstream",
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="tasks",
        help_text="Its agent then has the owner's assignment, which follows the task.",
    )
    percent_complete = models.PositiveSmallIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by_kind = models.CharField(max_length=8, choices=ActorKind.pairs)
    created_by_id = models.CharField(max_length=64)
    created_by_label = models.CharField(max_length=160)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # The queue.
    queued_at = models.DateTimeField(default=timezone.now, editable=False, help_text="Since when it waits.")
    urgency = models.PositiveSmallIntegerField(default=1, editable=False)
    boost_at = models.DateTimeField(null=True, editable=False)
    due_order = models.DateTimeField(default=NEVER, editable=False, help_text="When it is due, or far off.")
    waits_until = models.DateTimeField(null=True, editable=False)
    open_needs = models.PositiveSmallIntegerField(default=0, editable=False)

    # The lease.
    lease_token = models.PositiveBigIntegerField(default=0, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False, help_text="First claim.")
    claimed_at = models.DateTimeField(null=True, editable=False, help_text="Last claim.")
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    last_error = models.CharField(max_length=ERROR_MAX, blank=True)

    # What holds it up, and how it ended.
    blocker_code = models.CharField(max_length=13, choices=BlockerCode.pairs, blank=True)
    blocker_note = models.CharField(max_length=NOTE_MAX, blank=True)
    blocked_at = models.DateTimeField(null=True, editable=False)
    unblock_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks_to_unblock"
    )
    unblock_agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks_to_unblock"
    )
    finished_at = models.DateTimeField(null=True, editable=False)
    finished_by_label = models.CharField(max_length=160, blank=True)
    result = models.TextField(blank=True)
    cancel_reason = models.CharField(max_length=NOTE_MAX, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="task_has_a_title"),
            models.CheckConstraint(condition=_known("priority", TaskPriority), name="task_priority_known"),
            models.CheckConstraint(condition=_known("type", TaskType), name="task_type_known"),
            models.CheckConstraint(condition=_known("status", TaskStatus), name="task_status_known"),
            models.CheckConstraint(
                condition=Q(blocker_code="") | _known("blocker_code", BlockerCode), name="task_blocker_known"
            ),
            # One line per agent: at most one task is being worked on.
            models.UniqueConstraint(
                fields=["agent"], condition=Q(status=TaskStatus.IN_PROGRESS.value), name="task_one_in_progress"
            ),
            models.CheckConstraint(
                condition=Q(status=TaskStatus.IN_PROGRESS.value, lease_expires_at__isnull=False, lease_token__gt=0)
                | (~Q(status=TaskStatus.IN_PROGRESS.value) & Q(lease_expires_at__isnull=True)),
                name="task_in_progress_under_a_lease",
            ),
            models.CheckConstraint(condition=blocked_together("blocked"), name="task_blocked_with_code"),
            models.CheckConstraint(
                condition=Q(status__in=["completed", "cancelled"], finished_at__isnull=False) & ~Q(finished_by_label="")
                | Q(status__in=["queued", "in_progress", "blocked"], finished_at__isnull=True, finished_by_label=""),
                name="task_finished_at_with_by",
            ),
            models.CheckConstraint(
                condition=Q(percent_complete__isnull=True) | Q(percent_complete__lte=100), name="task_percent_to_100"
            ),
            models.CheckConstraint(
                condition=Q(continues__isnull=True) | ~Q(continues=F("id")), name="task_continues_another"
            ),
            models.CheckConstraint(
                condition=~Q(type=TaskType.SCHEDULED.value) | Q(scheduled_at__isnull=False),
                name="task_scheduled_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(type=TaskType.CONTINUE.value) | Q(continues__isnull=False), name="task_continue_says_what"
            ),
            models.CheckConstraint(
                condition=Q(type=TaskType.DELEGATION.value, delegated_by__isnull=False)
                | (~Q(type=TaskType.DELEGATION.value) & Q(delegated_by__isnull=True, delegated_from__isnull=True)),
                name="task_delegation_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(delegated_by__isnull=True) | ~Q(delegated_by=F("agent")), name="task_delegated_to_another"
            ),
        ]
        indexes = [
            models.Index(
                F("agent"), F("urgency").desc(), F("due_order"), F("queued_at"), F("id"),
                condition=CLAIMABLE, name="task_claim",
            ),
            models.Index(
                F("agent"), F("urgency").desc(), F("due_order"), F("queued_at"), F("id"),
                condition=CLAIMABLE & Q(urgent=True), name="task_claim_urgent",
            ),
            models.Index(
                fields=["agent", "status"],
                condition=Q(status__in=["queued", "in_progress", "blocked"]),
                name="task_agent_open",
            ),
            models.Index(
                fields=["lease_expires_at"], condition=Q(lease_expires_at__isnull=False), name="task_lease_ends"
            ),
            models.Index(fields=["boost_at"], condition=Q(boost_at__isnull=False), name="task_boost_due"),
            models.Index(fields=["waits_until"], condition=Q(waits_until__isnull=False), name="task_waits_until"),
            models.Index(fields=["organization", "status", "-created_at", "-id"], name="task_org_status"),
            models.Index(fields=["organization", "-created_at", "-id"], name="task_org_created"),
            models.Index(fields=["agent", "-created_at", "-id"], name="task_agent_created"),
            models.Index(fields=["workstream"], condition=Q(workstream__isnull=False), name="task_workstream"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def where(self) -> TaskStatus:
        return TaskStatus(self.status)

    @property
    def weight(self) -> TaskPriority:
        return TaskPriority(self.priority)

    @property
    def kind(self) -> TaskType:
        return TaskType(self.type)

    @property
    def blocker(self) -> BlockerCode | None:
        return BlockerCode(self.blocker_code) if self.blocker_code else None

    @property
    def unblocker(self) -> "User | Agent | None":
        return self.unblock_user or self.unblock_agent


class TaskNeed(models.Model):
    """One task waits for another to be completed."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="needs")
    needs = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="needed_by")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "needs"], name="task_need_once"),
            models.CheckConstraint(condition=~Q(task=F("needs")), name="task_needs_another"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} waits for {self.needs_id}"


class WorkReport(AppendOnlyModel):
    """What a runtime said of its work on a task, and when its lease was lost: the task's run log."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="work_reports")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reports")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="work_reports")
    lease_token = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=9, choices=ReportKind.pairs)
    said = models.CharField(max_length=9, help_text="What was reported: of a late one, what it would have been.")
    text = models.TextField(blank=True, help_text="Result, error or note.")
    reported_at = models.DateTimeField(default=timezone.now)
    reported_by_label = models.CharField(max_length=160)

    class Meta:
        ordering = ["-reported_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=_known("kind", ReportKind), name="work_report_kind_known"),
        ]
        indexes = [models.Index(fields=["task", "-reported_at", "-id"], name="work_report_task")]

    def __str__(self) -> str:
        return f"{self.kind} {self.task_id}"
