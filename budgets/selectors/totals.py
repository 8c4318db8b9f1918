"""What the pods and the organisation spent today, and who stands at a cap (spec B5, B6, B8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import LessThanOrEqual

from budgets.choices import CapWindow
from budgets.models import Caps, UsageDay, UsageHour
from budgets.models.money import MoneyField
from budgets.rules import words
from budgets.rules.gauges import reached
from budgets.rules.windows import day_of, window_at
from budgets.selectors.bars import Today, budget_gauge, today_of
from budgets.selectors.burn import HOURS_BACK, Burn, burn_of
from budgets.selectors.cards import next_reached
from budgets.selectors.credits import balance_of
from budgets.selectors.order import CAPPED
from workforce.choices import HoldKind
from workforce.models import Agent, Hold, Organization, Team
from workforce.selectors.named import digest

#: Pods of the strip: the dearest of today.
SHOWN = 10
#: Days whose mean is the rate at which credits go.
CREDIT_DAYS = 7
_DAY = timedelta(days=1)
#: No day is longer, so that nobody who reaches a cap today is left out before it is looked at closely.
_LONGEST_DAY = 25
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


@dataclass(frozen=True, slots=True)
class Top:
    """The page's first lines. ``paused`` are held by a cap, ``coming`` reach one before their day is over."""

    total: int
    capped: int
    paused: int
    coming: int
    credits: str
    overdrawn: bool

    @property
    def headline(self) -> str:
        if not self.total:
            return "No agents yet."
        if not self.capped:
            return "No agent has a cap yet."
        said = []
        if self.paused:
            said.append(f"{_agents(self.paused)} {_is(self.paused)} paused at {_its(self.paused)} cap.")
        if self.coming and self.paused:
            said.append(f"{self.coming} more {'reaches its' if self.coming == 1 else 'reach theirs'} today.")
        elif self.coming:
            said.append(f"{_agents(self.coming)} {'reaches its' if self.coming == 1 else 'reach their'} cap today.")
        return " ".join(said) or "No agent is paused at its cap, and none reaches one today."

    @property
    def version(self) -> str:
        return digest(self.total, self.capped, self.paused, self.coming, self.credits)


def _agents(number: int) -> str:
    return f"{number} agent{'' if number == 1 else 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _its(number: int) -> str:
    return "its" if number == 1 else "their"


def top_of(organization: Organization, *, currency: str, now: datetime) -> Top:
    """Six queries, whatever the fleet's size."""
    agents = Agent.objects.of(organization).active().order_by()
    counts = agents.aggregate(total=Count("pk"), capped=Count("pk", filter=CAPPED))
    paused = set(
        Hold.objects.active().filter(agent__in=agents, kind=HoldKind.BUDGET).values_list("agent_id", flat=True)
    )
    balance, said = balance_of(organization), ""
    if balance is not None:
        said = _credits(balance, _billed_a_day(organization, now), currency)
    return Top(
        **counts,
        paused=len(paused),
        coming=_coming(organization, paused, now),
        credits=said,
        overdrawn=balance is not None and balance <= 0,
    )


def _credits(balance: Decimal, a_day: Decimal, currency: str) -> str:
    """``Credits €1,284.10 last 12 days at this rate.``"""
    left = words.money(balance, currency)
    if balance <= 0:
        return f"Credits {left}: nothing is left."
    if not a_day:
        return f"Credits {left}."
    days = int(balance / a_day)
    if days > 3650:
        return f"Credits {left} last more than ten years at this rate."
    return f"Credits {left} last {days or 'less than a'} day{'' if days <= 1 else 's'} at this rate."


def _billed_a_day(organization: Organization, now: datetime) -> Decimal:
    """The mean of the last seven days that are over on the organisation's calendar."""
    today = day_of(organization.time_zone, now)
    days = UsageDay.objects.filter(organization=organization, day__range=(today - CREDIT_DAYS * _DAY, today - _DAY))
    return Decimal(days.aggregate(sum=Sum("billed_cost"))["sum"] or 0) / CREDIT_DAYS


def _coming(organization: Organization, paused: set[UUID], now: datetime) -> int:
    """How many agents reach a cap before their own day is over, at the present rate.

    The database passes on those who could: where what was spent in the last hours, kept up for the longest day there
    is, would take one of the eight figures to its cap. Those are looked at as their cards do. Three queries.
    """
    begun = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_BACK)
    caps_of_agent = "agent__caps__"
    recent = UsageHour.objects.filter(
        organization=organization, hour__range=(begun, now), agent__in=Agent.objects.of(organization).active()
    )
    ahead = {
        "tokens": Cast(Sum("counted_tokens"), FloatField()) * (_LONGEST_DAY / HOURS_BACK),
        "cost": Cast(Sum("list_cost"), FloatField()) * (_LONGEST_DAY / HOURS_BACK),
    }
    might: Any = Q()
    for window in CapWindow:
        for cap, used, kind in (
            (window.field, f"{window.value}_used", "tokens"),
            (window.cost_field, f"{window.value}_spent", "cost"),
        ):
            room = _real(f"{caps_of_agent}{cap}") - _real(f"{caps_of_agent}{used}")
            might |= Q(LessThanOrEqual(room, F(f"ahead_{kind}")))
    ids = (
        recent.order_by()
        .values("agent_id")
        .annotate(ahead_tokens=ahead["tokens"], ahead_cost=ahead["cost"])
        .filter(might)
        .values_list("agent_id", flat=True)
    )
    found = {caps.agent_id: caps for caps in Caps.objects.filter(agent__in=set(ids) - paused).order_by()}
    burns = burn_of(found, now=now)
    return sum(_reaches_today(caps, burns[agent_id], organization, now) for agent_id, caps in found.items())


def _real(name: str) -> Any:
    """As a float: near enough to pass one on, and it cannot overflow."""
    return Cast(F(name), FloatField())


def _reaches_today(caps: Caps, burn: Burn, organization: Organization, now: datetime) -> bool:
    gauges = caps.gauges(organization.time_zone, now)
    coming = None if reached(gauges) else next_reached(gauges, burn, now)
    return coming is not None and coming[1] < gauges[0].end


def totals_of(organization: Organization, pod: Team | None, *, currency: str, now: datetime) -> Totals:
    """Pods that have spent or may spend, the dearest first; with ``pod`` only that one. Four queries, however many.

    What agents spent is read from their meters, each in its own zone's day.
    """
    agents = Agent.objects.of(organization).active().order_by()
    runs = _day_runs(agents, organization, now)
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


def _day_runs(agents: QuerySet[Agent], organization: Organization, now: datetime) -> Any:
    """Whether an agent's daily figures are of the day that runs in its zone. One query, for the zones there are."""
    zones = set(agents.filter(caps__isnull=False).values_list("caps__time_zone", flat=True).distinct())
    by_start: dict[datetime, list[str]] = {}
    for zone in sorted(zones):
        by_start.setdefault(window_at(CapWindow.DAILY, zone or organization.time_zone, now)[0], []).append(zone)
    runs = Q(pk__in=[])
    for start, names in by_start.items():
        runs |= Q(caps__time_zone__in=names, caps__daily_since__gte=start)
    return runs


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
