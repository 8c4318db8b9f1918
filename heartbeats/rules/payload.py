"""Reading heartbeats off the wire: bytes in, sound readings or every fault with its path out (001 §1.3, §5.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from budgets.rules.usage_entry import Entry, read_many
from heartbeats.rules.order import in_future
from workforce.choices import Choice, HeartbeatStatus, WorkMode
from workforce.rules.refusals import Invalid

MOST_ROWS = 1000
SUMMARY_MAX = 140
MOST_ACKS = 100
MOST_USAGE = 100
#: Stands for an agent that is not known, where only the faults of its usage are looked for.
NIL = UUID(int=0)
#: What the columns hold.
INT_MAX = 2**31 - 1
BIGINT_MAX = 2**63 - 1

_rows = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder()
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True)
class Reading:
    """One heartbeat whose fields are sound. ``emitted_at`` is in UTC; ``heartbeat_id`` is None where we make one."""

    agent_id: UUID
    emitted_at: datetime
    status: HeartbeatStatus
    work_mode: WorkMode
    summary: str
    heartbeat_id: UUID | None = None
    active_assignment_id: UUID | None = None
    queue_depth: int | None = None
    error_count_1h: int | None = None
    latency_p95_ms: int | None = None
    token_burn_1h: int | None = None
    ack_commands: tuple[UUID, ...] = ()
    usage: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of a request, not looked into yet. ``path(3)`` is how errors name the fourth one."""

    rows: list[bytes]
    batch: bool
    prefix: str = ""

    def path(self, index: int) -> str:
        return f"{self.prefix}{index}" if self.batch else ""


class Unreadable(ValueError):
    """The body as a whole is no heartbeat and no batch. The message is a sentence."""


def split(body: bytes) -> Body:
    """One heartbeat, an array of them, or ``{"heartbeats": […]}``, as rows that fail alone.

    Raises Unreadable where the body is not JSON of one of these shapes, Invalid where it has no row or too many.
    """
    start = body.lstrip(b" \t\r\n")[:1]
    if start == b"[":
        return _batch(_decode(_rows, body), prefix="")
    if start != b"{":
        _decode(_anything, body)
        raise Unreadable("Send one heartbeat as an object, or an array of them.")
    members = _members(body)
    if "heartbeats" not in members:
        return Body(rows=[body], batch=False)
    if unknown := [name for name in members if name != "heartbeats"]:
        raise Invalid([(name[:80], "There is no such field beside heartbeats.") for name in unknown[:20]])
    raw = bytes(members["heartbeats"])
    if not raw.lstrip(b" \t\r\n").startswith(b"["):
        raise Invalid([("heartbeats", "Send an array of heartbeats.")])
    return _batch(_decode(_rows, raw), prefix="heartbeats.")


def _members(body: bytes) -> dict[str, Any]:
    # Values stay undecoded, so that a batch of a thousand is not read twice.
    return _decode(msgspec.json.Decoder(dict[str, msgspec.Raw]), body)


def _batch(rows: list[msgspec.Raw], *, prefix: str) -> Body:
    name = prefix.rstrip(".") or "body"
    if not rows:
        raise Invalid([(name, "Send at least one heartbeat.")])
    if len(rows) > MOST_ROWS:
        raise Invalid([(name, f"Send at most {MOST_ROWS:,} heartbeats at once; this has {len(rows):,}.")])
    return Body(rows=[bytes(row) for row in rows], batch=True, prefix=prefix)


