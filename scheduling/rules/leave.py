"""Planned leave (spec W10): its moments, what the sweep has to do about it, and who could cover.

Pure: facts in, verdict out. Local days and times become moments as everywhere (spec W3): a time that clocks skip lands
after the gap, one that they show twice is the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scheduling.rules.hours import interval_at, next_start
from scheduling.rules.rrules import DAY, day_number
from scheduling.rules.weeks import Hours
from workforce.rules.zones import wall_to_utc

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=1096)
#: Looked at again this soon where another hold of the same kind is in the way: a person may release it at any time.
RECHECK = timedelta(minutes=1)

Faults = list[tuple[str, str]]


# ---- moments ------------------------------------------------------------------------------------------------


def moment_of(zone: ZoneInfo, day: date, minute: int = 0) -> datetime:
    """The moment, in UTC, of ``minute`` (0 to 1440) of that local day."""
    return datetime.fromtimestamp(wall_to_utc(zone, day_number(day) * DAY + minute), UTC)


def start_of(zone: ZoneInfo, day: date, at: time | None) -> datetime:
    """When a leave begins that is said to start on ``day``: with the day where no time is given."""
    return moment_of(zone, day, _minute(at) if at else 0)


def end_of(zone: ZoneInfo, day: date, at: time | None) -> datetime:
    """When a leave ends whose last day is ``day``: with the day where no time is given."""
    return moment_of(zone, day, _minute(at) if at else DAY)


def start_fields(zone: ZoneInfo, starts_at: datetime) -> tuple[date, time | None]:
    """What ``start_of`` would take; no time where the leave begins with the day."""
    local = starts_at.astimezone(zone)
    whole = moment_of(zone, local.date()) == starts_at
    return local.date(), None if whole else local.time().replace(tzinfo=None)


def end_fields(zone: ZoneInfo, ends_at: datetime) -> tuple[date, time | None]:
    """What ``end_of`` would take; no time where the leave ends with its last day."""
    local = ends_at.astimezone(zone)
    if moment_of(zone, local.date()) == ends_at:
        return local.date() - timedelta(days=1), None
    return local.date(), local.time().replace(tzinfo=None)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def period_in_words(zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> str:
    """``24 Dec 2026``, ``24 Dec 2026 – 2 Jan 2027``, ``24 Dec 2026 12:00 – 17:00``; whole days without times."""
    (first, start), (last, end) = start_fields(zone, starts_at), end_fields(zone, ends_at)
    if start is None and end is None:
        if first >= last:
            return _day(first)
        same_year = f"{first.day} {first:%b}" if first.year == last.year else _day(first)
        return f"{same_year} – {_day(last)}"
    begin = f"{_day(first)} {start or time():%H:%M}"
    stop = f"{end:%H:%M}" if end else "24:00"
    return f"{begin} – {stop}" if first == last else f"{begin} – {_day(last)} {stop}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def check_period(
    starts_at: datetime | None, ends_at: datetime | None, now: datetime, *, running: bool = False
) -> Faults:
    """What is wrong with a leave of ``[starts_at, ends_at)`` that is entered or changed at ``now``. It may have begun:
    then it acts at once. Of one that runs already only the end is looked at."""
    faults: Faults = []
    if starts_at is None:
        faults.append(("starts_at", "Say when the leave begins."))
    elif not running and starts_at > now + FURTHEST:
        faults.append(("starts_at", "Choose a start within the next three years."))
    if ends_at is None:
        faults.append(("ends_at", "Say when the leave ends."))
    elif starts_at is not None and ends_at <= starts_at:
        faults.append(("ends_at", "Choose an end after the start."))
    elif ends_at <= now:
        faults.append(("ends_at", "Choose an end in the future."))
    elif starts_at is not None and ends_at - starts_at > LONGEST:
        faults.append(("ends_at", "A leave lasts at most 366 days. Choose an earlier end."))
    return faults


# ---- what the sweep has to do -------------------------------------------------------------------------------


class Step(StrEnum):
    WAIT = "wait"
    START = "start"  # place the hold
    END = "end"  # release the hold, if it is still there
    MISS = "miss"  # it passed without having begun
    DROP = "drop"  # it will never begin


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """``gone`` is the lifecycle state of an agent that left the workforce, else empty. ``released_at`` is when the
    leave's own hold was released. ``other_hold`` is whether the agent is held by a hold of the same kind that is not
    this leave's; ``other_until`` when that one ends by itself."""

    running: bool
    starts_at: datetime
    ends_at: datetime
    gone: str = ""
    released_at: datetime | None = None
    other_hold: bool = False
    other_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """``due_at`` is when to look again, always later than the decision; None where all is done. ``why`` is a sentence
    where the leave is over."""

    step: Step
    due_at: datetime | None
    why: str = ""


def decide(facts: LeaveFacts, now: datetime) -> Decision:
    return _while_running(facts, now) if facts.running else _while_planned(facts, now)


def _while_planned(facts: LeaveFacts, now: datetime) -> Decision:
    if facts.gone:
        return Decision(Step.DROP, None, f"The agent is {facts.gone}.")
    if now >= facts.ends_at:
        why = "The agent was on leave by another hold all the while." if facts.other_hold else "It passed unseen."
        return Decision(Step.MISS, None, why)
    if now < facts.starts_at:
        return Decision(Step.WAIT, facts.starts_at)
    if facts.other_hold and (facts.other_until is None or facts.other_until > now):
        return Decision(Step.WAIT, min(now + RECHECK, facts.ends_at, facts.other_until or facts.ends_at))
    return Decision(Step.START, facts.ends_at)


def _while_running(facts: LeaveFacts, now: datetime) -> Decision:
    if facts.released_at is not None and facts.released_at < facts.ends_at:
        return Decision(Step.END, None, "Its hold was released.")
    if facts.released_at is not None or now >= facts.ends_at:
        return Decision(Step.END, None, "It is over.")
    if facts.gone:
        return Decision(Step.END, None, f"The agent is {facts.gone}.")
    return Decision(Step.WAIT, facts.ends_at)


# ---- who could cover ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """``shared_tags`` are the capability tags it has in common with the one on leave."""

    name: str
    shared_tags: int
    same_pod: bool
    open_tasks: int


def rank(candidate: Candidate) -> tuple[int, bool, int, str]:
    """Smallest first: most tags in common, then of the same pod, then the least to do, then by name."""
    return -candidate.shared_tags, not candidate.same_pod, candidate.open_tasks, candidate.name


def works_within(hours: Hours, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether these hours are open at some moment of ``[starts_at, ends_at)``."""
    if interval_at(hours, starts_at) is not None:
        return True
    start = next_start(hours, starts_at)
    return start is not None and start < ends_at
