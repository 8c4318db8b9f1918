"""Who is on duty, what a runtime should do, why, and what comes next (W9, W11, H1, H5)."""

from datetime import timedelta

import pytest

from scheduling.selectors.duty import duty_of
from tests.support.actors import SYSTEM
from tests.support.clockwork import DAILY, WEEKDAYS, at, hire, hours
from workforce.choices import HoldKind
from workforce.models import Agent, Hold

pytestmark = pytest.mark.django_db


def duty(agent, moment="thu 12:00"):
    agent = Agent.objects.get(pk=agent.pk)
    return duty_of([agent], now=at(moment))[agent.pk]


def hold(agent, kind, until=None, reason="because"):
    return Hold.objects.create(
        organization=agent.organization,
        agent=agent,
        kind=kind,
        reason=reason,
        placed_at=at("mon 00:00"),
        until=at(until) if until else None,
        placed_by_kind="system",
        placed_by_id="t",
        placed_by_label="t",
    )


def test_at_work(agent):
    hours(agent, status="clocked_in", since="thu 09:00")
    found = duty(agent)
    assert (found.on_duty, found.in_grace, found.desired_state, found.reason) == (True, False, "work", "")
    assert found.next_event == ("clocks_out", at("thu 17:00"))
    assert found.owes_heartbeats
    assert (found.around_the_clock, found.holds) == (False, ())


def test_without_hours_it_works_and_nothing_comes_next(agent):
    found = duty(agent)
    assert (found.on_duty, found.desired_state, found.next_event) == (True, "work", None)
    assert (found.schedule, found.schedule_text, found.around_the_clock) == (None, "", False)


@pytest.mark.parametrize(("action", "desired"), [("pause", "pause"), ("stop", "stop"), ("queue", "work")])
def test_off_duty_by_the_off_hours_action(agent, action, desired):
    hours(agent, status="clocked_out", since="wed 17:10", off_hours_action=action)
    found = duty(agent, "thu 06:00")
    assert (found.on_duty, found.desired_state) == (False, desired)
    assert found.reason.startswith("Off duty")
    assert found.next_event == ("clocks_in", at("thu 09:00"))
    assert not found.owes_heartbeats


def test_in_grace_it_finishes_and_is_clocked_out_at_its_end(agent):
    hours(agent, status="clocked_in", since="thu 09:00")
    for moment, in_grace, out in (
        ("thu 16:59", False, "17:00"),
        ("thu 17:00", True, "17:10"),
        ("thu 17:09", True, "17:10"),
    ):
        found = duty(agent, moment)
        assert (found.on_duty, found.in_grace, found.desired_state) == (True, in_grace, "work")
        assert found.next_event == ("clocks_out", at(f"thu {out}"))


def test_who_came_in_the_grace_period_goes_with_the_next_shift(agent):
    hours(agent, status="clocked_in", since="thu 17:05")
    assert duty(agent, "thu 17:06").next_event == ("clocks_out", at("fri 17:00"))


def test_who_is_clocked_out_is_not_in_grace(agent):
    hours(agent, status="clocked_out", since="thu 16:00")
    assert not duty(agent, "thu 17:05").in_grace


def test_at_work_outside_hours_until_the_next_end(agent):
    hours(agent, status="clocked_in", since="fri 20:00")
    assert duty(agent, "sat 12:00").next_event == ("clocks_out", at("+mon 17:00"))


def test_an_end_that_is_not_enforced_only_ends_the_shift(agent):
    hours(agent, status="clocked_in", since="thu 09:00", enforce_clock_out=False)
    assert duty(agent).next_event == ("shift_ends", at("thu 17:00"))


def test_a_start_nobody_wakes_for_only_starts_the_shift(agent):
    hours(agent, status="clocked_out", auto_wake=False)
    assert duty(agent, "thu 06:00").next_event == ("shift_starts", at("thu 09:00"))


def test_clocked_out_in_the_shift_the_next_start_is_tomorrows(agent):
    hours(agent, status="clocked_out", since="thu 10:00")
    assert duty(agent).next_event == ("clocks_in", at("fri 09:00"))


def test_over_the_weekend_the_next_event_is_found(agent):
    hours(agent, status="clocked_out", since="fri 17:10")
    assert duty(agent, "fri 18:00").next_event == ("clocks_in", at("+mon 09:00"))


def test_hours_that_are_off_do_not_count(agent):
    hours(agent, status="no_schedule", enabled=False)
    found = duty(agent, "thu 23:00")
    assert (found.on_duty, found.desired_state, found.next_event) == (True, "work", None)
    assert found.schedule is not None
    assert "09:00" in found.schedule_text


def test_round_the_clock(agent):
    hours(agent, status="clocked_in", since="mon 00:00", shifts=[("", DAILY, 0, 1440)])
    found = duty(agent)
    assert (found.around_the_clock, found.next_event) == (True, None)


def test_held_it_pauses_and_says_why(agent):
    hold(agent, HoldKind.MANUAL, reason="Look into it.")
    hold(agent, HoldKind.BUDGET, reason="At its cap.")
    found = duty(agent)
    assert found.desired_state == "pause"
    assert found.reason == "Paused by hand: Look into it.; Budget cap: At its cap."
    assert [one.kind for one in found.holds] == ["manual", "budget"]
    assert (found.on_duty, found.owes_heartbeats) == (True, False)


