"""What caps may be, and how they read (spec B1, B4): whole tokens or money; empty is no cap, 0 is nothing to spend."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from budgets.choices import CapWindow, OnCap

TOKEN_FIELDS = tuple(window.field for window in CapWindow)
COST_FIELDS = tuple(window.cost_field for window in CapWindow)
ON_CAP = "on_cap"
FIELDS = (*TOKEN_FIELDS, *COST_FIELDS, ON_CAP)
#: What a 64-bit column holds, of tokens and of ten-thousand-millionths of money.
MOST_TOKENS = 2**63 - 1
MOST_COST = Decimal(900_000_000)
COST_PLACES = 4
NO_SUCH_FIELD = "There is no such field."
NOT_TOKENS = "Give whole tokens, 0 or more, or leave it empty for no cap."
TOO_MANY = f"Give at most {MOST_TOKENS:,} tokens."
NOT_MONEY = "Give an amount such as 12.50, 0 or more, or leave it empty for no cap."
TOO_FINE = f"Use at most {COST_PLACES} places after the point."
TOO_DEAR = f"Give at most {MOST_COST:,}."
NOT_ON_CAP = f"Choose one of: {', '.join(OnCap)}."
#: Digits, alone or in threes: 300000, 300,000, 300 000. A comma elsewhere may be a decimal one and is not guessed at.
_WHOLE = r"[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,9}"
_TYPED = re.compile(_WHOLE)
_TYPED_MONEY = re.compile(rf"({_WHOLE})(\.[0-9]{{1,12}})?")
_MONEY = re.compile(r"[0-9]{1,30}(\.[0-9]{1,12})?")

Faults = list[tuple[str, str]]


def fault_of(value: object) -> str:
    """What is wrong with one cap in tokens; empty where nothing is. A number is not text, and true is not 1."""
    if value is None:
        return ""
    if type(value) is not int or value < 0:
        return NOT_TOKENS
    return TOO_MANY if value > MOST_TOKENS else ""


def cost_fault_of(value: object) -> str:
    """What is wrong with one cap in money: a ``Decimal``, text of digits with a point, or a JSON number."""
    if value is None:
        return ""
    amount = money(value)
    if amount is None:
        return NOT_MONEY
    if amount > MOST_COST:
        return TOO_DEAR
    return TOO_FINE if amount != round(amount, COST_PLACES) else ""


def money(value: object) -> Decimal | None:
    """The amount that is meant; None where none is."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = repr(value)
    text = str(value) if isinstance(value, int | Decimal) else value
    return Decimal(text) if isinstance(text, str) and _MONEY.fullmatch(text) else None


def _on_cap_fault_of(value: object) -> str:
    return "" if isinstance(value, str) and value in list(OnCap) else NOT_ON_CAP


_FAULT_OF: Mapping[str, Callable[[object], str]] = {
    **dict.fromkeys(TOKEN_FIELDS, fault_of),
    **dict.fromkeys(COST_FIELDS, cost_fault_of),
    ON_CAP: _on_cap_fault_of,
}


def faults_of(caps: Mapping[Any, Any]) -> Faults:
    """Every fault with the name of its field."""
    faults = [(str(name)[:80], NO_SUCH_FIELD) for name in caps if name not in FIELDS]
    return faults + [(name, fault) for name in FIELDS if name in caps and (fault := _FAULT_OF[name](caps[name]))]


def sound(caps: Mapping[str, Any]) -> dict[str, Any]:
    """Caps without faults as they are kept: amounts become ``Decimal``."""
    return {name: money(value) if name in COST_FIELDS else value for name, value in caps.items()}


def typed(text: str) -> int | str | None:
    """What somebody wrote into a field: tokens, None where it is empty, and as it is where it is no number."""
    text = text.strip()
    if not text:
        return None
    return int(re.sub(r"[^0-9]", "", text)) if _TYPED.fullmatch(text) else text


def typed_money(text: str) -> Decimal | str | None:
    """The same for money: 12.50, 1,200, 1 200.50."""
    text = text.strip()
    if not text:
        return None
    return Decimal(re.sub(r"[^0-9.]", "", text)) if _TYPED_MONEY.fullmatch(text) else text


def in_words(tokens: int | None) -> str:
    """``300,000 tokens``, ``No cap``, and what 0 means."""
    if tokens is None:
        return "No cap"
    if tokens == 0:
        return "0 tokens: nothing may be spent"
    return f"{tokens:,} token{'' if tokens == 1 else 's'}"
