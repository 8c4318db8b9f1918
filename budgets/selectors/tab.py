"""One page of the Budgets tab, and its table for CSV (spec U1, U6, B1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q

from budgets.choices import CapMeasure, CapWindow, OnCap
from budgets.models import Caps, SpendPolicy, UsageDay
from budgets.rules.gauges import Gauge
from budgets.rules.windows import day_of
from budgets.selectors.caps import caps_of
from budgets.selectors.cards import Card, cards_of
from budgets.selectors.order import BudgetFilter, matching
from workforce.models import Agent, Organization
from workforce.selectors.named import digest
from workforce.selectors.standing import Standing

PAGE_SIZE = 24
BATCH = 500
COLUMNS = (
    "Agent",
    "Pod",
    "Tier",
    "Zone",
    "On Cap",
    *(f"{window.label} Tokens Used" for window in CapWindow),
    *(f"{window.label} Token Cap" for window in CapWindow),
    *(f"{window.label} Cost" for window in CapWindow),
    *(f"{window.label} Cost Cap" for window in CapWindow),
    "Reserved Tokens",
    "Daily Cost Budget",
    "Billed Today",
    "Tokens Of Unknown Cost Today",
    "Currency",
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BudgetPage:
    cards: Sequence[Card]
    total: int
    page: int
    filter: BudgetFilter

    @property
    def keys(self) -> str:
        """What cards there are, and in which order."""
        return digest([card.id for card in self.cards], self.total, self.filter.sort)

    @property
    def version(self) -> str:
        return digest(self.keys, [card.version for card in self.cards])

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def budget_page(
    organization: Organization, wanted: BudgetFilter, *, policy: SpendPolicy, standing: Standing, now: datetime
) -> BudgetPage:
    """At most ``PAGE_SIZE`` cards; a page past the end is the last one. The number of queries is fixed."""
    agents = matching(organization, wanted, now=now)
    total = agents.count()
    page = min(wanted.page, max(1, -(-total // PAGE_SIZE)))
    start = (page - 1) * PAGE_SIZE
    shown = list(agents.defer("notes", "tools", "audit_tags", "capability_tags")[start : start + PAGE_SIZE])
    cards = cards_of(shown, organization, policy=policy, standing=standing, now=now)
    return BudgetPage(cards=cards, total=total, page=page, filter=wanted)


def cap_lines(
    organization: Organization, wanted: BudgetFilter, *, policy: SpendPolicy, now: datetime
) -> Iterator[tuple[object, ...]]:
    """The table for CSV, one line per agent, exact: whole tokens and amounts; an empty cell is no cap, or a cost that
    is not known at all. Two queries."""
    odd = {
        (agent_id, day): (listed - billed, unpriced)
        for agent_id, day, listed, billed, unpriced in UsageDay.objects.filter(
            organization=organization, day__range=((now - _DAY).date(), (now + _DAY).date())
        )
        .filter(Q(unpriced_tokens__gt=0) | ~Q(billed_cost=F("list_cost")))
        .values_list("agent_id", "day", "list_cost", "billed_cost", "unpriced_tokens")
    }
    for agent in matching(organization, wanted, now=now).iterator(chunk_size=BATCH):
        zone = (caps_of(agent) or Caps(agent=agent)).time_zone or organization.time_zone
        unbilled, unpriced = odd.get((agent.pk, day_of(zone, now)), (Decimal(0), 0))
        yield _line(agent, organization, zone, unbilled, unpriced, policy.currency, now)


def _line(
    agent: Agent,
    organization: Organization,
    zone: str,
    unbilled: Decimal,
    unpriced: int,
    currency: str,
    now: datetime,
) -> tuple[object, ...]:
    caps = caps_of(agent) or Caps(agent=agent)
    gauges = caps.gauges(organization.time_zone, now)
    tokens = [gauge for gauge in gauges if gauge.measure == CapMeasure.TOKENS]
    costs = [gauge for gauge in gauges if gauge.measure == CapMeasure.COST]
    spent = Decimal(costs[0].used)
    return (
        agent.agent_name,
        agent.team.name,
        agent.priority_tier,
        zone,
        OnCap(caps.on_cap).short if caps.any_set else "",
        *(gauge.used for gauge in tokens),
        *(_cell(gauge) for gauge in tokens),
        "" if unpriced and not spent else _plain(spent),
        *(_plain(gauge.used) for gauge in costs[1:]),
        *(_cell(gauge) for gauge in costs),
        caps.reserved_tokens,
        "" if agent.cost_budget_daily is None else _plain(agent.cost_budget_daily),
        "" if unpriced and not spent else _plain(spent - unbilled),
        unpriced,
        currency,
    )


def _cell(gauge: Gauge) -> str:
    if gauge.cap is None:
        return ""
    return str(gauge.cap) if gauge.measure == CapMeasure.TOKENS else _plain(gauge.cap)


def _plain(amount: object) -> str:
    """``2.5``, ``0``: without the places that say nothing, never with an exponent."""
    text = f"{Decimal(str(amount)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
