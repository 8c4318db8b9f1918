"""Two who act on one agent at the same moment: one wins, the other is told; nothing is half done."""

from datetime import UTC, datetime

import pytest

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, person
from tests.support.races import at_once, errors
from workforce.choices import HoldKind
from workforce.models import Agent, Hold
from workforce.rules.refusals import Conflict
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def move(agent, to, by):
    return lambda: lifecycle.transition(
        organization=agent.organization_id, agent_id=agent.pk, to=to, reason="because", by=by, now=NOW
    )


def place(agent, kind, by):
    return lambda: holds.place(
        organization=agent.organization_id, agent_id=agent.pk, kind=kind, reason="because", by=by, now=NOW
    )


def release(agent, kind, by):
    return lambda: holds.release(
        organization=agent.organization_id, agent_id=agent.pk, kind=kind, reason="because", by=by, now=NOW
    )


def test_two_leads_retire_and_assign_at_once(agent, lee, alice):
    for _ in range(4):
        fresh = AgentFactory(organization=agent.organization, team=agent.team, owner_user=agent.owner_user)
        outcomes = at_once(move(fresh, "retired", person(lee)), move(fresh, "assigned", person(alice)))
        (lost,) = errors(outcomes)
        assert isinstance(lost, Conflict)
        state = Agent.objects.get(pk=fresh.pk).current_state
        assert state in ("retired", "assigned")
        assert lost.extra["current"] == state
        assert [e.after["current_state"] for e in audited(fresh)] == [state]


def test_the_same_move_by_six_happens_once(agent, alice):
    outcomes = at_once(*[move(agent, "assigned", person(alice))] * 6)
    assert len(errors(outcomes)) == 5
    assert all(isinstance(error, Conflict) for error in errors(outcomes))
    assert len(audited(agent)) == 1


def test_the_same_hold_by_six_is_placed_once(agent, alice):
    outcomes = at_once(*[place(agent, HoldKind.INCIDENT, person(alice))] * 6)
    assert [type(error) for error in errors(outcomes)] == [Conflict] * 5
    assert Hold.objects.count() == 1
    assert [e.action for e in audited(agent)] == ["hold.placed", "agent.paused"]


def test_different_holds_at_once_are_all_placed(agent, alice):
    kinds = [HoldKind.INCIDENT, HoldKind.LEAVE, HoldKind.BUDGET, HoldKind.MANUAL]
    assert errors(at_once(*[place(agent, kind, person(alice)) for kind in kinds])) == []
    assert Hold.objects.active().count() == 4
    assert len(audited(agent, action="agent.paused")) == 1


def test_a_release_and_a_new_hold_at_once_never_leave_a_held_agent_ready(agent, alice):
    for _ in range(4):
        fresh = AgentFactory(organization=agent.organization, team=agent.team, owner_user=agent.owner_user)
        place(fresh, HoldKind.BUDGET, SYSTEM)()
        outcomes = at_once(release(fresh, HoldKind.BUDGET, SYSTEM), place(fresh, HoldKind.MANUAL, person(alice)))
        assert errors(outcomes) == []
        assert Agent.objects.get(pk=fresh.pk).current_state == "paused"


def test_the_last_two_holds_released_at_once_free_the_agent_once(agent, alice):
    place(agent, HoldKind.BUDGET, SYSTEM)()
    place(agent, HoldKind.MANUAL, person(alice))()
    outcomes = at_once(release(agent, HoldKind.BUDGET, SYSTEM), release(agent, HoldKind.MANUAL, person(alice)))
    assert errors(outcomes) == []
    assert Agent.objects.get(pk=agent.pk).current_state == "ready"
    assert len(audited(agent, action="agent.made_ready")) == 1
