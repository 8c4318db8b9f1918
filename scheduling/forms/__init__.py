"""What the pages of hours and the clock are asked: filters in the address, and the hours form."""

from scheduling.forms.address import Reader, history_filter, roster_filter, schedule_filter
from scheduling.forms.custom import COMMON_RULES
from scheduling.forms.hours import DAYS, HoursForm, ShiftRow, faults_of, labels

__all__ = [
    "COMMON_RULES",
    "DAYS",
    "HoursForm",
    "Reader",
    "ShiftRow",
    "faults_of",
    "history_filter",
    "labels",
    "roster_filter",
    "schedule_filter",
]
