"""Cells of CSV files: text that a spreadsheet shows and never runs, and the way back (spec U6, R9)."""

import re

#: A cell that begins like this may be taken for a formula, also after blanks that are seen or not. Apostrophes before
#: it count too, so that one more of them can always be taken off again.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\ufeff\u200b-\u200f\u2060]*[=+\-@＝＋－＠])")


def neutral(cell: object) -> str:
    """The cell as text; an apostrophe before what a spreadsheet would run, and no NUL."""
    text = "" if cell is None else str(cell).replace("\x00", "")
    return f"'{text}" if _FORMULA.match(text) else text


def original(cell: str) -> str:
    """What ``neutral`` was given: its apostrophe is taken off, any other stays."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
