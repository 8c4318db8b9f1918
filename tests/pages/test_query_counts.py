"""A page asks the database the same number of questions, whatever the fleet's size."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.models import ClockRecord
from tests.factories import AgentFactory, TeamFactory, WorkScheduleFactory
from workforce.services import holds

Reader = Callable[..., Client]


@pytest.fixture
def grow(organization: Any, alice: Any, actor: Any, at_now: Any) -> Callable[[int], None]:
    """More agents, each with hours, a hold and a record; a new pod for every ten."""

    def more(number: int) -> None:
        for index in range(number):
            pod = TeamFactory(organization=organization) if index % 10 == 0 else pod  # noqa: F821
            agent = AgentFactory(organization=organization, team=pod, owner_user=alice)
            WorkScheduleFactory(agent=agent, shifts=[("Early", 127, 300, 700), ("Late", 127, 700, 1200)])
            who = {"organization": organization, "by": actor(alice), "now": at_now}
            holds.place(agent_id=agent.pk, kind="leave", reason="Away", until=at_now + timedelta(days=1), **who)
            ClockRecord.objects.create(
                organization=organization,
                agent=agent,
                time=at_now - timedelta(minutes=index),
                event="clocked_in",
                triggered_by_kind="user",
                triggered_by_id="1",
                triggered_by="Alice",
            )

    return more


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/", 16),
        ("/?sort=heartbeat", 15),
        ("/overview/live", 15),
        ("/schedules", 15),
        ("/schedules?sort=next", 15),
        ("/schedules?having=unscheduled", 14),
        ("/schedules/live", 14),
        ("/schedules/agents", 6),
        ("/schedules.csv", 9),
        ("/history", 6),
        ("/preferences", 3),
        ("/overview.csv", 9),
    ],
)
def test_it_stays_the_same(reader: Reader, alice: Any, grow: Callable[[int], None], path: str, most: int) -> None:
    client = reader(alice)
    grow(5)
    few = queries(client, path)
    grow(115)
    assert queries(client, path) == few <= most


def test_clocking_one_in_does_not_look_at_the_others(
    reader: Reader, alice: Any, agent: Any, grow: Callable[[int], None]
) -> None:
    client = reader(alice)

    def press(verb: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.post(f"/agents/{agent.pk}/{verb}", headers={"HX-Request": "true"}).status_code == 200
        return len(asked)

    first = press("clock-in"), press("clock-out")
    grow(60)
    assert (press("clock-in"), press("clock-out")) == first
