"""Why an agent may not work, and what its runtime still has to be told."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workforce.choices import ActorKind, CommandKind, HoldKind
from workforce.models.ids import uuid7
from workforce.models.people import Organization
from workforce.models.promises import Mutability
from workforce.models.roster import Agent


class HoldQuerySet(models.QuerySet["Hold"]):
    def active(self) -> "HoldQuerySet":
        return self.filter(released_at__isnull=True)


class Hold(models.Model):
    """One reason an agent may not work. Releasing it frees only this one (spec R8)."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="holds")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=12, choices=HoldKind.pairs)
    reason = models.CharField(max_length=500)
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by_kind = models.CharField(max_length=8, choices=ActorKind.pairs)
    placed_by_id = models.CharField(max_length=64)
    placed_by_label = models.CharField(max_length=160)
    until = models.DateTimeField(null=True, blank=True, help_text="Ends by itself then; empty: when it is released.")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by_label = models.CharField(max_length=160, blank=True)
    release_reason = models.CharField(max_length=500, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "kind"], condition=Q(released_at__isnull=True), name="hold_one_active_of_a_kind"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_a_reason"),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in HoldKind]), name="hold_kind_known"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by_label="")
                | (Q(released_at__isnull=False) & ~Q(released_by_label="")),
                name="hold_released_at_with_by",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=models.F("placed_at")), name="hold_until_after_placed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=Q(released_at__isnull=True, until__isnull=False), name="hold_due_to_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{HoldKind(self.kind).label}: {self.reason}"


class Command(models.Model):
    """Something a runtime is told. A row written with the change that caused it; answers to heartbeats carry it until
    the runtime acknowledges it or a newer one about the agent replaces it. ``cancel`` is about one task and replaces
    nothing."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="commands")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="commands")
    command = models.CharField(max_length=8, choices=CommandKind.pairs)
    task_id = models.UUIDField(null=True, help_text="Which task to cancel; empty for commands about the agent.")
    reason = models.CharField(max_length=500)
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by_label = models.CharField(max_length=160)
    delivered_at = models.DateTimeField(null=True, help_text="First answer that carried it.")
    acknowledged_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(condition=Q(command__in=[c.value for c in CommandKind]), name="command_known"),
            models.CheckConstraint(
                condition=Q(command=CommandKind.CANCEL.value, task_id__isnull=False)
                | ~Q(command=CommandKind.CANCEL.value) & Q(task_id__isnull=True),
                name="command_cancel_says_which_task",
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(acknowledged_at__isnull=True, superseded_at__isnull=True, task_id__isnull=True),
                name="command_one_pending",
            ),
            models.UniqueConstraint(
                fields=["task_id"],
                condition=Q(acknowledged_at__isnull=True, superseded_at__isnull=True, task_id__isnull=False),
                name="command_one_pending_per_task",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agent"],
                condition=Q(acknowledged_at__isnull=True, superseded_at__isnull=True),
                name="command_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.command} for {self.agent_id}"
