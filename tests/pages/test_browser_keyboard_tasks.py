"""The Task Queue by keyboard alone: every deed, and where the focus is after it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.factories import AgentFactory
from tests.pages.conftest import Desk
from tests.pages.keyboard import go, is_on, press, retype, round_trip, tab_to
from tests.support.work import give
from workforce.models import Agent, Task

pytestmark = pytest.mark.browser


@pytest.fixture
def queue(agent: Agent) -> list[Task]:
    """Three tasks, the newest first, as the table has them."""
    now = timezone.now()
    titles = ("Third", "Second", "First")
    return [give(agent, title, now=now - timedelta(minutes=number)) for number, title in enumerate(titles)]


def at_queue(desk: Desk, user: Any, path: str = "/tasks") -> Page:
    page = desk.open(user, path)
    page.evaluate("window.stayed = true")
    return page


def titles(page: Page) -> Any:
    return page.locator("#rows .c-why a")


def test_done_leads_to_the_next_row_and_from_the_last_to_the_one_before(
    desk: Desk, alice: Any, queue: list[Task]
) -> None:
    page = at_queue(desk, alice)
    go(page, f"#done-{queue[1].pk}")
    expect(titles(page)).to_have_text(["Third", "First"])
    is_on(page, f"#pick-{queue[2].pk}")
    go(page, f"#done-{queue[2].pk}")
    expect(titles(page)).to_have_text(["Third"])
    is_on(page, f"#pick-{queue[0].pk}")
    go(page, f"#done-{queue[0].pk}")
    expect(page.locator(".empty")).to_be_visible()
    is_on(page, "#main")
    assert page.evaluate("window.stayed") is True
    assert set(Task.objects.values_list("status", flat=True)) == {"completed"}


def test_a_second_enter_after_done_does_nothing_to_the_next_task(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    go(page, f"#done-{queue[0].pk}")
    expect(titles(page)).to_have_text(["Second", "First"])
    is_on(page, f"#pick-{queue[1].pk}")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    press(page, "Enter", "Enter")
    with page.expect_response("**/tasks/live*"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert sent == []
    assert Task.objects.filter(status="queued").count() == 2


def test_cancel_asks_escape_keeps_and_the_focus_comes_back(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    cancel = f"#cancel-{queue[1].pk}"
    go(page, cancel)
    dialog = page.get_by_role("dialog", name="Cancel “Second”?")
    expect(dialog).to_be_visible()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    is_on(page, cancel)
    press(page, "Enter")
    is_on(page, "dialog [name=reason]")
    page.keyboard.type("No longer needed")
    go(page, "dialog .btn.danger")
    expect(titles(page)).to_have_text(["Third", "First"])
    expect(page.locator("dialog[open]")).to_have_count(0)
    is_on(page, f"#pick-{queue[2].pk}")
    queue[1].refresh_from_db()
    assert (queue[1].status, queue[1].cancel_reason) == ("cancelled", "No longer needed")


def test_some_are_reassigned_together(desk: Desk, alice: Any, queue: list[Task], organization: Any, pod: Any) -> None:
    AgentFactory(organization=organization, team=pod, agent_name="writer-01")
    page = at_queue(desk, alice)
    for task in queue[:2]:
        go(page, f"#pick-{task.pk}", "Space")
    tab_to(page, "#bulk-reassign", back=True)
    press(page, "Enter")
    dialog = page.get_by_role("dialog", name="Reassign 2 tasks")
    is_on(page, "dialog [name=agent]")
    desk.expected.append("400 (Bad Request)")
    press(page, "Enter")
    expect(dialog.locator(".fault")).to_have_text("Say which agent is to do it.")
    is_on(page, "dialog [name=agent]")
    page.keyboard.type("writer-01")
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("2 tasks are reassigned.")
    expect(page.locator("#rows .c-agent a")).to_have_text(["writer-01", "writer-01", "support-triage-01"])
    is_on(page, "#pick-all")
    expect(page.locator("#rows :checked")).to_have_count(0)
    assert Task.objects.filter(agent__agent_name="writer-01").count() == 2


def test_all_are_reprioritised_and_then_done_together(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    go(page, "#pick-all", "Space")
    go(page, "#bulk-priority")
    expect(page.get_by_role("dialog", name="Reprioritise 3 tasks")).to_be_visible()
    tab_to(page, "dialog [name=priority]")
    press(page, "ArrowRight")
    go(page, "dialog .btn.pri")
    expect(page.locator("#toasts")).to_contain_text("3 tasks are reprioritised.")
    is_on(page, "#pick-all")
    press(page, "Space")
    go(page, "#bulk-done")
    go(page, "dialog .btn.pri")
    expect(page.locator(".empty")).to_be_visible()
    is_on(page, "#main")
    assert not Task.objects.exclude(status="completed").exists()


def test_filters_search_and_order_keep_the_focus(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    tab_to(page, "#f")
    page.keyboard.type("thi")
    expect(titles(page)).to_have_text(["Third"])
    is_on(page, "#f")
    retype(page, "")
    expect(titles(page)).to_have_count(3)
    tab_to(page, "#s")
    page.keyboard.type("Compl")
    expect(page.locator(".empty")).to_contain_text("No task matches these filters.")
    is_on(page, "#s")
    expect(page).to_have_url(f"{desk.address}/tasks?status=completed")
    go(page, "#facts a[href='/tasks']")
    expect(titles(page)).to_have_count(3)
    go(page, "th a[href*='sort=title']")
    expect(titles(page)).to_have_text(["First", "Second", "Third"])
    go(page, "#facts a[href*='tasks.csv']", "Shift")


def test_one_task_is_read_changed_and_cancelled_from_its_own_page(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    go(page, f"#rows a[href='/tasks/{queue[0].pk}']")
    expect(page.locator("h1")).to_have_text("Third")
    go(page, f"a[hx-get^='/tasks/{queue[0].pk}/edit']")
    expect(page.get_by_role("dialog")).to_be_visible()
    tab_to(page, "dialog [name=title]")
    retype(page, "Third, changed")
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text("Third, changed")
    go(page, f"a[hx-get^='/tasks/{queue[0].pk}/cancel']")
    go(page, "dialog .btn.danger")
    expect(page.locator("main")).to_contain_text("Cancelled")
    queue[0].refresh_from_db()
    assert queue[0].status == "cancelled"


def test_escape_leaves_the_new_task_and_its_button_has_the_focus(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    go(page, "#create")
    is_on(page, "dialog [name=agent]")
    press(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    is_on(page, "#create")


def test_tab_goes_round_and_is_caught_nowhere(desk: Desk, alice: Any, queue: list[Task]) -> None:
    page = at_queue(desk, alice)
    stops = round_trip(page)
    assert stops[0] == "Skip to content"
    assert {f"done-{queue[2].pk}", f"cancel-{queue[0].pk}", "bulk-cancel", "f", "create"} <= set(stops)
    assert page.evaluate("window.stayed") is True
