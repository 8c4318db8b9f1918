"""The admin in a real browser: Django's scripts and ours under the content security policy."""

import os
import re
from typing import Any

import playwright.sync_api
import pytest
from django.utils import timezone

from tests.factories import PASSWORD, AgentFactory
from tests.house.fleet import hire
from tests.support.admin import page as address
from workforce.models import Agent, ApiKey

# Playwright keeps an event loop in this thread, in which Django would refuse its database. Nothing here is async.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Admin:
    """Hugo at the admin; ``said`` is every error the browser had to tell, violations of the policy among them."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.page.wait_for_load_state("networkidle")


@pytest.fixture
def admin(page: Any, live_server: Any, hugo: Any) -> Admin:
    hugo.set_password(PASSWORD)
    hugo.save(update_fields=["password"])
    admin = Admin(page, live_server.url)
    admin.open("/admin/")
    page.fill("input[name=username]", hugo.email)
    page.fill("input[name=password]", PASSWORD)
    admin.press("form:has(input[name=password]) button[type=submit], form:has(input[name=password]) button")
    assert page.url.endswith("/admin/"), "signing in leads back to where one was going"
    return admin


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_pages_break_no_rule_of_the_policy(theme: str, admin: Admin, hugo: Any, organization: Any) -> None:
    hugo.theme = theme
    hugo.save(update_fields=["theme"])
    agents = hire(organization, count=3, owner=hugo, now=timezone.now())
    for path in (
        "/admin/",
        address("workforce.agent"),
        address("workforce.agent", "add"),
        address("workforce.agent", "change", agents[0].pk),
        address("workforce.auditevent"),
        address("scheduling.workschedule", "add"),
        address("scheduling.workschedule", "change", agents[0].work_schedule.pk),
        address("heartbeats.heartbeat"),
        f"/admin/workforce/agent/{agents[0].pk}/do/hold/",
    ):
        admin.open(path)
    assert admin.said == []
    ground = admin.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(246, 246, 244)", "dark": "rgb(15, 16, 18)"}[theme]


def test_hours_are_made_with_proposals_and_a_second_shift(admin: Admin, agent: Any) -> None:
    page = admin.page
    admin.open(address("scheduling.workschedule", "add"))
    page.click(".field-agent .select2-selection")
    page.fill(".select2-search__field", "triage")
    page.click(".select2-results__option:has-text('support-triage-01')")
    page.select_option("select[name=type]", "shift")
    page.fill("input[name=time_zone]", "Europe/Berlin")
    page.click("#shifts-group .add-row a")
    shifts = [("Early", "Mon", "06:00", "14:00"), ("Late", "Fri", "22:00", "02:00")]
    for row, (name, day, start, end) in enumerate(shifts):
        page.fill(f"input[name=shifts-{row}-name]", name)
        page.click(f"#shifts-{row} label:has-text('{day}')")
        page.fill(f"input[name=shifts-{row}-start]", start)
        page.fill(f"input[name=shifts-{row}-end]", end)
    admin.press("input[name=_save]")
    assert "was added successfully" in page.inner_text(".messagelist")
    said = [(s.name, s.days, s.start_minute, s.end_minute) for s in agent.work_schedule.shifts.all()]
    assert said == [("Early", 1, 360, 840), ("Late", 16, 1320, 120)]
    assert admin.said == []


def test_a_lifecycle_button_asks_for_the_reason(admin: Admin, agent: Any) -> None:
    page = admin.page
    admin.open(address("workforce.agent", "change", agent.pk))
    admin.press(".deeds >> text=Retire")
    admin.press("input[type=submit][value=Retire]")
    assert "needs a reason" in page.inner_text(".errorlist")
    page.keyboard.type("Replaced by a newer one.")  # the field has the focus
    admin.press("input[type=submit][value=Retire]")
    assert "is now retired" in page.inner_text(".messagelist")
    assert Agent.objects.get(pk=agent.pk).current_state == "retired"
    assert admin.said == []


def test_a_token_is_shown_once(admin: Admin, agent: Any) -> None:
    page = admin.page
    admin.open(f"/admin/workforce/agent/{agent.pk}/do/key/")
    page.fill("input[name=key_name]", "runner")
    admin.press("input[type=submit]")
    token = page.input_value("#token")
    assert token.startswith("pck_")
    admin.press("text=I have copied it")
    assert token not in page.content()
    with pytest.raises(playwright.sync_api.Error, match="ERR_CACHE_MISS"):
        page.go_back()  # the browser kept nothing and sends nothing again by itself
    page.wait_for_url(re.compile("chrome-error:"), wait_until="commit")
    assert ApiKey.objects.count() == 1


def test_script_in_a_name_does_not_run(admin: Admin, agent: Any) -> None:
    name = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    one = AgentFactory(organization=agent.organization, team=agent.team, agent_name=name)
    admin.open(address("workforce.agent"))
    admin.open(address("workforce.agent", "change", one.pk))
    admin.open(address("scheduling.workschedule", "add"))
    admin.page.click(".field-agent .select2-selection")
    admin.page.wait_for_selector(".select2-results__option:has-text('onerror')")
    admin.page.click(".select2-results__option:has-text('onerror')")
    assert admin.said == []
