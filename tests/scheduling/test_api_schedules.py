"""Working hours over the API (spec W1, W2, W3): every fault named by its path, nothing written by a refusal."""

from typing import Any

import pytest
import time_machine

from scheduling.models import WorkSchedule
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.api import LONG_AGO, Api, faults, issue, problem
from workforce.models import Agent, ApiKey, AuditEvent

pytestmark = pytest.mark.django_db
PATH = "/api/workforce/schedules"
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
HOURS = {"time_zone": "Europe/Berlin", "days": WEEKDAYS, "start": "09:00", "end": "17:00"}


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


@pytest.fixture
def hours(agent: Agent) -> WorkSchedule:
    return WorkScheduleFactory(agent=agent, shifts=[("", 0b0011111, 540, 1020)])


def shift(name: str = "Early", days: Any = WEEKDAYS, start: Any = "06:00", end: Any = "14:00", **more: Any) -> Any:
    return {"name": name, "days": days, "start": start, "end": end, **more}


def shifts(*given: Any, **more: Any) -> dict[str, Any]:
    return {"type": "shift", "time_zone": "Europe/Berlin", "shifts": list(given), **more}


# ---- making -------------------------------------------------------------------------------------------------


def test_standard_hours_at_the_top(api: Api, agent: Agent) -> None:
    response = api.post(PATH, {"agent_id": str(agent.pk), **HOURS})
    assert response.status_code == 201
    schedule = response.json()
    assert schedule.pop("id") == str(WorkSchedule.objects.get().pk)
    assert schedule == {
        "agent_id": str(agent.pk),
        "agent_name": "support-triage-01",
        "type": "standard",
        "time_zone": "Europe/Berlin",
        "shifts": [{"name": "", "days": WEEKDAYS, "start": "09:00", "end": "17:00"}],
        "rules": [],
        "exceptions": [],
        "enforce_clock_in": False,
        "enforce_clock_out": True,
        "auto_wake": True,
        "enabled": True,
        "off_hours_action": "pause",
        "grace_minutes": 10,
        "text": "Mon–Fri 09:00–17:00",
        "notes": [],
        "next_event": {"kind": "clocks_out", "at": "2026-11-19T16:00:00Z"},
        "created_at": "2026-11-19T13:32:00Z",
        "updated_at": "2026-11-19T13:32:00Z",
    }
    agent.refresh_from_db()
    assert agent.clock_status == "clocked_in"


def test_standard_hours_as_one_shift(api: Api, agent: Agent) -> None:
    body = {"agent_id": str(agent.pk), "time_zone": "UTC", "shifts": [shift(days=["sun"], start="22:00", end="24:00")]}
    del body["shifts"][0]["name"]
    schedule = api.post(PATH, body).json()
    assert schedule["shifts"] == [{"name": "", "days": ["sun"], "start": "22:00", "end": "24:00"}]


def test_every_setting_is_kept(api: Api, agent: Agent) -> None:
    settings = {
        "enforce_clock_in": True,
        "enforce_clock_out": False,
        "auto_wake": False,
        "enabled": False,
        "off_hours_action": "queue",
        "grace_minutes": 240,
    }
    schedule = api.post(PATH, {"agent_id": str(agent.pk), **HOURS, **settings}).json()
    assert {name: schedule[name] for name in settings} == settings
    assert schedule["next_event"] is None


def test_overlapping_shifts_are_told_of(api: Api, agent: Agent) -> None:
    body = shifts(shift(), shift("Late", start="13:00", end="22:00"), agent_id=str(agent.pk))
    schedule = api.post(PATH, body).json()
    assert [window["name"] for window in schedule["shifts"]] == ["Early", "Late"]
    assert schedule["notes"] == ["Early and Late overlap 13:00–14:00. They count as one interval."]
    assert schedule["next_event"] == {"kind": "clocks_out", "at": "2026-11-19T21:00:00Z"}


def test_the_id_may_be_written_in_capitals(api: Api, agent: Agent) -> None:
    assert api.post(PATH, {"agent_id": str(agent.pk).upper(), **HOURS}).status_code == 201


