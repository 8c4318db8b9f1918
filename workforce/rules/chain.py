"""The audit's hash chain: each link covers the event's canonical text and the hash before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


def canonical(event: Mapping[str, Any]) -> bytes:
    """One text per event whatever database it came from: sorted keys, no spaces, escaped to ASCII."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def link_hash(*, previous: str, seq: int, event: Mapping[str, Any]) -> str:
    """SHA-256 over the previous hash, the position and the event, as 64 hex digits."""
    return hashlib.sha256(previous.encode() + b"\n" + str(seq).encode() + b"\n" + canonical(event)).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    seq: int
    previous: str
    hash: str
    event: Mapping[str, Any] | None  # None: the event is gone


@dataclass(frozen=True, slots=True)
class Break:
    seq: int
    why: str


def first_break(links: Iterable[Link], *, after: str = GENESIS, expected_seq: int = 1) -> Break | None:
    """Walk links in order of ``seq``; return where the chain first fails, or None where it holds."""
    for link in links:
        if link.seq != expected_seq:
            return Break(expected_seq, f"link {expected_seq} is missing, the next one present is {link.seq}")
        if link.event is None:
            return Break(link.seq, "its event is missing")
        if link.previous != after:
            return Break(link.seq, "it does not name the hash of the link before it")
        if link_hash(previous=after, seq=link.seq, event=link.event) != link.hash:
            return Break(link.seq, "its event was changed after it was linked")
        after, expected_seq = link.hash, expected_seq + 1
    return None
