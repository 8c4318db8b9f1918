"""Who may move an agent from where to where, through the one door; a refusal writes nothing (R4, R5)."""

import pytest

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.workforce.test_rules_lifecycle import PAIRS, REASONED, SPEC, STATES
from workforce.choices import HoldKind, KeyScope
from workforce.models import Agent, AuditEvent, Command, Hold
from workforce.rules import lifecycle as rules
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import lifecycle

pytestmark = pytest.mark.django_db

#: Who tries -> the side of the table they stand on, or None where the agent is none of theirs.
SIDES = {
    "manager": rules.PEOPLE,
    "hr": rules.PEOPLE,
    "pod lead": rules.PEOPLE,
    "owner": rules.PEOPLE,
    "secondary owner": rules.PEOPLE,
    "key with scope": rules.PEOPLE,
    "agent itself": rules.AGENT,
    "system": rules.SYSTEM,
    "viewer": None,
    "lead of another pod": None,
    "manager elsewhere": None,
    "deactivated manager": None,
    "another agent": None,
    "key without scope": None,
}


EVERY_PAIR = ("manager", "agent itself", "system")


def rows():
    return AuditEvent.objects.count(), Hold.objects.count(), Command.objects.count()


@pytest.fixture
def cast(organization, alice, hugo, lee, olga, vera, charlie, pod):
    """Agents in every state of every pair, all in one pod with one owner; and everyone who may try."""
    from tests.conftest import _member
    from workforce.choices import Role

    sam, rival, gone = (
        _member(organization, name, role)
        for name, role in (("Sam", Role.VIEWER), ("Rita", Role.LEAD), ("Greta", Role.MANAGER))
    )
    TeamFactory(organization=organization, name="Rivals", lead_user=rival)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    agents = Agent.objects.bulk_create(
        AgentFactory.build(
            organization=organization,
            team=pod,
            owner_user=olga,
            secondary_owner_user=sam,
            agent_name=f"{source}-{target}",
            current_state=source,
        )
        for source, target in PAIRS
    )
    other = AgentFactory(organization=organization, team=pod, owner_user=olga)
    who = {
        "manager": person(alice),
        "hr": person(hugo),
        "pod lead": person(lee),
        "owner": person(olga),
        "secondary owner": person(sam),
        "key with scope": key(KeyScope.LIFECYCLE),
        "system": SYSTEM,
        "viewer": person(vera),
        "lead of another pod": person(rival),
        "manager elsewhere": person(charlie),
        "deactivated manager": person(gone),
        "another agent": itself(other),
        "key without scope": key(KeyScope.CLOCK, KeyScope.READ, KeyScope.HEARTBEATS, KeyScope.SCHEDULES),
    }
    return agents, who


def attempt(agent, target, by, now, reason="because"):
    """What came of it: the new state, or the refusal's kind and code."""
    try:
        moved = lifecycle.transition(
            organization=agent.organization_id, agent_id=agent.pk, to=target, reason=reason, by=by, now=now
        )
        return moved.current_state
    except (Conflict, Forbidden, Invalid, Missing) as refusal:
        return type(refusal).__name__, refusal.code


def expected(side, source, target):
    if side is None:
        return None
    if target not in SPEC[source]:
        return "Conflict", "illegal_transition"
    mark = {rules.PEOPLE: "", rules.AGENT: "a", rules.SYSTEM: "s"}[side]
    return target if mark in SPEC[source][target] else ("Forbidden", "forbidden")


@pytest.mark.parametrize("name", SIDES)
def test_the_whole_table(cast, now, name):
    """What is legal for them happens with one audit row, all else writes nothing.

    One of each side tries all hundred pairs; the others, who stand beside them, those that anyone may make.
    """
    agents, who = cast
    wrong = []
    after = rows()
    for agent, (source, target) in zip(agents, PAIRS, strict=True):
        if name not in EVERY_PAIR and target not in SPEC[source]:
            continue
        by = itself(agent) if name == "agent itself" else who[name]
        before = after
        got = attempt(agent, target, by, now)
        want = expected(SIDES[name], source, target)
        state = Agent.objects.values_list("current_state", flat=True).get(pk=agent.pk)
        after = rows()
        if got == target and want == target:
            moves = [e for e in audited(agent) if e.action.startswith("agent.")]
            fine = (
                state == target
                and len(moves) == 1
                and moves[0].before == {"current_state": source}
                and moves[0].after == {"current_state": target}
                and moves[0].reason == "because"
                and (moves[0].actor_kind, moves[0].actor_id) == (by.kind, by.id)
                and moves[0].at == now
                and moves[0].action == rules.AUDIT_ACTIONS[rules.VERBS[target]]
            )
        else:
            refused = got == want if want else isinstance(got, tuple) and got[0] == "Forbidden"
            fine = refused and state == source and after == before
        if not fine:
            wrong.append((source, target, got, want, state))
    assert wrong == []


