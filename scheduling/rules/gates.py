"""Whether an agent may begin work now: one ordered list of gates, each with its reason (spec T2, W6, W9).

Facts in, verdict out. The first gate that is shut names what is in the way and when to ask again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workforce.choices import LifecycleState

#: How soon to ask again where nothing says better.
ASK_AGAIN = timedelta(seconds=15)
_RUNNABLE = frozenset({LifecycleState.READY, LifecycleState.ASSIGNED, LifecycleState.EXECUTING, LifecycleState.BLOCKED})


@dataclass(frozen=True, slots=True)
class GateFacts:
    """``held`` are the reasons of holds other than off hours, ``held_until`` when the last one ends by itself; None:
    when somebody releases it. ``work_from`` is when staggered work begins, if ahead.

    ``over_cap`` says which caps are reached or have no room for more work, ``cap_until`` when the last of their windows
    is over. ``no_credits``: the organisation has used up what it paid ahead; only scheduled work waits for it.

    ``urgent`` says that only work is asked for which a person marked urgent: it passes off duty and its pause.
    """

    lifecycle_state: str
    held: Sequence[str] = ()
    held_until: datetime | None = None
    clocked_out: bool = False
    paused_by_clock: bool = False
    in_grace: bool = False
    next_start: datetime | None = None
    work_from: datetime | None = None
    over_cap: str = ""
    cap_until: datetime | None = None
    no_credits: bool = False
    busy: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Shut:
    """``gate`` is for programs; ``ask_again_at`` may be None: then soon."""

    gate: str
    sentence: str
    ask_again_at: datetime | None = None


def _lifecycle(facts: GateFacts) -> Shut | None:
    state = facts.lifecycle_state
    if state in _RUNNABLE or (state == LifecycleState.PAUSED and facts.paused_by_clock):
        return None
    return Shut("lifecycle", f"The agent is {state} and gets no work.")


def _holds(facts: GateFacts) -> Shut | None:
    return Shut("hold", "; ".join(facts.held), facts.held_until) if facts.held else None


def _off_duty(facts: GateFacts) -> Shut | None:
    if facts.urgent or not (facts.clocked_out or facts.paused_by_clock):
        return None
    return Shut("off_duty", "Off duty: work waits for the next shift.", facts.next_start)


def _grace(facts: GateFacts) -> Shut | None:
    if facts.urgent or not facts.in_grace:
        return None
    return Shut("in_grace", "The shift is over: finish what is running; new work waits for the next shift.")


def _stagger(facts: GateFacts) -> Shut | None:
    if facts.urgent or facts.work_from is None:
        return None
    return Shut("staggered", "The shift has just begun: work is handed out a little later.", facts.work_from)


def _caps(facts: GateFacts) -> Shut | None:
    return Shut("caps", facts.over_cap, facts.cap_until) if facts.over_cap else None


def _credits(facts: GateFacts) -> Shut | None:
    if not facts.no_credits:
        return None
    return Shut("credits", "The organisation has no credits left: scheduled work waits for a top-up.")


def _line(facts: GateFacts) -> Shut | None:
    return Shut("line_busy", "The agent is working on a task. One at a time.") if facts.busy else None


GATES: Sequence[Callable[[GateFacts], Shut | None]] = (
    _holds,
    _lifecycle,
    _off_duty,
    _grace,
    _stagger,
    _caps,
    _credits,
    _line,
)


def first_shut(facts: GateFacts) -> Shut | None:
    """The first gate that is shut, in the order of the list; None where work may begin."""
    return next((shut for gate in GATES if (shut := gate(facts)) is not None), None)
