"""The queue's rules, without a database (T2, R4)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.choices import LifecycleState as S
from workforce.choices import TaskPriority
from workforce.rules import tasks as rules
from workforce.rules.lifecycle import TRANSITIONS
from workforce.rules.tasks import FOLLOWING, Load

NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


@pytest.mark.parametrize(("source", "target"), list(product(FOLLOWING, FOLLOWING)))
def test_every_step_is_legal_and_leads_there(source: S, target: S) -> None:
    path = [source, *rules.steps(source, target)]
    assert path[-1] == target
    assert all(edge in TRANSITIONS for edge in zip(path, path[1:], strict=False))
    assert len(path) <= 4


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_the_state_says_what_there_is_to_do(running: int, waiting: int, blocked: int) -> None:
    state = rules.state_for(Load(running, waiting, blocked))
    assert (state == S.EXECUTING) == (running > 0)
    assert (state == S.READY) == (running + waiting + blocked == 0)
    assert (state == S.BLOCKED) == (blocked > 0 and running == waiting == 0)


@given(st.sampled_from(TaskPriority), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_urgency_rises_when_the_next_boost_says(priority: TaskPriority, waited: timedelta) -> None:
    now = NOW + waited
    level = rules.urgency(priority, waited=waited)
    boost = rules.next_boost(priority, queued_at=NOW, now=now)
    assert priority.rank <= level <= rules.MOST_URGENCY
    if boost is None:
        assert level == rules.MOST_URGENCY
    else:
        assert boost > now
        assert rules.urgency(priority, waited=boost - NOW) == level + 1
        assert rules.urgency(priority, waited=boost - NOW - timedelta(microseconds=1)) == level


def test_back_off_grows_and_ends() -> None:
    assert [rules.back_off(n) for n in (1, 2, 3, 4)] == [timedelta(minutes=1), timedelta(minutes=4), None, None]


@given(st.uuids())
def test_stagger_is_within_its_minute_and_always_the_same(agent: UUID) -> None:
    assert timedelta(0) <= rules.stagger(agent) < timedelta(seconds=rules.STAGGER_SECONDS)
    assert rules.stagger(agent) == rules.stagger(UUID(str(agent)))


def test_stagger_spreads_a_fleet() -> None:
    assert len({rules.stagger(uuid4()) for _ in range(2_000)}) == rules.STAGGER_SECONDS


@given(
    st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3)), st.integers(0, 6), st.integers(0, 6)
)
def test_a_circle_is_found_where_there_is_a_way_back(edges: dict[int, list[int]], start: int, wanted: int) -> None:
    graph = {UUID(int=k): [UUID(int=v) for v in values] for k, values in edges.items()}
    reached, layer = set(), {wanted}
    while layer:
        reached |= layer
        layer = {v for k in layer for v in edges.get(k, ())} - reached
    assert rules.closes_a_circle(UUID(int=start), [UUID(int=wanted)], graph) == (start in reached)
