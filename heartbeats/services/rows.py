"""Whole batches in one statement each, on both databases: arrays on PostgreSQL, one JSON text on SQLite.

The ORM writes a batch of a thousand as many statements of limited size; these stay one, whatever the number.
"""

from __future__ import annotations  # Django's fields are generic for the type checker only

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field

from heartbeats.models import Heartbeat
from workforce.models import Presence

_STORED = tuple(Heartbeat._meta.concrete_fields)
#: What a heartbeat may change of ``Presence``, with the key first.
_HEARD = tuple(Presence._meta.concrete_fields)


def insert(heartbeats: Sequence[Heartbeat]) -> set[UUID]:
    """Write these and return the ids that were new. An id that is taken is passed over, whoever took it."""
    if not heartbeats:
        return set()
    source, params = _values(_STORED, heartbeats)
    names = _names(_STORED)
    sql = (
        f"INSERT INTO {_table(Heartbeat)} ({names}) SELECT {names} FROM {source} WHERE true "  # noqa: S608
        f"ON CONFLICT ({_name(_STORED[0])}) DO NOTHING RETURNING {_name(_STORED[0])}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {value if isinstance(value, UUID) else UUID(value) for (value,) in cursor.fetchall()}


def update(presences: Sequence[Presence]) -> None:
    """Write every column of these rows. Call with the rows locked."""
    if not presences:
        return
    source, params = _values(_HEARD, presences)
    changes = ", ".join(f"{_name(field)} = v.{_name(field)}" for field in _HEARD[1:])
    key, table = _name(_HEARD[0]), _table(Presence)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {changes} FROM {source} WHERE {table}.{key} = v.{key}", params)  # noqa: S608


def _values(fields: Sequence[Field[Any, Any]], rows: Sequence[Any]) -> tuple[str, list[Any]]:
    """A derived table ``v`` with these fields as columns, and its parameters."""
    prepared = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows]
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in fields)
        return f"unnest({arrays}) AS v ({_names(fields)})", [list(column) for column in zip(*prepared, strict=True)]
    taken = ", ".join(f"json_extract(value, '$[{index}]') AS {_name(field)}" for index, field in enumerate(fields))
    return f"(SELECT {taken} FROM json_each(%s)) AS v", [json.dumps(prepared)]  # noqa: S608


def _array_type(field: Field[Any, Any]) -> str:
    return (field.rel_db_type(connection) if field.is_relation else field.db_type(connection)) or "text"


def _name(field: Field[Any, Any]) -> str:
    return connection.ops.quote_name(field.column or field.name)


def _names(fields: Sequence[Field[Any, Any]]) -> str:
    return ", ".join(map(_name, fields))


def _table(model: type[Heartbeat] | type[Presence]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
