"""Prices and weights as they are read (spec B2)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet

from budgets.models import Price, SpendPolicy, UsageDay
from workforce.models import Organization

#: A year's window, and a day for zones ahead and behind.
_A_YEAR = timedelta(days=367)


def prices_of(organization: Organization) -> QuerySet[Price]:
    """All dated prices, by model, the newest of each first."""
    return Price.objects.filter(organization=organization)


def policy_of(organization: Organization) -> SpendPolicy:
    """How the organisation counts: what was set, or the defaults. One query."""
    return SpendPolicy.objects.filter(organization=organization).first() or SpendPolicy(organization=organization)


def last_unpriced_days(agent_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, date]:
    """Of these agents the last day of about a year on which they used a model without a price. One query."""
    since = (now - _A_YEAR).date()
    days = UsageDay.objects.filter(agent__in=agent_ids, day__gte=since, unpriced_tokens__gt=0).order_by()
    return dict(days.values_list("agent").annotate(last=Max("day")))
