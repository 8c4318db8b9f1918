"""Budgets in a real browser: the dialog, with the keyboard alone. What axe says of it: ``test_browser_axe``."""

from typing import Any

import pytest
from playwright.sync_api import expect

from budgets.models import Caps
from tests.factories import AgentFactory
from tests.pages.conftest import Desk
from workforce.models import Agent

pytestmark = pytest.mark.browser


@pytest.fixture
def capped(agent: Agent) -> Agent:
    """An agent with caps beside one without."""
    Caps.objects.create(agent=agent, daily_tokens=300_000, annual_tokens=0)
    AgentFactory(organization=agent.organization, team=agent.team, agent_name="writer-01")
    return agent


def test_caps_are_edited_in_a_dialog_with_the_keyboard_alone(desk: Desk, alice: Any, capped: Agent) -> None:
    page = desk.open(alice, "/budgets")
    page.evaluate("window.stayed = true")
    button = page.get_by_role("link", name="Edit Caps of support-triage-01")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Caps of support-triage-01")
    expect(dialog.get_by_label("Daily Token Cap")).to_be_focused()
    desk.expected.append("400")
    page.keyboard.press("Control+A")
    page.keyboard.type("1,5")
    page.keyboard.press("Tab")
    page.keyboard.type("2 000 000")
    page.keyboard.press("Enter")
    expect(dialog.locator(".fault")).to_have_text("Give whole tokens, 0 or more, or leave it empty for no cap.")
    expect(dialog.get_by_label("Weekly Token Cap")).to_have_value("2 000 000")
    dialog.get_by_label("Daily Token Cap").fill("")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Token caps of support-triage-01 saved.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(f"#caps-{capped.pk} dd")).to_have_text(
        ["No cap", "2,000,000 tokens", "No cap", "0 tokens: nothing may be spent"]
    )
    expect(button).to_be_focused()
    assert page.evaluate("window.stayed")
    assert Caps.objects.get(agent=capped).weekly_tokens == 2_000_000


def test_the_filters_go_into_the_address(desk: Desk, alice: Any, capped: Agent) -> None:
    page = desk.open(alice, "/budgets")
    page.get_by_label("Caps", exact=True).select_option("No caps set")
    expect(page.locator("article b")).to_have_text(["writer-01"])
    expect(page).to_have_url(f"{desk.address}/budgets?caps=none")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("article b")).to_have_text(["support-triage-01", "writer-01"])


def test_it_works_without_a_script(desk: Desk, alice: Any, capped: Agent) -> None:
    page = desk.open(alice, "/budgets?q=triage", java_script_enabled=False)
    page.get_by_role("link", name="Edit Caps of support-triage-01").click()
    page.get_by_label("Monthly Token Cap").fill("7")
    page.get_by_role("button", name="Save caps").click()
    expect(page.locator(f"#caps-{capped.pk}")).to_contain_text("7 tokens")
