"""Overview, Budgets, History and the import by keyboard alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from budgets.models import Caps
from scheduling.services import clock
from tests.factories import AgentFactory
from tests.pages.conftest import Desk
from tests.pages.keyboard import ask, go, is_on, press, retype, round_trip, tab_to
from tests.support.actors import SYSTEM
from workforce.models import Agent
from workforce.services import notices

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(agent: Agent, organization: Any) -> Agent:
    """A second agent, ``writer-01``, beside ``support-triage-01``."""
    second: Agent = AgentFactory(organization=organization, team=agent.team, agent_name="writer-01")
    return second


def opened(desk: Desk, user: Any, path: str) -> Page:
    page = desk.open(user, path)
    page.evaluate("window.stayed = true")
    return page


def test_notices_are_read_one_after_the_other(desk: Desk, alice: Any, agent: Agent, pair: Agent) -> None:
    for number in range(3):
        notices.tell(
            organization=agent.organization,
            recipients=[alice],
            kind="late",
            text=f"kb-{number} is late.",
            subject=("agent", "x", f"kb-{number}"),
            key=str(number),
            now=timezone.now() - timedelta(minutes=number),
        )
    page = opened(desk, alice, "/")
    for left in (2, 1):
        go(page, "#need [id^=read-]")
        expect(page.locator("#need li[id]")).to_have_count(left)
        assert page.evaluate("document.activeElement.closest('#need') !== null"), "on at the next notice"
    go(page, "#need [id^=read-]")
    expect(page.locator("#need section")).to_have_count(0)
    is_on(page, "#main")
    assert page.evaluate("window.stayed") is True


def test_agents_are_paused_together(desk: Desk, alice: Any, agent: Agent, pair: Agent) -> None:
    page = opened(desk, alice, "/")
    go(page, f"#pick-{agent.pk}", "Space")
    go(page, f"#pick-{pair.pk}", "Space")
    tab_to(page, "#bulk-pause", back=True)
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Escape")
    is_on(page, "#bulk-pause")
    ask(page, "#bulk-pause")
    tab_to(page, "dialog [name=reason]")
    page.keyboard.type("Stock-taking")
    go(page, "dialog footer button")
    expect(page.locator("#rows .c-state", has_text="Paused")).to_have_count(2)
    expect(page.locator("dialog[open]")).to_have_count(0)
    is_on(page, "#pick-all")


def test_the_roster_is_filtered_and_every_link_is_reached(desk: Desk, alice: Any, agent: Agent, pair: Agent) -> None:
    page = opened(desk, alice, "/")
    tab_to(page, "#f")
    page.keyboard.type("writer")
    expect(page.locator("#rows tr[id^=agent-]")).to_have_count(1)
    is_on(page, "#f")
    stops = round_trip(page)
    assert {f"pick-{pair.pk}", f"clock-{pair.pk}", "pick-all", "Import", "theme"} <= set(stops)
    assert any("CSV" in stop for stop in stops)


def test_the_menus_open_and_close(desk: Desk, alice: Any, agent: Agent) -> None:
    page = opened(desk, alice, "/")
    go(page, "summary[aria-label^=Alice]")
    tab_to(page, "[data-open=keys]")
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    go(page, "summary[aria-label^=Alice]")
    press(page, "Tab", "Escape")
    is_on(page, "summary[aria-label^=Alice]")
    expect(page.locator("details.menu[open]")).to_have_count(0)


def test_caps_are_edited_left_and_refused(desk: Desk, alice: Any, agent: Agent, pair: Agent) -> None:
    desk.expected.append("400 (Bad Request)")
    page = opened(desk, alice, "/budgets")
    ask(page, f"#edit-{pair.pk}")
    is_on(page, "dialog [name=daily_tokens]")
    page.keyboard.type("300000")
    press(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    is_on(page, f"#edit-{pair.pk}")
    assert not Caps.objects.exists()
    ask(page, f"#edit-{pair.pk}")
    is_on(page, "dialog [name=daily_tokens]")
    tab_to(page, "dialog [name=annual_tokens]")
    page.keyboard.type("much")
    go(page, "dialog .btn.pri")
    expect(page.locator("dialog .fault")).to_have_count(1)
    assert page.evaluate("document.activeElement.closest('dialog') !== null"), "a refusal stays in the dialog"
    tab_to(page, "dialog [name=annual_tokens]")
    retype(page, "0")
    go(page, "dialog .btn.pri")
    expect(page.locator(f"#caps-{pair.pk}")).to_contain_text("nothing may be spent")
    is_on(page, f"#edit-{pair.pk}")
    tab_to(page, "#f", back=True)
    page.keyboard.type("writer")
    expect(page.locator("article b")).to_have_text(["writer-01"])
    is_on(page, "#f")
    assert "theme" in round_trip(page)


@pytest.fixture
def events(agent: Agent, pair: Agent) -> None:
    """Sixty events of ``support-triage-01``, one of ``writer-01``."""
    began = timezone.now() - timedelta(days=1)
    for number in range(60):
        act = clock.clock_out if number % 2 else clock.clock_in
        act(
            organization=agent.organization,
            agent_id=agent.pk,
            by=SYSTEM,
            now=began + timedelta(minutes=number),
        )
    clock.clock_in(organization=agent.organization, agent_id=pair.pk, by=SYSTEM, now=began)


def test_history_is_filtered_paged_and_taken_home(desk: Desk, alice: Any, events: None) -> None:
    page = opened(desk, alice, "/history")
    rows = page.locator(".records tbody tr")
    expect(rows).to_have_count(50)
    go(page, "a[rel=next]")
    expect(rows).to_have_count(11)
    go(page, "a[rel=prev]")
    expect(rows).to_have_count(50)
    tab_to(page, "#e")
    page.keyboard.type("Clocked o")
    expect(rows).to_have_count(30)
    is_on(page, "#e")
    tab_to(page, "#a", back=True)
    page.keyboard.type("writer-01")
    press(page, "Enter")
    expect(page.locator(".empty")).to_contain_text("No clock event matches these filters.")
    is_on(page, "#a")
    tab_to(page, "#facts a[href*='.csv']")
    with page.expect_download() as taken:
        press(page, "Enter")
    assert taken.value.suggested_filename.endswith(".csv")
    go(page, "#facts a[href='/history']")
    expect(rows).to_have_count(50)
    assert "theme" in round_trip(page)


def test_history_follows_the_clock_and_keeps_the_focus(desk: Desk, alice: Any, agent: Agent, events: None) -> None:
    page = opened(desk, alice, "/history")
    rows = page.locator(".records tbody tr")
    expect(rows).to_have_count(50)
    tab_to(page, "#rows tr:nth-child(3) a")
    row = page.evaluate("document.activeElement.closest('tr').id")
    clock.clock_in(organization=agent.organization, agent_id=agent.pk, by=SYSTEM, now=timezone.now())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("h1")).to_contain_text("support-triage-01, clocked in.")
    is_on(page, f"#{row} a")
    go(page, "th a[href*='sort=time']")
    expect(page.locator("h1")).to_have_text("Clock events, oldest first.")
    tab_to(page, "#b")
    page.keyboard.type("Per")
    expect(page.locator(".empty")).to_be_visible()
    is_on(page, "#b")
