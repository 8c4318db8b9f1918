"""Usage read off the wire: what is refused, with its place, and what is taken as it is meant (spec B2)."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.rules import usage_entry as rules
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import (
    AHEAD,
    IN_FUTURE,
    LATEST,
    MOST_TOKENS,
    NEEDED,
    NO_SUCH_FIELD,
    NOT_A_UUID,
    NOT_AN_INSTANT,
    NOT_AN_OBJECT,
    NOT_TOKENS,
    NOTHING_USED,
    TOO_OLD,
    Entry,
)  # fmt: skip
from tests.support.clockwork import at
from workforce.rules.refusals import Invalid

NOW = at("thu 12:00")
AGENT = "01937f2e-8c11-7a40-9d52-3f5a1c0b7e21"
TASK = "01937f2e-8c11-7a40-9d52-3f5a1c0b7e22"
SOUND: dict[str, Any] = {"agent_id": AGENT, "key": "run-1", "model": "sonnet", "input_tokens": 10}
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def read(given: Any, **rest: Any) -> Entry:
    (entry,) = rules.read_many([given], place=rules.only, now=NOW, **rest)
    return entry


def faults(given: Any, **rest: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(given, **rest)
    found = dict(refused.value.fields)
    assert len(found) == len(refused.value.fields)
    return found


def test_a_whole_report_and_the_least_one() -> None:
    whole = {
        **SOUND, "task_id": TASK, "at": "2026-11-19T12:00:00+01:00", "output_tokens": 2, "cache_read_tokens": 3,
        "cache_write_tokens": MOST_TOKENS,
    }  # fmt: skip
    assert read(whole) == Entry(
        UUID(AGENT), "run-1", "sonnet", Tokens(10, 2, 3, MOST_TOKENS), at("thu 12:00"), UUID(TASK)
    )
    assert read(SOUND) == Entry(UUID(AGENT), "run-1", "sonnet", Tokens(10), None, None)
    assert read({**SOUND, "task_id": None, "at": None, "output_tokens": None}) == read(SOUND)
    own = {name: value for name, value in SOUND.items() if name != "agent_id"}
    assert read(own, agent_id=UUID(AGENT)) == read(SOUND)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize(
    "value",
    [
        -1, -(2**63), 1.5, 1.0, 2**63, 2**64, 10**400, MOST_TOKENS + 1, True, False, "5", "NaN", "", [], [1], {},
        float("nan"), float("inf"), float("-inf"), 1e300,
    ],
)  # fmt: skip
def test_tokens_are_whole_and_within_reason(name: str, value: Any) -> None:
    assert faults({**SOUND, name: value}) == {name: NOT_TOKENS}


@pytest.mark.parametrize("given", [{}, dict.fromkeys(COUNTS, 0), {"input_tokens": None}])
def test_nothing_used_is_no_report(given: dict[str, Any]) -> None:
    assert faults({"agent_id": AGENT, "key": "k", "model": "m", **given}) == {"": NOTHING_USED}


@pytest.mark.parametrize("name", ["key", "model"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "not empty"), ("   ", "not empty"), ("\n", "not empty"), (7, "not empty"), (True, "not empty"),
        (["x"], "not empty"), ({}, "not empty"), ("x" * 81, "at most 80 characters; this has 81"),
        ("a\x00b", "printable"), ("a\nb", "printable"), ("\u202eabc", "printable"), ("\ud800", "printable"),
        ("a\tb", "printable"), ("\x7f", "printable"), ("\u200b", "printable"),
    ],
)  # fmt: skip
def test_keys_and_models_are_short_printable_text(name: str, value: Any, words: str) -> None:
    found = faults({**SOUND, name: value})
    assert list(found) == [name] and words in found[name]


def test_text_of_the_greatest_length_and_of_any_script_is_taken() -> None:
    assert read({**SOUND, "key": "x" * 80, "model": "模" * 80}).model == "模" * 80
    assert (read({**SOUND, "key": " run 1 "}).key, read({**SOUND, "model": "a b"}).model) == ("run 1", "a b")


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-19", "2026-11-19T12:00:00", "12:00", "yesterday", "", 1_763_550_000, 1.5, True, [], {},
        "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
        "NaN", "2026-11-19T12:00:00 Europe/Berlin",
    ],
)  # fmt: skip
def test_a_time_has_its_offset(value: Any) -> None:
    assert faults({**SOUND, "at": value}) == {"at": NOT_AN_INSTANT}


def test_the_future_and_the_long_past_are_refused_at_their_edges() -> None:
    tick = timedelta(microseconds=1)
    assert faults({**SOUND, "at": (NOW + AHEAD + tick).isoformat()}) == {"at": IN_FUTURE}
    assert read({**SOUND, "at": (NOW + AHEAD).isoformat()}).at == NOW, "a clock that is ahead a little means now"
    assert read({**SOUND, "at": (NOW - tick).isoformat()}).at == NOW - tick
    assert read({**SOUND, "at": (NOW - LATEST).isoformat()}).at == NOW - LATEST
    assert faults({**SOUND, "at": (NOW - LATEST - tick).isoformat()}) == {"at": TOO_OLD}


@pytest.mark.parametrize("name", ["agent_id", "task_id"])
@pytest.mark.parametrize("value", ["", "x", AGENT[:-1], AGENT + "0", 7, True, [AGENT], {"id": AGENT}, 1.5])
def test_ids_are_uuids(name: str, value: Any) -> None:
    assert faults({**SOUND, name: value}) == {name: NOT_A_UUID}


@pytest.mark.parametrize("given", [None, [], [SOUND], "x", 7, True, 1.5, float("nan")])
def test_a_report_is_an_object(given: Any) -> None:
    assert faults(given) == {"": NOT_AN_OBJECT}


def test_every_fault_is_named_at_once() -> None:
    given = {"key": "", "input_tokens": -1, "output_tokens": 1.5, "at": "now", "cost": 7, "a\x00b": 1, "x" * 99: 1}
    assert faults(given) == {
        "agent_id": NEEDED, "model": NEEDED, "key": "Send text that is not empty.", "input_tokens": NOT_TOKENS,
        "output_tokens": NOT_TOKENS, "at": NOT_AN_INSTANT, "cost": NO_SUCH_FIELD, "a\ufffdb": NO_SUCH_FIELD,
        "x" * 80: NO_SUCH_FIELD,
    }  # fmt: skip


def test_deep_nesting_is_a_fault_like_another() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    for name in rules.FIELDS:
        assert list(faults({**SOUND, name: deep})) == [name]
    assert faults({**SOUND, "usage": deep}) == {"usage": NO_SUCH_FIELD}


def test_each_report_of_a_batch_is_named_by_its_place_and_all_or_none_are_taken() -> None:
    given = [SOUND, {**SOUND, "input_tokens": -1}, {**SOUND, "key": "b"}, 7]
    with pytest.raises(Invalid) as refused:
        rules.read_many(given, place="usage.{}".format, now=NOW)
    assert refused.value.fields == [("usage.1.input_tokens", NOT_TOKENS), ("usage.3", NOT_AN_OBJECT)]
    assert [entry.key for entry in rules.read_many(given[::2], place="usage.{}".format, now=NOW)] == ["run-1", "b"]


def test_faults_of_a_batch_have_an_end() -> None:
    with pytest.raises(Invalid) as refused:
        rules.read_many([{"x": 1, "y": 2}] * 1000, place="{}".format, now=NOW)
    assert len(refused.value.fields) == 100


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(given=st.dictionaries(st.sampled_from(rules.FIELDS) | st.text(max_size=8), _ANY, max_size=8))
def test_whatever_comes_is_taken_whole_or_refused_with_sentences(given: dict[str, Any]) -> None:
    try:
        entry = read(given)
    except Invalid as refused:
        assert refused.fields and all(path is not None and words.endswith(".") for path, words in refused.fields)
        assert all("\x00" not in path for path, _ in refused.fields)
        return
    assert entry.tokens.total > 0 and entry.key and entry.model


@given(given=st.fixed_dictionaries(dict.fromkeys(COUNTS, st.integers(0, MOST_TOKENS))))
def test_sound_counts_are_kept_as_they_are(given: dict[str, int]) -> None:
    given["input_tokens"] = max(given["input_tokens"], 1)
    tokens = read(json.loads(json.dumps({**SOUND, **given}))).tokens
    assert (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write) == tuple(given[name] for name in COUNTS)
