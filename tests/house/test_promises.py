"""Every model says whether its rows change, and the database itself refuses what the model refuses (spec P5, R6)."""

import pytest
from django.db import Error, connection, models, transaction

from tests.house.models import label, our_models
from workforce.models.promises import AppendOnlyError, AppendOnlyModel, Mutability, promises_of

APPEND_ONLY = [m for m in our_models() if getattr(m, "mutability", None) == Mutability.APPEND_ONLY]
FROZEN = [m for m in our_models() if getattr(m, "frozen_when", None) is not None]


@pytest.mark.parametrize("model", our_models(), ids=label)
def test_it_says_whether_its_rows_change(model: type[models.Model]) -> None:
    assert isinstance(getattr(model, "mutability", None), Mutability), (
        f"{label(model)} needs `mutability`: inherit AppendOnlyModel, or say Mutability.MUTABLE"
    )
    if model.mutability == Mutability.APPEND_ONLY:
        assert issubclass(model, AppendOnlyModel), f"{label(model)} is append-only without its base class"


def test_records_are_append_only() -> None:
    """What these tests stand on: the records of the product are among those that are guarded."""
    assert {"workforce.AuditEvent", "workforce.AuditLink", "scheduling.ClockRecord", "heartbeats.Heartbeat"} <= {
        label(model) for model in APPEND_ONLY
    }


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {name for (name,) in cursor.fetchall()}


def _promised(model: type[models.Model]) -> set[str]:
    """Names of the triggers in the statements that the model's promises are made of."""
    return {
        words[words.index("TRIGGER") + 1]
        for statement in promises_of(model, connection)
        if "TRIGGER" in (words := statement.split()) and words[0] == "CREATE"
    }


@pytest.mark.parametrize("model", APPEND_ONLY + FROZEN, ids=label)
def test_the_database_has_every_trigger_it_promises(model: type[models.Model], db: None) -> None:
    promised = _promised(model)
    assert promised, f"{label(model)} promises nothing"
    assert promised <= triggers()


@pytest.mark.parametrize("model", APPEND_ONLY, ids=label)
def test_code_refuses_to_change_or_remove_records(model: type[models.Model], db: None) -> None:
    with pytest.raises(AppendOnlyError):
        model.objects.all().update(pk=None)
    with pytest.raises(AppendOnlyError):
        model.objects.all().delete()
    row = model()
    row._state.adding = False
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        row.delete()


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {pk} = {pk}", "DELETE FROM {table}"])
@pytest.mark.parametrize("model", APPEND_ONLY, ids=label)
def test_the_database_refuses_sql_on_records(model: type[models.Model], statement: str, record: dict) -> None:
    sql = statement.format(table=model._meta.db_table, pk=model._meta.pk.column)
    assert record[model] == 1, "there must be a row for a row's trigger to fire"
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert model.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("model", APPEND_ONLY, ids=label)
def test_the_database_refuses_to_empty_records(model: type[models.Model], record: dict) -> None:
    """TRUNCATE on PostgreSQL; on SQLite, REPLACE, which removes the old row without a DELETE statement."""
    table = model._meta.db_table
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    sql = (
        f"TRUNCATE {table} CASCADE"
        if connection.vendor == "postgresql"
        else f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"
    )
    connection.check_constraints()  # PostgreSQL truncates no table whose foreign keys are still to be checked
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert model.objects.count() == 1


@pytest.fixture
def record(agent, now) -> dict[type[models.Model], int]:
    """One row in every append-only table. A new table needs a row here, or the tests above say so."""
    from budgets.models import BurnAnomaly, CapMark, CreditEntry, Usage
    from heartbeats.models import Heartbeat
    from scheduling.models import ClockRecord
    from workforce.models import Task, WorkReport
    from workforce.rules.actors import system
    from workforce.services import audit

    audit.record(
        organization=agent.organization_id, action="x", subject=("agent", agent.pk, "a"), by=system("test"), now=now
    )
    audit.link_pending()
    shared = {"organization_id": agent.organization_id, "agent": agent}
    Heartbeat.objects.create(**shared, emitted_at=now, received_at=now, status="ok", work_mode="idle")
    ClockRecord.objects.create(
        **shared, event="clocked_in", triggered_by_kind="system", triggered_by_id="t", triggered_by="t", time=now
    )
    task = Task.objects.create(
        **shared, title="x", created_by_kind="system", created_by_id="t", created_by_label="t", urgency=1
    )
    WorkReport.objects.create(**shared, task=task, lease_token=1, kind="late", said="completed", reported_by_label="t")
    Usage.objects.create(**shared, key="x", at=now, model="m", counted_tokens=1)
    CapMark.objects.create(**shared, window="daily", measure="tokens", since=now, level=50, cap=2, used=1)
    organization = {"organization_id": agent.organization_id}
    CreditEntry.objects.create(**organization, kind="top_up", amount=1, balance_after=1, reason="x", by_label="t")
    BurnAnomaly.objects.create(
        **organization, subject_kind="agent", subject_id=agent.pk, subject_label="a", hour=now, tokens=3, baseline=1,
        threshold=2, hours=9,
    )  # fmt: skip
    return {model: model.objects.count() for model in APPEND_ONLY}
