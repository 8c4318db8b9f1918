"""Planned leave: entered, changed, called off, by those who may (spec W10, R8)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from scheduling.models import Leave
from scheduling.services import leave as service
from scheduling.services import leave_sweep
from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.clockwork import at, hire, pending, standing
from workforce.choices import HoldKind, KeyScope
from workforce.models import Agent, AuditEvent, Hold
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import holds

pytestmark = pytest.mark.django_db
NOW = at("thu 14:32")
MON, WED = at("+mon 00:00"), at("+wed 00:00")
DAY = timedelta(days=1)


def plan(agent, *, by=SYSTEM, now=NOW, **more):
    data = {"agent_id": agent.pk, "starts_at": MON, "ends_at": WED, "reason": "New model is rolled out.", **more}
    return service.plan(organization=agent.organization, data=data, by=by, now=now)


def edit(leave, *, by=SYSTEM, now=NOW, **changes):
    return service.edit(organization=leave.organization, leave_id=leave.pk, changes=changes, by=by, now=now)


def cancel(leave, *, by=SYSTEM, now=NOW, reason=""):
    return service.cancel(organization=leave.organization, leave_id=leave.pk, reason=reason, by=by, now=now)


def faults(call, *args, **more):
    with pytest.raises(Invalid) as refusal:
        call(*args, **more)
    return refusal.value.fields


def test_it_is_planned_and_changes_nothing_yet(agent, alice):
    cover = hire(agent, agent_name="support-triage-02")
    leave = plan(agent, by=person(alice), cover_agent_id=cover.pk, reason=" New model. ")
    assert (leave.status, leave.due_at, leave.hold, leave.started_at) == ("planned", MON, None, None)
    assert (leave.reason, leave.cover_agent, leave.created_by_label) == ("New model.", cover, "Alice")
    assert standing(agent) == ("no_schedule", "ready", [])
    (event,) = audited(agent)
    assert (event.action, event.actor_label, event.reason) == ("leave.planned", "Alice", "New model.")
    assert event.after == {
        "leave": str(leave.pk),
        "starts_at": MON.isoformat(),
        "ends_at": WED.isoformat(),
        "reason": "New model.",
        "cover_agent_id": str(cover.pk),
    }


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(hours=5)])
def test_one_that_has_begun_acts_at_once(agent, alice, ago):
    leave = plan(agent, by=person(alice), starts_at=NOW - ago)
    assert (leave.status, leave.started_at, leave.due_at) == ("running", NOW, WED)
    hold = leave.hold
    assert (hold.kind, hold.until, hold.reason, hold.placed_by_label) == ("leave", WED, leave.reason, "Alice")
    assert standing(agent) == ("no_schedule", "paused", ["leave"])
    assert pending(agent) == "pause"
    told = {"leave.planned", "leave.started", "hold.placed", "agent.paused"}
    assert {event.action for event in audited(agent)} == told
    assert {event.actor_label for event in audited(agent)} == {"Alice"}


def test_all_faults_are_named_at_once(agent):
    empty = {"starts_at": None, "ends_at": None, "reason": "  "}
    assert faults(plan, agent, agent_id=None, **empty) == [
        ("agent_id", "Say whose leave this is."),
        ("starts_at", "Say when the leave begins."),
        ("ends_at", "Say when the leave ends."),
        ("reason", "Say why the agent is on leave."),
    ]
    assert faults(plan, agent, ends_at=MON, reason="x" * 501, cover_agent_id=agent.pk) == [
        ("ends_at", "Choose an end after the start."),
        ("reason", "Use at most 500 characters; this has 501."),
        ("cover_agent_id", "An agent cannot cover for itself. Choose another one, or nobody."),
    ]
    assert faults(plan, agent, reason="a\x00b") == [("reason", "Remove the NUL character.")]
    assert not Leave.objects.exists() and not AuditEvent.objects.exists()


def test_nobody_is_sent_who_is_not_here(agent, other_organization):
    foreign = AgentFactory(organization=other_organization)
    here = {"organization": agent.organization, "by": SYSTEM, "now": NOW}
    for stranger in (foreign.pk, uuid4()):
        data = {"agent_id": stranger, "starts_at": MON, "ends_at": WED, "reason": "x"}
        assert faults(service.plan, data=data, **here) == [("agent_id", service.NO_SUCH_AGENT)]
        assert faults(plan, agent, cover_agent_id=stranger) == [("cover_agent_id", service.NO_SUCH_AGENT)]


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_nobody_is_sent_who_has_left(agent, state):
    gone = hire(agent, agent_name="gone-01", current_state=state)
    assert faults(plan, gone) == [("agent_id", f"gone-01 is {state} and takes no leave.")]
    words = f"gone-01 is {state} and covers for nobody."
    assert faults(plan, agent, cover_agent_id=gone.pk) == [("cover_agent_id", words)]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (MON, WED), (MON - DAY, MON + DAY), (WED - DAY, WED + DAY), (MON - DAY, WED + DAY),
        (MON + DAY / 2, WED - DAY / 2),
    ],
)  # fmt: skip
def test_leave_of_one_agent_does_not_overlap(agent, start, end):
    first = plan(agent)
    with pytest.raises(Conflict, match="has leave at that time already: 23 Nov – 24 Nov 2026. Change that") as refusal:
        plan(agent, starts_at=start, ends_at=end)
    assert (refusal.value.code, refusal.value.extra) == ("leave_overlaps", {"leave_id": str(first.pk)})
    assert plan(hire(agent), starts_at=start, ends_at=end).status == "planned"


def test_leave_may_touch_and_take_the_place_of_what_was_called_off(agent):
    first = plan(agent)
    plan(agent, starts_at=WED, ends_at=WED + DAY)
    plan(agent, starts_at=MON - DAY, ends_at=MON)
    cancel(first)
    again = plan(agent)
    with pytest.raises(Conflict, match="has leave at that time already: 25 Nov 2026"):
        edit(again, ends_at=WED + DAY / 2)


def test_who_is_held_for_leave_by_hand_is_not_sent_now(agent):
    holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.LEAVE, reason="Away.", by=SYSTEM, now=NOW
    )
    with pytest.raises(Conflict) as refusal:
        plan(agent, starts_at=NOW)
    assert refusal.value.code == "already_held"
    later = plan(agent)
    assert later.status == "planned"
    with pytest.raises(Conflict):
        edit(later, starts_at=NOW)


def test_a_planned_one_can_be_changed_in_everything(agent, alice):
    cover = hire(agent)
    leave = plan(agent)
    changed = edit(
        leave, by=person(alice), starts_at=MON + DAY, ends_at=WED + DAY, reason="Later.", cover_agent_id=cover.pk
    )
    assert (changed.starts_at, changed.ends_at, changed.reason, changed.cover_agent) == (
        MON + DAY, WED + DAY, "Later.", cover,
    )  # fmt: skip
    assert changed.due_at == MON + DAY
    (event,) = audited(agent, action="leave.changed")
    assert event.before == {
        "leave": str(leave.pk), "starts_at": MON.isoformat(), "ends_at": WED.isoformat(),
        "reason": "New model is rolled out.", "cover_agent_id": None,
    }  # fmt: skip
    assert event.after["reason"] == "Later."
    assert edit(changed, cover_agent_id=None).cover_agent is None


def test_what_stays_as_it_was_is_no_change(agent):
    leave = plan(agent)
    edit(leave, starts_at=MON, reason="New model is rolled out. ")
    assert not audited(agent, action="leave.changed")


def test_one_that_is_moved_to_now_begins(agent):
    leave = edit(plan(agent), starts_at=NOW - DAY)
    assert leave.status == "running"
    assert standing(agent)[1:] == ("paused", ["leave"])


def test_of_one_that_runs_only_the_end_and_the_cover_change(agent):
    cover = hire(agent)
    leave = plan(agent, starts_at=NOW)
    words = "The leave has begun: only its end and its cover can change."
    assert faults(edit, leave, starts_at=MON, reason="Else.") == [("starts_at", words), ("reason", words)]
    assert faults(edit, leave, ends_at=NOW) == [("ends_at", "Choose an end after the start.")]
    assert faults(edit, leave, ends_at=NOW + DAY, now=NOW + DAY) == [("ends_at", "Choose an end in the future.")]
    changed = edit(leave, ends_at=WED + DAY, cover_agent_id=cover.pk, now=NOW + DAY)
    assert (changed.ends_at, changed.due_at, changed.hold.until) == (WED + DAY,) * 3
    assert changed.cover_agent == cover
    (event,) = audited(agent, action="leave.changed")
    assert "reason" not in event.before and "starts_at" not in event.after


def test_a_cover_that_retired_meanwhile_may_stay(agent):
    cover = hire(agent)
    leave = plan(agent, cover_agent_id=cover.pk)
    Agent.objects.filter(pk=cover.pk).update(current_state="retired")
    assert edit(leave, reason="Else.", cover_agent_id=cover.pk).reason == "Else."


def test_a_planned_one_is_called_off(agent, alice):
    leave = cancel(plan(agent), by=person(alice), reason="Not needed.")
    assert (leave.status, leave.finished_at, leave.finished_by_label) == ("cancelled", NOW, "Alice")
    assert (leave.finish_reason, leave.due_at) == ("Not needed.", None)
    (event,) = audited(agent, action="leave.cancelled")
    assert (event.reason, event.before["starts_at"]) == ("Not needed.", MON.isoformat())


def test_one_that_runs_is_ended_and_the_agent_goes_back_to_work(agent, alice):
    leave = plan(agent, starts_at=NOW)
    ended = cancel(leave, by=person(alice), now=NOW + DAY, reason="Back early.")
    assert (ended.status, ended.finished_at, ended.finished_by_label) == ("ended", NOW + DAY, "Alice")
    assert standing(agent) == ("no_schedule", "ready", [])
    assert pending(agent) == "resume"
    hold = Hold.objects.get()
    assert (hold.released_by_label, hold.release_reason) == ("Alice", "Back early.")


@pytest.mark.parametrize("start", [MON, NOW])
def test_one_that_is_over_stays_as_it_is(agent, start):
    leave = cancel(plan(agent, starts_at=start), reason="First.")
    again = cancel(leave, reason="Second.", now=NOW + DAY)
    assert (again.status, again.finish_reason, again.finished_at) == (leave.status, "First.", NOW)
    with pytest.raises(Conflict, match=f"This leave is {leave.stands.label.lower()} and stays so.") as refusal:
        edit(leave, reason="Else.")
    assert refusal.value.code == "leave_over"
    assert len([e for e in audited(agent) if e.action in ("leave.ended", "leave.cancelled")]) == 1


def test_a_reason_to_end_it_is_checked(agent):
    leave = plan(agent)
    assert faults(cancel, leave, reason="x" * 501) == [("reason", "Use at most 500 characters; this has 501.")]


def test_another_organisations_leave_is_not_there(agent, other_organization):
    leave = plan(agent)
    for call in (partial_edit, partial_cancel):
        with pytest.raises(Missing, match=service.NO_SUCH_LEAVE):
            call(leave, other_organization)


def partial_edit(leave, organization):
    return service.edit(organization=organization, leave_id=leave.pk, changes={"reason": "x"}, by=SYSTEM, now=NOW)


def partial_cancel(leave, organization):
    return service.cancel(organization=organization, leave_id=leave.pk, by=SYSTEM, now=NOW)


def test_who_may(agent, alice, lee, olga, vera, charlie):
    for by in (person(alice), person(lee), person(olga), key(KeyScope.SCHEDULES)):
        leave = edit(plan(agent, by=by, starts_at=NOW), by=by, ends_at=WED + DAY)
        assert cancel(leave, by=by).status == "ended"
    leave = plan(agent)
    for by in (person(vera), person(charlie), itself(agent), key(KeyScope.READ, KeyScope.LIFECYCLE)):
        with pytest.raises(Forbidden):
            plan(agent, by=by, starts_at=WED, ends_at=WED + DAY)
        with pytest.raises(Forbidden):
            edit(leave, by=by, reason="Else.")
        with pytest.raises(Forbidden):
            cancel(leave, by=by)
    leave.refresh_from_db()
    assert (leave.status, leave.reason) == ("planned", "New model is rolled out.")


BROKEN = {
    "leave_ends_after_start": {"ends_at": MON},
    "leave_has_a_reason": {"reason": ""},
    "leave_due_while_open": {"due_at": None},
    "leave_finished_at_with_by": {"finished_at": MON},
    "leave_runs_with_its_hold": {"status": "running"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_keeps_its_promises(agent, name):
    leave = plan(agent)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Leave.objects.filter(pk=leave.pk).update(**BROKEN[name])


def test_the_database_knows_four_statuses(agent):
    """Two constraints say so at once; which of them speaks is the database's choice."""
    leave = plan(agent)
    with pytest.raises(IntegrityError, match="leave_status_known|leave_due_while_open"), transaction.atomic():
        Leave.objects.filter(pk=leave.pk).update(status="soon")


def test_the_database_keeps_leave_of_one_start_and_two_running_ones_apart(agent):
    first, other = plan(agent, starts_at=NOW), plan(agent, starts_at=WED, ends_at=WED + DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Leave.objects.filter(pk=other.pk).update(starts_at=NOW)
    hold = Hold.objects.create(
        organization=agent.organization, agent=agent, kind="manual", reason="x", placed_by_kind="system",
        placed_by_id="t", placed_by_label="t",
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Leave.objects.filter(pk=other.pk).update(status="running", hold=hold, started_at=NOW)
    with pytest.raises(IntegrityError, match="leave_covers_not_itself"), transaction.atomic():
        Leave.objects.filter(pk=first.pk).update(cover_agent=agent)


def test_the_sweep_says_what_it_did(agent):
    plan(agent)
    assert str(leave_sweep.sweep(now=NOW)) == "Leave begun 0, over 0; looked at 0"
    assert str(leave_sweep.sweep(now=datetime(2026, 11, 23, tzinfo=UTC))) == "Leave begun 1, over 0; looked at 1"
