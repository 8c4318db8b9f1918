"""The audit: one event per change that matters, and the chain that shows tampering (spec P5)."""

from typing import Any

from django.db import models
from django.utils import timezone

from workforce.choices import ActorKind
from workforce.models.ids import uuid7
from workforce.models.people import Organization
from workforce.models.promises import AppendOnlyModel


class AuditEvent(AppendOnlyModel):
    """Who did what to what, when, why, with the facts before and after. Refers by kind and id, without foreign keys."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="audit_events")
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=8, choices=ActorKind.pairs)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=160)
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=160)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-at"], name="audit_org_at"),
            models.Index(fields=["subject_kind", "subject_id", "-at"], name="audit_subject_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_label}"

    def facts(self) -> dict[str, Any]:
        """What the chain covers, as plain values that read the same from every database."""
        return {
            "id": str(self.id),
            "organization": str(self.organization_id),
            "at": self.at.isoformat(timespec="microseconds"),
            "actor": [self.actor_kind, self.actor_id, self.actor_label],
            "action": self.action,
            "subject": [self.subject_kind, self.subject_id, self.subject_label],
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
            "request_id": self.request_id,
        }


class AuditLink(AppendOnlyModel):
    """An event's place in its organisation's chain, made by a sweep so that writers never queue for each other."""

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="audit_links")
    seq = models.PositiveBigIntegerField()
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="link")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["organization", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "seq"], name="audit_link_seq_once"),
            # Two sweeps that both append to the same head cannot both succeed.
            models.UniqueConstraint(fields=["organization", "previous"], name="audit_link_no_fork"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"
