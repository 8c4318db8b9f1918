"""Measuring and telling: medians of interleaved rounds, and the ratio they make."""

import statistics
import time
from collections.abc import Callable, Sequence


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def interleaved(rounds: int, *works: Callable[[], object]) -> list[list[float]]:
    """Seconds of each work in each round; the works take turns, so that a slow minute of the machine hits all."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            times.append(seconds(work))
    return taken


def spread(times: Sequence[float], *, scale: float = 1000, unit: str = "ms") -> str:
    """Median with the smallest and largest."""
    low, middle, high = (scale * value for value in (min(times), statistics.median(times), max(times)))
    return f"{middle:,.1f} {unit} ({low:,.1f} to {high:,.1f})"


def rate(count: int, times: Sequence[float]) -> str:
    """How many a second, by the median of the rounds."""
    per_second = sorted(count / value for value in times)
    return f"{statistics.median(per_second):,.0f}/s ({per_second[0]:,.0f} to {per_second[-1]:,.0f})"


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the ratios within each round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
