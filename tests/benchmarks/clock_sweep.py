"""Ten thousand agents whose hours start, and end, at the same minute; then linking and verifying what that wrote."""

from collections.abc import Callable
from datetime import timedelta

from scheduling.models import ClockRecord
from scheduling.services import clock_sweep
from tests.benchmarks.figures import rate, seconds
from tests.benchmarks.scratch import DAY, fleet
from workforce.services import audit

AGENTS = 10_000
TARGET = 1_000


def run(rounds: int, say: Callable[[str], object]) -> bool:
    organization, _, _ = fleet(AGENTS, slug="fleet")
    coming, leaving, linking, verifying = [], [], [], []
    for day in range(rounds):
        for hour, times in ((9, coming), (17, leaving)):
            now = DAY + timedelta(days=day, hours=hour)
            times.append(seconds(lambda now=now: clock_sweep.sweep(now=now)))
        before = ClockRecord.objects.count()
        assert before == 2 * AGENTS * (day + 1), f"{before} clock records after {day + 1} days"
        linked, took = _link()
        linking.append(took / linked)
        report = audit.verify(organization=organization)
        assert report.broken is None
        assert report.unlinked == 0
        verifying.append(seconds(lambda: audit.verify(organization=organization)) / report.links)
    say(f"on duty:  {rate(AGENTS, coming)} agents")
    say(f"off duty: {rate(AGENTS, leaving)} agents")
    say(f"chain: linked {rate(1, linking)}, verified {rate(1, verifying)} events")
    slowest = AGENTS / max(sorted(coming)[len(coming) // 2], sorted(leaving)[len(leaving) // 2])
    say(
        f"{AGENTS:,} agents due in one tick, {rounds} days of two ticks each; "
        f"ratio to the target of {TARGET:,}/s: {slowest / TARGET:.2f}"
    )
    return slowest >= TARGET


def _link() -> tuple[int, float]:
    """Link everything that waits. Returns how many events and how many seconds."""
    total, took, linked = 0, 0.0, 1
    while linked:
        began: list[int] = []
        took += seconds(lambda began=began: began.append(audit.link_pending()))
        linked = began[0]
        total += linked
    return total, took
