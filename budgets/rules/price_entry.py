"""What prices, weights, amounts of credit and their reasons may be: every fault with the name of its field (spec B2,
B6). Amounts are ``Decimal``, or text of digits with a point."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from budgets.rules.caps import MOST_COST, NO_SUCH_FIELD, money
from budgets.rules.prices import PRICE_PLACES, WEIGHT_PLACES
from budgets.rules.usage_entry import MODEL_MAX, NEEDED

#: Per million tokens: far above any list, and far below what an exact amount can hold for one report.
MOST_PRICE = Decimal(10_000)
MOST_WEIGHT = Decimal("999.999")
CREDIT_PLACES = 4
NOTE_MAX, REASON_MAX, KEY_MAX = 160, 500, 80

NOT_A_PRICE = f"Give a price per million tokens from 0 to {MOST_PRICE:,}, such as 3.00."
TOO_FINE_A_PRICE = f"Use at most {PRICE_PLACES} places after the point."
NOT_A_WEIGHT = f"Give a weight from 0 to {MOST_WEIGHT}, with at most {WEIGHT_PLACES} places after the point."
NOT_A_CURRENCY = "Give three capital letters, such as EUR."
NOT_A_MODEL = f"Give the model's name as its runtime reports it, 1 to {MODEL_MAX} printable characters."
NOT_A_MOMENT = "Give the moment from which it holds, between the years 1970 and 9000."
NOT_A_FLAG = "Say true or false."
NOT_A_NOTE = f"Use at most {NOTE_MAX} printable characters."
NOT_A_TOP_UP = f"Give an amount above 0 and up to {MOST_COST:,}, such as 250.00."
NOT_A_CORRECTION = f"Give an amount such as -12.50, not 0, and up to {MOST_COST:,} either way."
TOO_FINE = f"Use at most {CREDIT_PLACES} places after the point."
NO_REASON = "Say why."
NOT_A_REASON = f"Use at most {REASON_MAX} characters, without control characters."
NOT_A_KEY = f"Use at most {KEY_MAX} printable characters."
BEYOND = f"With this the balance would be beyond {MOST_COST:,}."

Faults = list[tuple[str, str]]
_CURRENCY = re.compile(r"[A-Z]{3}")
PRICES = ("input", "output", "cache_read", "cache_write")
WEIGHTS = tuple(f"{name}_weight" for name in PRICES)


@dataclass(frozen=True, slots=True)
class Field:
    """How one field is taken: raises ``ValueError`` with a sentence. A needed one may not be left out or empty."""

    take: Callable[[Any], Any]
    needed: bool = False


def _price(value: Any) -> Decimal:
    amount = money(value)
    if amount is None or amount > MOST_PRICE:
        raise ValueError(NOT_A_PRICE)
    if amount != round(amount, PRICE_PLACES):
        raise ValueError(TOO_FINE_A_PRICE)
    return amount


def _weight(value: Any) -> Decimal:
    amount = money(value)
    if amount is None or amount > MOST_WEIGHT or amount != round(amount, WEIGHT_PLACES):
        raise ValueError(NOT_A_WEIGHT)
    return amount


def _text(most: int, sentence: str, *, empty: bool) -> Callable[[Any], str]:
    def take(value: Any) -> str:
        text = value.strip() if isinstance(value, str) else None
        if text is None or len(text) > most or not text.isprintable() or not (text or empty):
            raise ValueError(sentence)
        return text

    return take


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None or not 1970 <= value.year <= 9000:
        raise ValueError(NOT_A_MOMENT)
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(NOT_A_FLAG)
    return value


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError(NOT_A_CURRENCY)
    return value


PRICE_FIELDS: Mapping[str, Field] = {
    "model": Field(_text(MODEL_MAX, NOT_A_MODEL, empty=False), needed=True),
    "valid_from": Field(_moment, needed=True),
    "input": Field(_price, needed=True),
    "output": Field(_price, needed=True),
    "cache_read": Field(_price),
    "cache_write": Field(_price),
    "flat_rate": Field(_flag),
    "note": Field(_text(NOTE_MAX, NOT_A_NOTE, empty=True)),
}
POLICY_FIELDS: Mapping[str, Field] = {"currency": Field(_currency), **dict.fromkeys(WEIGHTS, Field(_weight))}


def read(fields: Mapping[str, Field], given: Mapping[Any, Any], *, whole: bool) -> tuple[dict[str, Any], Faults]:
    """What was given, as it is kept, and every fault. ``whole``: needed fields may not be left out."""
    faults: Faults = [(str(name)[:80], NO_SUCH_FIELD) for name in given if name not in fields]
    taken: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in given:
            if whole and field.needed:
                faults.append((name, NEEDED))
            continue
        try:
            taken[name] = field.take(given[name])
        except ValueError as fault:
            faults.append((name, NEEDED if given[name] is None else str(fault)))
    return taken, faults


def signed(value: Any) -> Decimal | None:
    """An amount that may be below 0; None where none is meant."""
    if isinstance(value, str) and value.startswith("-"):
        amount = money(value[1:])
        return None if amount is None else -amount
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool) and value < 0:
        amount = money(-value)
        return None if amount is None else -amount
    return money(value)


def read_movement(*, amount: Any, reason: Any, key: Any, top_up: bool) -> tuple[dict[str, Any], Faults]:
    """A movement of a balance by hand: the amount, why, and the sender's key, which may be empty."""
    faults: Faults = []
    value = signed(amount)
    if value is None or not value or abs(value) > MOST_COST or (top_up and value < 0):
        faults.append(("amount", NOT_A_TOP_UP if top_up else NOT_A_CORRECTION))
    elif value != round(value, CREDIT_PLACES):
        faults.append(("amount", TOO_FINE))
    why = _reason(reason)
    if why is None:
        faults.append(("reason", NOT_A_REASON))
    elif not why:
        faults.append(("reason", NO_REASON))
    try:
        name = _text(KEY_MAX, NOT_A_KEY, empty=True)(key)
    except ValueError as fault:
        faults.append(("key", str(fault)))
        name = ""
    return {"amount": value, "reason": why, "key": name}, faults


def _reason(value: Any) -> str | None:
    """Text that may have lines, as one line each; None where it is none, or too long."""
    if not isinstance(value, str):
        return "" if value is None else None
    text = " ".join(value.split())
    return text if len(text) <= REASON_MAX and text.isprintable() else None
