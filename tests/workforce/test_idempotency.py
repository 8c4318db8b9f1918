"""Writes with an Idempotency-Key: done once, answered as before, apart from everybody else's (spec I3)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from tests.factories import AgentFactory
from tests.support.api import Api, faults, issue, problem
from workforce.api.agents import Transitions
from workforce.models import Agent, ApiKey, AuditEvent, Hold, IdempotentRequest
from workforce.rules.refusals import Busy
from workforce.services import holds, idempotency

pytestmark = pytest.mark.django_db
BODY = {"kind": "incident", "reason": "Leak."}


@pytest.fixture(autouse=True)
def clock(now: Any) -> Any:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(organization: Any) -> Api:
    return with_key(Api.of(organization))


def with_key(api: Api, key: str = "job-4711") -> Api:
    api.headers["Idempotency-Key"] = key
    return api


def path(agent: Agent, kind: str = "") -> str:
    return f"/api/agents/{agent.pk}/holds" + (f"/{kind}" if kind else "")


def replayed(response: Any) -> bool:
    return response.headers.get("Idempotency-Replayed") == "true"


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(api: Api, agent: Agent, clock: Any) -> None:
    first = api.post(path(agent), BODY)
    assert first.status_code == 201 and not replayed(first)
    events = AuditEvent.objects.count()
    clock.shift(timedelta(hours=23))
    again = api.post(path(agent), BODY)
    assert replayed(again)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert Hold.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_it_is_as_stored_even_where_a_new_one_would_be_answered_otherwise(api: Api, agent: Agent) -> None:
    first = api.post(path(agent), BODY)
    api.headers.pop("Idempotency-Key")
    assert api.delete(path(agent, "incident")).status_code == 200
    again = with_key(api).post(path(agent), BODY)
    assert again.content == first.content
    assert Hold.objects.filter(released_at=None).count() == 0


def test_after_a_refusal_it_is_as_stored(api: Api, agent: Agent) -> None:
    first = api.delete(path(agent, "incident"))
    refusal = problem(first, 409)
    api.headers.pop("Idempotency-Key")
    api.post(path(agent), BODY)
    again = with_key(api).delete(path(agent, "incident"))
    assert replayed(again)
    assert (again.status_code, again.content) == (409, first.content)
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.json()["request_id"] == refusal["request_id"] != again.headers["X-Request-ID"]
    assert Hold.objects.filter(released_at=None).count() == 1


def test_a_bad_body_is_answered_as_stored_too(api: Api, agent: Agent) -> None:
    first = api.post(path(agent), {"kind": "nonsense"})
    assert "kind" in faults(first)
    again = api.post(path(agent), {"kind": "nonsense"})
    assert replayed(again) and again.content == first.content
    unreadable = with_key(api, "other").post(path(agent), raw=b'{"kind": ')
    assert problem(unreadable, 400)["code"] == "unreadable"
    assert api.post(path(agent), raw=b'{"kind": ').content == unreadable.content


def test_another_body_path_query_or_method_is_refused(api: Api, agent: Agent) -> None:
    api.post(path(agent), BODY)
    colleague = AgentFactory(organization=agent.organization, team=agent.team)
    others = [
        api.post(path(agent), {**BODY, "reason": "Fire."}),
        api.post(path(colleague), BODY),
        api.post(path(agent) + "?x=1", BODY),
        api.delete(path(agent, "incident"), BODY),
    ]
    for response in others:
        assert not replayed(response)
        refusal = problem(response, 422)
        assert refusal["code"] == "idempotency_key_reused"
        assert refusal["type"] == "/api/docs/problems/idempotency-key-reused"
        assert refusal["detail"] == (
            "This Idempotency-Key was used for another request. Use a new key for each new request."
        )
    assert Hold.objects.filter(released_at=None).count() == 1
    assert replayed(api.post(path(agent), BODY)), "the first answer is still there"


def test_the_reason_in_the_query_counts(api: Api, agent: Agent) -> None:
    api.post(path(agent), BODY)
    with_key(api, "release")
    first = api.delete(path(agent, "incident") + "?reason=Fixed.")
    assert first.json()["release_reason"] == "Fixed."
    assert api.delete(path(agent, "incident") + "?reason=Fixed.").content == first.content
    problem(api.delete(path(agent, "incident") + "?reason=Other."), 422)


def test_another_tenants_same_key_is_its_own(api: Api, agent: Agent, other_organization: Any) -> None:
    foreign = AgentFactory(organization=other_organization)
    theirs = with_key(Api.of(other_organization))
    first = api.post(path(agent), BODY)
    response = theirs.post(path(foreign), BODY)
    assert response.status_code == 201 and not replayed(response)
    assert response.json()["agent_id"] == str(foreign.pk) != first.json()["agent_id"]
    # Even for the very same address they get their own answer, never ours.
    stranger = with_key(Api.of(other_organization)).post(path(agent), BODY)
    assert problem(stranger, 404) and not replayed(stranger)
    assert IdempotentRequest.objects.filter(key="job-4711").count() == 3


def test_an_agents_key_and_its_organisations_key_do_not_share(api: Api, agent: Agent) -> None:
    to_blocked = {"to": "assigned", "reason": ""}
    address = f"/api/agents/{agent.pk}/transitions"
    own = with_key(Api.of_agent(agent))
    first = own.post(address, to_blocked)
    second = api.post(address, to_blocked)
    assert not replayed(first) and not replayed(second)
    assert own.post(address, to_blocked).content == first.content
    assert api.post(address, to_blocked).content == second.content
    assert set(IdempotentRequest.objects.values_list("api_key__agent", flat=True)) == {agent.pk, None}


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "a\tb"])
def test_a_key_that_cannot_be_one_is_refused(api: Api, agent: Agent, key: str) -> None:
    response = with_key(api, key).post(path(agent), BODY)
    assert faults(response) == {
        "Idempotency-Key": "Use 1 to 255 visible ASCII characters without spaces, for example a UUID."
    }
    assert not Hold.objects.exists() and not IdempotentRequest.objects.exists()


def test_the_longest_key_is_taken(api: Api, agent: Agent) -> None:
    with_key(api, "~" * 255)
    first = api.post(path(agent), BODY)
    assert first.status_code == 201
    assert api.post(path(agent), BODY).content == first.content


def test_a_long_address_is_taken_and_told_apart(api: Api, agent: Agent) -> None:
    api.post(path(agent), BODY)
    with_key(api, "long")
    first = api.delete(path(agent, "incident") + "?reason=" + "x" * 900)
    assert "reason" in faults(first)
    assert replayed(api.delete(path(agent, "incident") + "?reason=" + "x" * 900))
    problem(api.delete(path(agent, "incident") + "?reason=" + "x" * 899 + "y"), 422)


def test_without_the_header_nothing_is_kept(organization: Any, agent: Agent) -> None:
    api = Api.of(organization)
    assert api.post(path(agent), BODY).status_code == 201
    assert not IdempotentRequest.objects.exists()


def test_reading_does_not_heed_it(api: Api, agent: Agent) -> None:
    assert api.get(path(agent)).json()["results"] == []
    api.post(path(agent), BODY)
    assert len(api.get(path(agent)).json()["results"]) == 1
    problem(api.put(path(agent), BODY), 405)
    assert IdempotentRequest.objects.count() == 1


def test_who_is_refused_at_the_door_claims_nothing(organization: Any, agent: Agent) -> None:
    problem(with_key(Api("pck_wrong")).post(path(agent), BODY), 401)
    problem(with_key(Api()).post(path(agent), BODY), 401)
    reader = with_key(Api.of(organization, scopes=("read",)))
    assert problem(reader.post(path(agent), BODY), 403)["code"] == "missing_scope"
    assert not IdempotentRequest.objects.exists()
    ApiKey.objects.filter(scopes=["read"]).update(scopes=["lifecycle"])
    assert reader.post(path(agent), BODY).status_code == 201, "with the scope the same key works"


def test_a_body_too_large_claims_nothing(api: Api, agent: Agent) -> None:
    problem(api.post(path(agent), {"kind": "incident", "reason": "x" * 900_001}), 413)
    assert not IdempotentRequest.objects.exists()


def test_a_dead_key_gets_no_stored_answer(api: Api, agent: Agent, now: Any) -> None:
    api.post(path(agent), BODY)
    ApiKey.objects.update(expires_at=now)
    problem(api.post(path(agent), BODY), 401)


def test_after_a_fault_of_ours_it_is_tried_again(api: Api, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what the deed had written before the fault is undone."""
    api.client.raise_request_exception = False
    body = {"to": "assigned", "reason": ""}
    address = f"/api/agents/{agent.pk}/transitions"
    post = Transitions.post
    for fault, status in ((RuntimeError("no"), 500), (OperationalError("gone"), 503)):

        def broken(*args: Any, fault: Exception = fault, **options: Any) -> Any:
            post(*args, **options)
            raise fault

        monkeypatch.setattr(Transitions, "post", broken)
        assert not replayed(api.post(address, body))
        assert problem(api.post(address, body), status)["status"] == status
        assert not IdempotentRequest.objects.exists()
        assert Agent.objects.get(pk=agent.pk).current_state == "ready"
    monkeypatch.setattr(Transitions, "post", post)
    answered = api.post(address, body)
    assert answered.status_code == 200 and not replayed(answered)
    assert replayed(api.post(address, body))


