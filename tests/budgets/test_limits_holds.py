"""The budget hold: placed at a cap, moved, ended at reset, and never somebody else's (spec B4, R8)."""

from datetime import timedelta
from typing import Any

import pytest

from budgets.models import CapApproval, Caps
from budgets.services import limits, meters
from budgets.services.approvals import lapse_due
from tests.budgets.test_approvals import NOW, held, lift, spend
from tests.budgets.test_limits import MINUTE, act, cap
from tests.support.actors import SYSTEM, audited, person
from tests.support.clockwork import at, pending
from workforce.choices import HoldKind
from workforce.models import Agent, Hold
from workforce.rules.actors import system
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db


def hold_of(agent: Agent) -> Hold:
    return agent.holds.active().get(kind="budget")


def place(agent: Agent, kind: HoldKind, *, by: Any = SYSTEM, until: Any = None) -> Hold:
    return holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=kind, reason="By hand.", until=until, by=by, now=NOW
    )


def test_pause_holds_until_the_window_is_over_and_then_resumes(agent: Agent) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    hold = hold_of(agent)
    assert (hold.reason, hold.until) == ("Daily cap reached: 1,000 of 1,000 tokens.", at("fri 00:00"))
    assert held(agent) == ("paused", ["budget"]) and pending(agent) == "pause"
    assert holds.expire_due(now=at("thu 23:59")) == 0
    assert holds.expire_due(now=at("fri 00:00")) == 1
    assert held(agent) == ("ready", []) and pending(agent) == "resume"
    act(agent, now=at("fri 00:00"))
    assert held(agent) == ("ready", [])
    spend(agent, 1000, now=at("fri 00:01"))
    assert hold_of(agent).until == at("sat 00:00")


@pytest.mark.parametrize("on_cap", ["skip", "alert"])
def test_skip_and_alert_hold_nobody(agent: Agent, on_cap: str) -> None:
    cap(agent, daily_tokens=1000, on_cap=on_cap)
    spend(agent, 1200)
    assert held(agent) == ("ready", []) and pending(agent) is None


def test_it_lasts_until_the_last_of_the_windows_is_over(agent: Agent) -> None:
    cap(agent, daily_tokens=1000, weekly_tokens=1000, monthly_tokens=5000, on_cap="pause")
    spend(agent, 1000)
    assert hold_of(agent).until == at("+mon 00:00")
    assert CapApproval.objects.count() == 2


def test_another_cap_moves_it_and_the_agent_stays_where_it_is(agent: Agent) -> None:
    cap(agent, daily_tokens=1000, weekly_tokens=1500, on_cap="pause")
    spend(agent, 1000)
    first = hold_of(agent)
    spend(agent, 500, now=NOW + MINUTE)
    moved = hold_of(agent)
    assert (moved.pk, moved.until) == (first.pk, at("+mon 00:00"))
    assert "Weekly cap reached: 1,500 of 1,500 tokens." in moved.reason
    lift(CapApproval.objects.get(window="weekly"), 9000)
    assert (hold_of(agent).pk, hold_of(agent).until) == (first.pk, at("fri 00:00"))
    assert [event.action for event in audited(agent) if event.action.startswith(("hold", "agent"))] == [
        "hold.placed", "agent.paused", "hold.changed", "hold.changed",
    ]  # fmt: skip
    assert audited(agent, action="hold.changed")[0].before["until"] == "2026-11-19T23:00:00+00:00"


def test_one_that_is_over_and_not_yet_swept_makes_room_for_the_next(agent: Agent) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    first = hold_of(agent)
    spend(agent, 1000, now=at("fri 09:00"))
    second = hold_of(agent)
    assert second.pk != first.pk and (second.placed_at, second.until) == (at("fri 09:00"), at("sat 00:00"))
    assert held(agent) == ("paused", ["budget"])
    assert holds.expire_due(now=at("fri 10:00")) == 0


