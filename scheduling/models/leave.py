"""Planned leave of an agent (spec W10): dates, a reason, who covers, and the hold that it becomes (spec R8)."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from scheduling.choices import LeaveStatus
from workforce.choices import ActorKind
from workforce.models import Agent, Hold, Organization
from workforce.models.ids import uuid7
from workforce.models.promises import Mutability

S = LeaveStatus
#: In these the sweep still has something to do.
OPEN = (S.PLANNED.value, S.RUNNING.value)


class LeaveQuerySet(models.QuerySet["Leave"]):
    def of(self, organization: Organization | UUID) -> Self:
        """Only this organisation's. Every page and endpoint starts here."""
        return self.filter(organization=organization)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def within(self, start: datetime | None, end: datetime | None) -> Self:
        """Those with a part in ``[start, end)``; None: no bound on that side."""
        found = self if start is None else self.filter(ends_at__gt=start)
        return found if end is None else found.filter(starts_at__lt=end)


class Leave(models.Model):
    """An absence ``[starts_at, ends_at)``. While it runs, ``hold`` keeps the agent from work. ``due_at`` says when the
    sweep has to look at it next; empty: never."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="leaves")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="leaves")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="The first moment after the leave.")
    reason = models.CharField(max_length=500)
    cover_agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="covered_leaves", verbose_name="cover"
    )
    status = models.CharField(max_length=9, choices=S.pairs, default=S.PLANNED.value)
    hold = models.OneToOneField(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="leave")
    due_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the agent was held; late after an outage.")
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by_label = models.CharField(max_length=160, blank=True)
    finish_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by_kind = models.CharField(max_length=8, choices=ActorKind.pairs)
    created_by_id = models.CharField(max_length=64)
    created_by_label = models.CharField(max_length=160)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        verbose_name = "leave"
        verbose_name_plural = "leave"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_ends_after_start"),
            models.CheckConstraint(condition=~Q(reason=""), name="leave_has_a_reason"),
            models.CheckConstraint(condition=Q(status__in=[s.value for s in S]), name="leave_status_known"),
            models.CheckConstraint(
                condition=Q(cover_agent__isnull=True) | ~Q(cover_agent=F("agent")), name="leave_covers_not_itself"
            ),
            # docs/decisions/0014: what both databases can promise of leaves that do not overlap.
            models.UniqueConstraint(fields=["agent"], condition=Q(status=S.RUNNING.value), name="leave_one_running"),
            models.UniqueConstraint(
                fields=["agent", "starts_at"], condition=Q(status__in=OPEN), name="leave_one_open_of_a_start"
            ),
            models.CheckConstraint(
                condition=Q(status=S.PLANNED.value, hold__isnull=True, started_at__isnull=True)
                | Q(status=S.RUNNING.value, hold__isnull=False, started_at__isnull=False)
                | Q(status=S.ENDED.value)
                | Q(status=S.CANCELLED.value, hold__isnull=True, started_at__isnull=True),
                name="leave_runs_with_its_hold",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, due_at__isnull=False) | (~Q(status__in=OPEN) & Q(due_at__isnull=True)),
                name="leave_due_while_open",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, finished_at__isnull=True, finished_by_label="")
                | (~Q(status__in=OPEN) & Q(finished_at__isnull=False) & ~Q(finished_by_label="")),
                name="leave_finished_at_with_by",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="leave_due"),
            models.Index(fields=["organization", "-starts_at", "-id"], name="leave_org_start"),
            models.Index(
                fields=["organization", "starts_at", "id"], condition=Q(status__in=OPEN), name="leave_org_open"
            ),
            models.Index(fields=["agent", "starts_at"], name="leave_agent_start"),
        ]

    def __str__(self) -> str:
        return f"Leave of {self.agent}"

    @property
    def stands(self) -> LeaveStatus:
        return LeaveStatus(self.status)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def runs(self) -> bool:
        return self.status == S.RUNNING
