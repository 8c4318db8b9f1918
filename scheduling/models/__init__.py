"""Facts of hours and the clock."""

from scheduling.models.custom import RecurrenceRule, ScheduleException
from scheduling.models.records import ClockRecord
from scheduling.models.schedules import Shift, WorkSchedule

__all__ = ["ClockRecord", "RecurrenceRule", "ScheduleException", "Shift", "WorkSchedule"]
