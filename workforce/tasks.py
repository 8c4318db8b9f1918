"""Doors that beat opens: one service call each. A lost or doubled message changes nothing."""

from typing import Any

from celery import shared_task
from celery.signals import task_postrun, task_prerun
from django.utils import timezone

from workforce.rules.request_ids import request_id
from workforce.services import audit, holds, idempotency, leases, ticks


@task_prerun.connect
def _begin(task_id: str = "", **_: Any) -> None:
    request_id.set(task_id)


@task_postrun.connect
def _end(**_: Any) -> None:
    request_id.set("")


@shared_task(name="workforce.expire_holds")
def expire_holds() -> str:
    now = timezone.now()
    return ticks.finished("expire-holds", said=f"Released {holds.expire_due(now=now)} holds", now=now)


@shared_task(name="workforce.link_audit")
def link_audit() -> str:
    return ticks.finished("link-audit", said=f"Linked {audit.link_pending()} events", now=timezone.now())


@shared_task(name="workforce.sweep_work")
def sweep_work() -> str:
    """Leases that were not kept alive, work whose time has come, work that has waited another day."""
    now = timezone.now()
    lost, released, raised = leases.sweep_lost(now=now), leases.release_waiting(now=now), leases.boost_due(now=now)
    said = f"Took back {lost} tasks, released {released}, raised {raised}"
    return ticks.finished("sweep-work", said=said, now=now)


@shared_task(name="workforce.forget_idempotent")
def forget_idempotent() -> str:
    now = timezone.now()
    said = f"Forgot {idempotency.forget_expired(now=now)} answers"
    return ticks.finished("forget-idempotent", said=said, now=now)