def test_a_second_one_is_refused_and_the_first_one_named(api: Api, hours: WorkSchedule) -> None:
    refusal = problem(api.post(PATH, {"agent_id": str(hours.agent_id), **HOURS}), 409)
    assert refusal["code"] == "has_hours"
    assert refusal["schedule_id"] == str(hours.pk)
    assert refusal["detail"] == "support-triage-01 has working hours already. Change those."
    assert WorkSchedule.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"type": "flexible"}, "type", "Choose standard hours, shifts or custom hours."),
        ({"type": None}, "type", "Choose standard hours, shifts or custom hours."),
        ({"type": ["standard"]}, "type", "Choose standard hours, shifts or custom hours."),
        ({"time_zone": "Berlin"}, "time_zone", "Berlin is not a time zone."),
        ({"time_zone": "europe/berlin"}, "time_zone", "europe/berlin is not a time zone. Did you mean Europe/Berlin?"),
        ({"time_zone": "posix/Europe/Berlin"}, "time_zone", "posix/Europe/Berlin is not a time zone."),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "../../etc/passwd is not a time zone."),
        ({"time_zone": "localtime"}, "time_zone", "localtime is not a time zone."),
        ({"time_zone": 1}, "time_zone", "Choose a time zone, for example Europe/Berlin."),
        ({"time_zone": {}}, "time_zone", "Choose a time zone, for example Europe/Berlin."),
        ({"days": []}, "days", "Choose at least one day."),
        ({"days": "mon"}, "days", "Choose at least one day."),
        ({"days": ["monday"]}, "days", "Write the days as mon, tue,"),
        ({"days": [1]}, "days", "Write the days as mon, tue,"),
        ({"days": [["mon"]]}, "days", "Write the days as mon, tue,"),
        ({"days": ["mon", "mon"]}, "days", "Name each day only once."),
        ({"start": 9}, "start", "Write the start as HH:MM from 00:00 to 23:59"),
        ({"start": "9:00"}, "start", "Write the start as HH:MM"),
        ({"start": "24:00"}, "start", "Write the start as HH:MM"),
        ({"start": "٠٩:٠٠"}, "start", "Write the start as HH:MM"),
        ({"start": None}, "start", "Write the start as HH:MM"),
        ({"end": "25:00"}, "end", "Write the end as HH:MM from 00:00 to 24:00"),
        ({"end": "17:60"}, "end", "Write the end as HH:MM"),
        ({"end": "09:00"}, "end", "Choose an end other than the start"),
        ({"enabled": "true"}, "enabled", "Say true or false."),
        ({"auto_wake": 1}, "auto_wake", "Say true or false."),
        ({"enforce_clock_in": None}, "enforce_clock_in", "Say true or false."),
        ({"enforce_clock_out": []}, "enforce_clock_out", "Say true or false."),
        ({"off_hours_action": "sleep"}, "off_hours_action", "Choose one of: pause, stop, queue."),
        ({"off_hours_action": {"a": 1}}, "off_hours_action", "Choose one of: pause, stop, queue."),
        ({"grace_minutes": 241}, "grace_minutes", "Give the grace period in whole minutes, 0 to 240."),
        ({"grace_minutes": -1}, "grace_minutes", "Give the grace period in whole minutes"),
        ({"grace_minutes": "10"}, "grace_minutes", "Give the grace period in whole minutes"),
        ({"grace_minutes": 1.5}, "grace_minutes", "Give the grace period in whole minutes"),
        ({"grace_minutes": True}, "grace_minutes", "Give the grace period in whole minutes"),
        ({"grace_minutes": 10**17}, "grace_minutes", "Give the grace period in whole minutes"),
        ({"clock_due_at": "2026-11-19T13:32:00Z"}, "clock_due_at", "There is no such field."),
        ({"organization": "x"}, "organization", "There is no such field."),
        ({"_flat": True}, "_flat", "There is no such field."),
    ],
)
def test_a_bad_field_is_named(
    api: Api, agent: Agent, hours: WorkSchedule, change: dict[str, Any], path: str, words: str
) -> None:
    """When making hours and when changing them, with the same words."""
    new = AgentFactory(organization=agent.organization, team=agent.team)
    before = WorkSchedule.objects.get(pk=hours.pk).updated_at
    for response in (
        api.post(PATH, {"agent_id": str(new.pk), **HOURS, **change}),
        api.put(f"{PATH}/{hours.pk}", {**HOURS, **change}),
    ):
        found = faults(response)
        assert list(found) == [path], found
        assert found[path].startswith(words)
    assert WorkSchedule.objects.get().updated_at == before
    assert not AuditEvent.objects.filter(action__startswith="schedule.").exists()


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ([shift(end="06:00")], "shifts.0.end", "Choose an end other than the start"),
        ([shift(), shift("Late", start=14)], "shifts.1.start", "Write the start as HH:MM"),
        ([shift(), shift("early")], "shifts.1.name", "Another shift is already called early. Choose another name."),
        ([shift("")], "shifts.0.name", "Give the shift a name, for example Early."),
        ([shift(name=5)], "shifts.0.name", "Give the shift a name, for example Early."),  # type: ignore[arg-type]
        ([shift("two\nlines")], "shifts.0.name", "Use a name of up to"),
        ([shift("x" * 200)], "shifts.0.name", "Use a name of up to"),
        ([shift(days=[])], "shifts.0.days", "Choose at least one day."),
        ([shift(), 7], "shifts.1", "Give each shift a name, days, a start and an end."),
        ([], "shifts", "Add the days and times of work."),
        ([shift(str(n)) for n in range(21)], "shifts", "Keep to 20 shifts; these are 21."),
        ([shift(), shift("Late", grace=5)], "shifts.1.grace", "There is no such field."),
    ],
)
def test_a_bad_shift_is_named(api: Api, agent: Agent, given: Any, path: str, words: str) -> None:
    found = faults(api.post(PATH, shifts(*given, agent_id=str(agent.pk))))
    assert list(found) == [path], found
    assert found[path].startswith(words)
    assert not WorkSchedule.objects.exists()


