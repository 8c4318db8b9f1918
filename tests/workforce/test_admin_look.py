"""The admin wears the house's colours and keeps to the content security policy."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.house.fleet import hire
from tests.house.test_files import INLINE
from tests.support.admin import as_hr, page
from workforce.choices import Theme

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = re.compile(r"(--[\w-]+):([^;}]+)")


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


def tokens(name: str) -> dict[str, str]:
    """What the first ``:root`` of a stylesheet defines."""
    css = (ROOT / "static" / name).read_text()
    return dict(TOKEN.findall(css[css.index(":root{") : css.index("}\n", css.index(":root{"))]))


def test_its_tokens_are_those_of_the_pages() -> None:
    ours, theirs = tokens("admin-punchcard.css"), tokens("punchcard.css")
    assert len(ours) > 40
    assert {name: value for name, value in ours.items() if theirs.get(name) != value} == {}


def test_every_tone_of_the_pages_is_known_to_it() -> None:
    def tones(name: str) -> set[str]:
        return set(re.findall(r"\.(?:is|st|sla)-[a-z]+(?=[,{])", (ROOT / "static" / name).read_text()))

    assert {tone for tone in tones("punchcard.css") if tone.startswith(".st-")} <= tones("admin-punchcard.css")


def shown(client: Client, agents: list[Any]) -> dict[str, str]:
    """One page of every kind, as HTML."""
    agent = agents[0]
    chosen = {"action": "pause", "_selected_action": [str(agent.pk)]}
    key = agent.api_keys.first()
    paths = [
        "/admin/",
        page("workforce.agent"),
        page("workforce.agent", "add"),
        page("workforce.agent", "change", agent.pk),
        page("scheduling.workschedule", "add"),
        page("scheduling.workschedule", "change", agents[1].work_schedule.pk),
        page("scheduling.workschedule", "delete", agents[1].work_schedule.pk),
        page("workforce.auditevent"),
        page("workforce.auditevent", "change", agent.organization.audit_events.first().pk),
        page("workforce.apikey", "change", key.pk),
        page("workforce.membership", "add"),
        page("heartbeats.heartbeat"),
        f"/admin/workforce/agent/{agent.pk}/do/move/retired/",
        "/admin/password_change/",
    ]
    pages = {path: client.get(path) for path in paths}
    pages["asking in bulk"] = client.post(page("workforce.agent"), chosen)
    pages["results"] = client.post(page("workforce.agent"), {**chosen, "apply": "1", "reason": "r"})
    pages["token"] = client.post(f"/admin/workforce/agent/{agents[1].pk}/do/key/", {"key_name": "n"})
    assert {path: answer.status_code for path, answer in pages.items() if answer.status_code != 200} == {}
    return {path: answer.content.decode() for path, answer in pages.items()}


def test_no_page_holds_inline_style_or_script(client: Client, organization, hugo, now) -> None:
    for path, html in shown(client, hire(organization, count=3, owner=hugo, now=now)).items():
        assert [what for what, pattern in INLINE.items() if pattern.search(html)] == [], path


def test_every_page_has_our_stylesheet_and_not_djangos_theme_switch(client: Client, organization, hugo, now) -> None:
    for path, html in shown(client, hire(organization, count=3, owner=hugo, now=now)).items():
        assert "admin-punchcard.css" in html, path
        assert "theme.js" not in html and "dark_mode.css" not in html, path


@pytest.mark.parametrize(("theme", "marked"), [(Theme.DARK, "theme-dark"), (Theme.LIGHT, "theme-light")])
def test_light_and_dark_are_the_readers_choice(theme: Theme, marked: str, client: Client, hugo) -> None:
    hugo.theme = theme
    hugo.save(update_fields=["theme"])
    assert marked in client.get("/admin/").content.decode()


def test_without_a_choice_the_device_decides(client: Client) -> None:
    assert "theme-" not in re.search(r"<body class=\"([^\"]*)\"", client.get("/admin/").content.decode())[1]  # type: ignore[index]


def test_the_policy_is_sent_with_its_pages(client: Client) -> None:
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe-inline" not in policy
