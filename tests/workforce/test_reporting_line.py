"""Who is next, and who is told (R2, W5)."""

import pytest

from tests.factories import AgentFactory, MembershipFactory, UserFactory
from workforce.choices import Role
from workforce.selectors.reporting import people_responsible_for, reporting_line

pytestmark = pytest.mark.django_db


def line(agent):
    return [(step.role, step.kind, step.name) for step in reporting_line(agent)]


def deactivate(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


def told(agent):
    return {user.name for user in people_responsible_for([agent])[agent.pk]}


def test_owner_pod_lead_managers(agent, alice):
    assert line(agent) == [
        ("owner", "user", "Olga"),
        ("pod_lead", "user", "Lee"),
        ("workforce_manager", "user", "Alice"),
    ]
    assert {step.id for step in reporting_line(agent)} == {
        str(user.pk) for user in (agent.owner_user, agent.team.lead_user, alice)
    }


def test_hr_is_not_on_the_line(agent, alice, hugo):
    assert "Hugo" not in [name for _, _, name in line(agent)]


def test_through_owning_agents_up_to_a_person(organization, pod, agent, alice, vera):
    middle = AgentFactory(organization=organization, team=pod, agent_name="middle", owner_user=None, owner_agent=agent)
    last = AgentFactory(
        organization=organization,
        team=pod,
        agent_name="last",
        owner_user=None,
        owner_agent=middle,
        secondary_owner_user=vera,
    )
    assert line(last) == [
        ("owner", "agent", "middle"),
        ("owner", "agent", "support-triage-01"),
        ("owner", "user", "Olga"),
        ("secondary_owner", "user", "Vera"),
        ("pod_lead", "user", "Lee"),
        ("workforce_manager", "user", "Alice"),
    ]
    assert told(last) == {"Olga", "Vera"}


def test_a_pod_led_by_an_agent_or_by_nobody(organization, agent, pod):
    boss = AgentFactory(organization=organization, agent_name="boss")
    pod.lead_user, pod.lead_agent = None, boss
    pod.save(update_fields=["lead_user", "lead_agent"])
    agent.refresh_from_db()
    assert ("pod_lead", "agent", "boss") in line(agent)
    pod.lead_agent = None
    pod.save(update_fields=["lead_agent"])
    agent.refresh_from_db()
    assert "pod_lead" not in [role for role, _, _ in line(agent)]


def test_a_circle_made_past_all_checks_ends(organization, agent, alice):
    other = AgentFactory(organization=organization, owner_user=None, owner_agent=agent, agent_name="other")
    type(agent).objects.filter(pk=agent.pk).update(owner_user=None, owner_agent=other)
    agent.refresh_from_db()
    assert line(agent)[0] == ("owner", "agent", "other")
    assert told(agent) == {"Lee"}


def test_a_deactivated_manager_is_not_asked(organization, agent, alice):
    deactivate(alice)
    assert "Alice" not in [name for _, _, name in line(agent)]


def test_a_managers_membership_elsewhere_does_not_count(agent, alice, charlie):
    assert "Charlie" not in [name for _, _, name in line(agent)]


def test_the_owner_is_told(agent, alice):
    assert told(agent) == {"Olga"}


def test_where_the_owner_cannot_the_lead_is_told_then_the_managers(organization, agent, alice, olga, lee):
    MembershipFactory(organization=organization, user=UserFactory(name="Mona"), role=Role.MANAGER)
    deactivate(olga)
    assert told(agent) == {"Lee"}
    deactivate(lee)
    assert told(agent) == {"Alice", "Mona"}
    deactivate(alice)
    assert told(agent) == {"Mona"}


def test_an_active_secondary_owner_comes_before_the_lead(agent, olga, vera):
    type(agent).objects.filter(pk=agent.pk).update(secondary_owner_user=vera)
    deactivate(olga)
    assert told(agent) == {"Vera"}


def test_one_person_in_two_places_is_told_once(agent, olga):
    type(agent).objects.filter(pk=agent.pk).update(secondary_owner_user=olga)
    assert [user.name for user in people_responsible_for([agent])[agent.pk]] == ["Olga"]


def test_nobody_at_all(organization, agent, olga, lee):
    for user in (olga, lee):
        deactivate(user)
    assert told(agent) == set()


def test_many_agents_take_as_many_queries_as_one(organization, pod, agent, olga, alice, django_assert_num_queries):
    fleet = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(12)]
    fleet += [AgentFactory(organization=organization, team=pod, owner_user=None, owner_agent=agent) for _ in range(12)]
    with django_assert_num_queries(3):
        assert all({u.name for u in users} == {"Olga"} for users in people_responsible_for(fleet).values())
    with django_assert_num_queries(0):
        assert people_responsible_for([]) == {}