def claim(api_key: ApiKey, agent: Agent, now: Any, body: bytes = b"{}") -> IdempotentRequest:
    return idempotency.claim(api_key=api_key, key="job-4711", method="POST", path=path(agent), body=body, now=now)


def test_while_the_first_is_being_done_the_second_waits(organization: Any, agent: Agent, now: Any) -> None:
    api_key, token = issue(organization)
    claim(api_key, agent, now)
    response = with_key(Api(token)).post(path(agent), {})
    refusal = problem(response, 409)
    assert refusal["code"] == "idempotency_key_in_use"
    assert refusal["type"] == "/api/docs/problems/idempotency-key-in-use"
    assert refusal["detail"] == (
        "The request with this Idempotency-Key is still being done. Ask again shortly for its answer."
    )
    assert response.headers["Retry-After"] == "1"
    problem(with_key(Api(token)).post(path(agent), {"other": 1}), 422)


def test_the_claim_of_a_killed_worker_runs_out(organization: Any, agent: Agent, now: Any, clock: Any) -> None:
    api_key, token = issue(organization)
    dead = claim(api_key, agent, now, b"another body")
    api = with_key(Api(token))
    clock.shift(timedelta(seconds=119))
    problem(api.post(path(agent), BODY), 422)
    clock.shift(timedelta(seconds=1))
    first = api.post(path(agent), BODY)
    assert first.status_code == 201 and not replayed(first)
    assert api.post(path(agent), BODY).content == first.content
    assert not IdempotentRequest.objects.filter(pk=dead.pk).exists()


