"""The ticks in code, in the database, and among Celery's tasks are the same ones."""

from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.beat import BEAT_TABLE
from config.beat_scheduler import Scheduler


def entries() -> dict[str, dict[str, object]]:
    """What beat would run, read from the database, in the shape of the table in code."""
    return {
        task.name: {
            "task": task.task,
            "schedule": task.schedule.run_every.total_seconds(),
            "options": {"queue": task.queue, "expire_seconds": task.expire_seconds},
        }
        for task in PeriodicTask.objects.all()
    }


def start_beat() -> Scheduler:
    """Beat drops a connection that is within a transaction: hence the transactional database of these tests."""
    return Scheduler(app=current_app._get_current_object())


def test_after_a_start_the_database_agrees_with_the_code(transactional_db: None) -> None:
    start_beat()
    assert entries() == BEAT_TABLE
    assert all(PeriodicTask.objects.values_list("enabled", flat=True))


def test_a_second_start_changes_nothing(transactional_db: None) -> None:
    start_beat()
    start_beat()
    assert entries() == BEAT_TABLE


def test_entries_that_left_the_code_leave_the_database(transactional_db: None) -> None:
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="forgotten", task="scheduling.gone", interval=every)
    scheduler = start_beat()
    assert entries() == BEAT_TABLE
    assert "forgotten" not in scheduler.schedule


def test_an_entry_edited_by_hand_is_put_right(transactional_db: None) -> None:
    start_beat()
    PeriodicTask.objects.filter(name="sweep-clock").update(queue="celery", expire_seconds=None)
    start_beat()
    assert entries() == BEAT_TABLE


def test_an_entry_switched_off_by_hand_stays_off(transactional_db: None) -> None:
    start_beat()
    PeriodicTask.objects.filter(name="sweep-clock").update(enabled=False)
    start_beat()
    assert PeriodicTask.objects.get(name="sweep-clock").enabled is False


def test_messages_expire_before_they_pile_up(transactional_db: None) -> None:
    """What beat sends carries the expiry of the table, so that ticks behind a stopped worker are dropped."""
    schedule = start_beat().schedule
    for name, entry in BEAT_TABLE.items():
        options = schedule[name].options
        assert options["expires"] == entry["options"]["expire_seconds"]
        assert options["queue"] == "system", f"{name} would wait behind the backlog of other work"
        assert options["expires"] >= entry["schedule"]


def test_every_tick_is_a_task_that_workers_know() -> None:
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_TABLE.values()} <= current_app.tasks.keys()
