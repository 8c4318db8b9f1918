"""The runtimes of the demo's agents: one process that speaks for each with its own key, over the public API alone.

Standard library only, and run as a file of its own: it stays resident, so it carries neither Django nor Celery. It does
no work and says so: its summaries are what it was told, never invented results.
"""

import argparse
import heapq
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

#: The first heartbeats come spread over this many seconds.
FIRST_SPREAD_S = 6.0
#: On duty: at the tier's own cadence, but at least this often, so that a pause is obeyed while somebody watches.
ON_DUTY_MOST_S = 40.0
#: Off duty or held nothing is owed: this often it asks for orders.
OFF_DUTY_S = 15.0
#: After an announced clock event it asks again, once the sweep (every 5 s) has seen it.
AFTER_EVENT_S = 7.0
#: A command is confirmed this soon.
CONFIRM_S = 0.5
#: Waits after answers that will not change soon: a dead key, a refusal.
DEAD_KEY_S, REFUSED_S = 300.0, 60.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 1.0, 30.0
TIMEOUT_S = 10.0
SUMMARY_MAX = 140

_STATE_WORDS = {
    "executing": ("ok", "executing", "On shift. The demo does no real work."),
    "assigned": ("ok", "waiting", "Assigned. Waiting for the work to begin."),
    "blocked": ("blocked", "waiting", "Blocked. Waiting for what was asked for."),
    "degraded": ("degraded", "waiting", "Degraded. Holding back until somebody looks."),
    "escalated": ("blocked", "escalated", "Escalated. Waiting for a decision."),
}
_DONE = {"wake": "Woken up.", "resume": "Resumed.", "pause": "Paused as told.", "stop": "Stopped as told."}


@dataclass
class Agent:
    """One agent's runtime: what it was last told, and which commands it still has to confirm."""

    agent_id: str
    name: str
    key: str
    orders: dict[str, Any] = field(default_factory=dict)
    to_confirm: list[str] = field(default_factory=list)
    done: str = ""
    unsent: dict[str, Any] | None = None

    @property
    def phase(self) -> float:
        """0 to 1, the same after every start: no two agents of a fleet beat at one instant."""
        return zlib.crc32(self.agent_id.encode()) / 2**32

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
        """Status, work mode and summary that follow from the last orders, and from nothing else."""
        if not self.orders:
            return "ok", "idle", "Started. Asking what to do."
        status, mode, words = _STATE_WORDS.get(
            self.orders.get("current_state", ""), ("ok", "idle", "Waiting for work.")
        )
        if self.orders.get("desired_state") != "work":
            halted = "Stopped" if self.orders.get("desired_state") == "stop" else "Not working"
            return status, "idle", f"{halted}. {self.orders.get('reason', '')}"
        if not self.orders.get("on_duty"):
            return status, "idle", "Off duty. New work waits for the next shift."
        return status, mode, words

    def obey(self, answer: dict[str, Any]) -> None:
        """Take new orders, carry out what came with them, and note it to be confirmed."""
        confirmed = set((self.unsent or {}).get("ack_commands", ()))
        self.unsent, self.done, self.orders = None, "", answer
        self.to_confirm = [command for command in self.to_confirm if command not in confirmed]
        for command in answer.get("commands", ()):
            if command["id"] not in self.to_confirm:
                self.to_confirm.append(command["id"])
                self.done = _DONE.get(command["command"], "")
                say(f"{self.name}: {command['command']} ({command['reason']})")

    def wait_s(self) -> float:
        """Seconds until the next heartbeat, by the orders."""
        if self.to_confirm:
            return CONFIRM_S
        received = _seconds(self.orders.get("received_at"))
        due = _seconds(self.orders.get("next_heartbeat_due"))
        if due is None or received is None:
            wait = OFF_DUTY_S * (0.8 + 0.2 * self.phase)
        else:
            wait = min(ON_DUTY_MOST_S, due - received) * (0.75 + 0.15 * self.phase)
        event = _seconds((self.orders.get("next_event") or {}).get("at"))
        if event is not None and received is not None and event >= received:
            wait = min(wait, event - received + AFTER_EVENT_S * (0.8 + 0.2 * self.phase))
        return max(wait, CONFIRM_S)


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None


def _clock() -> datetime:
    """A runtime reads its own clock: it is another program, on another machine for all Punchcard knows."""
    return datetime.fromtimestamp(time.time(), UTC)


def say(text: str) -> None:
    print(f"{_clock():%Y-%m-%d %H:%M:%S} {text}", flush=True)  # noqa: T201


