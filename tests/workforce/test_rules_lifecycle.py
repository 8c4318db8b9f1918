"""The lifecycle's table against the spec's (R4), written out here a second time."""

import pytest

from workforce.choices import LifecycleState
from workforce.models import Agent
from workforce.rules import lifecycle
from workforce.rules.lifecycle import AGENT, PEOPLE, SYSTEM

#: From -> {to: marks}. ``a``: an agent's own key may, ``s``: the system takes it; people may make every move.
SPEC = {
    "registered": {"ready": "", "retired": ""},
    "ready": {"assigned": "", "paused": "s", "retired": "", "degraded": "s"},
    "assigned": {"executing": "a", "blocked": "a", "ready": "", "paused": "s", "degraded": "s"},
    "executing": {"blocked": "a", "degraded": "as", "paused": "s", "ready": "a", "assigned": "a"},
    "blocked": {"escalated": "s", "executing": "a", "ready": "", "paused": "s"},
    "degraded": {"executing": "a", "assigned": "", "ready": "", "escalated": "s", "paused": "s"},
    "escalated": {"executing": "", "ready": "", "paused": "s"},
    # Holds drive it (R8), so the system enters and leaves `paused` for them.
    "paused": {"ready": "s", "retired": ""},
    "retired": {"archived": ""},
    "archived": {},
}
STATES = list(SPEC)
PAIRS = [(source, target) for source in STATES for target in STATES]
REASONED = {"blocked", "escalated", "paused", "retired", "archived"}


def test_the_ten_states_are_the_specs():
    assert [state.value for state in LifecycleState] == STATES


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda state: state)
def test_every_pair_is_as_the_spec_says(source, target):
    marks = SPEC[source].get(target)
    assert lifecycle.is_legal(source, target) is (marks is not None)
    assert lifecycle.may_move(source, target, who=PEOPLE) is (marks is not None)
    assert lifecycle.may_move(source, target, who=AGENT) is ("a" in (marks or ""))
    assert lifecycle.may_move(source, target, who=SYSTEM) is ("s" in (marks or ""))


@pytest.mark.parametrize("state", STATES)
def test_a_move_to_the_same_state_is_illegal(state):
    assert not lifecycle.is_legal(state, state)


def test_each_target_is_reached_by_one_verb():
    verbs = {}
    for (_, target), edge in lifecycle.TRANSITIONS.items():
        verbs.setdefault(target, set()).add(edge.verb)
    assert all(len(of_target) == 1 for of_target in verbs.values()), verbs
    assert {target: next(iter(of_target)) for target, of_target in verbs.items()} == dict(lifecycle.VERBS)
    assert len(set(lifecycle.VERBS.values())) == len(lifecycle.VERBS), "two targets would share a method"


def test_only_registered_has_no_way_in():
    assert set(LifecycleState) - set(lifecycle.VERBS) == {LifecycleState.REGISTERED}


def test_every_verb_has_its_own_audit_action():
    verbs = {edge.verb for edge in lifecycle.TRANSITIONS.values()}
    assert set(lifecycle.AUDIT_ACTIONS) == verbs
    assert len(set(lifecycle.AUDIT_ACTIONS.values())) == len(verbs)
    assert all(action.startswith("agent.") for action in lifecycle.AUDIT_ACTIONS.values())


@pytest.mark.parametrize("state", STATES)
def test_a_reason_is_needed_for_the_five(state):
    assert lifecycle.needs_reason(state) is (state in REASONED)


@pytest.mark.parametrize("state", STATES)
def test_legal_targets_are_the_row_of_the_table(state):
    in_order = [target for target in STATES if target in SPEC[state]]
    assert [target.value for target in lifecycle.legal_targets(state)] == in_order
    for who, mark in ((AGENT, "a"), (SYSTEM, "s")):
        told = [target.value for target in lifecycle.legal_targets(state, who=who)]
        assert told == [target for target in in_order if mark in SPEC[state][target]]


@pytest.mark.parametrize("state", STATES)
def test_sources_are_the_column_of_the_table(state):
    found = {source.value for source in lifecycle.sources_of(LifecycleState(state))}
    assert found == {source for source in STATES if state in SPEC[source]}


def test_holds_pause_from_where_the_table_allows():
    assert {state.value for state in lifecycle.PAUSABLE} == {s for s in STATES if "paused" in SPEC[s]}
    assert {state.value for state in lifecycle.GONE} == {"retired", "archived"}


def test_the_model_has_exactly_the_tables_moves():
    """django-fsm was handed the table: what the model can do is neither more nor less."""
    moves = {(t.source, t.target) for t in Agent(current_state="ready").get_all_current_state_transitions()}
    assert moves == {(source, target) for source in STATES for target in SPEC[source]}


def test_the_diagram_has_one_line_per_move():
    lines = lifecycle.mermaid().splitlines()
    for source, targets in SPEC.items():
        for target, marks in targets.items():
            shown = [line.strip() for line in lines if line.strip().startswith(f"{source} --> {target}:")]
            assert len(shown) == 1
            assert shown[0].endswith(f"({marks})") if marks else not shown[0].endswith(")")
    assert len(lines) == len(lifecycle.TRANSITIONS) + 3
