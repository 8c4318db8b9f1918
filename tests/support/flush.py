"""Emptying a test database between transactional tests, although its append-only tables refuse to be emptied.

Only here: the product has no way round the triggers. On PostgreSQL the test role is a superuser and switches triggers
off for the statement; on SQLite the triggers are dropped and put back.
"""

import re
from typing import Any

from django.db.backends.postgresql import base as _postgresql_base  # noqa: F401  base first: it imports operations
from django.db.backends.postgresql.operations import DatabaseOperations as PostgreSQLOperations
from django.db.backends.sqlite3 import base as _sqlite_base  # noqa: F401
from django.db.backends.sqlite3.operations import DatabaseOperations as SQLiteOperations

_sqlite_flush = SQLiteOperations.execute_sql_flush
_postgresql_flush = PostgreSQLOperations.execute_sql_flush


def _flush_sqlite(self: Any, sql_list: list[str]) -> None:
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        _sqlite_flush(self, sql_list)
    finally:
        with self.connection.cursor() as cursor:
            for _, sql in triggers:
                cursor.execute(sql)


def _flush_postgresql(self: Any, sql_list: list[str]) -> None:
    """Row by row: for the few rows of a test that is many times faster than TRUNCATE, which makes every file anew."""
    tables = [table for sql in sql_list for table in re.findall(r'"\w+"', sql) if sql.startswith("TRUNCATE")]
    kept = [sql for sql in sql_list if not sql.startswith("TRUNCATE")]
    emptied = "; ".join(f"DELETE FROM {table}" for table in tables)
    _postgresql_flush(
        self,
        [
            "SET session_replication_role = replica",
            *([emptied] if emptied else []),
            *kept,
            "SET session_replication_role = DEFAULT",
        ],
    )


SQLiteOperations.execute_sql_flush = _flush_sqlite
PostgreSQLOperations.execute_sql_flush = _flush_postgresql
