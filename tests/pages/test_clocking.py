"""The two buttons."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from scheduling.models import ClockRecord
from tests.factories import AgentFactory
from tests.pages.conftest import HTMX
from tests.pages.html import parse, rows_of

Reader = Callable[..., Client]


def press(client: Client, agent: Any, verb: str = "clock-in", **fields: str) -> Any:
    return client.post(f"/agents/{agent.pk}/{verb}", fields, headers=HTMX)


def toast(answer: Any) -> tuple[str, bool]:
    said = json.loads(answer["HX-Trigger"])["toast"]
    return said["text"], said["bad"]


def test_clocking_in_answers_with_the_row_the_cards_and_a_toast(reader: Reader, alice: Any, agent: Any) -> None:
    answer = press(reader(alice), agent)
    assert answer.status_code == 200
    parts = parse(answer)
    row = rows_of(parts)[agent.agent_name]
    assert row.attrs["hx-swap-oob"] == "true"
    assert "Clocked in" in row.text
    assert row.one("button").attrs["hx-post"] == f"/agents/{agent.pk}/clock-out"
    assert parts.one("h1", id="headline").text == "The one agent is clocked in; none is held up."
    assert parts.one("div", id="cards").attrs["hx-swap-oob"] == "true"
    assert toast(answer) == (f"{agent.agent_name} is clocked in.", False)
    record = ClockRecord.objects.get()
    assert (record.event, record.triggered_by, record.agent_id) == ("clocked_in", "Alice", agent.pk)


def test_and_out_again(reader: Reader, olga: Any, agent: Any) -> None:
    client = reader(olga)
    press(client, agent)
    answer = press(client, agent, "clock-out")
    assert toast(answer) == (f"{agent.agent_name} is clocked out.", False)
    assert "No schedule" in rows_of(parse(answer))[agent.agent_name].text
    assert [r.event for r in ClockRecord.objects.order_by("id")] == ["clocked_in", "clocked_out"]


def test_twice_says_so_and_shows_the_row_as_it_is(reader: Reader, alice: Any, agent: Any) -> None:
    client = reader(alice)
    press(client, agent)
    answer = press(client, agent)
    assert answer.status_code == 409
    assert toast(answer) == (f"{agent.agent_name} is already clocked in. Nothing was changed.", True)
    assert "Clock out" in rows_of(parse(answer))[agent.agent_name].text
    assert ClockRecord.objects.count() == 1


def test_not_ones_own_agent_is_refused(reader: Reader, vera: Any, agent: Any) -> None:
    answer = press(reader(vera), agent)
    assert answer.status_code == 403
    text, bad = toast(answer)
    assert bad
    assert text.startswith(f"You may not do this to {agent.agent_name}.")
    assert not ClockRecord.objects.exists()


def test_a_foreign_agent_is_not_there(reader: Reader, alice: Any, other_organization: Any) -> None:
    answer = press(reader(alice), AgentFactory(organization=other_organization))
    assert answer.status_code == 404
    assert toast(answer) == ("There is no such agent in this organisation.", True)
    assert not ClockRecord.objects.exists()


@pytest.mark.parametrize("state", ["registered", "retired", "archived"])
def test_some_states_do_not_clock_in(reader: Reader, alice: Any, organization: Any, state: str) -> None:
    agent = AgentFactory(organization=organization, current_state=state, agent_name="one")
    answer = press(reader(alice), agent)
    assert answer.status_code == 409
    assert f"one is {state} and cannot clock in." in toast(answer)[0]
    assert not rows_of(parse(answer))["one"].all("button")


@pytest.mark.parametrize("state", ["degraded", "escalated"])
def test_an_unwell_agent_asks_for_a_reason_in_a_dialog(
    reader: Reader, alice: Any, organization: Any, state: str
) -> None:
    agent = AgentFactory(organization=organization, current_state=state, agent_name="sick-01")
    client = reader(alice)
    answer = press(client, agent)
    assert answer.status_code == 409
    dialog = parse(answer).one("div", id="dialogs").one("dialog")
    assert dialog.one("h2").text == "Clock in sick-01 all the same?"
    assert f"sick-01 is {state}." in dialog.one("p").text
    assert "HX-Trigger" not in answer.headers
    form = {node.attrs["name"]: node.attrs.get("value", "") for node in dialog.all("input") if "name" in node.attrs}
    forced = press(client, agent, reason="A customer waits", force=form["force"])
    assert forced.status_code == 200
    assert not parse(forced).one("div", id="dialogs").all("dialog")
    assert ClockRecord.objects.get().reason == "A customer waits"


def test_the_dialog_stays_until_there_is_a_reason(reader: Reader, alice: Any, organization: Any) -> None:
    agent = AgentFactory(organization=organization, current_state="degraded")
    answer = press(reader(alice), agent, reason="   ", force="1")
    assert answer.status_code == 400
    dialog = parse(answer).one("dialog")
    assert dialog.one("small", class_="fault").text == "Say why this agent should clock in all the same."
    assert not ClockRecord.objects.exists()


def test_a_reason_that_is_too_long_stays_in_the_dialog(reader: Reader, alice: Any, organization: Any) -> None:
    agent = AgentFactory(organization=organization, current_state="degraded")
    answer = press(reader(alice), agent, reason="x" * 501, force="1")
    assert answer.status_code == 400
    dialog = parse(answer).one("dialog")
    assert dialog.one("small", class_="fault").text
    assert dialog.one("textarea").text == "x" * 501


def test_it_works_without_a_script(reader: Reader, alice: Any, agent: Any, organization: Any) -> None:
    client = reader(alice)
    answer = client.post(f"/agents/{agent.pk}/clock-in", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert parse(answer).one("div", class_="toast").one("span").text == f"{agent.agent_name} is clocked in."
    refused = client.post(f"/agents/{agent.pk}/clock-in")
    assert refused.status_code == 409
    assert "is already clocked in. Nothing was changed." in parse(refused).one("main").text
    sick = AgentFactory(organization=organization, current_state="degraded", agent_name="sick-01")
    page = client.post(f"/agents/{sick.pk}/clock-in")
    assert page.status_code == 409
    assert parse(page).one("main").one("textarea", name="reason")


def test_buttons_only_take_posts(reader: Reader, alice: Any, agent: Any) -> None:
    for verb in ("clock-in", "clock-out"):
        assert reader(alice).get(f"/agents/{agent.pk}/{verb}").status_code == 405


def test_a_post_without_its_token_is_refused(reader: Reader, alice: Any, agent: Any) -> None:
    strict = reader(alice, enforce_csrf_checks=True)
    answer = press(strict, agent)
    assert answer.status_code == 403
    assert "Load it again" in toast(answer)[0]
    assert not ClockRecord.objects.exists()
