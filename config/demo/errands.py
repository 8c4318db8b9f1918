"""New work that the demo's agents give themselves and each other, so that a demo left alone stays alive.

Bounded: one errand per ``EVERY_S`` over the whole fleet, and only for an agent that has nothing open at all. Each is a
job that can be done. Standard library only.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from config.demo.door import Call

#: 720 a day at most: about 10,000 rows with their reports and audit, a tenth of what the heartbeats leave.
EVERY_S = 120.0
#: Who has open work is not asked again for so long.
PASSED_OVER_S = 600.0
_AGAIN = "Once more: "

#: What an agent finds to do, in turn. Titles are what people read in the queue.
FOUND = (
    (
        "Check that the front pages answer",
        "Each page once, as a stranger sees it.",
        "Fetch /sign-in\nFetch /healthz\nFetch /readyz\nFetch /api/docs",
    ),
    (
        "Take the fingerprint of the style sheet",
        "To see whether it changed since the last time.",
        "SHA-256 of /static/punchcard.css\nCount the lines of /static/punchcard.css\n"
        "Longest line of /static/punchcard.css",
    ),
    (
        "Read the README for words we overuse",
        "",
        "Count the words of README.md\nMost frequent words of README.md\nLongest line of README.md",
    ),
    (
        "See how the changelog grows",
        "",
        "Count the lines of docs/CHANGELOG.md\nCount the words of docs/CHANGELOG.md\nSHA-256 of docs/CHANGELOG.md",
    ),
    (
        "Look over the sign-in page",
        "How much there is to read, and where it leads.",
        "Fetch /sign-in\nCount the words of /sign-in\nCount the links of /sign-in\nSHA-256 of /static/favicon.svg",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finished:
    """The last task an agent completed."""

    task_id: str
    title: str
    job: str


def look() -> Call:
    """Whether this agent, by its own key, sees anything open: its own, and what it delegated."""
    return Call("look", "/api/workforce/tasks?open=true&limit=1")


def found(number: int, *, agent_id: str, finished: Finished | None, colleague_id: str | None) -> Call:
    """The errand of this number. Every fourth goes to a colleague; every third looks once more at the agent's last
    task, unless that was such a look itself."""
    title, remark, steps = FOUND[number % len(FOUND)]
    body: dict[str, Any] = {
        "agent_id": agent_id,
        "title": title,
        "description": f"{remark}\n\n{steps}".strip(),
        "priority": ("low", "normal", "low", "high")[number % 4],
        "type": "new",
    }
    if number % 4 == 3 and colleague_id:
        body |= {"agent_id": colleague_id, "type": "delegation"}
    elif number % 3 == 2 and finished and not finished.title.startswith(_AGAIN):
        body |= {"type": "continue", "continues": finished.task_id, "description": finished.job}
        body["title"] = f"{_AGAIN}{finished.title}"[:200]
    return Call("errand", "/api/workforce/tasks", body, once=str(uuid.uuid4()))
