"""Custom hours over the API, and what hours come to before they are saved (spec W1, W3, I1, I3)."""

from typing import Any

import pytest
import time_machine

from scheduling.models import WorkSchedule
from tests.factories import OrganizationFactory
from tests.support.api import Api, faults, issue, problem
from workforce.choices import KeyScope
from workforce.models import Agent, AuditEvent

pytestmark = pytest.mark.django_db
PATH = "/api/workforce/schedules"
PREVIEW = f"{PATH}/preview"
RULE = {"name": "Desk", "dtstart": "2026-11-19T09:00", "rrule": "FREQ=DAILY;INTERVAL=2", "duration_minutes": 480}
OFF = {"kind": "off", "date": "2026-11-21", "name": "Stocktaking"}
EXTRA = {"kind": "extra", "start": "2026-11-21T12:00", "end": "2026-11-21T14:00", "name": "Standby"}
CUSTOM = {"type": "custom", "time_zone": "Europe/Berlin", "rules": [RULE], "exceptions": [OFF, EXTRA]}


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(organization: Any) -> Api:
    return Api.of(organization)


def test_custom_hours_are_taken_and_given(api: Api, agent: Agent) -> None:
    made = api.post(PATH, {"agent_id": str(agent.pk), **CUSTOM})
    assert made.status_code == 201
    answer = made.json()
    assert {key: answer[key] for key in CUSTOM} == CUSTOM
    assert answer["shifts"] == []
    assert answer["text"] == "Desk: Every second day 09:00–17:00; 1 day off; 1 extra window"
    assert answer["next_event"] == {"kind": "clocks_out", "at": "2026-11-19T16:00:00Z"}
    assert api.get(f"{PATH}/{answer['id']}").json() == answer
    assert api.get(PATH).json()["results"] == [answer]
    status = api.get("/api/workforce/status").json()["results"][0]
    assert (status["schedule"], status["next_event"]) == (answer["text"], answer["next_event"])


