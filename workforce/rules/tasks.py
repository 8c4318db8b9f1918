"""The queue's rules: what presses more, what follows for the agent's state, when to try again (spec T2, R4, S18)."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from workforce.choices import LifecycleState as S
from workforce.choices import TaskPriority
from workforce.rules.lifecycle import TRANSITIONS

#: Stands for no due time in the order of the queue.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
#: After every such span in the queue a task counts as one level more pressing, so that low ones do not starve.
BOOST_EVERY = timedelta(hours=24)
#: One above critical: what has waited its days goes before what keeps coming.
MOST_URGENCY = len(TaskPriority)

LEASE_SECONDS, LEASE_LEAST, LEASE_MOST = 300, 30, 3_600
#: The third failure in a row stops the tries.
MOST_FAILURES = 3
FIRST_BACK_OFF = timedelta(minutes=1)
MOST_DELEGATIONS = 5
#: Work that waited for a shift is handed out over this many seconds after its start.
STAGGER_SECONDS = 60


def urgency(priority: TaskPriority, *, waited: timedelta) -> int:
    """The priority's rank, one more for each full day in the queue, at most ``MOST_URGENCY``."""
    return min(MOST_URGENCY, priority.rank + max(0, waited // BOOST_EVERY))


def next_boost(priority: TaskPriority, *, queued_at: datetime, now: datetime) -> datetime | None:
    """When ``urgency`` rises next; None where it has risen as far as it goes."""
    days = max(0, (now - queued_at) // BOOST_EVERY)
    return None if priority.rank + days >= MOST_URGENCY else queued_at + (days + 1) * BOOST_EVERY


def back_off(failures: int) -> timedelta | None:
    """How long a task waits after so many failures in a row; None where it is not tried again."""
    return None if failures >= MOST_FAILURES else FIRST_BACK_OFF * 4 ** (failures - 1)


def stagger(agent_id: UUID) -> timedelta:
    """How long after an automatic start this agent gets work: always the same, spread evenly over a fleet."""
    return timedelta(seconds=zlib.crc32(agent_id.bytes) % STAGGER_SECONDS)


@dataclass(frozen=True, slots=True)
class Load:
    """An agent's open work. ``waiting`` are queued tasks and active assignments, ``blocked`` those that are blocked."""

    in_progress: int = 0
    waiting: int = 0
    blocked: int = 0

    @property
    def total(self) -> int:
        return self.in_progress + self.waiting + self.blocked


#: The states that follow the work. Everything else is somebody's decision, and work changes nothing about it.
FOLLOWING = (S.READY, S.ASSIGNED, S.EXECUTING, S.BLOCKED)


def state_for(load: Load) -> S:
    """The state that this work comes to."""
    if load.in_progress:
        return S.EXECUTING
    if load.waiting:
        return S.ASSIGNED
    return S.BLOCKED if load.blocked else S.READY


def steps(source: S, target: S) -> list[S]:
    """The legal moves from ``source`` to ``target`` among the states that follow the work; the fewest."""
    paths: list[list[S]] = [[source]]
    seen = {source}
    while paths:
        path = paths.pop(0)
        if path[-1] == target:
            return path[1:]
        for state in FOLLOWING:
            if state not in seen and (path[-1], state) in TRANSITIONS:
                seen.add(state)
                paths.append([*path, state])
    raise ValueError(f"No way from {source} to {target}.")


def closes_a_circle(start: UUID, wanted: Iterable[UUID], needs: Mapping[UUID, Iterable[UUID]]) -> bool:
    """Whether ``start`` would come to wait for itself. ``needs`` are the known edges, by who waits."""
    waiting, seen = list(wanted), set()
    while waiting:
        current = waiting.pop()
        if current == start:
            return True
        if current not in seen:
            seen.add(current)
            waiting += needs.get(current, ())
    return False
