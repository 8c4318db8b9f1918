"""Organisations, pods, members and accounts in the admin (spec U8, P1, P2, R3)."""

import pytest
from django.test import Client

from tests.factories import AgentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.support.admin import as_hr, faults, page, send
from workforce.choices import Role
from workforce.models import AuditEvent, Membership, Organization, Team, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


@pytest.fixture
def superuser(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


class TestOrganizations:
    def test_hr_renames_its_own(self, client: Client, organization) -> None:
        path = page("workforce.organization", "change", organization.pk)
        assert send(client, path, name="Halden Group", time_zone="Asia/Tokyo").status_code == 302
        organization.refresh_from_db()
        assert (organization.name, organization.time_zone) == ("Halden Group", "Asia/Tokyo")
        assert AuditEvent.objects.get().action == "organization.edited"

    def test_an_unknown_zone_is_a_fault_of_its_field(self, client: Client, organization) -> None:
        path = page("workforce.organization", "change", organization.pk)
        answer = send(client, path, name="Other name", time_zone="Mars/Base")
        assert list(faults(answer)) == ["time_zone"]
        assert 'value="Other name"' in answer.content.decode()

    def test_the_short_name_stays(self, client: Client, organization) -> None:
        send(client, page("workforce.organization", "change", organization.pk), slug="taken", name="x")
        organization.refresh_from_db()
        assert organization.slug == "halden"

    def test_hr_adds_none_and_removes_none(self, client: Client, organization) -> None:
        assert client.get(page("workforce.organization", "add")).status_code == 403
        path = page("workforce.organization", "delete", organization.pk)
        assert client.post(path, {"post": "yes"}).status_code == 403

    def test_a_superuser_adds_one(self, superuser: Client) -> None:
        path = page("workforce.organization", "add")
        assert send(superuser, path, name="New Co", slug="new-co", time_zone="UTC").status_code == 302
        assert Organization.objects.get(slug="new-co").name == "New Co"

    def test_a_taken_short_name_is_a_fault_of_its_field(self, superuser: Client, organization) -> None:
        answer = send(superuser, page("workforce.organization", "add"), name="X", slug="halden", time_zone="UTC")
        assert faults(answer) == {"slug": ["Another organisation has this short name."]}


class TestPods:
    def test_it_adds_one_with_a_lead(self, client: Client, organization, lee) -> None:
        assert send(client, page("workforce.team", "add"), name="Night", lead_user=str(lee.pk)).status_code == 302
        team = Team.objects.get(name="Night")
        assert (team.organization, team.lead_user) == (organization, lee)
        assert AuditEvent.objects.get().action == "team.created"

    def test_two_leads_are_a_fault(self, client: Client, pod, agent) -> None:
        answer = send(client, page("workforce.team", "change", pod.pk), lead_agent=str(agent.pk))
        assert list(faults(answer)) == ["lead_user"]

    def test_a_taken_name_is_a_fault_of_its_field(self, client: Client, pod) -> None:
        TeamFactory(organization=pod.organization, name="Taken")
        answer = send(client, page("workforce.team", "change", pod.pk), name="Taken")
        assert faults(answer) == {"name": ["There is already a pod called Taken."]}

    def test_a_pod_outside_the_target_size_is_marked(self, client: Client, pod) -> None:
        assert "target 3 to 7" in client.get(page("workforce.team")).content.decode()
        for _ in range(3):
            AgentFactory(organization=pod.organization, team=pod)
        assert "target 3 to 7" not in client.get(page("workforce.team")).content.decode()

    def test_pods_are_never_removed(self, client: Client, pod) -> None:
        assert client.post(page("workforce.team", "delete", pod.pk), {"post": "yes"}).status_code == 403


class TestMembers:
    def test_a_new_person_is_added_by_address(self, client: Client, organization) -> None:
        path = page("workforce.membership", "add")
        answer = send(client, path, email="New@Example.com", name="Nadia", role="lead")
        assert answer.status_code == 302
        membership = Membership.objects.get(user__email="new@example.com")
        assert (membership.organization, membership.role) == (organization, "lead")
        assert not membership.user.has_usable_password()
        assert AuditEvent.objects.get().action == "membership.added"

    def test_a_member_already_is_a_fault_of_the_address(self, client: Client, vera) -> None:
        answer = send(client, page("workforce.membership", "add"), email=vera.email, role="lead")
        assert faults(answer) == {"email": ["This person is a member already."]}

    def test_a_role_changes_through_the_service(self, client: Client, vera) -> None:
        membership = vera.memberships.get()
        assert send(client, page("workforce.membership", "change", membership.pk), role="lead").status_code == 302
        membership.refresh_from_db()
        assert membership.role == "lead"
        event = AuditEvent.objects.get(action="membership.role_changed")
        assert (event.before, event.after) == ({"role": "viewer"}, {"role": "lead"})

    def test_the_last_who_can_manage_stays_one(self, client: Client, hugo) -> None:
        membership = hugo.memberships.get()
        answer = send(client, page("workforce.membership", "change", membership.pk), role="viewer")
        assert "needs at least one" in faults(answer)["__all__"][0]
        membership.refresh_from_db()
        assert membership.role == Role.HR

    def test_removing_asks_first_and_goes_through_the_service(self, client: Client, vera) -> None:
        path = page("workforce.membership", "delete", vera.memberships.get().pk)
        assert client.get(path).status_code == 200 and vera.memberships.exists()
        assert client.post(path, {"post": "yes"}).status_code == 302
        assert not vera.memberships.exists()
        assert AuditEvent.objects.get().action == "membership.removed"

    def test_one_who_owns_agents_stays_and_the_page_says_why(self, client: Client, agent, olga) -> None:
        path = page("workforce.membership", "delete", olga.memberships.get().pk)
        answer = client.post(path, {"post": "yes"}, follow=True)
        assert "Give them another owner first." in answer.content.decode()
        assert olga.memberships.exists()


class TestAccounts:
    def deed(self, user: User) -> str:
        return f"/admin/workforce/user/{user.pk}/do/password/"

    def said(self, password: str, again: str | None = None) -> dict[str, str]:
        return {"password": password, "again": password if again is None else again}

    def test_hr_gives_a_new_person_the_first_password(self, client: Client, vera, organization) -> None:
        assert client.post(self.deed(vera), self.said("a long enough phrase")).status_code == 302
        vera.refresh_from_db()
        assert vera.check_password("a long enough phrase")
        event = AuditEvent.objects.get(action="user.password_set")
        assert event.organization == organization and "phrase" not in str(event.facts())

    def test_but_no_second_one(self, client: Client, vera) -> None:
        vera.set_password("hers alone, for ever")
        vera.save(update_fields=["password"])
        assert client.get(page("workforce.user", "change", vera.pk)).context["buttons"] == []
        answer = client.post(self.deed(vera), self.said("a long enough phrase"))
        assert "has a password already" in faults(answer)["__all__"][0]
        vera.refresh_from_db()
        assert vera.check_password("hers alone, for ever")

    def test_a_superuser_may(self, superuser: Client, vera) -> None:
        vera.set_password("forgotten by its person")
        vera.save(update_fields=["password"])
        superuser.post(self.deed(vera), self.said("a long enough phrase"))
        vera.refresh_from_db()
        assert vera.check_password("a long enough phrase")

    @pytest.mark.parametrize("password", ["brief-1", "1234567890", "vera@example.com"])
    def test_a_weak_one_is_a_fault_and_not_shown_again(self, password: str, client: Client, vera) -> None:
        answer = client.post(self.deed(vera), self.said(password))
        assert list(faults(answer)) == ["password"]
        assert f'value="{password}"' not in answer.content.decode()
        vera.refresh_from_db()
        assert not vera.has_usable_password()

    def test_two_that_differ_are_a_fault(self, client: Client, vera) -> None:
        answer = client.post(self.deed(vera), self.said("a long enough phrase", "another long phrase"))
        assert faults(answer) == {"again": ["The two do not match."]}

    def test_who_belongs_elsewhere_too_is_not_for_hr_of_one_place(
        self, client: Client, vera, other_organization
    ) -> None:
        """Otherwise HR of one organisation could sign in to another as this person."""
        MembershipFactory(user=vera, organization=other_organization, role=Role.MANAGER)
        answer = client.post(self.deed(vera), self.said("a long enough phrase"))
        assert "A superuser may do this." in faults(answer)["__all__"][0]
        path = page("workforce.user", "change", vera.pk)
        assert client.get(path).status_code == 200
        assert client.post(path, {"is_staff": "on", "is_active": "on"}).status_code == 403
        vera.refresh_from_db()
        assert not vera.has_usable_password() and not vera.is_staff

    def test_a_superusers_account_is_not_for_hr(self, client: Client, organization) -> None:
        root = UserFactory(is_superuser=True, is_staff=True)
        MembershipFactory(user=root, organization=organization, role=Role.VIEWER)
        assert (
            "A superuser may" in faults(client.post(self.deed(root), self.said("a long enough phrase")))["__all__"][0]
        )
        assert client.post(page("workforce.user", "change", root.pk), {}).status_code == 403

    def test_hr_opens_the_admin_to_a_colleague(self, client: Client, alice) -> None:
        assert send(client, page("workforce.user", "change", alice.pk), is_staff="on").status_code == 302
        alice.refresh_from_db()
        assert alice.is_staff and alice.is_active
        assert AuditEvent.objects.get().action == "user.access_changed"

    def test_hr_closes_an_account(self, client: Client, vera) -> None:
        send(client, page("workforce.user", "change", vera.pk), is_active=None)
        vera.refresh_from_db()
        assert not vera.is_active

    def test_but_not_its_own(self, client: Client, hugo, alice) -> None:
        answer = send(client, page("workforce.user", "change", hugo.pk), is_active=None)
        assert "your own account" in faults(answer)["__all__"][0]
        hugo.refresh_from_db()
        assert hugo.is_active

    def test_nor_by_the_last_who_manages(self, superuser: Client, hugo) -> None:
        answer = send(superuser, page("workforce.user", "change", hugo.pk), is_active=None)
        assert "needs at least one" in faults(answer)["__all__"][0]

    def test_what_is_not_offered_cannot_be_sent(self, client: Client, vera) -> None:
        send(client, page("workforce.user", "change", vera.pk), is_superuser="on", email="x@example.com", is_staff="on")
        vera.refresh_from_db()
        assert vera.is_staff and not vera.is_superuser and vera.email == "vera@example.com"

    def test_no_password_is_shown_not_even_its_hash(self, client: Client, vera) -> None:
        vera.set_password("hers alone, for ever")
        vera.save(update_fields=["password"])
        html = client.get(page("workforce.user", "change", vera.pk)).content.decode()
        assert "argon2" not in html

    def test_people_are_not_made_or_removed_here(self, client: Client, vera) -> None:
        assert client.get(page("workforce.user", "add")).status_code == 403
        assert client.post(page("workforce.user", "delete", vera.pk), {"post": "yes"}).status_code == 403
