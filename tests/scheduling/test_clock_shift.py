"""A week on the clock: woken at the start, sent off duty at the end of the grace period, each once (W5, W6)."""

import pytest

from scheduling.models import ClockRecord, WorkSchedule
from tests.support.actors import audited
from tests.support.clockwork import DAILY, WEEKDAYS, at, hire, hours, live, pending, standing, sweep, told

pytestmark = pytest.mark.django_db


def test_a_week_of_office_hours(agent):
    hours(agent)
    live("mon 00:00", "sun 23:59")
    days = ("mon", "tue", "wed", "thu", "fri")
    assert told(agent) == [
        entry
        for day in days
        for entry in (
            ("auto_wake", at(f"{day} 09:00"), at(f"{day} 09:00")),
            ("auto_pause", at(f"{day} 17:10"), at(f"{day} 17:10")),
        )
    ]
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"])
    assert agent.clock_since == at("fri 17:10")


def test_the_start_and_the_end_to_the_second(agent):
    hours(agent)
    sweep("mon 08:59")
    assert told(agent) == []
    sweep("mon 09:00")
    assert standing(agent)[0] == "clocked_in"
    assert pending(agent) == "wake"
    live("mon 09:00", "mon 17:09")
    assert standing(agent)[0] == "clocked_in"
    sweep("mon 17:10")
    assert standing(agent)[0] == "clocked_out"
    assert pending(agent) == "pause"


def test_a_sweep_that_comes_late_says_when_it_was_due(agent):
    hours(agent)
    sweep("mon 09:03")
    assert told(agent) == [("auto_wake", at("mon 09:03"), at("mon 09:00"))]
    agent.refresh_from_db()
    assert agent.clock_since == at("mon 09:00"), "what counts is when it was due"


def test_the_record_and_the_audit_name_the_clock_and_the_reason(agent):
    hours(agent)
    live("mon 09:00", "mon 18:00")
    wake, pause = ClockRecord.objects.filter(agent=agent).order_by("time")
    for record in (wake, pause):
        assert (record.triggered_by_kind, record.triggered_by_id, record.triggered_by) == ("system", "clock", "Clock")
    assert wake.reason == "Hours started at 09:00 Europe/Berlin."
    assert pause.reason.startswith("Hours ended at 17:00 Europe/Berlin")
    assert [event.action for event in audited(agent)] == [
        "clock.auto_wake",
        "clock.auto_pause",
        "hold.placed",
        "agent.paused",
    ]
    assert {(event.actor_kind, event.actor_id) for event in audited(agent)} == {("system", "clock")}
    assert audited(agent)[0].after == {"clock_status": "clocked_in", "scheduled_at": at("mon 09:00").isoformat()}


@pytest.mark.parametrize(
    ("action", "state", "held", "command"),
    [("pause", "paused", ["off_hours"], "pause"), ("stop", "executing", [], "stop"), ("queue", "executing", [], None)],
)
def test_the_off_hours_action(agent, action, state, held, command):
    busy = hire(agent, current_state="executing")
    hours(busy, status="clocked_in", since="mon 09:00", off_hours_action=action)
    sweep("mon 17:10")
    assert standing(busy) == ("clocked_out", state, held)
    assert pending(busy) == command


@pytest.mark.parametrize(("action", "state"), [("pause", "ready"), ("stop", "executing"), ("queue", "executing")])
def test_the_next_start_brings_it_back(agent, action, state):
    busy = hire(agent, current_state="executing")
    hours(busy, status="clocked_in", since="mon 09:00", off_hours_action=action)
    live("mon 17:00", "tue 09:00")
    assert standing(busy) == ("clocked_in", state, [])
    assert pending(busy) == "wake"


def test_a_hold_says_when_the_agent_is_back(agent):
    hours(agent, status="clocked_in", since="fri 09:00")
    sweep("fri 17:10")
    assert agent.holds.get().reason.endswith("Back Mon 09:00 Europe/Berlin.")
    assert agent.holds.get().until is None, "the clock ends it, nobody else by a date"


def test_without_grace_the_end_is_the_end(agent):
    hours(agent, grace_minutes=0)
    live("mon 08:00", "mon 18:00")
    assert told(agent)[1] == ("auto_pause", at("mon 17:00"), at("mon 17:00"))


def test_clock_out_that_is_not_enforced_never_comes(agent):
    hours(agent, enforce_clock_out=False)
    live("mon 00:00", "+mon 00:00")
    assert [event for event, _, _ in told(agent)] == ["auto_wake"]
    assert standing(agent)[0] == "clocked_in"


def test_without_auto_wake_nobody_is_woken(agent):
    hours(agent, auto_wake=False)
    live("mon 00:00", "+mon 00:00")
    assert told(agent) == []


