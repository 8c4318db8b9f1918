"""Two beats and two workers, killed while agents fall due: each is clocked out exactly once (spec W7, O2)."""

import time
from pathlib import Path

import pytest

from tests.faults.scratch import House, scratch_house, wait_for

pytestmark = pytest.mark.slow

FLEET = 20
START_SECONDS = 60


def start_all(house: House) -> None:
    for number in (1, 2):
        house.start_worker(f"worker{number}")
        house.start_beat(f"beat{number}")


def facts(house: House, name: str) -> dict[str, int]:
    """What was written about the agents of this name, counted in the database."""
    of_agent = f"JOIN workforce_agent a ON a.agent_id = x.agent_id WHERE a.agent_name LIKE '{name}-%'"
    of_subject = f"JOIN workforce_agent a ON a.agent_name = x.subject_label WHERE a.agent_name LIKE '{name}-%'"
    return {
        "clock records": house.one(f"SELECT count(*) FROM scheduling_clockrecord x {of_agent}"),
        "clock-outs by the clock": house.one(
            f"SELECT count(*) FROM scheduling_clockrecord x {of_agent} AND x.event = 'auto_pause'"
        ),
        "audited clock-outs": house.one(
            f"SELECT count(*) FROM workforce_auditevent x {of_subject} AND x.action = 'clock.auto_pause'"
        ),
        "holds": house.one(
            f"SELECT count(*) FROM workforce_hold x {of_agent} AND x.kind = 'off_hours' AND x.released_at IS NULL"
        ),
        "audited holds": house.one(
            f"SELECT count(*) FROM workforce_auditevent x {of_subject} AND x.action = 'hold.placed'"
        ),
        "audited pauses": house.one(
            f"SELECT count(*) FROM workforce_auditevent x {of_subject} AND x.action = 'agent.paused'"
        ),
        "commands": house.one(f"SELECT count(*) FROM workforce_command x {of_agent}"),
        "pauses to be told": house.one(
            f"SELECT count(*) FROM workforce_command x {of_agent} AND x.command = 'pause' AND x.superseded_at IS NULL"
        ),
        "off duty": house.one(
            "SELECT count(*) FROM workforce_agent WHERE agent_name LIKE "
            f"'{name}-%' AND clock_status = 'clocked_out' AND current_state = 'paused'"
        ),
    }


def clocked_out(house: House, name: str) -> int:
    return facts(house, name)["off duty"]


def ticks(house: House) -> str:
    """When the clock's sweep last finished."""
    found = house.rows("SELECT finished_at FROM workforce_sweeptick WHERE name = 'sweep-clock'")
    return str(found[0][0]) if found else ""


def test_each_is_clocked_out_once(tmp_path: Path) -> None:
    with scratch_house(tmp_path) as house:
        try:
            _kill_and_come_back(house)
        except AssertionError:
            print(house.logs())
            raise


def _kill_and_come_back(house: House) -> None:
    house.run("-m", "tests.faults.story", "before", str(FLEET), "0")
    start_all(house)
    wait_for("the first clock-out", lambda: clocked_out(house, "before"), seconds=START_SECONDS, every=0.02)
    house.kill()

    house.run("-m", "tests.faults.story", "during", str(FLEET), "1")
    due = time.monotonic() + 1
    wait_for("the moment they are due", lambda: time.monotonic() > due, seconds=5)
    assert clocked_out(house, "during") == 0, "someone still runs"

    start_all(house)
    for name in ("before", "during"):
        wait_for(f"everyone {name} it off duty", lambda n=name: clocked_out(house, n) == FLEET, seconds=START_SECONDS)
    for _ in range(3):  # and nothing more, however often the clock looks again
        last = ticks(house)
        wait_for("another tick", lambda last=last: ticks(house) != last, seconds=20)

    for name in ("before", "during"):
        assert facts(house, name) == dict.fromkeys(facts(house, name), FLEET), name
    wait_for("every event in the chain", lambda: house.one(_UNLINKED) == 0, seconds=20)
    assert "halden: " in house.run("-m", "django", "verify_audit")


_UNLINKED = (
    "SELECT count(*) FROM workforce_auditevent e LEFT JOIN workforce_auditlink l ON l.event_id = e.id "
    "WHERE l.id IS NULL"
)
