"""Answers kept for ``Idempotency-Key`` (spec I3)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workforce.models.ids import uuid7
from workforce.models.keys import ApiKey
from workforce.models.promises import Mutability


class IdempotentRequest(models.Model):
    """One write that came with an ``Idempotency-Key``: first as a claim, then with its answer, which is given again."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="idempotent_requests")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_hash = models.CharField(max_length=64, help_text="SHA-256 of the body, as hex.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(help_text="Forgotten then; a claim without an answer is given up then.")
    answered_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["api_key", "key"], name="idempotent_request_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, status_code__isnull=True)
                | Q(answered_at__isnull=False, status_code__isnull=False),
                name="idempotent_request_answered_with_status",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="idempotent_request_expires")]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
