"""Working hours of an agent (spec W1, W2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from scheduling.choices import OffHoursAction, ScheduleType
from scheduling.rules.clock import Policy
from scheduling.rules.custom import CustomHours, DayOff, Extra
from scheduling.rules.hours import LONGEST_NAME, Hours, Window
from workforce.models import Agent, Organization
from workforce.models.ids import uuid7
from workforce.models.promises import Mutability

GRACE_MAX_MINUTES = 240


class WorkScheduleQuerySet(models.QuerySet["WorkSchedule"]):
    """``with_hours`` loads what ``hours()`` needs: one query more, and two where custom hours are among the rows."""

    _with_hours = False

    def with_hours(self) -> Self:
        found = self._chain()  # type: ignore[attr-defined]
        found._with_hours = True
        return found

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._with_hours = self._with_hours
        return clone

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        rows: list[Any] = self._result_cache or []
        if fresh and self._with_hours:
            load_hours([row for row in rows if isinstance(row, WorkSchedule)])


def load_hours(schedules: "Sequence[WorkSchedule]") -> None:
    """What ``hours()`` needs of each: one query, and two where custom hours are among them."""
    models.prefetch_related_objects(list(schedules), "shifts")
    custom = [schedule for schedule in schedules if schedule.type == ScheduleType.CUSTOM]
    models.prefetch_related_objects(custom, "rules", "exceptions")


class WorkSchedule(models.Model):
    """When an agent works. ``clock_due_at`` says when the clock has to look at it next; empty: never."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="work_schedules")
    agent = models.OneToOneField(Agent, on_delete=models.PROTECT, related_name="work_schedule")
    type = models.CharField(max_length=8, choices=ScheduleType.pairs, default=ScheduleType.STANDARD)
    time_zone = models.CharField(max_length=64)
    enforce_clock_in = models.BooleanField(default=False)
    enforce_clock_out = models.BooleanField(default=True)
    auto_wake = models.BooleanField(default=True)
    enabled = models.BooleanField(default=True)
    off_hours_action = models.CharField(max_length=8, choices=OffHoursAction.pairs, default=OffHoursAction.PAUSE)
    grace_minutes = models.PositiveSmallIntegerField(default=10, validators=[MaxValueValidator(GRACE_MAX_MINUTES)])
    active_since = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When these hours began to act."
    )
    clock_due_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WorkScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["agent__agent_name"]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=[t.value for t in ScheduleType]), name="schedule_type_known"),
            models.CheckConstraint(
                condition=Q(off_hours_action__in=[a.value for a in OffHoursAction]), name="schedule_action_known"
            ),
            models.CheckConstraint(
                condition=Q(grace_minutes__gte=0, grace_minutes__lte=GRACE_MAX_MINUTES), name="schedule_grace_bounded"
            ),
            models.CheckConstraint(condition=~Q(time_zone=""), name="schedule_has_a_zone"),
        ]
        indexes = [
            models.Index(fields=["clock_due_at"], condition=Q(clock_due_at__isnull=False), name="schedule_clock_due"),
        ]

    def __str__(self) -> str:
        return f"Hours of {self.agent}"

    def hours(self) -> Hours:
        """The rule's view of this schedule; load ``with_hours``."""
        if self.type == ScheduleType.CUSTOM:
            exceptions = [row.exception() for row in self.exceptions.all()]
            return CustomHours(
                tz=self.time_zone,
                windows=(),
                rules=tuple(row.rule() for row in self.rules.all()),
                days_off=tuple(one for one in exceptions if isinstance(one, DayOff)),
                extras=tuple(one for one in exceptions if isinstance(one, Extra)),
            )
        return Hours(tz=self.time_zone, windows=tuple(shift.window() for shift in self.shifts.all()))

    def policy(self) -> Policy:
        """How the rule of the clock sees the rest of this schedule."""
        return Policy(
            enabled=self.enabled,
            enforce_clock_in=self.enforce_clock_in,
            enforce_clock_out=self.enforce_clock_out,
            auto_wake=self.auto_wake,
            grace_minutes=self.grace_minutes,
            off_hours_action=self.off_hours_action,
            active_since=self.active_since,
        )

    @property
    def due(self) -> datetime | None:
        return self.clock_due_at


class Shift(models.Model):
    """One window of a schedule: ``start_minute`` to ``end_minute`` of the local day, overnight where end < start."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(WorkSchedule, on_delete=models.CASCADE, related_name="shifts")
    name = models.CharField(max_length=LONGEST_NAME)
    days = models.PositiveSmallIntegerField(help_text="Bit 0 is Monday, bit 6 Sunday.")
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "name"], name="shift_name_once"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=127), name="shift_has_days"),
            models.CheckConstraint(condition=Q(start_minute__lte=1439), name="shift_start_in_day"),
            models.CheckConstraint(condition=Q(end_minute__gte=0, end_minute__lte=1440), name="shift_end_in_day"),
            models.CheckConstraint(condition=~Q(start_minute=models.F("end_minute")), name="shift_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    def window(self) -> Window:
        return Window(
            name=self.name,
            days=frozenset(day for day in range(7) if self.days >> day & 1),
            start=self.start_minute,
            end=self.end_minute,
        )
