"""What a heartbeat may still say, by when it was sent and what had arrived before (spec H2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Further ahead of our clock than this is refused: it would shadow every honest heartbeat until then.
FUTURE_LIMIT = timedelta(minutes=5)
#: Older than this says nothing of now: kept, and marked late.
LATE_LIMIT = timedelta(hours=24)


def in_future(emitted_at: datetime, *, now: datetime) -> bool:
    return emitted_at - now > FUTURE_LIMIT


@dataclass(frozen=True, slots=True)
class Verdict:
    """``late`` and ``out_of_order`` are stored with the heartbeat; ``seen`` and ``speaks`` say what it moves."""

    late: bool
    out_of_order: bool

    @property
    def seen(self) -> bool:
        """Whether it moves ``last_seen_at``: it arrived now, although others overtook it."""
        return not self.late

    @property
    def speaks(self) -> bool:
        """Whether its status, mode, summary and figures are the newest we have."""
        return not (self.late or self.out_of_order)


def judge(emitted_at: datetime, *, now: datetime, newest: datetime | None) -> Verdict:
    """``newest`` is the latest emission taken so far, None where there was none."""
    return Verdict(late=now - emitted_at > LATE_LIMIT, out_of_order=newest is not None and emitted_at < newest)
