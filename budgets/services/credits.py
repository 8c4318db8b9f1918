"""Credits of an organisation: topped up by people, debited by usage (spec B6)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Value

from budgets.choices import CreditKind
from budgets.models import CreditAccount, CreditEntry
from budgets.models.money import MoneyField
from workforce.models import Organization

#: Who debits: no person does.
METER = "Usage"


def debit(*, organization: Organization, amount: Decimal, now: datetime) -> None:
    """Take the billed cost of a report off the balance, where the organisation works with credits. Call last in the
    transaction of the usage: every report of the organisation waits for this row."""
    if not amount:
        return
    taken = CreditAccount.objects.filter(organization=organization).update(
        balance=F("balance") - Value(amount, output_field=MoneyField()), updated_at=now
    )
    if taken:
        balance = CreditAccount.objects.values_list("balance", flat=True).get(organization=organization)
        CreditEntry.objects.create(
            organization=organization,
            kind=CreditKind.DEBIT.value,
            amount=-amount,
            balance_after=balance,
            at=now,
            by_label=METER,
        )


@transaction.atomic
def move(
    *,
    organization: Organization,
    kind: CreditKind,
    amount: Decimal,
    reason: str,
    by_label: str,
    key: str,
    now: datetime,
) -> CreditEntry:
    """Move the balance of a locked account, and say why."""
    account = CreditAccount.objects.select_for_update().filter(organization=organization).first()
    if account is None:
        CreditAccount.objects.bulk_create([CreditAccount(organization=organization)], ignore_conflicts=True)
        account = CreditAccount.objects.select_for_update().get(organization=organization)
    account.balance += amount
    account.updated_at = now
    account.save(update_fields=["balance", "updated_at"])
    return CreditEntry.objects.create(
        organization=organization,
        kind=kind.value,
        amount=amount,
        balance_after=account.balance,
        at=now,
        reason=reason,
        by_label=by_label,
        key=key,
    )