def _decode(decoder: Any, body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except UnicodeDecodeError:
        raise Unreadable("The text is not valid UTF-8.") from None
    except RecursionError:
        raise Unreadable("The JSON is nested too deeply.") from None
    except msgspec.ValidationError:
        raise Unreadable("A number is out of range.") from None
    except msgspec.DecodeError as error:
        raise Unreadable(f"This is not JSON: {_cause(error)}.") from None


def _cause(error: msgspec.DecodeError) -> str:
    return str(error).removeprefix("JSON is malformed: ").rstrip(".")[:120].lower()


def read(row: bytes, *, at: str = "", now: datetime) -> Reading:
    """One row as a Reading. Raises Invalid with every fault at once; paths begin with ``at``, the row's own place."""
    try:
        members = _decode(_anything, row)
    except Unreadable as error:
        raise Invalid([(at, str(error))]) from None
    if not isinstance(members, dict):
        raise Invalid([(at, "A heartbeat is an object.")])
    faults = [(_shown(name), "Give this name once.") for name in _given_twice(row)]
    sound: dict[str, Any] = {}
    for name, (needed, take) in _FIELDS.items():
        if name not in members:
            if needed:
                faults.append((name, "This field is needed."))
            continue
        try:
            sound[name] = take(members[name])
        except _Fault as fault:
            faults.append((f"{name}{fault.where}", fault.sentence))
    faults += [(_shown(name), "There is no such field.") for name in members if name not in _FIELDS][:20]
    faults += _usage_faults(sound, now)
    if "emitted_at" in sound and in_future(sound["emitted_at"], now=now):
        faults.append(("emitted_at", "This lies more than 5 minutes in the future. Set the sender's clock."))
    if faults:
        raise Invalid([(f"{at}.{name}" if at else name, sentence) for name, sentence in faults])
    return Reading(**sound)


def _usage_faults(sound: dict[str, Any], now: datetime) -> list[tuple[str, str]]:
    """Usage that rides along is of the heartbeat's own agent. What is sound of it goes into ``sound``."""
    given = sound.pop("usage", None)
    if not given:
        return []
    try:
        entries = read_many(given, place="usage.{}".format, now=now, agent_id=sound.get("agent_id", NIL))
    except Invalid as refusal:
        return list(refusal.fields)
    sound["usage"] = tuple(entries)
    own = sound.get("agent_id")
    return [
        (f"usage.{index}.agent_id", "Leave this out: a heartbeat reports its own agent's usage.")
        for index, entry in enumerate(entries)
        if own is not None and entry.agent_id != own
    ]


def _given_twice(row: bytes) -> set[str]:
    """Names that one reader would take the first of and another the last (RFC 8259 §4)."""
    twice: set[str] = set()

    def note(pairs: list[tuple[str, Any]]) -> list[str]:
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            twice.update(name for name in names if names.count(name) > 1)
        return names

    json.loads(row, object_pairs_hook=note)
    return twice


def _shown(name: str) -> str:
    return name[:80].replace("\x00", "�") or "(empty name)"


class _Fault(Exception):
    def __init__(self, sentence: str, where: str = "") -> None:
        self.sentence = sentence
        self.where = where


def _uuid(value: Any) -> UUID:
    if isinstance(value, str):
        try:
            return msgspec.convert(value, UUID)
        except msgspec.ValidationError:
            pass
    raise _Fault("Send a UUID such as 0193f1c2-7a44-7b9e-8f00-3c5d2a1b9e01.")


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            return msgspec.convert(value, _Instant).astimezone(UTC)
        except (msgspec.ValidationError, OverflowError):
            pass
    raise _Fault("Send an RFC 3339 time with its offset, such as 2026-11-19T14:32:00+01:00.")


def _one_of(choices: type[Choice]) -> Callable[[Any], Choice]:
    known = {member.value: member for member in choices}
    sentence = f"Choose one of: {', '.join(known)}."

    def take(value: Any) -> Choice:
        if isinstance(value, str) and value in known:
            return known[value]
        raise _Fault(sentence)

    return take


def _count(most: int) -> Callable[[Any], int | None]:
    def take(value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        raise _Fault(f"Send a whole number from 0 to {most}, or null.")

    return take


def _summary(value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault("Send text; it may be empty.")
    if len(value) > SUMMARY_MAX:
        raise _Fault(f"Use at most {SUMMARY_MAX} characters; this has {len(value)}.")
    if "\x00" in value:
        raise _Fault("Remove the NUL character.")
    return value


def _nullable(take: Callable[[Any], UUID]) -> Callable[[Any], UUID | None]:
    return lambda value: None if value is None else take(value)


def _acks(value: Any) -> tuple[UUID, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_ACKS:
        raise _Fault(f"Send an array of at most {MOST_ACKS} command ids.")
    return tuple(_each(value))


def _reports(value: Any) -> list[Any] | None:
    if value is not None and (not isinstance(value, list) or len(value) > MOST_USAGE):
        raise _Fault(f"Send an array of at most {MOST_USAGE} reports of usage.")
    return value


def _each(values: Iterable[Any]) -> Iterable[UUID]:
    for index, value in enumerate(values):
        try:
            yield _uuid(value)
        except _Fault as fault:
            raise _Fault(fault.sentence, where=f".{index}") from None


#: name -> (needed, how it is taken), in the order errors are listed.
_FIELDS: dict[str, tuple[bool, Callable[[Any], Any]]] = {
    "heartbeat_id": (False, _nullable(_uuid)),
    "agent_id": (True, _uuid),
    "emitted_at": (True, _instant),
    "status": (True, _one_of(HeartbeatStatus)),
    "work_mode": (True, _one_of(WorkMode)),
    "active_assignment_id": (False, _nullable(_uuid)),
    "queue_depth": (False, _count(INT_MAX)),
    "error_count_1h": (False, _count(INT_MAX)),
    "latency_p95_ms": (False, _count(INT_MAX)),
    "token_burn_1h": (False, _count(BIGINT_MAX)),
    "summary": (True, _summary),
    "ack_commands": (False, _acks),
    "usage": (False, _reports),
}
FIELDS = tuple(_FIELDS)
