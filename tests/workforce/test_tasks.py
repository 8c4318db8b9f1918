"""What beat sends for: each task does its service's work, says so in a sentence, and leaves its tick."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from config.beat import BEAT_TABLE
from config.celery import app
from tests.factories import AgentFactory, WorkScheduleFactory
from tests.support.actors import SYSTEM
from tests.support.api import issue
from workforce.choices import HoldKind
from workforce.models import Agent, AuditEvent, AuditLink, SweepTick
from workforce.services import holds, idempotency, ticks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 13, 32, tzinfo=UTC)


def run(name):
    app.loader.import_default_modules()  # as a worker does at its start
    return app.tasks[name].apply(throw=True, task_id=f"task-{name}").get()


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def test_every_beat_has_its_task():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_TABLE.values()} <= set(app.tasks)


def test_expire_holds(agent):
    past = NOW - timedelta(hours=2)
    holds.place(
        organization=agent.organization,
        agent_id=agent.pk,
        kind=HoldKind.BUDGET,
        reason="x",
        until=NOW - timedelta(hours=1),
        by=SYSTEM,
        now=past,
    )
    assert run("workforce.expire_holds") == "Released 1 holds"
    assert Agent.objects.get(pk=agent.pk).current_state == "ready"
    tick = SweepTick.objects.get(name="expire-holds")
    assert (tick.finished_at, tick.said) == (NOW, "Released 1 holds")
    assert run("workforce.expire_holds") == "Released 0 holds"
    by_the_task = AuditEvent.objects.filter(action="hold.released").get()
    assert by_the_task.request_id == "task-workforce.expire_holds"


def test_link_audit(agent):
    holds.place(
        organization=agent.organization, agent_id=agent.pk, kind=HoldKind.BUDGET, reason="x", by=SYSTEM, now=NOW
    )
    assert run("workforce.link_audit") == "Linked 2 events"
    assert AuditLink.objects.count() == 2
    assert SweepTick.objects.get(name="link-audit").finished_at == NOW


def test_sweep_clock(organization, pod, olga):
    agent = AgentFactory(organization=organization, team=pod, owner_user=olga, clock_status="clocked_out")
    WorkScheduleFactory(agent=agent, clock_due_at=NOW, active_since=NOW - timedelta(days=7))
    said = run("scheduling.sweep_clock")
    assert said == "Clocked in 1, out 0, told 0; looked at 1"
    assert Agent.objects.get(pk=agent.pk).clock_status == "clocked_in"
    assert SweepTick.objects.get(name="sweep-clock").said == said


def test_forget_idempotent(organization):
    long_ago = NOW - timedelta(minutes=2)
    idempotency.claim(api_key=issue(organization)[0], key="k", method="POST", path="/", body=b"", now=long_ago)
    assert run("workforce.forget_idempotent") == "Forgot 1 answers"
    assert run("workforce.forget_idempotent") == "Forgot 0 answers"
    assert SweepTick.objects.get(name="forget-idempotent").finished_at == NOW


def test_a_failed_sweep_leaves_no_tick(monkeypatch):
    """Readiness must not call it alive."""

    def broken(**_):
        raise RuntimeError("no")

    monkeypatch.setattr(holds, "expire_due", broken)
    with pytest.raises(RuntimeError):
        run("workforce.expire_holds")
    assert not SweepTick.objects.exists()


def test_the_tasks_id_does_not_stick():
    from workforce.rules.request_ids import current_request_id

    run("workforce.link_audit")
    assert current_request_id() == ""


def test_a_tick_moves_on_and_is_cut(frozen):
    ticks.finished("x", said="y" * 300, now=NOW)
    assert ticks.finished("x", said="z" * 300, now=NOW + timedelta(seconds=5)) == "z" * 300
    tick = SweepTick.objects.get()
    assert (tick.finished_at, tick.said) == (NOW + timedelta(seconds=5), "z" * 200)
