"""Members: who they are, who may change that, and that an organisation keeps somebody who can manage (P1, P2)."""

from datetime import UTC, datetime
from functools import partial

import pytest

from tests.factories import AgentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.races import at_once, errors
from workforce.choices import KeyScope, Role
from workforce.models import AuditEvent, Membership, Organization, User
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import people

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def add(organization, by, **options):
    options = {"email": "new@example.com", "name": "New", "role": Role.LEAD} | options
    return people.add_member(organization=organization, by=by, now=NOW, **options)


def faults(call, *args, **options):
    with pytest.raises(Invalid) as refused:
        call(*args, **options)
    return [path for path, _ in refused.value.fields]


def test_a_new_person_gets_an_account_without_a_password(organization, alice):
    made = add(organization, person(alice), email="New@Example.com", name=" New Person ")
    user = made.user
    assert (user.email, user.name, user.time_zone) == ("new@example.com", "New Person", "Europe/Berlin")
    assert (user.has_usable_password(), user.is_staff, user.is_superuser) == (False, False, False)
    assert (made.role, made.created_at) == (Role.LEAD, NOW)
    (event,) = audited(made)
    assert (event.subject_label, event.after) == ("New Person", {"role": "lead"})


def test_a_known_person_joins_another_organisation(organization, alice, charlie):
    made = add(organization, person(alice), email="CHARLIE@example.com", name="")
    assert made.user == charlie
    assert User.objects.filter(email__iexact="charlie@example.com").count() == 1


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        ({"email": ""}, ["email"]),
        ({"email": "nobody"}, ["email"]),
        ({"email": "a\x00@example.com"}, ["email"]),
        ({"email": "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".example.com"}, ["email"]),
        ({"role": "boss"}, ["role"]),
        ({"role": ""}, ["role"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 121}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"email": "no", "role": "no", "name": "x" * 121}, ["email", "role", "name"]),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_wrong_is_named(organization, alice, options, paths):
    assert faults(add, organization, person(alice), **options) == paths
    assert Membership.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_twice_is_refused(organization, alice, olga):
    assert faults(add, organization, person(alice), email=olga.email) == ["email"]


def test_a_role_changes_and_is_audited(organization, alice, olga):
    theirs = olga.memberships.get()
    people.change_role(membership=theirs, role=Role.HR, by=person(alice), now=NOW)
    assert Membership.objects.get(pk=theirs.pk).role == Role.HR
    (event,) = audited(theirs)
    assert (event.before, event.after) == ({"role": "viewer"}, {"role": "hr"})
    assert faults(people.change_role, membership=theirs, role="boss", by=person(alice), now=NOW) == ["role"]


def test_the_last_who_can_manage_stays(organization, alice):
    mine = alice.memberships.get()
    for call in (
        partial(people.change_role, membership=mine, role=Role.VIEWER),
        partial(people.remove_member, membership=mine),
    ):
        with pytest.raises(Conflict) as refused:
            call(by=person(alice), now=NOW)
        assert refused.value.code == "last_manager"
    people.change_role(membership=mine, role=Role.HR, by=person(alice), now=NOW)  # still can manage


def test_someone_deactivated_does_not_count_as_the_other_manager(organization, alice, hugo):
    hugo.is_active = False
    hugo.save(update_fields=["is_active"])
    with pytest.raises(Conflict):
        people.remove_member(membership=alice.memberships.get(), by=SYSTEM, now=NOW)


def test_a_membership_read_long_ago_is_read_again(organization, alice, olga):
    """Promoted meanwhile, she is the last manager although the page still says viewer."""
    stale = Membership.objects.get(user=olga)
    Membership.objects.filter(user=olga).update(role=Role.MANAGER)
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    with pytest.raises(Conflict):
        people.change_role(membership=stale, role=Role.LEAD, by=SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        people.remove_member(membership=stale, by=SYSTEM, now=NOW)


def test_removing_keeps_the_account(organization, alice, vera):
    theirs = vera.memberships.get()
    people.remove_member(membership=theirs, by=person(alice), now=NOW)
    assert not vera.memberships.exists()
    assert User.objects.filter(pk=vera.pk, is_active=True).exists()
    assert [event.before for event in audited(theirs)] == [{"role": "viewer"}]


def test_removing_twice_is_missing_and_audited_once(organization, alice, vera):
    theirs = vera.memberships.get()
    people.remove_member(membership=theirs, by=person(alice), now=NOW)
    again = Membership(pk=theirs.pk, organization=organization, user=vera, role=Role.VIEWER)
    with pytest.raises(Missing):
        people.remove_member(membership=again, by=person(alice), now=NOW)
    with pytest.raises(Missing):
        people.change_role(membership=again, role=Role.LEAD, by=person(alice), now=NOW)
    assert AuditEvent.objects.count() == 1


def test_who_owns_or_covers_agents_stays(organization, agent, alice, olga, vera):
    agent.secondary_owner_user = vera
    agent.save(update_fields=["secondary_owner_user"])
    for user in (olga, vera):
        with pytest.raises(Conflict) as refused:
            people.remove_member(membership=user.memberships.get(), by=person(alice), now=NOW)
        assert refused.value.code == "owns_agents"
    type(agent).objects.filter(pk=agent.pk).update(current_state="retired")
    for user in (olga, vera):
        people.remove_member(membership=user.memberships.get(), by=person(alice), now=NOW)


def test_agents_of_other_organisations_do_not_keep_anyone(organization, other_organization, alice, vera):
    AgentFactory(organization=other_organization, owner_user=vera)
    TeamFactory(organization=other_organization, lead_user=vera)
    people.remove_member(membership=vera.memberships.get(), by=person(alice), now=NOW)


def test_who_leads_a_pod_stays(organization, pod, alice, lee):
    with pytest.raises(Conflict) as refused:
        people.remove_member(membership=lee.memberships.get(), by=person(alice), now=NOW)
    assert refused.value.code == "leads_pods"
    assert "Support" in refused.value.sentence


def test_who_may_handle_members(organization, agent, alice, hugo, lee, olga, vera, charlie):
    add(organization, person(hugo))
    member = MembershipFactory(organization=organization, user=UserFactory(), role=Role.VIEWER)
    for by in (person(lee), person(olga), person(vera), person(charlie), itself(agent), key(*KeyScope)):
        for call in (
            partial(add, organization, by, email="x@example.com"),
            partial(people.change_role, membership=member, role=Role.HR, by=by, now=NOW),
            partial(people.remove_member, membership=member, by=by, now=NOW),
            partial(people.edit_organization, organization=organization, name="x", time_zone="UTC", by=by, now=NOW),
        ):
            with pytest.raises(Forbidden):
                call()
    member.refresh_from_db()
    assert member.role == Role.VIEWER


def test_only_superusers_open_organisations(organization, agent, alice, hugo, charlie, now):
    root = UserFactory(is_superuser=True)
    gone = UserFactory(is_superuser=True, is_active=False)
    hugo.is_staff = True
    hugo.save(update_fields=["is_staff"])
    for by in (person(alice), person(hugo), person(charlie), person(gone), itself(agent), key(*KeyScope)):
        with pytest.raises(Forbidden):
            people.create_organization(name="New", time_zone="UTC", by=by, now=NOW)
    assert not Organization.objects.filter(name="New").exists()
    assert people.create_organization(name="New", time_zone="UTC", by=person(root), now=NOW).name == "New"


def test_an_organisation_is_made_and_named(db):
    made = people.create_organization(name=" Halden Freight ", time_zone="Europe/Oslo", by=SYSTEM, now=NOW)
    assert (made.name, made.slug, made.time_zone) == ("Halden Freight", "halden-freight", "Europe/Oslo")
    assert audited(made)[0].action == "organization.created"
    assert faults(people.create_organization, name="Halden Freight", time_zone="UTC", by=SYSTEM, now=NOW) == ["slug"]
    assert Organization.objects.count() == 1


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        ({"name": ""}, ["name", "slug"]),
        ({"name": "x" * 121}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"name": "\u2603"}, ["slug"]),
        ({"time_zone": "Mars/Olympus"}, ["time_zone"]),
        ({"time_zone": "posix/UTC"}, ["time_zone"]),
        ({"time_zone": "localtime"}, ["time_zone"]),
        ({"time_zone": ""}, ["time_zone"]),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_wrong_organisation_is_named(db, options, paths):
    options = {"name": "Acme", "time_zone": "UTC"} | options
    assert faults(people.create_organization, by=SYSTEM, now=NOW, **options) == paths
    assert not Organization.objects.exists()


def test_preferences(vera):
    people.set_preferences(user=vera, time_zone="Asia/Kathmandu", theme="dark", name=" Vera B ")
    vera.refresh_from_db()
    assert (vera.time_zone, vera.theme, vera.name) == ("Asia/Kathmandu", "dark", "Vera B")
    told = faults(people.set_preferences, user=vera, time_zone="Nowhere", theme="pink", name="")
    assert told == ["time_zone", "theme", "name"]
    vera.refresh_from_db()
    assert (vera.time_zone, vera.theme, vera.name) == ("Asia/Kathmandu", "dark", "Vera B")


def test_the_browsers_guess_never_overrides_a_choice(vera):
    people.set_preferences(user=vera, time_zone="Asia/Tokyo", detected=True)
    assert vera.time_zone == "Asia/Tokyo"
    people.set_preferences(user=vera, time_zone="Asia/Kathmandu", detected=True)
    assert vera.time_zone == "Asia/Tokyo", "a later guess, from a journey"
    people.set_preferences(user=vera, time_zone="Europe/Oslo")
    people.set_preferences(user=vera, time_zone="Asia/Tokyo", detected=True)
    vera.refresh_from_db()
    assert vera.time_zone == "Europe/Oslo"


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_step_down_at_once_leave_one(organization, alice, hugo):
    theirs = [user.memberships.get() for user in (alice, hugo)]
    outcomes = at_once(
        *[partial(people.change_role, membership=one, role=Role.VIEWER, by=SYSTEM, now=NOW) for one in theirs]
    )
    assert [type(error) for error in errors(outcomes)] == [Conflict]
    assert Membership.objects.filter(role__in=[Role.MANAGER, Role.HR]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_added_by_four_at_once_is_added_once(organization, alice):
    outcomes = at_once(*[partial(add, organization, person(alice))] * 4)
    assert [type(error) for error in errors(outcomes)] == [Invalid] * 3
    assert Membership.objects.filter(user__email="new@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_membership_removed_by_three_at_once_is_removed_once(organization, alice, vera):
    theirs = vera.memberships.get()
    copies = [Membership.objects.select_related("organization").get(pk=theirs.pk) for _ in range(3)]
    outcomes = at_once(*[partial(people.remove_member, membership=one, by=person(alice), now=NOW) for one in copies])
    assert [type(error) for error in errors(outcomes)] == [Missing] * 2
    assert AuditEvent.objects.filter(action="membership.removed").count() == 1
