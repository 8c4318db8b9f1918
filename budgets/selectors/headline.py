"""The first lines of the Budgets tab: who is at a cap, who reaches one today, how long credits last (spec B6, B8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual

from budgets.choices import CapWindow
from budgets.models import UsageDay, UsageHour
from budgets.rules import words
from budgets.rules.windows import day_of
from budgets.selectors.burn import HOURS_BACK
from budgets.selectors.credits import balance_of
from budgets.selectors.order import CAPPED
from budgets.selectors.zones import Zones
from workforce.choices import HoldKind
from workforce.models import Agent, Hold, Organization
from workforce.selectors.named import digest

#: Days whose mean is the rate at which credits go.
CREDIT_DAYS = 7
_DAY = timedelta(days=1)
_CAPS = "agent__caps__"


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


def top_of(organization: Organization, *, zones: Zones, currency: str, now: datetime) -> Top:
    """Five queries, whatever the fleet's size."""
    agents = Agent.objects.of(organization).active().order_by()
    counts = agents.aggregate(total=Count("pk"), capped=Count("pk", filter=CAPPED))
    paused = Hold.objects.active().filter(agent__in=agents, kind=HoldKind.BUDGET).order_by()
    balance, said = balance_of(organization), ""
    if balance is not None:
        said = _credits(balance, _billed_a_day(organization, now), currency)
    return Top(
        **counts,
        paused=paused.count(),
        coming=_coming(agents, paused, zones, now),
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


def _coming(agents: QuerySet[Agent], paused: QuerySet[Hold], zones: Zones, now: datetime) -> int:
    """How many agents are at no cap, and reach one before their own day is over, at the rate of ``burn_of``.

    Counted in the database, in floats: a fleet's figures are not loaded for it. One query.
    """
    begun = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_BACK)
    at_one, reaches_one = Q(), Q()
    for window in CapWindow:
        runs = zones.runs(window, at=_CAPS)
        for cap, figure, ahead in (
            (window.field, "used", "tokens_ahead"),
            (window.cost_field, "spent", "cost_ahead"),
        ):
            most, there = _real(f"{_CAPS}{cap}"), Q(**{f"{_CAPS}{cap}__isnull": False})
            used = _where(runs, f"{_CAPS}{window.value}_{figure}")
            at_one |= there & Q(GreaterThanOrEqual(used, most))
            reaches_one |= there & Q(GreaterThan(used + F(ahead), most))
    left = zones.day_left(at=_CAPS) / (now - begun).total_seconds()
    return (
        UsageHour.objects.filter(agent__in=agents, hour__range=(begun, now), organization=zones.organization)
        .exclude(agent__in=paused.values("agent"))
        .order_by()
        .values("agent_id")
        .annotate(
            tokens_ahead=Cast(Sum("counted_tokens"), FloatField()) * left,
            cost_ahead=Cast(Sum("list_cost"), FloatField()) * left,
        )
        .filter(reaches_one)
        .exclude(at_one)
        .count()
    )


def _real(name: str) -> Any:
    return Cast(F(name), FloatField())


def _where(runs: Q, name: str) -> Any:
    """The figure where its window runs, else 0."""
    return Case(When(runs, then=_real(name)), default=Value(0.0), output_field=FloatField())
