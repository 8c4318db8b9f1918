"""Exactly one owner, never itself, never in a circle, whoever races (R2)."""

from datetime import UTC, datetime
from functools import partial

import pytest

from tests.factories import AgentFactory, MembershipFactory, UserFactory
from tests.support.actors import person
from tests.support.races import at_once, errors
from workforce.choices import Role
from workforce.models import Agent
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.services import agents, people

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.fixture
def crew(organization, pod, olga):
    return [
        AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=name) for name in ("a", "b", "c")
    ]


def give(agent, owner, by, field="owner"):
    agents.edit(organization=agent.organization, agent_id=agent.pk, changes={field: owner}, by=by, now=NOW)


def refused(agent, owner, by, field="owner"):
    with pytest.raises(Invalid) as refusal:
        give(agent, owner, by, field)
    ((path, sentence),) = refusal.value.fields
    assert path == field
    return sentence


def test_not_itself(crew, alice):
    a, _, _ = crew
    assert "own itself" in refused(a, a, person(alice))
    assert "own itself" in refused(a, a, person(alice), field="secondary_owner")


def test_no_circle_of_two(crew, alice):
    a, b, _ = crew
    give(a, b, person(alice))
    assert "a is owned by b" in refused(b, a, person(alice))


def test_no_circle_of_three(crew, alice):
    a, b, c = crew
    give(a, b, person(alice))
    give(b, c, person(alice))
    assert "a is owned by c" in refused(c, a, person(alice))


def test_a_chain_is_no_circle(crew, alice):
    a, b, c = crew
    give(a, b, person(alice))
    give(b, c, person(alice))
    give(a, c, person(alice))
    assert Agent.objects.get(pk=a.pk).owner == c


def test_covering_each_other_is_fine(crew, alice):
    a, b, _ = crew
    give(a, b, person(alice), field="secondary_owner")
    give(b, a, person(alice), field="secondary_owner")


def test_the_two_kinds_of_owner_exclude_each_other(crew, alice):
    a, b, _ = crew
    give(a, b, person(alice))
    a.refresh_from_db()
    assert (a.owner, a.owner_user) == (b, None)


@pytest.mark.django_db(transaction=True)
def test_two_who_give_agents_to_each_other_at_once_make_no_circle(organization, pod, olga, alice):
    for number in range(4):
        a, b = (
            AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=f"{name}{number}")
            for name in "ab"
        )
        outcomes = at_once(partial(give, a, b, person(alice)), partial(give, b, a, person(alice)))
        assert [type(error) for error in errors(outcomes)] == [Invalid]
        a.refresh_from_db()
        b.refresh_from_db()
        assert (a.owner_agent_id is None) != (b.owner_agent_id is None)


@pytest.mark.django_db(transaction=True)
def test_three_at_once_make_no_circle(organization, crew, alice):
    a, b, c = crew
    outcomes = at_once(*[partial(give, *pair, person(alice)) for pair in ((a, b), (b, c), (c, a))])
    assert [type(error) for error in errors(outcomes)] == [Invalid]


@pytest.mark.django_db(transaction=True)
def test_who_leaves_while_being_given_an_agent_owns_none_or_stays(organization, agent, alice):
    for _ in range(4):
        leaving = MembershipFactory(organization=organization, user=UserFactory(), role=Role.VIEWER)
        outcomes = at_once(
            partial(give, agent, leaving.user, person(alice)),
            partial(people.remove_member, membership=leaving, by=person(alice), now=NOW),
        )
        (lost,) = errors(outcomes)
        assert isinstance(lost, Conflict | Invalid | Missing)
        agent.refresh_from_db()
        still_there = leaving.user.memberships.exists()
        assert (agent.owner_user_id == leaving.user_id) == still_there


@pytest.mark.django_db(transaction=True)
def test_one_name_given_at_once_is_given_once(organization, pod, olga, alice):
    def hire():
        return agents.create(
            organization=organization,
            by=person(alice),
            now=NOW,
            agent_name="twin",
            agent_type="main",
            capability_tags=["ops"],
            model_profile="x",
            owner=olga,
            team=pod,
            priority_tier="P2",
            risk_level="low",
        )

    outcomes = at_once(*[hire] * 4)
    assert [type(error) for error in errors(outcomes)] == [Invalid] * 3
    assert Agent.objects.filter(agent_name="twin").count() == 1
