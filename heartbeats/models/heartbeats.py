"""The heartbeat time series (001 §1.3)."""

from typing import ClassVar

from django.db import models

from workforce.choices import HeartbeatStatus, WorkMode
from workforce.models import Agent, Organization
from workforce.models.ids import uuid7
from workforce.models.promises import AppendOnlyModel


class Heartbeat(AppendOnlyModel):
    """What a runtime said of itself at one moment. Facts about "now" are in ``workforce.Presence``."""

    SUMMARY_MAX: ClassVar[int] = 140

    heartbeat_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="heartbeats", db_index=False)
    emitted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=HeartbeatStatus.pairs)
    work_mode = models.CharField(max_length=10, choices=WorkMode.pairs)
    active_assignment_id = models.UUIDField(null=True)
    queue_depth = models.PositiveIntegerField(null=True)
    error_count_1h = models.PositiveIntegerField(null=True)
    latency_p95_ms = models.PositiveIntegerField(null=True)
    token_burn_1h = models.PositiveBigIntegerField(null=True)
    summary = models.CharField(max_length=SUMMARY_MAX, blank=True)
    late = models.BooleanField(default=False, help_text="Emitted over 24 h before it arrived: kept, moves nothing.")
    out_of_order = models.BooleanField(default=False, help_text="A newer emission had arrived before.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[s.value for s in HeartbeatStatus]), name="heartbeat_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(work_mode__in=[m.value for m in WorkMode]), name="heartbeat_work_mode_known"
            ),
        ]
        indexes = [models.Index(fields=["agent", "-received_at"], name="heartbeat_agent_received")]

    def __str__(self) -> str:
        return f"{self.status} {self.agent_id} {self.emitted_at}"
