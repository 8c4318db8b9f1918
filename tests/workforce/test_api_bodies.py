"""Whatever is sent as a body or a query string: an answer of the 4xx family, in well under a second."""

import time
from typing import Any

import pytest

from tests.support.api import Api, faults, problem
from workforce.api.parsers import MAX_BYTES, MAX_DEPTH
from workforce.models import Agent, AuditEvent

pytestmark = pytest.mark.django_db
WITHIN_S = 0.5


@pytest.fixture
def api(organization: Any, agent: Agent) -> Api:
    api = Api.of(organization)
    api.get("/api/agents")  # the first request of a process imports the addresses
    return api


def nested(levels: int, *, opener: bytes, closer: bytes, core: bytes = b"1") -> bytes:
    return opener * levels + core + closer * levels


ABUSE = {
    "a NUL byte": b'{"to": "blocked", "reason": "\x00"}',
    "an escaped NUL": b'{"to": "blocked", "reason": "a\\u0000b"}',
    "a NUL in a name": b'{"to\\u0000": "blocked"}',
    "broken UTF-8": b'{"to": "\xff\xfe"}',
    "an overlong NUL": b'{"to": "\xc0\x80"}',
    "an encoded surrogate": b'{"to": "\xed\xa0\x80"}',
    "a lone surrogate": b'{"to": "\\ud800"}',
    "a lone low surrogate": b'{"to": "\\udc00 "}',
    "UTF-16": '{"to": "ready"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"to": "ready"}',
    "NaN": b'{"to": NaN}',
    "Infinity": b'{"to": -Infinity}',
    "a number of 5,000 digits": b'{"to": ' + b"9" * 5_000 + b"}",
    "a number of 800,000 digits": b'{"to": ' + b"9" * 800_000 + b"}",
    "a huge exponent": b'{"to": 1e999999999}',
    "100,000 arrays": nested(100_000, opener=b"[", closer=b"]"),
    "100,000 objects": nested(100_000, opener=b'{"a":', closer=b"}"),
    "900,000 open arrays": b"[" * MAX_BYTES,
    "a name given twice": b'{"to": "ready", "to": "retired"}',
    "a name given twice deep inside": b'{"to": [{"a": 1, "a": 2}]}',
    "half an object": b'{"to": "ready"',
    "two objects": b'{"to": "ready"}{}',
    "single quotes": b"{'to': 'ready'}",
    "a comment": b'{"to": "ready" /* now */}',
    "spaces": b"   ",
    "nothing but a quote": b'"',
    "an array": b'[{"to": "ready"}]',
    "a text": b'"ready"',
    "null": b"null",
    "a number": b"1",
    "true": b"true",
    "60,000 unknown names": b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}",
}


@pytest.mark.parametrize("raw", ABUSE.values(), ids=ABUSE.keys())
def test_abuse_is_refused_in_no_time(api: Api, agent: Agent, raw: bytes) -> None:
    began = time.process_time()  # nothing here waits; the wall clock would count the neighbours
    response = api.post(f"/api/agents/{agent.pk}/transitions", raw=raw)
    assert time.process_time() - began < WITHIN_S
    assert problem(response, 400)["code"] in ("unreadable", "invalid")
    assert AuditEvent.objects.filter(action__startswith="agent.").count() == 0


def test_a_megabyte_is_too_large(api: Api, agent: Agent) -> None:
    raw = b'{"reason": "' + b"x" * 1_000_000 + b'"}'
    refusal = problem(api.post(f"/api/agents/{agent.pk}/transitions", raw=raw), 413)
    assert refusal["detail"] == "The body is too large: at most 900,000 bytes are taken."


def test_a_length_that_was_understated_does_not_help(api: Api, agent: Agent) -> None:
    """Only as many bytes are read as were declared, so that the rest is not JSON any more."""
    raw = b'{"to": "assigned", "reason": "' + b"x" * 1_000 + b'"}'
    response = api.client.generic(
        "POST",
        f"/api/agents/{agent.pk}/transitions",
        raw,
        content_type="application/json",
        headers=api.headers,
        CONTENT_LENGTH="20",
    )
    assert problem(response, 400)["code"] == "unreadable"


