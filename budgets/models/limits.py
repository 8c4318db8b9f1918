"""What happened at caps: thresholds that were passed, and what people decided (spec B4)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budgets.choices import ApprovalStatus, CapMeasure, CapWindow
from workforce.models import Agent, Organization
from workforce.models.ids import uuid7
from workforce.models.promises import AppendOnlyModel, Mutability

REASON_MAX = 500


def _figure() -> "models.DecimalField[Any, Any]":
    """Tokens or money, as shown; deciding is done by the meter."""
    return models.DecimalField(max_digits=24, decimal_places=4)


class CapMark(AppendOnlyModel):
    """A threshold of a cap that usage passed: 50 and 80 once per window, 100 once per window and cap."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="cap_marks", db_index=False)
    window = models.CharField(max_length=8, choices=CapWindow.pairs)
    measure = models.CharField(max_length=6, choices=CapMeasure.pairs)
    since = models.DateTimeField(help_text="Start of the window, UTC.")
    level = models.PositiveSmallIntegerField(help_text="Per cent of the cap: 50, 80 or 100.")
    cap = _figure()
    used = _figure()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "window", "measure", "since", "level"],
                condition=Q(level__lt=100),
                name="cap_warning_once_per_window",
            ),
            models.UniqueConstraint(
                fields=["agent", "window", "measure", "since", "cap"],
                condition=Q(level=100),
                name="cap_reached_once_per_cap",
            ),
            models.CheckConstraint(condition=Q(level__in=[50, 80, 100]), name="cap_mark_level_known"),
        ]

    def __str__(self) -> str:
        return f"{self.level} % of the {self.window} cap in {self.measure}"


class CapApproval(models.Model):
    """A cap that was reached and waits for somebody: raise it and resume, or keep it until the window is over."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="cap_approvals")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="cap_approvals")
    window = models.CharField(max_length=8, choices=CapWindow.pairs)
    measure = models.CharField(max_length=6, choices=CapMeasure.pairs)
    since = models.DateTimeField()
    until = models.DateTimeField(help_text="When the window is over and this lapses, UTC.")
    cap = _figure()
    used = _figure()
    opened_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=6, choices=ApprovalStatus.pairs, default=ApprovalStatus.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by_label = models.CharField(max_length=160, blank=True)
    reason = models.CharField(max_length=REASON_MAX, blank=True)
    raised_to = models.DecimalField(max_digits=24, decimal_places=4, null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "window", "measure"],
                condition=Q(status="open"),
                name="cap_approval_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_at__isnull=True) | (~Q(status="open") & Q(decided_at__isnull=False)),
                name="cap_approval_decided_when_not_open",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["raised", "kept"]) | (~Q(decided_by_label="") & ~Q(reason="")),
                name="cap_approval_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status="raised", raised_to__isnull=False)
                | (~Q(status="raised") & Q(raised_to__isnull=True)),
                name="cap_approval_raised_says_to_what",
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(status="open"), name="cap_approval_lapses"),
            models.Index(fields=["organization", "-opened_at"], condition=Q(status="open"), name="cap_approval_open"),
        ]

    def __str__(self) -> str:
        return f"{self.window} cap of {self.agent_id} in {self.measure}"


class BurnAnomaly(AppendOnlyModel):
    """An hour in which an agent or a pod burned far more than it uses to (spec B7), with what it was held against."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_kind = models.CharField(max_length=5, help_text="agent or pod")
    subject_id = models.UUIDField()
    subject_label = models.CharField(max_length=160)
    hour = models.DateTimeField(help_text="Its beginning, UTC.")
    tokens = models.BigIntegerField(help_text="Counted tokens of that hour.")
    baseline = models.BigIntegerField(help_text="What such an hour has: the median.")
    threshold = models.BigIntegerField(help_text="From where on an hour is far over it.")
    hours = models.PositiveSmallIntegerField(help_text="Hours the baseline was made of.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-hour"]
        verbose_name_plural = "burn anomalies"
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "hour"], name="burn_anomaly_once"),
            models.CheckConstraint(condition=Q(subject_kind__in=["agent", "pod"]), name="burn_anomaly_kind_known"),
        ]
        indexes = [models.Index(fields=["organization", "-hour"], name="burn_anomaly_of_org")]

    def __str__(self) -> str:
        return f"{self.subject_label}: {self.tokens:,} tokens in the hour of {self.hour}"
