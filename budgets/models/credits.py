"""What an organisation has paid ahead (spec B6)."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budgets.choices import CreditKind
from budgets.models.money import MoneyField
from workforce.models import Organization
from workforce.models.ids import uuid7
from workforce.models.promises import AppendOnlyModel, Mutability


class CreditAccount(models.Model):
    """The balance; no row: the organisation does not work with credits. Usage that arrives anyway is debited, so that
    the balance may fall below 0."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, primary_key=True, related_name="credit_account"
    )
    balance = MoneyField(default=Decimal(0))
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"Credits of {self.organization}"


class CreditEntry(AppendOnlyModel):
    """One movement of the balance. Debits are written once per report of usage, with its billed cost."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="credit_entries")
    kind = models.CharField(max_length=10, choices=CreditKind.pairs)
    amount = MoneyField(help_text="Signed: a debit is below 0.")
    balance_after = MoneyField()
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=500, blank=True)
    by_label = models.CharField(max_length=160)
    key = models.CharField(max_length=80, blank=True, help_text="The same top-up sent twice is one.")

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "credit entries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], condition=~Q(key=""), name="credit_key_once"),
            models.CheckConstraint(
                condition=Q(kind="top_up", amount__gt=0) | Q(kind="debit", amount__lt=0) | Q(kind="correction"),
                name="credit_sign_by_kind",
            ),
            models.CheckConstraint(condition=Q(kind="debit") | ~Q(reason=""), name="credit_by_hand_has_a_reason"),
        ]
        indexes = [models.Index(fields=["organization", "-at"], name="credit_of_org")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.amount}"
