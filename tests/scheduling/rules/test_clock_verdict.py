"""What the clock decides for one agent: by the cases that people would name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduling.rules.clock import Action, ClockFacts, Decision, Policy, decide
from scheduling.rules.hours import DAYS, check_hours
from scheduling.rules.weeks import Hours
from tests.scheduling.rules.strategies import shift

DAILY, WEEKDAYS = list(DAYS), list(DAYS[:5])
OFFICE = check_hours("standard", "UTC", [shift(WEEKDAYS, "09:00", "17:00")])
ALWAYS = check_hours("standard", "UTC", [shift(DAILY, "00:00", "24:00")])
MINUTE = timedelta(minutes=1)


def july(text: str) -> datetime:
    """`6 09:00` is Monday, 6 July 2026, 09:00 UTC."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-07-{int(day):02} {clock}").replace(tzinfo=UTC)


POLICY = Policy(
    enabled=True,
    enforce_clock_in=False,
    enforce_clock_out=True,
    auto_wake=True,
    grace_minutes=10,
    off_hours_action="pause",
    active_since=july("1 00:00"),
)
MUST_CLOCK_IN = replace(POLICY, auto_wake=False, enforce_clock_in=True)


def being(status: str, since: str | None, **changes: Any) -> ClockFacts:
    facts = ClockFacts(
        status=status,
        since=None if since is None else july(since),
        lifecycle_state="active",
        other_holds=False,
        healthy_since_start=False,
    )
    return replace(facts, **changes)


def verdict(facts: ClockFacts, now: str, policy: Policy = POLICY, hours: Hours = OFFICE) -> Decision:
    decision = decide(hours, policy, facts, july(now))
    assert decision.next_check_at is None or decision.next_check_at > july(now)
    assert (decision.scheduled_at is None) == (decision.action is Action.NONE)
    assert decision.scheduled_at is None or decision.scheduled_at <= july(now)
    assert decision.why.endswith(".")
    return decision


def nothing(decision: Decision, until: str | None) -> None:
    assert (decision.action, decision.next_check_at) == (Action.NONE, None if until is None else july(until))


def does(decision: Decision, action: Action, scheduled_at: str) -> None:
    assert (decision.action, decision.scheduled_at) == (action, july(scheduled_at))


