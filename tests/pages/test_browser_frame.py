"""The frame in a real browser: keyboard, themes, widths, zones, the hours form."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import AgentFactory, MembershipFactory, WorkScheduleFactory
from tests.pages.conftest import Desk
from workforce.choices import Role
from workforce.models import Agent

pytestmark = pytest.mark.browser
LIGHT, DARK = "rgb(246, 246, 244)", "rgb(15, 16, 18)"


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_keyboard_goes_everywhere(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("?gh")
    expect(page.locator("#search")).to_have_value("?gh")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    for key, path in (("h", "/history"), ("p", "/preferences"), ("o", "/")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page).to_have_url(desk.address + path)


def test_the_first_tab_skips_to_the_content(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_everything_that_acts_is_reached_by_tab_and_seen(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        if seen[-1] == f"clock-{agent.pk}":
            break
    assert {"search", "theme", "f", "p", "c", "s", f"clock-{agent.pk}"} <= set(seen)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_menus_open_and_close(desk: Desk, alice: Any, other_organization: Any, agent: Agent) -> None:
    MembershipFactory(organization=other_organization, user=alice, role=Role.VIEWER)
    page = desk.open(alice)
    page.locator("summary.org").press("Enter")
    expect(page.get_by_role("button", name="Other Inc")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Other Inc")).to_be_hidden()
    expect(page.locator("summary.org")).to_be_focused()
    page.locator("summary.org").click()
    page.get_by_role("button", name="Other Inc").click()
    expect(page.locator("summary.org")).to_contain_text("Other Inc")
    expect(page.locator(".empty")).to_be_visible()


@pytest.mark.parametrize(("scheme", "first", "second"), [("light", LIGHT, DARK), ("dark", DARK, LIGHT)])
def test_the_theme_switches_at_once_and_stays(
    desk: Desk, alice: Any, agent: Agent, scheme: str, first: str, second: str
) -> None:
    page = desk.open(alice, color_scheme=scheme)
    assert ground(page) == first
    with page.expect_response("**/preferences/theme") as answer:
        page.get_by_role("button", name="Switch between light and dark").click()
    assert answer.value.status == 204
    assert ground(page) == second
    page.goto("/history")
    assert ground(page) == second


def test_the_zone_is_taken_from_the_browser_once(desk: Desk, vera: Any, agent: Agent) -> None:
    vera.time_zone_detected = False
    vera.save(update_fields=["time_zone_detected"])
    page = desk.open(vera, timezone_id="Asia/Tokyo")
    expect(page.locator(".head p")).to_contain_text("in Tokyo")
    vera.refresh_from_db()
    assert (vera.time_zone, vera.time_zone_detected) == ("Asia/Tokyo", True)


PATHS = ["/", "/?q=nobody", "/history", "/preferences", "/agents/{agent}/hours", "/nowhere"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_scrolls_sideways(
    desk: Desk, alice: Any, organization: Any, agent: Agent, width: int, scheme: str
) -> None:
    desk.expected = ["status of 404"]
    long = AgentFactory(
        organization=organization, team=agent.team, agent_name="x" * 80, clock_status="clocked_in", owner_user=alice
    )
    shifts = [(f"A rather long name {n}", 127, n * 200, n * 200 + 150) for n in range(5)]
    WorkScheduleFactory(agent=long, type="shift", time_zone="America/Argentina/Buenos_Aires", shifts=shifts)
    page = desk.open(alice, width=width, color_scheme=scheme)
    page.locator(f"#clock-{long.pk}").click()
    expect(page.locator(".toast")).to_be_visible()
    for path in PATHS:
        page.goto(path.format(agent=long.pk))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_phone_has_a_bar_at_the_bottom(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice, width=390)
    bar = page.get_by_role("navigation", name="Main").bounding_box()
    assert bar is not None
    assert round(bar["y"] + bar["height"]) == 900
    page.get_by_role("navigation", name="Main").get_by_text("More").click()
    page.get_by_role("link", name="Preferences").last.click()
    expect(page).to_have_url(f"{desk.address}/preferences")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Clock in support-triage-01").click()
    expect(page.locator(".c-status")).to_have_text("Clocked in")


def test_rows_of_the_hours_form_come_and_go_with_nothing_lost(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice, f"/agents/{agent.pk}/hours")
    expect(page.locator("#shifts")).to_be_hidden()
    page.get_by_text("Shift", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("Early and Late touch at 14:00.")
    page.locator("[name=shift-0-name]").fill("Dawn")
    page.locator("[name=grace_minutes]").fill("25")
    page.get_by_role("button", name="Add shift").click()
    expect(page.locator("[name=shift-2-name]")).to_be_focused()
    page.keyboard.type("Night")
    page.locator("[name=shift-2-start]").fill("22:00")
    page.locator("[name=shift-2-end]").fill("23:00")
    page.locator("#shifts .shift").nth(2).get_by_text("Sun").click()
    expect(page.locator("#preview")).to_contain_text("Night")
    page.get_by_role("button", name="Remove shift Late").click()
    expect(page.locator("#shifts .shift")).to_have_count(2)
    assert [page.locator(f"[name=shift-{n}-name]").input_value() for n in (0, 1)] == ["Dawn", "Night"]
    assert page.locator("[name=grace_minutes]").input_value() == "25"
    page.locator("[name=shift-0-name]").press("Enter")
    expect(page.locator(".toast span")).to_have_text("Hours of support-triage-01 saved.")
    expect(page.locator("#rows .c-sched")).to_contain_text("Dawn 06:00–14:00 Mon–Fri; Night 22:00–23:00 Sun")


def test_deleting_hours_asks_first(desk: Desk, alice: Any, agent: Agent) -> None:
    WorkScheduleFactory(agent=agent)
    page = desk.open(alice, f"/agents/{agent.pk}/hours")
    page.get_by_role("link", name="Delete schedule").click()
    dialog = page.get_by_role("dialog", name="Delete the hours of support-triage-01?")
    expect(dialog.get_by_role("link", name="Keep hours")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Delete schedule").click()
    dialog.get_by_role("button", name="Delete hours").click()
    expect(page.locator(".toast span")).to_contain_text("It is unscheduled now.")


def test_history_follows_its_filters(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice)
    page.get_by_role("button", name="Clock in support-triage-01").click()
    expect(page.locator(".toast")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.locator("#records tbody tr")).to_have_count(1)
    page.get_by_label("Event", exact=True).select_option("auto_wake")
    expect(page.locator(".empty")).to_contain_text("No clock event matches these filters.")
    expect(page).to_have_url(f"{desk.address}/history?event=auto_wake")


@pytest.mark.parametrize("path", ["/", "/history", "/preferences", "/agents/{agent}/hours"])
def test_pages_work_without_a_script(desk: Desk, alice: Any, agent: Agent, path: str) -> None:
    page = desk.open(alice, path.format(agent=agent.pk), java_script_enabled=False)
    expect(page.locator("h1")).to_be_visible()
    page.locator(".menu.right summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
