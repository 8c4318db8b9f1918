"""Claiming work: what comes first, what is in the way, one task at a time (T2, W9)."""

from datetime import UTC, datetime, timedelta

import pytest

from heartbeats.selectors.orders import orders_for
from scheduling.services import clock_sweep, work
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.work import claim, claimed, give, state_of
from workforce.choices import HoldKind, KeyScope
from workforce.models import Agent, Task
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.rules.tasks import stagger
from workforce.services import commands, holds, leases, tasks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)


def finish(agent, task, now=SOON):
    return leases.complete(
        organization=agent.organization, task_id=task.pk, token=task.lease_token, result="42", by=itself(agent), now=now
    )


def order(agent, now=NOW):
    """Titles in the order in which the agent gets them."""
    titles = []
    while (task := claim(agent, now=now).task) is not None:
        titles.append(task.title)
        finish(agent, task, now=now)
    return titles


def test_priority_first_then_due_then_age(agent):
    give(agent, "old normal", now=NOW - timedelta(hours=3))
    give(agent, "normal due late", now=NOW - timedelta(hours=2), due_at=NOW + timedelta(days=2))
    give(agent, "normal due soon", now=NOW - timedelta(hours=1), due_at=NOW + timedelta(days=1))
    give(agent, "new normal", now=NOW)
    give(agent, "low", now=NOW - timedelta(hours=4), priority="low")
    give(agent, "critical", now=NOW, priority="critical")
    give(agent, "high", now=NOW, priority="high")
    assert order(agent) == [
        "critical", "high", "normal due soon", "normal due late", "old normal", "new normal", "low",
    ]  # fmt: skip


def test_a_low_one_does_not_starve(agent):
    old = give(agent, "low", now=NOW - timedelta(days=4), priority="low")
    for _ in range(5):  # one level per sweep after an outage
        leases.boost_due(now=NOW)
    give(agent, "critical", now=NOW, priority="critical", due_at=NOW + timedelta(hours=1))
    old.refresh_from_db()
    assert (old.urgency, old.boost_at) == (4, None)
    assert order(agent) == ["low", "critical"]


def test_a_day_raises_by_one_level_and_not_before(agent):
    task = give(agent, now=NOW, priority="low")
    assert task.boost_at == NOW + timedelta(hours=24)
    assert leases.boost_due(now=NOW + timedelta(hours=24) - timedelta(seconds=1)) == 0
    assert leases.boost_due(now=NOW + timedelta(hours=24)) == 1
    assert leases.boost_due(now=NOW + timedelta(hours=24)) == 0
    task.refresh_from_db()
    assert (task.urgency, task.boost_at) == (1, NOW + timedelta(hours=48))


def test_a_claim_is_a_lease_with_a_token(agent):
    give(agent, now=NOW)
    task = claimed(agent, now=NOW, lease_seconds=60)
    assert (task.status, task.lease_token, task.lease_expires_at) == ("in_progress", 1, NOW + timedelta(seconds=60))
    assert state_of(agent) == "executing"
    assert [event.action for event in audited(task)] == ["task.created", "task.claimed"]


@pytest.mark.parametrize("seconds", [0, 29, 3601])
def test_a_lease_is_half_a_minute_to_an_hour(agent, seconds):
    with pytest.raises(Invalid) as refused:
        claim(agent, now=NOW, lease_seconds=seconds)
    assert refused.value.fields == [("lease_seconds", "Choose 30 to 3,600 seconds.")]


def test_one_at_a_time(agent):
    give(agent, now=NOW), give(agent, now=NOW)
    claimed(agent, now=NOW)
    again = claim(agent, now=NOW)
    assert again.task is None
    assert again.shut.gate == "line_busy"


def test_nothing_waits(agent):
    empty = claim(agent, now=NOW)
    assert (empty.task, empty.shut.gate) == (None, "nothing_queued")
    assert empty.ask_again_at > NOW


