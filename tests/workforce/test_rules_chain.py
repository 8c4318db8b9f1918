"""Whatever is done to a chain, the first link that does not hold is named."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workforce.rules.chain import GENESIS, Link, canonical, first_break, link_hash

texts = st.text(max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | texts,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=4,
)
events = st.dictionaries(texts, plain, min_size=1, max_size=4)
chains = st.lists(events, min_size=2, max_size=8)


def linked(rows):
    links, previous = [], GENESIS
    for seq, event in enumerate(rows, start=1):
        digest = link_hash(previous=previous, seq=seq, event=event)
        links.append(Link(seq=seq, previous=previous, hash=digest, event=event))
        previous = digest
    return links


def replaced(links, at, **changes):
    return [*links[:at], dataclasses.replace(links[at], **changes), *links[at + 1 :]]


@settings(max_examples=15, deadline=None)
@given(chains)
def test_an_untouched_chain_holds(rows):
    assert first_break(linked(rows)) is None


def test_an_empty_chain_holds():
    assert first_break([]) is None


@settings(max_examples=15, deadline=None)
@given(chains, st.data())
def test_a_changed_event_is_named(rows, data):
    at = data.draw(st.integers(0, len(rows) - 1))
    changed = data.draw(events.filter(lambda event: canonical(event) != canonical(rows[at])))
    found = first_break(replaced(linked(rows), at, event=changed))
    assert found is not None
    assert found.seq == at + 1
    assert "changed" in found.why


@settings(max_examples=15, deadline=None)
@given(chains, st.data())
def test_a_removed_event_is_named(rows, data):
    at = data.draw(st.integers(0, len(rows) - 1))
    found = first_break(replaced(linked(rows), at, event=None))
    assert found is not None
    assert found.seq == at + 1
    assert "event is missing" in found.why


@settings(max_examples=15, deadline=None)
@given(chains, st.data())
def test_a_removed_link_is_named(rows, data):
    at = data.draw(st.integers(0, len(rows) - 2))
    links = linked(rows)
    found = first_break(links[:at] + links[at + 1 :])
    assert found is not None
    assert found.seq == at + 1
    assert "missing" in found.why


def test_a_tail_cut_off_cannot_be_seen_without_a_head_kept_elsewhere():
    links = linked([{"n": n} for n in range(5)])
    assert first_break(links[:3]) is None


@settings(max_examples=15, deadline=None)
@given(chains, st.data())
def test_a_link_put_in_between_is_named(rows, data):
    at = data.draw(st.integers(0, len(rows) - 1))
    links = linked(rows)
    previous = links[at - 1].hash if at else GENESIS
    digest = link_hash(previous=previous, seq=at + 1, event={"forged": 1})
    forged = Link(seq=at + 1, previous=previous, hash=digest, event={"forged": 1})
    moved_on = [dataclasses.replace(link, seq=link.seq + 1) for link in links[at:]]
    found = first_break([*links[:at], forged, *moved_on])
    assert found is not None
    assert found.seq == at + 2, "the forged link is whole in itself; the one behind it no longer names what it follows"


@settings(max_examples=15, deadline=None)
@given(chains, st.data())
def test_two_events_that_changed_places_are_named_at_the_first(rows, data):
    first = data.draw(st.integers(0, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    links = linked([{"place": n, "event": row} for n, row in enumerate(rows)])
    one, other = links[first].event, links[second].event
    found = first_break(replaced(replaced(links, first, event=other), second, event=one))
    assert found is not None
    assert found.seq == first + 1


@settings(max_examples=15, deadline=None)
@given(chains, st.data())
def test_a_link_rewritten_with_its_own_right_hash_breaks_the_next(rows, data):
    at = data.draw(st.integers(0, len(rows) - 2))
    links = linked(rows)
    event = {"rewritten": True, "was": rows[at]}
    digest = link_hash(previous=links[at].previous, seq=at + 1, event=event)
    found = first_break(replaced(links, at, event=event, hash=digest))
    assert found is not None
    assert found.seq == at + 2


def test_a_chain_may_be_walked_from_its_middle():
    links = linked([{"n": n} for n in range(6)])
    assert first_break(links[3:], after=links[2].hash, expected_seq=4) is None
    assert first_break(links[3:], after=links[1].hash, expected_seq=4).seq == 4


def test_the_order_of_keys_does_not_matter_and_every_text_can_be_written():
    assert canonical({"b": 1, "a": "\u00e9"}) == canonical({"a": "\u00e9", "b": 1})
    assert canonical({"a": "\ud800"}), "a lone surrogate must not stop the chain of a whole organisation"
    assert canonical({"a": "\\ud800"}) != canonical({"a": "\ud800"})


def test_what_is_not_json_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})
