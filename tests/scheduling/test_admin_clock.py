"""Clocking in and out from an agent's admin page, and the record that is only read (spec U8, W4, W8)."""

import pytest
from django.test import Client

from scheduling.models import ClockRecord
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.admin import as_hr, faults, page
from workforce.models import Agent, AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


def deed(agent: Agent, name: str) -> str:
    return f"/admin/workforce/agent/{agent.pk}/do/{name}/"


def buttons(client: Client, agent: Agent) -> set[str]:
    shown = client.get(page("workforce.agent", "change", agent.pk)).context["buttons"]
    return {button["label"] for button in shown} & {"Clock in", "Clock out"}


def test_it_clocks_in_and_out_with_record_and_audit(client: Client, agent, hugo) -> None:
    assert buttons(client, agent) == {"Clock in"}
    assert client.post(deed(agent, "clock-in"), {"reason": "Needed early."}).status_code == 302
    assert Agent.objects.get(pk=agent.pk).clock_status == "clocked_in"
    assert buttons(client, agent) == {"Clock out"}
    assert client.post(deed(agent, "clock-out"), {"reason": ""}).status_code == 302
    records = list(ClockRecord.objects.order_by("time").values_list("event", "triggered_by", "reason"))
    assert records == [("clocked_in", "Hugo", "Needed early."), ("clocked_out", "Hugo", "")]
    assert AuditEvent.objects.filter(action__startswith="clock.").count() == 2


@pytest.mark.parametrize("name", ["clock-in", "clock-out"])
def test_the_page_asks_and_writes_nothing(name: str, client: Client, agent) -> None:
    assert client.get(deed(agent, name)).status_code == 200
    assert not ClockRecord.objects.exists()


def test_a_second_clock_in_changes_nothing_and_says_so(client: Client, agent) -> None:
    client.post(deed(agent, "clock-in"), {"reason": ""})
    answer = client.post(deed(agent, "clock-in"), {"reason": "typed"})
    assert "is already clocked in" in faults(answer)["__all__"][0]
    assert "typed" in answer.content.decode() and ClockRecord.objects.count() == 1


@pytest.mark.parametrize("state", ["registered", "retired", "archived"])
def test_who_cannot_clock_in_has_no_button_and_is_refused(state: str, client: Client, agent) -> None:
    one = AgentFactory(organization=agent.organization, team=agent.team, current_state=state)
    assert buttons(client, one) == set()
    assert "cannot clock in" in faults(client.post(deed(one, "clock-in"), {"reason": ""}))["__all__"][0]


@pytest.mark.parametrize("state", ["degraded", "escalated"])
def test_one_that_is_unwell_is_forced_with_a_reason(state: str, client: Client, agent) -> None:
    one = AgentFactory(organization=agent.organization, team=agent.team, current_state=state)
    assert "or a person forces it" in faults(client.post(deed(one, "clock-in"), {"reason": ""}))["__all__"][0]
    answer = client.post(deed(one, "clock-in"), {"reason": "", "force": "on"})
    assert faults(answer) == {"reason": ["Say why this agent should clock in all the same."]}
    assert client.post(deed(one, "clock-in"), {"reason": "It is needed.", "force": "on"}).status_code == 302
    assert Agent.objects.get(pk=one.pk).clock_status == "clocked_in"


def test_one_that_is_well_is_not_asked_whether_to_force(client: Client, agent) -> None:
    assert list(client.get(deed(agent, "clock-in")).context["form"].fields) == ["reason"]


def test_an_agents_page_shows_its_hours(client: Client, agent) -> None:
    schedule = WorkScheduleFactory(agent=agent)
    html = client.get(page("workforce.agent", "change", agent.pk)).content.decode()
    assert "09:00–17:00 Mon–Fri" in html
    assert page("scheduling.workschedule", "change", schedule.pk) in html


def test_records_show_their_event_in_words_newest_first(client: Client, agent) -> None:
    client.post(deed(agent, "clock-in"), {"reason": ""})
    client.post(deed(agent, "clock-out"), {"reason": ""})
    answer = client.get(page("scheduling.clockrecord"))
    assert [record.event for record in answer.context["cl"].result_list] == ["clocked_out", "clocked_in"]
    assert "Clocked in" in answer.content.decode()


def test_records_are_searched_by_agent_and_filtered_by_event(client: Client, agent) -> None:
    client.post(deed(agent, "clock-in"), {"reason": ""})
    path = page("scheduling.clockrecord")
    assert len(client.get(f"{path}?q={agent.agent_name}").context["cl"].result_list) == 1
    assert len(client.get(f"{path}?q=somebody-else").context["cl"].result_list) == 0
    assert len(client.get(f"{path}?event__exact=auto_pause").context["cl"].result_list) == 0
