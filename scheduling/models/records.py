"""The time clock's record (spec W8)."""

from django.db import models
from django.utils import timezone

from scheduling.choices import ClockEvent
from workforce.choices import ActorKind
from workforce.models import Agent, Organization
from workforce.models.ids import uuid7
from workforce.models.promises import AppendOnlyModel


class ClockRecord(AppendOnlyModel):
    """One clock event. ``time`` is when it happened, ``scheduled_at`` when the hours called for it (empty: by hand)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="clock_records")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="clock_records")
    time = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=12, choices=ClockEvent.pairs)
    triggered_by_kind = models.CharField(max_length=8, choices=ActorKind.pairs)
    triggered_by_id = models.CharField(max_length=64)
    triggered_by = models.CharField(max_length=160)
    scheduled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-time", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(event__in=[e.value for e in ClockEvent]), name="clock_event_known"
            ),
            # One record per agent, event and moment it was due: a second sweep cannot write it again.
            models.UniqueConstraint(
                fields=["agent", "event", "scheduled_at"],
                condition=models.Q(scheduled_at__isnull=False),
                name="clock_record_once_per_due_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-time", "-id"], name="clock_record_org_time"),
            models.Index(fields=["agent", "-time"], name="clock_record_agent_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.agent_id} {self.time}"

    @property
    def kind(self) -> ClockEvent:
        return ClockEvent(self.event)
