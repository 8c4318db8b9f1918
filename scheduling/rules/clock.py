"""What the clock does to one agent at one moment: a verdict over facts (spec W3-W7).

The caller holds the agent's row, applies the verdict and asks again with the new facts until it is NONE;
the alarm is then set to `next_check_at`. A missed end and the start after it are two such rounds, so what
nobody watched is applied once, with the moment it was due beside the moment it was done (spec W7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scheduling.rules.hours import following, interval_at, latest, next_start
from scheduling.rules.weeks import Hours, Interval
from workforce.rules.zones import check_zone

# Looked at again this soon where something other than the hours decides: a hold, a heartbeat, a new attempt.
RECHECK = timedelta(minutes=1)
# Looked at again this late where no end of a shift is found, as when each pause is shorter than the grace.
FAR_RECHECK = timedelta(days=7)
_LOOK_BACK = timedelta(days=21)
_LOOK_AHEAD = FAR_RECHECK + timedelta(days=1)

_GONE = frozenset({"retired", "archived"})
_UNWELL = frozenset({"degraded", "escalated"})


class Action(StrEnum):
    NONE = "none"
    AUTO_WAKE = "auto_wake"
    AUTO_PAUSE = "auto_pause"
    WAKE_LATER = "wake_later"  # send the wake command, tell the owner; clock in at a healthy heartbeat
    LATE = "late"  # tell the owner


@dataclass(frozen=True, slots=True)
class Policy:
    """How the hours are enforced. `grace_minutes` is 0 to 240; `active_since` is when these hours began to
    act: nothing is said to have been due before it."""

    enabled: bool
    enforce_clock_in: bool
    enforce_clock_out: bool
    auto_wake: bool
    grace_minutes: int
    off_hours_action: str
    active_since: datetime

    @property
    def grace(self) -> timedelta:
        return timedelta(minutes=self.grace_minutes)


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """`since` is the moment the last clock event took effect (its scheduled moment, where it had one), None
    where there was none. `other_holds` is whether any hold but `off_hours` is active. `healthy_since_start`
    is whether the last heartbeat says ok and came at or after the running interval's start."""

    status: str  # clocked_in, clocked_out, no_schedule
    since: datetime | None
    lifecycle_state: str
    other_holds: bool
    healthy_since_start: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """`scheduled_at` is when the action was due, never after the moment of the decision; None for NONE.
    `next_check_at` is when the verdict may change by itself, always later; None if never. `why` is a
    sentence."""

    action: Action
    scheduled_at: datetime | None
    next_check_at: datetime | None
    why: str


def decide(hours: Hours, policy: Policy, facts: ClockFacts, now: datetime) -> Decision:
    """The verdict at `now`. WAKE_LATER and LATE come again while they hold: tell each only once per
    `scheduled_at`. Raises ValueError for a naive datetime."""
    for moment in (now, policy.active_since, facts.since or now):
        if moment.tzinfo is None:
            raise ValueError("A moment needs its time zone; this one has none.")
    if not policy.enabled:
        return _nothing(None, "These hours are switched off.")
    if facts.lifecycle_state in _GONE:
        return _nothing(None, f"The agent is {facts.lifecycle_state}.")
    if now < policy.active_since:
        return _nothing(policy.active_since, "These hours do not act yet.")
    if facts.status == "clocked_in":
        return _while_in(hours, policy, facts, now)
    if facts.status == "clocked_out":
        return _while_out(hours, policy, facts, now)
    return _nothing(None, "The agent has no schedule.")


def _while_in(hours: Hours, policy: Policy, facts: ClockFacts, now: datetime) -> Decision:
    if not policy.enforce_clock_out:
        return _nothing(None, "Clock-out is not enforced.")
    end = end_of_duty(hours, policy, facts.since, now)
    if end is None:
        running = interval_at(hours, now)
        if running is not None and running.endless:
            return _nothing(None, "These hours never end.")
        return _nothing(now + FAR_RECHECK, "No pause in these hours is longer than the grace period.")
    due = end + policy.grace
    if now < due:
        return _nothing(due, "The shift and its grace period are not over.")
    why = f"Hours ended at {_clock(hours, end)}{_grace_in_words(policy)}."
    return Decision(Action.AUTO_PAUSE, max(due, policy.active_since), now + RECHECK, why)


