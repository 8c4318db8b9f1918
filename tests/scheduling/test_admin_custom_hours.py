"""Custom hours in the admin: rules are written through the service, exceptions are shown (spec U8, W1)."""

from typing import Any

import pytest
from django.test import Client

from scheduling.models import WorkSchedule
from scheduling.services import schedules
from tests.support.actors import SYSTEM
from tests.support.admin import as_hr, faults, page, send

pytestmark = pytest.mark.django_db
RULE = {"name": "Desk", "dtstart": "2026-11-19T09:00", "rrule": "FREQ=DAILY;INTERVAL=2", "duration_minutes": 480}
OFF = {"kind": "off", "date": "2026-11-21", "name": "Stocktaking"}
EXTRA = {"kind": "extra", "start": "2026-11-21T12:00", "end": "2026-11-21T14:00", "name": "<b>Standby</b>"}


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


@pytest.fixture
def schedule(agent: Any, now: Any) -> WorkSchedule:
    data = {"type": "custom", "time_zone": "Europe/Berlin", "rules": [RULE], "exceptions": [OFF, EXTRA]}
    return schedules.create(organization=agent.organization, agent_id=agent.pk, data=data, by=SYSTEM, now=now)


def rule(number: int, **fields: Any) -> dict[str, Any]:
    return {f"rules-{number}-{name}": value for name, value in fields.items()}


def change(client: Client, schedule: WorkSchedule, **fields: Any) -> Any:
    return send(client, page("scheduling.workschedule", "change", schedule.pk), **fields)


def facts(schedule: WorkSchedule) -> dict[str, Any]:
    return schedules.as_facts(WorkSchedule.objects.with_hours().get(pk=schedule.pk))


def test_rules_and_exceptions_are_shown(client: Client, schedule: WorkSchedule) -> None:
    html = client.get(page("scheduling.workschedule", "change", schedule.pk)).content.decode()
    for shown in (
        'value="2026-11-19T09:00"',
        'value="FREQ=DAILY;INTERVAL=2"',
        "Every second day 09:00–17:00 from 19 Nov 2026",
        "Stocktaking",
        "whole day",
        "2026-11-21T12:00 to 2026-11-21T14:00",
        "&lt;b&gt;Standby&lt;/b&gt;",
    ):
        assert shown in html
    listed = client.get(page("scheduling.workschedule")).content.decode()
    assert "Desk: Every second day 09:00–17:00; 1 day off; 1 extra window" in listed
    assert "Desk: Every second day" in client.get(page("workforce.agent", "change", schedule.agent_id)).content.decode()


def test_a_rule_is_changed_and_the_exceptions_stay(client: Client, schedule: WorkSchedule) -> None:
    assert change(client, schedule, **rule(0, rrule="freq=weekly;byday=mo"), grace_minutes="0").status_code == 302
    after = facts(schedule)
    assert after["rules"] == [{**RULE, "rrule": "FREQ=WEEKLY;BYDAY=MO"}]
    assert (after["exceptions"], after["grace_minutes"]) == ([OFF, EXTRA], 0)


def test_a_bad_rule_is_told_at_its_field(client: Client, schedule: WorkSchedule) -> None:
    before = facts(schedule)
    answer = change(client, schedule, **rule(0, rrule="FREQ=HOURLY", duration_minutes="0"))
    assert answer.status_code == 200
    rows = answer.context["inline_admin_formsets"][1].formset.forms
    assert set(rows[0].errors) == {"rrule", "duration_minutes"}
    assert rows[0].errors["rrule"] == ["Hours recur by the day at most: use DAILY, WEEKLY, MONTHLY or YEARLY."]
    assert facts(schedule) == before


def test_custom_hours_are_made_here(client: Client, agent: Any) -> None:
    fields = rule(0, **{**RULE, "duration_minutes": "480"}) | {"rules-TOTAL_FORMS": "1"}
    answer = send(
        client, page("scheduling.workschedule", "add"), agent=str(agent.pk), type="custom", time_zone="UTC", **fields
    )
    assert answer.status_code == 302
    assert facts(WorkSchedule.objects.get())["rules"] == [RULE]


def test_without_a_rule_it_says_what_is_missing(client: Client, agent: Any) -> None:
    add = page("scheduling.workschedule", "add")
    answer = send(client, add, agent=str(agent.pk), type="custom", time_zone="UTC")
    assert answer.status_code == 200
    assert "Add a rule: when it first starts, how it recurs, and for how long." in answer.content.decode()
    assert not WorkSchedule.objects.exists()


def test_a_change_of_type_leaves_the_rules_behind(client: Client, schedule: WorkSchedule) -> None:
    shift = {"shifts-0-days": ["mon"], "shifts-0-start": "09:00", "shifts-0-end": "17:00", "shifts-TOTAL_FORMS": "1"}
    answer = change(client, schedule, type="standard", **shift)
    assert answer.status_code == 302, faults(answer)
    assert facts(schedule)["type"] == "standard"
    assert "rules" not in facts(schedule)
