"""Whole batches in one statement each, on both databases: arrays on PostgreSQL, one JSON text on SQLite.

The ORM writes a batch of a thousand as many statements of limited size; these stay one, whatever the number.
"""

from __future__ import annotations  # Django's fields are generic for the type checker only

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

Columns = Mapping[str, Sequence[Any]]


def insert_new(rows: Sequence[Any]) -> set[UUID]:
    """Write these and return the ids that were new. An id that is taken is passed over, whoever took it."""
    if not rows:
        return set()
    model: type[models.Model] = type(rows[0])
    fields = tuple(model._meta.concrete_fields)
    source, params = _values(fields, {field.attname: [getattr(row, field.attname) for row in rows] for field in fields})
    names, key = _names(fields), _name(model._meta.pk)
    sql = (
        f"INSERT INTO {_table(model)} ({names}) SELECT {names} FROM {source} WHERE true "  # noqa: S608
        f"ON CONFLICT ({key}) DO NOTHING RETURNING {key}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {value if isinstance(value, UUID) else UUID(value) for (value,) in cursor.fetchall()}


def insert_columns(model: type[models.Model], columns: Columns) -> None:
    """Write rows given as columns by attribute; the database fills what is left out, or refuses.

    For the few places where making an instance per row would cost more than writing it. COPY on PostgreSQL.
    """
    fields = _fields(model, columns)
    if connection.vendor == "postgresql":
        _copy(model, fields, columns)
    else:
        insert_values(model, columns)


def insert_values(model: type[models.Model], columns: Columns) -> None:
    """The same as one INSERT on either database: for few rows."""
    fields = _fields(model, columns)
    source, params = _values(fields, columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {_table(model)} ({_names(fields)}) SELECT {_names(fields)} FROM {source}", params)  # noqa: S608


#: Fields whose values the driver takes as they are.
_AS_THEY_ARE = frozenset(
    {models.UUIDField, models.ForeignKey, models.DateTimeField, models.CharField, models.BigIntegerField}
)


def _copy(model: type[models.Model], fields: Sequence[models.Field[Any, Any]], columns: Columns) -> None:
    made = [
        columns[field.attname]
        if type(field) in _AS_THEY_ARE
        else [field.get_db_prep_save(value, connection) for value in columns[field.attname]]
        for field in fields
    ]
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {_table(model)} ({_names(fields)}) FROM STDIN") as copy,
    ):
        for row in zip(*made, strict=True):
            copy.write_row(row)


def update_rows(rows: Sequence[Any], names: Sequence[str] | None = None) -> None:
    """Write these attributes, or all, of every row by its key. Call with the rows locked."""
    if not rows:
        return
    model: type[models.Model] = type(rows[0])
    key = model._meta.pk
    changed = [
        field for field in model._meta.concrete_fields if field is not key and (names is None or field.attname in names)
    ]
    fields = (key, *changed)
    source, params = _values(fields, {field.attname: [getattr(row, field.attname) for row in rows] for field in fields})
    changes = ", ".join(f"{_name(field)} = v.{_name(field)}" for field in changed)
    table = _table(model)
    same = f"{table}.{_name(key)} = v.{_name(key)}"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {changes} FROM {source} WHERE {same}", params)  # noqa: S608


def add_up(model: type[models.Model], columns: Columns, *, key: Sequence[str], sums: Sequence[str]) -> None:
    """Add these rows' ``sums`` to those of the rows with their ``key``, which are made where they are missing."""
    fields = _fields(model, columns)
    source, params = _values(fields, columns)
    by_name = {field.attname: _name(field) for field in fields}
    table = _table(model)
    changes = ", ".join(f"{by_name[name]} = {table}.{by_name[name]} + EXCLUDED.{by_name[name]}" for name in sums)
    sql = (
        f"INSERT INTO {table} ({_names(fields)}) SELECT {_names(fields)} FROM {source} WHERE true "  # noqa: S608
        f"ON CONFLICT ({', '.join(by_name[name] for name in key)}) DO UPDATE SET {changes}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _fields(model: type[models.Model], columns: Columns) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.concrete_fields if field.attname in columns)


def _values(fields: Sequence[models.Field[Any, Any]], columns: Columns) -> tuple[str, list[Any]]:
    """A derived table ``v`` with these fields as columns, and its parameters."""
    real = connections[DEFAULT_DB_ALIAS]  # the proxy looks it up anew for every attribute of every value
    prepared = [[field.get_db_prep_save(value, real) for value in columns[field.attname]] for field in fields]
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in fields)
        return f"unnest({arrays}) AS v ({_names(fields)})", prepared
    taken = ", ".join(f"json_extract(value, '$[{index}]') AS {_name(field)}" for index, field in enumerate(fields))
    rows = list(zip(*prepared, strict=True))
    return f"(SELECT {taken} FROM json_each(%s)) AS v", [json.dumps(rows)]  # noqa: S608


def _array_type(field: models.Field[Any, Any]) -> str:
    return (field.rel_db_type(connection) if field.is_relation else field.db_type(connection)) or "text"


def _name(field: models.Field[Any, Any]) -> str:
    return connection.ops.quote_name(field.column or field.name)


def _names(fields: Sequence[models.Field[Any, Any]]) -> str:
    return ", ".join(map(_name, fields))


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
