"""The balance of an organisation and what moved it (spec B6)."""

from decimal import Decimal

from django.db.models import QuerySet

from budgets.models import CreditAccount, CreditEntry
from workforce.models import Organization


def has_credit(organization: Organization) -> bool:
    """Whether scheduled work may begin as far as credits go: always where the organisation does not work with them.
    One query."""
    balance = balance_of(organization)
    return balance is None or balance > 0


def balance_of(organization: Organization) -> Decimal | None:
    """None where the organisation does not work with credits. One query."""
    return CreditAccount.objects.filter(organization=organization).values_list("balance", flat=True).first()


def entries_of(organization: Organization) -> QuerySet[CreditEntry]:
    """What moved the balance, newest first."""
    return CreditEntry.objects.filter(organization=organization)