def test_a_released_hold_counts_no_more(agent):
    Hold.objects.filter(pk=hold(agent, HoldKind.MANUAL).pk).update(released_at=at("tue 00:00"), released_by_label="t")
    assert duty(agent).holds == ()


def test_when_it_resumes_is_when_the_last_hold_ends(agent):
    hold(agent, HoldKind.BUDGET, until="thu 14:00")
    hold(agent, HoldKind.LEAVE, until="fri 14:00")
    assert duty(agent).next_event == ("resumes", at("fri 14:00"))
    hold(agent, HoldKind.MANUAL)
    assert duty(agent).next_event is None, "nobody knows when"


@pytest.mark.parametrize(
    ("until", "event"),
    [
        ("thu 20:00", ("clocks_in", "fri 09:00")),
        ("fri 11:00", ("resumes", "fri 11:00")),
        ("sat 12:00", ("clocks_in", "+mon 09:00")),
        (None, None),
    ],
    ids=["before the start", "in the shift", "after the shift", "nobody knows when"],
)
def test_off_duty_and_held_it_waits_for_both(agent, until, event):
    """The clock wakes nobody who is held, and a hold that ends at night frees nobody."""
    hours(agent, status="clocked_out", since="thu 17:10")
    hold(agent, HoldKind.OFF_HOURS)
    hold(agent, HoldKind.BUDGET, until=until)
    assert duty(agent, "thu 19:00").next_event == (event and (event[0], at(event[1])))


@pytest.mark.parametrize("moment", ["thu 11:00", "thu 12:01", "thu 12:04"])
def test_a_pause_shorter_than_the_grace_is_no_end(agent, moment):
    hours(agent, status="clocked_in", since="thu 09:00", shifts=[("A", WEEKDAYS, 540, 720), ("B", WEEKDAYS, 725, 1020)])
    assert duty(agent, moment).next_event == ("clocks_out", at("thu 17:00"))


def test_stop_is_stronger_than_a_hold_off_duty(agent):
    hours(agent, status="clocked_out", since="wed 17:10", off_hours_action="stop")
    hold(agent, HoldKind.BUDGET)
    assert duty(agent, "thu 06:00").desired_state == "stop"


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_has_left_stops_for_good(agent, state):
    gone = hire(agent, current_state=state, clock_status="clocked_in")
    found = duty(gone)
    assert (found.on_duty, found.desired_state, found.next_event) == (False, "stop", None)
    assert state in found.reason


def test_who_is_not_ready_yet_waits(agent):
    new = hire(agent, current_state="registered")
    found = duty(new)
    assert (found.desired_state, found.owes_heartbeats) == ("pause", False)
    assert "registered" in found.reason


def test_many_agents_take_as_many_queries_as_one(agent, django_assert_num_queries):
    fleet = [hire(agent) for _ in range(12)]
    for one in fleet[:8]:
        hours(
            one, status="clocked_in", since="thu 09:00", shifts=[("A", WEEKDAYS, 540, 720), ("B", WEEKDAYS, 780, 1020)]
        )
    hold(fleet[3], HoldKind.BUDGET)
    for some in (fleet[:1], fleet):
        with django_assert_num_queries(3):
            assert len(duty_of(some, now=at("thu 12:00"))) == len(some)
    assert duty_of([], now=at("thu 12:00")) == {}


def test_what_it_says_is_what_the_clock_then_does(agent):
    """The announced moment is the recorded one, through a week, for plain office hours."""
    from scheduling.models import ClockRecord
    from tests.support.clockwork import live, sweep

    hours(agent, since="-fri 17:10", grace_minutes=0)
    sweep("mon 00:00")
    moment = at("mon 00:00")
    for _ in range(6):
        kind, when = duty_of([Agent.objects.get(pk=agent.pk)], now=moment)[agent.pk].next_event
        live("mon 00:00", "mon 00:00")
        sweep(when - timedelta(seconds=1))
        before = ClockRecord.objects.count()
        sweep(when)
        newest = ClockRecord.objects.order_by("-time").first()
        assert ClockRecord.objects.count() == before + 1
        assert (newest.event, newest.scheduled_at) == (
            {"clocks_in": "auto_wake", "clocks_out": "auto_pause"}[kind],
            when,
        )
        moment = when


def test_an_expired_hold_not_yet_swept_is_still_a_hold(agent):
    from workforce.services import holds

    hold(agent, HoldKind.BUDGET, until="thu 11:59")
    assert duty(agent).desired_state == "pause"
    holds.expire_due(now=at("thu 12:00"))
    assert duty(agent).desired_state == "work"


def test_the_systems_own_way_of_holding_is_seen_the_same(agent):
    from workforce.services import holds

    holds.place(
        organization=agent.organization,
        agent_id=agent.pk,
        kind=HoldKind.INCIDENT,
        reason="Smoke.",
        by=SYSTEM,
        now=at("thu 11:00"),
    )
    assert duty(agent).reason == "Incident: Smoke."
