"""Usage as runtimes report it: read off the wire, every fault with its path (spec B2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from budgets.rules.prices import Tokens
from workforce.rules.refusals import Invalid

MOST_ENTRIES, MOST_FAULTS = 1000, 100
KEY_MAX = MODEL_MAX = 80
#: Of one class in one report: far more than any model takes, and at any price its cost stays within 64 bits.
MOST_TOKENS = 10**10
#: How far a sender's clock may be ahead, and how long usage may be reported afterwards.
AHEAD, LATEST = timedelta(minutes=5), timedelta(days=366)

NOT_TOKENS = f"Send a whole number from 0 to {MOST_TOKENS}."
NOT_AN_INSTANT = "Send an RFC 3339 time with its offset, such as 2026-11-19T14:32:00+01:00."
IN_FUTURE = "This lies more than 5 minutes in the future. Set the sender's clock."
TOO_OLD = "This lies more than a year back."
NO_SUCH_FIELD = "There is no such field."
NEEDED = "This field is needed."
NOT_AN_OBJECT = "Send an object."
NOT_A_UUID = "Send a UUID such as 0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01."
NOTHING_USED = "Send at least one of input_tokens, output_tokens, cache_read_tokens and cache_write_tokens above 0."

Faults = list[tuple[str, str]]
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


@dataclass(frozen=True, slots=True)
class Entry:
    """One report whose fields are sound. ``at`` is in UTC and not after the moment it was read; None: the sender gave
    none, it is that moment."""

    agent_id: UUID
    key: str
    model: str
    tokens: Tokens
    at: datetime | None = None
    task_id: UUID | None = None


#: From the place of a report in its batch to its path in the body: ``usage.3``; empty where it is the body.
Place = Callable[[int], str]


def only(index: int) -> str:
    """The place of a report that is the whole body."""
    return ""


def read_many(given: Sequence[Any], *, place: Place, now: datetime, agent_id: UUID | None = None) -> list[Entry]:
    """Every report of a batch. ``agent_id`` is that of the key, where it acts for one agent: the field may then be left
    out. Raises ``Invalid`` with the faults of all of them, or the first hundred."""
    entries, faults = [], []
    for index, one in enumerate(given):
        entry, wrong = _read(one, now, agent_id)
        if entry is not None:
            entries.append(entry)
        faults += [(under(place(index), name), sentence) for name, sentence in wrong]
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise Invalid(faults[:MOST_FAULTS])
    return entries


def under(place: str, name: str) -> str:
    return ".".join(part for part in (place, name) if part)


def _read(given: Any, now: datetime, agent_id: UUID | None) -> tuple[Entry | None, Faults]:
    if not isinstance(given, Mapping):
        return None, [("", NOT_AN_OBJECT)]
    faults: Faults = [(str(name)[:80].replace("\x00", "�"), NO_SUCH_FIELD) for name in given if name not in _FIELDS]
    taken: dict[str, Any] = {}
    for name, (needed, take) in _FIELDS.items():
        value = given.get(name)
        if value is None:
            if needed and not (name == "agent_id" and agent_id is not None):
                faults.append((name, NEEDED))
            continue
        try:
            taken[name] = take(value)
        except ValueError as fault:
            faults.append((name, str(fault)))
    tokens = Tokens(*(taken.get(name, 0) for name in _TOKENS))
    if not faults and not tokens.total:
        faults.append(("", NOTHING_USED))
    at = taken.get("at")
    if at is not None and at > now + AHEAD:
        faults.append(("at", IN_FUTURE))
    elif at is not None and at < now - LATEST:
        faults.append(("at", TOO_OLD))
    if faults:
        return None, faults
    return Entry(
        agent_id=taken.get("agent_id") or agent_id,  # type: ignore[arg-type]  # one of them is there, or a fault
        key=taken["key"],
        model=taken["model"],
        tokens=tokens,
        at=min(at, now) if at is not None else None,
        task_id=taken.get("task_id"),
    ), []


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_TOKENS:
        raise ValueError(NOT_TOKENS)
    return value


def _text(most: int) -> Callable[[Any], str]:
    def take(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("Send text that is not empty.")
        if len(value) > most:
            raise ValueError(f"Use at most {most} characters; this has {len(value)}.")
        if not value.isprintable():
            raise ValueError("Use printable characters only.")
        return value.strip()

    return take


def _uuid(value: Any) -> UUID:
    try:
        return value if isinstance(value, UUID) else msgspec.convert(value, UUID)
    except msgspec.ValidationError:
        raise ValueError(NOT_A_UUID) from None


def _instant(value: Any) -> datetime:
    try:
        instant = msgspec.convert(value, datetime) if isinstance(value, str) else None
        if instant is not None and instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        pass
    raise ValueError(NOT_AN_INSTANT)


#: name -> (needed, how it is taken), in the order faults are listed.
_FIELDS: dict[str, tuple[bool, Callable[[Any], Any]]] = {
    "agent_id": (True, _uuid),
    "key": (True, _text(KEY_MAX)),
    "model": (True, _text(MODEL_MAX)),
    "task_id": (False, _uuid),
    "at": (False, _instant),
    **dict.fromkeys(_TOKENS, (False, _count)),
}
FIELDS = tuple(_FIELDS)
