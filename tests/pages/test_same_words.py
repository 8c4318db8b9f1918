"""Every field of the hours form, wrong in every way it can be: page and API refuse it in the same words (spec I3)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from scheduling.forms import HoursForm
from scheduling.models import WorkSchedule
from tests.factories import AgentFactory
from tests.pages.html import parse
from tests.pages.test_custom_hours import CUSTOM
from tests.pages.test_hours_page import SHIFTS, STANDARD
from tests.pages.test_hours_page import faults as sentences
from tests.support.api import Api, faults

Reader = Callable[..., Client]
NEW = "/schedules/new"
WRONG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *(
        (STANDARD, change)
        for change in (
            {"time_zone": ""},
            {"time_zone": "Mars/Olympus"},
            {"time_zone": "europe/berlin"},
            {"time_zone": "x" * 400},
            {"days": []},
            {"start": ""},
            {"start": "9"},
            {"start": "24:00"},
            {"end": "24:01"},
            {"end": "09:00"},
            {"grace_minutes": ""},
            {"grace_minutes": "241"},
            {"grace_minutes": "-1"},
            {"grace_minutes": "ten"},
            {"grace_minutes": "1" * 300},
            {"off_hours_action": ""},
            {"off_hours_action": "explode"},
            {"type": "whenever"},
            {"type": ""},
        )
    ),
    *(
        (SHIFTS, change)
        for change in (
            {"shift-0-name": ""},
            {"shift-0-name": "x" * 61},
            {"shift-0-name": "a\nb"},
            {"shift-1-name": "early"},
            {"shift-1-days": []},
            {"shift-1-start": "soon"},
            {"shift-1-end": "14:00"},
        )
    ),
    *(
        (CUSTOM, change)
        for change in (
            {"rule-0-name": "x" * 61},
            {"rule-0-dtstart": ""},
            {"rule-0-dtstart": "2026-13-01T09:00"},
            {"rule-0-rrule": ""},
            {"rule-0-rrule": "FREQ=HOURLY"},
            {"rule-0-rrule": "FREQ=WEEKLY;COUNT=2;UNTIL=20270101"},
            {"rule-0-duration_minutes": ""},
            {"rule-0-duration_minutes": "10081"},
            {"exceptions": "2026-02-30 Never"},
            {"exceptions": "2026-12-25\n2026-12-25"},
            {"exceptions": "2026-12-25 " + "x" * 61},
        )
    ),
]


def body(typed: dict[str, Any]) -> dict[str, Any]:
    """What the page passes on, as a program would send it."""
    post = QueryDict(mutable=True)
    for name, text in typed.items():
        post.setlist(name, text if isinstance(text, list) else [text])
    return HoursForm.typed(post).as_data()


@pytest.mark.parametrize(("good", "change"), WRONG, ids=lambda value: repr(value)[:60] if len(value) == 1 else "")
def test_the_words_are_the_same(
    reader: Reader, alice: Any, organization: Any, agent: Any, good: dict[str, Any], change: dict[str, Any]
) -> None:
    typed = {**good, **change, "agent": agent.agent_name}
    page = reader(alice).post(NEW, typed)
    assert page.status_code == 400
    shown = [
        sentence.split(": ", 1)[1] if sentence.startswith("Line ") else sentence for sentence in sentences(parse(page))
    ]
    api = Api.of(organization).post("/api/workforce/schedules", {**body(typed), "agent_id": str(agent.pk)})
    assert sorted(shown) == sorted(faults(api).values())
    assert not WorkSchedule.objects.exists()


def test_whose_hours_and_a_second_schedule_too(reader: Reader, alice: Any, organization: Any, agent: Any) -> None:
    client, api = reader(alice), Api.of(organization)
    unsaid = faults(api.post("/api/workforce/schedules", body(STANDARD)))
    assert sentences(parse(client.post(NEW, {**STANDARD, "agent": ""}))) == list(unsaid.values())
    gone = AgentFactory(organization=organization, agent_name="gone-01", current_state="archived")
    departed = faults(api.post("/api/workforce/schedules", {**body(STANDARD), "agent_id": str(gone.pk)}))
    assert sentences(parse(client.post(NEW, {**STANDARD, "agent": "gone-01"}))) == list(departed.values())
    typed = {**STANDARD, "agent": agent.agent_name}
    assert client.post(NEW, typed).status_code == 302
    again = client.post(NEW, typed)
    there = api.post("/api/workforce/schedules", {**body(STANDARD), "agent_id": str(agent.pk)})
    assert (again.status_code, there.status_code) == (409, 409)
    assert sentences(parse(again)) == [there.json()["detail"]]
