"""Reads compiled once give what their querysets give, for every key."""

from uuid import uuid4

import pytest
from django.db import models, transaction
from django.db.models import Exists, OuterRef

from tests.factories import AgentFactory, OrganizationFactory
from workforce.models import Agent, Hold
from workforce.models.compiled import CompiledRead

pytestmark = pytest.mark.django_db


def agents_of(organization_id: object, team_id: object) -> "models.QuerySet[Agent]":
    held = Hold.objects.active().filter(agent=OuterRef("pk"))
    found = Agent.objects.filter(organization=organization_id, team=team_id).exclude(agent_name="100% gone")
    return found.annotate(held=Exists(held)).order_by("-agent_name")


def test_the_rows_are_those_of_the_queryset_for_each_pair_of_keys() -> None:
    agents = AgentFactory.create_batch(3)
    beside = AgentFactory(organization=agents[0].organization, team=agents[0].team)
    read = CompiledRead(agents_of)
    for agent in (*agents, beside):
        found = read(agent.organization_id, agent.team_id)
        expected = list(agents_of(agent.organization_id, agent.team_id))
        assert [row.pk for row in found] == [row.pk for row in expected]
        assert [vars_of(row) for row in found] == [vars_of(row) for row in expected]
        assert not any(row.held for row in found)  # type: ignore[attr-defined]
    assert {row.pk for row in read(agents[0].organization_id, agents[0].team_id)} == {agents[0].pk, beside.pk}
    assert read(agents[0].organization_id, agents[1].team_id) == []


def vars_of(row: Agent) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in Agent._meta.concrete_fields}


def test_a_row_is_locked_within_a_transaction_only(transactional_db: object) -> None:
    agent = AgentFactory()
    read = CompiledRead(lambda key: Agent.objects.filter(pk=key).select_for_update(no_key=True))
    with transaction.atomic():
        assert read(agent.pk) == [agent]
    with pytest.raises(transaction.TransactionManagementError):
        read(agent.pk)


def test_a_key_that_reaches_no_statement_is_a_mistake() -> None:
    read = CompiledRead(lambda key: Agent.objects.filter(pk__isnull=False))
    with pytest.raises(ValueError, match="does not reach"):
        read(uuid4())


def test_rows_can_be_saved_like_any_other() -> None:
    organization = OrganizationFactory()
    agent = AgentFactory(organization=organization)
    (found,) = CompiledRead(lambda key: Agent.objects.filter(organization=key))(organization.pk)
    found.notes = "Read and written"
    found.save(update_fields=["notes"])
    assert Agent.objects.get(pk=agent.pk).notes == "Read and written"
