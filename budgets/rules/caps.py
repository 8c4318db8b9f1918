"""What a token cap may be, and how it reads (spec B1): whole tokens, empty is no cap, 0 is nothing to spend."""

import re
from collections.abc import Mapping
from typing import Any

from budgets.choices import CapWindow

FIELDS = tuple(window.field for window in CapWindow)
#: What a 64-bit column holds.
MOST_TOKENS = 2**63 - 1
NO_SUCH_FIELD = "There is no such field."
NOT_TOKENS = "Give whole tokens, 0 or more, or leave it empty for no cap."
TOO_MANY = f"Give at most {MOST_TOKENS:,} tokens."
#: Digits, alone or in threes: 300000, 300,000, 300 000. A comma elsewhere may be a decimal one and is not guessed at.
_TYPED = re.compile(r"[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,9}")

Faults = list[tuple[str, str]]


def fault_of(value: object) -> str:
    """What is wrong with one cap; empty where nothing is. A number is not text, and true is not 1."""
    if value is None:
        return ""
    if type(value) is not int or value < 0:
        return NOT_TOKENS
    return TOO_MANY if value > MOST_TOKENS else ""


def faults_of(caps: Mapping[Any, Any]) -> Faults:
    """Every fault with the name of its field."""
    faults = [(str(name)[:80], NO_SUCH_FIELD) for name in caps if name not in FIELDS]
    return faults + [(name, fault) for name in FIELDS if name in caps and (fault := fault_of(caps[name]))]


def typed(text: str) -> int | str | None:
    """What somebody wrote into a field: tokens, None where it is empty, and as it is where it is no number."""
    text = text.strip()
    if not text:
        return None
    return int(re.sub(r"[^0-9]", "", text)) if _TYPED.fullmatch(text) else text


def in_words(tokens: int | None) -> str:
    """``300,000 tokens``, ``No cap``, and what 0 means."""
    if tokens is None:
        return "No cap"
    if tokens == 0:
        return "0 tokens: nothing may be spent"
    return f"{tokens:,} token{'' if tokens == 1 else 's'}"
