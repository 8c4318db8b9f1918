"""Reads compiled to SQL once in a process, for the few that hundreds of requests a second make.

Measured: of a claim's CPU time two thirds went into building the same four statements again (docs/performance.md).
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection, models, transaction

M = TypeVar("M", bound=models.Model)


class CompiledRead(Generic[M]):
    """A queryset whose only variables are keys, written once and run with other keys.

    ``build`` takes as many UUIDs as it has parameters and returns the queryset; everything else in it has to stay the
    same for the life of the process. The rows come as instances, annotations as attributes.
    """

    def __init__(self, build: Callable[..., "models.QuerySet[M]"]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, tuple[Any, ...], dict[int, int]]] = {}
        self._model: type[M]
        self._locks = False

    def __call__(self, *keys: UUID) -> list[M]:
        """The rows for these keys. Raises ``TransactionManagementError`` for a lock outside a transaction."""
        if connection.vendor not in self._compiled:
            self._compile(len(keys))
        if self._locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("A row is locked within a transaction only.")
        sql, params, places = self._compiled[connection.vendor]
        values = [_bound(keys[places[at]]) if at in places else param for at, param in enumerate(params)]
        return list(self._model._default_manager.raw(sql, values))

    def _compile(self, number: int) -> None:
        marks = [uuid4() for _ in range(number)]
        queryset = self._build(*marks)
        sql, params = queryset.query.sql_with_params()
        bound = {_bound(mark): at for at, mark in enumerate(marks)}
        places = {
            at: bound[param] for at, param in enumerate(params) if isinstance(param, str | UUID) and param in bound
        }
        if set(places.values()) != set(range(number)):
            raise ValueError("A key does not reach the statement.")
        self._model, self._locks = queryset.model, bool(queryset.query.select_for_update)
        self._compiled[connection.vendor] = (sql, tuple(params), places)


def _bound(key: UUID) -> Any:
    """A key as this database takes it."""
    return key if connection.features.has_native_uuid_field else key.hex
