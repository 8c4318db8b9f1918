"""Clocking in and out by hand: at any time, by people and by the agent itself (W4, W8)."""

import pytest

from scheduling.models import ClockRecord, WorkSchedule
from scheduling.services import clock
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at, hire, hours, live, pending, standing, told
from workforce.choices import HoldKind, KeyScope
from workforce.models import AuditEvent, Command
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import holds

pytestmark = pytest.mark.django_db
NIGHT, NOON = "thu 22:00", "thu 12:00"


def clock_in(agent, by, moment=NOON, **options):
    return clock.clock_in(organization=agent.organization, agent_id=agent.pk, by=by, now=at(moment), **options)


def clock_out(agent, by, moment=NOON, **options):
    return clock.clock_out(organization=agent.organization, agent_id=agent.pk, by=by, now=at(moment), **options)


def refused(call, *args, kind=Conflict, **options):
    """The refusal; nothing was written by it."""
    before = (ClockRecord.objects.count(), AuditEvent.objects.count(), Command.objects.count())
    with pytest.raises(kind) as refusal:
        call(*args, **options)
    assert (ClockRecord.objects.count(), AuditEvent.objects.count(), Command.objects.count()) == before
    return refusal.value


@pytest.mark.parametrize("moment", [NOON, NIGHT, "sun 03:00"])
def test_in_and_out_at_any_time(agent, alice, moment):
    hours(agent)
    record = clock_in(agent, person(alice), moment, reason="Urgent.")
    assert (record.event, record.time, record.scheduled_at) == ("clocked_in", at(moment), None)
    assert (record.triggered_by_kind, record.triggered_by_id, record.triggered_by) == ("user", str(alice.pk), "Alice")
    assert (record.reason, record.organization) == ("Urgent.", agent.organization)
    assert standing(agent) == ("clocked_in", "ready", [])
    assert agent.clock_since == at(moment)
    assert pending(agent) == "wake"
    record = clock_out(agent, person(alice), moment)
    assert (record.event, record.reason) == ("clocked_out", "")
    assert standing(agent)[0] == "clocked_out"
    moves = [event for event in audited(agent) if event.action.startswith("clock.")]
    assert [(e.action, e.before["clock_status"], e.after["clock_status"]) for e in moves] == [
        ("clock.clocked_in", "clocked_out", "clocked_in"),
        ("clock.clocked_out", "clocked_in", "clocked_out"),
    ]


def test_the_agent_itself_and_whoever_answers_for_it(agent, alice, hugo, lee, olga, vera, charlie):
    hours(agent, off_hours_action="queue")
    for by in (itself(agent), person(alice), person(hugo), person(lee), person(olga), key(KeyScope.CLOCK), SYSTEM):
        clock_in(agent, by)
        clock_out(agent, by)
    others = [itself(hire(agent)), person(vera), person(charlie), key(KeyScope.LIFECYCLE, KeyScope.HEARTBEATS)]
    for by in others:
        refused(clock_in, agent, by, kind=Forbidden)
    clock_in(agent, itself(agent))
    for by in others:
        refused(clock_out, agent, by, kind=Forbidden)


def test_an_agent_of_another_organisation_is_not_there(agent, other_organization, charlie):
    for call in (clock.clock_in, clock.clock_out):
        with pytest.raises(Missing):
            call(organization=other_organization, agent_id=agent.pk, by=person(charlie), now=at(NOON))


def test_a_second_time_changes_nothing_and_says_so(agent, alice):
    hours(agent)
    clock_in(agent, person(alice))
    again = refused(clock_in, agent, itself(agent), "thu 12:05")
    assert (again.code, again.extra["clock_status"]) == ("already_clocked_in", "clocked_in")
    agent.refresh_from_db()
    assert agent.clock_since == at(NOON)
    clock_out(agent, person(alice))
    again = refused(clock_out, agent, person(alice))
    assert (again.code, again.extra["clock_status"]) == ("not_clocked_in", "clocked_out")


def test_without_hours_an_agent_comes_and_goes_too(agent, alice):
    assert refused(clock_out, agent, person(alice)).extra["clock_status"] == "no_schedule"
    clock_in(agent, person(alice))
    assert standing(agent)[0] == "clocked_in"
    clock_out(agent, person(alice))
    assert standing(agent) == ("no_schedule", "ready", []), "no hours, no off-hours action"


def test_hours_that_are_switched_off_do_not_act(agent, alice):
    hours(agent, status="no_schedule", enabled=False)
    clock_in(agent, person(alice))
    clock_out(agent, person(alice))
    assert standing(agent) == ("no_schedule", "ready", [])


@pytest.mark.parametrize("state", ["registered", "retired", "archived"])
def test_who_is_not_there_yet_or_has_left_cannot_clock_in(agent, alice, state):
    absent = hire(agent, current_state=state)
    for options in ({}, {"force": True, "reason": "I insist."}):
        refusal = refused(clock_in, absent, person(alice), **options)
        assert (refusal.code, refusal.extra["current"]) == ("not_clockable", state)
        assert state in refusal.sentence


@pytest.mark.parametrize("state", ["ready", "assigned", "executing", "blocked", "paused"])
def test_in_every_other_state_it_can(agent, alice, state):
    there = hire(agent, current_state=state)
    clock_in(there, person(alice))
    assert standing(there)[:2] == ("clocked_in", state)


