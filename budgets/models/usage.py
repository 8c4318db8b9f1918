"""The ledger of usage, and its sums by hour and by day (spec B2)."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budgets.choices import ReservationEnd
from budgets.models.money import MoneyField
from workforce.models import Agent, Organization, Task
from workforce.models.ids import uuid7
from workforce.models.promises import AppendOnlyModel, Mutability

KEY_MAX, MODEL_MAX = 80, 80


class Usage(AppendOnlyModel):
    """One report of what a model was asked for. ``key`` is the sender's: the same key of an agent is one usage.

    ``counted_tokens`` are those that caps count, by the weights of that moment; costs are exact, and empty where no
    price was known then. ``at`` is when it was spent, ``received_at`` when we heard of it (both UTC).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="usage", db_index=False)
    key = models.CharField(max_length=KEY_MAX)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    model = models.CharField(max_length=MODEL_MAX)
    task = models.ForeignKey(
        Task, null=True, blank=True, on_delete=models.PROTECT, related_name="usage", db_index=False
    )
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    counted_tokens = models.BigIntegerField()
    list_cost = MoneyField(null=True, blank=True)
    billed_cost = MoneyField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "usage"
        constraints = [
            models.UniqueConstraint(fields=["agent", "key"], name="usage_key_once"),
            models.CheckConstraint(condition=~Q(key=""), name="usage_has_a_key"),
            models.CheckConstraint(condition=~Q(model=""), name="usage_has_a_model"),
            models.CheckConstraint(
                condition=Q(
                    input_tokens__gte=0,
                    output_tokens__gte=0,
                    cache_read_tokens__gte=0,
                    cache_write_tokens__gte=0,
                    counted_tokens__gte=0,
                ),
                name="usage_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(list_cost__isnull=True, billed_cost__isnull=True) | Q(list_cost__gte=0, billed_cost__gte=0),
                name="usage_costs_together",
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "at"], name="usage_agent_at"),
            models.Index(fields=["task"], condition=Q(task__isnull=False), name="usage_task"),
        ]

    def __str__(self) -> str:
        return f"{self.counted_tokens:,} tokens of {self.model}"


#: What is summed by hour and by day, and what by day only.
SUMS = ("counted_tokens", "list_cost", "billed_cost", "unpriced_tokens")
DAY_SUMS = (*SUMS, "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "entries")


class UsageSum(models.Model):
    """What is common to the sums: kept with every usage, proved against the ledger by ``reconcile_usage``."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    counted_tokens = models.BigIntegerField(default=0)
    list_cost = MoneyField(default=Decimal(0))
    billed_cost = MoneyField(default=Decimal(0))
    unpriced_tokens = models.BigIntegerField(default=0, help_text="Counted tokens whose cost is unknown.")

    class Meta:
        abstract = True


class UsageHour(UsageSum):
    """Sums of one agent's hour (UTC)."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="usage_hours", db_index=False)
    hour = models.DateTimeField(help_text="Its beginning, UTC.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "hour"], name="usage_hour_once")]
        indexes = [models.Index(fields=["organization", "hour"], name="usage_hour_of_org")]

    def __str__(self) -> str:
        return f"{self.agent_id} at {self.hour}"


class UsageDay(UsageSum):
    """Sums of one agent's day, on the calendar of the zone its windows were in then."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="usage_days", db_index=False)
    day = models.DateField()
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "day"], name="usage_day_once")]
        indexes = [models.Index(fields=["organization", "day"], name="usage_day_of_org")]

    def __str__(self) -> str:
        return f"{self.agent_id} on {self.day}"


class Reservation(models.Model):
    """Room kept under an agent's caps for work that has begun (spec B3). Usage of that work is taken from ``left``.

    ``subject_kind`` and ``subject_id`` name the work, for example a task and its lease; one open reservation each.
    """

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    subject_kind = models.CharField(max_length=10)
    subject_id = models.CharField(max_length=64)
    tokens = models.BigIntegerField()
    cost = MoneyField(default=Decimal(0))
    left_tokens = models.BigIntegerField()
    left_cost = MoneyField(default=Decimal(0))
    used_tokens = models.BigIntegerField(default=0, help_text="What was used of it, and beyond it.")
    used_cost = MoneyField(default=Decimal(0))
    opened_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=8, choices=ReservationEnd.pairs, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=Q(ended_at__isnull=True),
                name="reservation_one_open_of_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(left_tokens__gte=0, left_cost__gte=0)
                & Q(left_tokens__lte=models.F("tokens"), left_cost__lte=models.F("cost")),
                name="reservation_left_within",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended="") | (Q(ended_at__isnull=False) & ~Q(ended="")),
                name="reservation_ended_says_how",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(ended_at__isnull=True), name="reservation_lapses"),
            models.Index(fields=["agent", "-opened_at"], name="reservation_of_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.tokens:,} tokens for {self.subject_kind} {self.subject_id}"
