"""Text that people and runtimes write is shown, never run; and nothing on a page needs what the policy forbids."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from scheduling.models import ClockRecord
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from tests.pages.html import parse
from workforce.services import holds, notices

Reader = Callable[..., Client]
SCRIPT = "<script>alert(1)</script>"
QUOTE = "\"><img src=x onerror='alert(1)'>"
TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


@pytest.fixture
def nasty(organization: Any, alice: Any, at_now: datetime, actor: Any) -> Any:
    """An agent with markup in everything that is shown of it."""
    alice.name = f"Alice {SCRIPT}"
    alice.save(update_fields=["name"])
    organization.name = f"Halden {SCRIPT}"
    organization.save(update_fields=["name"])
    pod = TeamFactory(organization=organization, name=f"Pod {QUOTE}")
    agent = AgentFactory(
        organization=organization, team=pod, agent_name=f"a{SCRIPT}{QUOTE}"[:80], avatar="<b>x</b>", owner_user=alice
    )
    WorkScheduleFactory(
        agent=agent, type="shift", shifts=[(f"E{SCRIPT}"[:40], 127, 0, 600), (QUOTE[:40], 127, 700, 800)]
    )
    holds.place(organization=organization, agent_id=agent.pk, kind="manual", reason=QUOTE, by=actor(alice), now=at_now)
    ClockRecord.objects.create(
        organization=organization,
        agent=agent,
        time=at_now,
        event="clocked_in",
        triggered_by_kind="user",
        triggered_by_id="1",
        triggered_by=f"A{QUOTE}",
        reason=f"Because {SCRIPT}{QUOTE}",
    )
    notices.tell(
        organization=organization,
        recipients=[alice],
        kind="late",
        text=f"{agent.agent_name} is late {SCRIPT}",
        subject=("agent", agent.pk, agent.agent_name),
        key="x",
        now=at_now,
    )
    return agent


def addresses(agent: Any) -> list[str]:
    echoed = (
        f"?q={SCRIPT}&agent={QUOTE}&state={QUOTE}&event={SCRIPT}&from={QUOTE}&sort={SCRIPT}&older={QUOTE}&page={QUOTE}"
    )
    return [
        "/",
        "/overview/live",
        "/history",
        "/preferences",
        f"/agents/{agent.pk}/hours",
        f"/{echoed}",
        f"/history{echoed}",
        f"/budgets{echoed}&caps={SCRIPT}&pod={QUOTE}",
        f"/budgets/live{echoed}",
        f"/budgets/{agent.pk}",
    ]


def test_markup_is_shown_as_text(reader: Reader, alice: Any, nasty: Any) -> None:
    for address in addresses(nasty):
        for headers in ({}, {"HX-Request": "true"}):
            answer = reader(alice).get(address, headers=headers)
            assert answer.status_code == 200, address
            page = parse(answer)
            scripts = [set(script.attrs) for script in page.all("script")]
            assert all("src" in script and script <= {"src", "defer", "type"} for script in scripts), address
            assert not page.all("img"), address
            assert not [n for n in page.walk() if any(name.startswith("on") for name in n.attrs)], address


def test_it_is_there_to_be_read(reader: Reader, alice: Any, nasty: Any) -> None:
    assert f"Because {SCRIPT}{QUOTE}" in parse(reader(alice).get("/history")).text
    assert SCRIPT in parse(reader(alice).get("/")).one("div", id="need").text


def test_a_toast_carries_no_markup_either(reader: Reader, alice: Any, nasty: Any) -> None:
    answer = reader(alice).post(f"/agents/{nasty.pk}/clock-in", headers={"HX-Request": "true"})
    assert answer["HX-Trigger"].isascii()
    assert "textContent = text" in Path(settings.BASE_DIR, "static/punchcard.js").read_text()


def test_typed_markup_comes_back_inert(reader: Reader, alice: Any, nasty: Any) -> None:
    typed = {
        "type": "shift",
        "shift-0-name": QUOTE,
        "shift-0-start": SCRIPT,
        "time_zone": QUOTE,
        "grace_minutes": QUOTE,
    }
    answer = reader(alice).post(f"/agents/{nasty.pk}/hours", typed)
    assert answer.status_code == 400
    page = parse(answer)
    assert page.one("input", name="shift-0-name").attrs["value"] == QUOTE
    assert not page.all("img")
    assert all(script.attrs.get("src") for script in page.all("script"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_templates_need_nothing_inline(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:|\|safe\b|autoescape off", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//", text)


def test_the_policy_allows_only_this_host(reader: Reader, alice: Any, agent: Any) -> None:
    policy = reader(alice).get("/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_htmx_is_told_not_to_evaluate_nor_to_add_styles(reader: Reader, alice: Any) -> None:
    meta = parse(reader(alice).get("/")).one("meta", name="htmx-config")
    config = json.loads(meta.attrs["content"])
    assert (config["allowEval"], config["includeIndicatorStyles"], config["allowScriptTags"]) == (False, False, False)
    assert config["historyCacheSize"] == 0
