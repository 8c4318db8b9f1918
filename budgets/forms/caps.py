"""The form of caps. It keeps what was typed; what may be in it, the service says."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import QueryDict

from budgets.choices import CapWindow
from budgets.models import Caps
from budgets.rules import caps as rules
from budgets.selectors.caps import tokens_of

#: Characters of a typed value that are kept: more than any number of tokens has.
_LONGEST = 40


@dataclass
class CapField:
    """One window: what stands in it, and the service's sentences about it."""

    window: CapWindow
    value: str
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.window.field


@dataclass
class CapsForm:
    fields: list[CapField]
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, caps: Caps | None) -> "CapsForm":
        tokens = tokens_of(caps)
        return cls([CapField(w, "" if tokens[w.field] is None else f"{tokens[w.field]:,}") for w in CapWindow])

    @classmethod
    def typed(cls, posted: QueryDict) -> "CapsForm":
        """Fields that were not sent are not on this form, so that they stay as they are."""
        there = [window for window in CapWindow if window.field in posted]
        return cls([CapField(w, str(posted[w.field]).replace("\x00", "").strip()[:_LONGEST]) for w in there])

    def as_caps(self) -> dict[str, int | str | None]:
        return {field.name: rules.typed(field.value) for field in self.fields}

    def blame(self, faults: Iterable[tuple[str, str]]) -> None:
        """Put the service's sentences on their fields, what is about none of them at the top."""
        by_name = {field.name: field for field in self.fields}
        for name, sentence in faults:
            (by_name[name].faults if name in by_name else self.faults).append(sentence)
