"""Bodies whose fields the service checks: only what JSON cannot say (ids, moments, flags) is read here, so that every
fault of a body is told at once, in the words that pages use too."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from workforce.api.fields import NOT_AN_OBJECT, UNKNOWN, Id
from workforce.api.problems import ERRORS_MAX
from workforce.services.task_input import NEEDS_MAX

Faults = list[tuple[str, str]]
Typed = Mapping[str, serializers.Field[Any, Any, Any, Any]]
#: Where null is no way of saying nothing.
_NEVER_NULL = ("urgent", "reason")


def read(data: Any, names: tuple[str, ...], typed: Typed) -> tuple[dict[str, Any], Faults]:
    """What can be read of these fields, and what is wrong so far. Other names are faults."""
    if not isinstance(data, Mapping):
        raise ValidationError({"non_field_errors": [NOT_AN_OBJECT]})
    unknown = [str(name)[:80] for name in data if name not in names]
    if len(unknown) > ERRORS_MAX:
        raise ValidationError({name: [UNKNOWN] for name in unknown[:ERRORS_MAX]})
    faults: Faults = [(name, UNKNOWN) for name in unknown]
    values = {name: data[name] for name in names if name in data}
    for name in [name for name in values if name in typed and (values[name] is not None or name in _NEVER_NULL)]:
        try:
            values[name] = typed[name].run_validation(values[name])
        except ValidationError as fault:
            del values[name]
            faults += [(name, str(sentence)) for sentence in fault.detail]
    if isinstance(values.get("needs"), list) and len(values["needs"]) <= NEEDS_MAX:
        values["needs"] = _ids("needs", values["needs"], faults)
    return values, faults


def merged(faults: Faults, more: Faults) -> Faults:
    """Each field once: what could not be read says more than that it is missing."""
    known = {path.split(".")[0] for path, _ in faults}
    return [*faults, *((path, words) for path, words in more if path.split(".")[0] not in known)]


def _ids(name: str, texts: list[Any], faults: Faults) -> list[UUID]:
    found = []
    for number, text in enumerate(texts):
        try:
            found.append(Id().run_validation(text))
        except ValidationError as fault:
            faults += [(f"{name}.{number}", str(sentence)) for sentence in fault.detail]
    return found
