"""The form of caps. It keeps what was typed; what may be in it, the service says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from budgets.choices import CapWindow, OnCap
from budgets.models import Caps
from budgets.rules import caps as rules

#: Characters of a typed value that are kept: more than any number has.
_LONGEST = 40
_LABELS = {
    **{window.field: f"{window.label} Token Cap" for window in CapWindow},
    **{window.cost_field: f"{window.label} Cost Cap" for window in CapWindow},
}
#: As they stand beside each other: a window's tokens, its cost.
_NAMES = tuple(name for window in CapWindow for name in (window.field, window.cost_field))


@dataclass
class CapField:
    """One cap: what stands in it, and the service's sentences about it."""

    name: str
    value: str
    faults: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return _LABELS[self.name]

    @property
    def hint(self) -> str:
        return "caps-hint-cost" if self.name in rules.COST_FIELDS else "caps-hint"

    @property
    def mode(self) -> str:
        """The keyboard of a phone."""
        return "decimal" if self.name in rules.COST_FIELDS else "numeric"


@dataclass
class CapsForm:
    """``on_cap`` is None where it was not on the form."""

    fields: list[CapField]
    on_cap: str | None
    on_cap_faults: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, caps: Caps) -> "CapsForm":
        kept = caps.caps()
        return cls([CapField(name, _shown(kept[name])) for name in _NAMES], caps.on_cap)

    @classmethod
    def typed(cls, posted: QueryDict) -> "CapsForm":
        """Fields that were not sent are not on this form, so that they stay as they are."""
        given = {name: one_line(posted, name) for name in (*_NAMES, rules.ON_CAP) if name in posted}
        return cls([CapField(name, given[name]) for name in _NAMES if name in given], given.get(rules.ON_CAP))

    @property
    def choices(self) -> list[OnCap]:
        return list(OnCap)

    def as_caps(self) -> dict[str, Any]:
        read = {field.name: read_cap(field.name, field.value) for field in self.fields}
        return read if self.on_cap is None else {**read, rules.ON_CAP: self.on_cap}

    def blame(self, faults: Iterable[tuple[str, str]]) -> None:
        """Put the service's sentences on their fields, what is about none of them at the top."""
        places = {field.name: field.faults for field in self.fields}
        if self.on_cap is not None:
            places[rules.ON_CAP] = self.on_cap_faults
        for name, sentence in faults:
            places.get(name, self.faults).append(sentence)


def one_line(posted: QueryDict, name: str) -> str:
    return str(posted.get(name, "")).replace("\x00", "").strip()[:_LONGEST]


def read_cap(name: str, value: str) -> Any:
    return rules.typed_money(value) if name in rules.COST_FIELDS else rules.typed(value)


def _shown(value: int | Decimal | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value.normalize():,f}"
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents.ljust(2, '0')}" if cents else whole
