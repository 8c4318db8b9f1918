"""Agents on the admin's form: the service writes, and its words come back to the fields (spec U8, R1, R2, R6)."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import AgentFactory
from tests.support.admin import as_hr, faults, page, send
from workforce.models import Agent, AuditEvent, Presence

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(hugo) -> Client:
    return as_hr(hugo)


def add(client: Client, pod: Any, **changes: Any) -> Any:
    said = {
        "agent_name": "night-watch",
        "agent_type": "watcher",
        "capability_tags": "logs, on_call",
        "model_profile": "haiku-fast",
        "team": str(pod.pk),
        "owner_user": str(pod.lead_user_id),
        "priority_tier": "P0",
        "risk_level": "high",
        "tools": "shell: always_ask\nweb: enabled",
    }
    return send(client, page("workforce.agent", "add"), **{**said, **changes})


def edit(client: Client, agent: Agent, **changes: Any) -> Any:
    return send(client, page("workforce.agent", "change", agent.pk), **changes)


def test_it_adds_an_agent_through_the_service(client: Client, pod, hugo) -> None:
    answer = add(client, pod, audit_tags="sox")
    agent = Agent.objects.get(agent_name="night-watch")
    assert answer.status_code == 302 and answer.url == page("workforce.agent", "change", agent.pk)
    assert agent.current_state == "registered" and agent.organization == pod.organization
    assert agent.capability_tags == ["logs", "on_call"] and agent.audit_tags == ["sox"]
    assert agent.tools == {"shell": "always_ask", "web": "enabled"}
    assert Presence.objects.filter(agent=agent).exists()
    event = AuditEvent.objects.get(action="agent.created")
    assert (event.subject_id, event.actor_id) == (str(agent.pk), str(hugo.pk))


def test_an_edit_is_in_the_audit_with_before_and_after(client: Client, agent, hugo) -> None:
    assert edit(client, agent, priority_tier="P0", notes="Moved up.").status_code == 302
    agent = Agent.objects.get(pk=agent.pk)
    assert (agent.priority_tier, agent.notes) == ("P0", "Moved up.")
    event = AuditEvent.objects.get(action="agent.edited")
    assert event.before == {"priority_tier": "P1", "notes": ""}
    assert event.after == {"priority_tier": "P0", "notes": "Moved up."}
    assert event.actor_label == "Hugo"


def test_a_form_sent_back_as_it_was_changes_nothing(client: Client, agent) -> None:
    assert edit(client, agent).status_code == 302
    assert not AuditEvent.objects.exists()


def test_django_keeps_no_second_log(client: Client, agent) -> None:
    edit(client, agent, notes="x")
    assert not LogEntry.objects.exists()


def test_the_owner_changes_from_a_person_to_an_agent(client: Client, agent) -> None:
    owner = AgentFactory(organization=agent.organization, team=agent.team)
    edit(client, agent, owner_user=None, owner_agent=str(owner.pk))
    agent = Agent.objects.get(pk=agent.pk)
    assert agent.owner_user_id is None and agent.owner_agent_id == owner.pk
    assert AuditEvent.objects.filter(action="agent.owner_changed").exists()


@pytest.mark.parametrize("both", [True, False])
def test_an_owner_is_exactly_one(both: bool, client: Client, agent) -> None:
    other = AgentFactory(organization=agent.organization, team=agent.team)
    changes = {"owner_agent": str(other.pk)} if both else {"owner_user": None}
    answer = edit(client, agent, notes="typed", **changes)
    assert faults(answer) == {"owner_user": ["Choose exactly one owner: a person or an agent."]}
    assert "typed" in answer.content.decode()


def test_the_services_words_stand_at_the_field_and_nothing_typed_is_lost(client: Client, agent) -> None:
    AgentFactory(organization=agent.organization, team=agent.team, agent_name="taken")
    answer = edit(client, agent, agent_name="taken", notes="a long note", capability_tags="one, one")
    assert faults(answer) == {
        "agent_name": ["There is already an agent called taken."],
        "capability_tags": ["Each tag once."],
    }
    html = answer.content.decode()
    assert "a long note" in html and 'value="one, one"' in html
    agent = Agent.objects.get(pk=agent.pk)
    assert agent.notes == "" and not AuditEvent.objects.exists()


def test_a_cycle_of_owners_is_refused_at_the_field(client: Client, agent) -> None:
    owned = AgentFactory(organization=agent.organization, team=agent.team, owner_user=None, owner_agent=agent)
    answer = edit(client, agent, owner_user=None, owner_agent=str(owned.pk))
    assert "directly or through others" in faults(answer)["owner_user"][0]


def test_half_of_a_form_is_never_written(client: Client, agent) -> None:
    """The record is edited first, then the audit tags: a refusal of the tags undoes the edit."""
    answer = edit(client, agent, notes="new", audit_tags="x" * 50)
    assert list(faults(answer)) == ["audit_tags"]
    agent = Agent.objects.get(pk=agent.pk)
    assert agent.notes == "" and not AuditEvent.objects.exists()


@pytest.mark.parametrize("value", ["nonsense", "1", "0199a0b2-0000-7000-8000-000000000000", "' or 1=1"])
@pytest.mark.parametrize("field", ["team", "owner_user", "owner_agent", "secondary_owner_agent"])
def test_a_choice_that_is_none_is_a_fault_of_its_field(field: str, value: str, client: Client, agent) -> None:
    assert field in faults(edit(client, agent, **{field: value}))


@pytest.mark.parametrize(
    "changes",
    [
        {"agent_name": "a\x00b"},
        {"agent_name": ""},
        {"agent_name": "   "},
        {"agent_name": "x" * 200},
        {"capability_tags": " , "},
        {"model_profile": ""},
        {"priority_tier": "P9"},
        {"cost_budget_daily": "NaN"},
        {"cost_budget_daily": "-1"},
        {"cost_budget_daily": "9" * 5000},
        {"tools": "shell"},
        {"tools": "shell: maybe"},
        {"avatar": "x" * 9},
        {"notes": "x" * 4001},
    ],
)
def test_odd_input_is_a_fault_of_its_field(changes: dict[str, str], client: Client, agent) -> None:
    answer = edit(client, agent, **changes)
    assert set(faults(answer)) == set(changes)
    assert not AuditEvent.objects.exists()


def test_state_and_clock_are_not_fields(client: Client, agent) -> None:
    edit(client, agent, current_state="retired", clock_status="clocked_in", organization="x", notes="n")
    fresh = Agent.objects.get(pk=agent.pk)
    assert (fresh.current_state, fresh.clock_status, fresh.notes) == ("ready", "no_schedule", "n")
    assert fresh.organization_id == agent.organization_id


class TestArchived:
    @pytest.fixture
    def archived(self, organization, pod, olga) -> Agent:
        return AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="archived")

    def test_only_its_audit_tags_are_fields(self, client: Client, archived) -> None:
        answer = client.get(page("workforce.agent", "change", archived.pk))
        assert list(answer.context["adminform"].form.fields) == ["audit_tags"]

    def test_they_are_changed_through_the_service(self, client: Client, archived) -> None:
        assert edit(client, archived, audit_tags="kept, 2026").status_code == 302
        assert Agent.objects.get(pk=archived.pk).audit_tags == ["kept", "2026"]
        assert AuditEvent.objects.get().action == "agent.audit_tagged"

    def test_whatever_else_is_sent_is_passed_over(self, client: Client, archived) -> None:
        edit(client, archived, notes="x", agent_name="y")
        assert Agent.objects.get(pk=archived.pk).notes == ""

    def test_it_offers_no_button(self, client: Client, archived) -> None:
        assert client.get(page("workforce.agent", "change", archived.pk)).context["buttons"] == []


def test_agents_are_never_removed(client: Client, agent) -> None:
    for send_it in (client.get, client.post):
        assert send_it(page("workforce.agent", "delete", agent.pk), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [str(agent.pk)], "post": "yes"}
    client.post(page("workforce.agent"), data)
    assert Agent.objects.filter(pk=agent.pk).exists()


def test_script_in_any_text_is_inert(client: Client, agent) -> None:
    script = "<script>alert(1)</script>"
    edit(client, agent, notes=script, model_profile=script, capability_tags=script)
    event = AuditEvent.objects.get()
    for path in (
        page("workforce.agent"),
        page("workforce.agent", "change", agent.pk),
        page("workforce.auditevent"),
        page("workforce.auditevent", "change", event.pk),
        "/admin/",
    ):
        assert script not in client.get(path).content.decode(), path


def test_script_in_a_name_is_inert_everywhere_it_is_shown(client: Client, organization, pod, olga) -> None:
    script = "<script>alert(2)</script>"
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, agent_name=script)
    chosen = {"action": "pause", "_selected_action": [str(agent.pk)]}
    pages = [
        client.get(page("workforce.agent")),
        client.get(page("workforce.agent", "change", agent.pk)),
        client.get(f"/admin/workforce/agent/{agent.pk}/do/move/paused/"),
        client.post(page("workforce.agent"), chosen),
        client.post(page("workforce.agent"), {**chosen, "apply": "1", "reason": script}),
        client.get(page("workforce.hold")),
        client.get(page("workforce.auditevent")),
    ]
    for answer in pages:
        assert answer.status_code == 200
        assert script not in answer.content.decode()
        assert "&lt;script&gt;" in answer.content.decode()


def test_a_post_without_its_token_is_refused(hugo, agent) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(hugo)
    for path in (
        page("workforce.agent", "change", agent.pk),
        page("workforce.agent", "add"),
        page("workforce.agent"),
        f"/admin/workforce/agent/{agent.pk}/do/move/retired/",
        f"/admin/workforce/agent/{agent.pk}/do/key/",
    ):
        assert client.post(path, {"reason": "x"}).status_code == 403, path


def test_the_history_of_an_agent_is_its_part_of_the_audit(client: Client, agent) -> None:
    edit(client, agent, notes="x")
    answer = client.get(page("workforce.agent", "history", agent.pk), follow=True)
    assert [event.subject_id for event in answer.context["cl"].result_list] == [str(agent.pk)]


def test_the_list_takes_as_many_queries_for_many_as_for_few(client: Client, organization, pod, agent) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert client.get(page("workforce.agent")).status_code == 200
        return len(taken)

    queries()
    few = queries()
    for number in range(50):
        name = f"one-{number}"
        AgentFactory(organization=organization, team=pod, owner_user=None, owner_agent=agent, agent_name=name)
    assert queries() == few <= 10


def test_search_and_filters_narrow(client: Client, agent) -> None:
    AgentFactory(organization=agent.organization, team=agent.team, agent_name="other", priority_tier="P2")

    def names(query: str) -> set[str]:
        rows = client.get(f"{page('workforce.agent')}?{query}").context["cl"].result_list
        return {row.agent_name for row in rows}

    assert names("q=triage") == {agent.agent_name}
    assert names("priority_tier__exact=P2") == {"other"}
    assert names(f"team__id__exact={agent.team_id}") == {agent.agent_name, "other"}
    assert names("q=" + "triage+" * 3000) == {agent.agent_name}


@pytest.mark.parametrize(
    "query", ["p=99999", "p=x", "o=99.-99", "current_state__exact=%27", "team__id__exact=x", "all=", "e=1", "q=%ff"]
)
def test_odd_addresses_are_never_a_server_error(query: str, client: Client, agent) -> None:
    assert client.get(f"{page('workforce.agent')}?{query}").status_code in (200, 302, 400)
