"""What the pods and the organisation spent today (spec B5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, Count, F, Q, Sum, Value, When

from budgets.choices import CapWindow
from budgets.models import UsageDay
from budgets.models.money import MoneyField
from budgets.rules import words
from budgets.rules.windows import day_of
from budgets.selectors.bars import Today, budget_gauge, today_of
from budgets.selectors.zones import Zones
from workforce.models import Agent, Organization, Team
from workforce.selectors.named import digest

#: Pods of the strip: the dearest of today.
SHOWN = 10
_DAY = timedelta(days=1)
_NOTHING = (Decimal(0), 0)


@dataclass(frozen=True, slots=True)
class Share:
    """Today of a pod or of all: what it cost, and tokens where it has no cost budget."""

    name: str
    today: Today
    tokens: str
    budgeted: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """The strip. ``others``: pods that are not shown."""

    pods: Sequence[Share]
    others: int
    whole: Share

    @property
    def version(self) -> str:
        return digest(self.pods, self.others, self.whole)


def totals_of(organization: Organization, pod: Team | None, *, zones: Zones, currency: str, now: datetime) -> Totals:
    """Pods that have spent or may spend, the dearest first; with ``pod`` only that one. Three queries, however many.

    What agents spent is read from their meters, each in its own zone's day.
    """
    agents = Agent.objects.of(organization).active().order_by()
    runs = zones.runs(CapWindow.DAILY, at="caps__")
    known = agents.annotate(
        used=Case(When(runs, then=F("caps__daily_used")), default=0, output_field=BigIntegerField()),
        spent=Case(When(runs, then=F("caps__daily_spent")), default=Value(0), output_field=MoneyField()),
    )
    busy = Q(used__gt=0) | Q(cost_budget_daily__isnull=False)
    sums = {"tokens": Sum("used"), "cost": Sum("spent"), "budget": Sum("cost_budget_daily")}
    whole = known.aggregate(**sums, pods=Count("team_id", distinct=True, filter=busy))
    found = (
        known.filter(busy, *([Q(team=pod)] if pod else []))
        .values("team_id", "team__name")
        .annotate(**sums)
        .order_by("-cost", "-tokens", "team__name", "team_id")[:SHOWN]
    )
    odd = _odd_days(organization, now)
    pods = [_share(row["team__name"], row, [odd.get(row["team_id"], _NOTHING)], currency, now) for row in found]
    return Totals(
        pods=pods,
        others=0 if pod else max(0, whole["pods"] - len(pods)),
        whole=_share("", whole, list(odd.values()), currency, now),
    )


def _odd_days(organization: Organization, now: datetime) -> dict[UUID, tuple[Decimal, int]]:
    """Of each pod today: how much of the list cost was not billed, and tokens whose cost is unknown. One query."""
    rows = (
        UsageDay.objects.filter(organization=organization, day__range=((now - _DAY).date(), (now + _DAY).date()))
        .filter(Q(unpriced_tokens__gt=0) | ~Q(billed_cost=F("list_cost")))
        .filter(agent__in=Agent.objects.of(organization).active())
        .order_by()
        .values_list("agent__team_id", "agent__caps__time_zone", "day")
        .annotate(listed=Sum("list_cost"), billed=Sum("billed_cost"), unpriced=Sum("unpriced_tokens"))
    )
    found: dict[UUID, tuple[Decimal, int]] = {}
    for team_id, zone, day, listed, billed, unpriced in rows:
        if day == day_of(zone or organization.time_zone, now):
            less, unknown = found.get(team_id, _NOTHING)
            found[team_id] = (less + listed - billed, unknown + int(unpriced))
    return found


def _share(
    name: str, sums: Mapping[str, Any], odd: Sequence[tuple[Decimal, int]], currency: str, now: datetime
) -> Share:
    gauge = budget_gauge(Decimal(sums["cost"] or 0), sums["budget"], now)
    unbilled, unpriced = sum((one for one, _ in odd), Decimal(0)), sum(one for _, one in odd)
    return Share(
        name=name,
        today=today_of(gauge, unbilled=unbilled, unpriced=unpriced, currency=currency),
        tokens=words.tokens_short(int(sums["tokens"] or 0)),
        budgeted=sums["budget"] is not None,
    )
