"""Whoever is retired goes off the clock within a sweep, recorded and audited (W4, W8)."""

from typing import Any

import pytest

from scheduling.models import ClockRecord
from scheduling.services import clock
from scheduling.services.clock_leavers import clock_out_leavers
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.actors import audited, person
from tests.support.races import at_once
from workforce.models import Agent, Command
from workforce.services import lifecycle

pytestmark = pytest.mark.django_db


@pytest.fixture
def leave(organization: Any, alice: Any, now: Any) -> Any:
    def retire(agent: Agent) -> Agent:
        where = {"organization": organization, "agent_id": agent.pk, "by": person(alice), "now": now}
        clock.clock_in(**where)
        lifecycle.transition(to="retired", reason="Replaced.", **where)
        return agent

    return retire


def test_they_are_clocked_out_by_the_clock(agent: Agent, leave: Any, now: Any) -> None:
    leave(agent)
    told = Command.objects.count()
    assert clock_out_leavers(now=now) == 1
    agent.refresh_from_db()
    assert (agent.current_state, agent.clock_status) == ("retired", "no_schedule")
    last = ClockRecord.objects.order_by("time", "id").last()
    assert last is not None
    assert (last.event, last.triggered_by, last.reason) == ("clocked_out", "Clock", "It is retired.")
    assert audited(agent)[-1].reason == "It is retired."
    assert not agent.holds.active().exists()
    assert Command.objects.count() == told
    assert clock_out_leavers(now=now) == 0


def test_with_hours_they_are_off_duty(agent: Agent, leave: Any, now: Any) -> None:
    WorkScheduleFactory(agent=agent)
    leave(agent)
    assert clock_out_leavers(now=now) == 1
    agent.refresh_from_db()
    assert agent.clock_status == "clocked_out"


@pytest.mark.parametrize("state", ["ready", "executing", "paused", "archived"])
def test_others_are_left_alone(organization: Any, pod: Any, now: Any, state: str) -> None:
    AgentFactory(organization=organization, team=pod, current_state=state, clock_status="clocked_in")
    AgentFactory(organization=organization, team=pod, current_state="retired", clock_status="clocked_out")
    assert clock_out_leavers(now=now) == 0
    assert not ClockRecord.objects.exists()


def test_one_look_costs_one_query(agent: Agent, now: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert clock_out_leavers(now=now) == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_write_one_record(agent: Agent, leave: Any, now: Any) -> None:
    leave(agent)
    assert sorted(at_once(lambda: clock_out_leavers(now=now), lambda: clock_out_leavers(now=now))) == [0, 1]
    assert ClockRecord.objects.filter(event="clocked_out").count() == 1
