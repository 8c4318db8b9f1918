"""Planned leave in the admin: written through its service, refusals beside their fields (spec W10, U8)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from scheduling.models import Leave
from scheduling.services import leave as service
from tests.support.actors import SYSTEM, audited
from tests.support.admin import as_hr, faults, page, send
from tests.support.clockwork import hire, standing
from workforce.models import Agent, AuditEvent

pytestmark = pytest.mark.django_db
ADD, LIST = page("scheduling.leave", "add"), page("scheduling.leave")
DATES = {"starts_at": "2026-12-24T00:00", "ends_at": "2026-12-27T00:00"}


@pytest.fixture(autouse=True)
def frozen(now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


def plan(agent: Agent, now: datetime, days: int = 5) -> Leave:
    start = now + timedelta(days=days)
    data = {
        "agent_id": agent.pk, "starts_at": start, "ends_at": start + timedelta(days=2), "reason": "=Model change.",
    }  # fmt: skip
    return service.plan(organization=agent.organization, data=data, by=SYSTEM, now=now)


def change(client: Client, leave: Leave, **fields: Any) -> Any:
    return send(client, page("scheduling.leave", "change", leave.pk), **fields)


def do(client: Client, leave: Leave, **answer: Any) -> Any:
    return client.post(page("scheduling.leave", "deed", leave.pk, "cancel"), answer)


def test_it_is_planned_in_the_readers_zone(client: Client, agent: Agent, hugo: Any) -> None:
    cover = hire(agent)
    answer = send(client, ADD, agent=str(agent.pk), **DATES, reason="Model change.", cover_agent=str(cover.pk))
    assert answer.status_code == 302
    leave = Leave.objects.get()
    assert (leave.agent, leave.cover_agent, leave.reason, leave.status) == (agent, cover, "Model change.", "planned")
    assert leave.starts_at.isoformat() == "2026-12-23T23:00:00+00:00"
    (event,) = audited(agent, action="leave.planned")
    assert event.actor_id == str(hugo.pk)


def test_refusals_stand_beside_their_fields(client: Client, agent: Agent) -> None:
    given = {"agent": str(agent.pk), **DATES, "reason": "x", "cover_agent": str(agent.pk)}
    words = "An agent cannot cover for itself. Choose another one, or nobody."
    answer = send(client, ADD, **{**given, "ends_at": DATES["starts_at"]})
    assert faults(answer) == {"ends_at": ["Choose an end after the start."], "cover_agent": [words]}
    answer = send(client, ADD, **{**given, "starts_at": "", "ends_at": "", "cover_agent": ""})
    assert faults(answer) == {"starts_at": ["Say when the leave begins."], "ends_at": ["Say when the leave ends."]}
    assert not Leave.objects.exists() and not AuditEvent.objects.exists()


def test_overlapping_leave_is_refused(client: Client, agent: Agent) -> None:
    given = {"agent": str(agent.pk), **DATES, "reason": "x"}
    send(client, ADD, **given)
    words = (
        "support-triage-01 has leave at that time already: 24 Dec – 26 Dec 2026. Change that, or choose other dates."
    )
    assert faults(send(client, ADD, **given)) == {"__all__": [words]}


def test_a_planned_one_is_changed(client: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now)
    assert change(client, leave).status_code == 302
    assert not audited(agent, action="leave.changed")
    assert change(client, leave, reason="Else.", cover_agent=str(hire(agent, agent_name="c").pk)).status_code == 302
    leave.refresh_from_db()
    assert (leave.reason, leave.cover_agent.agent_name) == ("Else.", "c")
    (event,) = audited(agent, action="leave.changed")
    assert sorted(event.before) == ["cover_agent_id", "leave", "reason"]


def test_of_one_that_runs_the_end_and_the_cover(client: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now, days=-1)
    form = client.get(page("scheduling.leave", "change", leave.pk)).context["adminform"].form
    assert list(form.fields) == ["ends_at", "cover_agent"]
    assert change(client, leave, ends_at="2026-11-30T12:00").status_code == 302
    leave.refresh_from_db()
    assert leave.ends_at.isoformat() == "2026-11-30T11:00:00+00:00" == leave.hold.until.isoformat()
    assert faults(change(client, leave, ends_at="2026-11-19T12:00")) == {"ends_at": ["Choose an end in the future."]}


@pytest.mark.parametrize(("days", "label", "status"), [(5, "Cancel leave", "cancelled"), (-1, "End leave", "ended")])
def test_it_is_called_off_with_a_reason(
    client: Client, agent: Agent, now: datetime, days: int, label: str, status: str
) -> None:
    leave = plan(agent, now, days=days)
    opened = client.get(page("scheduling.leave", "change", leave.pk))
    assert [button["label"] for button in opened.context["buttons"]] == [label]
    asked = client.get(opened.context["buttons"][0]["href"])
    assert asked.context["note"]
    assert faults(do(client, leave, reason="x" * 501)) == {"reason": ["Use at most 500 characters; this has 501."]}
    assert do(client, leave, reason="Moved.").status_code == 302
    leave.refresh_from_db()
    assert (leave.status, leave.finish_reason, leave.finished_by_label) == (status, "Moved.", "Hugo")
    assert standing(agent)[1:] == ("ready", [])
    closed = client.get(page("scheduling.leave", "change", leave.pk))
    assert closed.context["buttons"] == [] and not closed.context["adminform"].form.fields


def test_many_are_called_off_at_once(client: Client, agent: Agent, now: datetime) -> None:
    leaves = [plan(hire(agent), now) for _ in range(3)]
    chosen = {"action": "cancel", "_selected_action": [str(leave.pk) for leave in leaves]}
    assert "agent-" in client.post(LIST, chosen).content.decode()
    done = client.post(LIST, {**chosen, "apply": "1", "reason": "Moved."})
    assert done.context["summary"] == "Done for 3 of 3."
    assert set(Leave.objects.values_list("status", "finish_reason")) == {("cancelled", "Moved.")}


def test_the_list_leaves_as_csv(client: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now)
    answer = client.post(LIST, {"action": "export_csv", "_selected_action": [str(leave.pk)]})
    head, line, *_ = b"".join(answer.streaming_content).decode().splitlines()
    assert head.startswith("Agent,Status,Starts at,Ends at,Reason,Cover")
    assert "support-triage-01,Planned," in line and ",'=Model change.," in line


def test_it_is_searched_filtered_and_told_in_the_agents_history(client: Client, agent: Agent, now: datetime) -> None:
    leave = plan(agent, now)
    for query, number in (("q=triage", 1), ("q=zebra", 0), ("status=planned", 1), ("status=running", 0)):
        assert client.get(f"{LIST}?{query}").context["cl"].result_count == number, query
    history = client.get(page("scheduling.leave", "history", leave.pk))
    assert str(agent.pk) in history["Location"]


def test_nothing_is_deleted_and_other_organisations_are_not_there(
    client: Client, agent: Agent, other_organization: Any, now: datetime
) -> None:
    leave = plan(agent, now)
    assert client.post(page("scheduling.leave", "delete", leave.pk)).status_code == 403
    agent.refresh_from_db()
    Leave.objects.filter(pk=leave.pk).update(organization=other_organization)
    assert client.get(page("scheduling.leave", "change", leave.pk)).status_code == 404
    assert do(client, leave).status_code == 404
    assert client.get(LIST).context["cl"].result_count == 0
