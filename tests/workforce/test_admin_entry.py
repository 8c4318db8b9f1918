"""Who may open the admin, and where the others are sent (spec U8, P1)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, MembershipFactory, UserFactory
from tests.support.admin import as_hr
from workforce.admin.scope import scope_of
from workforce.choices import Role
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


def test_a_stranger_is_sent_to_the_products_own_sign_in_page(client: Client) -> None:
    answer = client.get("/admin/workforce/agent/?q=x", follow=True)
    address, _ = answer.redirect_chain[-1]
    assert urlsplit(address).path == reverse("sign-in")
    assert parse_qs(urlsplit(address).query)["next"] == ["/admin/workforce/agent/?q=x"]


def test_nobody_signs_in_past_the_limits_on_guessing(client: Client, hugo) -> None:
    hugo.set_password(PASSWORD)
    hugo.save(update_fields=["password"])
    answer = client.post("/admin/login/", {"username": hugo.email, "password": PASSWORD})
    assert answer.status_code == 302 and urlsplit(answer.url).path == reverse("sign-in")
    assert "_auth_user_id" not in client.session


def test_hr_enters(client: Client, hugo) -> None:
    client.force_login(hugo)
    answer = client.get(INDEX)
    assert answer.status_code == 200
    assert "Punchcard" in answer.content.decode()


def test_a_manager_with_the_staff_flag_enters(alice) -> None:
    assert as_hr(alice).get(INDEX).status_code == 200


def test_a_manager_without_it_does_not(client: Client, alice) -> None:
    client.force_login(alice)
    assert client.get(INDEX, follow=True).status_code == 403


@pytest.mark.parametrize("who", ["lee", "olga", "vera"])
def test_leads_owners_and_viewers_do_not_enter_even_with_the_flag(who: str, request: pytest.FixtureRequest) -> None:
    client = as_hr(request.getfixturevalue(who))
    for path in (INDEX, "/admin/workforce/agent/", "/admin/autocomplete/", "/admin/password_change/"):
        assert client.get(path, follow=True).status_code == 403, path


def test_staff_without_any_membership_do_not_enter(db: None) -> None:
    client = as_hr(UserFactory())
    assert client.get(INDEX, follow=True).status_code == 403


def test_a_superuser_enters_without_membership(client: Client) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get(INDEX).status_code == 200


def test_a_closed_account_is_out_at_once(client: Client, hugo) -> None:
    client.force_login(hugo)
    hugo.is_active = False
    hugo.save(update_fields=["is_active"])
    assert client.get(INDEX).status_code == 302


def test_losing_the_role_closes_the_admin_at_once(client: Client, hugo) -> None:
    client.force_login(hugo)
    hugo.memberships.update(role=Role.VIEWER)
    assert client.get(INDEX, follow=True).status_code == 403


def test_signing_out_is_the_products(client: Client, hugo) -> None:
    client.force_login(hugo)
    assert f'action="{reverse("sign-out")}"' in client.get(INDEX).content.decode()


def test_the_first_page_shows_recent_changes_of_ones_own_organisations(
    client: Client, hugo, organization, other_organization
) -> None:
    for place, label in ((organization, "ours-17"), (other_organization, "theirs-17")):
        AuditEvent.objects.create(
            organization=place, actor_kind="user", actor_id="1", actor_label="A", action="agent.edited",
            subject_kind="agent", subject_id="1", subject_label=label,
        )  # fmt: skip
    client.force_login(hugo)
    html = client.get(INDEX).content.decode()
    assert "ours-17" in html and "theirs-17" not in html


def test_permission_groups_have_no_page(client: Client) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get("/admin/auth/group/").status_code == 404


def test_the_redirector_that_tells_whether_ids_exist_is_gone(client: Client, hugo, agent) -> None:
    client.force_login(hugo)
    assert client.get(f"/admin/r/1/{agent.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/admin/", "/admin/workforce/agent/add/"])
def test_nobody_may_store_its_pages(path: str, client: Client, hugo) -> None:
    client.force_login(hugo)
    assert "no-store" in client.get(path)["Cache-Control"]


def test_a_scope_is_nothing_for_strangers_some_for_hr_all_for_superusers(rf, hugo, organization) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    assert scope_of(request) == frozenset()
    request.user = hugo
    assert scope_of(request) == {organization.pk}
    request.user = UserFactory(is_staff=True, is_superuser=True)
    assert scope_of(request) is None


def test_only_the_organisations_where_one_is_hr_or_manager_count(rf, hugo, organization, other_organization) -> None:
    MembershipFactory(user=hugo, organization=other_organization, role=Role.LEAD)
    request = rf.get("/")
    request.user = hugo
    assert scope_of(request) == {organization.pk}
