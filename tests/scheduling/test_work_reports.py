"""Reports under a lease: stale tokens, late results, failures, and what happens at one moment (T2, T3)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import WorkScheduleFactory
from tests.support.actors import SYSTEM, audited, itself, key, person
from tests.support.races import at_once, errors
from tests.support.work import claim, claimed, give, state_of
from workforce.choices import CommandKind, HoldKind, KeyScope
from workforce.models import Agent, Task
from workforce.rules.refusals import Conflict
from workforce.services import commands, holds, leases, lifecycle, tasks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)


def finish(agent, task, now=SOON):
    return leases.complete(
        organization=agent.organization, task_id=task.pk, token=task.lease_token, result="42", by=itself(agent), now=now
    )


@pytest.fixture
def off_duty(agent):
    """Mon-Fri 09-17 in Berlin; sent home by the clock."""
    WorkScheduleFactory(agent=agent)
    Agent.objects.filter(pk=agent.pk).update(clock_status="clocked_out")
    agent.refresh_from_db()
    holds.place_many([agent], kind=HoldKind.OFF_HOURS, reasons={agent.pk: "Off."}, until={}, by=SYSTEM, now=NOW)
    return agent


NIGHT = NOW.replace(hour=20)


# Reports.


def test_a_stale_token_changes_nothing_and_its_result_is_kept_as_late(agent):
    give(agent, now=NOW)
    old = claimed(agent, now=NOW, lease_seconds=30)
    later = NOW + timedelta(seconds=30)
    assert leases.sweep_lost(now=later) == 1
    assert leases.sweep_lost(now=later) == 0
    again = later + timedelta(minutes=1)
    leases.release_waiting(now=again)
    new = claimed(agent, now=again)
    assert (new.pk, new.lease_token, new.failures) == (old.pk, 2, 1)
    for act in (finish, lambda *args: leases.extend(
        organization=agent.organization, task_id=old.pk, token=1, by=itself(agent), now=again
    )):  # fmt: skip
        with pytest.raises(Conflict) as refused:
            act(agent, old)
        assert refused.value.code == "stale_token"
    new.refresh_from_db()
    assert (new.status, new.result) == ("in_progress", "")
    assert [(r.kind, r.lease_token, r.text) for r in new.reports.order_by("reported_at", "id")][-1] == ("late", 1, "42")
    assert finish(agent, new).status == "completed"


def test_cancel_reaches_the_runtime_and_its_late_result_is_kept(agent):
    give(agent, now=NOW)
    task = claimed(agent, now=NOW)
    tasks.cancel(organization=agent.organization, task_id=task.pk, reason="Not needed.", by=SYSTEM, now=SOON)
    told = commands.deliver(agent_ids=[agent.pk], now=SOON)[agent.pk]
    assert [(c.command, c.task_id, c.reason) for c in told] == [("cancel", task.pk, "Not needed.")]
    with pytest.raises(Conflict) as refused:
        finish(agent, task)
    assert refused.value.code == "cancelled"
    task.refresh_from_db()
    assert (task.status, task.result) == ("cancelled", "")
    assert task.reports.get().kind == "late"
    assert state_of(agent) == "ready"


def test_other_commands_do_not_replace_a_cancellation(agent):
    give(agent, now=NOW)
    task = claimed(agent, now=NOW)
    tasks.cancel(organization=agent.organization, task_id=task.pk, by=SYSTEM, now=SOON)
    commands.issue(agent=agent, command=CommandKind.PAUSE, reason="Stop.", by=SYSTEM, now=SOON)
    assert {c.command for c in commands.deliver(agent_ids=[agent.pk], now=SOON)[agent.pk]} == {"cancel", "pause"}


def test_the_third_failure_blocks_it_for_the_owner(agent, olga):
    give(agent, now=NOW)
    at = NOW
    for number in (1, 2, 3):
        task = claimed(agent, now=at)
        leases.fail(
            organization=agent.organization, task_id=task.pk, token=task.lease_token, error="No answer.",
            by=itself(agent), now=at,
        )  # fmt: skip
        task.refresh_from_db()
        assert task.failures == number
        if task.waits_until:
            at = task.waits_until
            leases.release_waiting(now=at)
    assert (task.status, task.blocker_code, task.unblocker) == ("blocked", "tool_error", olga)
    assert state_of(agent) == "blocked"
    assert olga.notices.get(kind="task_blocked").text.startswith("support-triage-01 cannot go on with")


def test_completing_twice_is_once(agent):
    give(agent, now=NOW)
    task = claimed(agent, now=NOW)
    assert finish(agent, task).status == finish(agent, task).status == "completed"
    assert task.reports.count() == 1
    assert len(audited(task, action="task.completed")) == 1


def test_lost_while_off_duty_is_no_failure(off_duty, alice):
    give(off_duty, now=NIGHT, urgent=True, by=person(alice))
    task = claimed(off_duty, now=NIGHT, lease_seconds=30)
    leases.sweep_lost(now=NIGHT + timedelta(seconds=31))
    task.refresh_from_db()
    assert (task.status, task.failures) == ("queued", 0)


# Races.


@pytest.mark.django_db(transaction=True)
def test_two_claims_never_get_the_same_task(agent):
    for number in range(3):
        give(agent, f"task {number}", now=NOW)
    outcomes = at_once(*[lambda: claim(agent, now=NOW)] * 8)
    assert not errors(outcomes)
    assert len([o for o in outcomes if o.task is not None]) == 1
    assert Task.objects.filter(status="in_progress").count() == 1


@pytest.mark.django_db(transaction=True)
def test_complete_and_cancel_at_once(agent):
    for _ in range(4):
        give(agent, now=NOW)
        task = claimed(agent, now=NOW)
        outcomes = at_once(
            lambda task=task: finish(agent, task),
            lambda task=task: tasks.cancel(organization=agent.organization, task_id=task.pk, by=SYSTEM, now=SOON),
        )
        refused = errors(outcomes)
        assert len(refused) == 1 and isinstance(refused[0], Conflict)
        task.refresh_from_db()
        assert task.status == ("cancelled" if outcomes[0] is refused[0] else "completed")
        assert len(audited(task, action=f"task.{task.status}")) == 1
    assert state_of(agent) == "ready"


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_take_back_once(agent):
    give(agent, now=NOW)
    task = claimed(agent, now=NOW, lease_seconds=30)
    outcomes = at_once(*[lambda: leases.sweep_lost(now=NOW + timedelta(minutes=5))] * 4)
    assert not errors(outcomes) and sum(outcomes) == 1
    assert task.reports.count() == 1


@pytest.mark.django_db(transaction=True)
def test_retire_and_assign_at_once_never_leave_work_behind(agent):
    outcomes = at_once(
        lambda: lifecycle.transition(
            organization=agent.organization,
            agent_id=agent.pk,
            to="retired",
            reason="Done.",
            by=key(KeyScope.LIFECYCLE),
            now=NOW,
        ),
        lambda: give(agent, now=NOW),
    )
    refused = errors(outcomes)
    assert len(refused) == 1 and isinstance(refused[0], Conflict)
    assert (state_of(agent) == "retired") == (Task.objects.count() == 0)
