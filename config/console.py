"""What a person at a terminal sees: progress lines, and refusals of one sentence. Standard library only."""

import contextlib
import errno
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

#: Failures of the file system that a person can mend; any other is a defect of ours and keeps its traceback.
_MENDABLE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOENT,
    errno.ENOLCK,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class Refusal(Exception):
    """It cannot go on. ``sentence`` says what happened and what to do, ``tail`` are log lines that show why.

    An empty sentence: it has been said already.
    """

    def __init__(self, sentence: str, *, code: int = 1, tail: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.tail = tail


def say(text: str, *, end: str = "\n", to: TextIO | None = None) -> None:
    """Write to the terminal at once. A terminal or pipe that is gone is no reason to fail."""
    stream = to or sys.stdout
    with contextlib.suppress(OSError, ValueError):
        stream.write(text + end)
        stream.flush()


def say_refusal(refusal: Refusal, *, to: TextIO | None = None) -> None:
    for line in refusal.tail:
        say(f"  | {line}", to=to or sys.stderr)
    if refusal.sentence:
        say(refusal.sentence, to=to or sys.stderr)


@contextlib.contextmanager
def step(doing: str) -> Iterator[None]:
    """One progress line: what is being done, then how many seconds it took."""
    say(f"{doing} ... ", end="")
    began = time.monotonic()
    try:
        yield
    except BaseException as error:
        say("failed" if isinstance(error, Exception) else "stopped")
        raise
    say(f"{time.monotonic() - began:.1f} s")


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a folder that cannot be written to into a refusal that names it."""
    try:
        yield
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "free some space there" if full else "let your user write there or move the checkout"
        raise Refusal(f"Cannot write in {folder} ({error.strerror}): {advice}, and start again.") from error


def tail(path: Path, lines: int = 12, *, width: int = 240) -> list[str]:
    """The last lines of a log, cut at ``width`` characters; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_384))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip()[:width] for line in text.splitlines() if line.strip()][-lines:]
