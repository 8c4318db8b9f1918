"""Credits of an organisation: topped up by people, debited by usage (spec B6)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Value

from budgets.choices import CreditKind
from budgets.models import CreditAccount, CreditEntry
from budgets.models.money import MoneyField
from budgets.rules.caps import MOST_COST
from budgets.rules.price_entry import BEYOND, read_movement
from workforce.choices import ActorKind, KeyScope
from workforce.models import Organization
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.standing import check_manages, check_scope
from workforce.services import audit

#: Who debits: no person does.
METER = "Usage"
TOO_MUCH = f"More than {MOST_COST:,} cannot be kept in the books. Look at what is reported."
KEY_REUSED = "This key was used for another movement of the balance. Take a new key."


def top_up(
    *, organization: Organization, amount: Any, reason: str | None, key: str = "", by: Actor, now: datetime
) -> CreditEntry:
    """Add to the balance. The first top-up begins the work with credits: from then on scheduled work waits at 0.

    The same ``key`` with the same amount and reason is done once and answered with the first entry. Raises
    ``Forbidden``, ``Invalid`` with every fault at once, ``Conflict`` (``key_reused``).
    """
    if by.kind == ActorKind.KEY:
        check_scope(by=by, scope=KeyScope.BUDGETS)
    else:
        check_manages(by=by, organization=organization)
    return _by_hand(organization, CreditKind.TOP_UP, amount=amount, reason=reason, key=key, by=by, now=now)


def correct(
    *, organization: Organization, amount: Any, reason: str | None, key: str = "", by: Actor, now: datetime
) -> CreditEntry:
    """Put the balance right by a signed amount: entries are never changed. For people; otherwise as ``top_up``."""
    check_manages(by=by, organization=organization)
    return _by_hand(organization, CreditKind.CORRECTION, amount=amount, reason=reason, key=key, by=by, now=now)


def debit(*, organization: Organization, amount: Decimal, now: datetime) -> None:
    """Take the billed cost of a report off the balance, where the organisation works with credits. Call last in the
    transaction of the usage: every report of the organisation waits for this row."""
    if not amount:
        return
    if amount > MOST_COST:
        raise Conflict(TOO_MUCH, code="too_much")
    account = CreditAccount.objects.filter(organization=organization)
    taken = account.filter(balance__gte=amount - MOST_COST).update(
        balance=F("balance") - Value(amount, output_field=MoneyField()), updated_at=now
    )
    if not taken and account.exists():
        raise Conflict(TOO_MUCH, code="too_much")
    if taken:
        balance = account.values_list("balance", flat=True).get()
        CreditEntry.objects.create(
            organization=organization,
            kind=CreditKind.DEBIT.value,
            amount=-amount,
            balance_after=balance,
            at=now,
            by_label=METER,
        )


@transaction.atomic
def _by_hand(
    organization: Organization, kind: CreditKind, *, amount: Any, reason: Any, key: Any, by: Actor, now: datetime
) -> CreditEntry:
    said, faults = read_movement(amount=amount, reason=reason, key=key, top_up=kind == CreditKind.TOP_UP)
    if faults:
        raise Invalid(faults)
    account = _locked(organization)  # so that two of the same key look one after the other
    there = said["key"] and CreditEntry.objects.filter(organization=organization, key=said["key"]).first()
    if there:
        if (there.kind, there.amount, there.reason) != (kind.value, said["amount"], said["reason"]):
            raise Conflict(KEY_REUSED, code="key_reused")
        return there
    before = account.balance
    entry = _move(account, kind, said["amount"], reason=said["reason"], key=said["key"], by=by, now=now)
    audit.record(
        organization=organization,
        action="credits.topped_up" if kind == CreditKind.TOP_UP else "credits.corrected",
        subject=("credits", organization.pk, str(account)),
        before={"balance": _shown(before)},
        after={"balance": _shown(entry.balance_after), "amount": _shown(entry.amount)},
        reason=entry.reason,
        by=by,
        now=now,
    )
    return entry


def _shown(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _move(
    account: CreditAccount, kind: CreditKind, amount: Decimal, *, reason: str, key: str, by: Actor, now: datetime
) -> CreditEntry:
    """Move the balance of a locked account, and say why."""
    if abs(account.balance + amount) > MOST_COST:
        raise Invalid([("amount", BEYOND)])
    account.balance += amount
    account.updated_at = now
    account.save(update_fields=["balance", "updated_at"])
    return CreditEntry.objects.create(
        organization_id=account.organization_id,
        kind=kind.value,
        amount=amount,
        balance_after=account.balance,
        at=now,
        reason=reason,
        by_label=by.label[:160],
        key=key,
    )


def _locked(organization: Organization) -> CreditAccount:
    accounts = CreditAccount.objects.select_for_update()
    account = accounts.filter(organization=organization).first()
    if account is None:
        CreditAccount.objects.bulk_create([CreditAccount(organization=organization)], ignore_conflicts=True)
        account = accounts.get(organization=organization)
    return account
