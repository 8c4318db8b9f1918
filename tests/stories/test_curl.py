"""The eleven endpoints of the workforce API, called with curl as its table has them (000 "API Reference", spec I1)."""

import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from budgets.models import Caps
from scheduling.models import ClockRecord, WorkSchedule
from tests.support.api import issue
from workforce.models import Agent, Task

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl"),
]
#: Path under /api and its verbs: eleven rows.
TABLE = {
    "/workforce/status": ("GET",),
    "/workforce/schedules": ("GET", "POST"),
    "/workforce/schedules/{schedule_id}": ("PUT", "DELETE"),
    "/workforce/clock-in/{agent_id}": ("POST",),
    "/workforce/clock-out/{agent_id}": ("POST",),
    "/workforce/tasks": ("GET", "POST"),
    "/workforce/tasks/{task_id}/complete": ("POST",),
    "/workforce/tasks/{task_id}/cancel": ("POST",),
    "/workforce/budget-overview": ("GET",),
    "/workforce/budgets/{agent_id}": ("PUT",),
    "/workforce/clock-records": ("GET",),
}
OPERATIONS = [(verb, path) for path, verbs in TABLE.items() for verb in verbs]
NOBODY = "0198c0de-0000-7000-8000-000000000000"
HOURS = {"time_zone": "Europe/Berlin", "days": ["mon", "fri"], "start": "09:00", "end": "17:00"}
Curl = Callable[..., tuple[int, Any]]


@pytest.fixture
def curl(live_server: Any, organization: Any) -> Curl:
    """``curl("POST", "/workforce/tasks", {...})``: status and body, with the organisation's key unless ``key`` is
    another or None."""
    key = issue(organization)[1]

    def call(verb: str, path: str, body: Any = None, *more: str, key: str | None = key) -> tuple[int, Any]:
        command = ["curl", "--silent", "--show-error", "--max-time", "30", "--write-out", "\n%{http_code}"]
        command += [*([] if verb == "GET" else ["--request", verb]), f"{live_server.url}/api{path}", *more]
        if key is not None:
            command += ["--header", f"Authorization: Bearer {key}"]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data", json.dumps(body)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        text, _, status = said.rpartition("\n")
        return int(status), json.loads(text) if text else None

    return call


def _new_task(curl: Curl, agent: Agent, **more: Any) -> dict[str, Any]:
    fields = {"agent_id": str(agent.pk), "title": "Answer the open tickets", **more}
    status, task = curl("POST", "/workforce/tasks", fields)
    assert status == 201
    answer: dict[str, Any] = task
    return answer


def test_the_table_has_eleven_rows() -> None:
    assert (len(TABLE), len(OPERATIONS)) == (11, 14)


def test_status_tells_every_agents_clock(curl: Curl, agent: Agent) -> None:
    status, body = curl("GET", "/workforce/status")
    assert status == 200
    assert body["counts"] == {"clocked_in": 0, "clocked_out": 0, "no_schedule": 1}
    (row,) = body["results"]
    assert (row["agent_id"], row["agent_name"]) == (str(agent.pk), "support-triage-01")
    assert (row["clock_status"], row["schedule"], row["next_event"]) == ("no_schedule", "", None)


def test_schedules_are_created_listed_changed_and_deleted(curl: Curl, agent: Agent) -> None:
    more = {"type": "standard", "grace_minutes": 15, "off_hours_action": "queue", "enforce_clock_in": True}
    status, made = curl("POST", "/workforce/schedules", {"agent_id": str(agent.pk), **HOURS, **more})
    assert status == 201
    assert made["shifts"] == [{"name": "", "days": ["mon", "fri"], "start": "09:00", "end": "17:00"}]
    assert {name: made[name] for name in more} == more
    assert [made[name] for name in ("enforce_clock_out", "auto_wake", "enabled")] == [True, True, True]
    status, body = curl("GET", "/workforce/schedules")
    assert (status, [row["id"] for row in body["results"]]) == (200, [made["id"]])
    status, changed = curl(
        "PUT", f"/workforce/schedules/{made['id']}", {"end": "18:00", "days": ["mon"], "start": "09:00"}
    )
    assert (status, changed["shifts"][0]["end"], changed["grace_minutes"]) == (200, "18:00", 15)
    assert curl("DELETE", f"/workforce/schedules/{made['id']}") == (204, None)
    assert not WorkSchedule.objects.exists()
    assert curl("DELETE", f"/workforce/schedules/{made['id']}")[0] == 404


