"""When a cap is reached if work goes on at the present rate (spec B8)."""

import math
from datetime import datetime, timedelta
from fractions import Fraction

from budgets.rules.gauges import Figure, Gauge

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


def reaches_at(gauge: Gauge, per_hour: Figure, *, now: datetime) -> datetime | None:
    """The moment (UTC) from which on ``used`` at this rate is not below the cap; ``now`` where it is reached already.

    None without a cap, where nothing is spent, and where the window is over first. What is reserved is not counted: it
    becomes usage, or is given back. Exact to the microsecond, rounded up, so that the cap is never named too early.
    """
    if gauge.cap is None:
        return None
    if gauge.reached:
        return now
    if per_hour <= 0:
        return None
    left = Fraction(gauge.cap) - Fraction(gauge.used)
    microseconds = math.ceil(left / Fraction(per_hour) * (_HOUR // _MICROSECOND))
    if microseconds >= (gauge.end - now) // _MICROSECOND:  # before a timedelta is made, which cannot hold every number
        return None
    return now + timedelta(microseconds=microseconds)