class TestClockOut:
    def test_it_waits_for_the_end_and_the_grace(self) -> None:
        nothing(verdict(being("clocked_in", "6 09:00"), "6 12:00"), "6 17:10")
        nothing(verdict(being("clocked_in", "6 09:00"), "6 17:09:59"), "6 17:10")

    def test_it_clocks_out_at_the_end_of_the_grace(self) -> None:
        decision = verdict(being("clocked_in", "6 09:00"), "6 17:10")
        does(decision, Action.AUTO_PAUSE, "6 17:10")
        assert decision.why == "Hours ended at 17:00 UTC and the 10 min of grace are over."

    def test_without_grace_it_clocks_out_at_the_end(self) -> None:
        decision = verdict(being("clocked_in", "6 09:00"), "6 17:00", replace(POLICY, grace_minutes=0))
        does(decision, Action.AUTO_PAUSE, "6 17:00")
        assert decision.why == "Hours ended at 17:00 UTC."

    def test_it_says_the_time_of_the_agents_zone(self) -> None:
        hours = check_hours("standard", "Asia/Kathmandu", [shift(DAILY, "09:00", "17:00")])
        assert verdict(being("clocked_in", "6 09:00"), "6 12:00", hours=hours).why.startswith("Hours ended at 17:00 ")

    def test_it_clocks_out_late_with_the_scheduled_moment(self) -> None:
        does(verdict(being("clocked_in", "6 09:00"), "8 03:00"), Action.AUTO_PAUSE, "6 17:10")

    def test_a_clock_in_outside_hours_ends_with_the_next_shift(self) -> None:
        nothing(verdict(being("clocked_in", "6 20:00"), "6 20:00"), "7 17:10")
        nothing(verdict(being("clocked_in", "6 20:00"), "7 08:59"), "7 17:10")
        does(verdict(being("clocked_in", "6 20:00"), "7 17:10"), Action.AUTO_PAUSE, "7 17:10")

    @pytest.mark.parametrize("since", ["6 17:00", "6 17:05", "6 17:10", "6 17:11"])
    def test_a_clock_in_after_the_end_is_not_undone_by_that_end(self, since: str) -> None:
        nothing(verdict(being("clocked_in", since), "6 17:30"), "7 17:10")

    def test_a_clock_in_at_the_weekend_ends_on_monday(self) -> None:
        nothing(verdict(being("clocked_in", "11 12:00"), "12 12:00"), "13 17:10")

    def test_an_early_clock_in_ends_with_its_shift(self) -> None:
        nothing(verdict(being("clocked_in", "6 08:30"), "6 12:00"), "6 17:10")

    def test_the_agent_goes_on_through_a_pause_shorter_than_the_grace(self) -> None:
        shifts = [shift(["mon"], "09:00", "12:00", "a"), shift(["mon"], "12:10", "17:00", "b")]
        hours = check_hours("shift", "UTC", shifts)
        nothing(verdict(being("clocked_in", "6 09:00"), "6 12:05", hours=hours), "6 17:10")
        longer = replace(POLICY, grace_minutes=9)
        nothing(verdict(being("clocked_in", "6 09:00"), "6 12:05", longer, hours), "6 12:09")

    def test_a_clock_in_that_nobody_recorded_counts_from_when_the_hours_act(self) -> None:
        policy = replace(POLICY, active_since=july("6 18:00"))
        nothing(verdict(being("clocked_in", None), "6 18:00", policy), "7 17:10")

    def test_who_is_at_work_when_hours_begin_to_act_within_them_stays(self) -> None:
        policy = replace(POLICY, active_since=july("8 12:00"))
        nothing(verdict(being("clocked_in", "6 10:00"), "8 12:00", policy), "8 17:10")

    def test_who_is_at_work_when_hours_begin_to_act_outside_them_is_clocked_out(self) -> None:
        policy = replace(POLICY, active_since=july("8 20:00"))
        does(verdict(being("clocked_in", "6 10:00"), "8 20:01", policy), Action.AUTO_PAUSE, "8 20:00")

    def test_hours_that_begin_to_act_within_the_grace_leave_the_rest_of_it(self) -> None:
        policy = replace(POLICY, active_since=july("8 17:05"))
        nothing(verdict(being("clocked_in", "6 10:00"), "8 17:05", policy), "8 17:10")

    def test_endless_hours_never_clock_out(self) -> None:
        nothing(verdict(being("clocked_in", "6 09:00"), "6 17:10", hours=ALWAYS), None)

    def test_pauses_all_shorter_than_the_grace_never_clock_out(self) -> None:
        hours = check_hours("standard", "UTC", [shift(DAILY, "00:00", "23:55")])
        nothing(verdict(being("clocked_in", "6 09:00"), "6 23:58", hours=hours), "13 23:58")

    def test_a_pause_that_a_clock_change_makes_longer_than_the_grace_counts(self) -> None:
        """02:50 to 03:10 takes 80 minutes on the night on which 02:00 to 03:00 comes twice."""
        hours = check_hours("standard", "Europe/Berlin", [shift(DAILY, "03:10", "02:50")])
        policy = replace(POLICY, grace_minutes=30)
        due = datetime(2026, 10, 25, 1, 20, tzinfo=UTC)
        facts = being("clocked_in", "6 09:00")
        week_before = decide(hours, policy, facts, due - timedelta(days=6))
        assert (week_before.action, week_before.next_check_at) == (Action.NONE, due)
        on_time = decide(hours, policy, facts, due)
        assert (on_time.action, on_time.scheduled_at) == (Action.AUTO_PAUSE, due)

    def test_it_is_left_to_people_where_it_is_not_enforced(self) -> None:
        nothing(verdict(being("clocked_in", "6 09:00"), "6 20:00", replace(POLICY, enforce_clock_out=False)), None)