def test_what_to_do_at_a_cap_may_change_while_it_is_reached(agent: Agent) -> None:
    cap(agent, daily_tokens=1000, on_cap="skip")
    spend(agent, 1000)
    cap(agent, on_cap="pause", now=NOW + MINUTE)
    assert held(agent) == ("paused", ["budget"])
    cap(agent, on_cap="alert", now=NOW + 2 * MINUTE)
    assert held(agent) == ("ready", [])
    assert audited(agent, action="hold.released")[0].reason == "Its caps allow it again."
    cap(agent, on_cap="pause", now=NOW + 3 * MINUTE)
    cap(agent, daily_tokens=None, now=NOW + 4 * MINUTE)
    assert held(agent) == ("ready", [])


@pytest.mark.parametrize("by", ["person", "another part"])
def test_one_that_somebody_else_placed_is_left_alone(agent: Agent, alice: Any, by: str) -> None:
    theirs = place(agent, HoldKind.BUDGET, by=person(alice) if by == "person" else system("incidents"))
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1200)
    assert hold_of(agent).pk == theirs.pk and hold_of(agent).until is None
    lift(CapApproval.objects.get(), 5000)
    assert hold_of(agent).pk == theirs.pk and held(agent) == ("paused", ["budget"])
    holds.release(organization=agent.organization, agent_id=agent.pk, kind=HoldKind.BUDGET, by=SYSTEM, now=NOW)
    assert held(agent) == ("ready", [])


def test_other_holds_stay_when_the_cap_allows_it_again(agent: Agent) -> None:
    place(agent, HoldKind.LEAVE)
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1200)
    assert sorted(held(agent)[1]) == ["budget", "leave"]
    lift(CapApproval.objects.get(), 5000)
    assert held(agent) == ("paused", ["leave"])


def test_a_cap_of_0_holds_until_somebody_changes_it(agent: Agent) -> None:
    """No window gives room, so none ends it."""
    cap(agent, daily_tokens=0, weekly_tokens=100, on_cap="pause")
    assert (hold_of(agent).reason, hold_of(agent).until) == ("Daily cap reached: 0 of 0 tokens.", None)
    assert holds.expire_due(now=at("+thu 00:00")) == 0
    assert lapse_due(now=at("fri 00:00")) == 1
    act(agent, now=at("fri 09:00"))
    assert hold_of(agent).until is None and CapApproval.objects.filter(status="open").count() == 1
    cap(agent, daily_tokens=10, now=at("fri 10:00"))
    assert held(agent) == ("ready", [])


def test_a_person_who_releases_it_is_not_overruled_by_a_look(agent: Agent, alice: Any) -> None:
    """Until something happens at a cap again: the sweep looks only where a threshold was passed."""
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    holds.release(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.BUDGET, by=person(alice), now=NOW + MINUTE
    )
    spend(agent, 50, now=NOW + 2 * MINUTE)
    assert limits.sweep(now=NOW + timedelta(hours=1)) == 0
    assert held(agent) == ("ready", [])


def test_one_that_retires_leaves_it_behind(agent: Agent, alice: Any) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    lifecycle.transition(
        organization=agent.organization, agent_id=agent.pk, to="retired", reason="x", by=person(alice), now=NOW
    )
    act(agent)
    assert held(agent) == ("retired", []) and CapApproval.objects.get().status == "lapsed"


def test_hours_in_another_zone_move_the_windows_and_the_hold(agent: Agent) -> None:
    cap(agent, daily_tokens=1000, on_cap="pause")
    spend(agent, 1000)
    meters.set_zone(Agent.objects.get(pk=agent.pk), "America/New_York", now=NOW + MINUTE)
    act(agent, now=NOW + MINUTE)
    assert Caps.objects.get().daily_used == 1000
    assert hold_of(agent).until == at("fri 06:00")
    assert [one.until for one in CapApproval.objects.filter(status="open")] == [at("fri 06:00")]
