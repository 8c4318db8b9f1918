"""Deleting working hours: the agent is unscheduled, its history stays."""

import pytest

from scheduling.models import ClockRecord, Shift, WorkSchedule
from scheduling.services import schedules
from tests.factories import WorkScheduleFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at, hire, hours, live, pending, standing, sweep, told
from workforce.choices import HoldKind, KeyScope
from workforce.rules.refusals import Conflict, Forbidden, Missing
from workforce.services import holds

pytestmark = pytest.mark.django_db


def delete(row, moment="thu 18:00", by=SYSTEM):
    schedules.delete(organization=row.organization, schedule_id=row.pk, by=by, now=at(moment))


def test_off_duty_it_is_freed(agent, alice):
    row = hours(agent, status="clocked_in", since="thu 09:00")
    sweep("thu 17:10")
    delete(row, by=person(alice))
    assert standing(agent) == ("no_schedule", "ready", [])
    assert pending(agent) == "resume"
    assert not WorkSchedule.objects.exists()
    assert not Shift.objects.exists()
    assert ClockRecord.objects.count() == 1, "history stays"
    (event,) = audited(agent, action="schedule.deleted")
    assert (event.before["grace_minutes"], event.after, event.actor_label) == (10, {}, "Alice")


def test_at_work_it_is_clocked_out_without_an_off_hours_action(agent, alice):
    row = hours(agent, status="clocked_in", since="thu 09:00")
    delete(row, "thu 12:00", by=person(alice))
    assert standing(agent) == ("no_schedule", "ready", [])
    assert told(agent) == [("clocked_out", at("thu 12:00"), None)]
    assert ClockRecord.objects.get().triggered_by == "Alice"
    assert audited(agent, action="clock.clocked_out")[0].after["clock_status"] == "no_schedule"


def test_other_holds_stay(agent):
    row = hours(agent, status="clocked_in", since="thu 09:00")
    holds.place(
        organization=agent.organization,
        agent_id=agent.pk,
        kind=HoldKind.BUDGET,
        reason="x",
        by=SYSTEM,
        now=at("thu 10:00"),
    )
    sweep("thu 17:10")
    delete(row)
    assert standing(agent) == ("no_schedule", "paused", ["budget"])


def test_hours_that_were_off_leave_the_agent_alone(agent):
    row = hours(agent, status="clocked_in", since="thu 09:00", enabled=False)
    delete(row)
    assert standing(agent)[1:] == ("ready", [])


def test_the_clock_acts_no_more(agent):
    row = hours(agent)
    live("mon 00:00", "mon 23:00")
    delete(row, "mon 23:00")
    live("mon 23:00", "sun 00:00")
    assert len(told(agent)) == 2


def test_new_hours_may_follow(agent):
    delete(hours(agent, status="clocked_in", since="thu 09:00"), "thu 12:00")
    made = schedules.create(
        organization=agent.organization,
        agent_id=agent.pk,
        data={"time_zone": "Europe/Berlin", "days": ["thu"], "start": "09:00", "end": "17:00"},
        by=SYSTEM,
        now=at("thu 12:00"),
    )
    assert made.agent == agent
    assert standing(agent)[0] == "clocked_in"


def test_twice_is_missing(agent):
    row = hours(agent)
    delete(row)
    with pytest.raises(Missing):
        delete(WorkSchedule(pk=audited(agent)[0].pk, organization=agent.organization, agent=agent))
    assert len(audited(agent, action="schedule.deleted")) == 1


def test_who_retired_loses_its_hours(agent):
    gone = hire(agent, current_state="retired")
    delete(hours(gone, status="clocked_in", since="thu 09:00"))
    assert standing(gone) == ("no_schedule", "retired", [])


def test_who_is_archived_keeps_them(agent):
    """Nothing of an archived agent changes; the database would refuse it less kindly."""
    old = hire(agent, current_state="archived", clock_status="clocked_in")
    with pytest.raises(Conflict) as refused:
        delete(WorkScheduleFactory(agent=old))
    assert refused.value.code == "archived"
    assert WorkSchedule.objects.exists()


def test_who_may(agent, olga, vera, charlie):
    row = hours(agent)
    for by in (person(vera), person(charlie), itself(agent), key(KeyScope.CLOCK)):
        with pytest.raises(Forbidden):
            delete(row, by=by)
    delete(row, by=person(olga))
    delete(hours(hire(agent)), by=key(KeyScope.SCHEDULES))