def test_all_faults_come_at_once(api: Api, agent: Agent) -> None:
    body = shifts(
        shift(end=3),
        shift("", days=["x"]),
        agent_id=str(agent.pk),
        time_zone="Mars",
        grace_minutes=999,
        auto_wake="yes",
    )
    assert set(faults(api.post(PATH, body))) == {
        "shifts.0.end",
        "shifts.1.name",
        "shifts.1.days",
        "time_zone",
        "grace_minutes",
        "auto_wake",
    }


@pytest.mark.parametrize(
    ("agent_id", "words"),
    [(None, "Say whose hours these are."), ("", "Write a UUID such as"), (7, "Write a UUID such as"), ("x", "Write a")],
)
def test_whose_hours_must_be_said(api: Api, organization: Any, agent_id: Any, words: str) -> None:
    body = HOURS if agent_id is None else {**HOURS, "agent_id": agent_id}
    found = faults(api.post(PATH, body))
    assert list(found) == ["agent_id"]
    assert found["agent_id"].startswith(words)


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_left_gets_no_hours(api: Api, agent: Agent, state: str) -> None:
    gone = AgentFactory(organization=agent.organization, team=agent.team, current_state=state)
    found = faults(api.post(PATH, {"agent_id": str(gone.pk), **HOURS}))
    assert found == {"agent_id": f"{gone.agent_name} is {state} and works no more hours."}


@pytest.mark.parametrize("name", ["x" * 40, "x" * 60, "Früh 早", "<script>alert(1)</script>"])
def test_a_shift_name_is_kept_or_refused_but_never_breaks(api: Api, agent: Agent, name: str) -> None:
    response = api.post(PATH, shifts(shift(name), agent_id=str(agent.pk)))
    assert response.status_code in (201, 400)
    if response.status_code == 201:
        assert response.json()["shifts"][0]["name"] == name


# ---- changing and deleting ----------------------------------------------------------------------------------


def test_what_is_left_out_stays(api: Api, hours: WorkSchedule) -> None:
    changed = api.put(f"{PATH}/{hours.pk}", {"grace_minutes": 30}).json()
    assert changed["grace_minutes"] == 30
    assert changed["text"] == "Mon–Fri 09:00–17:00"
    event = AuditEvent.objects.get(action="schedule.changed")
    assert (event.before, event.after) == ({"grace_minutes": 10}, {"grace_minutes": 30})


def test_it_changes_to_shifts(api: Api, hours: WorkSchedule) -> None:
    changed = api.put(f"{PATH}/{hours.pk}", shifts(shift(), shift("Late", start="15:00", end="23:00"))).json()
    assert changed["type"] == "shift"
    assert [window["name"] for window in changed["shifts"]] == ["Early", "Late"]


def test_whose_hours_never_changes(api: Api, hours: WorkSchedule) -> None:
    other = AgentFactory(organization=hours.organization, team=hours.agent.team)
    found = faults(api.put(f"{PATH}/{hours.pk}", {"agent_id": str(other.pk)}))
    assert found == {"agent_id": "There is no such field."}


