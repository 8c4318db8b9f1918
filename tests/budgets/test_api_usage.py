"""``POST /api/usage`` with a real client: who may, what is refused, what is answered (spec B2, I3)."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine

from budgets.models import Caps, Usage, UsageDay
from budgets.rules.usage_entry import MOST_TOKENS, NO_SUCH_FIELD, NOT_TOKENS, TOO_OLD
from tests.factories import AgentFactory
from tests.support.api import Api, faults, problem
from workforce.choices import KeyScope
from workforce.models import Agent

pytestmark = pytest.mark.django_db
PATH = "/api/usage"


@pytest.fixture(autouse=True)
def frozen(now: Any) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def api(agent: Agent) -> Api:
    return Api.of_agent(agent)


def report(**rest: Any) -> dict[str, Any]:
    return {"key": "one", "model": "sonnet", "input_tokens": 1000, "output_tokens": 200, **rest}


def test_one_report_of_an_agents_own_key(api: Api, agent: Agent) -> None:
    answer = api.post(PATH, report(cache_read_tokens=55))
    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 1,
        "duplicates": 0,
        "results": [
            {
                "key": "one",
                "agent_id": str(agent.pk),
                "duplicate": False,
                "counted_tokens": 1206,
                "list_cost": None,
                "billed_cost": None,
            }
        ],
        "stops": [],
    }
    assert api.post(PATH, report(cache_read_tokens=55)).json()["duplicates"] == 1
    assert Usage.objects.count() == 1


def test_a_batch_is_all_or_nothing(api: Api) -> None:
    batch = {"usage": [report(key=str(n)) for n in range(3)]}
    assert api.post(PATH, batch).json()["accepted"] == 3
    before = list(Caps.objects.values_list()), list(UsageDay.objects.values_list())
    mixed = {"usage": [report(key="9"), report(key="8", input_tokens=-1), report(key="7", hours=3)]}
    answer = api.post(PATH, mixed)
    assert faults(answer) == {"usage.1.input_tokens": NOT_TOKENS, "usage.2.hours": NO_SUCH_FIELD}
    refusal = problem(api.post(PATH, {"usage": [report(key="9"), report(key="1", input_tokens=7)]}), 409)
    assert (refusal["code"], [fault["path"] for fault in refusal["errors"]]) == ("key_reused", ["usage.1.key"])
    assert Usage.objects.count() == 3
    assert before == (list(Caps.objects.values_list()), list(UsageDay.objects.values_list()))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        *(("input_tokens", value, NOT_TOKENS) for value in (-1, 1.5, True, "5", MOST_TOKENS + 1, [1], {})),
        ("at", "2024-01-01T00:00:00Z", TOO_OLD),
        ("at", "2026-11-19T14:00:00+00:00", "This lies more than 5 minutes in the future. Set the sender's clock."),
        ("key", "", "Send text that is not empty."),
        ("key", "x" * 81, "Use at most 80 characters; this has 81."),
        ("model", "a\u202eb", "Use printable characters only."),
        ("agent_id", "me", "Send a UUID such as 0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01."),
        ("task_id", "0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01", "There is no such task in this organisation."),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(api: Api, field: str, value: Any, sentence: str) -> None:
    assert faults(api.post(PATH, report(**{field: value}))) == {field: sentence}
    assert not Usage.objects.exists() and not Caps.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "1e400", str(2**63), "-0.0", "9" * 5000])
def test_numbers_beyond_reason_are_refused(api: Api, number: str) -> None:
    body = '{"key": "k", "model": "m", "input_tokens": %s}' % number  # noqa: UP031  no JSON library writes these
    answer = api.post(PATH, raw=body.encode())
    assert answer.status_code == 400 and not Usage.objects.exists()


@pytest.mark.parametrize(
    "body", [[], [report()], "x", 5, None, {"usage": []}, {"usage": 5}, {"usage": [report()] * 1001}]
)
def test_what_is_no_report_and_no_batch_is_refused(api: Api, body: Any) -> None:
    assert api.post(PATH, body).status_code == 400
    assert not Usage.objects.exists()


def test_a_report_of_nothing_is_refused(api: Api) -> None:
    answer = api.post(PATH, {"key": "k", "model": "m", "input_tokens": 0})
    assert answer.status_code == 400 and "above 0" in str(answer.json()["errors"])


def test_agents_report_for_themselves_and_orchestrators_for_all(
    api: Api, agent: Agent, other_organization: Any
) -> None:
    colleague, foreign = AgentFactory(organization=agent.organization), AgentFactory(organization=other_organization)
    assert problem(api.post(PATH, report(agent_id=str(colleague.pk))), 403)["code"] == "not_your_agent"
    fleet = Api.of(agent.organization, scopes=[KeyScope.WORK])
    assert fleet.post(PATH, report(agent_id=str(colleague.pk))).status_code == 200
    assert faults(fleet.post(PATH, report())) == {"agent_id": "This field is needed."}
    unknown = {"agent_id": "There is no such agent in this organisation."}
    assert faults(fleet.post(PATH, report(agent_id=str(foreign.pk)))) == unknown
    assert faults(fleet.post(PATH, report(agent_id=str(uuid4())))) == unknown
    reader = Api.of(agent.organization, scopes=[KeyScope.READ])
    assert problem(reader.post(PATH, report(agent_id=str(agent.pk))), 403)["code"] == "missing_scope"
    assert Usage.objects.count() == 1


def test_the_answer_names_who_has_to_stop(api: Api, agent: Agent) -> None:
    Caps.objects.create(agent=agent, daily_tokens=1000)
    (stop,) = api.post(PATH, report()).json()["stops"]
    assert stop == {
        "agent_id": str(agent.pk),
        "reason": "Daily cap reached: 1,200 of 1,000 tokens.",
        "until": "2026-11-19T23:00:00Z",
    }


def test_usage_after_the_cap_is_kept_as_overrun(api: Api, agent: Agent) -> None:
    Caps.objects.create(agent=agent, daily_tokens=1000)
    for key in ("one", "two"):
        assert api.post(PATH, report(key=key)).json()["accepted"] == 1
    assert Caps.objects.get().daily_used == 2400 and Usage.objects.count() == 2
