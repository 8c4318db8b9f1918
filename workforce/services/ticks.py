"""Sweeps leave word of when they last finished, for readiness and for pages that say how old their figures are."""

from datetime import datetime

from workforce.models import SweepTick


def finished(name: str, *, said: str, now: datetime) -> str:
    """Record it and hand the sentence back, so that a task can return it."""
    SweepTick.objects.update_or_create(name=name, defaults={"finished_at": now, "said": said[:200]})
    return said
