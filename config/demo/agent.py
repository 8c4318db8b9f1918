"""One agent's runtime: what it was last told, what it has in hand, what it says next and when. Standard library only.

It does nothing by itself: the fleet sends what it says, and tells it what was answered.
"""

import time
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from config.demo import hands
from config.demo.door import Call
from config.demo.errands import Finished
from config.demo.hands import Work
from config.demo.jobs import Library

#: On duty: at the tier's own cadence, but at least this often, so that a pause is obeyed while somebody watches.
ON_DUTY_MOST_S = 40.0
#: Off duty or held nothing is owed: this often it asks for orders, and keeps alive what it has in hand.
OFF_DUTY_S = 15.0
#: After an announced clock event it asks again, once the sweep (every 5 s) has seen it.
AFTER_EVENT_S = 7.0
#: A command is confirmed this soon, and so is the end of a task.
CONFIRM_S = 0.5
#: From one task to the next at most.
REST_S = 45.0
#: After a claim that was refused.
REFUSED_S = 60.0
SUMMARY_MAX = 140

_STATE_WORDS = {
    "executing": ("ok", "waiting", "Said to be executing. Nothing is in hand."),
    "assigned": ("ok", "waiting", "Assigned. Waiting for the work to begin."),
    "blocked": ("blocked", "waiting", "Blocked. Waiting for what was asked for."),
    "degraded": ("degraded", "waiting", "Degraded. Holding back until somebody looks."),
    "escalated": ("blocked", "escalated", "Escalated. Waiting for a decision."),
}
_DONE = {"wake": "Woken up.", "resume": "Resumed.", "pause": "Paused as told.", "stop": "Stopped as told."}
_ENDS = {"complete": "Finished", "fail": "Failed at", "block": "Cannot go on with"}
#: States in which work is handed out.
_RUNNABLE = ("ready", "assigned", "executing", "blocked")


