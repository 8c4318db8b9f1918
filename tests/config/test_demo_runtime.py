"""The demo's runtimes: real heartbeats over HTTP, orders obeyed, troubles outlived (spec O1)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.demo import agent as player
from config.demo import runtime, seeding
from config.demo.agent import Agent
from config.demo.runtime import Fleet
from heartbeats.models import Heartbeat
from heartbeats.rules import payload
from scheduling.services import clock
from tests.support.runtimes import Stub, Until, orders, write_keys
from workforce import models
from workforce.models import Command, Presence
from workforce.selectors.standing import actor_of_user
from workforce.services import lifecycle

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(runtime, "FIRST_SPREAD_S", 0.5)
    for name in ("FIRST_BACK_OFF_S", "LONGEST_BACK_OFF_S"):
        monkeypatch.setattr(runtime, name, 0.05)
    for name, seconds in (("ON_DUTY_MOST_S", 0.5), ("OFF_DUTY_S", 0.5), ("CONFIRM_S", 0.05), ("REST_S", 0.05)):
        monkeypatch.setattr(player, name, seconds)


# ---- against the real API -------------------------------------------------------------------------------------------


@pytest.fixture
def fleet(live_server, tmp_path, settings, monkeypatch) -> Fleet:
    """Nobody has anything to do: what they do is in test_demo_work."""
    monkeypatch.setattr(seeding, "TASKS", ())
    monkeypatch.setattr(seeding, "WORKSTREAMS", ())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("seed_demo", state_dir=tmp_path, verbosity=0)
    return Fleet(url=live_server.url, keys=tmp_path / "demo-keys.json")


def _all_at_rest(fleet: Fleet) -> bool:
    return all(agent.orders and not agent.to_confirm and agent.unsent is None for agent in fleet.agents)


def _again(fleet: Fleet) -> Callable[[], bool]:
    """Whether every agent has been answered anew since now, with nothing left to confirm."""
    before = {agent.agent_id: agent.orders for agent in fleet.agents}
    return lambda: _all_at_rest(fleet) and all(a.orders is not before[a.agent_id] for a in fleet.agents)


@pytest.mark.django_db(transaction=True)
def test_a_day_in_the_life(fleet, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(player, "say", said.append)
    fleet.run(Until(lambda: _all_at_rest(fleet)))
    assert Presence.objects.filter(last_seen_at__isnull=False).count() == 23
    assert not Command.objects.filter(acknowledged_at__isnull=True, superseded_at__isnull=True).exists()
    watch = models.Agent.objects.select_related("presence").get(agent_name="deploy-watch-01")
    assert (watch.presence.status, watch.presence.work_mode) == ("ok", "idle")
    degraded = Presence.objects.get(agent__agent_name="support-triage-02")
    assert degraded.status == "degraded"
    held = Presence.objects.get(agent__agent_name="invoice-match-02")
    assert held.work_mode == "idle"
    assert "Daily cap" in held.summary

    mara = actor_of_user(models.User.objects.get(name="Mara Lindqvist"))
    at = {"organization": watch.organization, "agent_id": watch.pk, "by": mara}
    lifecycle.transition(**at, to="paused", reason="Look at the disk first.", now=timezone.now())
    fleet.run(Until(_again(fleet)))
    presence = Presence.objects.get(agent=watch)
    assert presence.work_mode == "idle"
    assert "Look at the disk first." in presence.summary

    lifecycle.transition(**at, to="ready", reason="", now=timezone.now())
    clock.clock_out(**at, now=timezone.now(), reason="Enough.")
    clock.clock_in(**at, now=timezone.now(), reason="Not yet.")
    fleet.run(Until(_again(fleet)))
    assert Command.objects.filter(agent=watch, command="wake", acknowledged_at__isnull=False).exists()
    assert Heartbeat.objects.filter(agent=watch, summary__startswith="Woken up.").exists()
    assert "deploy-watch-01: wake (Not yet.)" in said

    lifecycle.transition(**at, to="retired", reason="Replaced.", now=timezone.now())
    beats = Heartbeat.objects.filter(agent=watch).count()
    before = {agent.agent_id: agent.orders for agent in fleet.agents}

    def others_went_on() -> bool:
        refused = any(line.startswith("deploy-watch-01: refused with 401") for line in said)
        return refused and sum(a.orders is not before[a.agent_id] for a in fleet.agents) == 22

    fleet.run(Until(others_went_on))
    assert Heartbeat.objects.filter(agent=watch).count() == beats


# ---- against a server that misbehaves -------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


@pytest.fixture
def keys(tmp_path) -> Path:
    file = tmp_path / "demo-keys.json"
    write_keys(file, "first")
    return file


@pytest.mark.parametrize("trouble", [(500, {}), (503, {}), (429, {}), ("hang up", None)], ids=str)
def test_a_lost_answer_is_asked_for_again_with_the_same_heartbeat(stub, keys, trouble):
    stub.script = [trouble, trouble]
    Fleet(url=stub.url, keys=keys).run(Until(lambda: len(stub.seen) >= 4))
    ids = [sent["heartbeat_id"] for sent in stub.seen]
    assert ids[0] == ids[1] == ids[2]
    assert ids[3] != ids[2]


def test_a_server_that_is_not_there_yet(stub, keys, capsys):
    url = stub.url
    stub.close()
    tries = []
    fleet = Fleet(url=url, keys=keys)
    send = fleet._door.send
    fleet._door.send = lambda *a: (tries.append(1), send(*a))[1]  # type: ignore[method-assign]
    fleet.run(Until(lambda: len(tries) >= 4))
    out = capsys.readouterr().out
    assert out.count("does not answer") == 1
    assert not stub.seen


def test_an_idle_connection_that_was_closed_is_no_trouble(stub, keys, capsys):
    stub.script = [(200, orders()), ("hang up", None)]
    Fleet(url=stub.url, keys=keys).run(Until(lambda: len(stub.seen) >= 3))
    assert stub.connections == 2
    assert "does not answer" not in capsys.readouterr().out


def test_one_connection_serves_the_whole_fleet(stub, keys):
    write_keys(keys, "k", agents=20)
    Fleet(url=stub.url, keys=keys).run(Until(lambda: len(stub.seen) >= 40))
    assert stub.connections == 1


@pytest.mark.parametrize(
    "answer", [(409, {"detail": "It is retired."}), (400, b"<html>"), (404, []), (401, {})], ids=str
)
def test_a_refusal_is_not_repeated_at_once(stub, keys, answer):
    write_keys(keys, "k", agents=2)
    stub.script = [answer]
    Fleet(url=stub.url, keys=keys).run(Until(lambda: len(stub.seen) >= 5))
    assert [sent["agent_id"] for sent in stub.seen].count(stub.seen[0]["agent_id"]) == 1


def test_renewed_keys_are_taken_up(stub, keys):
    fleet = Fleet(url=stub.url, keys=keys)
    stub.script = [(401, {})]
    write_keys(keys, "second")
    os.utime(keys, (1, 1))
    fleet.run(Until(lambda: len(stub.seen) >= 2))
    assert [sent["key"] for sent in stub.seen[:2]] == ["Bearer first", "Bearer second"]


def test_a_command_is_done_once_and_confirmed_once(stub, keys):
    wake = {"id": "c1", "command": "wake", "reason": "Clocked in.", "issued_at": "2026-11-19T13:32:00Z"}
    stub.script = [(200, orders(commands=[wake])), (503, {}), (200, orders())]
    Fleet(url=stub.url, keys=keys).run(Until(lambda: len(stub.seen) >= 4))
    assert [sent["ack_commands"] for sent in stub.seen[:4]] == [[], ["c1"], ["c1"], []]
    assert stub.seen[1]["summary"] == "Woken up. Waiting for work."
    assert stub.seen[3]["summary"] == "Waiting for work."


# ---- what it says and how long it waits -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["ready", "assigned", "executing", "blocked", "degraded", "escalated", "paused", ""])
@pytest.mark.parametrize("desired", ["work", "pause", "stop"])
@pytest.mark.parametrize("on_duty", [True, False])
def test_what_it_says_can_be_taken(state, desired, on_duty):
    agent = Agent("0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01", "a", "k")
    agent.obey(orders(current_state=state, desired_state=desired, on_duty=on_duty, reason="x" * 500))
    sent = agent.heartbeat()
    reading = payload.read(json.dumps(sent).encode(), now=timezone.now())
    if desired != "work" or not on_duty:
        assert reading.work_mode == "idle"
    if state == "degraded":
        assert reading.status == "degraded"


@pytest.fixture
def _at_leisure(monkeypatch):
    monkeypatch.setattr(player, "ON_DUTY_MOST_S", 40.0)
    monkeypatch.setattr(player, "OFF_DUTY_S", 15.0)


@pytest.mark.usefixtures("_at_leisure")
@pytest.mark.parametrize("number", [0, 1, 2**31, 2**32 - 1])
def test_how_long_it_waits(number):
    agent = Agent(f"{number:032x}", "a", "k")

    def wait(**changes: Any) -> float:
        agent.obey(orders(**changes))
        return agent.wait_s(0.0)

    assert 30 <= wait() <= 36
    assert 30 <= wait(next_heartbeat_due="2026-11-19T13:42:00Z") <= 36
    assert wait(next_heartbeat_due="2026-11-19T13:32:20Z") < 19
    assert 12 <= wait(next_heartbeat_due=None) <= 15
    soon = {"kind": "clocks_out", "at": "2026-11-19T13:32:03Z"}
    assert 8 < wait(next_event=soon) <= 10
    assert wait(next_event={"kind": "clocks_in", "at": "2026-11-19T13:31:00Z"}) >= 30
    assert wait(commands=[{"id": "c", "command": "pause", "reason": ""}]) == player.CONFIRM_S


def test_agents_of_one_fleet_do_not_beat_in_step():
    phases = {round(Agent(f"0193f1c2-7a44-7b9e-8f00-{n:012x}", "a", "k").phase, 3) for n in range(24)}
    assert len(phases) >= 20


# ---- as a process ---------------------------------------------------------------------------------------------------


def _start(url: str, keys: Path, state: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "PUNCHCARD_STATE_DIR": str(state)}
    return subprocess.Popen(
        [sys.executable, "-m", "django", "demo_runtime", "--url", url, "--keys", str(keys)],
        cwd=REPO,
        env=environment | {"PYTHONPATH": str(REPO)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_told(stub, keys, tmp_path, ending):
    process = _start(stub.url, keys, tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not stub.seen:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stdout and process.stdout.read()
            time.sleep(0.05)
        began = time.monotonic()
        process.send_signal(ending)
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - began < 1
    finally:
        process.kill()


def test_it_carries_neither_django_nor_celery(stub, keys, tmp_path):
    process = _start(stub.url, keys, tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not stub.seen:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
        assert "site-packages" not in mapped
    finally:
        process.kill()
        process.wait()


def test_without_keys_it_has_nothing_to_do(tmp_path):
    process = _start("http://127.0.0.1:9", tmp_path / "none.json", tmp_path)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "no demo agents" in out


def test_with_broken_keys_it_says_so(tmp_path):
    (tmp_path / "k.json").write_text('{"agents": [{}]}')
    process = _start("http://127.0.0.1:9", tmp_path / "k.json", tmp_path)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "seed_demo" in out
