"""The windows of an agent's caps are midnights of the zone of its hours (spec B1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from budgets.models import Caps
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services.usage import record
from scheduling.services import schedules
from tests.support.actors import SYSTEM

pytestmark = pytest.mark.django_db
#: 20:00 in Berlin, where the organisation is; 04:00 of the next day in Tokyo, noon before in Los Angeles.
NOW = datetime(2026, 11, 19, 19, 0, tzinfo=UTC)


def hours(zone: str) -> dict[str, Any]:
    shift = {"name": "", "days": ["mon"], "start": "09:00", "end": "17:00"}
    return {"type": "standard", "time_zone": zone, "shifts": [shift]}


def use(agent: Any, tokens: int, at: datetime, key: str) -> None:
    entry = Entry(agent.pk, key, "sonnet", Tokens(tokens, 0, 0, 0), at=at)
    record(organization=agent.organization, entries=[entry], by=SYSTEM, now=NOW)


def used(agent: Any) -> tuple[int, int]:
    row = Caps.objects.get(agent=agent)
    daily, weekly, *_ = row.gauges(agent.organization.time_zone, NOW)
    assert row.daily_used == daily.used
    return int(daily.used), int(weekly.used)


def test_hours_in_another_zone_move_the_windows_and_what_is_counted(agent: Any) -> None:
    use(agent, 1, NOW, "now")
    use(agent, 10, NOW - timedelta(hours=10), "Berlin's morning")
    use(agent, 100, NOW - timedelta(hours=21), "Berlin's evening before")
    assert used(agent) == (11, 111)
    rest = {"organization": agent.organization, "by": SYSTEM, "now": NOW}
    made = schedules.create(agent_id=agent.pk, data=hours("Asia/Tokyo"), **rest)
    assert used(agent) == (1, 111)
    schedules.update(schedule_id=made.pk, data={"time_zone": "Pacific/Honolulu"}, **rest)
    assert used(agent) == (1, 111)  # midnight there was nine hours ago
    schedules.update(schedule_id=made.pk, data={"time_zone": "Asia/Kolkata"}, **rest)
    assert used(agent) == (1, 111)
    schedules.delete(schedule_id=made.pk, **rest)
    assert used(agent) == (11, 111)


def test_an_agent_that_used_nothing_yet_counts_in_its_own_zone(agent: Any) -> None:
    schedules.create(organization=agent.organization, agent_id=agent.pk, data=hours("Asia/Tokyo"), by=SYSTEM, now=NOW)
    use(agent, 10, NOW - timedelta(hours=5), "before midnight in Tokyo")
    assert used(agent) == (0, 10)
    assert Caps.objects.get().time_zone == "Asia/Tokyo"


def test_the_organisations_new_zone_is_counted_in_from_the_next_usage_on(agent: Any) -> None:
    use(agent, 10, NOW - timedelta(hours=10), "one")
    agent.organization.time_zone = "Asia/Tokyo"
    agent.organization.save()
    use(agent, 1, NOW, "two")
    assert used(agent) == (1, 11)


def test_a_narrower_day_may_reach_the_cap(agent: Any) -> None:
    Caps.objects.create(agent=agent, daily_tokens=100, time_zone="Asia/Tokyo")
    use(agent, 60, NOW - timedelta(hours=10), "one")
    use(agent, 60, NOW, "two")
    assert used(agent)[0] == 60
    schedules.create(
        organization=agent.organization, agent_id=agent.pk, data=hours("Europe/Berlin"), by=SYSTEM, now=NOW
    )
    assert used(agent)[0] == 120 and Caps.objects.get().act_due_at == NOW