class Away(Exception):
    """The server did not answer, or only that it cannot just now. ``wait_s`` is what it asked for, or 0."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class Door:
    """One persistent connection to ``POST /api/heartbeats``."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SystemExit(f"--url {url} is not an address: try http://127.0.0.1:8000")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)
        self._path = parts.path.rstrip("/") + "/api/heartbeats"

    def post(self, key: str, heartbeat: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body. Raises Away; a connection that the server closed while idle is opened anew once."""
        fresh = self._connection.sock is None
        try:
            return self._post(key, heartbeat)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if fresh:
                raise Away(f"{type(error).__name__}: {error}") from error
        try:
            return self._post(key, heartbeat)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Away(f"{type(error).__name__}: {error}") from error

    def _post(self, key: str, heartbeat: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._connection.request("POST", self._path, json.dumps(heartbeat).encode(), headers)
        response = self._connection.getresponse()
        raw = response.read()
        if response.status == 429 or response.status >= 500:
            asked = response.headers.get("Retry-After", "")
            raise Away(f"answered {response.status}", float(asked) if asked.isdigit() else 0.0)
        try:
            body = json.loads(raw)
        except ValueError:
            body = {}
        return response.status, body if isinstance(body, dict) else {}

    def close(self) -> None:
        self._connection.close()


class Fleet:
    """Every agent of the key file, beating until told to end."""

    def __init__(self, *, url: str, keys: Path) -> None:
        self._door = Door(url)
        self._keys = keys
        self._read_at = 0.0
        self._due: list[tuple[float, int, Agent]] = []
        self._back_off = 0.0
        self.agents: list[Agent] = []
        self.load()

    def load(self) -> None:
        """Read the key file and begin with every agent of it. Raises OSError, ValueError, KeyError."""
        changed = self._keys.stat().st_mtime
        rows = json.loads(self._keys.read_text(encoding="utf-8"))["agents"]
        self.agents = [Agent(agent_id=row["agent_id"], name=row["agent_name"], key=row["key"]) for row in rows]
        self._read_at = changed
        now = time.monotonic()
        self._due = [(now + FIRST_SPREAD_S * agent.phase, index, agent) for index, agent in enumerate(self.agents)]
        heapq.heapify(self._due)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set() and self._due:
            due, index, agent = self._due[0]
            wait = due - time.monotonic()
            if wait > 0:
                stop.wait(wait)
                continue
            heapq.heappop(self._due)
            try:
                pause = self._beat(agent)
            except Away as away:
                self._heard_nothing(away, stop)
                pause = 0.0
            if pause is not None:
                heapq.heappush(self._due, (time.monotonic() + pause, index, agent))
        self._door.close()

    def _beat(self, agent: Agent) -> float | None:
        """One heartbeat; seconds until the agent's next, or None where the key file was read anew. Raises Away."""
        status, answer = self._door.post(agent.key, agent.heartbeat())
        if self._back_off:
            say("The server answers again.")
            self._back_off = 0.0
        if status == http.HTTPStatus.OK:
            agent.obey(answer)
            return agent.wait_s()
        agent.unsent = None
        say(f"{agent.name}: refused with {status}, {answer.get('detail', 'without a word')}")
        if status != http.HTTPStatus.UNAUTHORIZED:
            return REFUSED_S
        return None if self._load_changed() else DEAD_KEY_S

    def _load_changed(self) -> bool:
        """Whether there are new keys, which are then in use."""
        try:
            if self._keys.stat().st_mtime == self._read_at:
                return False
            self.load()
        except (OSError, ValueError, KeyError):
            return False
        say("The keys were renewed: beginning with the new ones.")
        return True

    def _heard_nothing(self, away: Away, stop: threading.Event) -> None:
        if not self._back_off:
            say(f"The server does not answer ({away}). Trying again.")
        self._back_off = min(LONGEST_BACK_OFF_S, self._back_off * 2 or FIRST_BACK_OFF_S)
        stop.wait(max(self._back_off, min(away.wait_s, LONGEST_BACK_OFF_S)) * random.uniform(0.8, 1.0))  # noqa: S311


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="demo_runtime")
    parser.add_argument("--url", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    options = parser.parse_args(arguments)

    def end(number: int, frame: FrameType | None) -> None:
        os._exit(0)  # nothing is held that would have to be put back

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if not options.keys.exists():
        say(f"There are no demo agents here: {options.keys} is missing.")
        return 0
    try:
        fleet = Fleet(url=options.url, keys=options.keys)
    except (OSError, ValueError, KeyError, TypeError) as error:
        say(f"{options.keys} cannot be read ({type(error).__name__}): make it anew with manage.py seed_demo.")
        return 1
    say(f"Speaking for {len(fleet.agents)} agents at {options.url}")
    fleet.run(threading.Event())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