def test_deleting_leaves_the_agent_unscheduled(api: Api, hours: WorkSchedule, agent: Agent) -> None:
    response = api.delete(f"{PATH}/{hours.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert not WorkSchedule.objects.exists()
    agent.refresh_from_db()
    assert agent.clock_status == "no_schedule"
    assert (
        problem(api.delete(f"{PATH}/{hours.pk}"), 404)["detail"]
        == "There are no such working hours in this organisation."
    )


# ---- reading and rights -------------------------------------------------------------------------------------


def test_it_lists_by_agent_name(api: Api, organization: Any, hours: WorkSchedule) -> None:
    early = AgentFactory(organization=organization, team=hours.agent.team, agent_name="a")
    WorkScheduleFactory(agent=early)
    first = api.get(f"{PATH}?limit=1").json()
    second = api.get(f"{PATH}?limit=1&cursor={first['next_cursor']}").json()
    assert [page["results"][0]["agent_name"] for page in (first, second)] == ["a", "support-triage-01"]
    assert second["next_cursor"] is None
    only = api.get(f"{PATH}?agent={hours.agent_id}").json()["results"]
    assert [row["id"] for row in only] == [str(hours.pk)]


def test_one_can_be_read(api: Api, hours: WorkSchedule) -> None:
    assert api.get(f"{PATH}/{hours.pk}").json()["text"] == "Mon–Fri 09:00–17:00"


def test_who_may_read_hours(organization: Any, other_organization: Any, hours: WorkSchedule, agent: Agent) -> None:
    colleague = AgentFactory(organization=organization, team=agent.team)
    foreign = AgentFactory(organization=other_organization)
    theirs = WorkScheduleFactory(agent=foreign)
    own = Api.of_agent(agent)
    one = f"{PATH}/{hours.pk}"
    assert own.get(one).status_code == 200
    assert [row["id"] for row in own.get(PATH).json()["results"]] == [str(hours.pk)]
    assert Api.of_agent(colleague).get(PATH).json()["results"] == []
    assert problem(Api.of_agent(colleague).get(one), 403)["code"] == "not_your_agent"
    assert problem(Api.of_agent(colleague).get(f"{PATH}?agent={agent.pk}"), 403)["code"] == "not_your_agent"
    assert problem(Api().get(one), 401) and problem(Api().get(PATH), 401)
    assert problem(Api.of(organization, scopes=["clock"]).get(one), 403)["scope"] == "read"
    for stranger in (Api.of(other_organization), Api.of_agent(foreign)):
        assert problem(stranger.get(one), 404)
        assert [row["id"] for row in stranger.get(PATH).json()["results"]] == [str(theirs.pk)]
        assert problem(stranger.get(f"{PATH}?agent={agent.pk}"), 404)


def test_who_may_set_hours(organization: Any, other_organization: Any, hours: WorkSchedule, agent: Agent) -> None:
    free = AgentFactory(organization=organization, team=agent.team)
    foreign = AgentFactory(organization=other_organization)
    one = f"{PATH}/{hours.pk}"
    acts = (
        lambda api: api.post(PATH, {"agent_id": str(free.pk), **HOURS}),
        lambda api: api.put(one, {"grace_minutes": 0}),
        lambda api: api.delete(one),
    )
    for act in acts:
        problem(act(Api()), 401)
        assert problem(act(Api.of(organization, scopes=["read", "clock"])), 403)["scope"] == "schedules"
        problem(act(Api.of(other_organization)), 404)
        problem(act(Api.of_agent(foreign)), 404)
    for act in acts[1:]:
        assert problem(act(Api.of_agent(free)), 403)["code"] == "not_your_agent"
        assert problem(act(Api.of_agent(agent)), 403)["detail"].startswith("An agent may not do this itself")
    assert problem(acts[0](Api.of_agent(agent)), 403)["code"] == "not_your_agent"
    assert problem(acts[0](Api.of_agent(free)), 403)["detail"].startswith("An agent may not do this itself")
    assert not AuditEvent.objects.filter(action__startswith="schedule.").exists()
    assert WorkSchedule.objects.get().grace_minutes == 10
    writer = Api.of(organization, scopes=["schedules"])
    assert [act(writer).status_code for act in acts] == [201, 200, 204]


def test_it_costs_the_same_for_one_and_for_many(organization: Any, pod: Any, django_assert_num_queries: Any) -> None:
    key, token = issue(organization)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=LONG_AGO.replace(year=2027))
    for count in (1, 20):
        for agent in AgentFactory.create_batch(count, organization=organization, team=pod):
            WorkScheduleFactory(agent=agent)
        with django_assert_num_queries(
            6
        ):  # key, schedules with agents, shifts; what comes next: schedules, shifts, holds
            assert len(Api(token).get(PATH).json()["results"]) >= count
