"""Reading request bodies: strict JSON (RFC 8259) in UTF-8, in bounded time whatever is sent.

msgspec refuses, in C, what is not JSON at all: NaN, lone surrogates, broken UTF-8, numbers and nesting beyond
reason. One walk over the result refuses what a database or a reader could stumble over.
"""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

import msgspec
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from workforce.api.problems import TooLarge, Unreadable

MAX_BYTES = 900_000
MAX_DEPTH = 32
#: Digits of a number: more than a token counter, less than what takes long to print.
MAX_NUMBER = 10**18
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises ``TooLarge`` (413), ``UnsupportedMediaType`` (415, other charsets), ``Unreadable`` (400)."""
        charset = _charset(media_type)
        if charset not in ("", "utf-8", "utf8"):
            raise UnsupportedMediaType(media_type or "", detail="Send JSON in UTF-8.")
        return decode(read(stream, declared=_content_length(parser_context)))


def read(stream: IO[bytes], *, declared: int = 0) -> bytes:
    """The body, never more than ``MAX_BYTES`` of it. ``declared`` is the Content-Length, 0 where unknown."""
    if declared <= MAX_BYTES:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) <= MAX_BYTES:
            return raw
    raise TooLarge(f"The body is too large: at most {MAX_BYTES:,} bytes are taken.")


def decode(raw: bytes) -> Any:
    """The value of a JSON text. Raises ``Unreadable`` with the byte or the path where that is known."""
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise _too_deep("") from None
    except UnicodeDecodeError:
        raise Unreadable("The body is not valid UTF-8.") from None
    except msgspec.DecodeError as fault:
        raise _malformed(str(fault), raw) from None
    check_values(value)
    _check_names(raw)
    return value


#: Where a value stands: its parent's trail and its own name or index. Written out only for a fault.
Trail = tuple[Any, object] | None


def check_values(value: Any) -> None:
    """Refuse NUL characters, nesting beyond ``MAX_DEPTH``, integers beyond ``MAX_NUMBER``, naming the path.

    Without recursion, so that no nesting can exhaust the stack.
    """
    waiting: list[tuple[Any, Trail, int]] = [([value], None, 0)]
    while waiting:
        container, trail, depth = waiting.pop()
        for step, item in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(step, str) and "\x00" in step:
                raise _nul(trail)
            here = (trail, step) if depth else None
            if isinstance(item, str):
                if "\x00" in item:
                    raise _nul(here)
            elif isinstance(item, dict | list):
                if depth == MAX_DEPTH:
                    raise _too_deep(_path(here))
                waiting.append((item, here, depth + 1))
            elif isinstance(item, int) and not -MAX_NUMBER <= item <= MAX_NUMBER:
                raise Unreadable("The body holds a number out of range.", [(_path(here), "Enter a smaller number.")])


def _check_names(raw: bytes) -> None:
    """A name given twice means one thing to us and another to somebody else: refuse it (RFC 8259 §4)."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Unreadable("A name is given twice in one object.", [(name[:80], "Give it once.")])
            seen.add(name)

    json.loads(raw, object_pairs_hook=once)


def _nul(trail: Trail) -> Unreadable:
    return Unreadable("The body holds a NUL character.", [(_path(trail), "Remove the NUL character.")])


def _too_deep(path: str) -> Unreadable:
    sentence = f"The body is nested too deeply: at most {MAX_DEPTH} levels are taken."
    return Unreadable(sentence, [(path, "Nest less.")])


def _path(trail: Trail) -> str:
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        steps.append(str(step)[:80])
    return ".".join(reversed(steps))


def _malformed(fault: str, raw: bytes) -> Unreadable:
    """msgspec's words without its own prefix, and its place (``$[3].cost``) as our kind of path."""
    what, _, place = fault.removeprefix("JSON is malformed: ").partition(" - at `$")
    if what == "Input data was truncated":
        # It reads on for the other half of a surrogate pair.
        what = "a lone surrogate" if _SURROGATE.search(raw) else "it ends too early"
    faults = []
    if place and "..." not in place:
        faults = [(place.rstrip("`").replace("[", ".").replace("]", "").strip("."), f"{what}.")]
    return Unreadable(f"The body is not valid JSON: {what[:1].lower()}{what[1:]}.", faults)


def _charset(media_type: str | None) -> str:
    for part in (media_type or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def _content_length(context: Mapping[str, Any] | None) -> int:
    request = context.get("request") if context else None
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0
    except ValueError:
        return 0
