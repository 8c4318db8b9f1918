"""An archived agent is immutable but for its audit tags; code and database both refuse (R6)."""

from decimal import Decimal

import pytest
from django.db import Error, connection, transaction

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import audited, person
from tests.support.sql import columns_of, run, stored
from workforce.models import Agent
from workforce.rules.refusals import Conflict
from workforce.services import agents, lifecycle

pytestmark = pytest.mark.django_db
SAYS = "an archived agent is immutable"

#: A changed value for every column but the key, the state's way out, and the one that may change.
CHANGES = {
    "agent_name": "renamed",
    "agent_type": "main",
    "capability_tags": ["other"],
    "model_profile": "opus",
    "current_state": "ready",
    "priority_tier": "P0",
    "cost_budget_daily": Decimal("1.00"),
    "risk_level": "high",
    "avatar": "X",
    "tools": {"shell": "disabled"},
    "notes": "changed",
    "clock_status": "clocked_in",
}


@pytest.fixture
def archived(organization, pod, olga):
    return AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="archived")


def unchanged(agent):
    return Agent.objects.filter(pk=agent.pk).values().get()


def test_every_column_is_tried_here():
    tried_below = {"agent_id", "organization_id", "team_id", "owner_user_id", "owner_agent_id", "created_at"} | {
        "secondary_owner_user_id",
        "secondary_owner_agent_id",
        "updated_at",
        "clock_since",
    }
    columns = {field.attname for field in Agent._meta.concrete_fields}
    assert columns == set(CHANGES) | tried_below | {"audit_tags"}


@pytest.mark.parametrize("field", CHANGES)
def test_a_queryset_update_is_refused(archived, field):
    before = unchanged(archived)
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        Agent.objects.filter(pk=archived.pk).update(**{field: CHANGES[field]})
    assert unchanged(archived) == before


def test_references_and_moments_are_frozen_too(archived, organization, alice, now):
    other = AgentFactory(organization=organization)
    for change in (
        {"team": TeamFactory(organization=organization)},
        {"owner_user": alice},
        {"owner_user": None, "owner_agent": other},
        {"secondary_owner_user": alice},
        {"secondary_owner_agent": other},
        {"created_at": now},
        {"updated_at": now},
        {"clock_since": now},
    ):
        with pytest.raises(Error, match=SAYS), transaction.atomic():
            Agent.objects.filter(pk=archived.pk).update(**change)


def test_saving_the_instance_is_refused(archived):
    archived.notes = "changed"
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        archived.save(update_fields=["notes"])
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        archived.save()


def test_bulk_update_is_refused(archived):
    archived.notes = "changed"
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        Agent.objects.bulk_update([archived], ["notes"])


def test_one_archived_row_among_others_stops_the_statement(archived, agent):
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        Agent.objects.all().update(notes="for everybody")
    agent.refresh_from_db()
    assert agent.notes == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE workforce_agent SET notes = 'changed' WHERE agent_id = %s",
        "UPDATE workforce_agent SET current_state = 'ready' WHERE agent_id = %s",
        "UPDATE workforce_agent SET audit_tags = '[]', notes = 'both' WHERE agent_id = %s",
        "DELETE FROM workforce_agent WHERE agent_id = %s",
    ],
)
def test_sql_is_refused(archived, statement):
    before = unchanged(archived)
    run("DELETE FROM workforce_presence WHERE agent_id = %s", stored(archived))
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        run(statement, stored(archived))
    assert unchanged(archived) == before


def test_replacing_the_row_is_refused(archived):
    """SQLite's REPLACE removes without a DELETE; PostgreSQL's ON CONFLICT is an UPDATE."""
    columns = columns_of(Agent)
    statement = (
        f"INSERT OR REPLACE INTO workforce_agent ({columns}) SELECT {columns} FROM workforce_agent"
        if connection.vendor == "sqlite"
        else f"INSERT INTO workforce_agent ({columns}) SELECT {columns} FROM workforce_agent "
        "ON CONFLICT (agent_id) DO UPDATE SET notes = 'changed'"
    )
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        run(statement)


def test_deleting_the_instance_is_refused(archived):
    with pytest.raises(Error, match=SAYS), transaction.atomic():
        archived.delete()
    assert Agent.objects.filter(pk=archived.pk).exists()


def test_audit_tags_still_change_and_are_audited(archived, alice, now, organization):
    agents.set_audit_tags(
        organization=organization, agent_id=archived.pk, tags=["soc2", "2026"], by=person(alice), now=now
    )
    archived.refresh_from_db()
    assert archived.audit_tags == ["soc2", "2026"]
    (event,) = audited(archived)
    assert (event.before, event.after) == ({"audit_tags": []}, {"audit_tags": ["soc2", "2026"]})


def test_audit_tags_change_by_sql(archived):
    assert run("UPDATE workforce_agent SET audit_tags = '[\"x\"]' WHERE agent_id = %s", stored(archived)) == 1


def test_an_update_that_changes_nothing_passes(archived):
    """A form that saves everything as it was does no harm."""
    assert run("UPDATE workforce_agent SET notes = notes WHERE agent_id = %s", stored(archived)) == 1


def test_services_say_so_before_the_database_does(archived, alice, now, organization):
    with pytest.raises(Conflict) as refused:
        agents.edit(organization=organization, agent_id=archived.pk, changes={"notes": "x"}, by=person(alice), now=now)
    assert refused.value.code == "archived"
    with pytest.raises(Conflict) as refused:
        lifecycle.transition(
            organization=organization, agent_id=archived.pk, to="retired", reason="x", by=person(alice), now=now
        )
    assert refused.value.extra["legal"] == []
    assert "No further move" in refused.value.sentence


def test_other_agents_change_freely(agent):
    assert Agent.objects.filter(pk=agent.pk).update(notes="fine") == 1


def test_becoming_archived_is_not_refused_by_the_freeze(organization, pod, olga, alice, now):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, current_state="retired")
    lifecycle.transition(
        organization=organization, agent_id=agent.pk, to="archived", reason="Year's end.", by=person(alice), now=now
    )
    agent.refresh_from_db()
    assert agent.current_state == "archived"
