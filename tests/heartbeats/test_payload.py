"""What a heartbeat may hold, field by field, to the last character (001 §1.3, §5.2). No database."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartbeats.models import Heartbeat
from heartbeats.rules import payload
from workforce.choices import HeartbeatStatus, WorkMode
from workforce.rules.refusals import Invalid

NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
AGENT = "0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01"


def sound(**changes):
    sent = {
        "agent_id": AGENT,
        "emitted_at": "2026-11-19T13:32:00Z",
        "status": "ok",
        "work_mode": "idle",
        "summary": "",
        **changes,
    }
    return {name: value for name, value in sent.items() if value is not ...}


def read(row, at=""):
    raw = row if isinstance(row, bytes) else json.dumps(row).encode()
    return payload.read(raw, at=at, now=NOW)


def faults(row, at=""):
    with pytest.raises(Invalid) as refused:
        read(row, at)
    return dict(refused.value.fields)


def test_the_smallest_heartbeat():
    reading = read(sound())
    assert reading.agent_id == UUID(AGENT)
    assert reading.emitted_at == NOW
    assert reading.status is HeartbeatStatus.OK
    assert reading.work_mode is WorkMode.IDLE
    assert reading.heartbeat_id is None
    assert reading.ack_commands == ()


@pytest.mark.parametrize("name", ["agent_id", "emitted_at", "status", "work_mode", "summary"])
def test_a_required_field(name):
    assert faults(sound(**{name: ...})) == {name: "This field is needed."}
    assert list(faults(sound(**{name: None}))) == [name]


def test_every_fault_is_named_at_once():
    row = {
        "status": "fine",
        "work_mode": 7,
        "summary": "x" * 141,
        "queue_depth": -1,
        "mood": "good",
        "emitted_at": "now",
    }
    found = faults(row, at="heartbeats.3")
    assert set(found) == {
        f"heartbeats.3.{name}"
        for name in ("agent_id", "emitted_at", "status", "work_mode", "summary", "queue_depth", "mood")
    }
    assert found["heartbeats.3.mood"] == "There is no such field."
    assert found["heartbeats.3.status"] == "Choose one of: ok, degraded, blocked, offline."


@pytest.mark.parametrize("status", list(HeartbeatStatus))
def test_each_status(status):
    assert read(sound(status=status.value)).status is status


@pytest.mark.parametrize("mode", list(WorkMode))
def test_each_work_mode(mode):
    assert read(sound(work_mode=mode.value)).work_mode is mode


@pytest.mark.parametrize("value", ["OK", "ok ", "", 1, True, None, ["ok"], {"ok": 1}])
def test_no_other_status(value):
    assert list(faults(sound(status=value))) == ["status"]


def test_the_summary_counts_code_points():
    longest = "🛃" * 140
    assert read(sound(summary=longest)).summary == longest
    assert "141" in faults(sound(summary=longest + "x"))["summary"]
    assert Heartbeat.SUMMARY_MAX == payload.SUMMARY_MAX == 140


@pytest.mark.parametrize("value", ["a\x00b", 7, None, ["x"], True])
def test_a_summary_that_is_no_text(value):
    assert list(faults(sound(summary=value))) == ["summary"]


@pytest.mark.parametrize("escape", [rb"\ud800", rb"\udc00", rb"\ud800x", rb"\ud800\ud800"])
def test_a_lone_surrogate(escape):
    row = json.dumps(sound(summary="HERE")).encode().replace(b"HERE", escape)
    with pytest.raises(Invalid):
        read(row)


@pytest.mark.parametrize("name", ["queue_depth", "error_count_1h", "latency_p95_ms"])
def test_counts_fit_their_columns(name):
    assert getattr(read(sound(**{name: 2**31 - 1})), name) == 2**31 - 1
    assert getattr(read(sound(**{name: 0})), name) == 0
    assert getattr(read(sound(**{name: None})), name) is None
    assert list(faults(sound(**{name: 2**31}))) == [name]


@pytest.mark.parametrize("value", [-1, 1.5, 3.0, True, False, "3", [3], 2**63, 10**400])
def test_counts_are_whole_numbers(value):
    assert list(faults(sound(token_burn_1h=value))) == ["token_burn_1h"]
    assert read(sound(token_burn_1h=2**63 - 1)).token_burn_1h == 2**63 - 1


@pytest.mark.parametrize("name", ["heartbeat_id", "agent_id", "active_assignment_id"])
@pytest.mark.parametrize("value", ["", "7", 7, AGENT + "0", "{" + AGENT + "}", "urn:uuid:" + AGENT, [AGENT], "g" * 36])
def test_an_id_is_a_uuid(name, value):
    assert list(faults(sound(**{name: value}))) == [name]


@pytest.mark.parametrize("name", ["heartbeat_id", "active_assignment_id"])
def test_these_ids_may_be_null(name):
    assert getattr(read(sound(**{name: None})), name) is None
    assert getattr(read(sound(**{name: AGENT.upper()})), name) == UUID(AGENT)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-19",
        "2026-11-19T13:32:00",
        "13:32:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-19T24:00:00Z",
        "2026-11-19T13:32:60Z",
        "2026-11-19T13:32:00+24:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "２026-11-19T13:32:00Z",
        "now",
        "",
        1763559120,
        None,
        True,
    ],
)
def test_emitted_at_is_a_moment_with_its_offset(value):
    assert list(faults(sound(emitted_at=value))) == ["emitted_at"]


@pytest.mark.parametrize("text", ["2026-11-19T14:32:00+01:00", "2026-11-19t13:32:00z", "2026-11-19T08:02:00.000-05:30"])
def test_offsets_come_to_the_same_moment(text):
    assert read(sound(emitted_at=text)).emitted_at == NOW


def test_the_future_begins_after_five_minutes():
    limit = NOW + timedelta(minutes=5)
    assert read(sound(emitted_at=limit.isoformat())).emitted_at == limit
    late = (limit + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert "5 minutes" in faults(sound(emitted_at=late.isoformat()))["emitted_at"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2016-11-19T13:32:00Z"])
def test_the_past_has_no_limit(text):
    assert read(sound(emitted_at=text)).emitted_at == datetime.fromisoformat(text)


def test_acknowledged_commands():
    assert read(sound(ack_commands=[AGENT])).ack_commands == (UUID(AGENT),)
    assert read(sound(ack_commands=None)).ack_commands == ()
    assert len(read(sound(ack_commands=[AGENT] * 100)).ack_commands) == 100
    assert list(faults(sound(ack_commands=[AGENT] * 101))) == ["ack_commands"]
    assert list(faults(sound(ack_commands=[AGENT, "x"]))) == ["ack_commands.1"]
    assert list(faults(sound(ack_commands=AGENT))) == ["ack_commands"]


def test_a_name_given_twice():
    row = json.dumps(sound()).encode().replace(b'"status": "ok"', b'"status": "ok", "status": "offline"')
    assert faults(row) == {"status": "Give this name once."}


@pytest.mark.parametrize("row", [b"7", b'"x"', b"null", b"[]", b"true"])
def test_a_row_that_is_no_object(row):
    assert faults(row, at="4") == {"4": "A heartbeat is an object."}


# ---- the body as a whole ------------------------------------------------------------------------------------


def test_one_heartbeat():
    body = payload.split(json.dumps(sound()).encode())
    assert not body.batch
    assert body.path(0) == ""
    assert read(body.rows[0]).agent_id == UUID(AGENT)


@pytest.mark.parametrize(("wrap", "path"), [("%s", "1"), ('{"heartbeats": %s}', "heartbeats.1")])
def test_a_batch(wrap, path):
    body = payload.split((" " + wrap % json.dumps([sound(), sound(summary="b")])).encode())
    assert body.batch
    assert body.path(1) == path
    assert [read(row).summary for row in body.rows] == ["", "b"]


def test_a_batch_holds_one_to_a_thousand():
    assert len(payload.split(json.dumps([{}] * 1000).encode()).rows) == 1000
    for wrong in ([], [{}] * 1001):
        with pytest.raises(Invalid) as refused:
            payload.split(json.dumps({"heartbeats": wrong}).encode())
        assert refused.value.fields[0][0] == "heartbeats"


def test_a_row_that_cannot_be_read_fails_alone():
    rows = b'[%s, {"summary": "\xff"}, {"queue_depth": 1e999}, %s]' % ((json.dumps(sound()).encode(),) * 2)
    body = payload.split(rows)
    assert [read(body.rows[index]).summary for index in (0, 3)] == ["", ""]
    assert faults(body.rows[1], at="1") == {"1": "The text is not valid UTF-8."}
    assert faults(body.rows[2], at="2") == {"2": "A number is out of range."}


@pytest.mark.parametrize("text", ['{"heartbeats": {}}', '{"heartbeats": null}', '{"heartbeats": [], "more": 1}'])
def test_a_batch_of_another_shape(text):
    with pytest.raises(Invalid):
        payload.split(text.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"7",
        b'"x"',
        b"null",
        b"{",
        b"[",
        b"{} x",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"\x00",
        b"a=1&b=2",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_none(body):
    with pytest.raises(payload.Unreadable):
        payload.split(body)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(payload.FIELDS) | st.text(), inner),
    max_leaves=12,
))  # fmt: skip
def test_whatever_is_sent_is_read_or_refused(value):
    try:
        body = payload.split(json.dumps(value).encode())
    except (payload.Unreadable, Invalid):
        return
    for index, row in enumerate(body.rows):
        try:
            assert isinstance(payload.read(row, at=body.path(index), now=NOW), payload.Reading)
        except Invalid as refused:
            assert refused.fields
