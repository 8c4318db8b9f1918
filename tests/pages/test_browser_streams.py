"""Workstreams in a real browser: by keyboard, in both themes and widths (spec U5)."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import AgentFactory
from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.support.actors import SYSTEM
from tests.support.work import give
from workforce.models import Agent, Assignment, Workstream
from workforce.services import assignments, workstreams

pytestmark = pytest.mark.browser


@pytest.fixture
def stream(organization: Any, agent: Agent, pod: Any) -> Workstream:
    """With a blocked part, one that waits for it, one handed on, and one that is over."""
    now = timezone.now()
    same: dict[str, Any] = {"organization": organization, "by": SYSTEM, "now": now}
    made = workstreams.create(data={"name": "Year end", "description": "Close all ledgers."}, **same)
    task = give(agent, "Reconcile the bank accounts of all subsidiaries", now=now, workstream_id=made.pk)
    first, second = (AgentFactory(organization=organization, team=pod, agent_name=f"ledger-0{n}") for n in (1, 2))
    part = {"workstream_id": made.pk, "role": "contributor"}
    help_it = assignments.create(data={**part, "agent_id": first.pk, "task_id": task.pk}, **same)
    review = assignments.create(
        data={**part, "agent_id": second.pk, "role": "reviewer", "needs": [help_it.pk], "percent_complete": 20}, **same
    )
    assignments.block(assignment_id=help_it.pk, code="waiting_input", note="Which bank?", **same)
    assignments.hand_off(assignment_id=review.pk, agent_id=first.pk, reason="Knows the banks.", **same)
    return made


def test_one_assigns_and_hands_off_by_keyboard(desk: Desk, alice: Any, agent: Agent, stream: Workstream) -> None:
    page = desk.open(alice, f"/workstreams/{stream.pk}")
    page.get_by_role("link", name="Assign an agent").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Agent")).to_be_focused()
    page.keyboard.type(agent.agent_name)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # from contributor to reviewer
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast span")).to_have_text(f"{agent.agent_name} is reviewer of “Year end”.")
    assert Assignment.objects.filter(agent=agent, role="reviewer").count() == 1
    page.get_by_role("link", name=f"Hand off {agent.agent_name}").last.focus()
    page.keyboard.press("Enter")
    desk.expected.append("400 (Bad Request)")
    page.get_by_label("Agent").focus()
    page.keyboard.type("ledger-02")
    page.keyboard.press("Enter")
    expect(page.locator(".fault")).to_have_text("Say why it goes to somebody else.")
    expect(page.get_by_label("Agent")).to_have_value("ledger-02")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("She is faster.")
    page.get_by_role("button", name="Hand off").press("Enter")
    expect(page.locator("#toasts .toast span")).to_contain_text("is handed off.")


def test_they_fit_and_nobody_stumbles(desk: Desk, alice: Any, stream: Workstream) -> None:
    blocked = Assignment.objects.get(status="blocked")
    page = desk.open(alice, "/workstreams")
    for path in (
        "/workstreams",
        f"/workstreams/{stream.pk}",
        f"/workstreams/{stream.pk}/edit",
        f"/workstreams/{stream.pk}/assign",
        f"/assignments/{blocked.pk}/edit",
        f"/assignments/{blocked.pk}/block",
    ):
        page.goto(path)
        for theme, width in (("light", 1280), ("dark", 390)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert stoppers(page) == [], path
