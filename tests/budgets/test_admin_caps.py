"""Token caps in the admin, written through the service (spec U8, B1)."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from budgets.models import CapApproval, Caps
from budgets.rules.caps import NOT_MONEY, NOT_TOKENS, TOKEN_FIELDS, TOO_FINE
from budgets.services.caps import set_caps
from budgets.services.usage import record
from tests.factories import AgentFactory, TeamFactory
from tests.support.actors import SYSTEM, audited
from tests.support.admin import SEES_NOTHING, as_hr, faults, page, send
from tests.support.spending import entry

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


def test_caps_in_money_and_what_happens_at_them_are_set_beside_those_in_tokens(client: Client, agent: Any) -> None:
    answer = send(client, ADD, agent=str(agent.pk), daily_cost="1,250.50", weekly_cost="0", on_cap="pause")
    assert answer.status_code == 302, faults(answer)
    kept = Caps.objects.get()
    assert (kept.daily_cost, kept.weekly_cost, kept.monthly_cost) == (Decimal("1250.5"), 0, None)
    assert (kept.on_cap, kept.tokens()) == ("pause", dict.fromkeys(TOKEN_FIELDS))
    assert change(client, agent).status_code == 302
    assert len(audited(agent, action="caps.changed")) == 1
    html = client.get(page("budgets.caps", "change", agent.pk)).content.decode()
    assert 'value="1,250.50"' in html and 'value="0.00"' in html
    assert change(client, agent, daily_cost="", on_cap="alert").status_code == 302
    kept.refresh_from_db()
    assert (kept.daily_cost, kept.on_cap) == (None, "alert")


def test_faults_of_amounts_stand_at_their_fields(client: Client, agent: Any) -> None:
    answer = send(client, ADD, agent=str(agent.pk), daily_cost="-1", weekly_cost="1,5", annual_cost="0.00001")
    assert faults(answer) == {"daily_cost": [NOT_MONEY], "weekly_cost": [NOT_MONEY], "annual_cost": [TOO_FINE]}
    assert "on_cap" in faults(send(client, ADD, agent=str(agent.pk), daily_cost="1", on_cap="stop"))
    assert not Caps.objects.exists()


def test_the_page_says_what_is_used_of_each_window(client: Client, agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=3_400, weekly_cost=Decimal(1), reserved_tokens=0)
    now = timezone.now()
    record(organization=agent.organization, entries=[entry(agent, "k", model="m")], by=SYSTEM, now=now)
    html = client.get(page("budgets.caps", "change", agent.pk)).content.decode()
    assert "1,700 of 3,400 (50 %)" in html and "1,700, no cap" in html and "0.00 of 1.00 (0 %)" in html


def test_an_agent_that_used_something_may_be_given_its_first_caps(client: Client, agent: Any) -> None:
    """Its row is there already: usage is counted without caps, too."""
    record(organization=agent.organization, entries=[entry(agent, "k")], by=SYSTEM, now=timezone.now())
    assert send(client, ADD, agent=str(agent.pk), daily_tokens="5000").status_code == 302
    kept = Caps.objects.get()
    assert (kept.daily_tokens, kept.daily_used) == (5_000, 1_700)


def test_the_agents_page_tells_caps_in_money_too(client: Client, agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=5, monthly_cost=Decimal("12.5"), on_cap="pause")
    html = client.get(page("workforce.agent", "change", agent.pk)).content.decode()
    assert "Daily 5 tokens, Monthly cost 12.50" in html and "Pause: hold the agent until the window resets" in html


def test_agents_with_and_without_caps_are_told_apart(client: Client, agent: Any) -> None:
    bare = AgentFactory(organization=agent.organization, team=agent.team, agent_name="bare-one")
    Caps.objects.create(agent=agent, weekly_cost=Decimal(1))
    Caps.objects.create(agent=bare)
    for query, names in (("", 2), ("kept=set", [agent]), ("kept=none", [bare]), ("kept=x", 2)):
        rows = client.get(f"{page('budgets.caps')}?{query}").context["cl"].result_list
        assert len(rows) == names if isinstance(names, int) else [row.agent for row in rows] == names


def reached(agent: Any, **caps: Any) -> CapApproval:
    """An approval that is open: the agent has used 1,700 tokens, and every cap in money is one of 0."""
    set_caps(organization=agent.organization, agent_id=agent.pk, caps=caps, by=SYSTEM, now=timezone.now())
    record(organization=agent.organization, entries=[entry(agent, "k")], by=SYSTEM, now=timezone.now())
    return CapApproval.objects.get(status="open")


def test_a_cap_that_was_reached_is_raised_by_a_button(client: Client, agent: Any, hugo: Any) -> None:
    approval = reached(agent, daily_tokens=1_000, on_cap="pause")
    change_page = page("budgets.capapproval", "change", approval.pk)
    html = client.get(change_page).content.decode()
    assert "Raise and resume" in html and "Keep the cap" in html and 'name="_save"' not in html
    path = f"/admin/budgets/capapproval/{approval.pk}/do/raise/"
    assert faults(send(client, path, cap="1,700", reason="")).keys() == {"cap", "reason"}
    assert faults(send(client, path, cap="2.5", reason="x")) == {"cap": [NOT_TOKENS]}
    assert send(client, path, cap="2,000", reason="Month end.").headers["Location"] == change_page
    approval.refresh_from_db()
    assert (approval.status, approval.raised_to, approval.decided_by_label) == ("raised", 2_000, "Hugo")
    assert Caps.objects.get().daily_tokens == 2_000
    assert not agent.holds.active().exists()
    assert "Raise and resume" not in client.get(change_page).content.decode()


def test_a_cap_that_was_reached_is_kept_by_a_button(client: Client, agent: Any) -> None:
    approval = reached(agent, weekly_cost="0")
    path = f"/admin/budgets/capapproval/{approval.pk}/do/keep/"
    assert "reason" in faults(send(client, path, reason=" "))
    assert send(client, path, reason="Enough for this week.").status_code == 302
    approval.refresh_from_db()
    assert (approval.status, approval.reason) == ("kept", "Enough for this week.")


def test_another_organisations_approvals_are_not_decided(client: Client, other_organization: Any) -> None:
    foreign = AgentFactory(organization=other_organization, team=TeamFactory(organization=other_organization))
    approval = reached(foreign, daily_tokens=1)
    for deed in ("raise", "keep"):
        path = f"/admin/budgets/capapproval/{approval.pk}/do/{deed}/"
        assert client.get(path).status_code == 404
        assert client.post(path, {"cap": "99999", "reason": "x"}).status_code == 404
    approval.refresh_from_db()
    assert approval.status == "open"
