"""When an hour burned far more than the subject uses to (spec B7; docs/decisions/0016)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low

#: How far back the baseline looks.
TRAILING = timedelta(days=14)
#: Fewer hours with burn than this say nothing.
LEAST_HOURS = 12
#: How many times the usual hour is far over it,
FACTOR = 3
#: how many times the usual distance from it (nine are six standard deviations of a normal distribution),
SPREADS = 9
#: and how many counted tokens more than the usual hour are worth a word at all.
FLOOR = 10_000


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an hour usually has, in counted tokens; from above which an hour is far over it; of how many hours."""

    median: int
    threshold: int
    hours: int


def baseline(trailing: Iterable[int]) -> Baseline | None:
    """Of the counted tokens of the hours before; None while there are too few. Hours without burn are passed over:
    they say when the subject works, not how much."""
    burns = [tokens for tokens in trailing if tokens > 0]
    if len(burns) < LEAST_HOURS:
        return None
    middle = median_low(burns)
    spread = median_low(abs(tokens - middle) for tokens in burns)
    threshold = middle + max((FACTOR - 1) * middle, SPREADS * spread, FLOOR)
    return Baseline(middle, threshold, len(burns))


def far_over(tokens: int, usual: Baseline | None) -> bool:
    """Whether an hour with so many counted tokens is an anomaly."""
    return usual is not None and tokens > usual.threshold