def test_a_worker_that_lost_its_claim_undoes_its_deed(
    api: Api, agent: Agent, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only slow, and somebody else has begun anew."""
    place = holds.place

    def slow(**options: Any) -> Any:
        hold = place(**options)
        IdempotentRequest.objects.all().delete()
        return hold

    monkeypatch.setattr(holds, "place", slow)
    assert problem(api.post(path(agent), BODY), 409)["code"] == "idempotency_key_in_use"
    assert not Hold.objects.exists()
    assert Agent.objects.get(pk=agent.pk).current_state == "ready"


def test_an_answer_is_kept_for_a_day(api: Api, agent: Agent, clock: Any) -> None:
    first = api.delete(path(agent, "incident"))
    clock.shift(timedelta(hours=24, seconds=-1))
    assert api.delete(path(agent, "incident")).content == first.content
    clock.shift(timedelta(seconds=1))
    assert not replayed(api.delete(path(agent, "incident")))


def test_answering_twice_keeps_the_first(organization: Any, agent: Agent, now: Any) -> None:
    mine = claim(issue(organization)[0], agent, now)
    idempotency.answer(claim=mine, status=200, content_type="application/json", body="1", now=now)
    with pytest.raises(Busy):
        idempotency.answer(claim=mine, status=200, content_type="application/json", body="2", now=now)
    idempotency.give_up(claim=mine)
    assert IdempotentRequest.objects.get().body == "1"


def test_the_expired_are_forgotten_in_batches(
    organization: Any, agent: Agent, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "BATCH", 3)
    api_key, _ = issue(organization)
    for number in range(10):
        row = idempotency.claim(api_key=api_key, key=f"k{number}", method="POST", path="/", body=b"", now=now)
        if number % 2:
            idempotency.answer(claim=row, status=204, content_type="", body="", now=now)
    assert idempotency.forget_expired(now=now + timedelta(seconds=119)) == 0
    assert idempotency.forget_expired(now=now + timedelta(minutes=2)) == 5
    assert idempotency.forget_expired(now=now + timedelta(minutes=2)) == 0
    assert idempotency.forget_expired(now=now + timedelta(hours=24)) == 5


def test_an_answer_without_a_body_comes_back_without_one(organization: Any, agent: Agent, now: Any) -> None:
    api_key, token = issue(organization)
    idempotency.answer(claim=claim(api_key, agent, now, b""), status=204, content_type="", body="", now=now)
    response = with_key(Api(token)).post(path(agent))
    assert replayed(response)
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response.headers
