"""The text of a calendar file taken apart into its events, with the number of every line (RFC 5545 §3.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from icalendar import Event

LARGEST_BYTES = 256 * 1024
MOST_EVENTS = 200
LONGEST_SUMMARY = 60

_VALUE = r"(?:\"[^\"]*\"|[^\";:,]*)"
_LINE = re.compile(rf"[A-Za-z0-9-]+(?:;[A-Za-z0-9-]+={_VALUE}(?:,{_VALUE})*)*:.*", re.DOTALL)


class Fault(NamedTuple):
    """What was not taken: the line it begins on, the event's title or nothing, and why, as a sentence."""

    line: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"Line {self.line}{f', {self.what}' if self.what else ''}: {self.why}"


@dataclass(slots=True)
class Block:
    """The lines of one event, unfolded, each with its number; the first is BEGIN:VEVENT."""

    lines: list[tuple[int, str]]

    @property
    def line(self) -> int:
        return self.lines[0][0]

    def line_of(self, name: str) -> int:
        """Of the property, or of the event where it has none."""
        return next((number for number, text in self.lines if re.match(rf"{name}[;:]", text, re.I)), self.line)

    @property
    def summary(self) -> str:
        found = next((text for _, text in self.lines if re.match(r"SUMMARY[;:]", text, re.I)), "")
        return plain(found.partition(":")[2])


@dataclass(slots=True)
class Text:
    """What is in a file. `zone` and `title` are what the calendar says of itself, empty where it says nothing."""

    blocks: list[Block] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    zone: str = ""
    title: str = ""


def plain(text: str) -> str:
    """One line of printable characters, cut to what a name may have."""
    text = re.sub(r"\\[nN]", " ", text).replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:LONGEST_SUMMARY].strip()


def take_apart(data: str | bytes) -> Text:
    """Never raises: what cannot be read is a fault."""
    found = Text()
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "replace"))
    if size > LARGEST_BYTES:
        found.faults.append(Fault(1, "", f"The file has {size // 1024} kB. Import at most {LARGEST_BYTES // 1024} kB."))
        return found
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1 if isinstance(data, bytes) else 1
        found.faults.append(Fault(line, "", "This is not UTF-8 text. Save the calendar as an .ics file and try again."))
        return found
    lines = _unfolded(text)
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        found.faults.append(Fault(1, "", "This is not a calendar file: it does not begin with BEGIN:VCALENDAR."))
        return found
    _gather(lines, found)
    if not found.blocks and not found.faults:
        found.faults.append(Fault(1, "", "There is no event in this file."))
    return found


def _unfolded(text: str) -> list[tuple[int, str]]:
    """Lines that are folded are one, with the number of the first; empty ones are left out."""
    parts: list[tuple[int, list[str]]] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line[:1] in (" ", "\t") and parts:
            parts[-1][1].append(line[1:])
        elif line.strip():
            parts.append((number, [line]))
    return [(number, "".join(pieces)) for number, pieces in parts]


def _gather(lines: list[tuple[int, str]], found: Text) -> None:
    stack: list[str] = []
    block: Block | None = None
    for number, line in lines:
        name, _, value = line.partition(":")
        name, kind = name.strip().upper(), value.strip().upper()
        if name == "BEGIN":
            stack.append(kind)
            if kind == "VEVENT" and block is None:
                block = Block([])
        elif name.partition(";")[0] in ("X-WR-CALNAME", "X-WR-TIMEZONE") and stack == ["VCALENDAR"]:
            setattr(found, "title" if "CALNAME" in name else "zone", plain(value))
        # Alarms within an event say nothing about hours.
        if block is not None and stack[-1:] == ["VEVENT"]:
            block.lines.append((number, line))
        if name == "END" and stack:
            if stack.pop() != kind:
                found.faults.append(Fault(number, "", f"END:{plain(kind)} closes what was not begun last."))
                return
            if kind == "VEVENT" and block is not None:
                found.blocks.append(block)
                block = None
        if len(found.blocks) > MOST_EVENTS:
            found.blocks.clear()
            found.faults.append(Fault(number, "", f"There are more than {MOST_EVENTS} events. Import fewer at once."))
            return
    if stack:
        line_of = block.line if block is not None else lines[-1][0]
        found.faults.append(
            Fault(line_of, "", f"The file ends before END:{plain(stack[-1])}: a part of it is missing.")
        )


def event_of(block: Block, faults: list[Fault]) -> Event | None:
    """The event by the library; None with a fault for every line that cannot be read."""
    known = len(faults)
    for number, line in block.lines:
        if not _LINE.fullmatch(line) or "\x00" in line:
            faults.append(Fault(number, block.summary, f"“{plain(line)[:40]}” is not a line of a calendar."))
    if len(faults) > known:
        return None
    try:
        event = Event.from_ical("\r\n".join(line for _, line in block.lines) + "\r\n")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        faults.append(Fault(block.line, block.summary, f"The event cannot be read: {plain(str(error))}."))
        return None
    for name, why in event.errors if isinstance(event, Event) else [("BEGIN", "no event")]:
        faults.append(Fault(block.line_of(str(name)), block.summary, f"{name} cannot be read: {plain(str(why))}."))
    return event if len(faults) == known and isinstance(event, Event) else None
