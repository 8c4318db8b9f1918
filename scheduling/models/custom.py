"""What custom hours are made of (spec W1): recurrence rules and dated exceptions."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q

from scheduling.choices import ExceptionKind
from scheduling.models.schedules import WorkSchedule
from scheduling.rules.custom import LONGEST_MINUTES, DayOff, Extra
from scheduling.rules.custom_entry import LONGEST_NAME
from scheduling.rules.recurrence import Rule
from scheduling.rules.rrules import DAY, LONGEST_RRULE, day_number, day_of
from workforce.models.promises import Mutability


class RecurrenceRule(models.Model):
    """One rule of custom hours: windows of ``duration_minutes`` from ``start_minute`` of the local days that ``rrule``
    names, the first on or after ``starts_on``."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(WorkSchedule, on_delete=models.CASCADE, related_name="rules")
    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    starts_on = models.DateField()
    start_minute = models.PositiveSmallIntegerField()
    rrule = models.CharField(max_length=LONGEST_RRULE * 2, help_text="RFC 5545, with UNTIL on the local clock.")
    duration_minutes = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=~Q(rrule=""), name="rule_recurs"),
            models.CheckConstraint(condition=Q(start_minute__lte=1439), name="rule_start_in_day"),
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=1, duration_minutes__lte=LONGEST_MINUTES), name="rule_length_bounded"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.rrule

    @classmethod
    def of(cls, rule: Rule, *, schedule: WorkSchedule, position: int) -> "RecurrenceRule":
        """Unsaved."""
        return cls(
            schedule=schedule,
            name=rule.name,
            starts_on=day_of(rule.dtstart // DAY),
            start_minute=rule.dtstart % DAY,
            rrule=rule.rrule,
            duration_minutes=rule.minutes,
            position=position,
        )

    def rule(self) -> Rule:
        return Rule(self.name, day_number(self.starts_on) * DAY + self.start_minute, self.rrule, self.duration_minutes)


class ScheduleException(models.Model):
    """A local day without the rules' windows, or one more window. Only a window has a start and a length."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(WorkSchedule, on_delete=models.CASCADE, related_name="exceptions")
    kind = models.CharField(max_length=8, choices=ExceptionKind.pairs)
    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    date = models.DateField()
    start_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["date", "start_minute", "duration_minutes"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in ExceptionKind]), name="exception_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="off", start_minute__isnull=True, duration_minutes__isnull=True)
                | Q(kind="extra", start_minute__isnull=False, duration_minutes__isnull=False),
                name="exception_window_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(start_minute__isnull=True) | Q(start_minute__lte=1439), name="exception_start_in_day"
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__isnull=True)
                | Q(duration_minutes__gte=1, duration_minutes__lte=LONGEST_MINUTES),
                name="exception_length_bounded",
            ),
            models.UniqueConstraint(fields=["schedule", "date"], condition=Q(kind="off"), name="exception_off_once"),
        ]

    def __str__(self) -> str:
        return f"{ExceptionKind(self.kind).label} {self.date}"

    @classmethod
    def of(cls, exception: DayOff | Extra, *, schedule: WorkSchedule) -> "ScheduleException":
        """Unsaved."""
        if isinstance(exception, DayOff):
            day: date = day_of(exception.day)
            return cls(schedule=schedule, kind=ExceptionKind.OFF, name=exception.name, date=day)
        return cls(
            schedule=schedule,
            kind=ExceptionKind.EXTRA,
            name=exception.name,
            date=day_of(exception.start // DAY),
            start_minute=exception.start % DAY,
            duration_minutes=exception.end - exception.start,
        )

    def exception(self) -> DayOff | Extra:
        day = day_number(self.date)
        if self.start_minute is None or self.duration_minutes is None:
            return DayOff(day, self.name)
        start = day * DAY + self.start_minute
        return Extra(start, start + self.duration_minutes, self.name)
