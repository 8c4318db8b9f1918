"""Changing an agent's record: only what changed, by whom the matrix gives it to (R1, P3)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.workforce.test_agents_create import WRONG
from workforce.choices import KeyScope
from workforce.models import Agent, AuditEvent
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.services import agents

pytestmark = pytest.mark.django_db


def edit(agent, by, now, **changes):
    return agents.edit(organization=agent.organization, agent_id=agent.pk, changes=changes, by=by, now=now)


MAY_BE_EMPTY = ("cost_budget_daily", "secondary_owner")
NEW = {
    "agent_name": "renamed-01",
    "agent_type": "watcher",
    "capability_tags": ["ops"],
    "model_profile": "opus-careful",
    "priority_tier": "P0",
    "risk_level": "high",
    "cost_budget_daily": Decimal("3.25"),
    "avatar": "R1",
    "tools": {"shell": "disabled"},
    "notes": "Moved.",
}


@pytest.mark.parametrize("name", NEW)
def test_each_field_changes_alone(agent, alice, now, name):
    before = Agent.objects.filter(pk=agent.pk).values().get()
    later = now + timedelta(hours=1)
    edit(agent, person(alice), later, **{name: NEW[name]})
    after = Agent.objects.filter(pk=agent.pk).values().get()
    assert {column for column in after if after[column] != before[column]} == {name, "updated_at"}
    assert (after[name], after["updated_at"]) == (NEW[name], later)
    (event,) = audited(agent)
    assert (event.action, set(event.before), set(event.after)) == ("agent.edited", {name}, {name})


def test_owner_and_pod_change_with_what_was_before(agent, organization, alice, olga, now):
    other = TeamFactory(organization=organization, name="Growth")
    edit(agent, person(alice), now, owner=alice, team=other)
    agent.refresh_from_db()
    assert (agent.owner, agent.team) == (alice, other)
    (event,) = audited(agent)
    assert event.action == "agent.owner_changed"
    assert (event.before["owner"], event.after["owner"]) == (f"user:{olga.pk}", f"user:{alice.pk}")
    assert event.after["team"] == str(other.pk)


def test_an_optional_field_is_emptied(agent, alice, now):
    edit(agent, person(alice), now, cost_budget_daily=Decimal("1"), secondary_owner=alice)
    edit(agent, person(alice), now, cost_budget_daily=None, secondary_owner=None)
    agent.refresh_from_db()
    assert (agent.cost_budget_daily, agent.secondary_owner) == (None, None)


def test_from_a_person_to_an_agent_and_back(agent, organization, pod, olga, alice, now):
    lead = AgentFactory(organization=organization, team=pod, owner_user=olga)
    edit(agent, person(alice), now, owner=lead)
    agent.refresh_from_db()
    assert (agent.owner_user_id, agent.owner_agent_id) == (None, lead.pk)
    edit(agent, person(alice), now, owner=olga)
    agent.refresh_from_db()
    assert (agent.owner_user_id, agent.owner_agent_id) == (olga.pk, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, values in WRONG.items()
        for value in [*values[:2], None]
        if value is not None or name not in MAY_BE_EMPTY
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_wrong_value_is_named_and_nothing_is_written(agent, alice, now, name, value):
    before = Agent.objects.filter(pk=agent.pk).values().get()
    with pytest.raises(Invalid) as refused:
        edit(agent, person(alice), now, **{name: value, "notes": "x"} if name != "notes" else {name: value})
    assert [path for path, _ in refused.value.fields] == [name]
    assert Agent.objects.filter(pk=agent.pk).values().get() == before
    assert not AuditEvent.objects.exists()


def test_its_own_name_is_no_twin(agent, organization, alice, now):
    AgentFactory(organization=organization, agent_name="taken")
    edit(agent, person(alice), now, agent_name=agent.agent_name, notes="x")
    with pytest.raises(Invalid):
        edit(agent, person(alice), now, agent_name="taken")


def test_it_is_not_in_another_organisation(agent, other_organization, charlie, now):
    with pytest.raises(Missing):
        agents.edit(
            organization=other_organization, agent_id=agent.pk, changes={"notes": "x"}, by=person(charlie), now=now
        )


def test_an_archived_one_stays(organization, pod, olga, alice, now):
    old = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="archived")
    with pytest.raises(Conflict):
        edit(old, person(alice), now, notes="x")


ONBOARDING = {"notes": "x"}
CAPABILITIES = {"capability_tags": ["ops"]}
TOOLS = {"tools": {"shell": "disabled"}}
BUDGET = {"cost_budget_daily": Decimal("1.00")}


def test_the_matrix_says_who_changes_what(agent, alice, hugo, lee, olga, vera, now):
    """Onboarding is the manager's and the lead's, capabilities the owner's too, the budget not the lead's (001 §3)."""
    allowed = {
        person(alice): [ONBOARDING, CAPABILITIES, TOOLS, BUDGET],
        person(hugo): [ONBOARDING, CAPABILITIES, TOOLS, BUDGET],
        person(lee): [ONBOARDING, CAPABILITIES, TOOLS],
        person(olga): [CAPABILITIES, TOOLS, BUDGET],
        person(vera): [],
        itself(agent): [],
        key(KeyScope.CLOCK): [],
        key(KeyScope.LIFECYCLE): [],
        key(KeyScope.ROSTER): [ONBOARDING, CAPABILITIES, TOOLS, BUDGET],
        SYSTEM: [ONBOARDING, CAPABILITIES, TOOLS, BUDGET],
    }
    start = Agent.objects.filter(pk=agent.pk).values("notes", "capability_tags", "tools", "cost_budget_daily").get()
    for by, may in allowed.items():
        for change in (ONBOARDING, CAPABILITIES, TOOLS, BUDGET):
            Agent.objects.filter(pk=agent.pk).update(**start)
            if change in may:
                edit(agent, by, now, **change)
            else:
                with pytest.raises(Forbidden):
                    edit(agent, by, now, **change)


def test_a_mixed_change_needs_every_right(agent, lee, olga, now):
    for by in (person(lee), person(olga)):
        with pytest.raises(Forbidden):
            edit(agent, by, now, **ONBOARDING, **BUDGET)
    assert not AuditEvent.objects.exists()


def test_a_field_sent_back_as_it_was_needs_no_right(agent, lee, now):
    """A form sends them all."""
    edit(agent, person(lee), now, notes="x", cost_budget_daily=None)
    agent.refresh_from_db()
    assert agent.notes == "x"
