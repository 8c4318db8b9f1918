"""One Idempotency-Key at the same moment from several sides: the deed is done once (spec I3)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from tests.factories import AgentFactory
from tests.support.api import Api, issue, problem
from tests.support.races import PATIENCE_SECONDS, at_once, errors
from workforce.models import Agent, AuditEvent, Hold, IdempotentRequest
from workforce.rules.refusals import Busy
from workforce.services import idempotency

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def place(token: str, agent: Agent, reason: str = "Leak.") -> Callable[[], Any]:
    """A caller of its own, as another process would be."""
    api = Api(token)
    api.headers["Idempotency-Key"] = "job-4711"
    return lambda: api.post(f"/api/agents/{agent.pk}/holds", {"kind": "incident", "reason": reason})


def test_the_same_request_by_six_at_once_is_done_once(organization: Any, pod: Any, olga: Any) -> None:
    for _ in range(3):
        agent = AgentFactory(organization=organization, team=pod, owner_user=olga)
        _, token = issue(organization)
        answers = at_once(*[place(token, agent) for _ in range(6)])
        assert errors(answers) == []
        (first,) = [a for a in answers if a.status_code == 201 and "Idempotency-Replayed" not in a.headers]
        for other in answers:
            if other.status_code == 201:
                assert other.content == first.content
            else:
                assert problem(other, 409)["code"] == "idempotency_key_in_use"
                assert other.headers["Retry-After"] == "1"
        assert Hold.objects.filter(agent=agent).count() == 1
        assert AuditEvent.objects.filter(action="hold.placed", subject_id=str(agent.pk)).count() == 1
        assert place(token, agent)().content == first.content


def test_two_bodies_at_once_one_is_done_the_other_refused(agent: Agent) -> None:
    _, token = issue(agent.organization)
    answers = at_once(place(token, agent, "Leak."), place(token, agent, "Fire."))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    (done,) = [answer for answer in answers if answer.status_code == 201]
    assert Hold.objects.get().reason == done.json()["reason"]


def test_two_tenants_at_once_are_both_served(agent: Agent, other_organization: Any) -> None:
    foreign = AgentFactory(organization=other_organization)
    calls = [place(issue(each.organization)[1], each) for each in (agent, foreign)]
    assert [answer.status_code for answer in at_once(*calls)] == [201, 201]
    assert Hold.objects.count() == 2


def test_six_find_a_claim_that_ran_out_and_one_takes_it(agent: Agent) -> None:
    api_key, _ = issue(agent.organization)

    def claim(at: datetime) -> IdempotentRequest:
        return idempotency.claim(api_key=api_key, key="k", method="POST", path="/", body=b"", now=at)

    dead = claim(NOW)
    later = NOW + timedelta(minutes=2)
    outcomes = at_once(*[lambda: claim(later)] * 6)
    assert len([o for o in outcomes if isinstance(o, Busy)]) == 5
    (winner,) = [o for o in outcomes if isinstance(o, IdempotentRequest)]
    assert IdempotentRequest.objects.get().pk == winner.pk != dead.pk


def test_an_answer_is_kept_only_by_who_holds_the_claim(agent: Agent) -> None:
    """The slow one answers while another takes the claim over: never both."""
    api_key, _ = issue(agent.organization)
    later = NOW + timedelta(minutes=2)
    for number in range(6):
        options = {"api_key": api_key, "key": f"k{number}", "method": "POST", "path": "/", "body": b""}
        slow = idempotency.claim(**options, now=NOW)

        def finish(slow: IdempotentRequest = slow) -> None:
            with transaction.atomic():
                idempotency.answer(claim=slow, status=200, content_type="", body="slow", now=later)

        outcomes = at_once(finish, lambda options=options: idempotency.claim(**options, now=later))
        row = IdempotentRequest.objects.get(key=f"k{number}")
        if isinstance(outcomes[0], Busy):
            assert row.pk == outcomes[1].pk and row.answered_at is None
        else:
            assert row.pk == outcomes[1].pk == slow.pk
            assert row.body == "slow"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: who looks sees what is committed")
def test_an_answer_about_to_be_committed_is_not_taken_over(agent: Agent) -> None:
    """The claim looks run out to whoever comes, until the answer that is already written is committed."""
    api_key, _ = issue(agent.organization)
    options = {"api_key": api_key, "key": "k", "method": "POST", "path": "/", "body": b""}
    slow = idempotency.claim(**options, now=NOW)
    written = threading.Event()

    def finish() -> None:
        with transaction.atomic():
            idempotency.answer(claim=slow, status=200, content_type="", body="slow", now=NOW + timedelta(minutes=2))
            written.set()
            until_somebody_waits_for_us()

    def take_over() -> IdempotentRequest:
        assert written.wait(PATIENCE_SECONDS)
        return idempotency.claim(**options, now=NOW + timedelta(minutes=2))

    outcomes = at_once(finish, take_over)
    assert errors(outcomes) == []
    assert outcomes[1].pk == slow.pk
    assert outcomes[1].body == "slow"


def until_somebody_waits_for_us() -> None:
    with connection.cursor() as cursor:
        for _ in range(100_000):
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone():
                return
    raise AssertionError("nobody came to take the claim over")


def test_forgetting_twice_at_once_counts_each_once(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "BATCH", 4)
    api_key, _ = issue(agent.organization)
    for number in range(20):
        idempotency.claim(api_key=api_key, key=f"k{number}", method="POST", path="/", body=b"", now=NOW)
    sweep = [lambda: idempotency.forget_expired(now=NOW + timedelta(hours=1))] * 3
    outcomes = at_once(*sweep)
    assert errors(outcomes) == []
    assert sum(outcomes) + idempotency.forget_expired(now=NOW + timedelta(hours=1)) == 20
    assert not IdempotentRequest.objects.exists()
