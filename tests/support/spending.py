"""Something of everything that budgets keep, for tests that look at lists and pages of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from budgets.models import BurnAnomaly, CapApproval, CapMark, Price, Reservation, SpendPolicy
from budgets.rules.prices import Tokens
from budgets.rules.usage_entry import Entry
from budgets.selectors.credits import balance_of, entries_of
from budgets.services import credits
from budgets.services.usage import record
from tests.support.actors import SYSTEM
from workforce.models import Agent, Organization

MODEL = "sonnet"


def entry(agent: Agent, key: str, *, model: str = MODEL, tokens: int = 1_000, at: datetime | None = None) -> Entry:
    return Entry(agent_id=agent.pk, key=key, model=model, tokens=Tokens(tokens, 200, 5_000, 0), at=at)


def spend(agents: Sequence[Agent], *, now: datetime) -> None:
    """A row of every kind for each of these agents of one organisation, which is given prices and a balance."""
    organization = agents[0].organization
    Price.objects.create(
        organization=organization,
        model=MODEL,
        valid_from=now - timedelta(days=30),
        input=Decimal(3),
        output=Decimal(15),
    )
    SpendPolicy.objects.create(organization=organization, currency="EUR")
    credits.top_up(organization=organization, amount="100", reason="Invoice 4711.", by=SYSTEM, now=now)
    for agent in agents:
        entries = [entry(agent, "one"), entry(agent, "two", model="nobody-knows", at=now - timedelta(days=1))]
        record(organization=organization, entries=entries, by=SYSTEM, now=now)
        here = {"organization": organization, "agent": agent}
        window = {"window": "weekly", "measure": "tokens", "since": now - timedelta(days=2), "cap": 500, "used": 700}
        Reservation.objects.create(
            **here, subject_kind="task", subject_id=str(agent.pk), tokens=900, left_tokens=400,
            expires_at=now + timedelta(hours=1), opened_at=now,
        )  # fmt: skip
        CapMark.objects.create(**here, **window, level=80, at=now)
        CapApproval.objects.create(**here, **window, until=now + timedelta(days=5), opened_at=now)
        BurnAnomaly.objects.create(
            organization=organization, subject_kind="agent", subject_id=agent.pk, subject_label=agent.agent_name,
            hour=now - timedelta(hours=1), tokens=90_000, baseline=2_000, threshold=20_000, hours=160, at=now,
        )  # fmt: skip


def proved(organization: Organization) -> bool:
    """Whether the balance is the sum of its entries."""
    found = entries_of(organization).order_by().aggregate(sum=Sum("amount"))["sum"]
    return (balance_of(organization) or 0) == (found or 0)
