"""Run in a process of the scratch house: hire agents with two tasks each, and print a key that works for all of them.

``python -m tests.faults.queue COUNT``
"""

import json
import sys

import django


def hire(count: int) -> dict[str, object]:
    now = timezone.now()
    organization = Organization.objects.create(slug="halden", name="Halden Freight")
    owner = User.objects.create(email="olga@example.com", name="Olga")
    pod = Team.objects.create(organization=organization, name="Support")
    agents = []
    for number in range(count):
        agent = AgentFactory(organization=organization, team=pod, owner_user=owner, agent_name=f"worker-{number:02}")
        for heap in ("first", "second"):
            data = {"agent_id": agent.pk, "title": f"Sort the {heap} heap"}
            tasks.create(organization=organization, data=data, by=SYSTEM, now=now)
        agents.append(str(agent.pk))
    return {"token": issue(organization)[1], "agents": agents}


if __name__ == "__main__":
    django.setup()
    from django.utils import timezone

    from tests.factories import AgentFactory
    from tests.support.actors import SYSTEM
    from tests.support.api import issue
    from workforce.models import Organization, Team, User
    from workforce.services import tasks

    print(json.dumps(hire(int(sys.argv[1]))))
