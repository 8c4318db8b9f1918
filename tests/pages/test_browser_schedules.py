"""The Schedules tab in a real browser: by keyboard alone, live before it is saved, and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import WorkSchedule
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.conftest import Desk
from tests.pages.test_browser_overview import ask_now
from tests.pages.test_custom_hours import EVENTS
from workforce.models import Agent

pytestmark = pytest.mark.browser
SHORTER = """
from scheduling.models import Shift
Shift.objects.filter(schedule__agent__agent_name="{name}").update(end_minute=1000)
"""


def card(page: Page, name: str) -> Any:
    return page.locator("article", has=page.get_by_role("link", name=name, exact=True))


def tab_to(page: Page, target: str, most: int = 60) -> None:
    """Press Tab until the element that matches has the focus."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", target):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab")


@pytest.fixture
def staff(agent: Agent, organization: Any) -> Agent:
    """``york-01`` has hours; ``support-triage-01`` has none."""
    york: Agent = AgentFactory(organization=organization, team=agent.team, agent_name="york-01")
    WorkScheduleFactory(agent=york, time_zone="America/New_York", shifts=[("", 0b0011111, 540, 1020)])
    return york


def test_shifts_are_created_with_the_keyboard_alone(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice)
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text("1 of 2 agents has hours. 1 runs without any.")
    tab_to(page, "#create")
    page.keyboard.press("Enter")
    expect(page.locator("[name=agent]")).to_be_focused()
    page.keyboard.type("support-triage-01")
    tab_to(page, "[name=type]")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#shifts")).to_be_visible()
    tab_to(page, "[name=shift-0-name]")
    page.keyboard.press("Control+a")
    page.keyboard.type("Dawn")
    tab_to(page, "[name=shift-0-start]")
    page.keyboard.press("Control+a")
    page.keyboard.type("05:00")
    tab_to(page, "[name=shift-0-days][value=sun]")
    page.keyboard.press("Space")
    tab_to(page, "[name=auto_wake]")
    page.keyboard.press("Space")
    tab_to(page, "[name=grace_minutes]")
    page.keyboard.press("Control+a")
    page.keyboard.type("15")
    expect(page.locator("#preview")).to_contain_text("Dawn 05:00–14:00")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast span")).to_have_text("Hours of support-triage-01 saved.")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(card(page, "support-triage-01")).to_contain_text("Dawn 05:00–14:00 Mon–Fri, Sun; Late 14:00–22:00 Mon–Fri")
    expect(card(page, "support-triage-01").locator(".chip")).to_contain_text(["Enforce Clock-Out", "Off-hours", "15"])
    expect(page.locator("h1")).to_have_text("All 2 agents have hours.")
    expect(page.locator("#create")).to_be_focused()
    schedule = WorkSchedule.objects.get(agent__agent_name="support-triage-01")
    assert (schedule.type, schedule.auto_wake, schedule.grace_minutes) == ("shift", False, 15)


