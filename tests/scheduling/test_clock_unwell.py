"""A degraded or escalated agent is told to wake, its owner hears of it once, and it clocks in when it is well (W4)."""

import pytest

from tests.support.clockwork import at, heard, hire, hours, live, pending, standing, sweep, told
from workforce.models import Command, Notice

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["degraded", "escalated"])
def unwell(request, agent):
    """Fell ill during the night: its hours leave it as it is when they end."""
    one = hire(agent, current_state=request.param)
    hours(one, off_hours_action="queue", since="-sun 12:00")
    return one


def test_it_is_told_to_wake_and_its_owner_once(unwell):
    live("mon 08:00", "mon 09:30")
    assert told(unwell) == []
    assert standing(unwell) == ("clocked_out", unwell.current_state, [])
    assert pending(unwell) == "wake"
    assert Command.objects.filter(agent=unwell).count() == 1
    (notice,) = Notice.objects.all()
    assert (notice.recipient.name, notice.kind, notice.subject_id) == ("Olga", "not_woken", str(unwell.pk))
    assert unwell.current_state in notice.text


def test_it_clocks_in_at_its_first_healthy_heartbeat(unwell):
    live("mon 08:00", "mon 09:20")
    heard(unwell, at("mon 09:20"))
    live("mon 09:20", "mon 09:21")
    assert told(unwell) == [("auto_wake", at("mon 09:21"), at("mon 09:00"))]
    assert standing(unwell)[0] == "clocked_in"


@pytest.mark.parametrize(
    ("moment", "status"),
    [("mon 08:59", "ok"), ("mon 09:05", "degraded"), ("mon 09:05", "blocked"), ("mon 09:05", "offline")],
)
def test_a_heartbeat_of_before_or_of_something_else_is_not_one(unwell, moment, status):
    heard(unwell, at(moment), status)
    live("mon 09:00", "mon 09:10")
    assert told(unwell) == []


def test_every_shift_is_told_anew(unwell):
    live("mon 09:00", "mon 09:10")
    live("tue 09:00", "tue 09:10")
    assert Notice.objects.count() == 2
    assert Command.objects.filter(agent=unwell).count() == 2


def test_one_that_never_came_back_leaves_no_clock_out(unwell):
    live("mon 16:50", "mon 23:00")
    assert told(unwell) == []


def test_one_paused_by_the_clock_the_evening_before_simply_resumes(agent):
    """Its hours pause it at their end, so in the morning it is paused, not degraded."""
    one = hire(agent, current_state="degraded")
    hours(one, status="clocked_in", since="mon 09:00")
    live("mon 17:00", "tue 09:00")
    assert standing(one) == ("clocked_in", "ready", [])
    assert not Notice.objects.exists()


def test_many_are_told_in_as_many_queries_as_few(agent):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (5, 40):
        for _ in range(number):
            hours(hire(agent, current_state="degraded"), off_hours_action="queue", clock_due_at=at("mon 09:00"))
        with CaptureQueriesContext(connection) as queries:
            assert sweep("mon 09:00").told == number
        counts.append(len(queries))
    assert counts[1] <= counts[0]
