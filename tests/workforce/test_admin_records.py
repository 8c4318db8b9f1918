"""Records are read in the admin, never written (spec P5, U8), and leave it as CSV that nothing runs (spec U6)."""

import csv
import io
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from scheduling.models import ClockRecord
from tests.factories import AgentFactory
from tests.house.fleet import hire
from tests.support.actors import itself
from tests.support.admin import as_hr, page
from tests.support.spending import spend
from tests.support.work import claimed, give
from workforce.admin.base import CappedPaginator
from workforce.models import Agent, AuditEvent, AuditLink, Command, Notice, Presence
from workforce.models.promises import Mutability
from workforce.rules.actors import system
from workforce.services import audit, leases

pytestmark = pytest.mark.django_db

READ_ONLY = [AuditEvent, AuditLink, ClockRecord, Command, Notice, Presence]
APPEND_ONLY = [m for m in admin.site._registry if getattr(m, "mutability", None) == Mutability.APPEND_ONLY]


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


@pytest.fixture
def fleet(organization, hugo, now) -> list[Agent]:
    agents = hire(organization, count=3, owner=hugo, now=now)
    worker = AgentFactory(organization=organization, team=agents[0].team)
    give(worker, now=now)
    task = claimed(worker, now=now)
    leases.complete(organization=organization, task_id=task.pk, token=1, by=itself(worker), now=now)
    spend(agents, now=now)
    return agents


def label(model: type[Model]) -> str:
    return model._meta.label_lower


@pytest.mark.parametrize("superuser", [False, True])
@pytest.mark.parametrize("model", dict.fromkeys([*READ_ONLY, *APPEND_ONLY]), ids=label)
def test_records_are_not_added_changed_or_removed(
    model: type[Model], superuser: bool, client: Client, fleet, hugo
) -> None:
    hugo.is_superuser = superuser
    hugo.save(update_fields=["is_superuser"])
    row = model._default_manager.first()
    before = list(model._default_manager.values())
    assert client.get(page(label(model), "change", row.pk)).status_code == 200
    assert client.get(page(label(model), "add")).status_code == 403
    assert client.post(page(label(model), "add"), {}).status_code == 403
    assert client.post(page(label(model), "change", row.pk), {"reason": "x", "text": "x"}).status_code == 403
    assert client.get(page(label(model), "delete", row.pk)).status_code == 403
    assert client.post(page(label(model), "delete", row.pk), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    client.post(page(label(model)), bulk)
    assert list(model._default_manager.values()) == before


def event(organization: Any, **facts: Any) -> AuditEvent:
    return audit.record(
        organization=organization,
        **{
            "action": "agent.edited",
            "subject": ("agent", "1", "a"),
            "by": system("test"),
            "now": timezone.now(),
            **facts,
        },
    )


def test_an_event_shows_who_what_why_and_its_place_in_the_chain(client: Client, organization, agent) -> None:
    one = event(
        organization,
        subject=("agent", agent.pk, agent.agent_name),
        before={"notes": "old"},
        after={"notes": "new", "tags": ["a", "b"]},
        reason="Because.",
    )
    html = client.get(page("workforce.auditevent", "change", one.pk)).content.decode()
    for shown in ("agent.edited", "Because.", "old", "new", "a, b", page("workforce.agent", "change", agent.pk)):
        assert shown in html
    assert "not linked yet" in html
    audit.link_pending()
    link = AuditLink.objects.get()
    assert (
        page("workforce.auditlink", "change", link.pk)
        in client.get(page("workforce.auditevent", "change", one.pk)).content.decode()
    )


def test_an_event_about_something_without_a_page_is_shown_all_the_same(client: Client, organization) -> None:
    one = event(organization, subject=("sweep", "clock", "The clock"))
    assert "The clock" in client.get(page("workforce.auditevent", "change", one.pk)).content.decode()


def test_the_audit_is_filtered_by_what_it_is_about(client: Client, organization) -> None:
    event(organization, action="agent.edited")
    event(organization, action="key.issued")
    path = page("workforce.auditevent")

    def actions(query: str) -> list[str]:
        return [row.action for row in client.get(f"{path}?{query}").context["cl"].result_list]

    assert actions("about=key") == ["key.issued"]
    assert actions("about=nonsense") == ["key.issued", "agent.edited"]
    assert actions("actor_kind__exact=user") == []


def test_the_newest_come_first_and_pages_hold_fifty(client: Client, organization) -> None:
    for number in range(60):
        event(organization, reason=f"number {number}")
    shown = client.get(page("workforce.auditevent")).context["cl"].result_list
    assert len(shown) == 50
    assert shown[0].reason == "number 59"


def test_counting_stops_at_a_bound(organization, monkeypatch) -> None:
    for _ in range(7):
        event(organization)
    monkeypatch.setattr(CappedPaginator, "most", 5)
    assert CappedPaginator(AuditEvent.objects.order_by("-id"), 2).count == 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_a_formula_is_neutral_and_stays_in_its_column(text: str, client: Client, organization, pod, olga) -> None:
    AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=f'{text},"x"', model_profile="m")
    rows = exported(client, "workforce.agent", Agent.objects.all())
    assert rows[0][0] == "Agent name"
    assert all(len(row) == len(rows[0]) for row in rows)
    assert rows[1][0] == f'\'{text},"x"'


def test_cells_are_words_without_markup(client: Client, organization, pod, olga) -> None:
    olga.name = "<b>O</b> & Co"
    olga.save(update_fields=["name"])
    AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name="a", clock_status="clocked_in")
    row = dict(zip(*exported(client, "workforce.agent", Agent.objects.all()), strict=True))
    assert row["Owner"] == "<b>O</b> & Co"
    assert (row["State"], row["Clock"], row["Pod"]) == ("Ready", "Clocked in", "Support")


def exported(client: Client, model: str, rows: Any) -> list[list[str]]:
    chosen = [str(row.pk) for row in rows]
    data = {"action": "export_csv", "index": "0", "select_across": "0", "_selected_action": chosen}
    answer = client.post(page(model), data)
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "model", ["hold", "membership", "user", "auditevent"],
)  # fmt: skip
def test_other_lists_leave_as_csv_too(model: str, client: Client, fleet, organization) -> None:
    shown = client.get(page(f"workforce.{model}")).context["cl"].result_list
    rows = exported(client, f"workforce.{model}", shown)
    assert len(rows) == len(shown) + 1


def test_an_export_holds_ones_own_only(client: Client, fleet, other_organization, charlie, now) -> None:
    theirs = hire(other_organization, count=3, owner=charlie, now=now)
    rows = exported(client, "workforce.agent", [*theirs, fleet[0]])
    assert [row[0] for row in rows[1:]] == [fleet[0].agent_name]
