"""Leave begins and ends by itself, late rather than never, once (spec W10, R8); nothing puts its agent to work."""

from datetime import timedelta

import pytest

from scheduling.models import Leave
from scheduling.selectors.duty import duty_of
from scheduling.services import clock, leave_sweep
from tests.scheduling.test_leave import DAY, MON, NOW, WED, cancel, edit, plan
from tests.support.actors import SYSTEM, audited, key, person
from tests.support.clockwork import at, hire, hours, live, pending, standing, told
from tests.support.work import claim, give
from workforce.choices import HoldKind, KeyScope, LifecycleState
from workforce.models import Agent, Hold, Notice
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def sweep(now, **options):
    return leave_sweep.sweep(now=now, **options)


def fresh(leave):
    leave.refresh_from_db()
    return leave


def release(agent, by=SYSTEM, now=MON + DAY, reason="Needed."):
    holds.release(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.LEAVE, reason=reason, by=by, now=now
    )


def move(agent, *states, now=NOW):
    for state in states:
        lifecycle.transition(
            organization=agent.organization,
            agent_id=agent.pk,
            to=state,
            reason="Old.",
            by=key(KeyScope.LIFECYCLE),
            now=now,
        )


def leave_events(agent):
    return [e.action for e in audited(agent) if e.action.startswith("leave.")]


def test_it_begins_and_ends_on_time(agent):
    leave = plan(agent)
    assert sweep(MON - MINUTE).looked_at == 0
    assert sweep(MON).begun == 1
    assert (fresh(leave).status, leave.started_at, leave.due_at) == ("running", MON, WED)
    assert standing(agent) == ("no_schedule", "paused", ["leave"])
    hold = Hold.objects.get()
    assert (hold.until, hold.reason, hold.placed_by_label) == (WED, "New model is rolled out.", "Leave")
    assert pending(agent) == "pause"
    assert sweep(WED - MINUTE).looked_at == 0
    assert sweep(WED).over == 1
    assert (fresh(leave).status, leave.finished_at, leave.finished_by_label) == ("ended", WED, "Leave")
    assert (leave.finish_reason, leave.due_at) == ("It is over.", None)
    assert standing(agent) == ("no_schedule", "ready", [])
    assert pending(agent) == "resume"
    assert leave_events(agent) == ["leave.planned", "leave.started", "leave.ended"]


def test_again_changes_nothing(agent):
    plan(agent)
    for moment in (MON, MON, MON + DAY, WED, WED, WED + DAY):
        sweep(moment)
    assert leave_events(agent) == ["leave.planned", "leave.started", "leave.ended"]
    assert Hold.objects.count() == 1


def test_after_an_outage_it_begins_late_and_ends_on_time(agent):
    leave = plan(agent)
    sweep(MON + DAY)
    assert (fresh(leave).started_at, leave.starts_at, leave.hold.until) == (MON + DAY, MON, WED)
    sweep(WED)
    assert fresh(leave).status == "ended"


def test_one_that_passed_unseen_holds_nobody(agent):
    leave = plan(agent)
    assert sweep(WED + DAY).over == 1
    assert (fresh(leave).status, leave.started_at, leave.finish_reason) == ("ended", None, "It passed unseen.")
    assert not Hold.objects.exists()
    assert standing(agent) == ("no_schedule", "ready", [])


def test_an_end_nobody_watched_is_applied_once(agent):
    leave = plan(agent)
    sweep(MON)
    sweep(WED + DAY)
    assert (fresh(leave).status, leave.finished_at) == ("ended", WED + DAY)
    assert standing(agent)[1:] == ("ready", [])


def test_the_hold_may_run_out_before_the_sweep_looks(agent):
    """Both look at the same end; whoever is first frees the agent, and the leave ends as it was meant to."""
    leave = plan(agent)
    sweep(MON)
    assert holds.expire_due(now=WED) == 1
    assert standing(agent)[1:] == ("ready", [])
    sweep(WED + MINUTE)
    assert (fresh(leave).status, leave.finished_at, leave.finish_reason) == ("ended", WED, "It was placed until now.")
    assert [e.action for e in audited(agent)].count("hold.released") == 1


def test_leave_that_touches_follows_in_one_sweep(agent):
    first, second = plan(agent), plan(agent, starts_at=WED, ends_at=WED + DAY, reason="More.")
    sweep(MON)
    result = sweep(WED)
    assert (result.begun, result.over) == (1, 1)
    assert (fresh(first).status, fresh(second).status) == ("ended", "running")
    assert standing(agent)[1:] == ("paused", ["leave"])
    assert agent.holds.active().get().reason == "More."
    assert pending(agent) == "pause"


