"""Whether this process lives, and whether it can serve (spec O3). Both open to anyone, both without a secret."""

from functools import cache
from typing import Any

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from workforce.models import SweepTick


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing else, so that a lost database does not get every process restarted."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where requests can be served, else 503 with the reasons. The broker is not needed for that."""
    reasons, sweeps = _look()
    return JsonResponse(
        {"status": "unready" if reasons else "ready", "reasons": reasons, "sweeps": sweeps},
        status=503 if reasons else 200,
    )


def _look() -> tuple[list[str], list[dict[str, Any]]]:
    """Reasons not to send requests here, and how long ago each sweep finished (seconds; for information)."""
    try:
        missing = len(_known_migrations() - MigrationRecorder(connection).applied_migrations().keys())
        if missing:
            return [f"{missing} migrations are not applied."], []
        now = timezone.now()
        return [], [
            {
                "name": tick.name,
                "finished_at": tick.finished_at.isoformat().replace("+00:00", "Z"),
                "age_seconds": max(0, round((now - tick.finished_at).total_seconds())),
            }
            for tick in SweepTick.objects.order_by("name")
        ]
    except Error:
        return ["The database cannot be reached."], []


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """What the code brings; it does not change while a process lives."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
