"""Alive and ready (spec O3): open to anyone, without a secret, honest about the database."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.support.api import Api
from workforce.models import SweepTick


def test_alive_asks_no_database(client: Client) -> None:
    """Without the database fixture any query fails this test."""
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_ready_says_how_old_the_sweeps_are(client: Client, now: Any) -> None:
    SweepTick.objects.all().delete()
    SweepTick.objects.create(name="clock", finished_at=now - timedelta(seconds=7), said="Nothing to do")
    with time_machine.travel(now, tick=False):
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "reasons": [],
        "sweeps": [{"name": "clock", "finished_at": "2026-11-19T13:31:53Z", "age_seconds": 7}],
    }


@pytest.mark.django_db
def test_an_old_sweep_does_not_make_it_unready(client: Client, now: Any) -> None:
    SweepTick.objects.update_or_create(name="clock", defaults={"finished_at": now - timedelta(days=30)})
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_missing_migration_makes_it_unready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("workforce", "0001_initial")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unready", "reasons": ["1 migrations are not applied."], "sweeps": []}


@pytest.mark.django_db
def test_a_lost_database_makes_it_unready_and_is_not_described(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*args: Any, **options: Any) -> Any:
        raise OperationalError("could not connect to postgres://secret:secret@db.internal:5432")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lost)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["The database cannot be reached."]
    assert b"secret" not in response.content
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_the_broker_is_not_needed(client: Client, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_taken(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert Client().generic(method, path).status_code == 405


@pytest.mark.django_db
def test_a_wrong_key_changes_nothing() -> None:
    assert Api("pck_wrong").get("/readyz").status_code == 200


@pytest.mark.django_db
def test_readiness_costs_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    client.get("/readyz")
    with django_assert_max_num_queries(3):
        client.get("/readyz")
