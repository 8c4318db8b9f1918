"""Axe finds nothing serious on any page, tab or dialog, in either theme, on a screen and on a phone."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from budgets.models import CapApproval
from budgets.services import limits
from scheduling.services import clock
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.axe import stoppers
from tests.pages.conftest import Desk
from tests.pages.spend import UNPRICED, cap, prices, spend
from tests.support.actors import SYSTEM, person
from tests.support.work import claimed, give
from workforce.models import Agent
from workforce.services import notices

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="pages are the same on every database: seen on SQLite"),
]
Step = Callable[[Page], None]


def _nothing(page: Page) -> None:
    """The page as it opens."""


def _opened(page: Page, name: str) -> None:
    expect(page.get_by_role("dialog", name=name)).to_be_visible()


def _click(what: str, dialog: str = "") -> Step:
    """Press ``what``, a selector, and wait for its dialog."""

    def step(page: Page) -> None:
        page.locator(what).first.click()
        expect(page.locator("dialog[open]")).to_contain_text(dialog)

    return step


def _create(page: Page) -> None:
    page.get_by_role("link", name="Create Schedule").click()
    _opened(page, "Create Schedule")
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


def _refused_task(page: Page) -> None:
    page.locator("#create").click()
    page.locator("dialog .btn.pri").click()
    expect(page.locator("dialog .fault").first).to_be_visible()


def _refused_caps(page: Page) -> None:
    page.get_by_role("link", name="Edit Caps of york-01").click()
    page.get_by_label("Daily Token Cap").fill("much")
    page.get_by_role("button", name="Save caps").click()
    expect(page.locator("dialog .fault")).to_be_visible()


def _together(button: str) -> Step:
    """Select all and press ``button``."""

    def step(page: Page) -> None:
        page.locator("[data-all]").first.check()
        page.locator(button).click()
        expect(page.locator("dialog[open] h2")).to_be_visible()

    return step


def _checked(page: Page) -> None:
    page.get_by_label("Or its text").fill("agent_name,team\nnew-01,Nowhere\n")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("main table")).to_be_visible()


def _keys(page: Page) -> None:
    page.keyboard.press("?")
    _opened(page, "Keyboard")


def _menu(page: Page) -> None:
    page.get_by_label("Alice, Workforce manager").click()


def _wrong_password(page: Page) -> None:
    page.get_by_label("E-mail address").fill("alice@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


#: Address and what is done there first. A page that joins the house joins this list.
PAGES: dict[str, tuple[str, Step]] = {
    "overview": ("/", _nothing),
    "overview, keyboard": ("/", _keys),
    "overview, empty": ("/?q=zebra", _nothing),
    "overview, forced clock-in": (
        "/",
        _click("[hx-post*='clock-in'][aria-label*=tokyo], tr:has-text('tokyo-01') [id^=clock-]", "is degraded"),
    ),
    "overview, owner of some": ("/", _together("#bulk-owner")),
    "overview, pod of some": ("/", _together("#bulk-pod")),
    "overview, pause some": ("/", _together("#bulk-pause")),
    "overview, retire some": ("/", _together("#bulk-retire")),
    "import": ("/agents/import", _nothing),
    "import, checked": ("/agents/import", _checked),
    "schedules": ("/schedules", _nothing),
    "schedules, no hours": ("/schedules?having=unscheduled", _nothing),
    "schedules, empty": ("/schedules?q=zebra", _nothing),
    "schedules, new": ("/schedules", _create),
    "schedules, custom": ("/schedules", _custom),
    "schedules, refused": ("/schedules", _refused),
    "schedules, edit": ("/schedules", _click("a:text('Edit hours of york-01')", "Working hours of york-01")),
    "schedules, delete": ("/schedules", _click("a:text('Delete hours of york-01')", "Delete the hours of york-01?")),
    "new schedule": ("/schedules/new", _nothing),
    "hours": ("/agents/{agent}/hours", _nothing),
    "delete hours": ("/agents/{agent}/hours/delete", _nothing),
    "tasks": ("/tasks", _nothing),
    "tasks, every status": ("/tasks?status=all&sort=title", _nothing),
    "tasks, empty": ("/tasks?q=zebra", _nothing),
    "tasks, new": ("/tasks", _click("#create", "Create Task")),
    "tasks, refused": ("/tasks", _refused_task),
    "tasks, cancel": ("/tasks", _click("[id^=cancel-]", "Cancel")),
    "tasks, done together": ("/tasks", _together("#bulk-done")),
    "tasks, reassign together": ("/tasks", _together("#bulk-reassign")),
    "tasks, reprioritise together": ("/tasks", _together("#bulk-priority")),
    "new task": ("/tasks/new", _nothing),
    "task": ("/tasks/{task}", _nothing),
    "task, edit": ("/tasks/{task}", _click("[hx-get*='/edit']")),
    "task, urgent": ("/tasks/{task}", _click("[hx-get*='/urgent']")),
    "edit task": ("/tasks/{task}/edit", _nothing),
    "cancel task": ("/tasks/{task}/cancel", _nothing),
    "budgets": ("/budgets", _nothing),
    "budgets, empty": ("/budgets?q=zebra", _nothing),
    "budgets, closest": ("/budgets?sort=closest", lambda page: page.locator("summary", has_text="As a table").click()),
    "budgets, edit": ("/budgets", _click("[id^=edit-]", "Token Cap")),
    "budgets, raise": ("/budgets", _click("[id^=raise-]", "New daily cap")),
    "budgets, keep": ("/budgets", _click("[id^=keep-]", "Reason")),
    "raise a cap": ("/budgets/approvals/{approval}/raise", _nothing),
    "budgets, refused": ("/budgets", _refused_caps),
    "caps": ("/budgets/{agent}", _nothing),
    "leave, empty": ("/schedules/leave", _nothing),
    "leave, plan": ("/schedules/leave", _click("#plan", "Plan leave")),
    "history": ("/history", _nothing),
    "history, empty": ("/history?q=zebra&from=2026-01-01", _nothing),
    "preferences": ("/preferences", _nothing),
    "preferences, menu": ("/preferences", _menu),
    "a problem of the API": ("/api/docs/problems/not-found", _nothing),
    "nowhere": ("/nowhere", _nothing),
}
FOR_ANYBODY: dict[str, tuple[str, Step]] = {
    "sign in": ("/sign-in", _nothing),
    "sign in, refused": ("/sign-in", _wrong_password),
}
#: Each theme once and each width once.
LOOKS = [("light", 1280), ("dark", 390)]


@pytest.fixture
def staff(organization: Any, agent: Agent, alice: Any) -> dict[str, Any]:
    """Something of every kind that pages show: ids for the addresses."""
    shapes: list[dict[str, Any]] = [
        {"time_zone": "America/New_York", "enforce_clock_in": True},
        {"type": "shift", "shifts": [("Early", 127, 360, 840), ("Late", 127, 840, 1320)], "enabled": False},
    ]
    people = {}
    for name, status, state, shape in (
        ("york-01", "clocked_in", "ready", shapes[0]),
        ("berlin-01", "no_schedule", "blocked", shapes[1]),
        ("tokyo-01", "clocked_out", "degraded", {"time_zone": "Asia/Tokyo"}),
    ):
        people[name] = AgentFactory(
            organization=organization, team=agent.team, agent_name=name, clock_status=status, current_state=state
        )
        WorkScheduleFactory(agent=people[name], **shape)
    york, now = people["york-01"], timezone.now()
    approval = _spent(organization, york, agent)
    clock.clock_in(organization=organization, agent_id=agent.pk, by=SYSTEM, now=now - timedelta(hours=1))
    first = give(york, "Sort the inbox", now=now, description="Oldest first.", due_at=now + timedelta(hours=1))
    give(york, "Answer", now=now, priority="critical", urgent=True, needs=[first.pk], by=person(alice))
    give(agent, "Count the words", now=now)
    claimed(agent, now=now)
    notices.tell(
        organization=organization,
        recipients=[alice],
        kind="late",
        text="york-01 is late.",
        subject=("agent", york.pk, "york-01"),
        key="late",
        now=now,
    )
    return {"agent": york.pk, "task": first.pk, "approval": approval.pk}


def _spent(organization: Any, york: Agent, other: Agent) -> CapApproval:
    """York is stopped by its daily cap; the other one is on the way to its own, and some of its cost is unknown."""
    now = timezone.now()
    prices(organization, now)
    cap(york, daily_tokens=300_000, weekly_tokens=400_000, monthly_cost=Decimal(9_000), reserved_tokens=500)
    cap(other, daily_tokens=20_000_000)
    spend(york, 306_000, now=now)
    spend(other, 1_200_000, now=now, model=UNPRICED)
    spend(other, 90_000, now=now)
    limits.act(organization=organization, agent_id=york.pk, now=now)
    return CapApproval.objects.get(agent=york)


def _check(page: Page) -> None:
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert stoppers(page) == [], f"{scheme}, {width} wide"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{width} wide"


@pytest.mark.parametrize("what", PAGES)
def test_nothing_serious_is_found(desk: Desk, alice: Any, staff: dict[str, Any], what: str) -> None:
    desk.expected = ["status of 404", "status of 400", "status of 409"]
    path, step = PAGES[what]
    page = desk.open(alice, path.format(**staff))
    step(page)
    _check(page)


@pytest.mark.parametrize("what", FOR_ANYBODY)
def test_nor_before_one_signs_in(desk: Desk, alice: Any, what: str) -> None:
    path, step = FOR_ANYBODY[what]
    page = desk.open(None, path)
    step(page)
    _check(page)


@pytest.mark.parametrize("path", ["/", "/schedules", "/tasks", "/budgets", "/history"])
def test_nor_where_nobody_works_yet(desk: Desk, alice: Any, path: str) -> None:
    _check(desk.open(alice, path))


def test_what_is_wrong_is_found(desk: Desk, alice: Any, agent: Agent) -> None:
    """The helper sees an unnamed button and gray on gray."""
    page = desk.open(alice, "/preferences")
    page.evaluate("document.querySelector('main').innerHTML = '<button></button><p class=dim>pale</p>'")
    page.evaluate("document.querySelector('main p').style.cssText = 'color:#888;background:#999'")
    assert {line.split()[0] for line in stoppers(page)} == {"button-name", "color-contrast"}
