"""Hours written by several at the same moment."""

from functools import partial

import pytest

from scheduling.models import Shift, WorkSchedule
from scheduling.services import clock, schedules
from tests.support.actors import SYSTEM, audited, person
from tests.support.clockwork import at, hire, hours, standing, told
from tests.support.races import at_once, errors
from workforce.rules.refusals import Conflict, Missing

pytestmark = pytest.mark.django_db(transaction=True)
OFFICE = {"time_zone": "Europe/Berlin", "days": ["thu"], "start": "09:00", "end": "17:00"}


def create(agent):
    return partial(
        schedules.create,
        organization=agent.organization,
        agent_id=agent.pk,
        data=OFFICE,
        by=SYSTEM,
        now=at("thu 12:00"),
    )


def test_four_who_give_one_agent_hours_give_them_once(agent):
    outcomes = at_once(*[create(agent)] * 4)
    assert [(type(error), error.code) for error in errors(outcomes)] == [(Conflict, "has_hours")] * 3
    assert (WorkSchedule.objects.count(), Shift.objects.count(), len(told(agent))) == (1, 1, 1)
    assert len(audited(agent, action="schedule.created")) == 1


def test_hours_given_while_a_person_clocks_in(agent, alice):
    for number in range(4):
        one = hire(agent, agent_name=f"raced-{number}")
        clock_in = partial(
            clock.clock_in, organization=one.organization_id, agent_id=one.pk, by=person(alice), now=at("thu 12:00")
        )
        outcomes = at_once(create(one), clock_in)
        assert all(getattr(error, "code", error) == "already_clocked_in" for error in errors(outcomes))
        assert standing(one) == ("clocked_in", "ready", [])
        assert len(told(one)) == 1


def test_changed_and_deleted_at_once(agent):
    for number in range(4):
        one = hire(agent, agent_name=f"raced-{number}")
        row = hours(one)
        shared = {"organization": one.organization, "schedule_id": row.pk, "by": SYSTEM, "now": at("thu 12:00")}
        outcomes = at_once(
            partial(schedules.update, data={"grace_minutes": 3}, **shared), partial(schedules.delete, **shared)
        )
        assert all(isinstance(error, Missing) for error in errors(outcomes))
        assert not WorkSchedule.objects.filter(pk=row.pk).exists()
        assert standing(one) == ("no_schedule", "ready", [])


def test_two_changes_at_once_are_both_kept(agent):
    row = hours(agent, since="thu 11:00")
    shared = {"organization": agent.organization, "schedule_id": row.pk, "by": SYSTEM, "now": at("thu 12:00")}
    outcomes = at_once(
        partial(schedules.update, data={"grace_minutes": 3}, **shared),
        partial(schedules.update, data={"off_hours_action": "stop"}, **shared),
    )
    assert errors(outcomes) == []
    row.refresh_from_db()
    assert (row.grace_minutes, row.off_hours_action) == (3, "stop")
    assert row.shifts.count() == 1
    assert len(audited(agent, action="schedule.changed")) == 2
