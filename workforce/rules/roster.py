"""What may stand in an agent's record (001 §1.1): field by field, without looking anything up."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workforce.choices import AgentType, PriorityTier, RiskLevel

#: Fields people may set; ``owner`` and ``secondary_owner`` are a person or an agent.
EDITABLE = (
    "agent_name",
    "agent_type",
    "capability_tags",
    "model_profile",
    "owner",
    "secondary_owner",
    "team",
    "priority_tier",
    "risk_level",
    "cost_budget_daily",
    "avatar",
    "tools",
    "notes",
)
REQUIRED = (
    "agent_name",
    "agent_type",
    "capability_tags",
    "model_profile",
    "owner",
    "team",
    "priority_tier",
    "risk_level",
)
LONGEST: Mapping[str, int] = {"agent_name": 80, "model_profile": 80, "avatar": 8, "notes": 4000}
TOOL_MODES = ("enabled", "always_ask", "disabled")
TAGS_MAX = 30
TAG_LONGEST = 40

NEEDED = "This field is needed."
UNKNOWN = "There is no such field."
NO_SUCH_POD = "There is no such pod in this organisation."
NO_SUCH_OWNER = "There is no such person or agent in this organisation."
NOT_A_MEMBER = "This person is not an active member of the organisation."
NOT_ITSELF = "An agent cannot own itself."

Faults = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands where a door could not make out a value; ``sentence`` says what to write instead."""

    sentence: str


def missing(fields: Mapping[str, Any]) -> Faults:
    """Of a new agent: what is needed and not there."""
    return [(name, NEEDED) for name in REQUIRED if fields.get(name) in (None, "", [])]


def faults_of(fields: Mapping[str, Any]) -> Faults:
    """Every fault that shows without asking who and what exists. Owners and pods are the service's to check."""
    faults = [(name, UNKNOWN) for name in fields if name not in EDITABLE]
    faults += [(name, value.sentence) for name, value in fields.items() if isinstance(value, Unread)]
    fields = {name: value for name, value in fields.items() if not isinstance(value, Unread)}
    for name in LONGEST:
        if name in fields and (fault := _text_fault(name, fields[name])):
            faults.append((name, fault))
    for name, choices in (("agent_type", AgentType), ("priority_tier", PriorityTier), ("risk_level", RiskLevel)):
        if name in fields and fields[name] not in list(choices):
            faults.append((name, f"Choose one of: {', '.join(choices)}."))
    if "capability_tags" in fields:
        tags = fields["capability_tags"]
        if fault := tags_fault(tags) or ("" if tags else "Give at least one tag."):
            faults.append(("capability_tags", fault))
    cost = fields.get("cost_budget_daily")
    if cost is not None and not _amount_ok(cost):
        faults.append(
            ("cost_budget_daily", "Enter an amount of 0 or more with at most two decimals, or leave it empty.")
        )
    if "tools" in fields and not _tools_ok(fields["tools"]):
        faults.append(("tools", f"Give tool names with one of: {', '.join(TOOL_MODES)}."))
    return faults


def tags_fault(tags: Any) -> str:
    """What is wrong with a list of tags, or nothing."""
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return "Give a list of tags."
    if len(tags) > TAGS_MAX:
        return f"Use at most {TAGS_MAX} tags."
    for tag in tags:
        if not tag.strip() or len(tag) > TAG_LONGEST or "\x00" in tag or "," in tag:
            return f"Each tag is 1 to {TAG_LONGEST} characters without a comma."
    if len(set(tags)) != len(tags):
        return "Each tag once."
    return ""


def gone_fault(name: str, state: str) -> str:
    return f"{name} is {state} and cannot own an agent."


def cycle_fault(owner: str, owned: str) -> str:
    return f"{owner} is owned by {owned}, directly or through others."


def taken_fault(name: str) -> str:
    return f"There is already an agent called {name}."


def _text_fault(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return "Enter text."
    if "\x00" in value:
        return "Remove the NUL character."
    if len(value.strip()) > LONGEST[name]:
        return f"Use at most {LONGEST[name]} characters; this has {len(value.strip())}."
    return NEEDED if name in REQUIRED and not value.strip() else ""


def _amount_ok(cost: Any) -> bool:
    if not isinstance(cost, Decimal) or not cost.is_finite() or not 0 <= cost < 10**10:
        return False
    return cost == cost.quantize(Decimal("0.01"))


def _tools_ok(tools: Any) -> bool:
    return isinstance(tools, dict) and all(
        isinstance(name, str) and 0 < len(name) <= 80 and "\x00" not in name and mode in TOOL_MODES
        for name, mode in tools.items()
    )
