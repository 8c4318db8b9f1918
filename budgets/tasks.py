"""Doors that beat opens: one service call each. A lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from budgets.services import anomalies, approvals, limits, reservations
from workforce.services import ticks


@shared_task(name="budgets.sweep_caps")
def sweep_caps() -> str:
    """Thresholds nobody acted on, reservations whose time is up, approvals whose window is over."""
    now = timezone.now()
    acted, ended, lapsed = limits.sweep(now=now), reservations.sweep(now=now), approvals.lapse_due(now=now)
    said = f"Acted at {acted} caps, ended {ended} reservations, let {lapsed} approvals lapse"
    return ticks.finished("sweep-caps", said=said, now=now)


@shared_task(name="budgets.look_for_anomalies")
def look_for_anomalies() -> str:
    """The last full hour against the hours before it. Looked at again until the next is over: found once."""
    now = timezone.now()
    return ticks.finished("look-for-anomalies", said=f"Found {anomalies.look(now=now)} burn anomalies", now=now)
