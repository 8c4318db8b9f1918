"""A cap that waits for somebody, for the forms that decide about it (spec B4)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from budgets.choices import ApprovalStatus, CapMeasure
from budgets.models import CapApproval
from budgets.rules import words
from workforce.models import Organization
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Missing
from workforce.selectors.standing import Standing


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open approval, with the figures of the moment in words."""

    approval: CapApproval
    name: str
    used: str
    cap: str
    tokens: bool

    def check_open(self, now: datetime) -> None:
        """Raise ``Conflict`` (``decided``) where nothing waits any more, so that no form is shown in vain."""
        if self.approval.status != ApprovalStatus.OPEN or self.approval.until <= now:
            name = self.approval.agent.agent_name
            raise Conflict(f"Nothing waits about this cap of {name} any more.", code="decided")


def approval_to_decide(
    organization: Organization, approval_id: UUID, *, standing: Standing, currency: str, now: datetime
) -> Waiting:
    """Raises ``Missing`` and ``Forbidden``. One query."""
    approval = (
        CapApproval.objects.filter(organization=organization, pk=approval_id)
        .select_related("agent", "agent__caps")
        .first()
    )
    if approval is None:
        raise Missing("There is no such approval in this organisation.")
    agent = approval.agent
    if not standing.may(Activity.BUDGETS, agent):
        raise Forbidden(
            f"You may not set the token caps of {agent.agent_name}. Its owner or a workforce manager may.",
            code="not_yours",
        )
    gauges = agent.caps.gauges(organization.time_zone, now)
    gauge = next(one for one in gauges if (one.window, one.measure) == (approval.window, approval.measure))
    tokens = approval.measure == CapMeasure.TOKENS
    if tokens:
        used, cap = f"{gauge.used:,} tokens", "no cap" if gauge.cap is None else f"{gauge.cap:,}"
    else:
        used = words.money(Decimal(gauge.used), currency)
        cap = "no cap" if gauge.cap is None else words.money_even(Decimal(gauge.cap), currency)
    return Waiting(approval=approval, name=words.cap_name(gauge), used=used, cap=cap, tokens=tokens)
