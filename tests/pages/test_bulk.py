"""The Overview's bar: the question names the agents, the answer says how many and why not the others (spec R9)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories import AgentFactory, TeamFactory
from tests.pages.conftest import HTMX
from tests.pages.html import parse
from workforce.models import Agent, AuditEvent
from workforce.services import bulk_actions

Reader = Callable[..., Client]
PATH = "/agents/bulk"


@pytest.fixture
def three(organization: Any, pod: Any, olga: Any) -> list[Agent]:
    return [AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=f"a-{n}") for n in range(3)]


def send(client: Client, deed: str, agents: list[Agent], path: str = PATH, **more: Any) -> Any:
    return client.post(path, {"deed": deed, "agent": [str(agent.pk) for agent in agents], **more}, headers=HTMX)


def states() -> set[str]:
    return set(Agent.objects.values_list("current_state", flat=True))


def test_rows_have_boxes_where_one_may_act(reader: Reader, alice: Any, vera: Any, three: list[Agent]) -> None:
    page = parse(reader(alice).get("/"))
    assert [box.attrs["aria-label"] for box in page.all("input", name="agent")] == [f"Select a-{n}" for n in range(3)]
    assert [button.text for button in page.one("div", class_="picks").all("button")] == [
        "Reassign owner",
        "Move pod",
        "Pause",
        "Retire",
    ]
    looking = parse(reader(vera).get("/"))
    assert not looking.all("input", name="agent") and not looking.all("div", class_="picks")


def test_an_owner_may_pause_and_retire_what_is_theirs(reader: Reader, olga: Any, three: list[Agent]) -> None:
    buttons = parse(reader(olga).get("/")).one("div", class_="picks").all("button")
    assert [button.text for button in buttons] == ["Pause", "Retire"]


@pytest.mark.parametrize(
    ("deed", "question"),
    [
        ("owner", "Reassign 3 agents"),
        ("pod", "Move 3 agents"),
        ("pause", "Pause 3 agents?"),
        ("retire", "Retire 3 agents?"),
    ],
)
def test_it_asks_first(reader: Reader, alice: Any, three: list[Agent], deed: str, question: str) -> None:
    answer = send(reader(alice), deed, three)
    dialog = parse(answer).one("dialog")
    assert (answer.status_code, dialog.one("h2").text) == (200, question)
    assert "a-0, a-1, a-2." in dialog.text
    assert [n.attrs["value"] for n in dialog.all("input", name="agent")] == [str(agent.pk) for agent in three]
    assert not AuditEvent.objects.exists()


def test_it_does_it_and_says_so(reader: Reader, alice: Any, three: list[Agent], organization: Any) -> None:
    client = reader(alice)
    growth = TeamFactory(organization=organization, name="Growth")
    for deed, typed, said in (
        ("owner", {"owner": "ALICE@example.com"}, "3 agents reassigned."),
        ("pod", {"team": str(growth.pk)}, "3 agents moved."),
        ("pause", {"reason": "Prices are wrong."}, "3 agents paused."),
        ("retire", {"reason": "Replaced."}, "3 agents retired."),
    ):
        answer = send(client, deed, three, asked="1", **typed)
        assert answer.status_code == 200
        assert said in answer["HX-Trigger"]
        assert not parse(answer).all("dialog")
    assert {(agent.owner, agent.team) for agent in Agent.objects.all()} == {(alice, growth)}
    assert states() == {"retired"}


def test_who_was_refused_is_named_with_the_reason(reader: Reader, alice: Any, three: list[Agent]) -> None:
    client = reader(alice)
    send(client, "pause", three[:1], asked="1", reason="First.")
    answer = send(client, "pause", three, asked="1", reason="All.")
    dialog = parse(answer).one("dialog")
    assert dialog.one("h2").text == "1 agent refused"
    assert "2 of 3 agents paused." in dialog.text and "2 of 3 agents paused." in answer["HX-Trigger"]
    assert [item.text for item in dialog.all("li")] == [
        "a-0 a-0 already has an active hold of this kind: paused by hand."
    ]


@pytest.mark.parametrize(
    ("deed", "typed", "says"),
    [
        ("owner", {"owner": ""}, "There is no such person or agent in this organisation."),
        ("owner", {"owner": "charlie@example.com"}, "There is no such person or agent in this organisation."),
        ("owner", {"owner": "nobody\x00"}, "There is no such person or agent in this organisation."),
        ("pod", {"team": ""}, "There is no such pod in this organisation."),
        ("pod", {"team": "Theirs"}, "There is no such pod in this organisation."),
        ("pause", {"reason": " "}, "Say why the agents may not work."),
        ("retire", {"reason": ""}, "Say why: moving an agent to retired needs a reason."),
        ("retire", {"reason": "x" * 501}, "Use at most 500 characters; this has 501."),
    ],
    ids=lambda part: ascii(part)[:30],
)
def test_what_is_missing_is_said_in_the_dialog(
    reader: Reader,
    alice: Any,
    charlie: Any,
    other_organization: Any,
    three: list[Agent],
    deed: str,
    typed: Any,
    says: str,
) -> None:
    TeamFactory(organization=other_organization, name="Theirs")
    answer = send(reader(alice), deed, three, asked="1", **typed)
    form = parse(answer).one("form")
    assert answer.status_code == 400
    assert form.one("small", class_="fault").text == says
    assert len(form.all("input", name="agent")) == 3
    assert not AuditEvent.objects.exists()


def test_everyone_that_matches(reader: Reader, alice: Any, three: list[Agent], organization: Any, pod: Any) -> None:
    AgentFactory(organization=organization, team=pod, agent_name="other")
    answer = send(reader(alice), "pause", [], path=f"{PATH}?q=a-", everyone="1")
    assert parse(answer).one("h2").text == "Pause 3 agents?"
    assert len(parse(answer).all("input", name="agent")) == 3


def test_what_cannot_be_meant(reader: Reader, alice: Any, three: list[Agent], monkeypatch: Any) -> None:
    client = reader(alice)
    assert "Choose one of" in send(client, "fire", three)["HX-Trigger"]
    assert "Select at least one agent." in send(client, "pause", [])["HX-Trigger"]
    odd = client.post(PATH, {"deed": "pause", "agent": "x"}, headers=HTMX)
    assert "One of the agents in the form is not an agent." in odd["HX-Trigger"]
    monkeypatch.setattr(bulk_actions, "MOST", 2)
    for answer in (send(client, "pause", three), send(client, "pause", [], everyone="1")):
        assert answer.status_code == 400
        assert "Select at most 2 agents at once; these are 3." in answer["HX-Trigger"]
    assert states() == {"ready"}


def test_others_agents_are_neither_named_nor_done(
    reader: Reader, alice: Any, three: list[Agent], other_organization: Any
) -> None:
    foreign = AgentFactory(organization=other_organization, agent_name="foreign-01")
    client = reader(alice)
    assert "foreign-01" not in send(client, "pause", [foreign, three[0]]).content.decode()
    assert send(client, "pause", [foreign]).status_code == 400
    answer = send(client, "pause", [foreign, three[0]], asked="1", reason="x")
    assert "There is no such agent in this organisation." in parse(answer).text
    assert "foreign-01" not in answer.content.decode()
    foreign.refresh_from_db()
    assert foreign.current_state == "ready"


def test_who_may_nothing_is_told_for_each(reader: Reader, vera: Any, three: list[Agent]) -> None:
    answer = send(reader(vera), "pause", three, asked="1", reason="x")
    assert "No agent was changed." in answer["HX-Trigger"]
    assert parse(answer).text.count("You may not do this to a-") == 3
    assert states() == {"ready"}


def test_without_a_script_there_are_pages(reader: Reader, alice: Any, three: list[Agent]) -> None:
    client = reader(alice)
    given = {"deed": "pause", "agent": [str(agent.pk) for agent in three]}
    assert parse(client.post(PATH, given)).one("h1").text == "Pause 3 agents?"
    done = client.post(PATH, {**given, "asked": "1", "reason": "x"})
    assert (done.status_code, done["Location"]) == (302, "/")
    assert "3 agents paused." in parse(client.get("/")).text
    again = client.post(PATH, {**given, "asked": "1", "reason": "x"})
    assert parse(again).one("h1").text == "3 agents refused"
    assert client.get(PATH).status_code == 405