def test_the_state_follows_the_work(agent):
    first, second = give(agent, now=NOW), give(agent, now=NOW)
    assert state_of(agent) == "assigned"
    finish(agent, claimed(agent, now=NOW))
    assert state_of(agent) == "assigned"
    task = claimed(agent, now=NOW)
    leases.block(
        organization=agent.organization, task_id=task.pk, token=1, code="waiting_input", note="Which inbox?",
        by=itself(agent), now=SOON,
    )  # fmt: skip
    assert state_of(agent) == "blocked"
    tasks.unblock(organization=agent.organization, task_id=task.pk, by=SYSTEM, now=SOON)
    assert state_of(agent) == "assigned"
    finish(agent, claimed(agent, now=SOON))
    assert state_of(agent) == "ready"
    assert {first.pk, second.pk} == set(Task.objects.filter(status="completed").values_list("pk", flat=True))


def test_before_its_time_it_waits(agent):
    give(agent, now=NOW, type="scheduled", scheduled_at=SOON)
    assert claim(agent, now=NOW).task is None
    assert leases.release_waiting(now=SOON - timedelta(seconds=1)) == 0
    assert leases.release_waiting(now=SOON) == 1
    assert claim(agent, now=SOON).task is not None


def test_what_needs_another_waits_for_it(agent):
    first = give(agent, "first", now=NOW, priority="low")
    give(agent, "second", now=NOW, priority="critical", needs=[first.pk])
    assert order(agent) == ["first", "second"]


# The gates.


@pytest.fixture
def off_duty(agent):
    """Mon-Fri 09-17 in Berlin; sent home by the clock."""
    WorkScheduleFactory(agent=agent)
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_out")
    agent.refresh_from_db()
    holds.place_many([agent], kind=HoldKind.OFF_HOURS, reasons={agent.pk: "Off."}, until={}, by=SYSTEM, now=NOW)
    return agent


NIGHT = NOW.replace(hour=20)


def test_off_duty_tasks_wait(off_duty):
    give(off_duty, now=NIGHT)
    empty = claim(off_duty, now=NIGHT)
    assert (empty.task, empty.shut.gate) == (None, "off_duty")
    assert empty.ask_again_at == datetime(2026, 11, 20, 8, tzinfo=UTC), "the next start: 09:00 in Berlin"


def test_an_urgent_one_passes_off_duty(off_duty, alice):
    give(off_duty, "patient", now=NIGHT, priority="critical")
    task = give(off_duty, "urgent", now=NIGHT, priority="low")
    tasks.set_urgent(
        organization=off_duty.organization, task_id=task.pk, urgent=True, reason="Now.", by=person(alice), now=NIGHT
    )
    assert claimed(off_duty, now=NIGHT).pk == task.pk
    assert state_of(off_duty) == "paused", "for everything else it stays off duty"
    finish(off_duty, Task.objects.get(pk=task.pk), now=NIGHT)
    assert claim(off_duty, now=NIGHT).shut.gate == "off_duty"


def test_the_runtime_is_called_in_and_told_to_work_on_what_is_urgent(off_duty, alice):
    def orders():
        agent = Agent.objects.get(pk=off_duty.pk)
        pending = commands.deliver(agent_ids=[agent.pk], now=NIGHT)
        return orders_for([agent], pending=pending, tz="UTC", now=NIGHT)[agent.pk]

    give(off_duty, "patient", now=NIGHT)
    assert (orders().desired_state, orders().work_waiting) == ("pause", False)
    give(off_duty, "urgent", now=NIGHT, urgent=True, by=person(alice))
    told = orders()
    assert (told.desired_state, told.reason) == ("work", "Off duty, for urgent work only.")
    assert told.work_waiting
    assert [(c.command, c.reason) for c in told.commands] == [("wake", "Urgent: urgent")]
    task = claimed(off_duty, now=NIGHT)
    assert (orders().running, orders().work_waiting, orders().desired_state) == (task, False, "work")
    finish(off_duty, task, now=NIGHT)
    assert orders().desired_state == "pause"


