"""Giving an agent working hours, and what that does to it at once (W1, W2, W7)."""

import pytest

from scheduling.models import ClockRecord, Shift, WorkSchedule
from scheduling.services import schedules
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at, hire, live, pending, standing, told
from workforce.choices import HoldKind, KeyScope
from workforce.models import AuditEvent, Command, Hold
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.services import holds

pytestmark = pytest.mark.django_db
NOON, NIGHT, GRACE = "thu 12:00", "thu 22:00", "thu 17:05"
OFFICE = {"time_zone": "Europe/Berlin", "days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}
SHIFTS = {
    "type": "shift",
    "time_zone": "America/New_York",
    "shifts": [
        {"name": "Early", "days": ["mon", "wed"], "start": "06:00", "end": "14:00"},
        {"name": " Night ", "days": ["sun", "fri"], "start": "22:00", "end": "06:00"},
        {"name": "Whole", "days": ["sat"], "start": "00:00", "end": "24:00"},
    ],
    "enforce_clock_in": True,
    "enforce_clock_out": False,
    "auto_wake": False,
    "enabled": False,
    "off_hours_action": "queue",
    "grace_minutes": 240,
}


def create(agent, by=SYSTEM, moment=NOON, **data):
    return schedules.create(
        organization=agent.organization, agent_id=agent.pk, data=OFFICE | data, by=by, now=at(moment)
    )


def test_the_short_form_and_its_defaults(agent, alice):
    made = create(agent, person(alice))
    assert (made.type, made.time_zone, made.agent, made.organization) == (
        "standard",
        "Europe/Berlin",
        agent,
        agent.organization,
    )
    assert (made.enforce_clock_in, made.enforce_clock_out, made.auto_wake, made.enabled) == (False, True, True, True)
    assert (made.off_hours_action, made.grace_minutes) == ("pause", 10)
    assert (made.created_at, made.updated_at, made.active_since) == (at(NOON), at(NOON), at(NOON))
    assert list(made.shifts.values_list("name", "days", "start_minute", "end_minute")) == [("", 0b0011111, 540, 1020)]
    event = audited(agent)[0]
    assert (event.action, event.actor_label) == ("schedule.created", "Alice")
    assert event.after["shifts"] == [
        {"name": "", "days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}
    ]


def test_the_long_form_with_everything_said(agent):
    made = schedules.create(organization=agent.organization, agent_id=agent.pk, data=SHIFTS, by=SYSTEM, now=at(NOON))
    assert (made.type, made.time_zone, made.grace_minutes, made.off_hours_action) == (
        "shift",
        "America/New_York",
        240,
        "queue",
    )
    assert (made.enforce_clock_in, made.enforce_clock_out, made.auto_wake, made.enabled) == (True, False, False, False)
    assert list(made.shifts.values_list("name", "days", "start_minute", "end_minute", "position")) == [
        ("Early", 0b0000101, 360, 840, 0),
        ("Night", 0b1010000, 1320, 360, 1),
        ("Whole", 0b0100000, 0, 1440, 2),
    ]


def test_a_standard_window_may_come_in_the_long_form_too(agent):
    window = {key: OFFICE[key] for key in ("days", "start", "end")}
    made = schedules.create(
        organization=agent.organization,
        agent_id=agent.pk,
        data={"time_zone": "UTC", "shifts": [window]},
        by=SYSTEM,
        now=at(NOON),
    )
    assert made.shifts.get().start_minute == 540


def test_a_name_as_long_as_the_form_allows_is_kept(agent):
    name = "ü" * 60
    shifts = [{"name": name, "days": ["mon"], "start": "09:00", "end": "17:00"}]
    made = schedules.create(
        organization=agent.organization,
        agent_id=agent.pk,
        data={"type": "shift", "time_zone": "UTC", "shifts": shifts},
        by=SYSTEM,
        now=at(NOON),
    )
    assert made.shifts.get().name == name


def test_within_hours_the_agent_is_clocked_in_at_once(agent):
    create(agent)
    assert standing(agent) == ("clocked_in", "ready", [])
    assert told(agent) == [("auto_wake", at(NOON), at(NOON))], "not due before the hours were set"
    assert pending(agent) == "wake"
    live(NOON, "thu 23:00")
    assert told(agent)[1] == ("auto_pause", at("thu 17:10"), at("thu 17:10"))


@pytest.mark.parametrize("moment", [NIGHT, GRACE, "sun 12:00"])
def test_outside_hours_it_goes_off_duty_at_once(agent, moment):
    create(agent, moment=moment)
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"])
    assert told(agent) == [("auto_pause", at(moment), None)]
    event = audited(agent, action="clock.auto_pause")[0]
    assert (event.before["clock_status"], event.after["clock_status"]) == ("no_schedule", "clocked_out")
    live(moment, "+mon 09:00")
    assert standing(agent) == ("clocked_in", "ready", [])


@pytest.mark.parametrize(("action", "command"), [("stop", "stop"), ("queue", None)])
def test_outside_hours_the_other_actions(agent, action, command):
    create(agent, moment=NIGHT, off_hours_action=action)
    assert standing(agent) == ("clocked_out", "ready", [])
    assert pending(agent) == command


def test_within_hours_without_auto_wake_it_waits_for_its_clock_in(agent):
    create(agent, auto_wake=False)
    assert standing(agent) == ("clocked_out", "ready", [])
    assert told(agent) == []


def test_outside_hours_without_enforcement_it_is_only_off_duty(agent):
    create(agent, moment=NIGHT, enforce_clock_out=False)
    assert standing(agent) == ("clocked_out", "ready", [])
    assert told(agent) == []


def test_who_was_clocked_in_by_hand_stays(agent, alice):
    from scheduling.services import clock

    clock.clock_in(organization=agent.organization, agent_id=agent.pk, by=person(alice), now=at("thu 21:00"))
    create(agent, moment=NIGHT)
    assert standing(agent)[0] == "clocked_in"
    live(NIGHT, "fri 18:00")
    assert told(agent)[-1] == ("auto_pause", at("fri 17:10"), at("fri 17:10"))


def test_who_is_paused_by_hand_is_not_woken(agent, alice):
    holds.place(
        organization=agent.organization,
        agent_id=agent.pk,
        kind=HoldKind.MANUAL,
        reason="x",
        by=person(alice),
        now=at("thu 11:00"),
    )
    create(agent)
    assert standing(agent) == ("clocked_out", "paused", ["manual"])
    assert told(agent) == []


def test_hours_that_are_off_do_nothing(agent):
    create(agent, moment=NIGHT, enabled=False)
    assert standing(agent) == ("no_schedule", "ready", [])
    live(NIGHT, "sun 23:00")
    assert told(agent) == []


def test_a_registered_agent_gets_hours_and_waits(agent):
    new = hire(agent, current_state="registered")
    create(new)
    assert standing(new) == ("clocked_out", "registered", [])


def test_one_set_of_hours_per_agent(agent):
    made = create(agent)
    before = AuditEvent.objects.count()
    with pytest.raises(Conflict) as refused:
        create(agent)
    assert (refused.value.code, refused.value.extra["schedule_id"]) == ("has_hours", str(made.pk))
    assert AuditEvent.objects.count() == before


def test_who_may(agent, alice, hugo, lee, olga, vera, charlie):
    for by in (person(alice), person(hugo), person(lee), person(olga), key(KeyScope.SCHEDULES), SYSTEM):
        create(hire(agent), by)
    for by in (person(vera), person(charlie), itself(agent), key(KeyScope.CLOCK, KeyScope.LIFECYCLE)):
        with pytest.raises(Forbidden):
            create(agent, by)
    assert not WorkSchedule.objects.filter(agent=agent).exists()


def faults(agent, organization=None, **data):
    """Paths of the refusal; nothing at all was written."""
    with pytest.raises(Invalid) as refused:
        schedules.create(
            organization=organization or agent.organization,
            agent_id=agent.pk,
            data={name: value for name, value in data.items() if value is not LEFT_OUT},
            by=SYSTEM,
            now=at(NOON),
        )
    for model in (WorkSchedule, Shift, ClockRecord, AuditEvent, Hold, Command):
        assert not model.objects.exists(), model
    assert standing(agent)[0] == "no_schedule"
    assert all(sentence for _, sentence in refused.value.fields)
    return [path for path, _ in refused.value.fields]


LEFT_OUT = object()
WRONG = {
    "time_zone": [LEFT_OUT, None, "", "Mars/Olympus", "posix/UTC", "localtime", "europe/berlin", 1, "x" * 5000],
    "type": [None, "", "flexible", "Shift", 1, ["standard"]],
    "days": [LEFT_OUT, None, [], "mon", ["monday"], ["mon", "mon"], [1], {"mon": 1}],
    "start": [LEFT_OUT, None, "", "9:00", "09:00:00", "25:00", "24:00", "09:60", 900, "０９:00"],
    "end": [LEFT_OUT, None, "09:00", "24:01", "5 pm", 1700],
    "enforce_clock_in": [None, "true", 1, 0, []],
    "enforce_clock_out": [None, "yes", 1],
    "auto_wake": [None, "on", 0],
    "enabled": [None, "false", 1],
    "off_hours_action": [None, "", "sleep", "Pause", 1, ["pause"]],
    "grace_minutes": [None, -1, 241, 10.0, "10", True, 10**30],
    "name": ["x"],
    "_flat": [True],
    "clock_due_at": ["2026-01-01T00:00:00Z"],
    "organization_id": ["x"],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in WRONG.items() for value in values],
    ids=lambda value: "left out" if value is LEFT_OUT else ascii(value)[:20],
)
def test_a_wrong_field_is_named(agent, name, value):
    assert faults(agent, **OFFICE | {name: value}) == [name]


@pytest.mark.parametrize(
    ("index", "name", "value"),
    [
        (0, "name", ""),
        (1, "name", "early"),
        (2, "name", "x" * 61),
        (1, "days", []),
        (2, "start", "24:00"),
        (0, "end", "06:00"),
        (2, "end", "nine"),
    ],
)
def test_a_wrong_field_of_a_shift_is_named_with_its_place(agent, index, name, value):
    shifts = [dict(shift) for shift in SHIFTS["shifts"]]
    shifts[index][name] = value
    assert faults(agent, **SHIFTS | {"shifts": shifts}) == [f"shifts.{index}.{name}"]


@pytest.mark.parametrize("shifts", [None, [], "mon", {}, [{}] * 21], ids=lambda value: ascii(value)[:12])
def test_no_shifts_or_too_many(agent, shifts):
    assert faults(agent, **SHIFTS | {"shifts": shifts}) == ["shifts"]


def test_a_shift_that_is_none(agent):
    assert faults(agent, **SHIFTS | {"shifts": ["mon"]}) == ["shifts.0"]


def test_both_forms_at_once_are_one_too_many(agent):
    assert sorted(faults(agent, **SHIFTS, **{k: OFFICE[k] for k in ("days", "start", "end")})) == [
        "days",
        "end",
        "start",
    ]


def test_everything_wrong_is_told_at_once(agent):
    told_at_once = faults(agent, time_zone="x", days=[], start="x", end="x", grace_minutes=-1, enabled=1, extra=1)
    assert sorted(told_at_once) == ["days", "enabled", "end", "extra", "grace_minutes", "start", "time_zone"]
    assert sorted(faults(agent)) == ["shifts", "time_zone"]


def test_an_agent_that_is_not_here_is_named(agent, other_organization):
    """With the other faults; it is a field of what was sent, not an address."""
    stranger = hire(agent)
    type(stranger).objects.filter(pk=stranger.pk).update(organization=other_organization)
    with pytest.raises(Invalid) as refused:
        schedules.create(
            organization=agent.organization,
            agent_id=stranger.pk,
            data=OFFICE | {"grace_minutes": -1},
            by=SYSTEM,
            now=at(NOON),
        )
    assert [path for path, _ in refused.value.fields] == ["agent_id", "grace_minutes"]


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_an_agent_that_has_left_is_named(agent, state):
    gone = hire(agent, current_state=state)
    assert faults(gone, **OFFICE) == ["agent_id"]
    assert faults(gone, **OFFICE | {"enabled": None}) == ["agent_id", "enabled"]