def test_hours_are_changed_in_place_and_the_focus_comes_back(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules?q=york")
    page.evaluate("window.stayed = true")
    page.locator(f"#edit-{staff.pk}").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Working hours of york-01")
    dialog.locator("[name=end]").fill("12:00")
    dialog.get_by_role("button", name="Save hours").click()
    expect(card(page, "york-01")).to_contain_text("Mon–Fri 09:00–12:00")
    expect(card(page, "york-01")).to_contain_text("15 h a week")
    expect(dialog).to_have_count(0)
    expect(page.locator(f"#edit-{staff.pk}")).to_be_focused()
    assert page.evaluate("window.stayed") is True
    expect(page).to_have_url(f"{desk.address}/schedules?q=york")


def test_what_is_refused_stays_typed_and_takes_the_focus(desk: Desk, alice: Any, staff: Agent) -> None:
    desk.expected = ["status of 400", "status of 409"]
    page = desk.open(alice, "/schedules")
    page.locator("#create").click()
    page.locator("[name=agent]").fill("york-01")
    page.locator("[name=start]").fill("08:15")
    page.locator("[name=grace_minutes]").fill("soon")
    page.locator("[name=time_zone]").fill("asia/tokyo")
    page.get_by_role("button", name="Save hours").click()
    expect(page.locator("[name=time_zone]")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text(
        [
            "asia/tokyo is not a time zone. Did you mean Asia/Tokyo?",
            "Give the grace period in whole minutes, 0 to 240.",
        ]
    )
    page.keyboard.press("Control+a")
    page.keyboard.type("Asia/Tokyo")
    page.locator("[name=grace_minutes]").fill("5")
    expect(page.locator("#preview")).to_contain_text("Next seven days in Asia/Tokyo")
    page.get_by_role("button", name="Save hours").click()
    expect(page.get_by_role("alert")).to_have_text(["york-01 has working hours already. Change those."])
    expect(page.locator("[name=agent]")).to_be_focused()
    assert page.locator("[name=start]").input_value() == "08:15"
    page.keyboard.press("Control+a")
    page.keyboard.type("support-triage-01")
    page.keyboard.press("Enter")
    expect(card(page, "support-triage-01")).to_contain_text("Mon–Fri 08:15–17:00")


def test_the_preview_follows_while_one_types(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules")
    page.locator(f"#edit-{staff.pk}").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("40 h a week")
    expect(preview.locator("figcaption")).to_have_text(
        ["Next seven days in America/New_York", "The same in your zone, Europe/Berlin"]
    )
    field = page.locator("[name=end]")
    field.fill("")
    expect(preview).to_contain_text("once the days, times and zone can be read")
    field.press_sequentially("13:30")
    expect(preview).to_contain_text("22 h 30 min a week")
    expect(page.locator("#preview-said")).to_have_text("Mon–Fri 09:00–13:30, 22 h 30 min a week.")
    expect(field).to_be_focused()
    page.locator("#hours-form").get_by_text("Shift", exact=True).click()
    expect(preview).to_contain_text("Early and Late touch at 14:00.")
    page.get_by_role("button", name="Add shift").click()
    expect(page.locator("[name=shift-2-name]")).to_be_focused()
    page.keyboard.type("Night")
    page.locator("[name=shift-2-start]").fill("23:00")
    page.locator("[name=shift-2-end]").fill("24:00")
    page.locator("#shifts .shift").nth(2).get_by_text("Sun").click()
    expect(preview).to_contain_text("Night 23:00–24:00 Sun")
    page.get_by_role("button", name="Remove shift Early").click()
    expect(preview).to_contain_text("Late 14:00–22:00 Mon–Fri; Night 23:00–24:00 Sun")
    expect(preview).not_to_contain_text("Early")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert WorkSchedule.objects.get(agent=staff).type == "standard"


def test_agents_are_found_while_one_types(desk: Desk, alice: Any, staff: Agent, organization: Any) -> None:
    for number in range(30):
        AgentFactory(organization=organization, team=staff.team, agent_name=f"a-{number:02}")
    page = desk.open(alice, "/schedules/new")
    expect(page.locator("#agents-without option")).to_have_count(20)
    page.locator("[name=agent]").press_sequentially("triage")
    expect(page.locator("#agents-without option")).to_have_count(1)
    expect(page.locator("#agents-without option")).to_have_attribute("value", "support-triage-01")


def test_custom_hours_are_said_in_words_while_one_types(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules")
    page.locator(f"#edit-{staff.pk}").click()
    page.locator("#hours-form").get_by_text("Custom", exact=True).click()
    expect(page.locator("#shifts")).to_be_hidden()
    page.locator("[name=rule-0-dtstart]").fill("2026-11-02T09:00")
    page.locator("[name=rule-0-rrule]").fill("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    expect(page.locator("#preview")).to_contain_text("Every second Monday 09:00–17:00 from 2 Nov 2026.")
    page.get_by_role("button", name="Add rule").click()
    expect(page.locator("[name=rule-1-name]")).to_be_focused()
    page.keyboard.type("Closing")
    page.get_by_role("button", name="Remove rule 2").click()
    expect(page.locator("#rules fieldset")).to_have_count(1)
    page.locator("[name=exceptions]").fill("2026-12-25 Christmas")
    page.get_by_role("button", name="Save hours").click()
    expect(card(page, "york-01")).to_contain_text("Every second Monday 09:00–17:00; 1 day off")
    expect(card(page, "york-01").locator(".badge")).to_have_text("Custom")


def test_a_calendar_file_is_read_in_the_dialog(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules")
    page.locator(f"#edit-{staff.pk}").click()
    page.locator("#hours-form").get_by_text("Custom", exact=True).click()
    calendar = {"name": "hours.ics", "mimeType": "text/calendar", "buffer": EVENTS.replace("\n", "\r\n").encode()}
    page.locator("[name=ics]").set_input_files(files=[calendar])
    page.get_by_role("button", name="Read file").click()
    expect(page.locator("#custom .is-warn")).to_contain_text("Line 16, Bad one:")
    expect(page.locator("[name=rule-0-rrule]")).to_have_value("FREQ=WEEKLY;BYDAY=MO,WE")
    expect(page.locator("#preview")).to_contain_text("Desk: Every Mon and Wed 09:00–13:00")
    page.get_by_role("button", name="Save hours").click()
    expect(card(page, "york-01")).to_contain_text("Desk: Every Mon and Wed 09:00–13:00; 1 day off")


def test_escape_closes_and_changes_nothing(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules")
    page.locator(f"#edit-{staff.pk}").click()
    page.locator("[name=end]").fill("10:00")
    page.mouse.click(5, 5)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(f"#edit-{staff.pk}")).to_be_focused()
    expect(card(page, "york-01")).to_contain_text("Mon–Fri 09:00–17:00")


def test_deleting_asks_says_what_changes_and_frees_the_agent(desk: Desk, alice: Any, staff: Agent) -> None:
    Agent.objects.filter(pk=staff.pk).update(clock_status="clocked_out")
    page = desk.open(alice, "/schedules")
    page.locator(f"#delete-{staff.pk}").press("Enter")
    dialog = page.get_by_role("dialog", name="Delete the hours of york-01?")
    expect(dialog).to_contain_text("york-01 becomes unscheduled and runs without time boundaries.")
    expect(dialog).to_contain_text("It is off duty, and may work from now on.")
    expect(dialog.get_by_role("link", name="Keep hours")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator(f"#delete-{staff.pk}")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete hours").press("Enter")
    expect(page.locator("#toasts .toast span")).to_have_text("Hours of york-01 deleted. It is unscheduled now.")
    expect(page.locator(".empty")).to_contain_text("Nobody has hours yet.")
    expect(page.locator("#main")).to_be_focused()
    assert not WorkSchedule.objects.exists()


def test_deleting_is_one_step_from_the_editor(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules")
    page.locator(f"#edit-{staff.pk}").click()
    page.get_by_role("link", name="Delete schedule").click()
    dialog = page.get_by_role("dialog", name="Delete the hours of york-01?")
    dialog.get_by_role("button", name="Delete hours").click()
    expect(page.locator(".empty")).to_contain_text("Nobody has hours yet.")


def test_what_another_process_does_shows_but_never_in_an_open_editor(
    desk: Desk, alice: Any, staff: Agent, elsewhere: Callable[[str], None]
) -> None:
    page = desk.open(alice, "/schedules")
    page.locator(f"#edit-{staff.pk}").click()
    page.locator("[name=end]").fill("11:45")
    elsewhere(SHORTER.format(name="york-01"))
    ask_now(page)
    expect(page.locator("[name=end]")).to_have_value("11:45")
    page.keyboard.press("Escape")
    ask_now(page)
    expect(card(page, "york-01")).to_contain_text("Mon–Fri 09:00–16:40")


def test_filters_follow_the_typing_and_stay_in_the_address(desk: Desk, alice: Any, staff: Agent) -> None:
    page = desk.open(alice, "/schedules")
    page.get_by_label("Filter schedules").press_sequentially("zeb", delay=20)
    expect(page.locator(".empty")).to_contain_text("No schedule matches these filters.")
    expect(page).to_have_url(f"{desk.address}/schedules?q=zeb")
    page.get_by_label("Filter schedules").fill("")
    page.get_by_label("Which").select_option("unscheduled")
    expect(card(page, "support-triage-01")).to_contain_text("No hours")
    expect(page).to_have_url(f"{desk.address}/schedules?having=unscheduled")
    card(page, "support-triage-01").get_by_role("link", name="Set hours").click()
    page.get_by_role("dialog").get_by_role("button", name="Save hours").click()
    expect(page.locator(".empty")).to_contain_text("Every agent has hours.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768])
def test_a_phone_needs_no_sideways_scroll(
    desk: Desk, alice: Any, staff: Agent, organization: Any, width: int, scheme: str
) -> None:
    long = AgentFactory(organization=organization, team=staff.team, agent_name="x" * 80)
    shifts = [(f"A rather long name of a shift {n}", 127, n * 200, n * 200 + 150) for n in range(6)]
    WorkScheduleFactory(agent=long, type="shift", time_zone="America/Argentina/Buenos_Aires", shifts=shifts)
    page = desk.open(alice, "/schedules", width=width, color_scheme=scheme)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    page.locator(f"#edit-{long.pk}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert page.evaluate(fits)
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")
    expect(dialog.get_by_role("button", name="Save hours")).to_be_in_viewport()
    dialog.get_by_text("Custom", exact=True).click()
    dialog.get_by_role("button", name="Add rule").click()
    expect(dialog.locator("#rules fieldset")).to_have_count(2)
    assert dialog.evaluate("box => box.scrollWidth <= box.clientWidth")


@pytest.mark.parametrize("path", ["/schedules", "/schedules/new"])
def test_the_tab_works_without_a_script(desk: Desk, alice: Any, staff: Agent, path: str) -> None:
    page = desk.open(alice, path, java_script_enabled=False)
    if path == "/schedules":
        page.get_by_role("link", name="Create Schedule").click()
    page.locator("[name=agent]").fill("support-triage-01")
    page.get_by_role("button", name="Save hours").last.click()
    expect(page.locator("h1")).to_contain_text("All 2 agents have hours." if path == "/schedules" else "agents")
    assert WorkSchedule.objects.filter(agent__agent_name="support-triage-01").exists()
