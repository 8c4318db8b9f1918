"""The import page: looked at first, every bad line named, the text kept, then all or none (spec R9)."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import AgentFactory, MembershipFactory, TeamFactory, UserFactory
from tests.pages.html import parse
from tests.support.admin import fields_of
from tests.workforce.test_roster_import import line, sheet
from workforce.choices import Role
from workforce.models import Agent, AuditEvent
from workforce.rules.roster_csv import COLUMNS
from workforce.views import roster_file

Reader = Callable[..., Client]
PATH = "/agents/import"


@pytest.fixture
def client(reader: Reader, alice: Any, pod: Any, olga: Any) -> Client:
    return reader(alice)


def fields(answer: Any) -> dict[str, str]:
    """What the form would send back, as browsers do: line ends of forms."""
    given = fields_of(answer.content.decode())
    return {"seal": given["seal"][0], "text": given["text"][0].replace("\n", "\r\n")}


def check(client: Client, text: str) -> Any:
    return client.post(PATH, {"text": text, "check": "1"})


def meant(client: Client, checked: Any, **changes: str) -> Any:
    return client.post(PATH, {**fields(checked), "import": "1", **changes})


def named(answer: Any) -> list[list[str]]:
    return [[cell.text.strip() for cell in row.all("td")] for row in parse(answer).all("tr")[1:]]


def test_the_empty_page_says_what_it_is(client: Client) -> None:
    page = parse(client.get(PATH))
    assert page.one("h1").text == "Import agents"
    assert not page.all("table")
    assert "agent_name, agent_type, capability_tags" in page.text


def test_what_is_good_is_counted_then_imported(client: Client) -> None:
    checked = check(client, sheet(line("a"), line("b", owner="a")))
    assert checked.status_code == 200
    assert parse(checked).one("h1").text == "2 agents ready to import"
    assert not Agent.objects.exists()
    done = meant(client, checked)
    assert (done.status_code, done["Location"]) == (302, "/")
    assert (
        "2 agents imported. They are registered: give them hours, then make them ready." in parse(client.get("/")).text
    )
    assert AuditEvent.objects.filter(action="agent.created", actor_label="Alice").count() == 2


def test_every_bad_line_is_named_and_the_text_is_kept(client: Client) -> None:
    text = sheet(line("a"), line("b", team="Nowhere", owner="nobody"), line("<b>x</b>" * 12))
    checked = check(client, text)
    page = parse(checked)
    assert page.one("h1").text == "1 of 3 lines can be imported"
    assert named(checked) == [
        ["3", "team", "There is no such pod in this organisation."],
        ["3", "owner", "There is no such person or agent in this organisation."],
        ["4", "agent_name", "Use at most 80 characters; this has 96."],
    ]
    assert fields(checked)["text"].replace("\r", "") == text
    assert not [button for button in page.all("button") if button.attrs.get("name") == "import"]
    assert "<b>x</b>" not in checked.content.decode()


def test_it_is_not_imported_while_a_line_is_bad(client: Client) -> None:
    checked = check(client, sheet(line("a"), line("b", team="Nowhere")))
    answer = meant(client, checked)
    assert answer.status_code == 400
    assert named(answer) == [["3", "team", "There is no such pod in this organisation."]]
    assert not Agent.objects.exists()


def test_what_was_changed_after_the_check_is_checked_again(client: Client) -> None:
    checked = check(client, sheet(line("a")))
    answer = meant(client, checked, text=sheet(line("a"), line("b")))
    assert answer.status_code == 200
    assert parse(answer).one("h1").text == "2 agents ready to import"
    assert not Agent.objects.exists()


def test_what_changed_elsewhere_since_the_check_is_named(client: Client, organization: Any, pod: Any) -> None:
    checked = check(client, sheet(line("a")))
    AgentFactory(organization=organization, team=pod, agent_name="a")
    answer = meant(client, checked)
    assert answer.status_code == 400
    assert named(answer) == [["2", "agent_name", "There is already an agent called a."]]
    assert Agent.objects.count() == 1


def test_pressed_twice_it_imports_once(client: Client) -> None:
    checked = check(client, sheet(line("a")))
    assert [meant(client, checked).status_code for _ in range(2)] == [302, 400]
    assert Agent.objects.count() == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_may_be_chosen(client: Client, end: str) -> None:
    raw = ("\ufeff" + sheet(line("ä"))).replace("\n", end).encode()
    checked = client.post(PATH, {"file": SimpleUploadedFile("agents.csv", raw), "check": "1"})
    assert parse(checked).one("h1").text == "1 agent ready to import"
    assert meant(client, checked).status_code == 302
    assert Agent.objects.get().agent_name == "ä"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("Jörg".encode("latin-1"), "The file is not UTF-8 text."),
        (b"x" * 800_001, "The file is larger than 800 kB."),
    ],
    ids=["latin-1", "large"],
)
def test_a_file_that_cannot_be_taken(client: Client, raw: bytes, says: str) -> None:
    answer = client.post(PATH, {"file": SimpleUploadedFile("agents.csv", raw), "check": "1"})
    assert answer.status_code == 400
    assert says in parse(answer).text


def test_nothing_is_a_fault_too(client: Client) -> None:
    answer = check(client, "")
    assert parse(answer).one("h1").text == "Nothing can be imported yet"
    assert "There is nothing in it." in parse(answer).text


def test_of_very_many_faults_all_lines_are_named(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(roster_file, "MOST_SHOWN", 2)
    answer = check(client, sheet(*(line(f"a{n}", team="x") for n in range(6)), line("b"), line("c", team="x")))
    assert len(named(answer)) == 2
    assert "There are faults in further lines: 4-7, 9." in parse(answer).text


def test_who_may_open_it(
    reader: Reader, organization: Any, hugo: Any, lee: Any, vera: Any, pod: Any, olga: Any
) -> None:
    idle = MembershipFactory(organization=organization, user=UserFactory(), role=Role.LEAD).user
    for person, status in ((hugo, 200), (lee, 200), (vera, 403), (olga, 403), (idle, 403)):
        reading = reader(person)
        assert reading.get(PATH).status_code == status
        assert check(reading, sheet(line("a"))).status_code == status
        assert reading.get("/agents/roster.csv").status_code == status
    TeamFactory(organization=organization, name="Growth")
    assert named(check(reader(lee), sheet(line("a", team="Growth")))) == [
        ["2", "team", "You may hire only into the pods you lead."]
    ]


def downloaded(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_template_and_example(client: Client) -> None:
    assert downloaded(client.get("/agents/import/template.csv")) == [list(COLUMNS)]
    example = client.get("/agents/import/template.csv?example")
    assert 'filename="punchcard-agents-example.csv"' in example["Content-Disposition"]
    assert len(downloaded(example)) == 3


def test_the_roster_comes_as_import_takes_it(client: Client, agent: Any, other_organization: Any) -> None:
    AgentFactory(organization=other_organization)
    AgentFactory(organization=agent.organization, team=agent.team, current_state="retired")
    head, *lines = downloaded(client.get("/agents/roster.csv"))
    (told,) = (dict(zip(head, cells, strict=True)) for cells in lines)
    assert told["agent_name"] == agent.agent_name
    assert (told["owner"], told["team"], told["capability_tags"]) == ("olga@example.com", "Support", "web_research")


def test_the_overview_leads_there(reader: Reader, alice: Any, vera: Any, agent: Any) -> None:
    links = [a.attrs.get("href") for a in parse(reader(alice).get("/")).all("a")]
    assert PATH in links
    assert PATH not in [a.attrs.get("href") for a in parse(reader(vera).get("/")).all("a")]
