"""The frame and the Overview by keyboard alone, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Desk
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
