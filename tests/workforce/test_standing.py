"""Where everyone stands towards an agent, by membership, pod and ownership, and what follows from it (P3)."""

import pytest

from tests.factories import AgentFactory, TeamFactory, UserFactory
from tests.support.actors import SYSTEM, itself, key, person
from workforce.choices import KeyScope, Role
from workforce.models import Membership
from workforce.rules.matrix import MATRIX, Activity, Column
from workforce.rules.refusals import Forbidden
from workforce.selectors.standing import (
    actor_of_user,
    check_manages,
    check_may,
    check_may_in_pod,
    check_scope,
    may,
    standing_of,
)

pytestmark = pytest.mark.django_db
MANAGER, LEAD, OWNER = Column.MANAGER, Column.LEAD, Column.OWNER


def forbidden(check, **options):
    try:
        check(**options)
    except Forbidden as refusal:
        assert refusal.sentence.endswith(".")
        return True
    return False


@pytest.mark.parametrize(
    ("who", "columns"),
    [
        ("alice", {MANAGER}),
        ("hugo", {MANAGER}),
        ("lee", {LEAD}),
        ("olga", {OWNER}),
        ("vera", set()),
        ("charlie", set()),
    ],
)
def test_everyone_stands_somewhere(request, organization, agent, who, columns):
    user = request.getfixturevalue(who)
    standing = standing_of(user, organization)
    assert standing.columns(agent) == columns
    assert standing.manages is (MANAGER in columns)
    for activity in Activity:
        expected = any(MATRIX[activity][column] in "RA" for column in columns)
        assert standing.may(activity, agent) is expected
        assert may(user, activity, agent) is expected
        options = {"by": person(user), "activity": activity, "agent": agent, "scope": KeyScope.READ}
        assert forbidden(check_may, **options) is not expected


def test_columns_add_up(organization, pod, alice):
    pod.lead_user = alice
    pod.save(update_fields=["lead_user"])
    agent = AgentFactory(organization=organization, team=pod, owner_user=alice)
    assert standing_of(alice, organization).columns(agent) == {MANAGER, LEAD, OWNER}


def test_the_secondary_owner_stands_with_the_owner(organization, agent, vera):
    agent.secondary_owner_user = vera
    assert standing_of(vera, organization).columns(agent) == {OWNER}


def test_a_lead_of_another_pod_stands_nowhere(organization, agent, vera):
    TeamFactory(organization=organization, lead_user=vera)
    assert standing_of(vera, organization).columns(agent) == set()


def test_the_role_of_lead_alone_is_no_pod(organization, agent, lee):
    other = AgentFactory(organization=organization)
    assert standing_of(lee, organization).columns(other) == set()


def test_who_left_stands_nowhere_although_the_rows_still_name_them(organization, agent, lee, olga):
    Membership.objects.filter(user__in=[lee, olga]).delete()
    for user in (lee, olga):
        standing = standing_of(user, organization)
        assert standing.role is None
        assert standing.columns(agent) == set()
        assert forbidden(check_may, by=person(user), activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.LIFECYCLE)


def test_a_superuser_without_membership_is_hr(organization, agent, db):
    root = UserFactory(is_superuser=True)
    assert standing_of(root, organization).role == Role.HR
    assert not forbidden(check_manages, by=person(root), organization=organization)


def test_who_was_deactivated_may_nothing(organization, agent, alice):
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert forbidden(check_manages, by=person(alice), organization=organization)
    assert forbidden(check_may, by=person(alice), activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.LIFECYCLE)


def test_a_manager_elsewhere_may_nothing_here(organization, agent, charlie):
    assert forbidden(check_manages, by=person(charlie), organization=organization)


@pytest.mark.parametrize("scope", list(KeyScope))
def test_a_key_needs_the_scope_asked_for(agent, scope):
    options = {"activity": Activity.LIFECYCLE, "agent": agent, "scope": scope}
    others = [other for other in KeyScope if other != scope]
    assert not forbidden(check_may, by=key(scope), **options)
    assert forbidden(check_may, by=key(*others), **options)
    assert forbidden(check_scope, by=key(*others), scope=scope)
    with pytest.raises(Forbidden) as refused:
        check_scope(by=key(*others), scope=scope)
    assert (refused.value.code, refused.value.extra) == ("missing_scope", {"scope": scope.value})


def test_an_agent_acts_for_itself_where_that_is_open_to_it(organization, agent):
    other = AgentFactory(organization=organization)
    options = {"activity": Activity.LIFECYCLE, "agent": agent, "scope": KeyScope.CLOCK}
    assert not forbidden(check_may, by=itself(agent), agent_itself=True, **options)
    assert forbidden(check_may, by=itself(agent), **options)
    assert forbidden(check_may, by=itself(other), agent_itself=True, **options)


def test_keys_and_agents_never_manage(organization, agent):
    for by in (key(*KeyScope), itself(agent)):
        assert forbidden(check_manages, by=by, organization=organization)


def test_a_key_hires_with_its_scope_and_an_agent_never(organization, agent):
    options = {
        "activity": Activity.ONBOARDING,
        "organization": organization,
        "team": agent.team,
        "scope": KeyScope.ROSTER,
    }
    others = [scope for scope in KeyScope if scope is not KeyScope.ROSTER]
    assert not forbidden(check_may_in_pod, by=key(KeyScope.ROSTER), **options)
    assert forbidden(check_may_in_pod, by=key(*others), **options)
    assert forbidden(check_may_in_pod, by=itself(agent), **options)


def test_the_system_may(organization, agent):
    check_manages(by=SYSTEM, organization=organization)
    check_may(by=SYSTEM, activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.CLOCK)
    check_may_in_pod(
        by=SYSTEM, activity=Activity.ONBOARDING, organization=organization, team=None, scope=KeyScope.ROSTER
    )


def test_asking_for_many_agents_takes_no_queries(organization, agent, lee, django_assert_num_queries):
    agents = [agent, *(AgentFactory(organization=organization) for _ in range(3))]
    with django_assert_num_queries(2):
        standing = standing_of(lee, organization)
    with django_assert_num_queries(0):
        assert [standing.may(Activity.LIFECYCLE, one) for one in agents] == [True, False, False, False]


def test_a_person_acts_under_their_name(alice):
    by = actor_of_user(alice)
    assert (by.kind, by.id, by.label, by.agent_id) == ("user", str(alice.pk), "Alice", None)
