"""What the database itself keeps of an agent, written past all code (R1, R2)."""

import pytest
from django.db import Error, IntegrityError, connection, transaction

from tests.factories import AgentFactory
from tests.support.sql import run, stored
from workforce.models import Agent

pytestmark = pytest.mark.django_db
SET = "UPDATE workforce_agent SET {} WHERE agent_id = %s"


def refused(statement, *params):
    with pytest.raises(IntegrityError), transaction.atomic():
        run(statement, *params)


@pytest.mark.parametrize(
    "column",
    [
        "agent_name",
        "agent_type",
        "capability_tags",
        "model_profile",
        "team_id",
        "current_state",
        "priority_tier",
        "risk_level",
        "clock_status",
        "organization_id",
        "created_at",
        "updated_at",
    ],
)
def test_a_mandatory_column_is_never_null(agent, column):
    refused(SET.format(f"{column} = NULL"), stored(agent))


@pytest.mark.parametrize(
    "change",
    [
        "agent_name = ''",
        "model_profile = ''",
        "agent_type = 'robot'",
        "agent_type = ''",
        "priority_tier = 'P3'",
        "risk_level = 'none'",
        "current_state = 'asleep'",
        "clock_status = 'late'",
        "cost_budget_daily = -1",
        "capability_tags = '[]'",
        "capability_tags = '{}'",
        "capability_tags = 'null'",
        "capability_tags = '\"qa\"'",
        "capability_tags = '{\"0\": 1}'",
    ],
)
def test_a_senseless_value_is_refused(agent, change):
    refused(SET.format(change), stored(agent))


def test_exactly_one_owner(agent, organization):
    other = AgentFactory(organization=organization)
    refused(SET.format("owner_user_id = NULL"), stored(agent))
    refused(SET.format("owner_agent_id = %s"), stored(other), stored(agent))
    assert run(SET.format("owner_user_id = NULL, owner_agent_id = %s"), stored(other), stored(agent)) == 1


def test_never_its_own_owner(agent):
    refused(SET.format("owner_user_id = NULL, owner_agent_id = agent_id"), stored(agent))
    refused(SET.format("secondary_owner_agent_id = agent_id"), stored(agent))


def test_one_secondary_owner_at_most(agent, organization, alice):
    other = AgentFactory(organization=organization)
    statement = SET.format("secondary_owner_user_id = %s, secondary_owner_agent_id = %s")
    refused(statement, stored(alice), stored(other), stored(agent))


def test_a_name_once_in_an_organisation(agent, organization):
    other = AgentFactory(organization=organization)
    refused(SET.format("agent_name = %s"), agent.agent_name, stored(other))


def test_owners_pods_and_organisations_cannot_be_removed_under_an_agent(agent, olga, pod, organization):
    for row in (olga, pod, organization):
        table, pk = row._meta.db_table, row._meta.pk.column
        with pytest.raises(Error), transaction.atomic():
            run(f"DELETE FROM {table} WHERE {pk} = %s", stored(row))
            connection.check_constraints()
        assert type(row).objects.filter(pk=row.pk).exists()


def test_django_validates_the_same(agent):
    """Forms that ask ``full_clean`` hear of it before the database does."""
    agent.validate_constraints()
    for tags in ([], {}, "qa"):
        agent.capability_tags = tags
        with pytest.raises(Exception, match="agent_has_a_tag"):
            agent.validate_constraints()


def test_a_good_row_passes(agent):
    assert run(SET.format('capability_tags = \'["a", "b"]\', cost_budget_daily = 0'), stored(agent)) == 1
    assert Agent.objects.get(pk=agent.pk).capability_tags == ["a", "b"]
