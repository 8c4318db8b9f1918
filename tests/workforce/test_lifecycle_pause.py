"""``paused`` follows from the holds: in by placing one, out when the last one goes (R8)."""

from datetime import timedelta

import pytest

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from workforce.choices import CommandKind, HoldKind, KeyScope
from workforce.models import Command, Hold
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.services import holds, lifecycle

pytestmark = pytest.mark.django_db


def move(agent, to, by, now, reason="because"):
    return lifecycle.transition(
        organization=agent.organization, agent_id=agent.pk, to=to, reason=reason, by=by, now=now
    )


def hold(agent, kind, by, now, **options):
    return holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=kind, reason=f"{kind} it is", by=by, now=now, **options
    )


def active(agent):
    return sorted(agent.holds.active().values_list("kind", flat=True))


def pending(agent):
    return Command.objects.filter(agent=agent, superseded_at=None, acknowledged_at=None).get().command


@pytest.mark.parametrize("state", ["ready", "assigned", "executing", "blocked", "degraded", "escalated"])
def test_pausing_by_hand_is_a_manual_hold(organization, pod, olga, alice, now, state):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state=state)
    move(agent, "paused", person(alice), now, reason="Maintenance.")
    agent.refresh_from_db()
    assert agent.current_state == "paused"
    (placed,) = agent.holds.active()
    assert (placed.kind, placed.reason, placed.until, placed.placed_at) == ("manual", "Maintenance.", None, now)
    assert (placed.placed_by_kind, placed.placed_by_id, placed.placed_by_label) == ("user", str(alice.pk), "Alice")
    assert [e.action for e in audited(agent)] == ["hold.placed", "agent.paused"]
    assert pending(agent) == CommandKind.PAUSE


def test_resuming_by_hand_releases_it(agent, alice, lee, now):
    move(agent, "paused", person(alice), now)
    move(agent, "ready", person(lee), now + timedelta(hours=1), reason="Done.")
    agent.refresh_from_db()
    released = Hold.objects.get(agent=agent)
    assert agent.current_state == "ready"
    assert (released.released_at, released.released_by_label) == (now + timedelta(hours=1), "Lee")
    assert released.release_reason == "Done."
    assert [e.action for e in audited(agent)] == [
        "hold.placed",
        "agent.paused",
        "hold.released",
        "agent.made_ready",
    ]
    assert pending(agent) == CommandKind.RESUME


@pytest.mark.parametrize("kinds", [[HoldKind.BUDGET], [HoldKind.MANUAL, HoldKind.INCIDENT, HoldKind.LEAVE]], ids=len)
def test_leaving_paused_is_refused_while_other_holds_remain(agent, alice, now, kinds):
    for kind in kinds:
        hold(agent, kind, SYSTEM, now)
    before = [e.pk for e in audited(agent)]
    with pytest.raises(Conflict) as refused:
        move(agent, "ready", person(alice), now)
    others = sorted(kind for kind in kinds if kind != HoldKind.MANUAL)
    assert refused.value.code == "holds_remain"
    assert sorted(refused.value.extra["holds"]) == others
    assert all(kind.label.lower() in refused.value.sentence for kind in others)
    agent.refresh_from_db()
    assert agent.current_state == "paused"
    assert active(agent) == sorted(kinds)
    assert [e.pk for e in audited(agent)] == before


def test_the_system_may_not_pass_over_what_a_person_paused(agent, alice, now):
    """Nor does it by releasing its own hold."""
    hold(agent, HoldKind.BUDGET, SYSTEM, now)
    hold(agent, HoldKind.MANUAL, person(alice), now)
    holds.release(organization=agent.organization, agent_id=agent.pk, kind=HoldKind.BUDGET, by=SYSTEM, now=now)
    agent.refresh_from_db()
    assert agent.current_state == "paused"
    assert active(agent) == ["manual"]


@pytest.mark.parametrize("target", ["ready", "retired"])
def test_an_agent_may_not_free_itself(agent, alice, now, target):
    move(agent, "paused", person(alice), now)
    with pytest.raises(Forbidden):
        move(agent, target, itself(agent), now)
    with pytest.raises(Forbidden):
        holds.release(
            organization=agent.organization, agent_id=agent.pk, kind=HoldKind.MANUAL, by=itself(agent), now=now
        )
    assert active(agent) == ["manual"]


def test_retiring_a_paused_agent_releases_every_hold(agent, alice, now):
    hold(agent, HoldKind.BUDGET, SYSTEM, now)
    hold(agent, HoldKind.MANUAL, person(alice), now)
    move(agent, "retired", person(alice), now, reason="Replaced.")
    agent.refresh_from_db()
    assert agent.current_state == "retired"
    assert active(agent) == []
    assert len(audited(agent, action="hold.released")) == 2


def test_a_key_with_the_scope_pauses_as_people_do(agent, now):
    move(agent, "paused", key(KeyScope.LIFECYCLE), now)
    assert Hold.objects.get(agent=agent).placed_by_kind == "key"


def test_who_was_held_while_registered_is_paused_once_ready(organization, pod, olga, alice, now):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="registered")
    hold(agent, HoldKind.INCIDENT, person(alice), now)
    agent.refresh_from_db()
    assert agent.current_state == "registered", "a registered agent cannot be paused"
    returned = move(agent, "ready", person(alice), now)
    agent.refresh_from_db()
    assert agent.current_state == returned.current_state == "paused"
    assert [(e.before, e.after) for e in audited(agent) if e.action.startswith("agent.")] == [
        ({"current_state": "registered"}, {"current_state": "ready"}),
        ({"current_state": "ready"}, {"current_state": "paused"}),
    ]
    holds.release(organization=organization, agent_id=agent.pk, kind=HoldKind.INCIDENT, by=person(alice), now=now)
    agent.refresh_from_db()
    assert agent.current_state == "ready"


def test_a_pause_by_hand_is_kept_beside_another_hold(organization, pod, olga, alice, now):
    """Paused by hand, whatever else held the agent: what ends the other does not end this."""
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="ready")
    Hold.objects.create(
        organization=organization,
        agent=agent,
        kind=HoldKind.BUDGET,
        reason="left over",
        placed_by_kind="system",
        placed_by_id="x",
        placed_by_label="x",
    )
    move(agent, "paused", person(alice), now)
    assert active(agent) == ["budget", "manual"]


def test_pausing_needs_a_state_that_allows_it(organization, pod, olga, alice, now):
    for state in ("registered", "retired", "archived", "paused"):
        agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state=state)
        with pytest.raises(Conflict):
            move(agent, "paused", person(alice), now)
    assert not Hold.objects.exists()


def test_a_pause_without_a_reason_places_no_hold(agent, alice, now):
    with pytest.raises(Invalid):
        move(agent, "paused", person(alice), now, reason="")
    assert not Hold.objects.exists()
    assert not Command.objects.exists()