def test_a_night_shift_belongs_to_the_day_it_starts_on(agent):
    """Fridays, 22:00 to 06:00: out on Saturday morning, and nothing on Saturday night."""
    hours(agent, shifts=[("Night", 0b0010000, 22 * 60, 6 * 60)])
    live("mon 00:00", "+mon 00:00")
    assert told(agent) == [
        ("auto_wake", at("fri 22:00"), at("fri 22:00")),
        ("auto_pause", at("sat 06:10"), at("sat 06:10")),
    ]


def test_a_night_shift_over_the_end_of_the_week(agent):
    hours(agent, shifts=[("Night", 0b1000000, 22 * 60, 6 * 60)])
    live("fri 00:00", "+mon 12:00")
    assert told(agent) == [
        ("auto_wake", at("sun 22:00"), at("sun 22:00")),
        ("auto_pause", at("+mon 06:10"), at("+mon 06:10")),
    ]


def test_shifts_that_touch_are_one_stretch(agent):
    hours(agent, shifts=[("Early", WEEKDAYS, 360, 840), ("Late", WEEKDAYS, 840, 1320)])
    live("mon 00:00", "mon 23:59")
    assert told(agent) == [
        ("auto_wake", at("mon 06:00"), at("mon 06:00")),
        ("auto_pause", at("mon 22:10"), at("mon 22:10")),
    ]


def test_a_pause_shorter_than_the_grace_is_worked_through(agent):
    hours(agent, shifts=[("Morning", WEEKDAYS, 540, 720), ("Afternoon", WEEKDAYS, 725, 1020)])
    live("mon 00:00", "mon 23:59")
    assert [event for event, _, _ in told(agent)] == ["auto_wake", "auto_pause"]


def test_a_pause_longer_than_the_grace_is_a_pause(agent):
    hours(agent, shifts=[("Morning", WEEKDAYS, 540, 720), ("Afternoon", WEEKDAYS, 780, 1020)])
    live("mon 00:00", "mon 23:59")
    assert told(agent) == [
        ("auto_wake", at("mon 09:00"), at("mon 09:00")),
        ("auto_pause", at("mon 12:10"), at("mon 12:10")),
        ("auto_wake", at("mon 13:00"), at("mon 13:00")),
        ("auto_pause", at("mon 17:10"), at("mon 17:10")),
    ]


def test_round_the_clock_is_woken_once_and_never_looked_at_again(agent):
    schedule = hours(agent, shifts=[("", DAILY, 0, 1440)], active_since=at("mon 12:00"))
    live("mon 12:00", "+mon 12:00")
    assert [event for event, _, _ in told(agent)] == ["auto_wake"]
    assert WorkSchedule.objects.get(pk=schedule.pk).clock_due_at is None


def test_sweeping_again_at_the_same_moment_does_nothing(agent):
    hours(agent)
    results = [sweep("mon 09:00") for _ in range(3)]
    assert [result.clocked_in for result in results] == [1, 0, 0]
    assert len(told(agent)) == 1


def test_the_alarm_is_set_to_the_next_moment_that_matters(agent):
    schedule = hours(agent)
    live("mon 08:00", "mon 09:05")
    assert WorkSchedule.objects.get(pk=schedule.pk).clock_due_at == at("mon 17:10")
    live("mon 09:05", "mon 17:15")
    assert WorkSchedule.objects.get(pk=schedule.pk).clock_due_at == at("tue 09:00")


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_has_left_leaves_the_sweep(agent, state):
    gone = hire(agent, current_state=state)
    schedule = hours(gone, status="clocked_in", since="mon 09:00") if state == "retired" else None
    if schedule is None:
        from tests.factories import WorkScheduleFactory

        schedule = WorkScheduleFactory(agent=gone, clock_due_at=at("mon 00:00"))
    result = sweep("mon 20:00")
    assert (result.looked_at, told(gone)) == (1, [])
    assert WorkSchedule.objects.get(pk=schedule.pk).clock_due_at is None
    assert sweep("+mon 09:00").looked_at == 0


def test_hours_that_are_switched_off_leave_the_sweep(agent):
    schedule = hours(agent, status="no_schedule", enabled=False)
    sweep("mon 09:00")
    assert told(agent) == []
    assert WorkSchedule.objects.get(pk=schedule.pk).clock_due_at is None


def test_zones_of_their_own(agent):
    """The same office hours begin when their own zone says so."""
    tokyo, berlin, new_york = agent, hire(agent), hire(agent)
    for one, zone in ((tokyo, "Asia/Tokyo"), (berlin, "Europe/Berlin"), (new_york, "America/New_York")):
        hours(one, time_zone=zone)
    live("mon 00:00", "mon 23:59")
    starts = [told(one)[0][1] for one in (tokyo, berlin, new_york)]
    assert starts == [at("mon 01:00"), at("mon 09:00"), at("mon 15:00")]


def test_the_result_reads_as_a_sentence(agent):
    hours(agent)
    hours(hire(agent), status="clocked_in", since="-sun 08:00", enforce_clock_out=False)
    assert str(sweep("mon 09:00")) == "Clocked in 1, out 0, told 0; looked at 2"
