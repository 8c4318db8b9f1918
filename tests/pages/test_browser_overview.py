"""The Overview in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD, AgentFactory
from tests.pages.conftest import Desk
from workforce.models import Agent
from workforce.services import notices

pytestmark = pytest.mark.browser
CLOCK_IN = """
from django.utils import timezone
from scheduling.services import clock
from workforce.models import Agent
from workforce.rules.actors import system
agent = Agent.objects.get(agent_name="{name}")
clock.clock_in(organization=agent.organization_id, agent_id=agent.pk, by=system("clock"), now=timezone.now())
"""


def row(page: Page, name: str) -> Any:
    return page.locator("#rows tr", has_text=name)


def ask_now(page: Page) -> None:
    """What the page does when it is looked at again: ask at once, not in five seconds."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_one_signs_in_with_the_keyboard_and_out_again(desk: Desk, alice: Any, agent: Agent) -> None:
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    page = desk.open(path="/")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type(alice.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("The one agent is not clocked in.")
    page.get_by_label("Alice, Workforce manager").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · Punchcard")
    page.go_back()
    expect(page).to_have_title("Sign in · Punchcard")


def test_clocking_in_and_out_happens_in_place(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Clock in support-triage-01").focus()
    page.keyboard.press("Enter")
    expect(row(page, agent.agent_name).locator(".c-status")).to_have_text("Clocked in")
    expect(page.locator("h1")).to_have_text("The one agent is clocked in; none is held up.")
    expect(page.locator("#cards .is-in b")).to_have_text("1")
    expect(page.locator("#toasts .toast span")).to_have_text("support-triage-01 is clocked in.")
    assert focused(page) == f"clock-{agent.pk}"
    page.keyboard.press("Enter")
    expect(row(page, agent.agent_name).locator(".c-status")).to_have_text("No schedule")
    expect(page.locator("#cards .is-in b")).to_have_text("0")
    assert page.evaluate("window.stayed") is True


def test_what_another_process_does_shows_within_seconds(
    desk: Desk, alice: Any, agent: Agent, elsewhere: Callable[[str], None]
) -> None:
    page = desk.open(alice)
    page.locator("#search").fill("half a wor")
    page.locator("#search").evaluate("field => field.setSelectionRange(4, 4)")
    page.locator("#search").focus()
    elsewhere(CLOCK_IN.format(name=agent.agent_name))
    expect(row(page, agent.agent_name).locator(".c-status")).to_have_text("Clocked in", timeout=15_000)
    expect(page.locator("#cards .is-in b")).to_have_text("1")
    assert focused(page) == "search"
    assert page.locator("#search").input_value() == "half a wor"
    assert page.locator("#search").evaluate("field => field.selectionStart") == 4


def test_only_the_row_that_changed_is_swapped(
    desk: Desk, alice: Any, agent: Agent, organization: Any, elsewhere: Callable[[str], None]
) -> None:
    AgentFactory(organization=organization, team=agent.team, agent_name="quiet-01")
    page = desk.open(alice)
    page.evaluate("for (const row of document.querySelectorAll('#rows tr')) row.old = true")
    elsewhere(CLOCK_IN.format(name=agent.agent_name))
    ask_now(page)
    expect(row(page, agent.agent_name).locator(".c-status")).to_have_text("Clocked in")
    old = {name: row(page, name).evaluate("row => !!row.old") for name in (agent.agent_name, "quiet-01")}
    assert old == {agent.agent_name: False, "quiet-01": True}


def test_a_new_agent_appears_and_focus_stays(desk: Desk, alice: Any, agent: Agent, organization: Any) -> None:
    page = desk.open(alice)
    page.locator(f"#clock-{agent.pk}").focus()
    AgentFactory(organization=organization, team=agent.team, agent_name="new-01")
    ask_now(page)
    expect(row(page, "new-01")).to_be_visible()
    assert focused(page) == f"clock-{agent.pk}"


def test_nothing_new_is_304(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    statuses = []
    for _ in range(2):
        with page.expect_response("**/overview/live") as answer:
            ask_now(page)
        statuses.append(answer.value.status)
        answer.value.finished()
    assert statuses == [200, 304]


def test_it_does_not_ask_while_a_dialog_is_open(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/overview/live" in request.url else None)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    before = len(asked)
    ask_now(page)
    assert len(asked) == before
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    with page.expect_request("**/overview/live"):
        ask_now(page)


def test_an_unwell_agent_asks_why(desk: Desk, alice: Any, organization: Any) -> None:
    desk.expected = ["status of 409", "status of 400"]
    AgentFactory(organization=organization, current_state="degraded", agent_name="sick-01")
    page = desk.open(alice)
    button = page.get_by_role("button", name="Clock in sick-01")
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("sick-01 is degraded.")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    button.click()
    dialog.get_by_label("Reason").fill("   ")
    dialog.get_by_role("button", name="Clock in").click()
    expect(dialog.get_by_role("alert")).to_have_text("Say why this agent should clock in all the same.")
    dialog.get_by_label("Reason").fill("A customer waits")
    dialog.get_by_role("button", name="Clock in").click()
    expect(row(page, "sick-01").locator(".c-status")).to_have_text("Clocked in")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("button", name="Clock out sick-01")).to_be_focused()


def test_a_stale_button_says_so_and_the_row_is_put_right(
    desk: Desk, alice: Any, agent: Agent, elsewhere: Callable[[str], None]
) -> None:
    desk.expected = ["status of 409"]
    page = desk.open(alice)
    page.keyboard.press("?")  # keeps the page from noticing by itself
    elsewhere(CLOCK_IN.format(name=agent.agent_name))
    page.keyboard.press("Escape")
    page.evaluate(f"document.getElementById('clock-{agent.pk}').click()")
    expect(page.locator(".toast.bad span")).to_have_text(
        "support-triage-01 is already clocked in. Nothing was changed."
    )
    expect(page.get_by_role("button", name="Clock out support-triage-01")).to_be_visible()


def test_the_table_follows_the_typing(desk: Desk, alice: Any, agent: Agent, organization: Any) -> None:
    AgentFactory(organization=organization, team=agent.team, agent_name="writer-01")
    page = desk.open(alice)
    page.get_by_label("Filter agents").press_sequentially("wri", delay=30)
    expect(row(page, agent.agent_name)).to_have_count(0)
    expect(row(page, "writer-01")).to_be_visible()
    expect(page).to_have_url(f"{desk.address}/?q=wri")
    assert focused(page) == "f"
    expect(page.locator("#facts")).to_contain_text("1 agent")
    page.get_by_label("Status").select_option("clocked_out")
    expect(page.locator(".empty")).to_contain_text("No agent matches these filters.")
    expect(page).to_have_url(f"{desk.address}/?q=wri&status=clocked_out")
    page.locator("#facts").get_by_role("link", name="Clear filters").click()
    expect(page.locator("#rows tr[id^=agent-]")).to_have_count(2)


def test_notices_are_read_in_place(desk: Desk, alice: Any, agent: Agent, now: Any) -> None:
    for number in range(2):
        notices.tell(
            organization=agent.organization,
            recipients=[alice],
            kind="late",
            text=f"kb-{number} is late.",
            subject=("agent", "x", f"kb-{number}"),
            key=str(number),
            now=now,
        )
    page = desk.open(alice)
    page.get_by_role("button", name="Mark read kb-0 is late.").click()
    expect(page.locator("#need li", has_text="kb-0")).to_have_count(0)
    expect(page.locator("#need li", has_text="kb-1")).to_have_count(1)
    page.get_by_role("button", name="Mark read kb-1 is late.").click()
    expect(page.locator("#need section")).to_have_count(0)


def test_figures_grow_old_and_are_renewed(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    expect(page.locator("#asked")).to_have_text("2 s")
    with page.expect_response("**/overview/live"):
        ask_now(page)
    expect(page.locator("#asked")).to_have_text("0 s")


def test_a_session_that_ended_leads_to_sign_in(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice, "/?q=triage")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Clock in support-triage-01").click()
    expect(page).to_have_title("Sign in · Punchcard")
    expect(page.locator("input[name=next]")).to_have_value("/?q=triage")
