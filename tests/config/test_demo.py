"""The demo company: made whole or not at all, alive at whatever moment it is made (spec O1)."""

import json
import stat
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from config.demo import hours, seeding
from config.demo.fleet import FLEET
from config.demo.people import PEOPLE, PODS, SLUG
from config.sign_ins import write_private
from scheduling.models import ClockRecord, WorkSchedule
from scheduling.rules.hours import check_hours, interval_at, next_start
from scheduling.services import clock_sweep
from workforce.choices import ClockStatus, HoldKind, LifecycleState, Role
from workforce.models import Agent, ApiKey, AuditEvent, Hold, Membership, Organization, Presence, Task, Team, User
from workforce.rules.actors import system
from workforce.services import keys, people

THURSDAY = datetime(2026, 11, 19, 13, 32, 7, tzinfo=UTC)
ENDS, STARTS = "kb-writer-01", "patent-scan-01"


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Eight careful hashes per seeding would be most of these tests' time; that they are used is tested elsewhere."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _without_work(request, monkeypatch):
    """What is seeded to be done is most of the time again; test_demo_tasks looks at it."""
    if "with_work" not in request.fixturenames:
        monkeypatch.setattr(seeding, "TASKS", ())
        monkeypatch.setattr(seeding, "WORKSTREAMS", ())


@pytest.fixture
def with_work() -> None:
    """The tasks and workstreams too."""


def seed(tmp_path, at=THURSDAY, *arguments: str) -> str:
    out = StringIO()
    with time_machine.travel(at, tick=False):
        call_command("seed_demo", *arguments, state_dir=tmp_path, stdout=out)
    return out.getvalue()


# ---- what is there --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_twenty_four_agents_in_five_pods(tmp_path):
    seed(tmp_path)
    assert Agent.objects.count() == 24
    assert dict.fromkeys(PODS) == dict.fromkeys(["Support", "Growth", "Platform", "Research", "Back office"])
    assert [team.agents.count() for team in Team.objects.order_by("name")] == [4, 5, 5, 4, 6]
    assert all(team.lead is not None for team in Team.objects.all())
    assert Team.objects.get(name="Back office").lead == Agent.objects.get(agent_name="ledger-main")
    assert set(Agent.objects.filter(owner_agent__agent_name="ledger-main").values_list("agent_name", flat=True)) == {
        "customs-docs-01",
        "invoice-match-02",
    }
    assert Presence.objects.count() == 24


@pytest.mark.django_db
def test_on_a_working_day_every_useful_state_is_there(tmp_path, with_work):
    seed(tmp_path)
    states = dict(Agent.objects.values_list("agent_name", "current_state"))
    # Who executes has claimed a task, and that is for the runtimes to do.
    assert set(states.values()) == set(LifecycleState) - {LifecycleState.ARCHIVED, LifecycleState.EXECUTING}
    for described in FLEET:
        if described.state != LifecycleState.READY:
            assert states[described.name] == described.state
    assert set(Hold.objects.active().values_list("kind", flat=True)) == {
        HoldKind.OFF_HOURS,
        HoldKind.BUDGET,
        HoldKind.MANUAL,
    }
    assert set(Agent.objects.values_list("clock_status", flat=True)) == set(ClockStatus)


def test_policies_and_zones_are_varied():
    laid = [d.hours(THURSDAY) if callable(d.hours) else d.hours for d in FLEET if d.hours is not None]
    assert {data["type"] for data in laid} == {"standard", "shift", "custom"}
    custom = [data for data in laid if data["type"] == "custom"]
    assert all(len(data["rules"]) == 2 and data["exceptions"] for data in custom)
    assert len(custom) == 2
    assert {data.get("off_hours_action", "pause") for data in laid} == {"pause", "stop", "queue"}
    for flag in ("auto_wake", "enforce_clock_in", "enforce_clock_out"):
        default = flag != "enforce_clock_in"
        assert {data.get(flag, default) for data in laid} == {True, False}
    assert len({data["time_zone"] for data in laid}) >= 6
    assert len({data.get("grace_minutes", 10) for data in laid}) >= 4
    night = next(d.hours for d in FLEET if d.name == "test-runner-02")
    assert (night["shifts"][0]["start"], night["shifts"][0]["end"]) == ("22:00", "06:00")