def test_a_hold_released_early_ends_the_leave(agent, alice):
    leave = plan(agent)
    sweep(MON)
    release(agent, by=person(alice))
    assert sweep(MON + DAY + MINUTE).over == 1
    assert (fresh(leave).status, leave.finished_at, leave.finished_by_label) == ("ended", MON + DAY, "Alice")
    assert leave.finish_reason == "Needed."
    assert standing(agent)[1:] == ("ready", [])
    assert sweep(WED).looked_at == 0


def test_who_is_paused_for_another_reason_stays_so(agent):
    plan(agent)
    sweep(MON)
    holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.INCIDENT, reason="Broken.", by=SYSTEM,
        now=MON + DAY,
    )  # fmt: skip
    sweep(WED)
    assert standing(agent)[1:] == ("paused", ["incident"])
    assert pending(agent) == "pause"


@pytest.mark.parametrize("states", [["retired"], ["retired", "archived"]], ids=len)
def test_who_left_meanwhile_is_not_held(agent, states):
    leave = plan(agent)
    move(agent, *states)
    assert sweep(MON).over == 1
    words = f"The agent is {states[-1]}."
    assert (fresh(leave).status, leave.started_at, leave.finish_reason) == ("cancelled", None, words)
    assert not Hold.objects.exists()
    assert leave_events(agent) == ["leave.planned", "leave.cancelled"]


@pytest.mark.parametrize("states", [["retired"], ["retired", "archived"]], ids=len)
def test_who_leaves_during_it_ends_it(agent, states):
    leave = plan(agent)
    sweep(MON)
    move(agent, *states, now=MON + DAY)
    sweep(MON + DAY + MINUTE)
    assert (fresh(leave).status, leave.finished_at, leave.finish_reason) == ("ended", MON + DAY, "Old.")
    assert standing(agent)[1:] == (states[-1], [])


def test_who_is_registered_goes_on_leave_and_is_paused_once_ready(agent):
    new = hire(agent, current_state="registered")
    plan(new)
    sweep(MON)
    assert standing(new)[1:] == ("registered", ["leave"])
    move(new, LifecycleState.READY, now=MON + DAY)
    assert standing(new)[1:] == ("paused", ["leave"])
    sweep(WED)
    assert standing(new)[1:] == ("ready", [])


def by_hand(agent, *, now, until=None):
    return holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.LEAVE, reason="By hand.", until=until,
        by=SYSTEM, now=now,
    )  # fmt: skip


def test_it_waits_for_a_hold_placed_by_hand_and_never_releases_it(agent):
    leave = plan(agent)
    hold = by_hand(agent, now=MON - DAY)
    sweep(MON)
    assert (fresh(leave).status, leave.due_at) == ("planned", MON + MINUTE)
    sweep(WED)
    words = "The agent was on leave by another hold all the while."
    assert (fresh(leave).status, leave.finish_reason) == ("ended", words)
    hold.refresh_from_db()
    assert hold.released_at is None


def test_it_begins_once_that_hold_is_gone(agent):
    leave = plan(agent)
    by_hand(agent, now=MON - DAY)
    sweep(MON)
    release(agent, now=MON + MINUTE / 2)
    sweep(MON + MINUTE)
    assert (fresh(leave).status, leave.started_at) == ("running", MON + MINUTE)


def test_a_hold_by_hand_that_is_over_makes_room_without_a_gap(agent):
    leave = plan(agent)
    hold = by_hand(agent, now=MON - DAY, until=MON)
    sweep(MON)
    hold.refresh_from_db()
    assert (hold.released_at, fresh(leave).status) == (MON, "running")
    assert standing(agent)[1:] == ("paused", ["leave"])
    assert pending(agent) == "pause"


# ---- the clock, claims, what is shown -----------------------------------------------------------------------


def test_nobody_on_leave_is_woken_and_the_clock_goes_on_after_it(agent):
    hours(agent, status="clocked_in", since="thu 09:00")
    plan(agent, starts_at=at("+mon 00:00"), ends_at=at("+tue 12:00"))
    live("thu 14:00", "+mon 00:00")
    assert standing(agent) == ("clocked_out", "paused", ["off_hours"])
    sweep(at("+mon 00:00"))
    before = told(agent)
    live("+mon 00:00", "+tue 11:59")
    assert told(agent) == before
    assert standing(agent) == ("clocked_out", "paused", ["leave", "off_hours"])
    sweep(at("+tue 12:00"))
    live("+tue 12:00", "+tue 12:01")
    assert told(agent)[-1][:2] == ("auto_wake", at("+tue 12:00"))
    assert standing(agent) == ("clocked_in", "ready", [])


