"""The Task Queue in a real browser: by keyboard alone, on a phone, in both themes."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.support.work import give
from workforce.models import Agent, Task

pytestmark = pytest.mark.browser


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, what: str) -> None:
    """On with Tab until the focus is on ``what``, a selector."""
    for _ in range(80):
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {what}")


def test_a_task_is_created_and_done_by_keyboard_alone(desk: Desk, alice: Any, agent: Agent) -> None:
    page = desk.open(alice, "/tasks")
    expect(page.locator("h1")).to_have_text("No task waits.")
    tab_to(page, "#create")
    press(page, "Enter")
    expect(page.locator("dialog [name=agent]")).to_be_focused()
    page.keyboard.type(agent.agent_name)
    tab_to(page, "dialog [name=title]")
    desk.expected.append("400 (Bad Request)")
    press(page, "Enter")  # nothing typed yet
    expect(page.locator("dialog #fault-title-0")).to_have_text("Say in a few words what is to be done.")
    expect(page.locator("dialog [name=title]")).to_be_focused()
    expect(page.locator("dialog [name=agent]")).to_have_value(agent.agent_name)
    page.keyboard.type("Sort the inbox")
    tab_to(page, "dialog [name=priority]")
    press(page, "ArrowRight")
    tab_to(page, "dialog [name=type]")
    press(page, "ArrowRight")
    expect(page.locator("dialog [name=continues]")).to_be_visible()
    press(page, "ArrowLeft")
    expect(page.locator("dialog [name=continues]")).to_be_hidden()
    tab_to(page, "dialog .btn.pri")
    press(page, "Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("1 task waits; none is blocked.")
    made = Task.objects.get()
    assert (made.title, made.priority, made.type) == ("Sort the inbox", "high", "new")
    tab_to(page, f"#done-{made.pk}")
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text("No task waits.")
    expect(page.locator("#toasts")).to_contain_text("“Sort the inbox” is done.")
    made.refresh_from_db()
    assert made.status == "completed"


def test_selected_rows_stay_selected_and_are_cancelled_together(desk: Desk, alice: Any, agent: Agent) -> None:
    made = [give(agent, f"Task {number}", now=timezone.now()) for number in range(3)]
    page = desk.open(alice, "/tasks")
    page.locator("[data-all]").check()
    expect(page.locator("#rows :checked")).to_have_count(3)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.locator(f"#pick-{made[0].pk}").uncheck()
    page.locator(".picks").get_by_role("button", name="Cancel").click()
    expect(page.locator("#deed-title")).to_have_text("Cancel 2 tasks?")
    page.locator("dialog[open] .btn.danger").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#toasts")).to_contain_text("2 tasks are cancelled.")
    assert Task.objects.filter(status="cancelled").count() == 2


@pytest.mark.parametrize("path", ["/tasks", "/tasks/new", "task", "edit", "cancel"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_stops_nobody(desk: Desk, alice: Any, agent: Agent, path: str, scheme: Any) -> None:
    task = give(agent, "W" * 150, now=timezone.now(), description="D" * 500)
    give(agent, "Sort the inbox", now=timezone.now(), priority="critical", needs=[task.pk])
    at = {"task": f"/tasks/{task.pk}", "edit": f"/tasks/{task.pk}/edit", "cancel": f"/tasks/{task.pk}/cancel"}
    page = desk.open(alice, at.get(path, path), width=390, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert stoppers(page) == []
