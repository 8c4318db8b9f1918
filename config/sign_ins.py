"""First passwords: made at random, kept where only the operator reads them."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

FILE = "sign-ins.txt"
#: Without what looks alike: 31 letters and digits, 12 of them are 59 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """Twelve random characters in threes of four, to be typed from a screen."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def write_private(path: Path, text: str) -> None:
    """Write a whole file that only its owner may read; a reader sees the old one or the new one, never a part.

    The folder is made where it is missing. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def as_text(heading: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """``rows`` are (who, e-mail address, password), set in columns under the heading."""
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"  {who:<{widths[0]}}  {email:<{widths[1]}}  {password}" for who, email, password in rows]
    return "\n".join([heading, *lines]) + "\n"