def test_nobody_on_leave_is_late(agent):
    hours(agent, auto_wake=False, enforce_clock_in=True)
    plan(agent, starts_at=at("+mon 00:00"), ends_at=at("+wed 00:00"))
    sweep(at("+mon 00:00"))
    Notice.objects.all().delete()
    live("+mon 00:00", "+tue 20:00")
    assert not Notice.objects.exists()
    sweep(at("+wed 00:00"))
    live("+wed 00:00", "+wed 10:00")
    assert Notice.objects.filter(kind="late").count() == 1


def test_clocked_in_by_hand_it_still_gets_no_work(agent):
    hours(agent, status="clocked_out")
    give(agent, now=NOW)
    plan(agent, starts_at=NOW)
    clock.clock_in(organization=agent.organization, agent_id=agent.pk, by=SYSTEM, now=NOW)
    assert standing(agent) == ("clocked_in", "paused", ["leave"])
    assert pending(agent) == "pause"
    refused = claim(agent, now=NOW + MINUTE)
    assert (refused.task, refused.shut.gate) == (None, "hold")


def test_urgent_work_does_not_pass_leave(agent, alice):
    hours(agent, status="clocked_out")
    give(agent, now=NOW, urgent=True, by=person(alice))
    plan(agent, starts_at=NOW)
    assert claim(agent, now=NOW + MINUTE).shut.gate == "hold"
    sweep(WED)
    assert claim(agent, now=WED).task is not None


def test_work_waits_and_is_handed_out_after_it(agent):
    plan(agent, starts_at=NOW)
    task = give(agent, now=NOW)
    assert claim(agent, now=NOW).task is None
    sweep(WED)
    assert standing(agent)[1:] == ("assigned", [])
    assert claim(agent, now=WED).task == task


def test_duty_says_until_when(agent):
    plan(agent, starts_at=NOW)
    agent.refresh_from_db()
    duty = duty_of([agent], now=NOW)[agent.pk]
    assert duty.leave.until == WED
    assert duty.reason == "On leave: New model is rolled out."
    assert duty.next_event == ("resumes", WED)
    assert not duty.owes_heartbeats
    other = hire(agent)
    assert duty_of([other], now=NOW)[other.pk].leave is None


# ---- when something fails -----------------------------------------------------------------------------------


def test_one_bad_row_does_not_stop_the_others(agent, monkeypatch):
    bad, *good = (hire(agent) for _ in range(4))
    for one in (bad, *good):
        plan(one)
    place_many = holds.place_many

    def failing(agents, **options):
        if bad.pk in {one.pk for one in agents}:
            raise ValueError("poison")
        return place_many(agents, **options)

    monkeypatch.setattr(leave_sweep.holds, "place_many", failing)
    result = sweep(MON)
    assert (result.begun, result.postponed) == (3, [str(bad.pk)])
    assert "postponed" in str(result)
    assert Leave.objects.get(agent=bad).due_at == MON + timedelta(hours=1)
    monkeypatch.undo()
    assert sweep(MON + timedelta(minutes=59)).looked_at == 0
    assert sweep(MON + timedelta(hours=1)).begun == 1


def test_killed_in_the_middle_nothing_is_half_done(agent, monkeypatch):
    leave = plan(agent)

    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    monkeypatch.setattr(leave_sweep.audit, "record_many", kill)
    with pytest.raises(Killed):
        sweep(MON)
    assert (fresh(leave).status, Hold.objects.count()) == ("planned", 0)
    assert standing(agent)[1:] == ("ready", [])
    monkeypatch.undo()
    assert sweep(MON).begun == 1


def test_many_at_once_in_few_queries(agent, settings, django_assert_max_num_queries):
    settings.CLOCK_SWEEP_BATCH = 100
    agents = [hire(agent) for _ in range(30)]
    for one in agents:
        plan(one)
    with django_assert_max_num_queries(25):
        assert sweep(MON).begun == 30
    with django_assert_max_num_queries(35):
        assert sweep(WED).over == 30
    assert not Agent.objects.filter(current_state="paused").exists()


def test_a_limit_is_kept_and_the_next_sweep_goes_on(agent, settings):
    settings.CLOCK_SWEEP_BATCH = 2
    for _ in range(5):
        plan(hire(agent))
    assert sweep(MON, limit=3).begun == 3
    assert sweep(MON).begun == 2


def test_an_end_that_was_moved_counts(agent):
    leave = plan(agent, starts_at=NOW)
    edit(leave, ends_at=WED + DAY)
    assert (sweep(WED).looked_at, holds.expire_due(now=WED)) == (0, 0)
    edit(leave, ends_at=WED + DAY / 2, now=WED)
    assert sweep(WED + DAY / 2).over == 1


def test_one_that_was_called_off_never_begins(agent):
    cancel(plan(agent))
    assert sweep(MON).looked_at == 0
    assert standing(agent)[1:] == ("ready", [])
