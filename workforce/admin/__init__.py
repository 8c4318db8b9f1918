"""The admin for HR (spec U8): every entity of one's own organisations, changed through the services only."""

from workforce.admin import agents, assignments, holds, keys, people, records, tasks

__all__ = ["agents", "assignments", "holds", "keys", "people", "records", "tasks"]
