"""Enumerations of hours and the clock."""

from workforce.choices import Choice


class ScheduleType(Choice):
    STANDARD = "standard", "Standard"
    SHIFT = "shift", "Shift"
    CUSTOM = "custom", "Custom"


class ExceptionKind(Choice):
    """What a dated exception of custom hours does."""

    OFF = "off", "Day off"
    EXTRA = "extra", "Extra window"


class OffHoursAction(Choice):
    """What happens when a schedule ends (spec W6)."""

    PAUSE = "pause", "Pause"
    STOP = "stop", "Stop"
    QUEUE = "queue", "Queue"


class ClockEvent(Choice):
    CLOCKED_IN = "clocked_in", "Clocked in", "is-in", "in"
    CLOCKED_OUT = "clocked_out", "Clocked out", "is-out", "out"
    AUTO_WAKE = "auto_wake", "Auto wake", "is-wake", "clock"
    AUTO_PAUSE = "auto_pause", "Auto pause", "is-pause", "paused"


class LeaveStatus(Choice):
    """Where a planned leave stands (spec W10)."""

    PLANNED = "planned", "Planned", "is-info", "cal"
    RUNNING = "running", "On leave", "is-warn", "paused"
    ENDED = "ended", "Ended", "is-none", "none"
    CANCELLED = "cancelled", "Cancelled", "is-none", "x"
