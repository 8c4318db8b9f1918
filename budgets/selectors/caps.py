"""The caps of an agent as every door asks for them (spec B1)."""

from budgets.models import Caps
from budgets.rules import caps as rules
from workforce.models import Agent


def caps_of(agent: Agent) -> Caps | None:
    """Without a query where the agent was loaded with ``select_related("caps")``."""
    return getattr(agent, "caps", None)


def tokens_of(caps: Caps | None) -> dict[str, int | None]:
    """Caps in tokens by the name of the field; all None where none was ever set."""
    return caps.tokens() if caps else dict.fromkeys(rules.TOKEN_FIELDS)
