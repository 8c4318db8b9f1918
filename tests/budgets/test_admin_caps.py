"""Token caps in the admin, written through the service (spec U8, B1)."""

from typing import Any

import pytest
from django.test import Client

from budgets.models import Caps
from budgets.rules.caps import NOT_TOKENS
from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import audited
from tests.support.admin import SEES_NOTHING, as_hr, faults, page, send

pytestmark = pytest.mark.django_db

ADD = page("budgets.caps", "add")


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


def change(client: Client, agent: Any, **fields: Any) -> Any:
    return send(client, page("budgets.caps", "change", agent.pk), **fields)


def test_it_sets_caps_through_the_service(client: Client, agent: Any, hugo: Any) -> None:
    answer = send(client, ADD, agent=str(agent.pk), daily_tokens="300,000", annual_tokens="0")
    assert answer.status_code == 302
    assert answer.headers["Location"] == page("budgets.caps", "change", agent.pk)
    kept = Caps.objects.get()
    assert (kept.agent, kept.daily_tokens, kept.weekly_tokens, kept.annual_tokens) == (agent, 300_000, None, 0)
    (event,) = audited(agent, action="caps.changed")
    assert event.actor_id == str(hugo.pk)


def test_it_changes_them_and_shows_them_as_people_write_them(client: Client, agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=300_000)
    assert change(client, agent).status_code == 302
    assert not audited(agent)
    assert change(client, agent, daily_tokens="", weekly_tokens="2 000 000").status_code == 302
    assert Caps.objects.get().tokens()["weekly_tokens"] == 2_000_000
    assert Caps.objects.get().daily_tokens is None
    assert 'value="2,000,000"' in client.get(page("budgets.caps", "change", agent.pk)).content.decode()


def test_faults_stand_at_their_fields(client: Client, agent: Any) -> None:
    answer = send(client, ADD, agent=str(agent.pk), daily_tokens="-1", monthly_tokens="1,5", annual_tokens="7")
    assert faults(answer) == {"daily_tokens": [NOT_TOKENS], "monthly_tokens": [NOT_TOKENS]}
    assert faults(send(client, ADD, agent=str(agent.pk))) == {"__all__": ["Give at least one cap."]}
    assert not Caps.objects.exists()


def test_a_second_set_of_caps_is_refused(client: Client, agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=1)
    answer = send(client, ADD, agent=str(agent.pk), daily_tokens="2")
    assert faults(answer) == {"agent": ["support-triage-01 has token caps already. Change those."]}
    assert Caps.objects.get().daily_tokens == 1


def test_the_agents_page_says_what_it_may_spend(client: Client, agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=300_000, annual_tokens=0)
    html = client.get(page("workforce.agent", "change", agent.pk)).content.decode()
    assert "Daily 300,000 tokens, Annual 0 tokens: nothing may be spent" in html
    assert page("budgets.caps", "change", agent.pk) in html


def test_other_organisations_are_not_seen(client: Client, other_organization: Any, agent: Any) -> None:
    foreign = AgentFactory(organization=other_organization, team=TeamFactory(organization=other_organization))
    Caps.objects.create(agent=foreign, daily_tokens=1)
    assert "No token caps" not in client.get(page("budgets.caps")).content.decode()
    assert foreign.agent_name not in client.get(page("budgets.caps")).content.decode()
    assert client.get(page("budgets.caps", "change", foreign.pk)).status_code in SEES_NOTHING
    assert "agent" in faults(send(client, ADD, agent=str(foreign.pk), daily_tokens="2"))
    assert Caps.objects.get().daily_tokens == 1
