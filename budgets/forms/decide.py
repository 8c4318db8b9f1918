"""The forms about a cap that is reached. They keep what was typed; what may be in them, the service says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from budgets.forms.caps import one_line
from budgets.rules import caps as rules

#: Characters of a typed reason that are kept: more than it may have.
_LONGEST = 2_000


@dataclass
class DecisionForm:
    """``cap`` and ``reason`` as typed, with the service's sentences about them."""

    cap: str = ""
    reason: str = ""
    cap_faults: list[str] = field(default_factory=list)
    reason_faults: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def typed(cls, posted: QueryDict) -> "DecisionForm":
        return cls(cap=one_line(posted, "cap"), reason=str(posted.get("reason", "")).strip()[:_LONGEST])

    def read_cap(self, *, tokens: bool) -> Any:
        return rules.typed(self.cap) if tokens else rules.typed_money(self.cap)

    def blame(self, faults: Iterable[tuple[str, str]]) -> None:
        places = {"cap": self.cap_faults, "reason": self.reason_faults}
        for name, sentence in faults:
            places.get(name, self.faults).append(sentence)
