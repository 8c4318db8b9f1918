"""Pages by keyset: a cursor names the last row of a page, so that page 1,000 costs what page 1 does."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from workforce.api.fields import Query
from workforce.selectors import search

LIMIT_CAP = 500
_WHOLE = re.compile(r"([0-9]{1,40})(?:[eE]([0-9]{1,3}))?")


@extend_schema_field(
    {"type": "integer", "minimum": 1, "description": f"Rows per page. More than {LIMIT_CAP} is taken as {LIMIT_CAP}."}
)
class Limit(serializers.Field[int, str, int, Any]):
    """A whole number from 1; above the cap it is the cap."""

    def to_internal_value(self, data: Any) -> int:
        match = _WHOLE.fullmatch(data) if isinstance(data, str) else None
        if match is None or not int(match[1]):
            raise ValidationError(f"Write a whole number from 1 to {LIMIT_CAP}.")
        if match[2] and int(match[2]) > 3:
            return LIMIT_CAP
        return min(int(match[1]) * 10 ** int(match[2] or 0), LIMIT_CAP)

    def to_representation(self, value: int) -> int:
        return value


@extend_schema_field(OpenApiTypes.STR)
class Cursor(serializers.Field[list[Any], str, str, Any]):
    """What ``next_cursor`` said. It holds nothing but the sort keys of a row the caller has seen."""

    def to_internal_value(self, data: Any) -> list[str]:
        try:
            keys = json.loads(base64.urlsafe_b64decode(data.encode("ascii")))
        except (UnicodeEncodeError, binascii.Error, ValueError, RecursionError):
            keys = None
        if not isinstance(keys, list) or len(keys) != 2 or not all(_plain(key) for key in keys):
            raise ValidationError("This is not a cursor of ours. Leave it out to start at the first page.")
        return keys

    def to_representation(self, value: list[Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


class PageQuery(Query):
    limit = Limit(default=100)
    cursor = Cursor(required=False)


@dataclass(frozen=True, slots=True)
class Page:
    """``next_cursor`` is None on the last page."""

    rows: Sequence[Any]
    next_cursor: str | None


def page_of(
    rows: QuerySet[Any],
    *,
    by: str,
    newest_first: bool = False,
    limit: int,
    cursor: list[str] | None,
    words: Q | None = None,
) -> Page:
    """One query: rows after the cursor in the order of (``by``, primary key), which must be unique together.

    ``words`` is a search that no index serves: each page looks through so many rows and may then hold fewer than
    ``limit``, even none; one query more. Raises ``ValidationError`` where the cursor's keys are of another list.
    """
    sign, beyond = ("-", "lt") if newest_first else ("", "gt")
    if cursor is not None:
        key, pk = _typed(rows.model, by, cursor)
        rows = rows.filter(Q(**{f"{by}__{beyond}": key}) | Q(**{by: key, f"pk__{beyond}": pk}))
    rows = rows.order_by(f"{sign}{by}", f"{sign}pk")
    edge = None
    if words is not None:
        looked = rows.values_list(by, "pk")[search.SEARCHED - 1 : search.SEARCHED + 1]
        edge = looked[0] if len(looked) == 2 else None
        rows = rows.filter(words)
        if edge is not None:
            rows = rows.exclude(Q(**{f"{by}__{beyond}": edge[0]}) | Q(**{by: edge[0], f"pk__{beyond}": edge[1]}))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return Page(found, None if edge is None else _cursor(*edge))
    last = found[limit - 1]
    value: Any = last
    for step in by.split("__"):
        value = getattr(value, step)
    return Page(found[:limit], _cursor(value, last.pk))


def _cursor(value: Any, pk: Any) -> str:
    return Cursor().to_representation([value.isoformat() if isinstance(value, datetime) else str(value), str(pk)])


def _typed(model: type[Model], by: str, cursor: list[str]) -> tuple[Any, UUID]:
    try:
        key: Any = cursor[0]
        if by in ("time", "received_at", "placed_at", "created_at", "starts_at", "opened_at", "at"):
            moment = parse_datetime(cursor[0])
            if moment is None or moment.tzinfo is None:
                raise ValueError(cursor[0])
            key = moment.astimezone(UTC)
        return key, UUID(cursor[1])
    except (ValueError, OverflowError):
        raise ValidationError(
            {"cursor": ["This cursor belongs to another list. Leave it out to start over."]}
        ) from None


def _plain(key: Any) -> bool:
    """Text that every database takes: a cursor is not signed, anyone may write one."""
    if not isinstance(key, str) or len(key) > 200 or "\x00" in key:
        return False
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
