"""The clock resumes what the clock paused, and nothing else (R8, W5, W7)."""

import pytest

from tests.support.actors import SYSTEM, person
from tests.support.clockwork import at, hire, hours, live, pending, standing, sweep, told
from workforce.choices import HoldKind
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db


def place(agent, moment, by=SYSTEM, kind=HoldKind.MANUAL):
    holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=kind, reason="Look into it.", by=by, now=at(moment)
    )


def release(agent, moment, by=SYSTEM, kind=HoldKind.MANUAL):
    holds.release(organization=agent.organization, agent_id=agent.pk, kind=kind, by=by, now=at(moment))


@pytest.mark.parametrize("kind", [kind for kind in HoldKind if kind != HoldKind.OFF_HOURS])
def test_who_is_held_is_not_woken(agent, kind):
    hours(agent)
    place(agent, "-sun 12:00", kind=kind)
    live("mon 08:00", "mon 09:10")
    assert told(agent) == []
    assert standing(agent) == ("clocked_out", "paused", [kind.value])
    assert pending(agent) == "pause"


def test_paused_by_hand_during_the_night_stays_paused_in_the_morning(agent, alice):
    """It was paused by the clock already: the person's hold comes beside the clock's."""
    hours(agent, status="clocked_in", since="mon 09:00")
    sweep("mon 17:10")
    place(agent, "mon 20:00", person(alice))
    live("mon 20:00", "tue 09:20")
    assert standing(agent) == ("clocked_out", "paused", ["manual", "off_hours"])
    assert len(told(agent)) == 1


def test_paused_by_hand_during_the_shift_stays_paused_the_next_day(agent, alice):
    hours(agent, status="clocked_in", since="mon 09:00")
    lifecycle.transition(
        organization=agent.organization,
        agent_id=agent.pk,
        to="paused",
        reason="Look into it.",
        by=person(alice),
        now=at("mon 12:00"),
    )
    live("mon 12:00", "tue 09:20")
    assert standing(agent) == ("clocked_out", "paused", ["manual", "off_hours"])
    assert told(agent) == [("auto_pause", at("mon 17:10"), at("mon 17:10"))]


def test_it_is_woken_within_a_minute_of_the_release(agent, alice):
    hours(agent, status="clocked_in", since="mon 09:00")
    sweep("mon 17:10")
    place(agent, "mon 20:00", person(alice))
    live("mon 20:00", "tue 09:20")
    release(agent, "tue 09:20", person(alice))
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"]), "the clock's own hold is still there"
    live("tue 09:20", "tue 09:21")
    assert standing(agent) == ("clocked_in", "ready", [])
    assert told(agent)[-1] == ("auto_wake", at("tue 09:21"), at("tue 09:00"))
    assert pending(agent) == "wake"


def test_a_release_outside_hours_waits_for_the_next_start(agent, alice):
    hours(agent, status="clocked_in", since="mon 09:00")
    sweep("mon 17:10")
    place(agent, "mon 20:00", person(alice))
    live("tue 16:50", "tue 18:00")
    release(agent, "tue 18:00", person(alice))
    live("tue 18:00", "wed 09:00")
    assert told(agent)[-1] == ("auto_wake", at("wed 09:00"), at("wed 09:00"))
    assert standing(agent) == ("clocked_in", "ready", [])


def test_the_end_of_a_shift_holds_beside_other_holds(agent):
    hours(agent, status="clocked_in", since="mon 09:00")
    place(agent, "mon 12:00", kind=HoldKind.BUDGET)
    live("mon 12:00", "mon 18:00")
    assert standing(agent) == ("clocked_out", "paused", ["budget", "off_hours"])
    release(agent, "mon 19:00", kind=HoldKind.BUDGET)
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"])


def test_a_registered_agent_is_woken_once_it_is_ready(agent, alice):
    new = hire(agent, current_state="registered")
    hours(new)
    live("mon 08:00", "mon 09:10")
    assert told(new) == []
    lifecycle.transition(
        organization=new.organization, agent_id=new.pk, to="ready", by=person(alice), now=at("mon 09:10")
    )
    live("mon 09:10", "mon 09:12")
    assert [(event, due) for event, _, due in told(new)] == [("auto_wake", at("mon 09:00"))]


def test_a_person_who_lifts_the_clocks_hold_lets_it_work_off_duty(agent, alice):
    hours(agent, status="clocked_in", since="mon 09:00")
    sweep("mon 17:10")
    release(agent, "mon 18:00", person(alice), kind=HoldKind.OFF_HOURS)
    live("mon 18:00", "tue 08:00")
    assert standing(agent) == ("clocked_out", "ready", [])
    live("tue 08:00", "tue 09:00")
    assert standing(agent) == ("clocked_in", "ready", [])
