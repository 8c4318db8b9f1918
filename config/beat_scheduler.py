"""Beat's database scheduler, made to agree with the table in code at every start."""

from typing import Any

from celery.beat import ScheduleEntry  # noqa: F401
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

from config.beat import BEAT_TABLE


def prune() -> int:
    """Remove entries the code no longer has. Returns how many rows went."""
    removed, _ = PeriodicTask.objects.exclude(name__in=BEAT_TABLE).delete()
    if removed:
        PeriodicTasks.update_changed()
    return removed


class Scheduler(DatabaseScheduler):
    """Entries dropped from the code leave the table too; what an operator disabled by hand stays disabled."""

    def setup_schedule(self) -> None:
        prune()
        super().setup_schedule()

    def install_default_entries(self, data: Any) -> None:
        """No ``celery.backend_cleanup``: results are ignored, there is nothing to clean."""
