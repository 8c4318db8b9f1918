"""Sweeps, people and runtimes at the same moment, with real connections: each event once (S6's way with the clock)."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from scheduling.models import ClockRecord, WorkSchedule
from scheduling.services import clock, clock_sweep
from tests.support.actors import audited, itself, person
from tests.support.clockwork import at, hire, hours, standing, sweep, told
from tests.support.races import PATIENCE_SECONDS, at_once, errors
from workforce.choices import HoldKind
from workforce.models import Agent, AuditEvent, Command, Hold
from workforce.rules.refusals import Conflict
from workforce.services import holds

pytestmark = pytest.mark.django_db(transaction=True)
START, END = "mon 09:00", "mon 17:10"


def by_hand(call, agent, by, moment=START, **options):
    return partial(call, organization=agent.organization_id, agent_id=agent.pk, by=by, now=at(moment), **options)


def test_two_clock_ins_at_once_are_one(agent, alice):
    for _ in range(4):
        one = hire(agent)
        outcomes = at_once(by_hand(clock.clock_in, one, person(alice)), by_hand(clock.clock_in, one, itself(one)))
        (lost,) = errors(outcomes)
        assert (type(lost), lost.code) == (Conflict, "already_clocked_in")
        assert len(told(one)) == 1
        assert len(audited(one)) == 1
        assert standing(one)[0] == "clocked_in"


def test_six_clock_outs_at_once_are_one(agent, alice):
    hours(agent, status="clocked_in", since=START)
    outcomes = at_once(*[by_hand(clock.clock_out, agent, person(alice))] * 6)
    assert [error.code for error in errors(outcomes)] == ["not_clocked_in"] * 5
    assert len(told(agent)) == 1
    assert Hold.objects.count() == 1


def fleet(agent, number, status):
    agents = [hire(agent) for _ in range(number)]
    for one in agents:
        hours(one, status=status, since="-fri 09:00" if status == "clocked_in" else None, clock_due_at=at(START))
    return agents


@pytest.mark.parametrize("sweepers", [2, 4])
def test_sweeps_released_together_handle_60_agents_once_each(agent, settings, sweepers):
    """In batches of 7, so that they meet again and again."""
    settings.CLOCK_SWEEP_BATCH = 7
    agents = fleet(agent, 60, "clocked_out")
    outcomes = at_once(*[partial(sweep, START)] * sweepers)
    assert errors(outcomes) == []
    assert sum(result.clocked_in for result in outcomes) + sweep(START).clocked_in == 60
    assert not [name for result in outcomes for name in result.postponed]
    assert ClockRecord.objects.count() == 60
    assert set(ClockRecord.objects.values_list("event", "scheduled_at")) == {("auto_wake", at(START))}
    assert AuditEvent.objects.filter(action="clock.auto_wake").count() == 60
    assert Command.objects.filter(superseded_at=None).count() == 60
    assert set(Agent.objects.filter(pk__in=[a.pk for a in agents]).values_list("clock_status", flat=True)) == {
        "clocked_in"
    }


def test_sweeps_released_together_pause_each_agent_once(agent):
    fleet(agent, 30, "clocked_in")
    outcomes = at_once(*[partial(sweep, END)] * 3)
    assert errors(outcomes) == []
    sweep(END)
    events = ClockRecord.objects.values_list("agent", "event")
    assert len(events) == len(set(events))
    assert Hold.objects.active().count() == 30
    assert AuditEvent.objects.filter(action="agent.paused").count() == 30


def test_a_person_and_the_sweep_clock_in_one_agent_once(agent, alice):
    """Whoever is first; the other finds it done."""
    for number in range(4):
        one = hire(agent, agent_name=f"raced-{number}")
        hours(one, clock_due_at=at(START))
        outcomes = at_once(partial(sweep, START), by_hand(clock.clock_in, one, person(alice)))
        assert all(getattr(error, "code", error) == "already_clocked_in" for error in errors(outcomes))
        sweep(START)
        assert len(told(one)) == 1
        assert standing(one) == ("clocked_in", "ready", [])


def test_a_person_who_clocks_in_while_the_sweep_clocks_out(agent, alice):
    """In either order the agent ends at work: the person acted after the end of the shift."""
    for number in range(4):
        one = hire(agent, agent_name=f"raced-{number}")
        hours(one, status="clocked_in", since=START, clock_due_at=at(END))
        outcomes = at_once(partial(sweep, END), by_hand(clock.clock_in, one, person(alice), END))
        refused = [error.code for error in errors(outcomes)]
        sweep(END)
        events = [event for event, _, _ in told(one)]
        if refused:
            assert refused == ["already_clocked_in"]
            assert events == ["auto_pause"]
        else:
            assert events == ["auto_pause", "clocked_in"]
            assert standing(one) == ("clocked_in", "ready", [])


def test_a_hold_by_hand_while_the_sweep_wakes_leaves_no_held_agent_at_work(agent, alice):
    for number in range(4):
        one = hire(agent, agent_name=f"raced-{number}")
        hours(one, clock_due_at=at(START))
        place = partial(
            holds.place,
            organization=one.organization_id,
            agent_id=one.pk,
            kind=HoldKind.MANUAL,
            reason="Stop.",
            by=person(alice),
            now=at(START),
        )
        assert errors(at_once(partial(sweep, START), place)) == []
        status, state, held = standing(one)
        assert (state, held) == ("paused", ["manual"])
        assert len(told(one)) == (status == "clocked_in")
        assert Command.objects.get(agent=one, superseded_at=None).command == "pause"


def test_hours_deleted_while_the_sweep_acts(agent, alice):
    from scheduling.services import schedules

    for number in range(4):
        one = hire(agent, agent_name=f"raced-{number}")
        row = hours(one, status="clocked_in", since=START, clock_due_at=at(END))
        delete = partial(
            schedules.delete, organization=one.organization, schedule_id=row.pk, by=person(alice), now=at(END)
        )
        assert errors(at_once(partial(sweep, END), delete)) == []
        assert standing(one) == ("no_schedule", "ready", [])


def test_while_a_person_holds_the_row_the_sweep_does_the_others(agent, alice):
    """It neither waits for the row nor forgets it. On SQLite there is one writer at a time: the sweep comes after."""
    mine, *others = fleet(agent, 5, "clocked_out")
    held, swept = threading.Event(), threading.Event()

    def slow_person():
        with transaction.atomic():
            clock.clock_in(
                organization=mine.organization_id, agent_id=mine.pk, by=person(alice), now=at(START), reason="First."
            )
            held.set()
            if connection.vendor == "postgresql":
                assert swept.wait(PATIENCE_SECONDS), "the sweep waited for the row"

    def sweeping():
        assert held.wait(PATIENCE_SECONDS)
        try:
            return sweep(START)
        finally:
            swept.set()

    outcomes = at_once(slow_person, sweeping)
    assert errors(outcomes) == []
    assert outcomes[1].clocked_in == 4
    assert all(told(one) == [("auto_wake", at(START), at(START))] for one in others)
    assert told(mine) == [("clocked_in", at(START), None)]
    sweep(START)
    assert told(mine) == [("clocked_in", at(START), None)]
    assert WorkSchedule.objects.get(agent=mine).clock_due_at == at(END)


def test_a_sweeper_that_stops_after_its_claim_holds_up_only_its_own_rows(agent, settings):
    """Its rows are locked, not marked: when it ends without a commit, the next sweep does them."""
    if connection.vendor != "postgresql":
        # One writer at a time: whoever stops in a transaction stops all, so there is nothing to hold up by.
        settings.CLOCK_SWEEP_BATCH = 2
    agents = fleet(agent, 6, "clocked_out")
    claimed, go_on = threading.Event(), threading.Event()

    class Stopped(BaseException):
        pass

    def stuck():
        with transaction.atomic():
            ids, _ = clock_sweep._claim(now=at(START), size=2)
            claimed.set()
            if connection.vendor == "postgresql":
                assert go_on.wait(PATIENCE_SECONDS)
            raise Stopped(len(ids))

    def other():
        assert claimed.wait(PATIENCE_SECONDS)
        try:
            return sweep(START)
        finally:
            go_on.set()

    stopped, result = at_once(stuck, other)
    assert isinstance(stopped, Stopped)
    assert stopped.args == (2,)
    assert result.clocked_in == (4 if connection.vendor == "postgresql" else 6)
    assert result.clocked_in + sweep(START).clocked_in == 6
    assert all(len(told(one)) == 1 for one in agents)