class TestAutoWake:
    def test_it_waits_for_the_start(self) -> None:
        nothing(verdict(being("clocked_out", "6 17:10"), "6 17:10"), "7 09:00")
        nothing(verdict(being("clocked_out", "6 17:10"), "7 08:59:59"), "7 09:00")

    def test_it_wakes_at_the_start(self) -> None:
        decision = verdict(being("clocked_out", "6 17:10"), "7 09:00")
        does(decision, Action.AUTO_WAKE, "7 09:00")
        assert decision.why == "Hours started at 09:00 UTC."

    def test_it_wakes_late_with_the_scheduled_moment(self) -> None:
        does(verdict(being("clocked_out", "6 17:10"), "7 12:00"), Action.AUTO_WAKE, "7 09:00")

    def test_it_wakes_an_agent_that_never_was_clocked_in(self) -> None:
        does(verdict(being("clocked_out", None), "7 12:00"), Action.AUTO_WAKE, "7 09:00")

    def test_nothing_is_due_before_the_hours_act(self) -> None:
        policy = replace(POLICY, active_since=july("7 10:00"))
        nothing(verdict(being("clocked_out", None), "7 09:30", policy), "7 10:00")
        decision = verdict(being("clocked_out", None), "7 12:00", policy)
        does(decision, Action.AUTO_WAKE, "7 10:00")
        assert decision.why == "Within its hours when they were set."

    def test_who_clocks_out_during_the_shift_is_left_until_the_next(self) -> None:
        nothing(verdict(being("clocked_out", "7 09:00"), "7 09:00"), "8 09:00")
        nothing(verdict(being("clocked_out", "7 11:00"), "7 12:00"), "8 09:00")
        does(verdict(being("clocked_out", "7 11:00"), "8 09:00"), Action.AUTO_WAKE, "8 09:00")

    def test_a_shift_missed_as_a_whole_leaves_nothing(self) -> None:
        nothing(verdict(being("clocked_out", "6 17:10"), "7 20:00"), "8 09:00")

    def test_a_hold_of_another_kind_keeps_it_asleep(self) -> None:
        held = being("clocked_out", "6 17:10", other_holds=True)
        nothing(verdict(held, "7 12:00"), "7 12:01")
        nothing(verdict(held, "6 20:00"), "7 09:00")
        does(verdict(replace(held, other_holds=False), "7 12:01"), Action.AUTO_WAKE, "7 09:00")

    def test_a_registered_agent_is_looked_at_again(self) -> None:
        nothing(verdict(being("clocked_out", None, lifecycle_state="registered"), "7 12:00"), "7 12:01")

    @pytest.mark.parametrize("state", ["retired", "archived"])
    def test_who_has_left_is_never_woken(self, state: str) -> None:
        nothing(verdict(being("clocked_out", "6 17:10", lifecycle_state=state), "7 12:00"), None)
        nothing(verdict(being("clocked_in", "6 09:00", lifecycle_state=state), "7 12:00"), None)

    @pytest.mark.parametrize("state", ["degraded", "escalated"])
    def test_an_unwell_agent_is_woken_later(self, state: str) -> None:
        unwell = being("clocked_out", "6 17:10", lifecycle_state=state)
        decision = verdict(unwell, "7 09:00")
        does(decision, Action.WAKE_LATER, "7 09:00")
        assert decision.next_check_at == july("7 09:01")
        assert state in decision.why
        well = replace(unwell, healthy_since_start=True)
        does(verdict(well, "7 09:01"), Action.AUTO_WAKE, "7 09:00")
        nothing(verdict(unwell, "7 17:00"), "8 09:00")

    @pytest.mark.parametrize("state", ["active", "paused", "blocked"])
    def test_all_others_are_woken(self, state: str) -> None:
        does(verdict(being("clocked_out", "6 17:10", lifecycle_state=state), "7 09:00"), Action.AUTO_WAKE, "7 09:00")

    def test_endless_hours_start_when_they_begin_to_act(self) -> None:
        policy = replace(POLICY, active_since=july("7 12:00"))
        does(verdict(being("clocked_out", None), "7 12:00", policy, ALWAYS), Action.AUTO_WAKE, "7 12:00")
        does(verdict(being("clocked_out", "6 17:10"), "8 12:00", policy, ALWAYS), Action.AUTO_WAKE, "7 12:00")
        nothing(verdict(being("clocked_out", "7 13:00"), "8 12:00", policy, ALWAYS), None)


