"""Prices and weights as they are read (spec B2)."""

from django.db.models import QuerySet

from budgets.models import Price, SpendPolicy
from workforce.models import Organization


def prices_of(organization: Organization) -> QuerySet[Price]:
    """All dated prices, by model, the newest of each first."""
    return Price.objects.filter(organization=organization)


def policy_of(organization: Organization) -> SpendPolicy:
    """How the organisation counts: what was set, or the defaults. One query."""
    return SpendPolicy.objects.filter(organization=organization).first() or SpendPolicy(organization=organization)
