"""Promises the database keeps that Django cannot declare: append-only tables and rows that freeze.

Installed after every ``migrate`` (SQLite drops a table's triggers whenever a later migration rebuilds the table), from
what the models declare, so that a new append-only model is guarded the moment it exists.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, cast

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper


class Mutability(StrEnum):
    """Every model says which it is."""

    MUTABLE = "mutable"
    APPEND_ONLY = "append_only"


class AppendOnlyError(Exception):
    """A record was about to be changed or removed by code."""


class AppendOnlyQuerySet(models.QuerySet):
    def update(self, **kwargs: object) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model.__name__} rows are never removed.")


class AppendOnlyModel(models.Model):
    """Base of records: inserted once, never changed, never removed, by ORM or by SQL."""

    mutability: ClassVar[Mutability] = Mutability.APPEND_ONLY

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: object, **kwargs: object) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are never changed.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{type(self).__name__} rows are never removed.")


def _append_only_postgresql(table: str) -> Iterable[str]:
    yield """
        CREATE OR REPLACE FUNCTION punchcard_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$
    """
    for name, event, level in (("rows", "UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT")):
        yield f"""
            CREATE OR REPLACE TRIGGER {table}_append_only_{name} BEFORE {event} ON {table}
            FOR EACH {level} EXECUTE FUNCTION punchcard_append_only()
        """


def _append_only_sqlite(table: str) -> Iterable[str]:
    for event in ("UPDATE", "DELETE"):
        yield f"DROP TRIGGER IF EXISTS {table}_append_only_{event.lower()}"
        yield f"""
            CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
        """


def _frozen_postgresql(table: str, frozen: "FrozenWhen") -> Iterable[str]:
    except_keys = "".join(f" - '{column}'" for column in frozen.except_columns)
    yield f"""
        CREATE OR REPLACE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION '{table}: {frozen.says}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF (to_jsonb(NEW){except_keys}) IS DISTINCT FROM (to_jsonb(OLD){except_keys}) THEN
                RAISE EXCEPTION '{table}: {frozen.says}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
    """
    yield f"""
        CREATE OR REPLACE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW WHEN (OLD.{frozen.column} = '{frozen.value}') EXECUTE FUNCTION {table}_frozen()
    """


def _frozen_sqlite(table: str, frozen: "FrozenWhen", columns: Iterable[str]) -> Iterable[str]:
    changed = " OR ".join(
        f'NEW."{column}" IS NOT OLD."{column}"' for column in columns if column not in frozen.except_columns
    )
    condition = f"OLD.{frozen.column} = '{frozen.value}'"
    for event, when in (("UPDATE", f"{condition} AND ({changed})"), ("DELETE", condition)):
        yield f"DROP TRIGGER IF EXISTS {table}_frozen_{event.lower()}"
        yield f"""
            CREATE TRIGGER {table}_frozen_{event.lower()} BEFORE {event} ON {table} WHEN {when}
            BEGIN SELECT RAISE(ABORT, '{table}: {frozen.says}'); END
        """


class FrozenWhen:
    """Rows whose ``column`` holds ``value`` may change in ``except_columns`` only, and are never removed."""

    def __init__(self, *, column: str, value: str, except_columns: frozenset[str], says: str) -> None:
        self.column = column
        self.value = value
        self.except_columns = except_columns
        self.says = says


def promises_of(model: type[models.Model], connection: BaseDatabaseWrapper) -> list[str]:
    """The statements that make the database keep what ``model`` declares."""
    table = model._meta.db_table
    postgresql = connection.vendor == "postgresql"
    statements: list[str] = []
    if getattr(model, "mutability", None) == Mutability.APPEND_ONLY:
        statements += _append_only_postgresql(table) if postgresql else _append_only_sqlite(table)
    frozen = cast("FrozenWhen | None", getattr(model, "frozen_when", None))
    if frozen is not None:
        columns = [str(field.column) for field in model._meta.concrete_fields]
        statements += _frozen_postgresql(table, frozen) if postgresql else _frozen_sqlite(table, frozen, columns)
    return statements


def install(app_models: Iterable[type[models.Model]], *, using: str = "default") -> int:
    """Install the triggers of these models; safe to run again. Returns how many statements ran."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    ran = 0
    with connection.cursor() as cursor:
        for model in app_models:
            if model._meta.db_table not in present:
                continue
            for statement in promises_of(model, connection):
                cursor.execute(statement)
                ran += 1
    return ran