class TestLate:
    def test_it_waits_for_the_grace(self) -> None:
        nothing(verdict(being("clocked_out", "6 17:10"), "7 08:00", MUST_CLOCK_IN), "7 09:00")
        nothing(verdict(being("clocked_out", "6 17:10"), "7 09:00", MUST_CLOCK_IN), "7 09:10")

    def test_it_is_late_once_the_grace_is_over_and_then_moves_on(self) -> None:
        decision = verdict(being("clocked_out", "6 17:10"), "7 09:10", MUST_CLOCK_IN)
        does(decision, Action.LATE, "7 09:10")
        assert decision.next_check_at == july("8 09:00")
        does(verdict(being("clocked_out", None), "7 16:59", MUST_CLOCK_IN), Action.LATE, "7 09:10")

    def test_it_is_not_late_after_the_shift_nor_when_it_was_there(self) -> None:
        nothing(verdict(being("clocked_out", "6 17:10"), "7 17:00", MUST_CLOCK_IN), "8 09:00")
        nothing(verdict(being("clocked_out", "7 10:00"), "7 12:00", MUST_CLOCK_IN), "8 09:00")

    def test_a_shift_shorter_than_the_grace_has_no_late(self) -> None:
        policy = replace(MUST_CLOCK_IN, grace_minutes=240)
        hours = check_hours("standard", "UTC", [shift(DAILY, "09:00", "13:00")])
        nothing(verdict(being("clocked_out", "6 17:10"), "7 12:59", policy, hours), "8 09:00")

    def test_the_grace_runs_from_when_the_hours_begin_to_act(self) -> None:
        policy = replace(MUST_CLOCK_IN, active_since=july("7 12:00"))
        nothing(verdict(being("clocked_out", None), "7 12:00", policy), "7 12:10")
        does(verdict(being("clocked_out", None), "7 12:10", policy), Action.LATE, "7 12:10")

    def test_who_may_not_work_is_not_late(self) -> None:
        nothing(verdict(being("clocked_out", None, other_holds=True), "7 12:00", MUST_CLOCK_IN), "7 12:01")
        registered = being("clocked_out", None, lifecycle_state="registered")
        nothing(verdict(registered, "7 12:00", MUST_CLOCK_IN), "7 12:01")

    def test_with_auto_wake_it_is_woken_instead(self) -> None:
        policy = replace(MUST_CLOCK_IN, auto_wake=True)
        does(verdict(being("clocked_out", "6 17:10"), "7 09:10", policy), Action.AUTO_WAKE, "7 09:00")


class TestNothing:
    @pytest.mark.parametrize("facts", [being("clocked_in", "6 09:00"), being("clocked_out", "5 09:00")])
    def test_hours_that_are_switched_off_do_nothing(self, facts: ClockFacts) -> None:
        nothing(verdict(facts, "6 12:00", replace(POLICY, enabled=False)), None)
        nothing(verdict(facts, "6 20:00", replace(POLICY, enabled=False)), None)

    def test_an_agent_without_a_schedule_is_left_alone(self) -> None:
        nothing(verdict(being("no_schedule", None), "6 12:00"), None)

    def test_nothing_enforced_at_the_start(self) -> None:
        nothing(verdict(being("clocked_out", None), "6 12:00", replace(POLICY, auto_wake=False)), None)

    def test_naive_moments_are_refused(self) -> None:
        naive = datetime(2026, 7, 6, 12)
        with pytest.raises(ValueError, match="time zone"):
            decide(OFFICE, POLICY, being("clocked_in", "6 09:00"), naive)
        with pytest.raises(ValueError, match="time zone"):
            decide(OFFICE, POLICY, replace(being("clocked_in", None), since=naive), july("6 12:00"))
        with pytest.raises(ValueError, match="time zone"):
            decide(OFFICE, replace(POLICY, active_since=naive), being("clocked_in", None), july("6 12:00"))


def test_an_outage_over_an_end_and_a_start_is_two_rounds() -> None:
    facts = being("clocked_in", "6 09:00")
    first = verdict(facts, "9 12:00")
    does(first, Action.AUTO_PAUSE, "6 17:10")
    second = verdict(replace(facts, status="clocked_out", since=first.scheduled_at), "9 12:00")
    does(second, Action.AUTO_WAKE, "9 09:00")
    nothing(verdict(replace(facts, since=second.scheduled_at), "9 12:00"), "9 17:10")
