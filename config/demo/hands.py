"""A task in a runtime's hands: done step by step, so that people can watch it and stop it. Standard library only."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.demo import jobs
from config.demo.door import Away, Call, Door
from config.demo.jobs import Failed, Library, Page, Step, Unclear

#: Seconds from one step to the next: real runtimes take their time too, and so it is seen.
STEP_S = 9.0
#: What is not heard of for so long goes back to the queue.
LEASE_S = 60
#: Through so long a pause it is kept in hand; then it is for whoever works sooner.
KEPT_S = 600.0
#: Under this name it reports what it used.
MODEL = "demo-runtime"
_ROOT = Path(__file__).resolve().parents[2]
_ERROR_MAX, _NOTE_MAX = 2_000, 500


class Shelf:
    """Pages of the server, over the runtime's own connection, and the documents that are shipped."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def page(self, path: str) -> Page:
        return self._door.page(path)

    def document(self, name: str) -> bytes:
        try:
            return (_ROOT / name).read_bytes()
        except OSError as error:
            raise Failed(f"{name} cannot be read here ({error.strerror}).") from error


class Counting:
    """A library that counts the words it gives out."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.words = 0

    def page(self, path: str) -> Page:
        page = self._library.page(path)
        self.words += len(page.body.split())
        return page

    def document(self, name: str) -> bytes:
        raw = self._library.document(name)
        self.words += len(raw.split())
        return raw


def claim() -> Call:
    return Call("claim", "/api/work/claim", {"lease_seconds": LEASE_S}, once=str(uuid.uuid4()))


class Work:
    """One claimed task, under the token of its claim."""

    def __init__(self, claimed: dict[str, Any], *, pace: float, now: float) -> None:
        task = claimed["task"]
        self.task_id: str = task["id"]
        self.title: str = task["title"]
        self._token: int = claimed["token"]
        self.job: str = task.get("description", "").strip() or self.title
        self._steps: Sequence[Step] | None = None
        self._said: list[str] = []
        self._read = self._written = 0
        self._last: Call | None = None
        self._paused_at = 0.0
        self._pace_s = STEP_S * pace
        self.next_at = now + self._pace_s

    def words(self) -> str:
        done, steps = len(self._said), len(self._steps or ())
        return f"At work on “{self.title}”" + (f", {done} of {steps} steps done." if done else ".")

    def keep(self, now: float) -> Call | None:
        """While paused: only that it is still in hand. None once that has lasted too long to go on."""
        self._paused_at = self._paused_at or now
        return self._report("extend", lease_seconds=LEASE_S) if now < self._paused_at + KEPT_S else None

    def go_on(self, library: Library, now: float) -> Call | None:
        """The next step where it is time for it, and what is to be reported of it."""
        self._paused_at = 0.0
        if now < self.next_at:
            return None
        self.next_at = now + self._pace_s
        counting = Counting(library)
        try:
            if self._steps is None:
                self._read += len(self.job.split())
                self._steps = jobs.read(self.job)
            self._say(jobs.do(self._steps[len(self._said)], counting))
        except Unclear as unclear:
            return self._end("block", code="waiting_input", note=str(unclear)[:_NOTE_MAX])
        except Exception as error:
            words = str(error) if isinstance(error, Failed | Away) else f"{type(error).__name__}: {error}"
            return self._end("fail", error=words[:_ERROR_MAX])
        finally:
            self._read += counting.words
        if len(self._said) < len(self._steps):
            percent = 100 * len(self._said) // len(self._steps)
            return self._report("extend", lease_seconds=LEASE_S, percent_complete=percent)
        return self._end("complete", result="\n".join(self._said))

    def last(self) -> Call | None:
        """What is to be said of its end, once its usage was reported."""
        return self._last

    def _say(self, line: str) -> None:
        self._said.append(line)
        self._written += len(line.split())

    def _end(self, what: str, **said: Any) -> Call:
        """First what was used, while the lease still stands for the room that was reserved; then the end itself."""
        self._last = self._report(what, once=True, **said)
        return Call("usage", "/api/usage", self.usage())

    def usage(self) -> dict[str, Any]:
        """What this work took. No model was asked, and none is pretended: the name says that it was this runtime, the
        words it read are its input tokens, the words it wrote its output tokens. Sent twice, it counts once."""
        return {
            "key": f"task-{self.task_id}-{self._token}",
            "model": MODEL,
            "task_id": self.task_id,
            "input_tokens": max(1, self._read),
            "output_tokens": self._written,
            "cache_read_tokens": 0,
            "cache_write_tokens": 0,
        }

    def _report(self, what: str, *, once: bool = False, **said: Any) -> Call:
        path = f"/api/work/{self.task_id}/{what}"
        return Call(what, path, {"token": self._token, **said}, once=str(uuid.uuid4()) if once else "")
