"""Pods and their leads (R3)."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.races import at_once, errors
from workforce.choices import KeyScope
from workforce.models import AuditEvent, Team
from workforce.rules.refusals import Forbidden, Invalid
from workforce.services import teams

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def create(organization, by, name="Growth", lead=None):
    return teams.create(organization=organization, name=name, lead=lead, by=by, now=NOW)


def faults(call, *args, **options):
    with pytest.raises(Invalid) as refused:
        call(*args, **options)
    return [path for path, _ in refused.value.fields]


def test_a_lead_is_a_person_or_an_agent_or_nobody(organization, agent, alice, lee):
    for number, lead in enumerate((lee, agent, None)):
        made = create(organization, person(alice), name=f"Pod {number}", lead=lead)
        made.refresh_from_db()
        assert made.lead == lead
    assert audited(made)[0].after == {"name": "Pod 2", "lead_user": None, "lead_agent": None}


def test_both_at_once_is_refused_by_the_database(pod, agent):
    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.filter(pk=pod.pk).update(lead_agent=agent)


def test_editing_says_what_was_before(pod, agent, alice, lee):
    teams.edit(team=pod, name=" Care ", lead=agent, by=person(alice), now=NOW)
    pod.refresh_from_db()
    assert (pod.name, pod.lead, pod.lead_user) == ("Care", agent, None)
    (event,) = audited(pod)
    assert event.before == {"name": "Support", "lead_user": str(lee.pk), "lead_agent": None}
    assert event.after == {"name": "Care", "lead_user": None, "lead_agent": str(agent.pk)}


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"], ids=lambda name: ascii(name)[:10])
def test_a_name_is_needed_and_bounded(organization, pod, alice, name):
    assert faults(create, organization, person(alice), name=name) == ["name"]
    assert faults(teams.edit, team=pod, name=name, lead=None, by=person(alice), now=NOW) == ["name"]
    assert Team.objects.count() == 1


def test_a_name_is_given_once(organization, other_organization, pod, alice):
    assert faults(create, organization, person(alice), name=" Support ") == ["name"]
    other = TeamFactory(organization=organization, name="Growth")
    assert faults(teams.edit, team=other, name="Support", lead=None, by=person(alice), now=NOW) == ["name"]
    create(other_organization, SYSTEM, name="Support")


def test_a_lead_is_an_active_member(organization, other_organization, pod, alice, charlie, vera, olga):
    vera.is_active = False
    vera.save(update_fields=["is_active"])
    strangers = [charlie, vera, AgentFactory(organization=other_organization)]
    strangers += [
        AgentFactory(organization=organization, team=pod, owner_user=olga, current_state=gone)
        for gone in ("retired", "archived")
    ]
    for lead in strangers:
        assert faults(create, organization, person(alice), lead=lead) == ["lead"]
        assert faults(teams.edit, team=pod, name="Support", lead=lead, by=person(alice), now=NOW) == ["lead"]
    assert not AuditEvent.objects.exists()


def test_who_may_handle_pods(organization, pod, agent, hugo, lee, olga, vera, charlie):
    create(organization, person(hugo))
    for by in (person(lee), person(olga), person(vera), person(charlie), itself(agent), key(*KeyScope)):
        with pytest.raises(Forbidden):
            create(organization, by, name="Mine")
        with pytest.raises(Forbidden):
            teams.edit(team=pod, name="Mine", lead=None, by=by, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_one_name_given_by_four_at_once_is_given_once(organization, alice):
    outcomes = at_once(*[partial(create, organization, person(alice))] * 4)
    assert [type(error) for error in errors(outcomes)] == [Invalid] * 3
    assert Team.objects.count() == 1
