"""One example of each endpoint of hours and the clock, and of the refusals that are its own."""

from typing import Any

from workforce.api.examples import AGENT_ID, POD_ID, answer, request
from workforce.api.schema import problem_example

SCHEDULE_ID = "01937f31-0c4e-7b19-a2d7-9e8f7a6b5c4d"

_STATUS: dict[str, Any] = {
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "pod": {"id": POD_ID, "name": "Support"},
    "clock_status": "clocked_in",
    "current_state": "executing",
    "on_duty": True,
    "in_grace": False,
    "schedule": "Mon–Fri 09:00–17:00",
    "time_zone": "Europe/Berlin",
    "next_event": {"kind": "clocks_out", "at": "2026-11-19T16:00:00Z"},
    "last_seen_at": "2026-11-19T13:31:12Z",
    "holds": [],
}
_SCHEDULE: dict[str, Any] = {
    "id": SCHEDULE_ID,
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "type": "standard",
    "time_zone": "Europe/Berlin",
    "shifts": [{"name": "", "days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}],
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
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-01T09:00:00Z",
}
_SHIFTS: dict[str, Any] = {
    "agent_id": AGENT_ID,
    "type": "shift",
    "time_zone": "Europe/Berlin",
    "shifts": [
        {"name": "Early", "days": ["mon", "tue", "wed"], "start": "06:00", "end": "14:00"},
        {"name": "Night", "days": ["fri"], "start": "22:00", "end": "06:00"},
    ],
    "off_hours_action": "queue",
    "grace_minutes": 15,
}
_CUSTOM: dict[str, Any] = {
    "type": "custom",
    "time_zone": "Europe/Berlin",
    "rules": [
        {
            "name": "Month end",
            "dtstart": "2026-11-24T09:00",
            "rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "duration_minutes": 480,
        }
    ],
    "exceptions": [
        {"kind": "off", "date": "2026-12-31", "name": "New Year's Eve"},
        {"kind": "extra", "start": "2026-12-30T09:00", "end": "2026-12-30T13:00", "name": "Early close"},
    ],
}
_RECORD: dict[str, Any] = {
    "id": "01937f32-5d6f-7c28-b1e0-1f2e3d4c5b6a",
    "agent_id": AGENT_ID,
    "agent_name": "support-triage-01",
    "time": "2026-11-19T13:32:00Z",
    "event": "clocked_in",
    "triggered_by_kind": "key",
    "triggered_by": "Key operations",
    "scheduled_at": None,
    "reason": "Urgent ticket.",
}
_LIMIT = problem_example(
    "A filter that cannot be taken",
    400,
    "Some fields need to be changed.",
    code="invalid",
    errors=[{"path": "limit", "detail": "Write a whole number from 1 to 500."}],
)
_FIELDS = problem_example(
    "Fields to change",
    400,
    "Some fields need to be changed.",
    code="invalid",
    errors=[
        {"path": "shifts.0.end", "detail": "Choose an end other than the start; 00:00 to 24:00 is the whole day."},
        {"path": "grace_minutes", "detail": "Give the grace period in whole minutes, 0 to 240."},
    ],
)

STATUS = [
    answer(
        "A fleet of one",
        {
            "as_of": "2026-11-19T13:32:00Z",
            "counts": {"clocked_in": 1, "clocked_out": 0, "no_schedule": 0},
            "results": [_STATUS],
            "next_cursor": None,
        },
    ),
    _LIMIT,
]
SCHEDULES = [answer("A page of schedules", {"results": [_SCHEDULE], "next_cursor": None}), _LIMIT]
SCHEDULE = [answer("Standard hours", _SCHEDULE)]
SCHEDULE_CREATE = [
    request(
        "Standard hours",
        {
            "agent_id": AGENT_ID,
            "time_zone": "Europe/Berlin",
            "days": ["mon", "tue", "wed", "thu", "fri"],
            "start": "09:00",
            "end": "17:00",
        },
    ),
    request("Shifts", _SHIFTS),
    request("Custom hours", {"agent_id": AGENT_ID, **_CUSTOM}),
    answer("Created", _SCHEDULE, status=201),
    _FIELDS,
    problem_example(
        "Has hours already",
        409,
        "support-triage-01 has working hours already. Change those.",
        code="has_hours",
        schedule_id=SCHEDULE_ID,
    ),
]
SCHEDULE_UPDATE = [
    request("Later, with more grace", {"start": "10:00", "end": "18:00", "days": ["mon", "tue"], "grace_minutes": 30}),
    answer("Changed", {**_SCHEDULE, "grace_minutes": 30}),
    _FIELDS,
]
SCHEDULE_PREVIEW = [
    request("Custom hours", _CUSTOM),
    answer(
        "The week ahead",
        {
            "text": ("Month end: On the last workday of every month 09:00–17:00; 1 day off; 1 extra window"),
            "rules": ["On the last workday of every month 09:00–17:00 from 24 Nov 2026"],
            "minutes_a_week": 111,
            "intervals": [{"start": "2026-11-30T08:00:00Z", "end": "2026-11-30T16:00:00Z", "names": ["Month end"]}],
            "notes": [],
            "dst_notes": [],
        },
    ),
    problem_example(
        "Fields to change",
        400,
        "Some fields need to be changed.",
        code="invalid",
        errors=[
            {
                "path": "rules.0.rrule",
                "detail": "This rule does not come once in the 10 years from its start. Change it.",
            },
            {"path": "exceptions.0.date", "detail": "Write the day as 2026-12-25, in the years 1970 to 2199."},
        ],
    ),
]
SCHEDULE_DELETE = [
    problem_example("Gone before", 404, "There are no such working hours in this organisation.", code="not_found")
]
CLOCK_IN = [
    request("With a reason", {"reason": "Urgent ticket."}),
    answer("Clocked in", _RECORD),
    problem_example(
        "Clocked in already",
        409,
        "support-triage-01 is already clocked in. Nothing was changed.",
        code="already_clocked_in",
        clock_status="clocked_in",
    ),
    problem_example(
        "In no state for it",
        409,
        "support-triage-01 is registered and cannot clock in. Make it ready first.",
        code="not_clockable",
        current="registered",
    ),
]
CLOCK_OUT = [
    request("With a reason", {"reason": "Done for today."}),
    answer("Clocked out", {**_RECORD, "event": "clocked_out", "reason": "Done for today."}),
    problem_example(
        "Not clocked in",
        409,
        "support-triage-01 is not clocked in. Nothing was changed.",
        code="not_clocked_in",
        clock_status="clocked_out",
    ),
]
CLOCK_RECORDS = [answer("The newest events", {"results": [_RECORD], "next_cursor": None}), _LIMIT]
