"""A runtime with nothing of ours in it: it claims a task for each agent, writes down that it began, and then hangs.

``python -m tests.faults.runtime ADDRESS TOKEN FILE AGENT...``
"""

import json
import signal
import sys
import urllib.error
import urllib.request
from typing import Any


def call(address: str, token: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """POST; the status and the answer's JSON, refusals too."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}{path}", json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def work(address: str, token: str, file: str, agents: list[str]) -> None:
    for agent in agents:
        status, answer = call(address, token, "/api/work/claim", {"agent_id": agent, "lease_seconds": 30})
        task = answer.get("task")
        if status == 200 and task:
            with open(file, "a") as begun:
                begun.write(f"{agent} {task['id']} {answer['token']}\n")
    signal.pause()


if __name__ == "__main__":
    address, token, file, *agents = sys.argv[1:]
    work(address, token, file, agents)
