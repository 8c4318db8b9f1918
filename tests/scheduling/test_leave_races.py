"""Sweeps and people at the same moment, with real connections: each leave begins and ends once, and none overlap."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from scheduling.models import Leave
from scheduling.services import leave as service
from scheduling.services import leave_sweep
from tests.scheduling.test_leave import DAY, MON, NOW, WED, cancel, edit, plan
from tests.scheduling.test_leave_sweep import leave_events, sweep
from tests.support.actors import audited, key, person
from tests.support.clockwork import hire, standing
from tests.support.races import PATIENCE_SECONDS, at_once, errors
from workforce.choices import HoldKind, KeyScope
from workforce.models import AuditEvent, Command, Hold
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("sweepers", [2, 4])
def test_sweeps_released_together_begin_and_end_40_once_each(agent, settings, sweepers):
    """In batches of 7, so that they meet again and again."""
    settings.CLOCK_SWEEP_BATCH = 7
    for _ in range(40):
        plan(hire(agent))
    for moment, counts in ((MON, "begun"), (WED, "over")):
        outcomes = at_once(*[partial(sweep, moment)] * sweepers)
        assert errors(outcomes) == []
        assert sum(getattr(result, counts) for result in outcomes) + getattr(sweep(moment), counts) == 40
        assert not [name for result in outcomes for name in result.postponed]
    assert Hold.objects.count() == 40 and not Hold.objects.active().exists()
    for action in ("leave.started", "leave.ended", "hold.placed", "hold.released", "agent.paused", "agent.made_ready"):
        assert AuditEvent.objects.filter(action=action).count() == 40, action
    assert Command.objects.filter(command="pause").count() == Command.objects.filter(command="resume").count() == 40


def test_the_sweep_and_the_holds_own_end_free_the_agent_once(agent):
    """The hold's date has come for both."""
    for _ in range(4):
        one = hire(agent)
        leave = plan(one)
        sweep(MON)
        assert errors(at_once(partial(sweep, WED), partial(holds.expire_due, now=WED))) == []
        sweep(WED)
        leave.refresh_from_db()
        assert leave.status == "ended"
        assert standing(one)[1:] == ("ready", [])
        assert [e.action for e in audited(one)].count("hold.released") == 1
        assert leave_events(one) == ["leave.planned", "leave.started", "leave.ended"]


def test_of_overlapping_leave_entered_at_once_one_is_taken(agent, alice):
    for _ in range(4):
        one = hire(agent)
        outcomes = at_once(
            partial(plan, one, by=person(alice)),
            partial(plan, one, by=key(KeyScope.SCHEDULES), starts_at=MON + DAY, ends_at=WED + DAY),
            partial(plan, one, starts_at=MON - DAY, ends_at=WED + DAY),
        )
        assert [error.code for error in errors(outcomes)] == ["leave_overlaps"] * 2
        assert Leave.objects.filter(agent=one).count() == 1
        assert leave_events(one) == ["leave.planned"]


def test_called_off_while_the_sweep_begins_it(agent, alice):
    """In either order nobody stays held."""
    for _ in range(4):
        one = hire(agent)
        leave = plan(one)
        outcomes = at_once(partial(sweep, MON), partial(cancel, leave, by=person(alice), now=MON))
        assert errors(outcomes) == []
        sweep(MON)
        leave.refresh_from_db()
        began = "leave.started" in leave_events(one)
        assert leave.status == ("ended" if began else "cancelled")
        assert standing(one)[1:] == ("ready", [])


def test_moved_while_the_sweep_begins_it(agent):
    """Either it had begun and its start stays, or it begins on its new day."""
    for _ in range(4):
        one = hire(agent)
        leave = plan(one)
        outcomes = at_once(partial(sweep, MON), partial(edit, leave, now=MON, starts_at=MON + DAY))
        refused = errors(outcomes)
        sweep(MON)
        leave.refresh_from_db()
        if refused:
            assert [path for path, _ in refused[0].fields] == ["starts_at"]
            assert (leave.status, leave.starts_at) == ("running", MON)
        else:
            assert (leave.status, leave.due_at) == ("planned", MON + DAY)
            assert standing(one)[1:] == ("ready", [])


def test_retired_while_the_sweep_begins_it(agent):
    for _ in range(4):
        one = hire(agent)
        leave = plan(one)
        retire = partial(
            lifecycle.transition, organization=one.organization_id, agent_id=one.pk, to="retired", reason="Old.",
            by=key(KeyScope.LIFECYCLE), now=MON,
        )  # fmt: skip
        assert errors(at_once(partial(sweep, MON), retire)) == []
        sweep(MON)
        leave.refresh_from_db()
        assert not leave.is_open
        assert standing(one)[1:] == ("retired", [])


def test_a_hold_by_hand_while_the_sweep_begins_leave(agent, alice):
    """One of a kind: either the person is refused or the leave waits."""
    for _ in range(4):
        one = hire(agent)
        leave = plan(one)
        place = partial(
            holds.place, organization=one.organization_id, agent_id=one.pk, kind=HoldKind.LEAVE, reason="By hand.",
            by=person(alice), now=MON,
        )  # fmt: skip
        refused = errors(at_once(partial(sweep, MON), place))
        assert [error.code for error in refused] in ([], ["already_held"])
        sweep(MON)
        leave.refresh_from_db()
        assert leave.status == ("running" if refused else "planned")
        assert standing(one)[1:] == ("paused", ["leave"])


def test_while_a_person_holds_the_row_the_sweep_does_the_others(agent, alice):
    """It neither waits for the row nor forgets it. On SQLite there is one writer at a time: the sweep comes after."""
    mine, *others = (hire(agent) for _ in range(4))
    for one in (mine, *others):
        plan(one)
    held, swept = threading.Event(), threading.Event()

    def slow_person():
        with transaction.atomic():
            service._locked(mine.organization, Leave.objects.get(agent=mine).pk)
            held.set()
            if connection.vendor == "postgresql":
                assert swept.wait(PATIENCE_SECONDS), "the sweep waited for the row"

    def sweeping():
        assert held.wait(PATIENCE_SECONDS)
        try:
            return sweep(MON)
        finally:
            swept.set()

    outcomes = at_once(slow_person, sweeping)
    assert errors(outcomes) == []
    assert outcomes[1].begun == (3 if connection.vendor == "postgresql" else 4)
    assert outcomes[1].begun + leave_sweep.sweep(now=MON).begun == 4


def test_a_sweeper_that_dies_with_its_rows_leaves_them_to_the_next(agent):
    """Rows are locked, not marked: what was not committed is as if it had not been."""
    for _ in range(4):
        plan(hire(agent), now=NOW)

    class Killed(BaseException):
        pass

    def dying():
        with transaction.atomic():
            agents = leave_sweep._lock(leave_sweep._due(now=MON, size=10), skip_locked=True)
            leave_sweep.settle(agents, by=leave_sweep.SWEEP, now=MON)
            raise Killed

    (killed,) = at_once(dying)
    assert isinstance(killed, Killed)
    assert not Hold.objects.exists()
    assert sweep(MON).begun == 4
