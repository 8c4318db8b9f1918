"""Leave's moments and what the sweep has to do about it, without a database (spec W3, W10)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.rules.hours import check_hours
from scheduling.rules.leave import (
    FURTHEST,
    LONGEST,
    RECHECK,
    Candidate,
    Decision,
    LeaveFacts,
    Step,
    check_period,
    decide,
    end_fields,
    end_of,
    period_in_words,
    rank,
    start_fields,
    start_of,
    works_within,
)

BERLIN, NEW_YORK, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
BEIRUT = ZoneInfo("Asia/Beirut")
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "first", "start", "last", "end", "starts_at", "ends_at"),
    [
        (BERLIN, date(2026, 12, 24), None, date(2026, 12, 24), None, "2026-12-23T23:00", "2026-12-24T23:00"),
        (BERLIN, date(2026, 12, 24), None, date(2027, 1, 2), None, "2026-12-23T23:00", "2027-01-02T23:00"),
        (BERLIN, date(2026, 12, 24), time(12), date(2026, 12, 24), time(17), "2026-12-24T11:00", "2026-12-24T16:00"),
        # 02:30 does not exist: it lands after the gap. Twice in autumn: the first one. Lord Howe moves by 30 minutes.
        (BERLIN, date(2027, 3, 28), time(2, 30), date(2027, 3, 28), None, "2027-03-28T01:30", "2027-03-28T22:00"),
        (NEW_YORK, date(2026, 11, 1), time(1, 30), date(2026, 11, 1), None, "2026-11-01T05:30", "2026-11-02T05:00"),
        (LORD_HOWE, date(2026, 10, 4), None, date(2026, 10, 4), None, "2026-10-03T13:30", "2026-10-04T13:00"),
        # Midnight itself is skipped in Beirut: the day begins at 01:00.
        (BEIRUT, date(2026, 3, 29), None, date(2026, 3, 29), None, "2026-03-28T22:00", "2026-03-29T21:00"),
    ],
)  # fmt: skip
def test_local_days_and_times_become_moments(zone, first, start, last, end, starts_at, ends_at):
    assert start_of(zone, first, start) == at(starts_at)
    assert end_of(zone, last, end) == at(ends_at)


@given(
    day=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    zone=st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE, BEIRUT, ZoneInfo("UTC")]),
)
def test_whole_days_are_read_back_as_whole_days(day, zone):
    assert start_fields(zone, start_of(zone, day, None)) == (day, None)
    assert end_fields(zone, end_of(zone, day, None)) == (day, None)
    assert timedelta(hours=22) < end_of(zone, day, None) - start_of(zone, day, None) < timedelta(hours=26)


def test_times_are_read_back_as_times():
    assert start_fields(BERLIN, at("2026-12-24T11:15")) == (date(2026, 12, 24), time(12, 15))
    assert end_fields(BERLIN, at("2026-12-24T16:00")) == (date(2026, 12, 24), time(17))


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "words"),
    [
        ("2026-12-23T23:00", "2026-12-24T23:00", "24 Dec 2026"),
        ("2026-12-23T23:00", "2026-12-28T23:00", "24 Dec – 28 Dec 2026"),
        ("2026-12-23T23:00", "2027-01-02T23:00", "24 Dec 2026 – 2 Jan 2027"),
        ("2026-12-24T11:00", "2026-12-24T16:00", "24 Dec 2026 12:00 – 17:00"),
        ("2026-12-24T11:00", "2026-12-24T23:00", "24 Dec 2026 12:00 – 24:00"),
        ("2026-12-23T23:00", "2026-12-27T08:30", "24 Dec 2026 00:00 – 27 Dec 2026 09:30"),
    ],
)
def test_a_period_in_words(starts_at, ends_at, words):
    assert period_in_words(BERLIN, at(starts_at), at(ends_at)) == words


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "faults"),
    [
        (NOW, NOW + HOUR, []),
        (NOW - 30 * HOUR, NOW + HOUR, []),
        (NOW, NOW + LONGEST, []),
        (None, None, [("starts_at", "Say when the leave begins."), ("ends_at", "Say when the leave ends.")]),
        (NOW + HOUR, NOW + HOUR, [("ends_at", "Choose an end after the start.")]),
        (NOW - 2 * HOUR, NOW, [("ends_at", "Choose an end in the future.")]),
        (None, NOW, [("starts_at", "Say when the leave begins."), ("ends_at", "Choose an end in the future.")]),
        (NOW, NOW + LONGEST + HOUR, [("ends_at", "A leave lasts at most 366 days. Choose an earlier end.")]),
        (NOW + FURTHEST, NOW + FURTHEST + HOUR, []),
        (NOW + FURTHEST + HOUR, NOW + FURTHEST + 2 * HOUR,
         [("starts_at", "Choose a start within the next three years.")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_period(starts_at, ends_at, faults):
    assert check_period(starts_at, ends_at, NOW) == faults


def facts(**more):
    given = {"running": False, "starts_at": NOW, "ends_at": NOW + 8 * HOUR, **more}
    return LeaveFacts(**given)


@pytest.mark.parametrize(
    ("given", "now", "decision"),
    [
        ({}, NOW - HOUR, Decision(Step.WAIT, NOW)),
        ({}, NOW, Decision(Step.START, NOW + 8 * HOUR)),
        ({}, NOW + 7 * HOUR, Decision(Step.START, NOW + 8 * HOUR)),
        ({}, NOW + 8 * HOUR, Decision(Step.MISS, None, "It passed unseen.")),
        ({"gone": "retired"}, NOW, Decision(Step.DROP, None, "The agent is retired.")),
        ({"gone": "archived"}, NOW + 9 * HOUR, Decision(Step.DROP, None, "The agent is archived.")),
        ({"other_hold": True}, NOW, Decision(Step.WAIT, NOW + RECHECK)),
        ({"other_hold": True, "other_until": NOW}, NOW, Decision(Step.START, NOW + 8 * HOUR)),
        ({"other_hold": True, "other_until": NOW + RECHECK / 2}, NOW, Decision(Step.WAIT, NOW + RECHECK / 2)),
        ({"other_hold": True}, NOW + 8 * HOUR - RECHECK / 2, Decision(Step.WAIT, NOW + 8 * HOUR)),
        ({"other_hold": True}, NOW + 8 * HOUR,
         Decision(Step.MISS, None, "The agent was on leave by another hold all the while.")),
    ],
)  # fmt: skip
def test_a_planned_leave(given, now, decision):
    assert decide(facts(**given), now) == decision


@pytest.mark.parametrize(
    ("given", "now", "decision"),
    [
        ({}, NOW + HOUR, Decision(Step.WAIT, NOW + 8 * HOUR)),
        ({}, NOW + 8 * HOUR, Decision(Step.END, None, "It is over.")),
        ({"released_at": NOW + HOUR}, NOW + 2 * HOUR, Decision(Step.END, None, "Its hold was released.")),
        ({"released_at": NOW + 8 * HOUR}, NOW + 9 * HOUR, Decision(Step.END, None, "It is over.")),
        ({"gone": "retired"}, NOW + HOUR, Decision(Step.END, None, "The agent is retired.")),
    ],
)
def test_a_running_leave(given, now, decision):
    assert decide(facts(running=True, **given), now) == decision


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(
    running=st.booleans(), starts_at=moments, length=st.timedeltas(timedelta(minutes=1), LONGEST), now=moments,
    gone=st.sampled_from(["", "retired"]), released_at=st.none() | moments, other_hold=st.booleans(),
    other_until=st.none() | moments,
)  # fmt: skip
def test_whatever_the_facts_it_looks_again_later_or_never(
    running, starts_at, length, now, gone, released_at, other_hold, other_until
):
    """Else a sweep would turn on the spot. And nobody is held outside the dates."""
    given = LeaveFacts(
        running, starts_at, starts_at + length, gone, released_at if running else None, other_hold, other_until
    )
    verdict = decide(given, now)
    if verdict.step in (Step.WAIT, Step.START):
        assert verdict.due_at is not None and now < verdict.due_at <= given.ends_at
        assert not verdict.why
    else:
        assert verdict.due_at is None and verdict.why
    if verdict.step == Step.START:
        assert given.starts_at <= now < given.ends_at and not gone and not running


def test_covers_are_ranked_by_tags_pod_load_and_name():
    best = Candidate("d", shared_tags=2, same_pod=False, open_tasks=9)
    own_pod = Candidate("c", shared_tags=1, same_pod=True, open_tasks=5)
    idle = Candidate("b", shared_tags=1, same_pod=False, open_tasks=0)
    named = Candidate("e", shared_tags=1, same_pod=False, open_tasks=0)
    assert sorted([named, idle, own_pod, best], key=rank) == [best, own_pod, idle, named]


def test_who_works_within_the_leave():
    shift = {"name": "", "days": ["mon"], "start": "09:00", "end": "17:00"}
    mondays = check_hours("standard", "Europe/Berlin", [shift])
    assert works_within(mondays, at("2026-11-23T10:00"), at("2026-11-23T11:00"))
    assert works_within(mondays, at("2026-11-22T10:00"), at("2026-11-23T08:01"))
    assert not works_within(mondays, at("2026-11-22T10:00"), at("2026-11-23T08:00"))
    assert not works_within(mondays, at("2026-11-23T16:00"), at("2026-11-27T10:00"))
