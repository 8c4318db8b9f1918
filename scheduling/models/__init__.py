"""Facts of hours, leave and the clock."""

from scheduling.models.custom import RecurrenceRule, ScheduleException
from scheduling.models.leave import Leave
from scheduling.models.records import ClockRecord
from scheduling.models.schedules import Shift, WorkSchedule

__all__ = ["ClockRecord", "Leave", "RecurrenceRule", "ScheduleException", "Shift", "WorkSchedule"]
