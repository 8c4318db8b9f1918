"""Working hours on the admin's form: shifts beside their schedule, faults at their row (spec U8, W1, W2)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.models import Shift, WorkSchedule
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.admin import as_hr, faults, page, send
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db

ADD = page("scheduling.workschedule", "add")


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


@pytest.fixture
def schedule(agent) -> WorkSchedule:
    return WorkScheduleFactory(agent=agent, type="shift", shifts=[("Early", 31, 360, 840), ("Late", 96, 1320, 120)])


def shift(number: int, **fields: Any) -> dict[str, Any]:
    """The fields of one row of the form."""
    return {f"shifts-{number}-{name}": value for name, value in fields.items()}


def change(client: Client, schedule: WorkSchedule, **fields: Any) -> Any:
    return send(client, page("scheduling.workschedule", "change", schedule.pk), **fields)


def row_faults(answer: Any, number: int) -> dict[str, list[str]]:
    assert answer.status_code == 200
    formset = answer.context["inline_admin_formsets"][0].formset
    return {name: list(sentences) for name, sentences in formset.forms[number].errors.items()}


def test_it_adds_standard_hours_through_the_service(client: Client, agent, hugo) -> None:
    row = shift(0, days=["mon", "sun"], start="09:00", end="24:00")
    answer = send(client, ADD, agent=str(agent.pk), time_zone="Europe/Berlin", grace_minutes="15", **row)
    assert answer.status_code == 302
    schedule = WorkSchedule.objects.get()
    assert (schedule.agent, schedule.type, schedule.grace_minutes) == (agent, "standard", 15)
    only = schedule.shifts.get()
    assert (only.days, only.start_minute, only.end_minute) == (0b1000001, 540, 1440)
    event = AuditEvent.objects.get(action="schedule.created")
    assert (event.subject_id, event.actor_id) == (str(agent.pk), str(hugo.pk))


def test_it_adds_several_shifts_in_their_order(client: Client, agent) -> None:
    rows = shift(0, name="Early", days=["mon"], start="06:00", end="14:00")
    rows |= shift(1, name="Late", days=["fri"], start="22:00", end="06:00")
    send(client, ADD, agent=str(agent.pk), type="shift", time_zone="UTC", **rows, **{"shifts-TOTAL_FORMS": "2"})
    assert list(Shift.objects.values_list("name", "start_minute", "end_minute")) == [
        ("Early", 360, 840),
        ("Late", 1320, 360),
    ]


def test_the_form_shows_hours_as_people_write_them(client: Client, schedule) -> None:
    html = client.get(page("scheduling.workschedule", "change", schedule.pk)).content.decode()
    for shown in ('value="06:00"', 'value="14:00"', 'value="22:00"', 'value="02:00"', '<option value="Europe/Berlin">'):
        assert shown in html
    days = [day for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat") if f'value="{day}"' in html]
    assert sorted(days, key=lambda day: html.index(f'value="{day}"')) == days


def test_sent_back_as_it_was_nothing_changes(client: Client, schedule) -> None:
    before = list(Shift.objects.values())
    assert change(client, schedule).status_code == 302
    assert list(Shift.objects.values()) == before and not AuditEvent.objects.exists()


def test_a_change_of_a_shift_is_in_the_audit(client: Client, schedule) -> None:
    assert change(client, schedule, **shift(0, end="15:30")).status_code == 302
    assert list(Shift.objects.values_list("name", "end_minute")) == [("Early", 930), ("Late", 120)]
    event = AuditEvent.objects.get(action="schedule.changed")
    assert event.before["shifts"][0]["end"] == "14:00" and event.after["shifts"][0]["end"] == "15:30"


def test_a_row_marked_to_go_goes_and_faults_find_their_row(client: Client, schedule) -> None:
    answer = change(client, schedule, **shift(0, DELETE="on"), **shift(1, end="99:99"))
    assert row_faults(answer, 0) == {}
    assert row_faults(answer, 1) == {"end": ["Write the end as HH:MM from 00:00 to 24:00, for example 17:00."]}
    assert change(client, schedule, **shift(0, DELETE="on")).status_code == 302
    assert list(Shift.objects.values_list("name", flat=True)) == ["Late"]


def test_every_fault_at_once_in_the_services_words_with_all_input_kept(client: Client, schedule) -> None:
    answer = change(
        client,
        schedule,
        time_zone="europe/berlin",
        grace_minutes="241",
        **shift(0, name="Renamed", start="24:00"),
        **shift(1, days=None),
    )
    assert faults(answer) == {
        "time_zone": ["europe/berlin is not a time zone. Did you mean Europe/Berlin?"],
        "grace_minutes": ["Give the grace period in whole minutes, 0 to 240."],
    }
    assert row_faults(answer, 0) == {"start": ["Write the start as HH:MM from 00:00 to 23:59, for example 09:00."]}
    assert row_faults(answer, 1) == {"days": ["Choose at least one day."]}
    html = answer.content.decode()
    for kept in ('value="europe/berlin"', 'value="241"', 'value="Renamed"', 'value="24:00"'):
        assert kept in html
    assert not AuditEvent.objects.exists()
    assert list(Shift.objects.values_list("name", flat=True)) == ["Early", "Late"]


def test_no_shift_at_all_is_a_fault_of_the_rows_as_a_whole(client: Client, agent) -> None:
    answer = send(client, ADD, agent=str(agent.pk), time_zone="UTC")
    formset = answer.context["inline_admin_formsets"][0].formset
    assert list(formset.non_form_errors()) == ["Add the days and times of work."]
    assert "Add the days and times of work." in answer.content.decode()


def test_standard_hours_have_one_window(client: Client, schedule) -> None:
    answer = change(client, schedule, type="standard")
    formset = answer.context["inline_admin_formsets"][0].formset
    assert "Standard hours have one window." in formset.non_form_errors()[0]


def test_a_second_schedule_is_refused_and_says_so(client: Client, schedule, agent) -> None:
    answer = send(client, ADD, agent=str(agent.pk), time_zone="UTC", **shift(0, days=["mon"], start="1", end="2"))
    assert answer.status_code == 200
    answer = send(
        client, ADD, agent=str(agent.pk), time_zone="UTC", **shift(0, days=["mon"], start="09:00", end="10:00")
    )
    assert "has working hours already" in faults(answer)["__all__"][0]
    assert WorkSchedule.objects.count() == 1


def test_an_agent_that_left_is_a_fault_of_the_agents_field(client: Client, agent) -> None:
    gone = AgentFactory(organization=agent.organization, team=agent.team, current_state="retired")
    answer = send(
        client, ADD, agent=str(gone.pk), time_zone="UTC", **shift(0, days=["mon"], start="09:00", end="10:00")
    )
    assert list(faults(answer)) == ["agent"]


@pytest.mark.parametrize("zone", ["posix/UTC", "right/UTC", "localtime", "Factory", "../../etc/passwd", "x" * 65, ""])
def test_what_is_no_zone_is_a_fault(zone: str, client: Client, schedule) -> None:
    assert list(faults(change(client, schedule, time_zone=zone))) == ["time_zone"]


@pytest.mark.parametrize("minutes", ["-1", "241", "9" * 400, "x", "1.5", ""])
def test_grace_is_0_to_240_minutes(minutes: str, client: Client, schedule) -> None:
    assert list(faults(change(client, schedule, grace_minutes=minutes))) == ["grace_minutes"]


@pytest.mark.parametrize(
    "fields",
    [{"start": "25:00"}, {"end": "14.00"}, {"end": "1400"}, {"start": "١٢:٠٠"}, {"name": "x" * 41}, {"days": ["xyz"]}],
)
def test_odd_shifts_are_faults_of_their_field(fields: dict[str, Any], client: Client, schedule) -> None:
    assert set(row_faults(change(client, schedule, **shift(0, **fields)), 0)) == set(fields)


def test_the_agent_of_a_schedule_stays(client: Client, schedule, agent) -> None:
    other = AgentFactory(organization=agent.organization, team=agent.team)
    change(client, schedule, agent=str(other.pk), grace_minutes="20")
    schedule.refresh_from_db()
    assert (schedule.agent_id, schedule.grace_minutes) == (agent.pk, 20)


def test_removing_asks_first_and_goes_through_the_service(client: Client, schedule, agent) -> None:
    path = page("scheduling.workschedule", "delete", schedule.pk)
    assert client.get(path).status_code == 200 and WorkSchedule.objects.exists()
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not WorkSchedule.objects.exists() and not Shift.objects.exists()
    assert AuditEvent.objects.get(action="schedule.deleted").subject_id == str(agent.pk)


def test_its_history_is_its_agents(client: Client, schedule, agent) -> None:
    change(client, schedule, grace_minutes="20")
    answer = client.get(page("scheduling.workschedule", "history", schedule.pk), follow=True)
    assert "schedule.changed" in [event.action for event in answer.context["cl"].result_list]


def test_the_list_says_the_hours_and_takes_no_more_queries_for_more(client: Client, schedule, agent) -> None:
    path = page("scheduling.workschedule")

    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert "Early 06:00–14:00 Mon–Fri" in client.get(path).content.decode()
        return len(taken)

    queries()
    few = queries()
    for _ in range(20):
        WorkScheduleFactory(agent=AgentFactory(organization=agent.organization, team=agent.team))
    assert queries() == few


def test_script_in_a_shifts_name_is_inert(client: Client, schedule) -> None:
    change(client, schedule, **shift(0, name="<script>alert(1)</script>"))
    for path in (
        page("scheduling.workschedule"),
        page("scheduling.workschedule", "change", schedule.pk),
        page("workforce.agent", "change", schedule.agent_id),
    ):
        html = client.get(path).content.decode()
        assert "<script>alert(1)" not in html and "&lt;script&gt;alert(1)" in html


def test_a_post_without_its_token_is_refused(hugo, schedule) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(hugo)
    for name in ("change", "delete"):
        assert client.post(page("scheduling.workschedule", name, schedule.pk), {"post": "yes"}).status_code == 403
    assert WorkSchedule.objects.exists()
