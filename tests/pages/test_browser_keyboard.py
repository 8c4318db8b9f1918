"""The frame and the Overview by keyboard alone, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Desk
from tests.pages.keyboard import is_on, press, round_trip, tab_to
from workforce.models import Agent

pytestmark = pytest.mark.browser
#: Presses the clock's button again in the first moment in which its new self stands in the page.
AT_ONCE = """id => {
  window.stayed = true
  new MutationObserver((_, watch) => {
    const button = document.getElementById(id)
    if (!button.textContent.startsWith('Clock out')) return
    watch.disconnect()
    button.click()
  }).observe(document.querySelector('#rows'), { childList: true, subtree: true })
}"""


def status(page: Page, agent: Agent) -> Any:
    return page.locator(f"#agent-{agent.pk} .c-status")


def test_what_was_swapped_in_works_at_once(desk: Desk, alice: Any, agent: Agent) -> None:
    """A fast second key is never a form sent the old way: what is new is bound before anybody can press it."""
    page = desk.open(alice)
    page.evaluate(AT_ONCE, f"clock-{agent.pk}")
    page.locator(f"#clock-{agent.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast span").last).to_have_text("support-triage-01 is clocked out.")
    expect(status(page, agent)).to_have_text("No schedule")
    assert page.evaluate("window.stayed") is True


def test_what_is_found_never_takes_the_focus_away(desk: Desk, alice: Any, agent: Agent) -> None:
    """Results that come while one is among the old ones lead back to the field; coming back asks nothing anew."""
    page = desk.open(alice)
    with page.expect_response("**/search*"):
        page.keyboard.press("/")
    expect(page.locator("#found a").first).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/search" in request.url else None)
    press(page, "Tab", "Shift+Tab")
    is_on(page, "#search")
    assert asked == []
    page.keyboard.type("tri")
    press(page, "Tab")
    expect(page.locator("#found")).to_contain_text("support-triage-01")
    is_on(page, "#search")
    tab_to(page, "#theme")
    assert "theme" in round_trip(page)
