"""How an agent stands to its caps (spec B3 to B5): facts of its meter in, shares, levels and what is reached out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from budgets.choices import CapMeasure, CapWindow, OnCap

Tone = Literal["", "is-good", "is-warn", "is-bad"]
#: Per cent of a cap at which people are told.
LEVELS = (50, 80, 100)
Figure = int | Decimal


@dataclass(frozen=True, slots=True)
class Gauge:
    """One window in one measure: counted tokens, or list cost. ``used`` is of the window from ``start`` to ``end``
    (UTC), ``reserved`` is kept for work that has begun. ``cap`` is None for no cap."""

    window: CapWindow
    measure: CapMeasure
    start: datetime
    end: datetime
    used: Figure
    cap: Figure | None
    reserved: Figure = 0

    @property
    def reached(self) -> bool:
        """Nothing may be spent any more; a cap of 0 is reached from the beginning."""
        return self.cap is not None and self.used >= self.cap

    @property
    def share(self) -> int | None:
        """Whole per cent of the cap, rounded down; None without a cap."""
        if self.cap is None:
            return None
        return 100 if not self.cap else int(self.used * 100 // self.cap)

    @property
    def level(self) -> int:
        """The highest of ``LEVELS`` that is passed; 0 for none."""
        share = self.share
        return 0 if share is None else max((level for level in LEVELS if share >= level), default=0)

    @property
    def tone(self) -> Tone:
        """Green under 50 %, amber up to 80 %, red over it (spec B5)."""
        if self.cap is None:
            return ""
        if not self.cap or self.used * 5 > self.cap * 4:
            return "is-bad"
        return "is-warn" if self.used * 2 >= self.cap else "is-good"

    @property
    def overrun(self) -> Figure:
        """What was used beyond the cap."""
        return max(self.used - self.cap, 0 * self.used) if self.cap is not None else 0 * self.used

    def room_for(self, amount: Figure) -> bool:
        """Whether this much more fits, beside what is used and reserved."""
        return self.cap is None or self.used + self.reserved + amount <= self.cap


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing more may be spent, as a sentence, and until when (UTC)."""

    sentence: str
    until: datetime


def reached(gauges: Iterable[Gauge]) -> list[Gauge]:
    return [gauge for gauge in gauges if gauge.reached]


def stop_of(gauges: Sequence[Gauge], on_cap: str) -> Stop | None:
    """Why work has to stop: a cap is reached and the agent is not one that keeps working (spec B4)."""
    over = reached(gauges)
    if not over or on_cap == OnCap.ALERT:
        return None
    return Stop(" ".join(sentence(gauge) for gauge in over), max(gauge.end for gauge in over))


def sentence(gauge: Gauge) -> str:
    """``Daily cap reached: 306,000 of 300,000 tokens.``"""
    if gauge.measure == CapMeasure.TOKENS:
        return f"{gauge.window.label} cap reached: {gauge.used:,} of {gauge.cap:,} tokens."
    return f"{gauge.window.label} cap reached: cost {gauge.used:,.2f} of {gauge.cap:,.2f}."


def risen(before: Sequence[Gauge], after: Sequence[Gauge]) -> bool:
    """Whether a level was passed between these two readings of the same gauges."""
    return any(new.level > old.level for old, new in zip(before, after, strict=True))


def nearest(gauges: Iterable[Gauge]) -> Gauge | None:
    """The one closest to its cap; None where none has one."""
    capped = [gauge for gauge in gauges if gauge.cap is not None]
    return max(capped, key=lambda gauge: gauge.share or 0) if capped else None
