"""A sweep that dies or meets a bad row: nothing twice, nothing half, nobody else held up (reliability)."""

import logging

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from scheduling.models import ClockRecord, Shift, WorkSchedule
from scheduling.services import clock, clock_sweep
from tests.support.clockwork import at, hire, hours, standing, sweep, told
from workforce.models import Agent, AuditEvent, Command, Hold

pytestmark = pytest.mark.django_db
START = "mon 09:00"


class Killed(BaseException):
    """As if the process ended here: no ``except Exception`` catches it."""


@pytest.fixture
def fleet(agent):
    agents = [hire(agent) for _ in range(6)]
    for one in agents:
        hours(one, clock_due_at=at(START))
    return agents


def written():
    return [model.objects.count() for model in (ClockRecord, AuditEvent, Hold, Command)]


STEPS = {
    "after the claim": (clock_sweep, "_handle"),
    "before the writes": (clock, "apply"),
    "after the records": (clock.audit, "record_many"),
    "after the statuses": (clock, "_resume"),
    "before the alarms": (clock_sweep, "_tell_late"),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_nothing_is_written_and_the_next_does_it_once(fleet, monkeypatch, step):
    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(*STEPS[step], die)
        with pytest.raises(Killed):
            sweep(START)
    assert written() == [0, 0, 0, 0]
    assert set(Agent.objects.filter(pk__in=[a.pk for a in fleet]).values_list("clock_status", flat=True)) == {
        "clocked_out"
    }
    assert sweep(START).clocked_in == 6
    assert all(told(one) == [("auto_wake", at(START), at(START))] for one in fleet)
    assert sweep(START).looked_at == 0


def poison(agent):
    """Hours that no longer can be worked out: a zone that its database dropped."""
    WorkSchedule.objects.filter(agent=agent).update(time_zone="Gone/Away")


def test_a_poison_row_among_100_is_postponed_and_named_and_the_others_are_done(agent, caplog):
    agents = [hire(agent) for _ in range(100)]
    for one in agents:
        hours(one, clock_due_at=at(START))
    bad = agents[37]
    poison(bad)
    with caplog.at_level(logging.ERROR, logger="punchcard.clock"):
        result = sweep(START)
    assert (result.clocked_in, result.looked_at, result.postponed) == (99, 100, [str(bad.pk)])
    assert str(bad.pk) in str(result)
    assert [entry.agent_id for entry in caplog.records if hasattr(entry, "agent_id")] == [str(bad.pk)]
    assert WorkSchedule.objects.get(agent=bad).clock_due_at == at("mon 10:00")
    assert standing(bad) == ("clocked_out", "ready", [])
    assert ClockRecord.objects.count() == 99
    assert sweep(START).looked_at == 0, "it is not met again until then"


def test_a_poison_row_does_it_once_it_is_mended(fleet):
    poison(fleet[0])
    sweep(START)
    WorkSchedule.objects.filter(agent=fleet[0]).update(time_zone="Europe/Berlin")
    sweep("mon 10:00")
    assert told(fleet[0]) == [("auto_wake", at("mon 10:00"), at("mon 09:00"))]


def test_a_row_that_the_database_refuses_is_poison_too(fleet, alice):
    """Its record of this very moment is there already, whoever wrote it."""
    ClockRecord.objects.create(
        organization=fleet[2].organization,
        agent=fleet[2],
        event="auto_wake",
        time=at(START),
        scheduled_at=at(START),
        triggered_by_kind="system",
        triggered_by_id="x",
        triggered_by="x",
    )
    result = sweep(START)
    assert (result.clocked_in, result.postponed) == (5, [str(fleet[2].pk)])


def test_a_schedule_without_shifts_stops_nobody(fleet):
    Shift.objects.filter(schedule__agent=fleet[1]).delete()
    sweep(START)
    assert sum(bool(told(one)) for one in fleet) == 5


def test_where_the_database_fails_no_row_is_blamed(fleet, monkeypatch):
    """Locked or gone for a moment: the next sweep does it, nobody waits an hour."""

    def fail(*args, **kwargs):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(clock, "apply", fail)
        with pytest.raises(OperationalError):
            sweep(START)
    assert set(WorkSchedule.objects.values_list("clock_due_at", flat=True)) == {at(START)}
    assert sweep(START).clocked_in == 6


def test_nor_while_a_batch_is_repeated_row_by_row(fleet, monkeypatch):
    """One bad row, and then the database is gone: the good ones do not wait an hour for it."""
    faults = [RuntimeError("one bad row")]

    def fail(*args, **kwargs):
        raise faults.pop() if faults else OperationalError("server closed the connection")

    with monkeypatch.context() as patched:
        patched.setattr(clock, "apply", fail)
        with pytest.raises(OperationalError):
            sweep(START)
    assert set(WorkSchedule.objects.values_list("clock_due_at", flat=True)) == {at(START)}
    assert sweep(START).clocked_in == 6


def test_a_sweep_that_cannot_even_claim_says_so(monkeypatch):
    """Else its tick would call it alive."""

    def fail(*args, **kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr(clock_sweep, "_claim", fail)
    with pytest.raises(RuntimeError):
        sweep(START)


@pytest.mark.parametrize("batch", [1, 2, 5, 6, 7])
def test_any_size_of_batch_does_them_all(fleet, settings, batch):
    settings.CLOCK_SWEEP_BATCH = batch
    result = sweep(START)
    assert (result.clocked_in, result.looked_at) == (6, 6)
    assert all(len(told(one)) == 1 for one in fleet)


@pytest.mark.parametrize("limit", [1, 4, 5, 6, 100])
def test_a_limit_is_a_limit(fleet, settings, limit):
    settings.CLOCK_SWEEP_BATCH = 4
    assert sweep(START, limit=limit).looked_at == min(limit, 6)
    assert sweep(START).looked_at == 6 - min(limit, 6)


def test_the_longest_overdue_come_first(fleet):
    for minutes, one in enumerate(reversed(fleet)):
        WorkSchedule.objects.filter(agent=one).update(clock_due_at=at("mon 08:00").replace(minute=minutes))
    sweep(START, limit=2)
    assert [bool(told(one)) for one in fleet] == [False, False, False, False, True, True]


def count(agents):
    with CaptureQueriesContext(connection) as queries:
        assert sweep(agents).looked_at > 0
    return len(queries)


@pytest.mark.parametrize(
    ("moment", "status", "options"),
    [
        ("mon 09:00", "clocked_out", {}),
        ("mon 17:10", "clocked_in", {}),
        ("mon 17:10", "clocked_in", {"off_hours_action": "stop"}),
        ("tue 10:00", "clocked_in", {}),
        ("mon 08:00", "clocked_out", {}),
    ],
    ids=["start", "end", "stop", "missed end and start", "nothing to do"],
)
def test_a_batch_of_30_takes_as_many_queries_as_one_of_10(agent, moment, status, options):
    """Twice 30 rows of audit are one INSERT on either database; beyond, SQLite takes one for every 71."""
    counts = []
    for number in (10, 30):
        for _ in range(number):
            hours(hire(agent), status=status, since="-fri 09:00", clock_due_at=at(moment), **options)
        counts.append(count(moment))
        WorkSchedule.objects.update(clock_due_at=None)
    assert counts[1] <= counts[0]
    assert counts[0] <= 25


def test_200_agents_take_few_more_queries_than_10(agent):
    """What grows is only the number of rows one statement may carry."""
    counts = []
    for number in (10, 200):
        for _ in range(number):
            hours(hire(agent), clock_due_at=at(START))
        counts.append(count(START))
    assert counts[1] - counts[0] <= 6