@pytest.mark.parametrize(
    ("raw", "path", "words"),
    [
        (b'{"reason": "a\\u0000b"}', "reason", "Remove the NUL character."),
        (b'{"a": [0, {"b": "\\u0000"}]}', "a.1.b", "Remove the NUL character."),
        (b'{"a": [1, 1234567890123456789012]}', "a.1", "Enter a smaller number."),
        (b'{"to": "ready", "to": "retired"}', "to", "Give it once."),
        (b'{"a": ' + nested(40, opener=b"[", closer=b"]") + b"}", "a" + ".0" * (MAX_DEPTH - 1), "Nest less."),
    ],
)
def test_the_place_is_named(api: Api, agent: Agent, raw: bytes, path: str, words: str) -> None:
    assert faults(api.post(f"/api/agents/{agent.pk}/transitions", raw=raw)) == {path: words}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"to": NaN}', "The body is not valid JSON: invalid character (byte 7)."),
        (b'{"to": "ready"', "The body is not valid JSON: it ends too early."),
        (b'{"to": "\\ud800"}', "The body is not valid JSON: a lone surrogate."),
        (b'{"to": "\xff"}', "The body is not valid UTF-8."),
    ],
)
def test_the_byte_or_the_reason_is_named(api: Api, agent: Agent, raw: bytes, words: str) -> None:
    assert problem(api.post(f"/api/agents/{agent.pk}/transitions", raw=raw), 400)["detail"] == words


def test_as_deep_as_allowed_is_read(api: Api, agent: Agent) -> None:
    raw = b'{"to": ' + nested(MAX_DEPTH - 1, opener=b"[", closer=b"]") + b"}"
    assert problem(api.post(f"/api/agents/{agent.pk}/transitions", raw=raw), 400)["code"] == "invalid"


@pytest.mark.parametrize("raw", [b"null", b"[]", b'"x"', b"7"])
def test_what_is_no_object_is_told_so(api: Api, agent: Agent, raw: bytes) -> None:
    for path in (f"/api/agents/{agent.pk}/holds", "/api/workforce/schedules", f"/api/workforce/clock-in/{agent.pk}"):
        assert faults(api.post(path, raw=raw)) == {"": "Send a JSON object."}


@pytest.mark.parametrize(
    "type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "nonsense",
    ],
)
def test_other_types_are_not_taken(api: Api, agent: Agent, type: str) -> None:
    response = api.post(f"/api/agents/{agent.pk}/transitions", raw=b'{"to": "assigned"}', type=type)
    assert problem(response, 415)["code"] == "unsupported_media_type"


def test_utf_8_may_be_named(api: Api, agent: Agent) -> None:
    response = api.post(
        f"/api/agents/{agent.pk}/transitions", raw=b'{"to": "assigned"}', type='application/json; charset="UTF-8"'
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%ff", "q=%c0%80", "q=%ed%a0%80", "state=%00", "limit=%00", "cursor=%00", "%00=1", "q=\x00"],
)
def test_broken_query_strings_are_refused(api: Api, query: str) -> None:
    for path in ("/api/agents", "/api/workforce/status", "/api/workforce/clock-records", "/api/workforce/schedules"):
        response = api.client.get(path, headers=api.headers, QUERY_STRING=query)
        assert problem(response, 400)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("order", "owner_user__password"),
        ("ordering", "-agent_name"),
        ("owner_user__password__startswith", "a"),
        ("organization", "01937f2e-0000-7000-8000-000000000000"),
        ("page", "2"),
        ("format", "api"),
    ],
)
def test_an_unknown_filter_is_refused_not_ignored(api: Api, name: str, value: str) -> None:
    for path in ("/api/agents", "/api/workforce/status", "/api/workforce/clock-records", "/api/workforce/schedules"):
        assert faults(api.client.get(path, {name: value}, headers=api.headers)) == {name: "There is no such field."}


def test_a_filter_is_given_once(api: Api) -> None:
    assert faults(api.get("/api/agents?q=a&q=b")) == {"q": "Give it once."}


def test_a_query_string_of_a_hundred_kilobytes_is_refused(api: Api) -> None:
    assert faults(api.get("/api/agents?q=" + "x" * 100_000)) == {"q": "Use at most 80 characters; this has 100,000."}
