"""Where clock-in is expected but not automatic, who is late is told of once (W5)."""

import pytest

from scheduling.models import WorkSchedule
from scheduling.services import clock
from tests.support.actors import itself
from tests.support.clockwork import at, hire, hours, live, sweep, told
from workforce.models import Notice

pytestmark = pytest.mark.django_db
EXPECTED = {"auto_wake": False, "enforce_clock_in": True}


def notices():
    return list(Notice.objects.order_by("created_at").values_list("created_at", "recipient__name", "kind"))


def test_at_start_and_grace_the_owner_is_told_once(agent):
    hours(agent, **EXPECTED)
    live("mon 08:00", "mon 09:09")
    assert notices() == []
    live("mon 09:09", "mon 23:00")
    assert notices() == [(at("mon 09:10"), "Olga", "late")]
    assert told(agent) == []
    assert Notice.objects.get().text.startswith("support-triage-01 is late. Not clocked in since the start at 09:00")


def test_every_day_anew(agent):
    hours(agent, **EXPECTED)
    live("mon 08:00", "wed 10:00")
    assert [moment for moment, _, _ in notices()] == [at("mon 09:10"), at("tue 09:10"), at("wed 09:10")]


def test_told_late_it_is_still_told_once(agent):
    """A sweep that ran an hour after, and an edit of the hours that rings the alarm again."""
    schedule = hours(agent, **EXPECTED)
    sweep("mon 10:00")
    WorkSchedule.objects.filter(pk=schedule.pk).update(clock_due_at=at("mon 10:01"))
    sweep("mon 10:01")
    assert notices() == [(at("mon 10:00"), "Olga", "late")]


def test_who_clocked_in_in_time_is_not_late(agent):
    hours(agent, **EXPECTED)
    live("mon 08:00", "mon 09:05")
    clock.clock_in(organization=agent.organization, agent_id=agent.pk, by=itself(agent), now=at("mon 09:05"))
    live("mon 09:05", "mon 23:00")
    assert notices() == []
    assert told(agent)[-1] == ("auto_pause", at("mon 17:10"), at("mon 17:10"))


def test_who_was_clocked_out_by_hand_in_the_shift_is_not_late(agent, alice):
    hours(agent, **EXPECTED, status="clocked_out", since="mon 09:05")
    live("mon 09:05", "mon 23:00")
    assert notices() == []


def test_with_auto_wake_nobody_is_late(agent):
    hours(agent, auto_wake=True, enforce_clock_in=True)
    live("mon 08:00", "mon 23:00")
    assert notices() == []


def test_without_either_nobody_is_asked(agent):
    hours(agent, auto_wake=False, enforce_clock_in=False)
    live("mon 08:00", "mon 23:00")
    assert notices() == []


def test_where_the_owner_cannot_be_told_the_lead_is(agent, olga):
    olga.is_active = False
    olga.save(update_fields=["is_active"])
    hours(agent, **EXPECTED)
    sweep("mon 09:10")
    assert notices() == [(at("mon 09:10"), "Lee", "late")]


def test_many_late_ones_take_as_many_queries_as_few(agent):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (5, 40):
        for _ in range(number):
            hours(hire(agent), **EXPECTED, clock_due_at=at("mon 09:10"))
        with CaptureQueriesContext(connection) as queries:
            assert sweep("mon 09:10").told == number
        counts.append(len(queries))
    assert counts[1] <= counts[0]
    assert Notice.objects.count() == 45
