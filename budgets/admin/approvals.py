"""Caps that were reached: what was decided, and the two ways to decide (spec B4, U8)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from budgets.admin.fields import AmountField, TokensField, amount
from budgets.admin.ledger import Record
from budgets.choices import ApprovalStatus, CapMeasure
from budgets.models import CapApproval
from budgets.services import approvals
from workforce.admin import cells
from workforce.admin.base import ScopedRelatedFilter
from workforce.admin.deeds import Deed, DeedsAdmin, Offer, ReasonForm
from workforce.rules.actors import Actor


class RaiseForm(ReasonForm):
    """The cap as tokens or as an amount, whichever the approval is about."""

    field_order = ["cap", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = TokensField if getattr(self.row, "measure", "") == CapMeasure.TOKENS else AmountField
        self.fields["cap"] = kind(label="New cap", help_text="Above what is spent by now.")
        self.order_fields(self.field_order)


class Raise(Deed):
    name = "raise"
    form = RaiseForm

    def offers(self, row: CapApproval) -> Iterable[Offer]:
        if row.status == ApprovalStatus.OPEN:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Raise and resume"

    def consequence(self, row: CapApproval, argument: str) -> str:
        return "The cap stays at the new value. The agent resumes at once where nothing else stops it."

    def run(self, row: CapApproval, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Any:
        return approvals.raise_and_resume(organization=row.organization, approval_id=row.pk, **answer, by=by, now=now)

    def outcome(self, row: CapApproval, argument: str, done: CapApproval) -> str:
        return f"Raised to {amount(done.raised_to)}."


class Keep(Deed):
    name = "keep"

    def offers(self, row: CapApproval) -> Iterable[Offer]:
        if row.status == ApprovalStatus.OPEN:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Keep the cap"

    def consequence(self, row: CapApproval, argument: str) -> str:
        return "The agent stays where its cap put it until the window is over."

    def run(self, row: CapApproval, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Any:
        return approvals.keep_paused(organization=row.organization, approval_id=row.pk, **answer, by=by, now=now)

    def outcome(self, row: CapApproval, argument: str, done: CapApproval) -> str:
        return "The cap is kept."


@admin.register(CapApproval)
class CapApprovalAdmin(DeedsAdmin, Record):
    """Caps that were reached, and what was decided: by the buttons here, or on the Budgets page."""

    has_history = True
    deeds = [Raise(), Keep()]

    readonly_fields = [
        "agent_shown",
        "status_shown",
        "window",
        "measure",
        "cap_shown",
        "used_shown",
        "since",
        "until",
        "opened_at",
        "decided_at",
        "decided_by_label",
        "reason",
        "raised_shown",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = [
        "opened_at",
        "agent_shown",
        "status_shown",
        "window",
        "measure",
        "cap_shown",
        "used_shown",
        "until",
        "decided_by_label",
        "reason",
        "raised_shown",
    ]
    list_filter = [("agent", ScopedRelatedFilter), "status", "window", "measure"]

    def audited_as(self, row: CapApproval) -> str:
        """Told as part of the agent's story."""
        return str(row.agent_id)

    @admin.display(description="status", ordering="status")
    def status_shown(self, row: CapApproval) -> SafeString | str:
        return cells.status(ApprovalStatus(row.status))

    @admin.display(description="cap")
    def cap_shown(self, row: CapApproval) -> str:
        return amount(row.cap)

    @admin.display(description="used")
    def used_shown(self, row: CapApproval) -> str:
        return amount(row.used)

    @admin.display(description="raised to")
    def raised_shown(self, row: CapApproval) -> str:
        return amount(row.raised_to)
