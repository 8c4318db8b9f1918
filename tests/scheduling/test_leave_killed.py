"""Two beats and two workers, killed while leave begins: each agent is held exactly once, and freed once (W10, O2)."""

from pathlib import Path

import pytest

from tests.faults.scratch import House, scratch_house, wait_for

pytestmark = pytest.mark.slow

FLEET, PATIENCE = 20, 90
#: Leave that began an hour ago and that nobody saw begin: entered through the service as it was yesterday.
STORY = """
import sys
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from scheduling.services import leave
from tests.factories import AgentFactory, OrganizationFactory, TeamFactory
from tests.support.actors import SYSTEM
now, ends = timezone.now(), float(sys.argv[1])
organization = OrganizationFactory(slug="halden")
pod = TeamFactory(organization=organization)
for number in range({fleet}):
    agent = AgentFactory(organization=organization, team=pod, agent_name=f"away-{{number:02}}")
    data = {{"agent_id": agent.pk, "starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(seconds=ends)}}
    data["reason"] = "The new model is rolled out."
    leave.plan(organization=organization, data=data, by=SYSTEM, now=now - timedelta(days=1))
"""


def count(house: House, what: str) -> int:
    return int(house.one(f"SELECT count(*) FROM {what}"))


def running(house: House) -> int:
    return count(house, "scheduling_leave WHERE status = 'running'")


def start_all(house: House) -> None:
    for number in (1, 2):
        house.start_worker(f"worker{number}")
        house.start_beat(f"beat{number}")


def test_each_is_held_and_freed_once(tmp_path: Path) -> None:
    with scratch_house(tmp_path) as house:
        try:
            _kill_and_come_back(house)
        except AssertionError:
            print(house.logs())
            raise


def _kill_and_come_back(house: House) -> None:
    house.run("-c", STORY.format(fleet=FLEET), "3600")
    assert running(house) == 0
    start_all(house)
    wait_for("the first leave", lambda: running(house), seconds=PATIENCE, every=0.01)
    house.kill()
    assert running(house) in (0, FLEET), "a batch is one transaction"

    start_all(house)
    wait_for("everyone on leave", lambda: running(house) == FLEET, seconds=PATIENCE)
    assert count(house, "workforce_hold WHERE kind = 'leave' AND released_at IS NULL") == FLEET
    assert count(house, "workforce_hold") == FLEET
    assert count(house, "workforce_agent WHERE current_state = 'paused'") == FLEET
    for action in ("leave.planned", "leave.started", "hold.placed", "agent.paused"):
        assert count(house, f"workforce_auditevent WHERE action = '{action}'") == FLEET, action

    house.kill()
    house.run("-c", END)
    start_all(house)
    wait_for(
        "everyone back", lambda: count(house, "scheduling_leave WHERE status = 'ended'") == FLEET, seconds=PATIENCE
    )
    assert count(house, "workforce_hold WHERE released_at IS NULL") == 0
    assert count(house, "workforce_agent WHERE current_state = 'ready'") == FLEET
    for action in ("leave.ended", "hold.released", "agent.made_ready"):
        assert count(house, f"workforce_auditevent WHERE action = '{action}'") == FLEET, action


#: Its end has come while nothing ran.
END = """
import django
django.setup()
from django.utils import timezone
from scheduling.models import Leave
from workforce.models import Hold
now = timezone.now()
Leave.objects.update(ends_at=now, due_at=now)
Hold.objects.update(until=now)
"""
