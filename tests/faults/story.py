"""Run in a process of the scratch house: hire agents whose hours end some seconds from now.

``python -m tests.faults.story NAME COUNT SECONDS``
"""

import sys
from datetime import timedelta

import django


def hire(name: str, count: int, seconds: float) -> None:
    """Agents at work whose hours ended an hour ago, but act only ``seconds`` from now: due then, to the second."""
    now = timezone.now()
    due = now + timedelta(seconds=seconds)
    organization, _ = Organization.objects.get_or_create(slug="halden", defaults={"name": "Halden Freight"})
    owner, _ = User.objects.get_or_create(email="olga@example.com", defaults={"name": "Olga"})
    pod, _ = Team.objects.get_or_create(organization=organization, name="Support")
    start, end = now - timedelta(hours=3), now - timedelta(hours=1)
    for number in range(count):
        agent = AgentFactory(
            organization=organization,
            team=pod,
            owner_user=owner,
            agent_name=f"{name}-{number:02}",
            current_state="executing",
            clock_status="clocked_in",
            clock_since=start,
        )
        WorkScheduleFactory(
            agent=agent,
            time_zone="UTC",
            grace_minutes=0,
            active_since=due,
            clock_due_at=due,
            shifts=[("day", 127, start.hour * 60 + start.minute, end.hour * 60 + end.minute)],
        )


if __name__ == "__main__":
    django.setup()
    from django.utils import timezone

    from tests.factories import AgentFactory, WorkScheduleFactory
    from workforce.models import Organization, Team, User

    hire(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