def end_of_duty(hours: Hours, policy: Policy, since: datetime | None, now: datetime) -> datetime | None:
    """When the duty of an agent that clocked in at `since` ends, without the grace period; None if nothing ends it.

    It is the first end after `since` that no next start follows within the grace period: through a shorter
    pause it goes on. A clock-in outside hours thus ends with the next shift (spec W4).

    Of the time before the hours began to act, only the interval that then ran or had last run counts: who is
    at work when hours are set within them stays.
    """
    since = policy.active_since if since is None else since
    last = latest(hours, policy.active_since)
    if last is not None:
        since = max(since, last.start)
    found = _end_between(hours, since, since + _LOOK_BACK, policy.grace)
    if found is None and since + _LOOK_BACK < now + _LOOK_AHEAD:
        # All the pauses were short. One that only a clock change makes long enough is found when it is near.
        recently = max(since, now - _LOOK_BACK)
        found = _end_between(hours, recently, now + _LOOK_AHEAD, policy.grace)
    return found


def _end_between(hours: Hours, after: datetime, until: datetime, grace: timedelta) -> datetime | None:
    previous: Interval | None = None
    for interval in following(hours, after):
        if previous is not None and interval.start > previous.end + grace:
            return previous.end
        if interval.endless or interval.end > until:
            return None
        previous = interval
    return None if previous is None else previous.end


def _while_out(hours: Hours, policy: Policy, facts: ClockFacts, now: datetime) -> Decision:
    if not (policy.auto_wake or policy.enforce_clock_in):
        return _nothing(None, "Neither auto-wake nor clock-in is enforced.")
    upcoming = next_start(hours, now)
    running = interval_at(hours, now)
    if running is None:
        return _nothing(upcoming, "Outside working hours.")
    if _left_during(running, policy, facts):
        return _nothing(upcoming, "Clocked out since this shift started; it stays so until the next.")
    scheduled = max(running.start, policy.active_since)
    if facts.lifecycle_state == "registered" or facts.other_holds:
        why = "The agent is held." if facts.other_holds else "The agent is registered but not active."
        return _nothing(now + RECHECK, why)
    if policy.auto_wake:
        return _wake(hours, facts, running, scheduled, now)
    late = scheduled + policy.grace
    if late >= running.end:
        return _nothing(upcoming, "The shift is shorter than the grace period.")
    if now < late:
        return _nothing(late, "Not clocked in yet; the grace period runs.")
    why = f"Not clocked in since the start at {_clock(hours, scheduled)}{_grace_in_words(policy)}."
    return Decision(Action.LATE, late, upcoming, why)


def _left_during(running: Interval, policy: Policy, facts: ClockFacts) -> bool:
    """Whether the agent was clocked out in this very interval. One without end has no start of its own: it
    starts when it begins to act."""
    if facts.since is None:
        return False
    return facts.since > policy.active_since if running.endless else facts.since >= running.start


def _wake(hours: Hours, facts: ClockFacts, running: Interval, scheduled: datetime, now: datetime) -> Decision:
    started = running.start == scheduled
    why = f"Hours started at {_clock(hours, scheduled)}." if started else "Within its hours when they were set."
    if facts.lifecycle_state in _UNWELL and not facts.healthy_since_start:
        why += f" The agent is {facts.lifecycle_state}: it clocks in at its first healthy heartbeat."
        return Decision(Action.WAKE_LATER, scheduled, now + RECHECK, why)
    return Decision(Action.AUTO_WAKE, scheduled, now + RECHECK, why)


def _nothing(next_check_at: datetime | None, why: str) -> Decision:
    return Decision(Action.NONE, None, next_check_at, why)


def _clock(hours: Hours, at: datetime) -> str:
    """The wall clock of the hours, with its zone: whoever reads it may be elsewhere."""
    return f"{at.astimezone(check_zone(hours.tz)):%H:%M} {hours.tz}"


def _grace_in_words(policy: Policy) -> str:
    return f" and the {policy.grace_minutes} min of grace are over" if policy.grace_minutes else ""
