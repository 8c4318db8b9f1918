"""Hours far over what is usual: found, recorded once, told once (spec B7)."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from budgets.models import BurnAnomaly, UsageHour
from budgets.services import anomalies
from budgets.services.anomalies import look
from tests.factories import AgentFactory, OrganizationFactory, TeamFactory
from tests.support.clockwork import at
from tests.support.races import at_once, errors
from workforce.models import Agent, Notice

pytestmark = pytest.mark.django_db
NOW = at("thu 14:05")
HOUR = at("thu 13:00")


def burn(agent: Agent, tokens: int, *back: int) -> None:
    """So many tokens in each hour that is so many hours before the one looked at."""
    UsageHour.objects.bulk_create(
        UsageHour(
            organization=agent.organization, agent=agent, hour=HOUR - timedelta(hours=hours), counted_tokens=tokens
        )
        for hours in back
    )


def used_to(agent: Agent, tokens: int = 20_000, hours: int = 20) -> None:
    burn(agent, tokens, *range(1, hours + 1))


def found(kind: str = "agent") -> list[tuple[str, int, int, int, int]]:
    rows = BurnAnomaly.objects.filter(subject_kind=kind).order_by("subject_label")
    return [(row.subject_label, row.tokens, row.baseline, row.threshold, row.hours) for row in rows]


def test_an_hour_far_over_is_recorded_with_its_figures_and_told(agent: Agent, olga: Any, lee: Any, alice: Any) -> None:
    used_to(agent)
    burn(agent, 90_000, 0)
    assert look(now=NOW) == 2
    assert found() == [("support-triage-01", 90_000, 20_000, 60_000, 20)]
    assert found("pod") == [("Support", 90_000, 20_000, 60_000, 20)]
    assert [row.hour for row in BurnAnomaly.objects.all()] == [HOUR, HOUR]
    figures = (
        "used 90,000 tokens from 12:00 to 13:00 UTC. In an hour of work it usually takes 20,000; "
        "above 60,000 is far over that."
    )
    told = {(notice.recipient, notice.kind, notice.text, notice.subject_kind) for notice in Notice.objects.all()}
    assert told == {
        (olga, "burn_anomaly", f"support-triage-01 {figures}", "agent"),
        (lee, "burn_anomaly", f"Pod Support {figures}", "team"),
    }


def test_it_is_said_once_however_often_it_is_looked_at(agent: Agent) -> None:
    used_to(agent)
    burn(agent, 90_000, 0)
    assert [look(now=NOW), look(now=NOW + timedelta(minutes=10))] == [2, 0]
    assert BurnAnomaly.objects.count() == Notice.objects.count() == 2


def test_usage_that_comes_late_is_seen_by_the_next_look(agent: Agent) -> None:
    used_to(agent)
    burn(agent, 50_000, 0)
    assert look(now=NOW) == 0
    UsageHour.objects.filter(hour=HOUR).update(counted_tokens=60_001)
    assert look(now=NOW + timedelta(minutes=10)) == 2


def test_what_goes_on_is_recorded_by_the_hour_and_told_when_it_begins(agent: Agent) -> None:
    used_to(agent)
    burn(agent, 90_000, 0, -1, -2)
    for hours in range(3):
        assert look(now=NOW + timedelta(hours=hours)) == 2
    assert BurnAnomaly.objects.count() == 6 and Notice.objects.count() == 2
    burn(agent, 90_000, -4)
    assert look(now=NOW + timedelta(hours=4)) == 2 and Notice.objects.count() == 4


@pytest.mark.parametrize(
    ("usual", "hours", "tokens"), [(20_000, 20, 60_000), (20_000, 11, 10**9), (100, 20, 10_100), (0, 0, 10**9)]
)
def test_what_is_not_far_over_or_too_new_is_not_told(agent: Agent, usual: int, hours: int, tokens: int) -> None:
    used_to(agent, usual, hours)
    burn(agent, tokens, 0)
    assert look(now=NOW) == 0 and not BurnAnomaly.objects.exists() and not Notice.objects.exists()


def test_only_fourteen_days_count_and_only_the_full_hour(agent: Agent) -> None:
    burn(agent, 20_000, *range(14 * 24 + 1, 14 * 24 + 40))
    burn(agent, 90_000, 0)
    assert look(now=NOW) == 0
    burn(agent, 20_000, 14 * 24, *range(1, 12))
    assert look(now=HOUR + timedelta(minutes=59)) == 0, "the hour still runs"
    assert look(now=HOUR + timedelta(hours=1)) == 2
    assert {row.hours for row in BurnAnomaly.objects.all()} == {12}
    assert look(now=HOUR + timedelta(hours=2)) == 0, "the hour after it is empty"


def test_a_pod_is_judged_by_the_sum_of_those_in_it(organization: Any, pod: Any, lee: Any) -> None:
    """Each of three agents burns less than three times what it uses to; together they do not either, and another
    that never burned pushes the pod over."""
    agents = AgentFactory.create_batch(3, organization=organization, team=pod)
    for one in agents:
        used_to(one, 20_000)
        burn(one, 55_000, 0)
    assert look(now=NOW) == 0
    new = AgentFactory(organization=organization, team=pod)
    burn(new, 20_000, 0)
    assert look(now=NOW) == 1
    assert found("pod") == [("Support", 185_000, 60_000, 180_000, 20)] and found() == []
    assert [notice.recipient for notice in Notice.objects.all()] == [lee]


def test_a_pod_without_an_active_lead_is_told_to_its_agent_or_the_managers(
    organization: Any, agent: Agent, pod: Any, olga: Any, alice: Any
) -> None:
    used_to(agent)
    burn(agent, 90_000, 0)
    pod.lead_user = None
    pod.save(update_fields=["lead_user"])
    assert look(now=NOW) == 2
    assert {notice.recipient for notice in Notice.objects.filter(subject_kind="team")} == {alice}
    boss = AgentFactory(organization=organization, team=pod, owner_user=olga)
    pod.lead_agent = boss
    pod.save(update_fields=["lead_agent"])
    burn(agent, 90_000, -2)
    assert look(now=NOW + timedelta(hours=2)) == 2
    assert {notice.recipient for notice in Notice.objects.filter(subject_kind="team")} == {alice, olga}


def test_organisations_are_judged_apart() -> None:
    for _ in range(2):
        one = AgentFactory(organization=OrganizationFactory())
        used_to(one)
        burn(one, 90_000, 0)
    assert look(now=NOW) == 4
    assert look(now=NOW) == 0
    assert sorted(row.organization_id for row in BurnAnomaly.objects.filter(subject_kind="pod")) == sorted(
        Agent.objects.values_list("organization_id", flat=True)
    )


def test_those_that_burned_most_come_first_where_there_are_too_many(organization: Any, pod: Any) -> None:
    for number in range(3):
        one = AgentFactory(organization=organization, team=pod, agent_name=f"a{number}")
        used_to(one)
        burn(one, 90_000 + number, 0)
    assert look(now=NOW, limit=1) == 2
    assert [row[0] for row in found()] == ["a2"]


def test_it_costs_the_same_for_one_and_for_many(organization: Any, pod: Any) -> None:
    counts = []
    for count in (1, 12):
        team = TeamFactory(organization=organization, lead_user=pod.lead_user)
        for one in AgentFactory.create_batch(count, organization=organization, team=team):
            used_to(one)
            burn(one, 90_000, 0)
        with CaptureQueriesContext(connection) as queries:
            assert look(now=NOW) == count + 1
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_one_organisation_that_fails_stops_no_other(caplog: Any) -> None:
    for _ in range(3):
        one = AgentFactory(organization=OrganizationFactory())
        used_to(one)
        burn(one, 90_000, 0)
    bad = sorted(Agent.objects.values_list("organization_id", flat=True))[1]
    real = anomalies._judge

    def poisoned(organization: Any, *rest: Any) -> int:
        if organization.pk == bad:
            raise ValueError("poison")
        return real(organization, *rest)

    with patch.object(anomalies, "_judge", poisoned):
        assert look(now=NOW) == 4
    assert {record.organization_id for record in caplog.records if record.message == "burn not judged"} == {str(bad)}
    with patch.object(anomalies, "_judge", side_effect=OperationalError), pytest.raises(OperationalError):
        look(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_at_once_it_is_recorded_and_told_once(agent: Agent) -> None:
    used_to(agent)
    burn(agent, 90_000, 0)
    assert errors(at_once(*[lambda: look(now=NOW)] * 4)) == []
    assert BurnAnomaly.objects.count() == 2 and Notice.objects.count() == 2