@pytest.mark.django_db
def test_everything_was_done_by_services(tmp_path):
    seed(tmp_path)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {
        "organization.created",
        "membership.added",
        "team.created",
        "agent.created",
        "agent.made_ready",
        "agent.retired",
        "agent.escalated",
        "schedule.created",
        "hold.placed",
        "key.issued",
        "clock.auto_wake",
    } <= actions
    assert AuditEvent.objects.filter(action="agent.created").count() == 24
    escalated = AuditEvent.objects.filter(subject_label="customs-docs-01", action="agent.escalated").get()
    assert escalated.actor_label == "Mara Lindqvist"
    assert escalated.reason


@pytest.mark.django_db
def test_the_sign_ins_open_the_door(tmp_path):
    said = seed(tmp_path)
    lines = (tmp_path / "sign-ins.txt").read_text().splitlines()[1:]
    assert len(lines) == len(PEOPLE) == User.objects.count()
    for line in lines:
        email, password = line.split()[-2:]
        assert User.objects.get(email=email).check_password(password)
        assert password not in said
    roles = dict(Membership.objects.values_list("user__name", "role"))
    assert roles["Mara Lindqvist"] == Role.MANAGER
    assert set(roles.values()) == set(Role)
    assert set(User.objects.filter(is_staff=True).values_list("name", flat=True)) == {"Mara Lindqvist", "Greta Sund"}
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.django_db
def test_every_agent_but_the_retired_one_has_its_own_key(tmp_path):
    seed(tmp_path)
    rows = json.loads((tmp_path / "demo-keys.json").read_text())["agents"]
    assert len(rows) == 23
    for row in rows:
        key = keys.authenticate(row["key"], now=THURSDAY)
        assert key is not None
        assert str(key.agent_id) == row["agent_id"]
        assert key.agent.agent_name == row["agent_name"]


@pytest.mark.django_db
def test_the_files_are_for_their_owner_alone(tmp_path):
    state = tmp_path / "new" / "folder"
    seed(state)
    for name in ("sign-ins.txt", "demo-keys.json"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in state.iterdir()) == ["demo-keys.json", "sign-ins.txt"]


def test_a_private_file_is_replaced_whole(tmp_path):
    file = tmp_path / "x"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(UnicodeEncodeError):
        write_private(file, "\ud800")
    assert file.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


# ---- whenever it is started -----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_at_every_hour_somebody_works_and_somebody_does_not(tmp_path, hour):
    seed(tmp_path, THURSDAY.replace(hour=hour))
    statuses = set(Agent.objects.values_list("clock_status", flat=True))
    assert statuses == set(ClockStatus)


def test_at_every_quarter_of_the_week_somebody_is_off_and_somebody_is_on():
    """By the hours alone, grace included, of those whose hours do not hang on the first start."""
    laid = []
    for described in FLEET:
        if isinstance(described.hours, dict):
            data = described.hours
            windows = data.get("shifts") or [{key: data[key] for key in ("days", "start", "end")}]
            grace = timedelta(minutes=data.get("grace_minutes", 10))
            laid.append((check_hours(data["type"], data["time_zone"], windows), grace))
    at = datetime(2026, 11, 16, tzinfo=UTC)
    for _ in range(7 * 96):
        on = [interval_at(h, at) is not None or interval_at(h, at - grace) is not None for h, grace in laid]
        assert any(on), at
        assert not all(on), at
        at += timedelta(minutes=15)


FIRST_STARTS = [
    THURSDAY,
    datetime(2026, 11, 19, 23, 59, 30, tzinfo=UTC),
    datetime(2026, 11, 19, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 11, 20, 0, 0, tzinfo=UTC),
    datetime(2026, 11, 19, 18, 29, 10, tzinfo=UTC),  # the shift ends at midnight in Kolkata
    datetime(2026, 11, 20, 6, 58, 30, tzinfo=UTC),  # the shift begins at midnight in Phoenix
    datetime(2026, 3, 29, 0, 59, 45, tzinfo=UTC),  # Berlin's clocks go forward
    datetime(2026, 10, 25, 0, 59, 45, tzinfo=UTC),  # and back
    datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 59, 20, tzinfo=UTC),
]


@pytest.mark.parametrize("start", FIRST_STARTS, ids=str)
def test_one_shift_is_about_to_end_and_one_to_begin(start):
    def laid(data: dict[str, Any]) -> Any:
        window = {"days": data["days"], "start": data["start"], "end": data["end"]}
        return check_hours(data["type"], data["time_zone"], [window])

    for seconds in range(60):
        now = start + timedelta(seconds=seconds)
        running = interval_at(laid(hours.ends_soon(now)), now)
        assert running is not None
        assert timedelta(seconds=45) <= running.end - now <= timedelta(seconds=105)
        begins = laid(hours.starts_soon(now))
        assert interval_at(begins, now) is None
        start_at = next_start(begins, now)
        assert start_at is not None
        assert timedelta(seconds=120) <= start_at - now <= timedelta(seconds=180)


