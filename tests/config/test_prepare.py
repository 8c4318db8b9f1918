"""The database step of ``manage.py up``."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config import prepare
from config.console import Refusal
from tests.config.conftest import ROOT, Checkout


@pytest.mark.django_db
def test_a_database_of_a_newer_version_is_refused_by_name() -> None:
    MigrationRecorder(connection).record_applied("workforce", "9999_from_the_future")
    with pytest.raises(Refusal, match="newer version .*workforce 9999_from_the_future"):
        prepare.refuse_newer()


@pytest.mark.django_db
def test_a_migration_that_was_squashed_away_is_no_newer_version() -> None:
    MigrationRecorder(connection).record_applied("workforce", "0000_squashed_long_ago")
    prepare.refuse_newer()


def test_a_database_that_is_away_is_one_sentence(checkout: Checkout) -> None:
    (checkout.state / "logs").mkdir(parents=True)
    away = f"sqlite:////{checkout.root}/no/such/folder/db.sqlite3"
    done = checkout.run(
        "-m",
        "config.prepare",
        "--state-dir",
        str(checkout.state),
        PYTHONPATH=str(ROOT),
        PYTHONSAFEPATH="1",
        DATABASE_URL=away,
        SECRET_KEY="x" * 50,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "does not answer (unable to open database file)" in done.stderr


def test_settings_that_refuse_are_told_with_the_reason(checkout: Checkout) -> None:
    (checkout.state / "logs").mkdir(parents=True)
    done = checkout.run(
        "-m", "config.prepare", "--state-dir", str(checkout.state), PYTHONPATH=str(ROOT), PYTHONSAFEPATH="1"
    )
    assert done.returncode == 1
    assert "SECRET_KEY is not set" in done.stderr.splitlines()[-1]
