"""Credits: the balance with its two ways to move it by hand, and the entries that made it (spec B6, U8)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from budgets.admin.fields import AmountField, amount
from budgets.models import CreditAccount, CreditEntry
from budgets.services import credits
from workforce.admin.base import CappedPaginator, ScopedAdmin
from workforce.admin.deeds import Deed, DeedForm, DeedsAdmin, Offer
from workforce.admin.export import export_csv
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.models import Organization
from workforce.rules.actors import Actor


def _key() -> forms.CharField:
    """Made with the form, so that a form sent twice moves the balance once."""
    return forms.CharField(initial=lambda: str(uuid4()), required=False, widget=forms.HiddenInput)


def _reason() -> forms.CharField:
    look = {"rows": 3, "class": "vLargeTextField"}
    return forms.CharField(required=False, widget=forms.Textarea(attrs=look), help_text="For example the invoice.")


class TopUpForm(DeedForm):
    amount = AmountField(label="Amount", help_text="Above 0, with at most 4 places after the point.")
    reason = _reason()
    key = _key()


class CorrectionForm(TopUpForm):
    amount = AmountField(label="Amount", signed=True, help_text="Added to the balance: below 0 it takes away.")


class TopUp(Deed):
    name = "top-up"
    form = TopUpForm

    def offers(self, row: CreditAccount) -> Iterable[Offer]:
        yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Top up"

    def run(self, row: CreditAccount, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Any:
        return credits.top_up(organization=row.organization, **answer, by=by, now=now)

    def outcome(self, row: CreditAccount, argument: str, done: CreditEntry) -> str:
        return f"Topped up by {amount(done.amount)}: the balance was then {amount(done.balance_after)}."


class Correct(Deed):
    name = "correct"
    form = CorrectionForm

    def offers(self, row: CreditAccount) -> Iterable[Offer]:
        yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Correct"

    def consequence(self, row: CreditAccount, argument: str) -> str:
        return "Entries stay as they are: a correction is one more. At a balance of 0 scheduled work waits."

    def run(self, row: CreditAccount, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Any:
        return credits.correct(organization=row.organization, **answer, by=by, now=now)

    def outcome(self, row: CreditAccount, argument: str, done: CreditEntry) -> str:
        return f"Corrected by {amount(done.amount)}: the balance was then {amount(done.balance_after)}."


class FirstForm(ServiceForm):
    amount = AmountField(
        label="First top-up",
        help_text="From then on the organisation works with credits: at a balance of 0 scheduled work waits.",
    )
    reason = _reason()
    key = _key()

    class Meta:
        model = CreditAccount
        fields = ["organization"]

    def clean_organization(self) -> Organization:
        place: Organization = self.cleaned_data["organization"]
        if CreditAccount.objects.filter(organization=place).exists() and not self._sent_again(place):
            raise forms.ValidationError(f"{place} works with credits already. Top up its balance.")
        return place

    def _sent_again(self, place: Organization) -> bool:
        key = str(self.data.get(self.add_prefix("key"), ""))[:80].replace("\x00", "")
        return bool(key) and CreditEntry.objects.filter(organization=place, key=key).exists()


@admin.register(CreditAccount)
class CreditAccountAdmin(DeedsAdmin, ServiceAdmin):
    """The balance is moved by the buttons; nobody writes it."""

    may_change = False
    form = FirstForm
    deeds = [TopUp(), Correct()]
    actions = [export_csv]
    list_display = ["organization", "balance_shown", "updated_at"]
    list_select_related = ["organization"]
    search_fields = ["organization__name"]
    ordering = ["organization__name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("organization")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["organization", "balance_shown", "updated_at"] if obj else ["organization", "amount", "reason", "key"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["organization", "balance_shown", "updated_at"] if obj else []

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        credits.top_up(**form.cleaned_data, by=by, now=now)
        return CreditAccount.objects.get(organization=form.cleaned_data["organization"])

    @admin.display(description="balance", ordering="balance")
    def balance_shown(self, account: CreditAccount) -> str:
        return amount(account.balance)


@admin.register(CreditEntry)
class CreditEntryAdmin(ScopedAdmin):
    """Every movement of the balance: read-only. Newest first by the time-ordered key."""

    paginator = CappedPaginator
    actions = [export_csv]
    readonly_fields = ["at", "kind", "amount_shown", "balance_shown", "reason", "by_label", "key", "organization"]
    fields = [*readonly_fields]
    list_display = ["at", "kind", "amount_shown", "balance_shown", "reason", "by_label"]
    list_filter = ["kind", "at"]
    search_fields = ["reason", "by_label", "=key"]
    ordering = ["-id"]

    @admin.display(description="amount")
    def amount_shown(self, entry: CreditEntry) -> str:
        return amount(entry.amount)

    @admin.display(description="balance after")
    def balance_shown(self, entry: CreditEntry) -> str:
        return amount(entry.balance_after)
