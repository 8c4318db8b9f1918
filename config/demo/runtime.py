"""The runtimes of the demo's agents: one process that speaks for each with its own key, over the public API alone.

Standard library only, and run without Django (``python config/demo``): it stays resident. What it reports was done:
small jobs, whose verbs are in ``jobs``. What it does not understand, it blocks for a person.
"""

import argparse
import heapq
import http
import json
import os
import random
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from config.demo import agent as agents
from config.demo import errands
from config.demo.agent import Agent
from config.demo.door import Away, Call, Door
from config.demo.hands import Shelf

#: The first heartbeats come spread over this many seconds.
FIRST_SPREAD_S = 6.0
#: Waits after answers that will not change soon: a dead key, a refusal.
DEAD_KEY_S, REFUSED_S = 300.0, 60.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 1.0, 30.0
#: A request that fails so often in a row is given up, and with it what was in hand; heartbeats go on.
MOST_TRIES = 6


class Fleet:
    """Every agent of the key file, beating until told to end."""

    def __init__(self, *, url: str, keys: Path) -> None:
        self._door = Door(url)
        self._shelf = Shelf(self._door)
        self._keys = keys
        self._read_at = 0.0
        self._due: list[tuple[float, int, Agent]] = []
        self._back_off = 0.0
        self._errand_at = time.monotonic() + errands.EVERY_S
        self._errands = 0
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
        """One heartbeat, and the request that follows from its answer; seconds until the agent's next, or None where
        the key file was read anew. Raises Away."""
        if agent.call is None:
            beat = Call("heartbeat", "/api/heartbeats", agent.heartbeat())
            status, answer = self._door.send(agent.key, beat)
            self._heard()
            if status != http.HTTPStatus.OK:
                return self._refused(agent, status, answer)
            agent.obey(answer)
            now = time.monotonic()
            agent.call = agent.next_call(self._shelf, now) or self._errand(agent, now)
        if (call := agent.call) is not None:
            status, answer = self._send(agent, call)
            if status == http.HTTPStatus.UNAUTHORIZED:
                return self._refused(agent, status, answer)
            self._answered(agent, call, status, answer)
        return agent.wait_s(time.monotonic())

    def _send(self, agent: Agent, call: Call) -> tuple[int, dict[str, Any]]:
        try:
            status, answer = self._door.send(agent.key, call)
        except Away as away:
            agent.tries += 1
            if agent.tries >= MOST_TRIES:
                agents.say(f"{agent.name}: gives up on {call.path} ({away})")
                agent.give_up()
            raise
        self._heard()
        agent.call, agent.tries = None, 0
        return status, answer

    def _answered(self, agent: Agent, call: Call, status: int, answer: dict[str, Any]) -> None:
        accepted, now = status < 400, time.monotonic()
        if call.what == "claim":
            agent.claimed(answer if accepted else {}, now)
        elif call.what == "look":
            if accepted and not answer.get("results"):
                agent.call = self._found(agent, now)
            else:
                agent.errand_from = now + errands.PASSED_OVER_S
        elif call.what == "errand":
            agent.done = f"Found “{answer['title']}” to do." if accepted else "Found nothing to do."
            agents.say(f"{agent.name}: {agent.done}")
        else:
            agent.reported(call.what, accepted, now)

    def _errand(self, agent: Agent, now: float) -> Call | None:
        """Now and then one agent looks for work of its own: of the free ones who has had the fewest."""
        if now < self._errand_at or not agent.is_free or now < agent.errand_from:
            return None
        if agent.errands > min(other.errands for other in self.agents if other.is_free and now >= other.errand_from):
            return None
        return errands.look()

    def _found(self, agent: Agent, now: float) -> Call:
        self._errand_at = now + errands.EVERY_S
        colleague = next((other for other in self.agents if other.is_free and other is not agent), None)
        agent.errands += 1
        self._errands += 1
        return errands.found(
            self._errands - 1,
            agent_id=agent.agent_id,
            finished=agent.finished,
            colleague_id=colleague.agent_id if colleague else None,
        )

    def _heard(self) -> None:
        if self._back_off:
            agents.say("The server answers again.")
            self._back_off = 0.0

    def _refused(self, agent: Agent, status: int, answer: dict[str, Any]) -> float | None:
        agent.give_up()
        agents.say(f"{agent.name}: refused with {status}, {answer.get('detail', 'without a word')}")
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
        agents.say("The keys were renewed: beginning with the new ones.")
        return True

    def _heard_nothing(self, away: Away, stop: threading.Event) -> None:
        if not self._back_off:
            agents.say(f"The server does not answer ({away}). Trying again.")
        self._back_off = min(LONGEST_BACK_OFF_S, self._back_off * 2 or FIRST_BACK_OFF_S)
        stop.wait(max(self._back_off, min(away.wait_s, LONGEST_BACK_OFF_S)) * random.uniform(0.8, 1.0))  # noqa: S311


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="demo_runtime")
    parser.add_argument("--url", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    options = parser.parse_args(arguments)

    def end(number: int, frame: FrameType | None) -> None:
        os._exit(0)  # what is in hand goes back to the queue when its lease ends

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if not options.keys.exists():
        agents.say(f"There are no demo agents here: {options.keys} is missing.")
        return 0
    try:
        fleet = Fleet(url=options.url, keys=options.keys)
    except (OSError, ValueError, KeyError, TypeError) as error:
        agents.say(f"{options.keys} cannot be read ({type(error).__name__}): make it anew with manage.py seed_demo.")
        return 1
    agents.say(f"Speaking for {len(fleet.agents)} agents at {options.url}")
    fleet.run(threading.Event())
    return 0
