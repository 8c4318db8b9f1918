"""SQL past the ORM, as somebody with a database client would write it."""

from typing import Any

from django.db import connection, models


def run(statement: str, *params: Any) -> int:
    """Execute with ``%s`` placeholders; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def stored(row: models.Model, field: str = "pk") -> Any:
    """A row's value as this database stores it: ids are text on SQLite."""
    column = row._meta.pk if field == "pk" else row._meta.get_field(field)
    return column.get_db_prep_value(getattr(row, column.attname), connection)


def columns_of(model: type[models.Model]) -> str:
    return ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
