"""The roster as a file in the admin: taken out, looked at, taken in (spec R9, U8)."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import AgentFactory, MembershipFactory, TeamFactory
from tests.support.admin import as_hr, fields_of, page
from tests.workforce.test_roster_import import line, sheet
from workforce.choices import Role
from workforce.models import Agent, AuditEvent
from workforce.rules.roster_csv import COLUMNS

pytestmark = pytest.mark.django_db
PATH = "/admin/workforce/agent/import/"
LIST = page("workforce.agent")


@pytest.fixture
def client(hugo: Any, pod: Any, olga: Any) -> Client:
    return as_hr(hugo)


def check(client: Client, text: str, **more: str) -> Any:
    return client.post(PATH, {"text": text, "check": "Check", **more})


def meant(client: Client, checked: Any, **changes: Any) -> Any:
    return client.post(PATH, {**fields_of(checked.content.decode()), "import": "1", **changes})


def faults(answer: Any) -> list[tuple[int, str, str]]:
    assert answer.status_code == 200
    return [(fault.line, fault.field, fault.sentence) for fault in answer.context["faults"]]


def test_the_list_leads_there(client: Client) -> None:
    assert f'href="{PATH}"' in client.get(LIST).content.decode()
    assert client.get(PATH).status_code == 200


def test_it_is_looked_at_then_imported(client: Client) -> None:
    checked = check(client, sheet(line("a"), line("b", owner="a")))
    assert "2 agents ready to import. Nothing is written yet." in checked.content.decode()
    assert not Agent.objects.exists()
    assert meant(client, checked)["Location"] == LIST
    assert "2 agents imported." in client.get(LIST).content.decode()
    assert AuditEvent.objects.filter(action="agent.created", actor_label="Hugo").count() == 2


def test_bad_lines_are_named_and_nothing_is_written(client: Client) -> None:
    text = sheet(line("a"), line("b", team="<script>"))
    checked = check(client, text)
    assert faults(checked) == [(3, "team", "There is no such pod in this organisation.")]
    assert fields_of(checked.content.decode())["text"] == [text]
    assert "<script>" not in checked.content.decode().split("id_text")[1]
    assert faults(meant(client, checked)) == faults(checked)
    assert not Agent.objects.exists()


def test_what_was_changed_after_the_check_is_checked_again(client: Client) -> None:
    checked = check(client, sheet(line("a")))
    again = meant(client, checked, text=[sheet(line("b"))])
    assert (again.status_code, Agent.objects.count()) == (200, 0)


def test_a_file_that_cannot_be_taken(client: Client) -> None:
    answer = client.post(PATH, {"file": SimpleUploadedFile("a.csv", b"\xff\xfe"), "check": "1"})
    assert "The file is not UTF-8 text." in answer.content.decode()


def test_it_goes_where_one_says_and_nowhere_else(
    client: Client, hugo: Any, organization: Any, other_organization: Any
) -> None:
    TeamFactory(organization=other_organization, name="Theirs")
    text = sheet(line("a", team="Theirs", owner="hugo@example.com"))
    assert check(client, text, organization=str(other_organization.pk)).status_code == 404
    assert check(client, text, organization="nonsense").status_code == 404
    MembershipFactory(organization=other_organization, user=hugo, role=Role.HR)
    checked = check(client, text, organization=str(other_organization.pk))
    assert meant(client, checked).status_code == 302
    assert Agent.objects.get().organization == other_organization


def test_who_may_not_enter_the_admin_may_not_import_there(vera: Any, lee: Any) -> None:
    for person in (vera, lee):
        assert as_hr(person).get(PATH).status_code in (302, 403)


def test_it_exports_as_import_takes_it(client: Client, organization: Any, pod: Any, olga: Any) -> None:
    for name in ("b", "=a"):
        AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=name)
    chosen = [str(pk) for pk in Agent.objects.values_list("pk", flat=True)]
    answer = client.post(LIST, {"action": "export_roster", "_selected_action": chosen})
    head, *lines = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert head == list(COLUMNS)
    assert [cells[0] for cells in lines] == ["'=a", "b"]
    assert {cells[COLUMNS.index("owner")] for cells in lines} == {"olga@example.com"}