@pytest.mark.parametrize(
    ("action", "status"), [("stop", "cancelled"), ("pause", "in_progress"), ("queue", "in_progress")]
)
def test_running_work_at_the_end_of_the_shift(agent, action, status):
    """Stop cancels it and tells the runtime; pause and queue leave it to be finished (W6)."""
    schedule = WorkScheduleFactory(agent=agent, off_hours_action=action, active_since=NOW - timedelta(days=9))
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_in", clock_since=NOW.replace(hour=8))
    agent.refresh_from_db()
    give(agent, now=NOW)
    task = claimed(agent, now=NOW, lease_seconds=3600)
    end = datetime(2026, 11, 19, 16, 10, tzinfo=UTC)
    type(schedule).objects.update(clock_due_at=end)
    assert clock_sweep.sweep(now=end).clocked_out == 1
    task.refresh_from_db()
    assert task.status == status
    told = {c.command for c in commands.deliver(agent_ids=[agent.pk], now=end).get(agent.pk, [])}
    assert told == {"stop": {"cancel", "stop"}, "pause": {"pause"}, "queue": set()}[action]
    assert state_of(agent) == {"stop": "ready", "pause": "paused", "queue": "executing"}[action]
    if action != "stop":
        assert finish(agent, task, now=end).status == "completed"


def test_after_the_pause_the_state_follows_the_work_again(agent):
    schedule = WorkScheduleFactory(agent=agent, active_since=NOW - timedelta(days=9))
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_in", clock_since=NOW.replace(hour=8))
    give(Agent.objects.get(pk=agent.pk), now=NOW)
    end, start = datetime(2026, 11, 19, 16, 10, tzinfo=UTC), datetime(2026, 11, 20, 8, tzinfo=UTC)
    for moment, state in ((end, "paused"), (start, "assigned")):
        type(schedule).objects.update(clock_due_at=moment)
        clock_sweep.sweep(now=moment)
        assert state_of(agent) == state


def test_an_urgent_one_passes_no_other_hold(off_duty, alice):
    give(off_duty, now=NIGHT, urgent=True, by=person(alice))
    holds.place(
        organization=off_duty.organization,
        agent_id=off_duty.pk,
        kind=HoldKind.INCIDENT,
        reason="Odd.",
        by=SYSTEM,
        now=NIGHT,
    )
    assert claim(off_duty, now=NIGHT).shut.gate == "hold"


def test_only_a_person_marks_urgent(agent):
    with pytest.raises(Forbidden):
        give(agent, now=NOW, urgent=True, by=key(KeyScope.TASKS))
    task = give(agent, now=NOW)
    with pytest.raises(Forbidden):
        tasks.set_urgent(organization=agent.organization, task_id=task.pk, urgent=True, by=key(KeyScope.TASKS), now=NOW)


def test_in_grace_no_new_work_begins(agent):
    WorkScheduleFactory(agent=agent)
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_in", clock_since=NOW.replace(hour=9))
    give(agent, now=NOW)
    assert claim(agent, now=datetime(2026, 11, 19, 16, 5, tzinfo=UTC)).shut.gate == "in_grace"


def test_release_at_the_start_is_staggered(agent):
    WorkScheduleFactory(agent=agent)
    start = datetime(2026, 11, 19, 8, tzinfo=UTC)
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_in", clock_since=start)
    give(agent, now=start)
    wait = stagger(agent.pk)
    early = claim(agent, now=start + wait - timedelta(milliseconds=1))
    assert (early.shut.gate, early.ask_again_at) == ("staggered", start + wait)
    assert claim(agent, now=start + wait).task is not None


@pytest.mark.parametrize("state", ["registered", "degraded", "escalated", "paused"])
def test_not_in_these_states(agent, state):
    give(agent, now=NOW)
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    assert claim(agent, now=NOW).shut.gate == "lifecycle"


@pytest.mark.parametrize("state", ["retired", "archived"])
def test_who_has_left_gets_a_conflict(agent, state):
    Agent.objects.filter(pk=agent.pk).update(current_state=state)
    with pytest.raises(Conflict) as refused:
        claim(agent, now=NOW, by=key(KeyScope.WORK))
    assert refused.value.code == "gone"


def test_who_may_claim(agent, alice, other_organization):
    colleague = AgentFactory(organization=agent.organization)
    with pytest.raises(Forbidden):
        claim(agent, now=NOW, by=itself(colleague))
    with pytest.raises(Forbidden):
        claim(agent, now=NOW, by=key(KeyScope.TASKS))
    with pytest.raises(Forbidden):
        claim(agent, now=NOW, by=person(alice))
    with pytest.raises(Missing):
        work.claim(organization=other_organization, agent_id=agent.pk, by=itself(agent), now=NOW)
