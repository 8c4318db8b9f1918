"""The admin's part about hours and the clock."""

from scheduling.admin import agents, schedules

__all__ = ["agents", "schedules"]