@dataclass
class Agent:
    """``call`` is a request whose answer is still owed: it is repeated until there is one."""

    agent_id: str
    name: str
    key: str
    orders: dict[str, Any] = field(default_factory=dict)
    to_confirm: list[str] = field(default_factory=list)
    done: str = ""
    unsent: dict[str, Any] | None = None
    work: Work | None = None
    call: Call | None = None
    finished: Finished | None = None
    errands: int = 0
    tries: int = 0
    claim_from: float = 0.0
    errand_from: float = 0.0

    @property
    def phase(self) -> float:
        """0 to 1, the same after every start: no two agents of a fleet beat at one instant."""
        return zlib.crc32(self.agent_id.encode()) / 2**32

    @property
    def may_work(self) -> bool:
        return self.orders.get("desired_state") == "work"

    @property
    def is_free(self) -> bool:
        """On duty with nothing to do, nothing in hand, and nothing left to say."""
        orders = self.orders
        return (
            self.may_work
            and bool(orders.get("on_duty"))
            and not orders.get("in_grace")
            and not orders.get("work_waiting")
            and orders.get("lease") is None
            and orders.get("current_state") in _RUNNABLE
            and self.work is None
            and self.call is None
            and not self.to_confirm
        )

    # ---- what it says

    def heartbeat(self) -> dict[str, Any]:
        """What to send now. After a lost answer the same one again: the server knows it by its id."""
        if self.unsent is None:
            status, mode, words = self.words()
            self.unsent = {
                "heartbeat_id": str(uuid.uuid4()),
                "agent_id": self.agent_id,
                "emitted_at": _clock().isoformat(),
                "status": status,
                "work_mode": mode,
                "active_assignment_id": None,
                "summary": f"{self.done} {words}".strip()[:SUMMARY_MAX],
                "ack_commands": list(self.to_confirm),
            }
        return self.unsent

    def words(self) -> tuple[str, str, str]:
        """Status, work mode and summary that follow from the last orders and from what is in hand, nothing else."""
        if not self.orders:
            return "ok", "idle", "Started. Asking what to do."
        status, mode, words = _STATE_WORDS.get(
            self.orders.get("current_state", ""), ("ok", "idle", "Waiting for work.")
        )
        if not self.may_work:
            halted = "Stopped" if self.orders.get("desired_state") == "stop" else "Not working"
            return status, "idle", f"{halted}. {self.orders.get('reason', '')}"
        if self.work is None and self.orders.get("lease") is not None:
            return status, "idle", "" if self.done else "Waits for the lease of earlier work to end."
        if self.work is not None:
            return "degraded" if status == "degraded" else "ok", "executing", self.work.words()
        if not self.orders.get("on_duty"):
            return status, "idle", "Off duty. New work waits for the next shift."
        return status, mode, words

    def next_call(self, library: Library, now: float) -> Call | None:
        """Beside the heartbeat: the next step of what is in hand, or a claim. Raises Away."""
        if self.work is not None and self.may_work:
            return self.work.go_on(library, now)
        if self.work is not None:
            call = self.work.keep(now)
            if call is None:
                self._put_down("after a long pause")
            return call
        if self.may_work and self.orders.get("work_waiting") and now >= self.claim_from:
            return hands.claim()
        return None

    # ---- what it is told

    def obey(self, answer: dict[str, Any]) -> None:
        """Take new orders, carry out what came with them, and note it to be confirmed."""
        confirmed = set((self.unsent or {}).get("ack_commands", ()))
        self.unsent, self.done, self.orders = None, "", answer
        self.to_confirm = [command for command in self.to_confirm if command not in confirmed]
        for command in answer.get("commands", ()):
            if command["id"] not in self.to_confirm:
                self.to_confirm.append(command["id"])
                self.done = self._carry_out(command)
                say(f"{self.name}: {command['command']} ({command['reason']})")
        self._hold_on_to_work()

    def _carry_out(self, command: dict[str, Any]) -> str:
        if command["command"] != "cancel":
            return _DONE.get(command["command"], "")
        if self.work is None or self.work.task_id != command.get("task_id"):
            return ""
        self.work = None
        return "Cancelled as told."

    def _hold_on_to_work(self) -> None:
        """A pause by somebody keeps the task in hand, untouched. Told to stop, or sent home, it is put down: without
        the lease it goes back to the queue, for the next shift. Where the lease is over, so is the work."""
        if self.work is None:
            return
        lease = self.orders.get("lease") or {}
        ours = lease.get("task_id") == self.work.task_id
        sent_home = not self.may_work and not self.orders.get("on_duty")
        if not ours or sent_home or self.orders.get("desired_state") == "stop":
            self._put_down("as told" if ours else "because its lease is over")

    def _put_down(self, why: str) -> None:
        if self.work is not None:
            say(f"{self.name}: puts down “{self.work.title}” {why}")
            self.work = None

    def claimed(self, answer: dict[str, Any], now: float) -> None:
        if answer.get("task") is not None:
            self.work = Work(answer, pace=0.8 + 0.4 * self.phase, now=now)
            say(f"{self.name}: takes “{self.work.title}”")
            return
        asked_at, again = _seconds(self.orders.get("received_at")), _seconds(answer.get("ask_again_at"))
        wait = REFUSED_S if asked_at is None or again is None else min(REFUSED_S, max(0.0, again - asked_at))
        self.claim_from = now + wait

    def reported(self, what: str, accepted: bool, now: float) -> None:
        """The server has heard a report on the work in hand. One that is refused came too late: it is over. After its
        usage comes its end at once, whatever the caps say by now: it is done."""
        work = self.work
        if what == "usage":
            if work is not None:
                self.call = work.last()
            return
        if work is None or (what == "extend" and accepted):
            return
        if accepted:
            self.done = f"{_ENDS[what]} “{work.title}”."
            self.claim_from = now + REST_S * (0.3 + 0.7 * self.phase)
            if what == "complete":
                self.finished = Finished(work.task_id, work.title, work.job)
        else:
            self.done = f"Too late for “{work.title}”."
        say(f"{self.name}: {self.done}")
        self.work = None

    def give_up(self) -> None:
        """Forget what was to be said and done: only new orders count."""
        self.unsent, self.call, self.work, self.tries = None, None, None, 0

    # ---- how long it waits

    def wait_s(self, now: float) -> float:
        """Seconds until the next heartbeat, by the orders and by what is in hand."""
        if self.to_confirm or self.done or self.call is not None:
            return CONFIRM_S
        wait = self._beat_s()
        if self.may_work and self.work is not None:
            wait = min(wait, self.work.next_at - now)
        elif self.may_work and self.orders.get("work_waiting"):
            wait = min(wait, self.claim_from - now)
        return max(wait, CONFIRM_S)

    def _beat_s(self) -> float:
        received = _seconds(self.orders.get("received_at"))
        due = _seconds(self.orders.get("next_heartbeat_due"))
        if due is None or received is None:
            wait = OFF_DUTY_S * (0.8 + 0.2 * self.phase)
        else:
            wait = min(ON_DUTY_MOST_S, due - received) * (0.75 + 0.15 * self.phase)
        event = _seconds((self.orders.get("next_event") or {}).get("at"))
        if event is not None and received is not None and event >= received:
            wait = min(wait, event - received + AFTER_EVENT_S * (0.8 + 0.2 * self.phase))
        return wait


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None


def _clock() -> datetime:
    """A runtime reads its own clock: it is another program, on another machine for all Punchcard knows."""
    return datetime.fromtimestamp(time.time(), UTC)


def say(text: str) -> None:
    print(f"{_clock():%Y-%m-%d %H:%M:%S} {text}", flush=True)  # noqa: T201
