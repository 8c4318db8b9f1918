"""The search in the header by keyboard, in a real browser (spec U5, U7)."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.support.work import give
from workforce.models import Agent

pytestmark = pytest.mark.browser
LONG = "A title that is much longer than the space that there is for it in the list of what was found"


def test_one_goes_anywhere_by_keyboard(desk: Desk, alice: Any, agent: Agent) -> None:
    task = give(agent, "Sort the letters", now=timezone.now())
    page = desk.open(alice, "/history")
    page.keyboard.press("Control+k")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#found a").first).to_have_text("Overview")
    page.keyboard.type("letters")
    expect(page.locator("#found a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found a")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.address}/tasks/{task.pk}")


def test_escape_puts_it_away_and_enter_shows_more(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    page.keyboard.press("/")
    page.keyboard.type("triage")
    expect(page.locator("#found a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.address}/search?q=triage")
    expect(page.locator("h1")).to_have_text("Found for “triage”")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_nobody_stumbles(desk: Desk, alice: Any, agent: Agent, theme: Any, width: int) -> None:
    give(
        agent,
        LONG,
        now=timezone.now(),
    )
    page = desk.open(alice, color_scheme=theme, width=width)
    page.locator("#search").focus()
    page.keyboard.type("t")
    expect(page.locator("#found h3").last).to_have_text("Tasks")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#found").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
    assert stoppers(page) == []
