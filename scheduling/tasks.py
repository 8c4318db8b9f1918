"""Doors that beat opens: one service call each. A lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from scheduling.services import clock_sweep
from workforce.services import ticks


@shared_task(name="scheduling.sweep_clock")
def sweep_clock() -> str:
    now = timezone.now()
    return ticks.finished("sweep-clock", said=str(clock_sweep.sweep(now=now)), now=now)
