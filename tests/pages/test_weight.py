"""The first load stays small, and every part a page names is there."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from budgets.choices import CapWindow
from budgets.models import Caps
from scheduling.choices import ClockEvent
from scheduling.selectors.roster import Pulse
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.pages.html import parse
from workforce.choices import (
    AssignmentStatus,
    ClockStatus,
    HeartbeatStatus,
    LifecycleState,
    ReportKind,
    TaskPriority,
    TaskStatus,
)

Reader = Callable[..., Client]
KINDS = (
    LifecycleState, ClockStatus, HeartbeatStatus, ClockEvent, Pulse, TaskStatus, TaskPriority, ReportKind,
    AssignmentStatus,
)  # fmt: skip
STATIC = Path(settings.BASE_DIR, "static")


def packed(data: bytes) -> int:
    return len(gzip.compress(data, 6))


@pytest.mark.parametrize("path", ["/", "/schedules", "/schedules/new", "/budgets"])
def test_the_first_load_is_under_60_kB(reader: Reader, alice: Any, organization: Any, pod: Any, path: str) -> None:
    shifts = [("Early", 127, 360, 840), ("Late", 127, 840, 1320)]
    for number in range(24):
        agent = AgentFactory(organization=organization, team=pod, agent_name=f"agent-{number:02}")
        WorkScheduleFactory(agent=agent, type="shift", shifts=shifts, time_zone="America/New_York")
        caps = {f"{window.value}_{of}": 1_000 + number for window in CapWindow for of in ("tokens", "cost", "used")}
        Caps.objects.create(agent=agent, on_cap="pause", reserved_tokens=number, **caps)
    answer = reader(alice).get(path)
    page = parse(answer)
    parts = [n.attrs["src"] for n in page.all("script")] + [n.attrs["href"] for n in page.all("link")]
    parts.append(page.all("use")[0].attrs["href"].split("#")[0])
    total = packed(answer.content)
    for part in parts:
        found = finders.find(part.removeprefix("/static/"))
        assert isinstance(found, str), part
        total += packed(Path(found).read_bytes())
    assert total < 60_000


def test_the_own_script_is_under_10_kB() -> None:
    assert (STATIC / "punchcard.js").stat().st_size < 10_000


def test_every_icon_is_in_the_sprite() -> None:
    there = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "sprite.svg").read_text()))
    templates = "".join(path.read_text() for path in Path(settings.BASE_DIR, "templates").rglob("*.html"))
    asked = set(re.findall(r'{% icon "([\w-]+)" %}', templates))
    asked |= {choice.icon for kind in KINDS for choice in kind}
    assert asked == there


def test_every_tone_is_in_the_stylesheet() -> None:
    css = (STATIC / "punchcard.css").read_text()
    tones = {choice.tone for kind in KINDS for choice in kind}
    assert {tone for tone in tones if f".{tone}" not in css} == set()
