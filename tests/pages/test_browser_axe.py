"""Axe finds nothing serious on any page, in either theme."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from workforce.models import Agent

pytestmark = pytest.mark.browser


def _nothing(page: Page) -> None:
    """The page as it opens."""


def _create(page: Page) -> None:
    page.get_by_role("link", name="Create Schedule").click()
    expect(page.get_by_role("dialog", name="Create Schedule")).to_be_visible()
    page.locator("#hours-form").get_by_text("Shift", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("touch at 14:00")


def _custom(page: Page) -> None:
    _create(page)
    page.locator("#hours-form").get_by_text("Custom", exact=True).click()
    page.get_by_role("button", name="Add rule").click()
    expect(page.locator("[name=rule-1-name]")).to_be_focused()


def _refused(page: Page) -> None:
    _create(page)
    page.locator("[name=grace_minutes]").fill("x")
    page.get_by_role("button", name="Save hours").click()
    expect(page.locator(".fault").first).to_be_visible()


def _edit(page: Page) -> None:
    page.get_by_role("link", name="Edit hours of york-01").click()
    expect(page.get_by_role("dialog", name="Working hours of york-01")).to_be_visible()


def _delete(page: Page) -> None:
    page.get_by_role("link", name="Delete hours of york-01").click()
    expect(page.get_by_role("dialog", name="Delete the hours of york-01?")).to_be_visible()


def _keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


Step = Callable[[Page], None]
#: Address, what is done there first, and whether one is signed in. A page that joins the house joins this list.
PAGES: dict[str, tuple[str, Step, bool]] = {
    "overview": ("/", _nothing, True),
    "overview, keyboard": ("/", _keys, True),
    "schedules": ("/schedules", _nothing, True),
    "schedules, no hours": ("/schedules?having=unscheduled", _nothing, True),
    "schedules, empty": ("/schedules?q=zebra", _nothing, True),
    "schedules, new": ("/schedules", _create, True),
    "schedules, custom": ("/schedules", _custom, True),
    "schedules, refused": ("/schedules", _refused, True),
    "schedules, edit": ("/schedules", _edit, True),
    "schedules, delete": ("/schedules", _delete, True),
    "new schedule": ("/schedules/new", _nothing, True),
    "history": ("/history", _nothing, True),
    "preferences": ("/preferences", _nothing, True),
    "nowhere": ("/nowhere", _nothing, True),
    "sign in": ("/sign-in", _nothing, False),
}


@pytest.fixture
def staff(organization: Any, agent: Agent) -> None:
    """Something of every kind that pages show."""
    shapes: list[dict[str, Any]] = [
        {"time_zone": "America/New_York", "enforce_clock_in": True},
        {"type": "shift", "shifts": [("Early", 127, 360, 840), ("Late", 127, 840, 1320)], "enabled": False},
    ]
    for name, status, state, shape in (
        ("york-01", "clocked_in", "executing", shapes[0]),
        ("berlin-01", "no_schedule", "blocked", shapes[1]),
        ("tokyo-01", "clocked_out", "degraded", {"time_zone": "Asia/Tokyo"}),
    ):
        one = AgentFactory(
            organization=organization, team=agent.team, agent_name=name, clock_status=status, current_state=state
        )
        WorkScheduleFactory(agent=one, **shape)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", PAGES)
def test_nothing_serious_is_found(desk: Desk, alice: Any, staff: None, what: str, scheme: str) -> None:
    desk.expected = ["status of 404", "status of 400"]
    path, step, signed_in = PAGES[what]
    page = desk.open(alice if signed_in else None, path, color_scheme=scheme)
    step(page)
    assert stoppers(page) == []


def test_on_a_phone_too(desk: Desk, alice: Any, staff: None) -> None:
    page = desk.open(alice, "/schedules", width=390)
    assert stoppers(page) == []
    _edit(page)
    assert stoppers(page) == []


def test_what_is_wrong_is_found(desk: Desk, alice: Any, agent: Agent) -> None:
    """The helper sees an unnamed button and gray on gray."""
    page = desk.open(alice, "/preferences")
    page.evaluate("document.querySelector('main').innerHTML = '<button></button><p class=dim>pale</p>'")
    page.evaluate("document.querySelector('main p').style.cssText = 'color:#888;background:#999'")
    assert {line.split()[0] for line in stoppers(page)} == {"button-name", "color-contrast"}
