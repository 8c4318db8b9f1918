"""Which agents the Budgets tab shows, and in which order: decided by the database (spec U1, B5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Greatest

from budgets.choices import CapMeasure, CapsKept, CapWindow
from budgets.rules import caps as rules
from budgets.rules.windows import window_at
from workforce.models import Agent, Organization, Team

#: What the address may say in ``sort``, with the words of the page.
SORTS = {
    "": "By name",
    "closest": "Closest to its cap",
    "tokens": "Most used today",
    "cost": "Dearest today",
}
#: No window of that kind is longer, but for the hour of a day on which the clocks go back.
_LONGEST = {
    CapWindow.DAILY: timedelta(days=1),
    CapWindow.WEEKLY: timedelta(days=7),
    CapWindow.MONTHLY: timedelta(days=31),
    CapWindow.ANNUAL: timedelta(days=366),
}
BARE = Q(**{f"caps__{name}__isnull": True for name in (*rules.TOKEN_FIELDS, *rules.COST_FIELDS)})
CAPPED = ~BARE


@dataclass(frozen=True, slots=True)
class BudgetFilter:
    """What is in the address, checked. ``sort`` is a key of ``SORTS``."""

    q: str = ""
    pod: Team | None = None
    caps: CapsKept | None = None
    sort: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.pod or self.caps)


def matching(organization: Organization, wanted: BudgetFilter, *, now: datetime) -> QuerySet[Agent]:
    """The active agents that match, in order, with pod and caps."""
    agents = Agent.objects.of(organization).active()
    if wanted.pod:
        agents = agents.filter(team=wanted.pod)
    if wanted.q:
        agents = agents.filter(Q(agent_name__icontains=wanted.q) | Q(team__name__icontains=wanted.q))
    if wanted.caps:
        agents = agents.filter(BARE if wanted.caps == CapsKept.NONE else CAPPED)
    return _sorted(agents, organization, wanted.sort, now).select_related("team", "caps")


def _sorted(agents: QuerySet[Agent], organization: Organization, sort: str, now: datetime) -> QuerySet[Agent]:
    if sort == "closest":
        return agents.order_by(_nearest_share(organization, now).desc(), "agent_name")
    if sort in ("tokens", "cost"):
        figure = "caps__daily_used" if sort == "tokens" else "caps__daily_spent"
        return agents.order_by(_current(figure, CapWindow.DAILY, organization, now).desc(), "agent_name")
    return agents.order_by("agent_name")


def _nearest_share(organization: Organization, now: datetime) -> Any:
    """The greatest share of a cap that is used, over the eight gauges; an agent without any cap comes after all.

    A figure counts where its window runs. Where it runs is told by its start alone, without the agent's zone: within an
    hour of a change of the clocks, and within a day of the turn of a month or a year, an agent may stand where it stood
    before. What its card says is exact.
    """
    return Greatest(
        *(
            Case(
                When(**{f"caps__{_cap(window, measure)}__isnull": True, "then": Value(-1.0)}),
                When(**{f"caps__{_cap(window, measure)}": 0, "then": Value(1.0)}),
                default=_current(_figure(window, measure), window, organization, now)
                / Cast(F(f"caps__{_cap(window, measure)}"), FloatField()),
                output_field=FloatField(),
            )
            for window, measure in _gauges()
        )
    )


def _gauges() -> Iterator[tuple[CapWindow, CapMeasure]]:
    return ((window, measure) for measure in CapMeasure for window in CapWindow)


def _cap(window: CapWindow, measure: CapMeasure) -> str:
    return window.field if measure == CapMeasure.TOKENS else window.cost_field


def _figure(window: CapWindow, measure: CapMeasure) -> str:
    return f"caps__{window.value}_{'used' if measure == CapMeasure.TOKENS else 'spent'}"


def _current(figure: str, window: CapWindow, organization: Organization, now: datetime) -> Any:
    """The figure where its window still runs, else 0, as a float: an order does not need more."""
    runs = {f"caps__{window.value}_since__gt": begun_after(window, organization, now)}
    return Case(When(**runs, then=Cast(F(figure), FloatField())), default=Value(0.0), output_field=FloatField())


def begun_after(window: CapWindow, organization: Organization, now: datetime) -> datetime:
    """A window that runs somewhere began after this, and one that is over did not."""
    earliest = now - _LONGEST[window]
    if window in (CapWindow.MONTHLY, CapWindow.ANNUAL):
        start, _ = window_at(window, organization.time_zone, now)
        return max(earliest, start - timedelta(days=1))
    return earliest