@pytest.mark.django_db
@pytest.mark.parametrize("start", FIRST_STARTS, ids=str)
def test_a_newcomer_sees_one_clock_out_and_one_wake(tmp_path, start):
    seed(tmp_path, start)

    def of(name):
        return Agent.objects.get(agent_name=name)

    assert (of(ENDS).clock, of(ENDS).state) == (ClockStatus.CLOCKED_IN, LifecycleState.READY)
    assert (of(STARTS).clock, of(STARTS).state) == (ClockStatus.CLOCKED_OUT, LifecycleState.PAUSED)
    clock_sweep.sweep(now=start + timedelta(seconds=30))
    assert of(ENDS).clock == ClockStatus.CLOCKED_IN

    clock_sweep.sweep(now=start + timedelta(seconds=110))
    assert (of(ENDS).clock, of(ENDS).state) == (ClockStatus.CLOCKED_OUT, LifecycleState.PAUSED)
    assert of(STARTS).clock == ClockStatus.CLOCKED_OUT

    clock_sweep.sweep(now=start + timedelta(seconds=185))
    assert (of(STARTS).clock, of(STARTS).state) == (ClockStatus.CLOCKED_IN, LifecycleState.READY)
    assert list(ClockRecord.objects.filter(agent=of(STARTS)).order_by("time").values_list("event", flat=True)) == [
        "auto_pause",
        "auto_wake",
    ]


# ---- doing nothing, doing it again ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [(), ("--if-empty",)])
def test_a_second_seeding_changes_nothing(tmp_path, arguments):
    seed(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    events = AuditEvent.objects.count()
    assert "already" in seed(tmp_path, THURSDAY + timedelta(days=1), *arguments)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
def test_if_empty_leaves_a_real_company_alone(tmp_path):
    people.create_organization(name="Real", time_zone="UTC", by=system("tests"), now=THURSDAY)
    seed(tmp_path, THURSDAY, "--if-empty")
    assert not Agent.objects.exists()
    assert not list(tmp_path.iterdir())
    seed(tmp_path)
    assert Agent.objects.count() == 24
    assert Organization.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["clock", "files"])
def test_a_seeding_that_breaks_off_leaves_nothing(tmp_path, with_work, monkeypatch, where):
    if where == "clock":
        monkeypatch.setattr(seeding, "_open_workstream", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seed(tmp_path)
    else:
        (tmp_path / "state").write_text("a file where a folder should be")
        with pytest.raises(CommandError, match="Cannot write"):
            seed(tmp_path / "state")
    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert not Task.objects.exists()
    monkeypatch.undo()
    seed(tmp_path / "again", THURSDAY, "--if-empty")
    assert Agent.objects.count() == 24


@pytest.mark.django_db
def test_lost_keys_are_renewed(tmp_path):
    seed(tmp_path)
    lost = {row["agent_id"]: row["key"] for row in json.loads((tmp_path / "demo-keys.json").read_text())["agents"]}
    (tmp_path / "demo-keys.json").unlink()
    later = THURSDAY + timedelta(days=3)
    seed(tmp_path, later, "--if-empty")
    found = {row["agent_id"]: row["key"] for row in json.loads((tmp_path / "demo-keys.json").read_text())["agents"]}
    assert found.keys() == lost.keys()
    assert all(keys.authenticate(key, now=later) is not None for key in found.values())
    assert all(keys.authenticate(key, now=later) is not None for key in lost.values())
    assert all(keys.authenticate(key, now=later + timedelta(days=1)) is None for key in lost.values())


@pytest.mark.django_db
def test_keys_that_somebody_revoked_stay_dead(tmp_path):
    seed(tmp_path)
    for key in ApiKey.objects.select_related("organization"):
        keys.revoke(key=key, by=system("tests"), now=THURSDAY)
    (tmp_path / "demo-keys.json").unlink()
    seed(tmp_path, THURSDAY, "--if-empty")
    assert not (tmp_path / "demo-keys.json").exists()


@pytest.mark.django_db
def test_the_schedules_know_when_the_clock_looks_again(tmp_path):
    seed(tmp_path)
    assert Organization.objects.get().slug == SLUG
    for schedule in WorkSchedule.objects.select_related("agent"):
        never = schedule.agent.agent_name == "deploy-watch-01"
        assert (schedule.clock_due_at is None) is never
        assert never or schedule.clock_due_at > THURSDAY
