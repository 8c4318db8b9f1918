"""The demo's first tasks: every priority, type and standing there is, given by those who may (spec O1, T1)."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from config.demo.tasks import TASKS
from scheduling.models import RecurrenceRule, ScheduleException
from workforce.choices import AssignmentRole, ClockStatus, LifecycleState, TaskPriority, TaskStatus, TaskType
from workforce.models import Agent, Assignment, Task, TaskNeed, User, Workstream

THURSDAY = datetime(2026, 11, 19, 13, 32, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def seed(tmp_path, at: datetime = THURSDAY) -> None:
    with time_machine.travel(at, tick=False):
        call_command("seed_demo", state_dir=tmp_path, stdout=StringIO())


@pytest.mark.django_db
def test_every_priority_type_and_standing_is_there(tmp_path):
    seed(tmp_path)
    everything = Task.objects.all()
    assert 25 <= everything.count() == len(TASKS) <= 40
    assert set(everything.values_list("priority", flat=True)) == {priority.value for priority in TaskPriority}
    assert set(everything.values_list("type", flat=True)) == {kind.value for kind in TaskType}
    assert set(everything.values_list("status", flat=True)) == {
        TaskStatus.QUEUED.value, TaskStatus.BLOCKED.value, TaskStatus.CANCELLED.value,
    }  # fmt: skip
    assert everything.filter(due_at__lt=THURSDAY + timedelta(hours=1)).count() >= 3
    assert TaskNeed.objects.count() == everything.filter(open_needs=1).count() == 3
    cancelled = everything.get(status="cancelled")
    assert (cancelled.finished_by_label, cancelled.cancel_reason[:17]) == ("Ines Okafor", "The Danish office")


@pytest.mark.django_db
def test_one_is_overdue_with_an_agent_that_is_held(tmp_path):
    seed(tmp_path)
    overdue = Task.objects.open().get(due_at__lt=THURSDAY + timedelta(minutes=1))
    assert overdue.agent.agent_name == "lead-enrich-03"
    assert overdue.agent.state == LifecycleState.PAUSED


@pytest.mark.django_db
def test_one_waits_for_a_person_who_can_help(tmp_path):
    seed(tmp_path)
    blocked = Task.objects.select_related("agent", "unblock_user").get(status="blocked")
    assert (blocked.blocker_code, blocked.unblock_user.name) == ("waiting_input", "Tomas Reyes")
    assert "unblock it" in blocked.blocker_note
    assert blocked.reports.get().kind == "blocked"


@pytest.mark.django_db
def test_one_is_urgent_for_an_agent_off_duty(tmp_path):
    seed(tmp_path)
    urgent = Task.objects.select_related("agent").get(urgent=True)
    assert urgent.agent.clock == ClockStatus.CLOCKED_OUT
    assert urgent.created_by_kind == "user"
    assert urgent.agent.commands.filter(command="wake", reason__startswith="Urgent:").exists()


@pytest.mark.django_db
def test_delegations_come_from_agents_and_states_follow_the_work(tmp_path):
    seed(tmp_path)
    delegated = Task.objects.filter(type="delegation")
    assert delegated.count() == 4
    assert set(delegated.values_list("created_by_kind", flat=True)) == {"agent"}
    busy = Agent.objects.filter(tasks__status="queued", clock_status="clocked_in").exclude(
        current_state__in=["degraded", "escalated", "paused"]
    )
    assert set(busy.values_list("current_state", flat=True)) == {"assigned"}
    assert busy.filter(agent_name="ledger-main").exists()


@pytest.mark.django_db
def test_two_initiatives_and_who_has_what_part(tmp_path):
    seed(tmp_path)
    mixed = Workstream.objects.get(name="Oslo route")
    assert mixed.dri == User.objects.get(name="Hanna Vogel")
    assert mixed.assignments.values("agent__team").distinct().count() >= 3
    assert set(Assignment.objects.values_list("role", flat=True)) == {role.value for role in AssignmentRole}
    handed = Assignment.objects.get(status="handoff")
    assert handed.handed_to.agent.agent_name == "social-listen-01"
    assert handed.handed_to.handoff_reason
    owned = Task.objects.exclude(workstream=None)
    assert owned.count() == Assignment.objects.open().filter(role="owner").count() == 3


@pytest.mark.django_db
def test_two_agents_have_custom_hours(tmp_path):
    seed(tmp_path)
    assert set(RecurrenceRule.objects.values_list("schedule__agent__agent_name", flat=True)) == {
        "dep-upgrade-01", "seo-audit-02",
    }  # fmt: skip
    assert set(ScheduleException.objects.values_list("kind", flat=True)) == {"off", "extra"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "at",
    [THURSDAY, datetime(2026, 11, 22, 3, 30, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)],
    ids=["a working day", "in the Sunday night", "at the end of a leap day"],
)
def test_a_second_seeding_adds_no_work(tmp_path, at):
    seed(tmp_path, at)
    before = list(Task.objects.order_by("pk").values())
    assert len(before) == len(TASKS)
    seed(tmp_path, at + timedelta(days=1))
    assert list(Task.objects.order_by("pk").values()) == before
