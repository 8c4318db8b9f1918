"""What must not get in, and what must not bring the door down: 4xx in under a second, never 500."""

import json
import time
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import InterfaceError, OperationalError
from django.test import Client

from heartbeats.models import Heartbeat
from workforce.models import ApiKey
from workforce.rules.actors import system
from workforce.services import keys

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stopped_clock():
    with time_machine.travel(T0, tick=False):
        yield


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == status
    assert document["detail"]
    assert not Heartbeat.objects.exists()
    return document


@pytest.mark.parametrize("key", ["", "nonsense", "pck_", "pck_000000000000_" + "a" * 43, "pck_\xe9", "x" * 5000])
def test_a_wrong_key(send, beat, key):
    response = send(beat(), key=key)
    problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_no_key(beat):
    response = Client().post("/api/heartbeats", data=beat(), content_type="application/json")
    problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_and_an_expired_key(send, beat, now):
    key = ApiKey.objects.get()
    ApiKey.objects.filter(pk=key.pk).update(expires_at=now)
    problem(send(beat()), 401)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=None)
    keys.revoke(key=key, by=system("tests"), now=now)
    problem(send(beat()), 401)


def test_a_signed_in_person_is_nobody_here(alice, beat):
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    problem(client.post("/api/heartbeats", data=beat(), content_type="application/json"), 401)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_only_post(method, token):
    response = getattr(Client(), method)("/api/heartbeats", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 405
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"\xff\xfe{}",
        b'{"agent_id": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 400_000 + b"]" * 400_000,
        b'{"queue_depth": ' + b"9" * 5000 + b"}",
        b'{"summary": "\\ud800"}',
        b'{"summary": "a\x00b"}',
        b"null",
        b"[]",
        b'{"heartbeats": []}',
        b"{}",
        b'{"": 1}',
        b'{"\\u0000": 1}',
        b'{"a": "' + b"x" * 800_000 + b'"}',
        json.dumps({f"f{n}": n for n in range(50_000)}).encode(),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_heartbeat(send, body):
    began = time.thread_time()  # our work, whoever else is busy here
    response = send(body)
    assert time.thread_time() - began < 1
    problem(response, 400)
    assert len(response.content) < 20_000


@pytest.mark.parametrize("size", [900_001, 1_000_000, 5_000_000])
def test_a_body_that_is_too_large(send, size):
    assert "900,000" in problem(send(b"[" + b" " * (size - 2) + b"]"), 413)["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json"]
)
def test_another_content_type(send, beat, content_type):
    problem(send(json.dumps(beat()), content_type=content_type), 415)


def test_a_thousand_bad_rows_are_answered_in_bounded_size_and_time(send):
    began = time.thread_time()
    response = send([{f"f{n}": n for n in range(60)}] * 1000)
    assert time.thread_time() - began < 2
    assert response.json()["refused"] == 1000
    assert not Heartbeat.objects.exists()


def test_markup_is_kept_as_text(send, beat):
    text = "<script>alert(1)</script>"
    assert send(beat(summary=text)).status_code == 200
    assert Heartbeat.objects.get().summary == text


@pytest.mark.parametrize("error", [OperationalError("server closed the connection"), InterfaceError("closed")])
def test_a_database_that_is_away(send, beat, monkeypatch, error):
    def gone(**_):
        raise error

    monkeypatch.setattr("heartbeats.api.views.service.record", gone)
    response = send(beat())
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "closed" not in response.content.decode()


def test_an_agent_cannot_change_itself_by_its_heartbeat(send, beat, agent):
    response = send(
        beat(priority_tier="P2", current_state="ready", organization="x", received_at="2020-01-01T00:00:00Z")
    )
    paths = {error["path"] for error in problem(response, 400)["errors"]}
    assert paths == {"priority_tier", "current_state", "organization", "received_at"}


def test_what_a_refusal_repeats_is_cut(send, beat):
    response = send(beat(**{"x" * 100_000: 1}))
    assert len(response.content) < 2000
