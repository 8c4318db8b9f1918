"""Doors that beat opens: one service call each. A lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from scheduling.services import clock_leavers, clock_sweep, leave_sweep
from workforce.services import ticks


@shared_task(name="scheduling.sweep_clock")
def sweep_clock() -> str:
    now = timezone.now()
    said = str(clock_sweep.sweep(now=now))
    if left := clock_leavers.clock_out_leavers(now=now):
        said += f"; {left} of the retired clocked out"
    return ticks.finished("sweep-clock", said=said, now=now)


@shared_task(name="scheduling.sweep_leave")
def sweep_leave() -> str:
    now = timezone.now()
    return ticks.finished("sweep-leave", said=str(leave_sweep.sweep(now=now)), now=now)
