"""No code path and no statement changes or removes an audit row or a link (P5)."""

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from tests.support.actors import SYSTEM
from tests.support.sql import columns_of, run, stored
from workforce.models import AuditEvent, AuditLink
from workforce.models.promises import AppendOnlyError
from workforce.services import audit

pytestmark = pytest.mark.django_db
MODELS = [AuditEvent, AuditLink]
REFUSED = "append-only"


@pytest.fixture
def rows(organization, now):
    """Two events, linked."""
    for number in range(2):
        audit.record(organization=organization, action="test", subject=("thing", number, "Thing"), by=SYSTEM, now=now)
    assert audit.link_pending() == 2
    return {AuditEvent: AuditEvent.objects.first(), AuditLink: AuditLink.objects.first()}


def all_of(model):
    return list(model.objects.order_by("pk").values())


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def row(request, rows):
    return rows[request.param]


def test_code_refuses(row):
    model = type(row)
    before = all_of(model)
    for attempt in (
        row.save,
        lambda: row.save(update_fields=["organization"]),
        row.delete,
        lambda: model.objects.all().update(organization=row.organization_id),
        lambda: model.objects.filter(pk=row.pk).delete(),
        lambda: model.objects.bulk_update([row], ["organization"]),
        lambda: model.objects.update_or_create(pk=row.pk, defaults={"organization": row.organization}),
    ):
        with pytest.raises(AppendOnlyError), transaction.atomic():
            attempt()
    assert all_of(model) == before


def test_ways_of_django_past_the_code_meet_the_database(row):
    model = type(row)
    before = all_of(model)
    for attempt in (
        lambda: model.objects.filter(pk=row.pk)._raw_delete("default"),
        lambda: super(type(model.objects.all()), model.objects.filter(pk=row.pk)).update(organization=row.organization),
        lambda: super(type(model.objects.all()), model.objects.filter(pk=row.pk)).delete(),
        lambda: model.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["id"], update_fields=["organization"]
        ),
    ):
        with pytest.raises(Error, match=f"{REFUSED}|protected foreign keys"), transaction.atomic():
            attempt()
    assert all_of(model) == before


def test_sql_refuses(row):
    table, before = row._meta.db_table, all_of(type(row))
    for statement in (
        f"UPDATE {table} SET id = id WHERE id = %s",
        f"DELETE FROM {table} WHERE id = %s",
        f"UPDATE {table} SET id = id WHERE id <> %s",
    ):
        with pytest.raises(Error, match=REFUSED), transaction.atomic():
            run(statement, stored(row))
    assert all_of(type(row)) == before


def test_emptying_or_replacing_is_refused(row):
    table, before = row._meta.db_table, all_of(type(row))
    columns = columns_of(type(row))
    statements = (
        [f"TRUNCATE {table} CASCADE", "TRUNCATE workforce_organization CASCADE"]
        if connection.vendor == "postgresql"
        else [
            f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}",
            f"REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 1",
            f"UPDATE OR REPLACE {table} SET id = (SELECT MAX(id) FROM {table})",
        ]
    )
    connection.check_constraints()  # else PostgreSQL refuses for what this test's own transaction left to check
    for statement in statements:
        with pytest.raises(Error, match=REFUSED), transaction.atomic():
            run(statement)
    assert all_of(type(row)) == before


def test_adding_is_not_refused(rows, organization, now):
    audit.record(organization=organization, action="more", subject=("thing", 3, "Thing"), by=SYSTEM, now=now)
    assert AuditEvent.objects.count() == 3


def drop_triggers():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
            return
        cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        for name, table in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}" ON {table}')


def test_lost_triggers_are_back_after_migrate(row):
    """As after a table was rebuilt by a migration, or restored without them."""
    table = row._meta.db_table
    drop_triggers()
    assert run(f"UPDATE {table} SET id = id WHERE id = %s", stored(row)) == 1, "nothing guards it now"
    call_command("migrate", verbosity=0)
    with pytest.raises(Error, match=REFUSED), transaction.atomic():
        run(f"UPDATE {table} SET id = id WHERE id = %s", stored(row))
    call_command("migrate", verbosity=0)
    with pytest.raises(Error, match=REFUSED), transaction.atomic():
        run(f"DELETE FROM {table} WHERE id = %s", stored(row))


@pytest.mark.django_db(transaction=True)
def test_a_table_that_was_rebuilt_is_guarded_again(organization, now):
    """What a later migration does to a table on SQLite; elsewhere an ALTER leaves the triggers."""
    event = audit.record(organization=organization, action="x", subject=("thing", 1, "Thing"), by=SYSTEM, now=now)
    with connection.schema_editor() as editor:
        if connection.vendor == "sqlite":
            editor._remake_table(AuditEvent)
        else:
            editor.execute("ALTER TABLE workforce_auditevent ALTER COLUMN action TYPE varchar(60)")
    call_command("migrate", verbosity=0)
    for statement in ("UPDATE workforce_auditevent SET action = 'y'", "DELETE FROM workforce_auditevent"):
        with pytest.raises(Error, match=REFUSED), transaction.atomic():
            run(statement)
    assert AuditEvent.objects.get() == event
