"""When a heartbeat counts, and when the next is owed (spec H2, H3, H5). No database."""

from datetime import UTC, datetime, timedelta

import pytest

from heartbeats.rules import cadence, order
from workforce.choices import LifecycleState, PriorityTier

NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_late_begins_after_a_day():
    day = timedelta(hours=24)
    assert not order.judge(NOW - day, now=NOW, newest=None).late
    assert order.judge(NOW - day - TICK, now=NOW, newest=None).late


@pytest.mark.parametrize(
    ("age", "newest", "late", "out_of_order", "seen", "speaks"),
    [
        (timedelta(0), None, False, False, True, True),
        (timedelta(0), NOW, False, False, True, True),
        (timedelta(seconds=1), NOW, False, True, True, False),
        (timedelta(hours=25), None, True, False, False, False),
        (timedelta(hours=25), NOW, True, True, False, False),
        (-timedelta(minutes=4), NOW, False, False, True, True),
    ],
)
def test_what_a_heartbeat_moves(age, newest, late, out_of_order, seen, speaks):
    verdict = order.judge(NOW - age, now=NOW, newest=newest)
    assert (verdict.late, verdict.out_of_order, verdict.seen, verdict.speaks) == (late, out_of_order, seen, speaks)


def test_every_tier_has_an_interval():
    assert set(cadence.INTERVALS) == set(PriorityTier)
    assert [cadence.next_due(tier, received_at=NOW) - NOW for tier in ("P0", "P1", "P2")] == [
        timedelta(seconds=60),
        timedelta(seconds=180),
        timedelta(seconds=600),
    ]


@pytest.mark.parametrize("state", list(LifecycleState))
def test_who_owes_heartbeats(state):
    owing = state not in ("registered", "paused", "retired", "archived")
    assert cadence.owes(state, on_duty=True, may_work=True) is owing
    assert not cadence.owes(state, on_duty=False, may_work=True)
    assert not cadence.owes(state, on_duty=True, may_work=False)
