"""The first lines of the Budgets tab: who is at a cap, who reaches one today, how long credits last (spec B6, B8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan

from budgets.choices import CapWindow, OnCap
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
    """The page's first lines. ``paused`` are held by a cap, ``stopped`` get no new work at one, ``beyond`` go on
    working at one, ``coming`` reach one before their day is over."""

    total: int
    capped: int
    stopped: int
    beyond: int
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
        held = self.paused + self.stopped
        said = []
        if held:
            what = " or ".join(word for word, is_so in (("paused", self.paused), ("stopped", self.stopped)) if is_so)
            said.append(f"{_agents(held)} {_is(held)} {what} at {_its(held)} cap.")
        if self.beyond:
            said.append(_beyond(self.beyond, more=bool(held)))
        if self.coming and said:
            said.append(f"{self.coming} more {'reaches its' if self.coming == 1 else 'reach theirs'} today.")
        elif self.coming:
            said.append(f"{_agents(self.coming)} {'reaches its' if self.coming == 1 else 'reach their'} cap today.")
        return " ".join(said) or "No agent is at its cap, and none reaches one today."

    @property
    def version(self) -> str:
        return digest(self.headline, self.credits)


def _agents(number: int) -> str:
    return f"{number} agent{'' if number == 1 else 's'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _beyond(number: int, *, more: bool) -> str:
    work = "works on beyond its" if number == 1 else "work on beyond their"
    if not more:
        return f"{_agents(number)} {work} cap."
    return f"{number} {work} own."


def _its(number: int) -> str:
    return "its" if number == 1 else "their"


def top_of(organization: Organization, *, zones: Zones, currency: str, now: datetime) -> Top:
    """Five queries, whatever the fleet's size."""
    agents = Agent.objects.of(organization).active().order_by()
    there = _at_a_cap(zones, at="caps__")
    counts = agents.aggregate(
        total=Count("pk"),
        capped=Count("pk", filter=CAPPED),
        stopped=Count("pk", filter=there & Q(caps__on_cap=OnCap.SKIP.value)),
        beyond=Count("pk", filter=there & Q(caps__on_cap=OnCap.ALERT.value)),
    )
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
    if not zones.names:
        return 0  # nobody has caps, and PostgreSQL groups by no constant
    begun = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_BACK)
    reaches_one = Q()
    for window in CapWindow:
        runs = zones.runs(window, at=_CAPS)
        for cap, figure, ahead in (
            (window.field, "used", "tokens_ahead"),
            (window.cost_field, "spent", "cost_ahead"),
        ):
            used = Case(When(runs, then=_real(f"{_CAPS}{window.value}_{figure}")), default=Value(0.0))
            most, there = _real(f"{_CAPS}{cap}"), Q(**{f"{_CAPS}{cap}__isnull": False})
            reaches_one |= there & Q(GreaterThan(used + F(ahead), most))
    left = zones.day_left(at=_CAPS) / (now - begun).total_seconds()
    return (
        UsageHour.objects.filter(agent__in=agents, hour__range=(begun, now), organization=zones.organization)
        .exclude(agent__in=paused.values("agent"))
        .alias(there=Case(When(_at_a_cap(zones, at=_CAPS), then=Value(True)), default=Value(False)))
        .filter(there=False)
        .order_by()
        .values("agent_id")
        .annotate(
            tokens_ahead=Cast(Sum("counted_tokens"), FloatField()) * left,
            cost_ahead=Cast(Sum("list_cost"), FloatField()) * left,
        )
        .filter(reaches_one)
        .count()
    )


def _at_a_cap(zones: Zones, *, at: str) -> Q:
    """Whether an agent has reached a cap: one of 0, or one of a window that runs."""
    reached = Q()
    for window in CapWindow:
        runs = zones.runs(window, at=at)
        for cap, figure in ((window.field, "used"), (window.cost_field, "spent")):
            reached |= Q(**{f"{at}{cap}": 0}) | (runs & Q(**{f"{at}{window.value}_{figure}__gte": F(f"{at}{cap}")}))
    return reached


def _real(name: str) -> Any:
    return Cast(F(name), FloatField())
