"""The Schedules tab by keyboard alone: hours created, changed, deleted; rules added and removed; nothing traps."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import WorkSchedule
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.conftest import Desk
from tests.pages.keyboard import ask, go, is_on, press, retype, round_trip, tab_to
from workforce.models import Agent

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(agent: Agent, organization: Any) -> list[Agent]:
    """``york-01``, ``york-02`` and ``york-03`` have hours; ``support-triage-01`` has none."""
    found = [
        AgentFactory(organization=organization, team=agent.team, agent_name=f"york-0{number}") for number in (1, 2, 3)
    ]
    for one in found:
        WorkScheduleFactory(agent=one, time_zone="America/New_York", shifts=[("", 0b0011111, 540, 1020)])
    return found


def card(page: Page, agent: Agent) -> Any:
    return page.locator("article", has=page.get_by_role("link", name=agent.agent_name, exact=True))


def at_schedules(desk: Desk, user: Any) -> Page:
    page = desk.open(user, "/schedules")
    page.evaluate("window.stayed = true")
    return page


def test_standard_hours_from_nothing_to_deleted(desk: Desk, alice: Any, agent: Agent, staff: list[Agent]) -> None:
    page = at_schedules(desk, alice)
    go(page, "#create")
    is_on(page, "dialog [name=agent]")
    page.keyboard.type(agent.agent_name)
    tab_to(page, "dialog [name=start]")
    retype(page, "08:00")
    tab_to(page, "dialog [value=fri]")
    press(page, "Space")
    tab_to(page, "dialog [name=time_zone]")
    retype(page, "Asia/Tokyo")
    tab_to(page, "dialog [name=enforce_clock_in]")
    press(page, "Space")
    tab_to(page, "dialog [name=off_hours_action]")
    press(page, "ArrowRight", "ArrowRight")
    tab_to(page, "dialog [name=grace_minutes]")
    retype(page, "5")
    go(page, "dialog footer .pri")
    expect(card(page, agent)).to_contain_text("Mon–Thu 08:00–17:00")
    is_on(page, "#create")
    made = WorkSchedule.objects.get(agent=agent)
    assert (made.time_zone, made.enforce_clock_in, made.off_hours_action, made.grace_minutes) == (
        "Asia/Tokyo",
        True,
        "queue",
        5,
    )
    ask(page, f"#edit-{agent.pk}")
    tab_to(page, "dialog [name=enabled]")
    press(page, "Space", "Enter")
    expect(card(page, agent)).to_contain_text("Disabled")
    is_on(page, f"#edit-{agent.pk}")
    ask(page, f"#delete-{agent.pk}")
    dialog = page.get_by_role("dialog", name="Delete the hours of support-triage-01?")
    expect(dialog.get_by_role("link", name="Keep hours")).to_be_focused()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    is_on(page, f"#delete-{agent.pk}")
    ask(page, f"#delete-{agent.pk}")
    go(page, "dialog .btn.danger")
    expect(card(page, agent)).to_have_count(0)
    is_on(page, f"#name-{staff[0].pk}")  # the next card, not nowhere
    assert not WorkSchedule.objects.filter(agent=agent).exists()
    assert page.evaluate("window.stayed") is True


def test_the_last_of_the_cards_leads_to_the_one_before(desk: Desk, alice: Any, staff: list[Agent]) -> None:
    page = at_schedules(desk, alice)
    ask(page, f"#delete-{staff[2].pk}")
    go(page, "dialog .btn.danger")
    expect(card(page, staff[2])).to_have_count(0)
    is_on(page, f"#name-{staff[1].pk}")


def test_shifts_and_rules_are_added_and_removed(desk: Desk, alice: Any, staff: list[Agent]) -> None:
    page = at_schedules(desk, alice)
    ask(page, f"#edit-{staff[0].pk}")
    tab_to(page, "dialog [name=type]")
    press(page, "ArrowRight")
    go(page, "#add-shift")
    is_on(page, "[name=shift-2-name]")
    tab_to(page, "[name=remove][value='2']")
    press(page, "Enter")
    expect(page.locator("#shifts .shift")).to_have_count(2)
    is_on(page, "[name=shift-1-name]")
    tab_to(page, "dialog [name=type]", back=True)
    press(page, "ArrowRight")
    tab_to(page, "[name=rule-0-dtstart]")
    page.keyboard.type("11022026")
    press(page, "Tab")
    page.keyboard.type("0900AM")
    tab_to(page, "[name=rule-0-rrule]")
    retype(page, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    expect(page.locator("#preview")).to_contain_text("Every second Monday 09:00–17:00 from 2 Nov 2026.")
    go(page, "#add-rule")
    is_on(page, "[name=rule-1-name]")
    page.keyboard.type("Closing")
    tab_to(page, "[name=remove-rule][value='1']")
    press(page, "Enter")
    expect(page.locator("#rules fieldset")).to_have_count(1)
    is_on(page, "[name=rule-0-name]")
    tab_to(page, "[name=exceptions]")
    page.keyboard.type("2026-12-25 Christmas")
    tab_to(page, "[name=ics]")
    go(page, "dialog footer .pri")
    expect(card(page, staff[0])).to_contain_text("Every second Monday 09:00–17:00; 1 day off")
    is_on(page, f"#edit-{staff[0].pk}")


def test_filters_keep_the_focus(desk: Desk, alice: Any, staff: list[Agent]) -> None:
    page = at_schedules(desk, alice)
    tab_to(page, "#f")
    page.keyboard.type("york-02")
    expect(page.locator("#rows article")).to_have_count(1)
    is_on(page, "#f")
    retype(page, "")
    tab_to(page, "#w")
    page.keyboard.type("No")
    expect(page).to_have_url(f"{desk.address}/schedules?having=unscheduled")
    is_on(page, "#w")
    tab_to(page, "#facts a[href*='.csv']")


def test_the_dialog_holds_the_focus_and_lets_it_go(desk: Desk, alice: Any, staff: list[Agent]) -> None:
    page = at_schedules(desk, alice)
    ask(page, f"#edit-{staff[0].pk}")
    expect(page.get_by_role("dialog")).to_be_visible()
    for key in ("Tab", "Shift+Tab"):
        for _ in range(60):
            page.keyboard.press(key)
            inside = (
                "['BODY', 'HTML'].includes(document.activeElement.tagName) || document.activeElement.closest('dialog')"
            )
            assert page.evaluate(f"!!({inside})"), "the page behind an open dialog is out of reach"
    press(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    is_on(page, f"#edit-{staff[0].pk}")


def test_tab_goes_round_and_is_caught_nowhere(desk: Desk, alice: Any, staff: list[Agent]) -> None:
    page = at_schedules(desk, alice)
    stops = round_trip(page)
    assert {"create", "f", "t", "w", "o", f"edit-{staff[2].pk}", f"delete-{staff[0].pk}"} <= set(stops)
