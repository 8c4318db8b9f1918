"""The caps of an agent as doors ask for them (spec B1)."""

from budgets.models import Caps, SpendPolicy
from budgets.rules import caps as rules
from workforce.models import Agent, Organization


def caps_of(agent: Agent) -> Caps | None:
    """Loaded with the agent by ``select_related("caps")``."""
    return getattr(agent, "caps", None)


def tokens_of(caps: Caps | None) -> dict[str, int | None]:
    """Caps in tokens by the name of the field; all None where none was ever set."""
    return caps.tokens() if caps else dict.fromkeys(rules.TOKEN_FIELDS)


def policy_of(organization: Organization) -> SpendPolicy:
    """How it counts; the defaults where nothing was chosen. One query."""
    return SpendPolicy.objects.filter(organization=organization).first() or SpendPolicy(organization=organization)
