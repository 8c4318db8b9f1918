"""Facts of hours and the clock."""

from scheduling.models.records import ClockRecord
from scheduling.models.schedules import Shift, WorkSchedule

__all__ = ["ClockRecord", "Shift", "WorkSchedule"]
