"""Importing agents and doing one thing to many, by keyboard alone in a real browser (spec R9, U5)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import AgentFactory
from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.pages.test_browser_overview import CLOCK_IN, ask_now, focused, row
from tests.workforce.test_roster_import import line, sheet
from workforce.models import Agent

pytestmark = pytest.mark.browser


def tab_to(page: Page, name: str) -> None:
    """Tab until the element whose text or label begins with ``name`` has the focus."""
    said = "(e) => [e.id, e.getAttribute('aria-label'), e.innerText, e.name].filter(Boolean)"
    for _ in range(80):
        page.keyboard.press("Tab")
        if any(str(text).startswith(name) for text in page.evaluate(f"({said})(document.activeElement)")):
            return
    raise AssertionError(f"Tab never reaches {name}")


def test_a_pasted_text_is_mended_and_imported_by_keyboard(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    tab_to(page, "Import")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Import agents")
    tab_to(page, "text")
    page.keyboard.insert_text(sheet(line("new-01"), line("new-02", team="Nowhere")))
    tab_to(page, "Check")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("1 of 2 lines can be imported")
    expect(page.locator("table tbody tr")).to_have_text(["3teamThere is no such pod in this organisation."])
    expect(page.get_by_role("button", name="Import")).to_have_count(0)
    page.get_by_label("Or its text").fill(sheet(line("new-01"), line("new-02")))
    page.get_by_role("button", name="Check again").press("Enter")
    expect(page.get_by_role("button", name="Import 2 agents")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast span")).to_contain_text("2 agents imported.")
    expect(row(page, "new-02")).to_be_visible()


def test_a_file_is_chosen(desk: Desk, alice: Any, agent: Agent, tmp_path: Path) -> None:
    path = tmp_path / "agents.csv"
    path.write_bytes(("\ufeff" + sheet(line("ü-01"))).replace(",", ";").encode())
    page = desk.open(alice, "/agents/import")
    page.get_by_label("CSV file").set_input_files(path)
    page.get_by_role("button", name="Check").press("Enter")
    page.get_by_role("button", name="Import 1 agent").press("Enter")
    expect(row(page, "ü-01")).to_be_visible()


@pytest.fixture
def three(organization: Any, agent: Agent, olga: Any) -> list[Agent]:
    more = [
        AgentFactory(organization=organization, team=agent.team, owner_user=olga, agent_name=f"triage-{n}")
        for n in (2, 3)
    ]
    return [agent, *more]


def test_some_are_paused_by_keyboard(desk: Desk, alice: Any, three: list[Agent]) -> None:
    page = desk.open(alice)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    for name in ("Select support-triage-01", "Select triage-2"):
        tab_to(page, name)
        page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    for _ in range(60):
        if focused(page) == "bulk-pause":
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Pause 2 agents?")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Prices are wrong.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast span")).to_have_text("2 agents paused.")
    expect(row(page, "triage-2").locator(".c-state")).to_have_text("Paused")
    expect(row(page, "triage-3").locator(".c-state")).to_have_text("Ready")
    expect(page.locator("#rows :checked")).to_have_count(0)


def test_who_is_refused_is_named_and_the_others_are_done(desk: Desk, alice: Any, three: list[Agent]) -> None:
    busy = three[0]
    Agent.objects.filter(pk=busy.pk).update(current_state="executing")
    page = desk.open(alice)
    page.get_by_label("All on this page").press("Space")
    expect(page.locator("#rows :checked")).to_have_count(3)
    page.locator("#bulk-retire").press("Enter")
    page.get_by_label("Reason").fill("Replaced.")
    page.get_by_role("dialog").get_by_role("button", name="Retire").press("Enter")
    dialog = page.get_by_role("dialog", name="1 agent refused")
    expect(dialog).to_contain_text("2 of 3 agents retired.")
    expect(dialog).to_contain_text("support-triage-01 is executing and cannot become retired.")
    page.keyboard.press("Escape")
    ask_now(page)
    expect(row(page, "triage-2")).to_have_count(0)
    expect(row(page, busy.agent_name)).to_be_visible()


def test_a_refresh_leaves_what_is_selected(
    desk: Desk, alice: Any, three: list[Agent], elsewhere: Callable[[str], None]
) -> None:
    page = desk.open(alice)
    page.get_by_label("Select triage-2").check()
    elsewhere(CLOCK_IN.format(name="triage-3"))
    ask_now(page)
    expect(page.get_by_label("Select triage-2")).to_be_checked()
    page.get_by_label("Select triage-2").uncheck()
    ask_now(page)
    expect(row(page, "triage-3").locator(".c-status")).to_have_text("Clocked in")


def test_a_wrong_owner_is_said_in_the_dialog_and_nothing_is_lost(desk: Desk, alice: Any, three: list[Agent]) -> None:
    desk.expected = ["status of 400"]
    page = desk.open(alice)
    page.get_by_label("Select triage-2").check()
    page.locator("#bulk-owner").press("Enter")
    dialog = page.get_by_role("dialog", name="Reassign triage-2")
    dialog.get_by_label("New owner").fill("nobody")
    dialog.get_by_label("New owner").press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("There is no such person or agent in this organisation.")
    expect(dialog.get_by_label("New owner")).to_have_value("nobody")
    dialog.get_by_label("New owner").fill("alice@example.com")
    dialog.get_by_label("New owner").press("Enter")
    expect(page.locator("#toasts .toast span").last).to_have_text("1 agent reassigned.")
    assert Agent.objects.get(agent_name="triage-2").owner == alice


SHEET = sheet(line("new-01"), line("x" * 90, team="Nowhere", owner="nobody"))


def _checked(page: Page) -> None:
    page.get_by_label("Or its text").fill(SHEET)
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.locator("table")).to_be_visible()


def _ready(page: Page) -> None:
    page.get_by_label("Or its text").fill(sheet(line("new-01")))
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_role("button", name="Import 1 agent")).to_be_visible()


def _selected(page: Page) -> None:
    page.get_by_label("All on this page").check()


def _asked(page: Page) -> None:
    _selected(page)
    page.locator("#bulk-owner").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


SHOWN: dict[str, tuple[str, Callable[[Page], None]]] = {
    "import": ("/agents/import", lambda page: None),
    "import-faults": ("/agents/import", _checked),
    "import-ready": ("/agents/import", _ready),
    "bulk": ("/", _selected),
    "bulk-owner": ("/", _asked),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", SHOWN)
def test_it_fits_and_stops_nobody(
    desk: Desk, alice: Any, three: list[Agent], name: str, width: int, scheme: str
) -> None:
    path, prepare = SHOWN[name]
    page = desk.open(alice, path, width=width, color_scheme=scheme)
    prepare(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert stoppers(page) == []