@pytest.mark.parametrize("state", ["degraded", "escalated"])
def test_who_is_unwell_is_forced_by_a_person_with_a_reason(agent, alice, state):
    unwell = hire(agent, current_state=state)
    assert refused(clock_in, unwell, person(alice), reason="Please.").code == "needs_force"
    for reason in ("", "  "):
        refusal = refused(clock_in, unwell, person(alice), force=True, reason=reason, kind=Invalid)
        assert [path for path, _ in refusal.fields] == ["reason"]
    for by in (itself(unwell), key(KeyScope.CLOCK), SYSTEM):
        assert refused(clock_in, unwell, by, force=True, reason="Please.", kind=Forbidden).code == "person_only"
        assert refused(clock_in, unwell, by).code == "needs_force"
    clock_in(unwell, person(alice), force=True, reason="Needed for the release.")
    assert standing(unwell)[:2] == ("clocked_in", state)
    assert told(unwell) == [("clocked_in", at(NOON), None)]


def test_force_is_not_a_way_round_already_clocked_in(agent, alice):
    unwell = hire(agent, current_state="degraded", clock_status="clocked_in")
    assert refused(clock_in, unwell, person(alice), force=True, reason="x").code == "already_clocked_in"


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"], ids=["too long", "NUL"])
def test_a_reason_that_cannot_be_kept(agent, alice, reason):
    hours(agent)
    refused(clock_in, agent, person(alice), reason=reason, kind=Invalid)
    clock_in(agent, person(alice))
    refused(clock_out, agent, person(alice), reason=reason, kind=Invalid)


@pytest.mark.parametrize(
    ("action", "state", "held", "command"),
    [("pause", "paused", ["off_hours"], "pause"), ("stop", "ready", [], "stop"), ("queue", "ready", [], "wake")],
)
def test_leaving_by_hand_has_the_off_hours_action(agent, alice, action, state, held, command):
    hours(agent, off_hours_action=action)
    clock_in(agent, person(alice))
    clock_out(agent, person(alice))
    assert standing(agent) == ("clocked_out", state, held)
    assert pending(agent) == command


def test_coming_back_by_hand_frees_the_clocks_hold(agent, alice):
    hours(agent)
    clock_in(agent, person(alice))
    clock_out(agent, person(alice))
    clock_in(agent, itself(agent), NIGHT)
    assert standing(agent) == ("clocked_in", "ready", [])
    assert pending(agent) == "wake"


def test_coming_back_by_hand_frees_no_other_hold(agent, alice):
    hours(agent)
    clock_in(agent, person(alice))
    clock_out(agent, person(alice))
    holds.place(
        organization=agent.organization,
        agent_id=agent.pk,
        kind=HoldKind.INCIDENT,
        reason="x",
        by=person(alice),
        now=at(NOON),
    )
    clock_in(agent, itself(agent), NIGHT)
    assert standing(agent) == ("clocked_in", "paused", ["incident"])
    assert pending(agent) == "pause", "it is not told to wake"


def test_in_outside_hours_ends_with_the_next_shift(agent, alice):
    hours(agent)
    clock_in(agent, person(alice), "thu 22:00")
    live("thu 22:00", "+mon 00:00")
    assert told(agent)[:2] == [
        ("clocked_in", at("thu 22:00"), None),
        ("auto_pause", at("fri 17:10"), at("fri 17:10")),
    ]


def test_in_after_the_end_of_the_last_shift_of_the_week_ends_on_monday(agent, alice):
    hours(agent)
    clock_in(agent, person(alice), "fri 18:00")
    live("fri 18:00", "+mon 23:00")
    assert told(agent) == [
        ("clocked_in", at("fri 18:00"), None),
        ("auto_pause", at("+mon 17:10"), at("+mon 17:10")),
    ]


def test_in_during_the_grace_period_is_outside_hours(agent, alice):
    """The shift has already ended: its enforcement does not undo it (W4)."""
    hours(agent, status="clocked_out", since="thu 16:00")
    clock_in(agent, person(alice), "thu 17:05")
    live("thu 17:05", "fri 16:00")
    assert told(agent) == [("clocked_in", at("thu 17:05"), None)]


def test_in_early_ends_with_that_days_shift(agent, alice):
    hours(agent)
    clock_in(agent, person(alice), "thu 08:00")
    live("thu 08:00", "thu 23:00")
    assert told(agent)[1] == ("auto_pause", at("thu 17:10"), at("thu 17:10"))


def test_out_during_a_shift_is_respected_until_the_next_start(agent, alice):
    hours(agent, status="clocked_in", since="thu 09:00")
    clock_out(agent, person(alice), "thu 11:00")
    live("thu 11:00", "fri 08:59")
    assert told(agent) == [("clocked_out", at("thu 11:00"), None)]
    live("fri 08:59", "fri 09:00")
    assert told(agent)[1] == ("auto_wake", at("fri 09:00"), at("fri 09:00"))
    assert standing(agent) == ("clocked_in", "ready", [])


def test_the_sweep_is_asked_at_once(agent, alice):
    schedule = hours(agent, clock_due_at=at("+mon 09:00"))
    clock_in(agent, person(alice), NIGHT)
    assert WorkSchedule.objects.get(pk=schedule.pk).clock_due_at == at(NIGHT)


def test_who_retired_at_work_clocks_out_and_that_is_all(agent, alice):
    gone = hire(agent, current_state="retired")
    hours(gone, status="clocked_in", since="thu 09:00")
    clock_out(gone, person(alice))
    assert standing(gone) == ("clocked_out", "retired", [])
    assert pending(gone) is None


def test_an_archived_agent_stays_as_it_was(agent, alice):
    old = hire(agent, current_state="archived", clock_status="clocked_in")
    assert refused(clock_out, old, person(alice)).code == "not_clockable"
