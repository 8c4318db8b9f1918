"""Changing working hours: what is left out stays, and the clock follows at once (W7)."""

import pytest

from scheduling.models import ClockRecord, WorkSchedule
from scheduling.services import clock, schedules
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import WEEKDAYS, at, hire, hours, live, pending, standing, sweep, told
from workforce.choices import HoldKind, KeyScope
from workforce.models import AuditEvent
from workforce.rules.refusals import Forbidden, Invalid, Missing
from workforce.services import holds

pytestmark = pytest.mark.django_db
OFFICE = [("", WEEKDAYS, 540, 1020)]


def update(row, moment, by=SYSTEM, **data):
    return schedules.update(organization=row.organization, schedule_id=row.pk, data=data, by=by, now=at(moment))


@pytest.mark.parametrize(
    ("data", "column"),
    [
        ({"grace_minutes": 0}, "grace_minutes"),
        ({"off_hours_action": "queue"}, "off_hours_action"),
        ({"auto_wake": False}, "auto_wake"),
        ({"enforce_clock_in": True}, "enforce_clock_in"),
        ({"enforce_clock_out": False}, "enforce_clock_out"),
        ({"time_zone": "Asia/Tokyo"}, "time_zone"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_one_field_changes_and_the_rest_stays(agent, data, column):
    row = hours(agent, shifts=OFFICE, since="thu 08:00")
    before = WorkSchedule.objects.filter(pk=row.pk).values().get()
    update(row, "thu 08:30", **data)
    after = WorkSchedule.objects.filter(pk=row.pk).values().get()
    assert {name for name in after if after[name] != before[name]} - {"clock_due_at"} == {
        column,
        "updated_at",
        "active_since",
    }
    assert after[column] == data[column]
    (event,) = audited(agent, action="schedule.changed")
    assert (event.before, event.after) == ({column: before[column]}, data)


def test_a_time_alone_changes_in_the_short_form(agent):
    row = hours(agent, shifts=OFFICE, since="thu 08:00")
    update(row, "thu 08:30", end="18:30")
    assert list(row.shifts.values_list("days", "start_minute", "end_minute")) == [(WEEKDAYS, 540, 1110)]
    update(row, "thu 08:30", days=["sat"])
    assert list(row.shifts.values_list("days", "start_minute", "end_minute")) == [(0b0100000, 540, 1110)]


def test_from_one_window_to_shifts_and_back(agent):
    row = hours(agent, shifts=OFFICE, since="thu 08:00")
    shifts = [
        {"name": "Early", "days": ["mon"], "start": "06:00", "end": "10:00"},
        {"name": "Late", "days": ["mon"], "start": "18:00", "end": "22:00"},
    ]
    update(row, "thu 08:10", type="shift", shifts=shifts)
    assert list(row.shifts.values_list("name", flat=True)) == ["Early", "Late"]
    update(row, "thu 08:20", type="standard", days=["tue"], start="10:00", end="11:00")
    assert list(row.shifts.values_list("name", "start_minute")) == [("", 600)]


def test_what_is_as_it_was_is_no_change(agent):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00", clock_due_at=at("thu 17:10"))
    update(row, "thu 12:00", grace_minutes=10, start="09:00", enabled=True, time_zone="Europe/Berlin")
    after = WorkSchedule.objects.get(pk=row.pk)
    assert (after.updated_at, after.active_since, after.clock_due_at) == (
        row.updated_at,
        row.active_since,
        at("thu 17:10"),
    )
    assert not AuditEvent.objects.exists()


def test_a_longer_day_is_a_later_end(agent):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    update(row, "thu 16:00", end="19:00")
    live("thu 16:00", "thu 23:00")
    assert told(agent) == [("auto_pause", at("thu 19:10"), at("thu 19:10"))]


def test_a_shorter_day_that_is_over_ends_now(agent):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    update(row, "thu 16:00", end="15:00")
    assert told(agent) == [("auto_pause", at("thu 16:00"), at("thu 16:00"))]
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"])


def test_hours_that_open_again_call_back_whom_the_clock_sent_home(agent):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    sweep("thu 17:10")
    update(row, "thu 17:30", end="20:00")
    assert standing(agent) == ("clocked_in", "ready", [])
    assert told(agent)[1] == ("auto_wake", at("thu 17:30"), at("thu 17:30"))


@pytest.mark.parametrize("who", ["alice", "itself"])
def test_but_not_whom_a_person_clocked_out_or_who_left_by_itself(agent, alice, who):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    by = person(alice) if who == "alice" else itself(agent)
    clock.clock_out(organization=agent.organization, agent_id=agent.pk, by=by, now=at("thu 16:00"))
    update(row, "thu 16:30", end="20:00", grace_minutes=5)
    live("thu 16:30", "fri 08:59")
    assert [event for event, _, _ in told(agent)] == ["clocked_out"]
    assert standing(agent)[0] == "clocked_out"


def test_nor_whom_a_person_holds(agent, alice):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    sweep("thu 17:10")
    holds.place(
        organization=agent.organization,
        agent_id=agent.pk,
        kind=HoldKind.MANUAL,
        reason="x",
        by=person(alice),
        now=at("thu 17:20"),
    )
    update(row, "thu 17:30", end="20:00")
    assert standing(agent) == ("clocked_out", "paused", ["manual", "off_hours"])


def test_switching_off_frees_the_clocks_hold_alone(agent):
    row = hours(agent, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    sweep("thu 17:10")
    update(row, "thu 18:00", enabled=False)
    assert standing(agent) == ("no_schedule", "ready", [])
    assert pending(agent) == "resume"
    live("thu 18:00", "sun 00:00")
    assert len(told(agent)) == 1
    assert WorkSchedule.objects.get(pk=row.pk).clock_due_at is None


def test_switching_off_leaves_other_holds_and_who_is_at_work(agent):
    held, working = hire(agent), hire(agent)
    row = hours(held, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    holds.place(
        organization=held.organization,
        agent_id=held.pk,
        kind=HoldKind.BUDGET,
        reason="x",
        by=SYSTEM,
        now=at("thu 10:00"),
    )
    sweep("thu 17:10")
    update(row, "thu 18:00", enabled=False)
    assert standing(held) == ("no_schedule", "paused", ["budget"])
    other = hours(working, shifts=OFFICE, status="clocked_in", since="thu 09:00")
    update(other, "thu 12:00", enabled=False)
    assert standing(working) == ("clocked_in", "ready", [])
    live("thu 12:00", "sun 00:00")
    assert told(working) == []


def test_switching_on_is_as_creating(agent):
    row = hours(agent, shifts=OFFICE, status="no_schedule", enabled=False)
    update(row, "thu 20:00", enabled=True)
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"])
    other = hire(agent)
    row = hours(other, shifts=OFFICE, status="no_schedule", enabled=False)
    update(row, "thu 12:00", enabled=True)
    assert standing(other) == ("clocked_in", "ready", [])
    assert told(other) == [("auto_wake", at("thu 12:00"), at("thu 12:00"))]


def test_changes_while_switched_off_do_nothing(agent):
    row = hours(agent, shifts=OFFICE, status="no_schedule", enabled=False)
    update(row, "thu 20:00", start="19:00", end="22:00")
    assert standing(agent) == ("no_schedule", "ready", [])
    assert told(agent) == []


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"grace_minutes": 241}, "grace_minutes"),
        ({"time_zone": "x"}, "time_zone"),
        ({"start": "17:00"}, "end"),
        ({"end": None}, "end"),
        ({"shifts": []}, "shifts"),
        ({"shifts": [{"days": ["mon"], "start": "x", "end": "10:00"}]}, "shifts.0.start"),
        ({"type": "shift"}, "shifts.0.name"),
        ({"enabled": "no"}, "enabled"),
        ({"agent_id": "x"}, "agent_id"),
        ({"_flat": True}, "_flat"),
    ],
    ids=str,
)
def test_a_refusal_leaves_everything_as_it_was(agent, data, path):
    row = hours(agent, shifts=OFFICE, since="thu 08:00")
    before = WorkSchedule.objects.filter(pk=row.pk).values().get(), list(row.shifts.values())
    with pytest.raises(Invalid) as refused:
        update(row, "thu 12:00", grace_minutes=20, **data) if "grace_minutes" not in data else update(
            row, "thu 12:00", **data
        )
    assert [name for name, _ in refused.value.fields] == [path]
    assert (WorkSchedule.objects.filter(pk=row.pk).values().get(), list(row.shifts.values())) == before
    assert not AuditEvent.objects.exists()
    assert not ClockRecord.objects.exists()


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_has_left_works_no_more_hours(agent, state):
    from tests.factories import WorkScheduleFactory

    row = WorkScheduleFactory(agent=hire(agent, current_state=state))
    with pytest.raises(Invalid) as refused:
        update(row, "thu 12:00", grace_minutes=20)
    assert [name for name, _ in refused.value.fields] == ["agent_id"]


def test_who_may(agent, alice, lee, olga, vera, charlie):
    row = hours(agent, shifts=OFFICE, since="thu 08:00")
    for minutes, by in enumerate((person(alice), person(lee), person(olga), key(KeyScope.SCHEDULES), SYSTEM)):
        update(row, "thu 08:00", by, grace_minutes=minutes)
    for by in (person(vera), person(charlie), itself(agent), key(KeyScope.CLOCK)):
        with pytest.raises(Forbidden):
            update(row, "thu 08:00", by, grace_minutes=30)
    assert WorkSchedule.objects.get(pk=row.pk).grace_minutes == 4


def test_hours_of_another_organisation_are_not_there(agent, other_organization, charlie):
    row = hours(agent)
    for call in (
        lambda **options: schedules.update(data={"grace_minutes": 1}, **options),
        schedules.delete,
    ):
        with pytest.raises(Missing):
            call(organization=other_organization, schedule_id=row.pk, by=person(charlie), now=at("thu 12:00"))
    assert WorkSchedule.objects.get(pk=row.pk).grace_minutes == 10
