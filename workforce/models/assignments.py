"""Who has what work: workstreams, and agents' assignments in them (001 §1.2, spec R7)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from workforce.choices import AssignmentRole, AssignmentStatus, BlockerCode
from workforce.models.ids import uuid7
from workforce.models.people import Organization, User
from workforce.models.promises import Mutability
from workforce.models.roster import Agent
from workforce.models.work import NOTE_MAX, Task, blocked_together
from workforce.rules.assignments import OPEN

NAME_MAX, WORDS_MAX = 120, 4_000
_OPEN = Q(status__in=[status.value for status in OPEN])
#: What counts as an agent's work by itself; ``rules.assignments.is_work`` says the same of one row. An owner's
#: assignment of a task is left out: there the task counts.
WORK = Q(role=AssignmentRole.CONTRIBUTOR.value) | Q(role=AssignmentRole.OWNER.value, task__isnull=True)


class Workstream(models.Model):
    """An initiative that work belongs to. Once agents of several pods work in it, one person or agent answers for it:
    the DRI."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="workstreams")
    name = models.CharField(max_length=NAME_MAX)
    description = models.TextField(blank=True, max_length=WORDS_MAX)
    dri_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="answers_for")
    dri_agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="answers_for")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(F("organization"), Lower("name"), name="workstream_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="workstream_has_a_name"),
            models.CheckConstraint(
                condition=Q(dri_user__isnull=True) | Q(dri_agent__isnull=True), name="workstream_one_dri_at_most"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-created_at", "-id"], name="workstream_org_created")]

    def __str__(self) -> str:
        return self.name

    @property
    def dri(self) -> "User | Agent | None":
        return self.dri_user or self.dri_agent

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def of(self, organization: Any) -> "AssignmentQuerySet":
        return self.filter(organization=organization)

    def open(self) -> "AssignmentQuerySet":
        return self.filter(_OPEN)


class Assignment(models.Model):
    """An agent's part in a workstream, with or without a task.

    A task in a workstream has one whose role is owner: it is its agent's, and follows the task. ``handed_from`` is the
    assignment that this one took over, and with ``handed_at`` and ``handoff_reason`` one link of the handoff chain.
    """

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="assignments")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="assignments")
    workstream = models.ForeignKey(Workstream, on_delete=models.PROTECT, related_name="assignments")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=11, choices=AssignmentRole.pairs)
    start_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=7, choices=AssignmentStatus.pairs, default=AssignmentStatus.ACTIVE)
    percent_complete = models.PositiveSmallIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by_label = models.CharField(max_length=160)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # What holds it up.
    blocker_code = models.CharField(max_length=13, choices=BlockerCode.pairs, blank=True)
    blocker_note = models.CharField(max_length=NOTE_MAX, blank=True)
    blocked_at = models.DateTimeField(null=True, editable=False)
    unblock_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments_to_unblock"
    )
    unblock_agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments_to_unblock"
    )

    # Where it came from, and how it ended.
    handed_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="handed_to"
    )
    handed_at = models.DateTimeField(null=True, editable=False)
    handed_by_label = models.CharField(max_length=160, blank=True)
    handoff_reason = models.CharField(max_length=NOTE_MAX, blank=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by_label = models.CharField(max_length=160, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in AssignmentRole]), name="assignment_role_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in AssignmentStatus]), name="assignment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(blocker_code__in=["", *(code.value for code in BlockerCode)]),
                name="assignment_blocker_known",
            ),
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(role=AssignmentRole.OWNER.value) & ~Q(status=AssignmentStatus.HANDOFF.value),
                name="assignment_one_owner_of_a_task",
            ),
            models.UniqueConstraint(
                fields=["agent", "task", "role"],
                condition=_OPEN & Q(task__isnull=False),
                name="assignment_once_to_a_task",
            ),
            models.UniqueConstraint(
                fields=["agent", "workstream", "role"],
                condition=_OPEN & Q(task__isnull=True),
                name="assignment_once_to_a_workstream",
            ),
            models.CheckConstraint(condition=blocked_together("blocked"), name="assignment_blocked_with_code"),
            models.CheckConstraint(
                condition=Q(percent_complete__isnull=True) | Q(percent_complete__lte=100),
                name="assignment_percent_to_100",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["handoff", "done"], ended_at__isnull=False) & ~Q(ended_by_label="")
                | Q(status__in=["active", "blocked"], ended_at__isnull=True, ended_by_label=""),
                name="assignment_ended_at_with_by",
            ),
            models.CheckConstraint(
                condition=Q(handed_from__isnull=False, handed_at__isnull=False)
                & ~Q(handed_by_label="")
                & ~Q(handoff_reason="")
                | Q(handed_from__isnull=True, handed_at__isnull=True, handed_by_label="", handoff_reason=""),
                name="assignment_handed_from_at_by_why",
            ),
            models.CheckConstraint(
                condition=Q(handed_from__isnull=True) | ~Q(handed_from=F("id")), name="assignment_handed_from_another"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="assignment_org_created"),
            models.Index(fields=["agent", "status"], condition=_OPEN & WORK, name="assignment_agent_work"),
            models.Index(fields=["workstream", "status"], name="assignment_workstream_status"),
        ]

    def __str__(self) -> str:
        return f"{self.agent.agent_name}: {self.part.label.lower()} of {self.of_what}"

    @property
    def of_what(self) -> str:
        return self.task.title if self.task is not None else self.workstream.name

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def follows_its_task(self) -> bool:
        return self.task_id is not None and self.role == AssignmentRole.OWNER

    @property
    def part(self) -> AssignmentRole:
        return AssignmentRole(self.role)

    @property
    def where(self) -> AssignmentStatus:
        return AssignmentStatus(self.status)

    @property
    def blocker(self) -> BlockerCode | None:
        return BlockerCode(self.blocker_code) if self.blocker_code else None

    @property
    def unblocker(self) -> "User | Agent | None":
        return self.unblock_user or self.unblock_agent


class AssignmentNeed(models.Model):
    """One assignment waits for another to be done."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.BigAutoField(primary_key=True)
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="needs")
    needs = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="needed_by")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "needs"], name="assignment_need_once"),
            models.CheckConstraint(condition=~Q(assignment=F("needs")), name="assignment_needs_another"),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} waits for {self.needs_id}"
