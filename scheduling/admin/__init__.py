"""The admin's part about hours, leave and the clock."""

from scheduling.admin import agents, leave, schedules

__all__ = ["agents", "leave", "schedules"]
