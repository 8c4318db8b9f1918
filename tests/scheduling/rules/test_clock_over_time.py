"""The clock over days, minute by minute: against a naive reading of the rule, and against itself asleep."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.rules.clock import Action, ClockFacts, Policy, decide
from scheduling.rules.hours import Hours, check_hours
from tests.scheduling.rules.oracle import DAYS, Oracle, Shift, to_minute, to_moment
from tests.scheduling.rules.strategies import any_shifts, shift
from tests.scheduling.rules.transitions import TRANSITIONS

BEFORE, AFTER = timedelta(days=14), timedelta(days=32)
DAILY = list(DAYS)
APPLIED = {Action.AUTO_WAKE: "clocked_in", Action.AUTO_PAUSE: "clocked_out"}
SHORT_PAUSES: list[list[Shift]] = [
    [shift(DAILY, "02:10", "01:50")],
    [shift(DAILY, "03:10", "02:50")],
    [shift(DAILY, "00:00", "23:55")],
    [shift(DAILY, "00:00", "24:00")],
    [shift(DAILY, "06:00", "10:00", "a"), shift(DAILY, "10:10", "14:00", "b"), shift(["mon"], "14:30", "20:00", "c")],
]


class Case(NamedTuple):
    hours: Hours
    oracle: Oracle
    policy: Policy
    facts: ClockFacts
    now: int  # minutes since 1970


@st.composite
def cases(draw: Any, **fixed: Any) -> Case:
    tz, at = draw(st.sampled_from(TRANSITIONS))
    shifts = draw(st.one_of(any_shifts(), st.sampled_from(SHORT_PAUSES)))
    changes = datetime.fromisoformat(at)
    now = to_minute(changes) + draw(st.integers(-2880, 2880))
    since = draw(st.none() | st.integers(0, 4 * 1440).map(lambda ago: to_moment(now - ago)))
    policy = Policy(
        enabled=True,
        enforce_clock_in=draw(st.booleans()),
        enforce_clock_out=draw(st.booleans()),
        auto_wake=draw(st.booleans()),
        grace_minutes=draw(st.sampled_from([0, 1, 5, 10, 20, 60, 240])),
        off_hours_action="pause",
        active_since=to_moment(now - draw(st.integers(-30, 6 * 1440))),
    )
    facts = ClockFacts(
        status=draw(st.sampled_from(["clocked_in", "clocked_out"])),
        since=since,
        lifecycle_state=draw(st.sampled_from(["active", "active", "active", "paused", "registered", "degraded"])),
        other_holds=draw(st.sampled_from([False, False, False, True])),
        healthy_since_start=draw(st.booleans()),
    )
    return Case(
        check_hours("shift", tz, shifts),
        Oracle(tz, shifts, changes - BEFORE, changes + AFTER),
        replace(policy, **{k: v for k, v in fixed.items() if hasattr(policy, k)}),
        replace(facts, **{k: v for k, v in fixed.items() if hasattr(facts, k)}),
        now,
    )


class Minutes:
    """The naive reading: one flag per minute, open or not, and walks along them."""

    def __init__(self, case: Case) -> None:
        self.seen = case.oracle.seen
        self.flags = bytearray(self.seen.last - self.seen.first)
        for start, end, _ in case.oracle.runs:
            self.flags[start - self.seen.first : end - self.seen.first] = b"\1" * (end - start)
        self.grace = case.policy.grace_minutes
        self.active = to_minute(case.policy.active_since)

    def open(self, minute: int) -> bool:
        return bool(self.flags[minute - self.seen.first])

    @property
    def endless(self) -> bool:
        return 0 not in self.flags

    def verdict(self, policy: Policy, facts: ClockFacts, now: int) -> tuple[Action, int | None]:
        if now < self.active:
            return Action.NONE, None
        since = None if facts.since is None else to_minute(facts.since)
        if facts.status == "clocked_in":
            due = self.due(since) if policy.enforce_clock_out else None
            if due is None or now < due:
                return Action.NONE, None
            return Action.AUTO_PAUSE, max(due, self.active)
        if not self.open(now) or facts.other_holds or facts.lifecycle_state == "registered":
            return Action.NONE, None
        start = now
        while start > self.seen.first and self.open(start - 1):
            start -= 1
        start = self.active if self.endless else start
        if since is not None and (since > start if self.endless else since >= start):
            return Action.NONE, None
        scheduled = max(start, self.active)
        if policy.auto_wake:
            unwell = facts.lifecycle_state == "degraded" and not facts.healthy_since_start
            return (Action.WAKE_LATER if unwell else Action.AUTO_WAKE), scheduled
        late = scheduled + self.grace
        if policy.enforce_clock_in and now >= late:
            return Action.LATE, late
        return Action.NONE, None

    def due(self, since: int | None) -> int | None:
        since = self.active if since is None else since
        latest = self.active
        while latest > self.seen.first and not self.open(latest):
            latest -= 1
        while latest > self.seen.first and self.open(latest - 1):
            latest -= 1
        minute = max(since, latest) + 1
        while minute + self.grace < self.seen.last:
            at = minute - self.seen.first
            if self.flags[at - 1] and not any(self.flags[at : at + self.grace + 1]):
                return minute + self.grace
            minute += 1
        return None


def asked(case: Case, facts: ClockFacts, minute: int) -> tuple[Action, int | None, int | None]:
    decision = decide(case.hours, case.policy, facts, to_moment(minute))
    at, check = decision.scheduled_at, decision.next_check_at
    assert check is None or check > to_moment(minute)
    return decision.action, None if at is None else to_minute(at), None if check is None else to_minute(check)


def after(facts: ClockFacts, action: Action, scheduled: int | None) -> ClockFacts:
    assert scheduled is not None
    return replace(facts, status=APPLIED[action], since=to_moment(scheduled))


def settle(case: Case, facts: ClockFacts, minute: int) -> tuple[ClockFacts, list[tuple[Action, int]], int | None]:
    """Apply verdicts as the sweep does until there is nothing more to apply: the facts, what was done, the alarm."""
    done: list[tuple[Action, int]] = []
    while True:
        action, scheduled, check = asked(case, facts, minute)
        if action not in APPLIED:
            if action is not Action.NONE:
                assert scheduled is not None
                done.append((action, scheduled))
            return facts, done, check
        assert scheduled is not None
        facts = after(facts, action, scheduled)
        done.append((action, scheduled))
        assert len(done) <= 3, "it settles within a handful of rounds"


@given(case=cases())
@settings(max_examples=600, deadline=None, derandomize=True)
def test_the_verdict_is_the_naive_one(case: Case) -> None:
    minutes = Minutes(case)
    expected = minutes.verdict(case.policy, case.facts, case.now)
    assert asked(case, case.facts, case.now)[:2] == expected


@given(case=cases())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_nothing_happens_before_the_next_check(case: Case) -> None:
    action, _, check = asked(case, case.facts, case.now)
    if action is not Action.NONE:
        return
    end = case.now + 2 * 1440 if check is None else min(check, case.now + 2 * 1440)
    edges = {edge + late for run in case.oracle.runs for edge in run[:2] for late in (0, case.policy.grace_minutes)}
    last = case.now + 8 * 1440 if check is None else check
    for minute in [*range(case.now + 1, end), *sorted(m for m in edges if end <= m < last)]:
        assert asked(case, case.facts, minute)[0] is Action.NONE, to_moment(minute)


@given(case=cases(other_holds=False, lifecycle_state="active"))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_waking_at_each_alarm_does_what_looking_every_minute_does(case: Case) -> None:
    """For two days: the same acts, at the same minutes, as scheduled."""
    watched, dozing, alarm = case.facts, case.facts, case.now
    told: set[tuple[Action, int]] = set()
    told_dozing: set[tuple[Action, int]] = set()
    for minute in range(case.now, case.now + 2 * 1440):
        watched, done, _ = settle(case, watched, minute)
        told |= set(done)
        if alarm is not None and minute >= alarm:
            dozing, done, alarm = settle(case, dozing, minute)
            told_dozing |= set(done)
        assert (watched.status, watched.since) == (dozing.status, dozing.since), to_moment(minute)
        assert told == told_dozing, to_moment(minute)


@given(
    case=cases(other_holds=False, lifecycle_state="active", auto_wake=True, enforce_clock_out=True),
    outage=st.integers(1, 4 * 1440),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_after_an_outage_it_is_where_it_would_have_been(case: Case, outage: int) -> None:
    watched, _, alarm = settle(case, case.facts, case.now)
    slept = watched
    back = case.now + outage
    while alarm is not None and alarm <= back:
        watched, _, alarm = settle(case, watched, alarm)
    slept, done, _ = settle(case, slept, back)

    assert len([d for d in done if d[0] is Action.AUTO_WAKE]) <= 1
    assert len([d for d in done if d[0] is Action.AUTO_PAUSE]) <= 1
    # Only a shift missed as a whole leaves nothing: nobody is clocked in for what is left of its grace.
    if slept.status != watched.status:
        assert (slept.status, watched.status) == ("clocked_out", "clocked_in")
        assert case.oracle.run_at(back) is None


@given(case=cases())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_settled_facts_stay_settled(case: Case) -> None:
    facts, _, _ = settle(case, case.facts, case.now)
    again, done, _ = settle(case, facts, case.now)
    assert again == facts
    assert not [d for d in done if d[0] in APPLIED]