def test_a_change_to_another_type_leaves_nothing_behind(api: Api, agent: Agent) -> None:
    path = f"{PATH}/{api.post(PATH, {'agent_id': str(agent.pk), **CUSTOM}).json()['id']}"
    changed = api.put(path, {"type": "standard", "days": ["mon"], "start": "09:00", "end": "17:00"}).json()
    assert (changed["type"], changed["rules"], changed["exceptions"]) == ("standard", [], [])
    back = api.put(path, {"type": "custom", "rules": [RULE]}).json()
    assert (back["type"], back["shifts"], back["rules"], back["exceptions"]) == ("custom", [], [RULE], [])


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({"rules": "FREQ=DAILY"}, {"rules"}),
        ({"rules": [7]}, {"rules.0"}),
        ({"rules": [{**RULE, "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}]}, {"rules.0.rrule"}),
        ({"rules": [{**RULE, "rrule": "FREQ=DAILY;" * 1000}]}, {"rules.0.rrule"}),
        ({"rules": [{**RULE, "dtstart": "2026-11-19T09:00\x00"}]}, {"rules.0.dtstart"}),
        ({"rules": [{**RULE, "name": "a\nb"}]}, {"rules.0.name"}),
        ({"rules": [{**RULE, "duration_minutes": 10**400}]}, {"rules.0.duration_minutes"}),
        ({"rules": [{**RULE, "colour": "red"}]}, {"rules.0.colour"}),
        ({"exceptions": {"0": OFF}}, {"exceptions"}),
        ({"exceptions": [OFF, OFF]}, {"exceptions.1.date"}),
        ({"exceptions": [{**EXTRA, "end": "2027-11-21T14:00"}]}, {"exceptions.0.end"}),
        ({"rules": [], "exceptions": [{}], "grace_minutes": -1}, {"rules", "exceptions.0.kind", "grace_minutes"}),
        ({"shifts": [{"name": "A", "days": ["mon"], "start": "09:00", "end": "10:00"}]}, {"shifts"}),
        ({"type": "shift"}, {"rules", "exceptions", "shifts"}),
    ],
    ids=range(14),
)  # fmt: skip
def test_every_fault_has_its_path_and_nothing_is_written(
    api: Api, agent: Agent, data: dict[str, Any], paths: set[str]
) -> None:
    events = AuditEvent.objects.count()
    assert set(faults(api.post(PATH, {"agent_id": str(agent.pk), **CUSTOM, **data}))) == paths
    assert set(faults(api.post(PREVIEW, {**CUSTOM, **data}))) == paths
    assert not WorkSchedule.objects.exists()
    assert AuditEvent.objects.count() == events


# ---- before saving ------------------------------------------------------------------------------------------


def test_the_week_ahead_is_answered_and_nothing_is_saved(api: Api, agent: Agent) -> None:
    events = AuditEvent.objects.count()
    answer = api.post(PREVIEW, CUSTOM)
    assert answer.status_code == 200
    assert answer.json() == {
        "text": "Desk: Every second day 09:00–17:00; 1 day off; 1 extra window",
        "rules": ["Every second day 09:00–17:00 from 19 Nov 2026"],
        "minutes_a_week": 1680,
        "intervals": [
            {"start": "2026-11-19T08:00:00Z", "end": "2026-11-19T16:00:00Z", "names": ["Desk"]},
            {"start": "2026-11-21T11:00:00Z", "end": "2026-11-21T13:00:00Z", "names": ["Standby"]},
            {"start": "2026-11-23T08:00:00Z", "end": "2026-11-23T16:00:00Z", "names": ["Desk"]},
            {"start": "2026-11-25T08:00:00Z", "end": "2026-11-25T16:00:00Z", "names": ["Desk"]},
        ],
        "notes": [],
        "dst_notes": [],
    }
    assert not WorkSchedule.objects.exists()
    assert AuditEvent.objects.count() == events


def test_shifts_are_shown_too_with_seams_and_clock_changes(api: Api) -> None:
    with time_machine.travel("2026-10-21T12:00Z", tick=False):
        shifts = [
            {"name": "Late", "days": ["sat"], "start": "14:00", "end": "22:00"},
            {"name": "Night", "days": ["sat"], "start": "22:00", "end": "06:00"},
        ]
        answer = api.post(PREVIEW, {"type": "shift", "time_zone": "Europe/Berlin", "shifts": shifts}).json()
    assert answer["rules"] == []
    assert answer["intervals"] == [
        {"start": "2026-10-24T12:00:00Z", "end": "2026-10-25T05:00:00Z", "names": ["Late", "Night"]}
    ]
    assert answer["notes"] == ["Late and Night touch at 22:00. They count as one interval."]
    assert answer["dst_notes"] == [
        "Sun 25 Oct: clocks go back at 03:00, the window Night 22:00–06:00 lasts 9 h instead of 8 h."
    ]


def test_what_never_ends_has_no_end(api: Api) -> None:
    always = {"time_zone": "UTC", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00"}
    answer = api.post(PREVIEW, {**always, "end": "24:00"}).json()
    assert answer["intervals"] == [{"start": None, "end": None, "names": []}]
    assert answer["minutes_a_week"] == 10080


def test_a_reader_may_ask_and_a_stranger_may_not(organization: Any, agent: Agent) -> None:
    _, reader = issue(organization, scopes=[KeyScope.READ])
    assert Api(reader).post(PREVIEW, CUSTOM).status_code == 200
    assert Api.of_agent(agent).post(PREVIEW, CUSTOM).status_code == 200
    problem(Api("pc_nothing").post(PREVIEW, CUSTOM), 401)
    problem(Api().post(PREVIEW, CUSTOM), 401)
    assert Api.of(OrganizationFactory()).post(PREVIEW, CUSTOM).status_code == 200, "it is about nobody's data"


@pytest.mark.parametrize("body", [None, [], "x", 7, {"agent_id": "x", **CUSTOM}], ids=ascii)
def test_what_is_no_hours_is_refused(api: Api, body: Any) -> None:
    assert api.post(PREVIEW, body).status_code == 400
