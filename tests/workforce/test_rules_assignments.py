"""What counts as an agent's work, and when a workstream needs a DRI (R7), without a database."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.choices import AssignmentRole as R
from workforce.choices import AssignmentStatus, LifecycleState
from workforce.rules.assignments import OPEN, is_work, load_with, needs_dri, needs_dri_sentence
from workforce.rules.tasks import Load, state_for

S = LifecycleState
ACTIVE, BLOCKED = AssignmentStatus.ACTIVE, AssignmentStatus.BLOCKED
loads = st.builds(Load, st.integers(0, 2), st.integers(0, 3), st.integers(0, 3))
statuses = st.lists(st.sampled_from(list(AssignmentStatus)), max_size=6)
pods = st.lists(st.uuids() | st.sampled_from([UUID(int=1), UUID(int=2)]), max_size=5)


@pytest.mark.parametrize(
    ("role", "has_task", "counts"),
    [
        (R.OWNER, False, True),
        (R.OWNER, True, False),
        (R.CONTRIBUTOR, False, True),
        (R.CONTRIBUTOR, True, True),
        (R.REVIEWER, False, False),
        (R.REVIEWER, True, False),
        (R.OBSERVER, False, False),
        (R.OBSERVER, True, False),
    ],
)
def test_who_works_and_who_looks_on(role, has_task, counts):
    assert is_work(role, has_task=has_task) is counts


@given(loads, statuses)
def test_assignments_change_the_state_only_where_tasks_leave_room(load, listed):
    state = state_for(load_with(load, listed))
    if load.in_progress:
        assert state == S.EXECUTING
    elif load.waiting or ACTIVE in listed:
        assert state == S.ASSIGNED
    elif load.blocked or BLOCKED in listed:
        assert state == S.BLOCKED
    else:
        assert state == S.READY


@given(loads, statuses)
def test_no_assignment_makes_an_agent_execute_and_ended_ones_count_for_nothing(load, listed):
    assert load_with(load, listed).in_progress == load.in_progress
    assert load_with(load, listed) == load_with(load, [status for status in listed if status in OPEN])


@given(pods, st.booleans())
def test_a_dri_is_needed_exactly_where_pods_mix(found, has_dri):
    assert needs_dri(found, has_dri=has_dri) == (not has_dri and any(pod != found[0] for pod in found))


def test_the_sentence_names_the_pods_once_and_says_what_to_do():
    assert needs_dri_sentence("Relaunch", ["Support", "Billing", "Support"]) == (
        "“Relaunch” would have assignments in Billing and Support, but nobody answers for it. Name its DRI first."
    )
    assert "in Billing, Search and Support," in needs_dri_sentence("Relaunch", ["Support", "Search", "Billing"])