@pytest.mark.parametrize("source", STATES)
def test_the_refusal_lists_what_is_legal(cast, now, alice, source):
    agents, _ = cast
    agent = next(a for a in agents if a.agent_name == f"{source}-{source}")
    for by, mark in ((person(alice), ""), (itself(agent), "a"), (SYSTEM, "s")):
        with pytest.raises(Conflict) as refused:
            lifecycle.transition(
                organization=agent.organization, agent_id=agent.pk, to=source, reason="x", by=by, now=now
            )
        legal = [target for target in STATES if target in SPEC[source] and mark in SPEC[source][target]]
        assert refused.value.extra == {"current": source, "legal": legal}
        assert all(target in refused.value.sentence for target in legal)


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"], ids=ascii)
@pytest.mark.parametrize("target", sorted(REASONED))
def test_a_reason_is_needed(cast, now, target, reason):
    agents, who = cast
    source = next(source for source in STATES if target in SPEC[source])
    agent = next(a for a in agents if a.agent_name == f"{source}-{target}")
    with pytest.raises(Invalid) as refused:
        lifecycle.transition(
            organization=agent.organization, agent_id=agent.pk, to=target, reason=reason, by=who["manager"], now=now
        )
    assert [path for path, _ in refused.value.fields] == ["reason"]
    agent.refresh_from_db()
    assert agent.current_state == source
    assert not AuditEvent.objects.exists()
    assert not Hold.objects.exists()


@pytest.mark.parametrize("target", sorted(set(STATES) - REASONED - {"registered"}))
def test_the_others_need_none(cast, now, target):
    agents, who = cast
    source = next(source for source in STATES if target in SPEC[source])
    agent = next(a for a in agents if a.agent_name == f"{source}-{target}")
    assert attempt(agent, target, who["manager"], now, reason="") == target


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"], ids=["too long", "NUL"])
def test_a_reason_that_cannot_be_kept_is_refused(agent, alice, now, reason):
    assert attempt(agent, "assigned", person(alice), now, reason=reason) == ("Invalid", "invalid")
    assert not AuditEvent.objects.exists()


def test_a_reason_of_500_characters_is_kept_whole(agent, alice, now):
    assert attempt(agent, "assigned", person(alice), now, reason="ü" * 500) == "assigned"
    assert audited(agent)[0].reason == "ü" * 500


@pytest.mark.parametrize("state", ["", "READY", "nonsense", "paused ", "x" * 5000])
def test_what_is_no_state_is_named_so(agent, alice, now, state):
    with pytest.raises(Invalid) as refused:
        lifecycle.transition(organization=agent.organization, agent_id=agent.pk, to=state, by=person(alice), now=now)
    assert [path for path, _ in refused.value.fields] == ["to"]
    assert len(refused.value.fields[0][1]) < 250


def test_an_agent_of_another_organisation_is_not_there(agent, other_organization, charlie, now):
    with pytest.raises(Missing):
        lifecycle.transition(
            organization=other_organization, agent_id=agent.pk, to="assigned", by=person(charlie), now=now
        )
    with pytest.raises(Missing):
        lifecycle.transition(organization=other_organization, agent_id=agent.pk, to="assigned", by=SYSTEM, now=now)


def test_retiring_leaves_no_hold_behind(organization, pod, olga, alice, now):
    """From ``registered`` too, where a hold does not pause."""
    from workforce.services import holds

    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="registered")
    for kind in (HoldKind.INCIDENT, HoldKind.LEAVE):
        holds.place(organization=organization, agent_id=agent.pk, kind=kind, reason="x", by=person(alice), now=now)
    assert attempt(agent, "retired", person(alice), now, reason="abandoned") == "retired"
    assert not Hold.objects.active().exists()
    assert [e.action for e in audited(agent)] == ["hold.placed"] * 2 + ["hold.released"] * 2 + ["agent.retired"]
