"""The ledger and what happened at caps, in the admin: read, filtered, downloaded, never written (spec U8, B2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budgets.models import Usage
from budgets.services.usage import record
from tests.factories import AgentFactory
from tests.support.actors import SYSTEM
from tests.support.admin import as_hr, page
from tests.support.spending import entry, spend

pytestmark = pytest.mark.django_db
MODELS = ["usage", "usageday", "reservation", "capmark", "capapproval", "burnanomaly", "creditentry"]
LISTS = [*MODELS, "caps", "price", "spendpolicy", "creditaccount"]


@pytest.fixture
def client(hugo: Any) -> Client:
    return as_hr(hugo)


def shown(client: Client, model: str, query: str = "") -> list[Any]:
    answer = client.get(f"{page(f'budgets.{model}')}?{query}")
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


@pytest.mark.parametrize("model", MODELS)
def test_it_is_only_read(client: Client, agent: Any, now: Any, model: str) -> None:
    spend([agent], now=now)
    row = shown(client, model)[0]
    html = client.get(page(f"budgets.{model}", "change", row.pk)).content.decode()
    assert 'name="_save"' not in html and "deletelink" not in html
    assert client.get(page(f"budgets.{model}", "add")).status_code == 403
    for name in ("change", "delete"):
        assert client.post(page(f"budgets.{model}", name, row.pk), {"post": "yes"}).status_code in (403, 404)
    row.refresh_from_db()


def test_usage_says_what_it_cost_or_that_nobody_knows(client: Client, agent: Any, now: Any) -> None:
    spend([agent], now=now)
    html = client.get(page("budgets.usage")).content.decode()
    assert "0.006" in html and "unknown" in html
    priced = Usage.objects.get(key="one")
    html = client.get(page("budgets.usage", "change", priced.pk)).content.decode()
    assert agent.agent_name in html and "1700" in html.replace(",", "")


def test_usage_is_filtered_by_agent_model_and_date(client: Client, agent: Any, pod: Any, now: Any) -> None:
    other = AgentFactory(organization=agent.organization, team=pod, agent_name="other-one")
    spend([agent, other], now=now)
    assert {row.agent_id for row in shown(client, "usage", f"agent__agent_id__exact={agent.pk}")} == {agent.pk}
    assert {row.model for row in shown(client, "usage", "model=nobody-knows")} == {"nobody-knows"}
    assert shown(client, "usage", "model=x") == []
    day = (now - timedelta(hours=12)).isoformat().replace("+00:00", "Z")
    assert {row.key for row in shown(client, "usage", f"at__gte={day}")} == {"one"}
    assert {row.agent_id for row in shown(client, "usage", "q=other-o")} == {other.pk}
    html = client.get(page("budgets.usage")).content.decode()
    assert "?model=sonnet" in html and "?model=nobody-knows" in html


def test_a_filter_names_no_model_of_another_organisation(
    client: Client, agent: Any, other_organization: Any, now: Any
) -> None:
    foreign = AgentFactory(organization=other_organization)
    record(organization=other_organization, entries=[entry(foreign, "k", model="secret-7")], by=SYSTEM, now=now)
    spend([agent], now=now)
    html = client.get(page("budgets.usage")).content.decode()
    assert "secret-7" not in html and foreign.agent_name not in html
    assert shown(client, "usage", "model=secret-7") == []


def test_the_ledger_is_downloaded_as_it_is_shown(client: Client, agent: Any, now: Any) -> None:
    spend([agent], now=now)
    chosen = [str(row.pk) for row in Usage.objects.all()]
    answer = client.post(page("budgets.usage"), {"action": "export_csv", "_selected_action": chosen})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("At,Agent,Model,Input tokens")
    assert len(lines) == 3 and all(agent.agent_name in line for line in lines[1:])
    assert any(",0.006," in line for line in lines) and any(",unknown,unknown," in line for line in lines)


@pytest.mark.parametrize("model", LISTS)
def test_more_rows_take_no_more_queries(client: Client, agent: Any, pod: Any, now: Any, model: str) -> None:
    spend([agent], now=now)
    counts = []
    for more in (0, 8):
        for fresh in AgentFactory.create_batch(more, organization=agent.organization, team=pod):
            record(organization=agent.organization, entries=[entry(fresh, "k")], by=SYSTEM, now=now)
        client.get(page(f"budgets.{model}"))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(f"budgets.{model}")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "'\"><svg onload=alert(1)>"])
def test_what_runtimes_write_is_text(client: Client, agent: Any, now: Any, evil: str) -> None:
    record(organization=agent.organization, entries=[entry(agent, evil, model=evil)], by=SYSTEM, now=now)
    usage = Usage.objects.get()
    for path in (page("budgets.usage"), page("budgets.usage", "change", usage.pk), page("budgets.usage") + "?model=x"):
        html = client.get(path).content.decode()
        assert evil not in html and "&lt;" in html
