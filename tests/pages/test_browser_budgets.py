"""Budgets in a real browser: dialogs by the keyboard alone, a page that stays current. Axe: ``test_browser_axe``."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from budgets.models import CapApproval, Caps
from budgets.services import limits
from tests.factories import AgentFactory
from tests.pages.conftest import Desk
from tests.pages.spend import UNPRICED, cap, prices, spend
from workforce.models import Agent

pytestmark = pytest.mark.browser


@pytest.fixture
def capped(agent: Agent) -> Agent:
    """An agent with caps beside one without."""
    cap(agent, daily_tokens=300_000, annual_tokens=0)
    AgentFactory(organization=agent.organization, team=agent.team, agent_name="writer-01")
    return agent


@pytest.fixture
def paused(agent: Agent) -> Agent:
    """Used 306 k of 300 k tokens and is held."""
    now = timezone.now()
    prices(agent.organization, now)
    Agent.objects.filter(pk=agent.pk).update(current_state="ready", cost_budget_daily=Decimal(400))
    cap(agent, daily_tokens=300_000, on_cap="pause")
    spend(agent, 306_000, now=now)
    limits.act(organization=agent.organization, agent_id=agent.pk, now=now)
    AgentFactory(organization=agent.organization, team=agent.team, agent_name="writer-01")
    return agent


def poll(page: Page) -> None:
    """Ask now what the page asks every few seconds."""
    page.evaluate("htmx.trigger('#live', 'poll')")


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
    page.keyboard.type("12.345678")
    page.keyboard.press("Tab")
    page.keyboard.type("2 000 000")
    page.keyboard.press("Enter")
    expect(dialog.locator(".fault")).to_have_text(
        [
            "Give whole tokens, 0 or more, or leave it empty for no cap.",
            "Use at most 4 places after the point.",
        ]
    )
    expect(dialog.get_by_label("Weekly Token Cap")).to_have_value("2 000 000")
    dialog.get_by_label("Daily Token Cap").fill("")
    dialog.get_by_label("Daily Cost Cap").fill("12.50")
    dialog.get_by_label("On Cap").focus()
    page.keyboard.type("Pause")
    dialog.get_by_label("Daily Token Cap").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Caps of support-triage-01 saved.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    card = page.locator(f"#caps-{capped.pk}")
    expect(card).to_contain_text("$0.00 of $12.50")
    expect(card).to_contain_text("0 of 2.0 M")
    expect(card).to_contain_text("On cap: pause")
    expect(button).to_be_focused()
    assert page.evaluate("window.stayed")
    kept = Caps.objects.get(agent=capped)
    assert (kept.weekly_tokens, kept.daily_tokens, kept.daily_cost) == (2_000_000, None, Decimal("12.5"))


def test_a_cap_is_raised_with_the_keyboard_alone(desk: Desk, alice: Any, paused: Agent) -> None:
    page = desk.open(alice, "/budgets")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 agent is paused at its cap.")
    page.get_by_role("link", name="Raise and resume at the daily cap of support-triage-01").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Raise the daily cap of support-triage-01")
    expect(dialog.get_by_label("New daily cap")).to_be_focused()
    desk.expected.append("400")
    page.keyboard.type("306000")
    page.keyboard.press("Enter")
    expect(dialog.locator(".fault")).to_have_text(
        ["Give more than 306,000 tokens: 306,000 are spent of 300,000.", "Say why."]
    )
    dialog.get_by_label("New daily cap").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("400,000")
    page.keyboard.press("Tab")
    page.keyboard.type("The month ends.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Raise and resume")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("The daily cap of support-triage-01 is raised.")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 agent reaches its cap today.")
    expect(page.locator(f"#caps-{paused.pk}")).to_contain_text("306 k of 400 k")
    expect(page.get_by_role("link", name="Raise and resume")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('article, main') !== null"), "the focus stays with the content"
    assert CapApproval.objects.get().reason == "The month ends."


def test_a_cap_is_kept_on_a_phone_in_the_dark(desk: Desk, alice: Any, paused: Agent) -> None:
    page = desk.open(alice, "/budgets", width=390, color_scheme="dark", has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="Keep paused at the daily cap of support-triage-01").tap()
    dialog = page.get_by_role("dialog", name="Keep the daily cap of support-triage-01")
    dialog.get_by_label("Reason").fill("It loops.")
    dialog.get_by_role("button", name="Keep it so").tap()
    expect(page.locator(f"#caps-{paused.pk}")).to_contain_text("Alice keeps it so: It loops.")
    expect(page.get_by_role("link", name="Keep paused")).to_have_count(0)
    assert CapApproval.objects.get().status == "kept"


def test_usage_shows_without_loading_and_takes_nothing_away(desk: Desk, alice: Any, capped: Agent) -> None:
    page = desk.open(alice, "/budgets")
    card = page.locator(f"#caps-{capped.pk}")
    expect(card).to_contain_text("0 of 300 k")
    page.locator("#f").fill("e")
    expect(page).to_have_url(f"{desk.address}/budgets?q=e")
    page.get_by_role("link", name="Edit Caps of support-triage-01").focus()
    spend(capped, 90_000, now=timezone.now(), model=UNPRICED)
    poll(page)
    expect(card).to_contain_text("90 k of 300 k 30 %, under half")
    expect(card).to_contain_text("Cost unknown for 90 k tokens")
    expect(page.locator("#totals")).to_contain_text("90 k tokens, no cost budget")
    expect(page.get_by_role("link", name="Edit Caps of support-triage-01")).to_be_focused()
    expect(page.locator("#f")).to_have_value("e")


def test_what_is_typed_in_a_dialog_is_never_swapped_away(desk: Desk, alice: Any, capped: Agent) -> None:
    page = desk.open(alice, "/budgets")
    page.get_by_role("link", name="Edit Caps of support-triage-01").click()
    field = page.get_by_label("Weekly Token Cap")
    field.fill("77")
    spend(capped, 90_000, now=timezone.now(), model=UNPRICED)
    with page.expect_response("**/budgets/live*"):
        poll(page)
    expect(field).to_have_value("77")
    expect(page.locator(f"#caps-{capped.pk}")).to_contain_text("0 of 300 k")
    page.keyboard.press("Escape")
    poll(page)
    expect(page.locator(f"#caps-{capped.pk}")).to_contain_text("90 k of 300 k")


def test_the_filters_and_the_order_go_into_the_address(desk: Desk, alice: Any, capped: Agent) -> None:
    page = desk.open(alice, "/budgets")
    names = page.locator("article header b")
    expect(names).to_have_text(["support-triage-01", "writer-01"])
    page.get_by_label("Caps", exact=True).select_option("No caps set")
    expect(names).to_have_text(["writer-01"])
    expect(page).to_have_url(f"{desk.address}/budgets?caps=none")
    page.get_by_role("link", name="Clear filters").click()
    expect(names).to_have_text(["support-triage-01", "writer-01"])
    spend(Agent.objects.get(agent_name="writer-01"), 5, now=timezone.now(), model=UNPRICED)
    page.get_by_label("Order").select_option("Most used today")
    expect(names).to_have_text(["writer-01", "support-triage-01"])
    expect(page).to_have_url(f"{desk.address}/budgets?sort=tokens")
    page.reload()
    expect(names).to_have_text(["writer-01", "support-triage-01"])
    expect(page.get_by_label("Order")).to_have_value("tokens")


def test_it_works_without_a_script(desk: Desk, alice: Any, paused: Agent) -> None:
    page = desk.open(alice, "/budgets?q=triage", java_script_enabled=False)
    page.get_by_role("link", name="Edit Caps of support-triage-01").click()
    page.get_by_label("Monthly Token Cap").fill("7000000")
    page.get_by_role("button", name="Save caps").click()
    expect(page.locator(f"#caps-{paused.pk}")).to_contain_text("306 k of 7.0 M")
    page.get_by_role("link", name="Raise and resume").click()
    page.get_by_label("New daily cap").fill("1 000 000")
    page.get_by_label("Reason").fill("More work.")
    page.get_by_role("button", name="Raise and resume").click()
    expect(page.locator(f"#caps-{paused.pk}")).to_contain_text("306 k of 1.0 M")
    page.get_by_text("As a table").click()
    expect(page.get_by_role("row", name="306,000")).to_be_visible()
