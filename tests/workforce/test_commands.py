"""One pending command per agent: newer replaces older, and it repeats until acknowledged (W5, H1)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.factories import AgentFactory
from tests.support.actors import SYSTEM, person
from workforce.choices import CommandKind
from workforce.models import Command
from workforce.services import commands

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def issue(agent, command, now=NOW, by=SYSTEM):
    commands.issue(agent=agent, command=command, reason="because", by=by, now=now)
    return Command.objects.filter(agent=agent).order_by("-issued_at", "-id").first()


def deliver(*agents, now=LATER):
    return commands.deliver(agent_ids=[agent.pk for agent in agents], now=now)


def test_it_says_what_why_and_by_whom(agent, alice):
    made = issue(agent, CommandKind.STOP, by=person(alice))
    assert (made.command, made.reason, made.issued_at, made.issued_by_label) == ("stop", "because", NOW, "Alice")
    assert (made.organization_id, made.delivered_at) == (agent.organization_id, None)


def test_a_newer_one_replaces_it(agent):
    first, second = issue(agent, CommandKind.PAUSE), issue(agent, CommandKind.WAKE, now=LATER)
    first.refresh_from_db()
    assert first.superseded_at == LATER
    assert deliver(agent) == {agent.pk: [second]}


def test_it_is_delivered_until_acknowledged(agent):
    made = issue(agent, CommandKind.WAKE)
    for minutes in range(1, 4):
        assert deliver(agent, now=NOW + timedelta(minutes=minutes)) == {agent.pk: [made]}
    made.refresh_from_db()
    assert made.delivered_at == LATER, "the first answer that carried it"
    assert commands.acknowledge(agent_ids=[agent.pk], command_ids=[made.pk], now=LATER) == 1
    assert commands.acknowledge(agent_ids=[agent.pk], command_ids=[made.pk], now=LATER) == 0
    assert deliver(agent) == {}
    made.refresh_from_db()
    assert made.acknowledged_at == LATER


def test_after_an_acknowledgement_there_is_room_for_the_next(agent):
    commands.acknowledge(agent_ids=[agent.pk], command_ids=[issue(agent, CommandKind.WAKE).pk], now=LATER)
    following = issue(agent, CommandKind.STOP, now=LATER)
    assert deliver(agent) == {agent.pk: [following]}
    assert Command.objects.filter(superseded_at=None).count() == 2


def test_an_agent_cannot_acknowledge_for_another(organization, agent):
    other = AgentFactory(organization=organization)
    theirs = issue(other, CommandKind.WAKE)
    assert commands.acknowledge(agent_ids=[agent.pk], command_ids=[theirs.pk], now=LATER) == 0
    assert deliver(agent, other) == {other.pk: [theirs]}


def test_a_late_acknowledgement_of_a_replaced_one_leaves_the_newer(agent):
    first, second = issue(agent, CommandKind.PAUSE), issue(agent, CommandKind.WAKE)
    assert commands.acknowledge(agent_ids=[agent.pk], command_ids=[first.pk], now=LATER) == 1
    assert deliver(agent) == {agent.pk: [second]}


def test_the_database_keeps_one_pending(agent):
    made = issue(agent, CommandKind.WAKE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Command.objects.create(
            organization_id=agent.organization_id, agent=agent, command="stop", reason="x", issued_by_label="x"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Command.objects.filter(pk=made.pk).update(command="dance")


def test_many_agents_take_as_few_queries_as_one(organization, pod, olga, django_assert_max_num_queries):
    for size in (3, 40):
        fleet = [AgentFactory(organization=organization, team=pod, owner_user=olga) for _ in range(size)]
        with django_assert_max_num_queries(2):
            commands.issue_many(fleet, CommandKind.WAKE, reasons={}, by=SYSTEM, now=NOW)
        with django_assert_max_num_queries(2):
            assert len(deliver(*fleet)) == size
        with django_assert_max_num_queries(1):
            deliver(*fleet)


def test_none_at_all(django_assert_num_queries):
    with django_assert_num_queries(0):
        commands.issue_many([], CommandKind.WAKE, reasons={}, by=SYSTEM, now=NOW)
        assert deliver() == {}
