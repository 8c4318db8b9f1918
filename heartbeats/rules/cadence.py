"""How often an agent owes a heartbeat, and when it owes none (001 §5.1, spec H3, H5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from workforce.choices import LifecycleState, PriorityTier

INTERVALS: Mapping[PriorityTier, timedelta] = {
    PriorityTier.P0: timedelta(seconds=60),
    PriorityTier.P1: timedelta(seconds=180),
    PriorityTier.P2: timedelta(seconds=600),
}

#: In these states nobody waits for a sign of life.
OWING_NONE = frozenset(
    {LifecycleState.REGISTERED, LifecycleState.PAUSED, LifecycleState.RETIRED, LifecycleState.ARCHIVED}
)


def owes(state: str, *, on_duty: bool, may_work: bool) -> bool:
    """Whether an agent in this lifecycle state owes heartbeats (spec H5); ``may_work``: nothing holds it."""
    return on_duty and may_work and state not in OWING_NONE


def next_due(tier: str, *, received_at: datetime) -> datetime:
    """When an agent that owes heartbeats owes the next, after one received then."""
    return received_at + INTERVALS[PriorityTier(tier)]
