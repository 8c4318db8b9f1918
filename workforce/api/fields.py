"""Input that means what it says: a number is not text, "true" is not true, an unknown name is a mistake."""

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from workforce.api.problems import ERRORS_MAX

UNKNOWN = "There is no such field."
NOT_AN_OBJECT = "Send a JSON object."
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SPACE = re.compile(r" (\d\d:\d\d)\Z")
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)\Z", re.IGNORECASE)


class Text(serializers.CharField):
    default_error_messages = {
        "invalid": "Enter text.",
        "blank": "This may not be empty.",
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = str(super().to_internal_value(data))
        if self.max_length is not None and len(text) > self.max_length:
            raise ValidationError(f"Use at most {self.max_length:,} characters; this has {len(text):,}.")
        return text


class Flag(serializers.BooleanField):
    default_error_messages = {"invalid": "Say true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class QueryFlag(Flag):
    """``true`` or ``false`` in a query string."""

    def to_internal_value(self, data: Any) -> bool:
        return super().to_internal_value({"true": True, "false": False}.get(data) if isinstance(data, str) else data)


class Whole(serializers.IntegerField):
    """A whole number within bounds: text and true are none. One sentence says what to give."""

    def __init__(self, *, min_value: int, max_value: int, words: str = "", **options: Any) -> None:
        words = words or f"Give a whole number from {min_value:,} to {max_value:,}."
        faults = ("required", "null", "invalid", "min_value", "max_value", "max_string_length")
        super().__init__(
            min_value=min_value, max_value=max_value, error_messages=dict.fromkeys(faults, words), **options
        )

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Moment(serializers.DateTimeField):
    """An ISO 8601 date and time with its offset; a time without one means something else everywhere."""

    default_error_messages = {
        "invalid": "Write a date and time with its offset, for example 2026-11-19T13:32:00Z.",
        "date": "Write a date and time with its offset, for example 2026-11-19T13:32:00Z.",
        "overflow": "Choose a date nearer to today.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _OFFSET.search(value):
            self.fail("invalid", format="")
        moment: datetime = super().to_internal_value(value)
        if not 1970 <= moment.year <= 9000:
            self.fail("overflow")
        return moment


class QueryMoment(Moment):
    """In a query string a ``+`` that was not escaped arrives as a space."""

    def to_internal_value(self, value: Any) -> datetime:
        return super().to_internal_value(_SPACE.sub(r"+\1", value) if isinstance(value, str) else value)


class Id(serializers.UUIDField):
    default_error_messages = {"invalid": "Write a UUID such as 0192f0c4-7b1c-7d4e-9a55-2f1c8e5b0a11."}

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("invalid", value=data)
        return UUID(data)


class OneOf(serializers.ChoiceField):
    """One of an enumeration's values; the refusal lists them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            raise ValidationError(f"Choose one of: {', '.join(map(str, self.choices))}.", code="invalid_choice")
        return data


class Strict(serializers.Serializer[Any]):
    """A body. Names that are not fields are refused with their path, together with all other faults."""

    default_error_messages = {"invalid": NOT_AN_OBJECT}

    def to_internal_value(self, data: Any) -> Any:
        unknown = _unknown(data, self.fields)
        try:
            value = super().to_internal_value(data)
        except ValidationError as fault:
            if not isinstance(fault.detail, dict):
                raise
            raise ValidationError({**fault.detail, **unknown}) from None
        if unknown:
            raise ValidationError(unknown)
        return value


class Query(Strict):
    """A query string. Each name at most once; what is not a filter here is refused, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict):
            twice = {name: ["Give it once."] for name, values in data.lists() if len(values) > 1}
            if twice:
                raise ValidationError(twice)
            data = data.dict()
        return super().to_internal_value(data)


def read_body(serializer: type[Strict], data: Any) -> Any:
    """The validated body. Raises ``ValidationError``, which becomes a problem document with paths."""
    if not isinstance(data, Mapping):
        raise ValidationError({"non_field_errors": [NOT_AN_OBJECT]})
    return _validated(serializer(data=data))


def read_query(serializer: type[Query], params: QueryDict) -> Any:
    return _validated(serializer(data=params))


def _validated(serializer: serializers.Serializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _unknown(data: Any, fields: Mapping[str, Any]) -> dict[str, list[str]]:
    if not isinstance(data, Mapping):
        return {}
    unknown = islice((name for name in data if name not in fields), ERRORS_MAX)
    return {str(name)[:80]: [UNKNOWN] for name in unknown}
