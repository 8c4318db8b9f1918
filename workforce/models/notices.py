"""What people are told, and when each sweep last ran."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workforce.models.ids import uuid7
from workforce.models.people import Organization, User
from workforce.models.promises import Mutability


class Notice(models.Model):
    """A sentence for one person, written with the change that caused it. ``key`` keeps it from being told twice."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="notices")
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    subject_label = models.CharField(max_length=160, blank=True)
    key = models.CharField(max_length=160)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="notice_told_once")]
        indexes = [
            models.Index(
                fields=["organization", "recipient", "-created_at"],
                condition=Q(read_at__isnull=True),
                name="notice_unread",
            )
        ]

    def __str__(self) -> str:
        return self.text


class SweepTick(models.Model):
    """When a sweep last finished, for readiness and for pages that say how old their figures are."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    name = models.CharField(primary_key=True, max_length=40)
    finished_at = models.DateTimeField()
    said = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.finished_at}"
