"""Agents as CSV: which columns there are, how a file is read, how a record is written (spec R9, 001 §1.1).

Reading never stops at the first fault: every line that cannot be taken is named, with its field and the reason.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from workforce.rules.csv_cells import original
from workforce.rules.roster import REQUIRED

#: In the order in which they are written. ``owner`` and ``secondary_owner`` are an e-mail address or an agent's name.
COLUMNS = (
    "agent_name",
    "agent_type",
    "capability_tags",
    "model_profile",
    "owner",
    "secondary_owner",
    "team",
    "priority_tier",
    "risk_level",
    "cost_budget_daily",
    "avatar",
    "tools",
    "notes",
)
EXAMPLE: Sequence[Sequence[str]] = (
    ("triage-01", "main", "triage; web_research", "sonnet-balanced", "olga@example.com", "", "Support", "P0", "low",
     "25.00", "T1", "shell: always_ask", "Reads the inbox."),
    ("triage-02", "subagent", "triage", "haiku-fast", "triage-01", "olga@example.com", "Support", "P2", "low",
     "", "", "", ""),
)  # fmt: skip
MOST_ROWS = 5_000
#: What a pasted text may have in a form, and a body by API.
MOST_BYTES = 800_000
_LONGEST_SHOWN = 40
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,6})?")
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Fault:
    """``line`` counts from 1, the header's; ``field`` is empty where the line as a whole is meant."""

    line: int
    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One agent to hire. ``record`` has owners and pod as they are written."""

    line: int
    record: Mapping[str, Any]


@dataclass
class Sheet:
    """A file as it was read."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def decoded(raw: bytes) -> str | None:
    """The text of an UTF-8 file, with or without a byte order mark; None where it is something else."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def size_fault(text: str) -> str:
    """What is wrong with a text as a whole, or nothing."""
    if not text.strip("\ufeff \t\r\n"):
        return "There is nothing in it. Give a header and one line for each agent."
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"It is larger than {MOST_BYTES // 1000} kB. Import it in parts."
    return ""


def read(text: str) -> Sheet:
    """Commas, semicolons or tabs between cells, as the header has them; quotes doubled inside quotes; blank lines count
    as lines and are passed over."""
    sheet = Sheet()
    if fault := size_fault(text):
        sheet.faults.append(Fault(1, "", fault))
        return sheet
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        lines = text.split("\n")
        sheet.faults = [Fault(n, "", "Remove the NUL character.") for n, line in enumerate(lines, 1) if "\x00" in line]
        return sheet
    head = next(line for line in text.split("\n") if line.strip())
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=head.count), strict=True)
    columns: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = [original(cell.strip()).lower() for cell in cells]
                sheet.faults += [Fault(line, name, said) for name, said in _head_faults(columns)]
                if sheet.faults:
                    return sheet
            elif len(sheet.rows) == MOST_ROWS:
                sheet.faults.append(Fault(line, "", f"More than {MOST_ROWS:,} agents. Import them in parts."))
                return sheet
            else:
                _take(sheet, line, columns, cells)
    except csv.Error as error:
        sheet.faults.append(Fault(begins, "", _unreadable(str(error))))
        return sheet
    if not sheet.rows and not sheet.faults:
        sheet.faults.append(Fault(1, "", "There is only a header. Give one line for each agent."))
    return sheet


def cycles(owners: Mapping[str, str]) -> set[str]:
    """Names that own themselves through others, of ``owned: owner`` pairs."""
    found: set[str] = set()
    done: set[str] = set()
    for start in owners:
        path: dict[str, int] = {}
        name: str | None = start
        while name is not None and name not in done and name not in path:
            path[name] = len(path)
            name = owners.get(name)
        if name in path:
            found.update(one for one, place in path.items() if place >= path[name])
        done.update(path)
    return found


def line_ranges(lines: Iterable[int]) -> str:
    """``4-9, 12``: many lines in few words."""
    runs: list[list[int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][-1] + 1:
            runs[-1][1:] = [line]
        else:
            runs.append([line])
    return ", ".join("-".join(map(str, run)) for run in runs)


def tags_cell(tags: Sequence[str]) -> str:
    """Tags between semicolons; between commas, which no tag has, where one has a semicolon."""
    mark = "," if any(";" in tag for tag in tags) else ";"
    cell = f"{mark} ".join(tags)
    return f"{cell}{mark}" if len(tags) == 1 and re.search(r"[;\s]", cell) else cell


def tags_of(cell: str) -> list[str]:
    """What ``tags_cell`` wrote; blanks separate where nothing else does."""
    parts = cell.split("," if "," in cell else ";") if re.search("[,;]", cell) else cell.split()
    return [part.strip() for part in parts if part.strip()]


def tools_cell(tools: Mapping[str, str]) -> str:
    """``shell: always_ask; web: enabled``; as JSON where a name would not survive that."""
    if any(re.search(r"^\s|\s$|^\{|[;\n]", name) for name in tools):
        return json.dumps(tools, ensure_ascii=False)
    return "; ".join(f"{name}: {mode}" for name, mode in tools.items())


def tools_of(cell: str) -> Any:
    """What ``tools_cell`` wrote. Other text comes back as something that is no dictionary of modes."""
    if cell.startswith("{"):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    pairs = [part.rpartition(":") for part in cell.split(";") if part.strip()]
    return {name.strip(): mode.strip() for name, _, mode in pairs}


def _head_faults(columns: Sequence[str]) -> list[tuple[str, str]]:
    if not set(columns) & set(COLUMNS):
        return [("", f"The first line names the columns. They are: {', '.join(COLUMNS)}.")]
    faults = []
    for place, name in enumerate(columns, 1):
        if not name:
            faults.append(("", f"Column {place} has no name."))
        elif name not in COLUMNS:
            faults.append((_shown(name), f"There is no such column. Columns are: {', '.join(COLUMNS)}."))
    faults += [(name, "This column is there more than once.") for name in COLUMNS if columns.count(name) > 1]
    faults += [(name, "This column is missing.") for name in REQUIRED if name not in columns]
    return faults


def _take(sheet: Sheet, line: int, columns: Sequence[str], cells: Sequence[str]) -> None:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        said = (
            f"This line has {len(cells)} cells, the header {len(columns)}. Quote cells that have the separator in them."
        )
        sheet.faults.append(Fault(line, "", said))
        return
    named = dict(zip(columns, cells, strict=False))
    nul = [name for name, cell in named.items() if "\x00" in cell]
    sheet.faults += [Fault(line, name, "Remove the NUL character.") for name in nul]
    texts = {name: original(cell.strip()).strip() for name, cell in named.items() if name not in nul}
    sheet.rows.append(Row(line, {name: _value(name, text) for name, text in texts.items() if text}))


def _value(name: str, text: str) -> Any:
    if name == "capability_tags":
        return tags_of(text)
    if name == "tools":
        return tools_of(text)
    if name == "cost_budget_daily" and _AMOUNT.fullmatch(text):
        return Decimal(text.replace(",", ".")) + 0
    if name in ("agent_type", "risk_level"):
        return text.lower()
    return text.upper() if name == "priority_tier" else text


def _unreadable(why: str) -> str:
    if "unexpected end" in why:
        return "A quoted cell begins here and never ends. Close its quotes, and double quotes inside it."
    if "field limit" in why:
        return "A cell is too long to be read. Look for a quote that is missing."
    return "This line cannot be read. Quote cells that hold quotes or the separator, and double the quotes inside."


def _shown(name: str) -> str:
    return name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
