"""A database made for one benchmark and removed after it, and a fleet in it. No other database is ever touched."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection

from scheduling.models import Shift, WorkSchedule
from workforce.choices import ClockStatus, LifecycleState, Role
from workforce.models import Agent, Membership, Organization, Presence, Team, User

#: A Thursday in November; every benchmark's days count from its midnight in UTC.
DAY = datetime(2026, 11, 19, tzinfo=UTC)
POD = 7


@contextmanager
def scratch_database() -> Iterator[str]:
    """Make, migrate and afterwards drop a database of our own beside the configured one. Yields what it runs on."""
    folder = tempfile.mkdtemp(prefix="punchcard-benchmark-")
    configured = connection.settings_dict["NAME"]
    name = Path(folder).name.replace("-", "_")
    connection.settings_dict["TEST"]["NAME"] = name if connection.vendor == "postgresql" else str(Path(folder) / name)
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        if Organization.objects.exists():
            raise SystemExit("The scratch database is not empty: nothing was measured.")
        yield "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    finally:
        connection.creation.destroy_test_db(configured, verbosity=0)
        shutil.rmtree(folder, ignore_errors=True)


def fleet(size: int, *, slug: str, scheduled: bool = True) -> tuple[Organization, User, list[Agent]]:
    """An organisation with a manager and ``size`` agents in pods of seven, on hours 09:00-17:00 UTC every day."""
    organization = Organization.objects.create(name=slug.title(), slug=slug, time_zone="UTC")
    manager = User.objects.create_user(f"manager@{slug}.example", "correct horse battery", name="Manager")
    Membership.objects.create(organization=organization, user=manager, role=Role.MANAGER)
    pods = [Team(organization=organization, name=f"Pod {n}", lead_user=manager) for n in range(-(-size // POD))]
    Team.objects.bulk_create(pods)
    agents = [
        Agent(
            organization=organization,
            agent_name=f"agent-{n:05}",
            agent_type="specialist",
            capability_tags=["web_research"],
            model_profile="sonnet-balanced",
            owner_user=manager,
            team=pods[n // POD],
            current_state=LifecycleState.READY.value,
            priority_tier="P1",
            risk_level="low",
            clock_status=ClockStatus.CLOCKED_OUT.value if scheduled else ClockStatus.NO_SCHEDULE.value,
        )
        for n in range(size)
    ]
    Agent.objects.bulk_create(agents, batch_size=500)
    Presence.objects.bulk_create([Presence(agent=agent, last_seen_at=DAY, status="ok") for agent in agents])
    if scheduled:
        _give_hours(organization, agents)
    return organization, manager, agents


def _give_hours(organization: Organization, agents: Sequence[Agent]) -> None:
    since = DAY - timedelta(hours=1)
    schedules = [
        WorkSchedule(
            organization=organization,
            agent=agent,
            time_zone="UTC",
            grace_minutes=0,
            active_since=since,
            clock_due_at=DAY + timedelta(hours=9),
        )
        for agent in agents
    ]
    WorkSchedule.objects.bulk_create(schedules, batch_size=500)
    Shift.objects.bulk_create(
        [Shift(schedule=s, name="standard", days=127, start_minute=540, end_minute=1020) for s in schedules],
        batch_size=500,
    )
