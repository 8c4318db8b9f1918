"""Spending for pages: usage through the service, so that ledger, meters and sums agree."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from budgets.models import Caps, Price
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.services.usage import record
from workforce.choices import ActorKind
from workforce.models import Agent, Organization
from workforce.rules.actors import Actor

_KEYS = count(1)
#: One token costs a thousandth: 1,000 tokens cost 1.
PRICED, FLAT, UNPRICED = "sonnet", "flat", "nobody-knows"


def prices(organization: Organization, now: datetime) -> None:
    """Of ``PRICED``, and of ``FLAT``, which a plan covers."""
    for model, flat in ((PRICED, False), (FLAT, True)):
        Price.objects.create(
            organization=organization,
            model=model,
            valid_from=now - timedelta(days=400),
            input=Decimal(1000),
            output=Decimal(1000),
            flat_rate=flat,
        )


def spend(agent: Agent, tokens: int, *, now: datetime, at: datetime | None = None, model: str = PRICED) -> None:
    """Usage of so many counted tokens, spent at ``at`` and reported at ``now``."""
    record(
        organization=agent.organization,
        entries=[
            Entry(agent_id=agent.pk, key=f"k{next(_KEYS)}", model=model, tokens=Tokens(input=tokens), at=at or now)
        ],
        by=Actor(kind=ActorKind.AGENT, id=str(agent.pk), label=agent.agent_name, agent_id=agent.pk),
        now=now,
    )


def cap(agent: Agent, **caps: Any) -> Caps:
    """Caps written as they are, whatever was spent."""
    kept, _ = Caps.objects.update_or_create(agent=agent, defaults=caps)
    return kept
