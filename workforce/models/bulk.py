"""Writing many new rows at once: COPY where the database is PostgreSQL, ``bulk_create`` elsewhere.

Measured: building INSERT statements is most of what a sweep of thousands costs; COPY takes the same rows at a fraction.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models

from workforce.models.bulk_rows import insert_values

#: Below this many rows one INSERT is as quick; the ORM would take longer to write its text than it takes to run.
COPY_FROM_ROWS = 20


def insert_many(rows: Sequence[models.Model]) -> None:
    """Insert new instances of one model, whose keys are made in Python. Raises Django's ``IntegrityError`` as usual."""
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows, batch_size=500)
        return
    if len(rows) < COPY_FROM_ROWS:
        fields = model._meta.concrete_fields
        insert_values(model, {field.attname: [getattr(row, field.attname) for row in rows] for field in fields})
        _written(rows)
        return
    fields = model._meta.concrete_fields
    writers = [_writer(field) for field in fields]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([write(row) for write in writers])
    _written(rows)


def _written(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _writer(field: "models.Field[Any, Any]") -> Callable[[models.Model], Any]:
    name = field.attname
    if isinstance(field, models.JSONField):
        return lambda row: json.dumps(getattr(row, name), ensure_ascii=False)
    if isinstance(field, models.CharField | models.TextField):
        # Enumerations are text; an empty column stays empty.
        return lambda row: None if getattr(row, name) is None else str(getattr(row, name))
    return lambda row: getattr(row, name)
