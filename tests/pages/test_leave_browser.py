"""Leave in a real browser: planned and ended with the keyboard alone, on a phone, in both themes, and what axe says."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduling.models import Leave
from scheduling.services import leave as service
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.pages.keyboard import ask, go, retype, tab_to
from tests.support.actors import SYSTEM
from workforce.models import Agent

pytestmark = pytest.mark.browser
PATH = "/schedules/leave"
#: Pictures of each step are kept here, where it is set.
PICTURES = os.environ.get("PUNCHCARD_PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.fixture
def staff(agent: Agent, organization: Any) -> Agent:
    """Three who could cover, one of them in New York."""
    for name, zone in (("support-triage-02", "Europe/Berlin"), ("york-01", "America/New_York"), ("york-02", "")):
        one = AgentFactory(organization=organization, team=agent.team, agent_name=name)
        if zone:
            WorkScheduleFactory(agent=one, time_zone=zone, shifts=[("", 0b1111111, 540, 1020)])
    WorkScheduleFactory(agent=agent)
    return agent


def plan(name: str, *, days: float, length: float = 3, **more: Any) -> Leave:
    agent, now = Agent.objects.get(agent_name=name), timezone.now()
    start = now + timedelta(days=days)
    data = {"agent_id": agent.pk, "starts_at": start, "ends_at": start + timedelta(days=length), **more}
    data.setdefault("reason", "The new model is rolled out.")
    return service.plan(organization=agent.organization, data=data, by=SYSTEM, now=now)


@pytest.fixture
def some(staff: Agent) -> None:
    cover = Agent.objects.get(agent_name="support-triage-02")
    plan("support-triage-01", days=-1, cover_agent_id=cover.pk)
    plan("york-01", days=4)
    plan("york-02", days=6, reason="A long reason that says at length why this agent is away. " * 6)


def row(page: Page, name: str) -> Any:
    return page.locator("#leave tbody tr", has=page.get_by_role("link", name=name, exact=True))


def test_planned_changed_and_called_off_with_the_keyboard_alone(desk: Desk, alice: Any, staff: Agent) -> None:
    desk.expected = ["status of 400"]
    page = desk.open(alice, "/schedules")
    go(page, "#to-leave")
    expect(page.locator("h1")).to_have_text("Nobody is on leave; none is planned.")
    page.evaluate("window.stayed = true")
    ask(page, "#plan")
    expect(page.locator("[name=agent]")).to_be_focused()
    page.keyboard.type("support-triage-01")
    tab_to(page, "[name=end]")
    expect(page.locator("#cover-help")).to_contain_text("Could cover: support-triage-02 (same pod, 1 shared tag")
    expect(page.locator("#covers option")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(["Say why the agent is on leave."])
    expect(page.locator("[name=reason]")).to_be_focused()
    expect(page.locator("[name=agent]")).to_have_value("support-triage-01")
    page.keyboard.type("The new model is rolled out.")
    tab_to(page, "[name=cover]")
    page.keyboard.type("york-01")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast span")).to_have_text("Leave of support-triage-01 planned.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("Nobody is on leave; 1 leave is planned.")
    expect(row(page, "support-triage-01")).to_contain_text("york-01")
    leave = Leave.objects.get()
    ask(page, f"#edit-{leave.pk}")
    expect(page.locator("[name=first]")).to_be_focused()
    tab_to(page, "[name=end]")
    retype(page, "17:30")
    page.keyboard.press("Enter")
    expect(row(page, "support-triage-01")).to_contain_text("– 17:30")
    expect(page.locator(f"#edit-{leave.pk}")).to_be_focused()
    ask(page, f"#cancel-{leave.pk}")
    expect(page.get_by_role("dialog", name="Cancel the leave of support-triage-01?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    ask(page, f"#cancel-{leave.pk}")
    expect(page.locator("dialog [name=reason]")).to_be_focused()
    page.keyboard.type("Moved.")
    go(page, "dialog .danger")
    expect(page.locator("h1")).to_have_text("Nobody is on leave; none is planned.")
    expect(page.locator(".empty")).to_contain_text("No leave is planned.")
    assert page.evaluate("window.stayed") is True
    leave.refresh_from_db()
    assert (leave.status, leave.finish_reason) == ("cancelled", "Moved.")


def test_covers_follow_the_agent_and_its_zone(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, f"{PATH}/new")
    page.locator("[name=agent]").press_sequentially("york-01")
    expect(page.locator("#to-send option")).to_have_count(1)
    page.keyboard.press("Tab")
    help_text = page.locator("#cover-help")
    zone = page.locator("#leave-zone")
    expect(zone).to_contain_text("Times are in New York, the zone of the hours of york-01.")
    expect(help_text).to_contain_text("support-triage-02")
    expect(help_text).not_to_contain_text("york-01 (")
    page.locator("[name=last]").fill("2020-01-01")
    page.keyboard.press("Tab")
    expect(help_text).not_to_contain_text("Could cover")
    expect(zone).to_contain_text("Times are in New York")


def test_filters_follow_the_typing_and_stay_in_the_address(desk: Desk, alice: Any, some: None) -> None:
    page = desk.open(alice, PATH)
    expect(page.locator("#leave tbody tr")).to_have_count(3)
    page.get_by_label("Search leave").press_sequentially("york-02", delay=20)
    expect(page.locator("#leave tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{desk.address}{PATH}?q=york-02")
    page.get_by_label("Search leave").fill("")
    page.get_by_label("Which").select_option("running")
    expect(row(page, "support-triage-01")).to_contain_text("On leave")
    page.get_by_label("Which").select_option("past")
    expect(page.locator(".empty")).to_contain_text("No leave matches these filters.")
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page.locator("#leave tbody tr")).to_have_count(3)


def test_it_works_without_a_script(desk: Desk, alice: Any, staff: Agent) -> None:
    desk.expected = ["status of 400"]
    page = desk.open(alice, "/schedules", java_script_enabled=False)
    page.get_by_role("link", name="Leave", exact=True).click()
    page.get_by_role("link", name="Plan leave").first.click()
    page.locator("[name=agent]").fill("york-01")
    page.get_by_role("button", name="Plan leave").click()
    expect(page.get_by_role("alert")).to_have_text(["Say why the agent is on leave."])
    page.locator("[name=reason]").fill("The new model is rolled out.")
    page.get_by_role("button", name="Plan leave").click()
    expect(row(page, "york-01")).to_contain_text("New York")
    row(page, "york-01").get_by_role("link", name="Cancel leave of york-01").click()
    page.get_by_role("button", name="Cancel leave").click()
    expect(page.locator("h1")).to_have_text("Nobody is on leave; none is planned.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_axe_finds_nothing_serious(desk: Desk, alice: Any, some: None, width: int, scheme: str) -> None:
    desk.expected = ["status of 400"]
    fits = "document.documentElement.scrollWidth <= innerWidth"
    name = f"leave-{width}-{scheme}"
    page = desk.open(alice, PATH, width=width, color_scheme=scheme)
    assert page.evaluate(fits)
    assert stoppers(page) == []
    picture(page, f"{name}-list")
    page.locator("#plan").click()
    dialog = page.get_by_role("dialog", name="Plan leave")
    dialog.locator("[name=agent]").fill("york-02")
    dialog.locator("[name=last]").fill("2020-01-01")
    dialog.get_by_role("button", name="Plan leave").click()
    expect(dialog.get_by_role("alert")).to_have_count(2)
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth") and page.evaluate(fits)
    assert stoppers(page) == []
    picture(page, f"{name}-form")
    page.keyboard.press("Escape")
    row(page, "support-triage-01").get_by_role("link", name="End leave").click()
    expect(page.get_by_role("dialog", name="End the leave of support-triage-01?")).to_be_visible()
    assert stoppers(page) == []
    picture(page, f"{name}-cancel")
    for path in ("/schedules", "/"):
        page.goto(path)
        expect(page.get_by_text("On leave until").first).to_be_visible()
        assert page.evaluate(fits)
        picture(page, f"{name}-{path.strip('/') or 'overview'}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_their_own_too(desk: Desk, alice: Any, some: None, scheme: str) -> None:
    ids = dict(Leave.objects.values_list("status", "pk"))
    for path in ("/new?agent=york-02", f"/{ids['running']}", f"/{ids['planned']}", f"/{ids['planned']}/cancel", "?q=x"):
        page = desk.open(alice, PATH + path, width=390, color_scheme=scheme)
        assert stoppers(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        picture(page, f"leave-page-{scheme}-{path.strip('/?').split('?')[0].replace('/', '-')[-20:]}")
