"""The lifecycle as a table (spec R4): which moves are legal, who may make them, which need a reason.

``paused`` is entered and left by holds (spec R8): the table only says from where that is possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workforce.choices import LifecycleState as S

PEOPLE = "people"
AGENT = "agent"
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Edge:
    """One legal move. ``verb`` is what the audit and buttons call it; ``who`` are the kinds of actor allowed."""

    verb: str
    who: frozenset[str]


def _edge(verb: str, *more: str) -> Edge:
    return Edge(verb=verb, who=frozenset({PEOPLE, *more}))


#: (from, to) -> edge. Everything absent is illegal, a move to the same state too.
TRANSITIONS: Mapping[tuple[S, S], Edge] = {
    (S.REGISTERED, S.READY): _edge("make_ready"),
    (S.REGISTERED, S.RETIRED): _edge("retire"),
    (S.READY, S.ASSIGNED): _edge("assign"),
    (S.READY, S.PAUSED): _edge("pause", SYSTEM),
    (S.READY, S.RETIRED): _edge("retire"),
    (S.READY, S.DEGRADED): _edge("degrade", SYSTEM),
    (S.ASSIGNED, S.EXECUTING): _edge("execute", AGENT),
    (S.ASSIGNED, S.BLOCKED): _edge("block", AGENT),
    (S.ASSIGNED, S.READY): _edge("make_ready"),
    (S.ASSIGNED, S.PAUSED): _edge("pause", SYSTEM),
    (S.ASSIGNED, S.DEGRADED): _edge("degrade", SYSTEM),
    (S.EXECUTING, S.BLOCKED): _edge("block", AGENT),
    (S.EXECUTING, S.DEGRADED): _edge("degrade", AGENT, SYSTEM),
    (S.EXECUTING, S.PAUSED): _edge("pause", SYSTEM),
    (S.EXECUTING, S.READY): _edge("make_ready", AGENT),
    (S.EXECUTING, S.ASSIGNED): _edge("assign", AGENT),
    (S.BLOCKED, S.ESCALATED): _edge("escalate", SYSTEM),
    (S.BLOCKED, S.EXECUTING): _edge("execute", AGENT),
    (S.BLOCKED, S.READY): _edge("make_ready"),
    (S.BLOCKED, S.PAUSED): _edge("pause", SYSTEM),
    (S.DEGRADED, S.EXECUTING): _edge("execute", AGENT),
    (S.DEGRADED, S.ASSIGNED): _edge("assign"),
    (S.DEGRADED, S.READY): _edge("make_ready"),
    (S.DEGRADED, S.ESCALATED): _edge("escalate", SYSTEM),
    (S.DEGRADED, S.PAUSED): _edge("pause", SYSTEM),
    (S.ESCALATED, S.EXECUTING): _edge("execute"),
    (S.ESCALATED, S.READY): _edge("make_ready"),
    (S.ESCALATED, S.PAUSED): _edge("pause", SYSTEM),
    (S.PAUSED, S.READY): _edge("make_ready", SYSTEM),
    (S.PAUSED, S.RETIRED): _edge("retire"),
    (S.RETIRED, S.ARCHIVED): _edge("archive"),
}

#: Target state -> the verb that leads there (one verb per target, a test holds it).
VERBS: Mapping[S, str] = {target: edge.verb for (_, target), edge in TRANSITIONS.items()}

#: Verb -> the audit event's action.
AUDIT_ACTIONS: Mapping[str, str] = {
    "make_ready": "agent.made_ready",
    "assign": "agent.assigned",
    "execute": "agent.executing",
    "block": "agent.blocked",
    "degrade": "agent.degraded",
    "escalate": "agent.escalated",
    "pause": "agent.paused",
    "retire": "agent.retired",
    "archive": "agent.archived",
}

REASON_REQUIRED = frozenset({S.BLOCKED, S.ESCALATED, S.PAUSED, S.RETIRED, S.ARCHIVED})

#: States in which an agent owes no work and the clock never acts.
GONE = frozenset({S.RETIRED, S.ARCHIVED})
#: From here a pausing hold moves the agent to ``paused``.
PAUSABLE = frozenset(source for source, target in TRANSITIONS if target == S.PAUSED)


def is_legal(source: str, target: str) -> bool:
    """Whether anyone at all, the system included, may make this move."""
    return (source, target) in TRANSITIONS


def legal_targets(source: str, *, who: str | None = None) -> list[S]:
    """Where an agent in ``source`` may go, in the order of the states; only the moves ``who`` may make, if given."""
    return [
        target
        for target in S
        if (edge := TRANSITIONS.get((S(source), target))) is not None and (who is None or who in edge.who)
    ]


def sources_of(target: S) -> list[S]:
    return [source for source, reached in TRANSITIONS if reached == target]


def may_move(source: str, target: str, *, who: str) -> bool:
    edge = TRANSITIONS.get((S(source), S(target)))
    return edge is not None and who in edge.who


def needs_reason(target: str) -> bool:
    return target in REASON_REQUIRED


def mermaid() -> str:
    """The diagram of ``docs/lifecycle.md``: one line per edge, agents' and the system's moves marked."""
    lines = ["stateDiagram-v2", "    [*] --> registered"]
    for (source, target), edge in TRANSITIONS.items():
        marks = "".join(mark for mark, who in (("a", AGENT), ("s", SYSTEM)) if who in edge.who)
        lines.append(f"    {source} --> {target}: {edge.verb}" + (f" ({marks})" if marks else ""))
    lines.append("    archived --> [*]")
    return "\n".join(lines) + "\n"