def test_an_agent_is_clocked_in_and_out_and_the_records_tell(curl: Curl, agent: Agent) -> None:
    status, record = curl("POST", f"/workforce/clock-in/{agent.pk}")
    assert (status, record["event"], record["agent_id"]) == (200, "clocked_in", str(agent.pk))
    status, again = curl("POST", f"/workforce/clock-in/{agent.pk}")
    assert (status, again["code"]) == (409, "already_clocked_in")
    status, record = curl("POST", f"/workforce/clock-out/{agent.pk}", {"reason": "Enough for today"})
    assert (status, record["event"], record["reason"]) == (200, "clocked_out", "Enough for today")
    status, body = curl("GET", "/workforce/clock-records?limit=50")
    assert status == 200
    assert [row["event"] for row in body["results"]] == ["clocked_out", "clocked_in"]
    assert set(body["results"][0]) >= {"time", "agent_name", "event", "triggered_by", "scheduled_at", "reason"}
    assert ClockRecord.objects.count() == 2


def test_tasks_are_created_listed_done_and_cancelled(curl: Curl, agent: Agent) -> None:
    done = _new_task(curl, agent, description="Oldest first", priority="critical", type="new")
    wanted = {"status": "queued", "priority": "critical", "type": "new", "description": "Oldest first"}
    assert {name: done[name] for name in wanted} == wanted
    stopped = _new_task(curl, agent)
    status, body = curl("GET", "/workforce/tasks")
    assert (status, [row["id"] for row in body["results"]]) == (200, [stopped["id"], done["id"]])
    status, task = curl("POST", f"/workforce/tasks/{done['id']}/complete")
    assert (status, task["status"]) == (200, "completed")
    status, task = curl("POST", f"/workforce/tasks/{stopped['id']}/cancel", {"reason": "No longer needed"})
    assert (status, task["status"], task["cancel_reason"]) == (200, "cancelled", "No longer needed")
    assert curl("POST", f"/workforce/tasks/{stopped['id']}/cancel")[0] == 200, "the same outcome again"
    assert curl("POST", f"/workforce/tasks/{stopped['id']}/complete")[0] == 409
    assert curl("POST", f"/workforce/tasks/{done['id']}/cancel")[0] == 409
    assert sorted(Task.objects.values_list("status", flat=True)) == ["cancelled", "completed"]


def test_budgets_are_shown_and_caps_changed(curl: Curl, agent: Agent) -> None:
    status, body = curl("GET", "/workforce/budget-overview")
    assert (status, body["results"][0]["caps_set"]) == (200, False)
    caps = {"daily_tokens": 300_000, "weekly_tokens": 1_500_000, "monthly_tokens": None, "annual_tokens": 0}
    status, row = curl("PUT", f"/workforce/budgets/{agent.pk}", caps)
    assert (status, row["caps_set"], row["caps"]) == (200, True, row["caps"] | caps)
    assert Caps.objects.get(agent=agent).daily_tokens == 300_000
    assert curl("GET", "/workforce/budget-overview")[1]["results"][0]["caps"] == row["caps"]


@pytest.mark.parametrize(("verb", "path"), OPERATIONS)
def test_without_a_key_nothing_is_told(curl: Curl, agent: Agent, verb: str, path: str) -> None:
    at = path.format(agent_id=agent.pk, schedule_id=NOBODY, task_id=NOBODY)
    body = None if verb == "GET" else {}
    for key in (None, "pk_of_nobody"):
        status, problem = curl(verb, at, body, key=key)
        assert (status, problem["status"]) == (401, 401)


@pytest.mark.parametrize(("verb", "path"), OPERATIONS)
def test_there_is_no_second_address(curl: Curl, agent: Agent, verb: str, path: str) -> None:
    """No trailing slash: the path is the table's, and no other."""
    at = path.format(agent_id=agent.pk, schedule_id=NOBODY, task_id=NOBODY)
    assert curl(verb, f"{at}/")[0] == 404


@pytest.mark.parametrize(("verb", "path"), OPERATIONS)
def test_the_document_has_it_with_an_example_and_its_errors(curl: Curl, verb: str, path: str) -> None:
    status, document = curl("GET", "/schema", key=None)
    assert (status, document["openapi"][:3]) == (200, "3.1")
    operation = document["paths"][f"/api{path}"][verb.lower()]
    assert operation["summary"]
    good = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
    assert verb == "DELETE" or good["content"]["application/json"]["examples"]
    assert {"401", "403"} <= set(operation["responses"])


def test_what_curl_sends_unless_told_otherwise_is_refused_in_words(curl: Curl, agent: Agent) -> None:
    status, problem = curl("POST", f"/workforce/clock-in/{agent.pk}", None, "--data", '{"reason": "Early"}')
    assert (status, problem["code"]) == (415, "unsupported_media_type")
    assert "application/json" in problem["detail"]
    assert not ClockRecord.objects.exists()
