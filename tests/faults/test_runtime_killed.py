"""A runtime that dies at work, with workers and beats that die as well: each task is taken back once, what the dead one
says afterwards changes nothing, and nothing runs twice at once (spec T2, T3)."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.runtime import call
from tests.faults.scratch import House, scratch_house, wait_for
from tests.faults.test_slow_clients import free_port

pytestmark = pytest.mark.slow

FLEET = 8
_TASKS = (
    "SELECT status, lease_token, failures, waits_until IS NOT NULL, count(*) FROM workforce_task "
    "WHERE title LIKE '%first%' GROUP BY 1, 2, 3, 4"
)


def reports(house: House) -> dict[str, int]:
    return dict(house.rows("SELECT kind, count(*) FROM workforce_workreport GROUP BY kind"))


def standing(house: House) -> list[tuple[Any, ...]]:
    """Status, number of claims, failures, whether it waits; and how many tasks are so."""
    return [(status, token, failed, bool(waits), count) for status, token, failed, waits, count in house.rows(_TASKS)]


def start_sweeps(house: House, round: int) -> None:
    for number in (1, 2):
        house.start_worker(f"worker{number}-{round}")
        house.start_beat(f"beat{number}-{round}")


def start_web(house: House) -> str:
    port = free_port()
    house.start(
        f"web-{port}", "-m", "granian", "--interface", "wsgi", "config.wsgi:application",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4",
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    wait_for("the web server", lambda: _answers(address), seconds=60)
    return address


def _answers(address: str) -> bool:
    try:
        return call(address, "nobody", "/api/work/claim", {})[0] == 401
    except OSError:
        return False


def test_its_work_is_taken_back_once(tmp_path: Path) -> None:
    with scratch_house(tmp_path) as house:
        try:
            _die_at_work(house, tmp_path / "begun.txt")
        except AssertionError:
            print(house.logs())
            raise


def _die_at_work(house: House, begun: Path) -> None:
    given = json.loads(house.run("-m", "tests.faults.queue", str(FLEET)).splitlines()[-1])
    token, agents = given["token"], given["agents"]
    start_sweeps(house, 1)
    address = start_web(house)
    begun.touch()
    house.start("runtime", "-m", "tests.faults.runtime", address, token, str(begun), *agents)
    wait_for("a claim for everyone", lambda: len(begun.read_text().splitlines()) == FLEET, seconds=60)
    claimed = time.monotonic()
    assert standing(house) == [("in_progress", 1, 0, False, FLEET)]
    house.kill()  # the runtime too

    address = start_web(house)
    status, answer = call(address, token, "/api/work/claim", {"agent_id": agents[0]})
    assert (status, answer["reason"]) == (200, "line_busy"), "the line is taken until the lease ends"
    assert reports(house) == {}
    wait_for("the end of the leases", lambda: time.monotonic() > claimed + 30, seconds=40)
    start_sweeps(house, 2)
    wait_for("all taken back", lambda: reports(house).get("lost") == FLEET, seconds=60)
    for _ in range(3):  # and nothing more, however often the sweep looks again
        last = house.one(_TICK)
        wait_for("another sweep", lambda last=last: house.one(_TICK) != last, seconds=20)
    assert standing(house) == [("queued", 1, 1, True, FLEET)]
    assert reports(house) == {"lost": FLEET}
    assert house.one("SELECT count(*) FROM workforce_auditevent WHERE action = 'task.requeued'") == FLEET
    assert house.rows("SELECT current_state, count(*) FROM workforce_agent GROUP BY 1") == [("assigned", FLEET)]

    for line in begun.read_text().splitlines():  # the dead one's answers arrive after all
        _, task, lease = line.split()
        status, answer = call(address, token, f"/api/work/{task}/complete", {"token": int(lease), "result": "Sorted."})
        assert (status, answer["code"]) == (409, "stale_token")
    assert reports(house) == {"lost": FLEET, "late": FLEET}
    assert standing(house) == [("queued", 1, 1, True, FLEET)]
    status, answer = call(address, token, "/api/work/claim", {"agent_id": agents[0]})
    assert (status, answer["task"]["title"]) == (200, "Sort the second heap"), "the line is free"


_TICK = "SELECT finished_at FROM workforce_sweeptick WHERE name = 'sweep-work'"
