"""What was missed while nobody swept is applied once, with both moments (W7)."""

import pytest

from tests.support.clockwork import at, hire, hours, live, pending, standing, sweep, told
from workforce.models import Notice

pytestmark = pytest.mark.django_db


def test_a_missed_end_is_applied_late_and_once(agent):
    hours(agent, status="clocked_in", since="mon 09:00")
    for moment in ("mon 23:00", "mon 23:01", "tue 08:59"):
        sweep(moment)
    assert told(agent) == [("auto_pause", at("mon 23:00"), at("mon 17:10"))]
    agent.refresh_from_db()
    assert agent.clock_since == at("mon 17:10")


def test_a_missed_end_and_start_are_both_recorded_and_work_goes_on(agent):
    """Down over night: at its return the agent is at work, and its runtime is not paused in between."""
    busy = hire(agent, current_state="executing")
    hours(busy, status="clocked_in", since="mon 09:00")
    sweep("tue 10:30")
    assert told(busy) == [
        ("auto_pause", at("tue 10:30"), at("mon 17:10")),
        ("auto_wake", at("tue 10:30"), at("tue 09:00")),
    ]
    assert standing(busy) == ("clocked_in", "executing", [])
    assert pending(busy) == "wake"


def test_a_missed_day_is_one_end(agent):
    """From one shift past the whole next one: the days between leave no trace of work that was not."""
    hours(agent, status="clocked_in", since="mon 09:00")
    sweep("thu 20:00")
    assert told(agent) == [("auto_pause", at("thu 20:00"), at("mon 17:10"))]
    live("thu 20:00", "fri 09:00")
    assert told(agent)[1] == ("auto_wake", at("fri 09:00"), at("fri 09:00"))


def test_a_month_down_is_two_records(agent):
    hours(agent, status="clocked_in", since="mon 09:00")
    later = at("wed 10:00").replace(month=12, day=16)
    sweep(later)
    assert [(event, due) for event, _, due in told(agent)] == [
        ("auto_pause", at("mon 17:10")),
        ("auto_wake", later.replace(hour=8, minute=0)),
    ]
    sweep(later)
    assert len(told(agent)) == 2


def test_a_whole_shift_missed_while_out_is_not_made_up(agent):
    hours(agent, since="-fri 17:10")
    sweep("mon 18:00")
    assert told(agent) == []


def test_a_start_missed_by_hours_is_applied_while_the_shift_runs(agent):
    hours(agent, since="-fri 17:10")
    sweep("mon 16:59")
    assert told(agent) == [("auto_wake", at("mon 16:59"), at("mon 09:00"))]
    live("mon 16:59", "mon 18:00")
    assert told(agent)[1] == ("auto_pause", at("mon 17:10"), at("mon 17:10"))


def test_hours_set_during_the_outage_owe_nothing_from_before(agent):
    hours(agent, status="clocked_in", since="mon 09:00", active_since=at("tue 08:00"))
    sweep("tue 08:00")
    ((event, _, due),) = told(agent)
    assert (event, due) == ("auto_pause", at("tue 08:00")), "never due before the hours acted"


def test_late_notices_of_shifts_gone_by_are_not_told(agent):
    hours(agent, auto_wake=False, enforce_clock_in=True)
    sweep("mon 20:00")
    assert not Notice.objects.exists()


def test_a_fleet_is_made_good_in_one_sweep(agent):
    fleet = [hire(agent) for _ in range(5)]
    for one in fleet:
        hours(one, status="clocked_in", since="mon 09:00")
    result = sweep("tue 09:30")
    assert (result.clocked_out, result.clocked_in, result.looked_at) == (5, 5, 5)
    assert sweep("tue 09:30").looked_at == 0
