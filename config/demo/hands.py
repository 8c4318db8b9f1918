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
        try:
            if self._steps is None:
                self._steps = jobs.read(self.job)
            self._said.append(jobs.do(self._steps[len(self._said)], library))
        except Unclear as unclear:
            return self._report("block", once=True, code="waiting_input", note=str(unclear)[:_NOTE_MAX])
        except Exception as error:
            words = str(error) if isinstance(error, Failed | Away) else f"{type(error).__name__}: {error}"
            return self._report("fail", once=True, error=words[:_ERROR_MAX])
        if len(self._said) < len(self._steps):
            percent = 100 * len(self._said) // len(self._steps)
            return self._report("extend", lease_seconds=LEASE_S, percent_complete=percent)
        return self._report("complete", once=True, result="\n".join(self._said))

    def _report(self, what: str, *, once: bool = False, **said: Any) -> Call:
        path = f"/api/work/{self.task_id}/{what}"
        return Call(what, path, {"token": self._token, **said}, once=str(uuid.uuid4()) if once else "")
