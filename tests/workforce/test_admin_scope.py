"""HR of one organisation sees and touches nothing of another (spec P1)."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from scheduling.models import Shift, WorkSchedule
from tests.factories import AgentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.house.fleet import hire
from tests.support.actors import itself
from tests.support.admin import as_hr, faults, page, send
from tests.support.spending import spend
from tests.support.work import claimed, give
from workforce.choices import Role
from workforce.models import Agent, ApiKey, AuditEvent, Hold, Membership, Organization, User
from workforce.services import leases

pytestmark = pytest.mark.django_db

OURS = {"workforce", "budgets", "scheduling", "heartbeats"}
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in OURS), key=lambda model: model._meta.label
)


def label(model: type[Model]) -> str:
    return model._meta.label_lower


@pytest.fixture
def theirs(other_organization, charlie, now) -> list[Agent]:
    """A fleet of the other organisation, with a row of every kind."""
    agents = hire(other_organization, count=3, owner=charlie, now=now)
    worker = AgentFactory(organization=other_organization, team=agents[0].team)
    give(worker, now=now)
    task = claimed(worker, now=now)
    leases.complete(
        organization=other_organization, task_id=task.pk, token=task.lease_token, by=itself(worker), now=now
    )
    spend(agents, now=now)
    return agents


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


@pytest.fixture
def superuser(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def row_of(model: type[Model], organization: Organization) -> Any:
    admin_class = admin.site.get_model_admin(model)
    if model is Organization:
        return organization
    return model._default_manager.filter(**{admin_class.scope_path: organization}).first()  # type: ignore[attr-defined]


def test_every_entity_has_its_page() -> None:
    assert {model._meta.label for model in MODELS} == {
        *(f"workforce.{name}" for name in (
            "Organization", "User", "Membership", "Team", "Agent", "Presence", "Hold", "Command", "ApiKey", "Notice",
            "AuditEvent", "AuditLink", "Task", "WorkReport", "Workstream", "Assignment",
        )),
        *(f"budgets.{name}" for name in (
            "Caps", "Price", "SpendPolicy", "CreditAccount", "CreditEntry", "Usage", "UsageDay", "Reservation",
            "CapMark", "CapApproval", "BurnAnomaly",
        )),
        "scheduling.WorkSchedule",
        "scheduling.ClockRecord",
        "scheduling.Leave",
        "heartbeats.Heartbeat",
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_lists_hold_nothing_of_another_organisation(
    model: type[Model], client: Client, theirs, other_organization
) -> None:
    row = row_of(model, other_organization)
    assert row is not None, "the fleet lacks a row of this kind"
    answer = client.get(page(label(model)))
    assert answer.status_code == 200
    assert row.pk not in [shown.pk for shown in answer.context["cl"].result_list]
    assert page(label(model), "change", row.pk) not in answer.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_pages_of_its_rows_are_not_there(model: type[Model], client: Client, theirs, other_organization) -> None:
    row = row_of(model, other_organization)
    for name in ("change", "delete", "history"):
        answer = client.get(page(label(model), name, row.pk))
        assert answer.status_code in (403, 404), name
        posted = client.post(page(label(model), name, row.pk), {"post": "yes"})
        assert posted.status_code in (403, 404, 405), name
    assert type(row)._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_its_rows_exist_for_its_own_hr(model: type[Model], theirs, charlie, other_organization) -> None:
    """What the tests above refuse is really there to be seen."""
    row = row_of(model, other_organization)
    answer = as_hr(charlie).get(page(label(model), "change", row.pk))
    assert answer.status_code == 200


@pytest.mark.parametrize("deed", ["move/paused", "hold", "release/manual", "key", "clock-in", "clock-out"])
def test_buttons_of_its_agents_do_nothing(deed: str, client: Client, theirs) -> None:
    path = f"/admin/workforce/agent/{theirs[0].pk}/do/{deed}/"
    assert client.get(path).status_code == 404
    assert client.post(path, {"reason": "x", "kind": "manual", "key_name": "x"}).status_code == 404
    assert not AuditEvent.objects.filter(actor_label="Hugo").exists()


def test_its_keys_cannot_be_revoked(client: Client, theirs, other_organization) -> None:
    key = ApiKey.objects.filter(organization=other_organization).first()
    assert client.post(f"/admin/workforce/apikey/{key.pk}/do/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_bulk_actions_pass_over_its_agents(client: Client, theirs, agent) -> None:
    chosen = [str(theirs[0].pk), str(agent.pk)]
    data = {"action": "pause", "apply": "1", "_selected_action": chosen, "reason": "Checked."}
    answer = client.post(page("workforce.agent"), data)
    assert answer.status_code == 200
    assert [result.row.pk for result in answer.context["results"]] == [agent.pk]
    assert not Hold.objects.filter(agent=theirs[0], kind="manual").exists()


@pytest.mark.parametrize(
    ("app", "model", "field"),
    [
        ("workforce", "agent", "owner_user"),
        ("workforce", "agent", "owner_agent"),
        ("workforce", "agent", "team"),
        ("workforce", "hold", "agent"),
        ("workforce", "apikey", "agent"),
        ("workforce", "team", "lead_agent"),
        ("scheduling", "workschedule", "agent"),
        ("workforce", "agent", "organization"),
    ],
)
def test_proposals_are_ones_own(app: str, model: str, field: str, client: Client, theirs, agent) -> None:
    asked = {"app_label": app, "model_name": model, "field_name": field}
    answer = client.get(reverse("admin:autocomplete"), asked)
    assert answer.status_code == 200
    proposed = {result["id"] for result in answer.json()["results"]}
    assert proposed
    related = apps.get_model(app, model)._meta.get_field(field).related_model
    everyone = {str(row.pk) for row in related._default_manager.all()}
    assert everyone - proposed, "the other organisation has such rows"
    for one in related._default_manager.filter(pk__in=proposed):
        assert admin.site.get_model_admin(related).get_queryset(answer.wsgi_request).filter(pk=one.pk).exists()
    assert not proposed & {str(one.pk) for one in theirs}


def test_filters_do_not_name_its_pods(client: Client, theirs, pod) -> None:
    html = client.get(page("workforce.agent")).content.decode()
    assert "By pod" not in html or str(theirs[0].team_id) not in html
    TeamFactory(organization=pod.organization, name="Second pod")
    html = client.get(page("workforce.agent")).content.decode()
    assert "Second pod" in html and str(theirs[0].team_id) not in html


@pytest.mark.parametrize("field", ["team", "owner_user", "owner_agent"])
def test_its_rows_cannot_be_chosen_in_a_form(field: str, client: Client, theirs, agent, charlie) -> None:
    foreign = {"team": theirs[0].team_id, "owner_user": charlie.pk, "owner_agent": theirs[0].pk}[field]
    changes = {field: str(foreign)} | ({"owner_user": None} if field == "owner_agent" else {})
    answer = send(client, page("workforce.agent", "change", agent.pk), **changes)
    assert field in faults(answer)
    assert str(theirs[0].team.name) not in answer.content.decode()
    assert not AuditEvent.objects.filter(subject_id=str(agent.pk)).exists()


def test_an_address_cannot_propose_its_rows(client: Client, theirs) -> None:
    html = client.get(page("workforce.apikey", "add") + f"?agent={theirs[0].pk}").content.decode()
    assert theirs[0].agent_name not in html


@pytest.mark.parametrize("value", ["nonsense", "", "0", "'; drop"])
def test_an_address_cannot_propose_nonsense(value: str, client: Client) -> None:
    assert client.get(page("workforce.apikey", "add"), {"agent": value}).status_code == 200


@pytest.mark.parametrize("object_id", ["nonsense", "1", "0199a0b2-0000-7000-8000-000000000000", "a_5Fb"])
def test_ids_that_are_nobodys_are_not_there(object_id: str, client: Client) -> None:
    assert client.get(f"/admin/workforce/agent/{object_id}/change/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "password__startswith=a",
        "password=x",
        "owner_user__password__startswith=a",
        "digest__startswith=a",
        "api_keys__digest__startswith=a",
        "memberships__user__password__contains=a",
        "organization__api_keys__digest__startswith=a",
    ],
)
@pytest.mark.parametrize("model", ["user", "apikey", "agent", "membership", "organization"])
def test_secrets_cannot_be_guessed_letter_by_letter(model: str, query: str, client: Client, agent) -> None:
    answer = client.get(f"{page(f'workforce.{model}')}?{query}")
    assert answer.status_code in (302, 400)
    assert answer.status_code == 400 or answer.url.endswith("?e=1")


def test_people_are_those_of_ones_organisations(client: Client, hugo, charlie) -> None:
    shown = {user.pk for user in client.get(page("workforce.user")).context["cl"].result_list}
    assert hugo.pk in shown and charlie.pk not in shown


def test_a_persons_other_organisations_stay_unnamed(client: Client, charlie, organization, other_organization) -> None:
    MembershipFactory(user=charlie, organization=organization, role=Role.VIEWER)
    html = client.get(page("workforce.user", "change", charlie.pk)).content.decode()
    assert organization.name in html and other_organization.name not in html


def test_hr_of_two_organisations_sees_both_and_is_told_which(hugo, theirs, agent, other_organization) -> None:
    MembershipFactory(user=hugo, organization=other_organization, role=Role.HR)
    client = as_hr(hugo)
    answer = client.get(page("workforce.agent"))
    shown = {row.pk for row in answer.context["cl"].result_list}
    assert {agent.pk, theirs[0].pk} <= shown
    assert "By organization" in answer.content.decode()
    asked = {"app_label": "workforce", "model_name": "hold", "field_name": "agent"}
    texts = [result["text"] for result in client.get(reverse("admin:autocomplete"), asked).json()["results"]]
    assert f"{agent.agent_name} ({agent.organization.name})" in texts


def test_a_role_that_only_looks_opens_nothing_there(hugo, theirs, other_organization) -> None:
    MembershipFactory(user=hugo, organization=other_organization, role=Role.VIEWER)
    client = as_hr(hugo)
    assert client.get(page("workforce.agent", "change", theirs[0].pk)).status_code == 404
    assert client.get(page("workforce.organization", "change", other_organization.pk)).status_code == 404


def test_a_superuser_sees_all(superuser: Client, theirs, agent) -> None:
    shown = {row.pk for row in superuser.get(page("workforce.agent")).context["cl"].result_list}
    assert {agent.pk, theirs[0].pk} <= shown


def test_hours_cannot_be_given_to_its_agents(client: Client, theirs) -> None:
    before = WorkSchedule.objects.count(), Shift.objects.count()
    unscheduled = AgentFactory(organization=theirs[0].organization, team=theirs[0].team)
    answer = send(
        client,
        page("scheduling.workschedule", "add"),
        agent=str(unscheduled.pk),
        time_zone="UTC",
        **{"shifts-0-days": ["mon"], "shifts-0-start": "09:00", "shifts-0-end": "17:00"},
    )
    assert "agent" in faults(answer)
    assert (WorkSchedule.objects.count(), Shift.objects.count()) == before


def test_a_person_is_never_added_to_it(client: Client, other_organization) -> None:
    answer = send(
        client,
        page("workforce.membership", "add"),
        organization=str(other_organization.pk),
        email="new@example.com",
        name="New",
        role="viewer",
    )
    assert "organization" in faults(answer)
    assert not User.objects.filter(email="new@example.com").exists()
    assert not Membership.objects.filter(organization=other_organization, user__email="new@example.com").exists()
