"""Who is suggested as a cover: shared tags first, then the own pod, then the least to do; never who is away (W10)."""

from datetime import timedelta

import pytest

from scheduling.selectors.leave_cover import covers_for
from scheduling.services import leave as service
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from tests.scheduling.test_leave import MON, NOW, WED, cancel, plan
from tests.support.actors import SYSTEM
from tests.support.clockwork import at
from tests.support.work import give
from workforce.choices import HoldKind
from workforce.services import holds, tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(agent):
    agent.capability_tags = ["triage", "refunds", "german"]
    agent.save(update_fields=["capability_tags"])
    return agent


def colleague(agent, name, tags=("triage",), **fields):
    given = {"organization": agent.organization, "team": agent.team, "owner_user": agent.owner_user, **fields}
    return AgentFactory(agent_name=name, capability_tags=list(tags), **given)


def names(agent, starts_at=MON, ends_at=WED):
    return [cover.name for cover in covers_for(agent, starts_at=starts_at, ends_at=ends_at)]


def test_the_order(away, organization):
    elsewhere = TeamFactory(organization=organization, name="Sales")
    colleague(away, "two-tags-far", ["triage", "german"], team=elsewhere)
    busy, idle = colleague(away, "a-busy"), colleague(away, "b-idle")
    colleague(away, "one-tag-far", team=elsewhere)
    colleague(away, "painter", ["painting"])
    for _ in range(2):
        give(busy, now=NOW)
    done = give(idle, now=NOW)
    tasks.complete(organization=organization, task_id=done.pk, result="", by=SYSTEM, now=NOW)
    found = covers_for(away, starts_at=MON, ends_at=WED)
    assert [(cover.name, cover.why) for cover in found] == [
        ("two-tags-far", "2 shared tags, no open tasks"),
        ("b-idle", "same pod, 1 shared tag, no open tasks"),
        ("a-busy", "same pod, 1 shared tag, 2 open tasks"),
        ("one-tag-far", "1 shared tag, no open tasks"),
    ]


def test_only_the_best_five(away):
    for number in range(7):
        colleague(away, f"c-{number}")
    assert names(away) == [f"c-{number}" for number in range(5)]


def test_nobody_of_another_organisation_and_not_itself(away, other_organization):
    AgentFactory(organization=other_organization, capability_tags=["triage"])
    assert names(away) == []


@pytest.mark.parametrize("state", ["registered", "degraded", "escalated", "retired", "archived"])
def test_nobody_who_could_not_work(away, state):
    colleague(away, "unfit", current_state=state)
    assert names(away) == []


@pytest.mark.parametrize("state", ["ready", "assigned", "executing", "blocked", "paused"])
def test_whoever_is_at_work_or_off_duty(away, state):
    colleague(away, "fit", current_state=state)
    assert names(away) == ["fit"]


def test_nobody_who_is_on_leave_then(away):
    other = colleague(away, "away-too")
    leave = plan(other, starts_at=WED - timedelta(hours=1), ends_at=WED + timedelta(days=1))
    assert names(away) == []
    assert names(away, MON, WED - timedelta(hours=1)) == ["away-too"]
    cancel(leave)
    assert names(away) == ["away-too"]


def test_nobody_who_is_held_into_it(away):
    other = colleague(away, "held")
    hold = {"organization": other.organization, "agent_id": other.pk, "reason": "x", "by": SYSTEM, "now": NOW}
    holds.place(kind=HoldKind.INCIDENT, until=MON, **hold)
    assert names(away) == ["held"]
    holds.place(kind=HoldKind.MANUAL, **hold)
    assert names(away) == []


def test_nobody_whose_hours_never_open_then(away):
    weekdays = colleague(away, "weekdays")
    WorkScheduleFactory(agent=weekdays)
    saturday = colleague(away, "saturday")
    WorkScheduleFactory(agent=saturday, shifts=[("", 0b0100000, 540, 1020)])
    unscheduled = WorkScheduleFactory(agent=colleague(away, "switched-off"), enabled=False)
    assert unscheduled.enabled is False
    assert names(away) == ["switched-off", "weekdays"]
    assert names(away, at("sat 00:00"), at("sun 00:00")) == ["saturday", "switched-off"]
    assert names(away, at("sun 00:00"), at("+mon 00:00")) == ["switched-off"]


def test_the_number_of_queries_is_fixed(away, django_assert_num_queries):
    for number in range(30):
        one = colleague(away, f"c-{number:02}")
        WorkScheduleFactory(agent=one)
        give(one, now=NOW)
        service.plan(
            organization=one.organization,
            data={"agent_id": one.pk, "starts_at": WED, "ends_at": WED + timedelta(days=1), "reason": "x"},
            by=SYSTEM,
            now=NOW,
        )
    with django_assert_num_queries(6):  # candidates, leave, holds, tasks, hours, shifts
        assert len(names(away)) == 5
