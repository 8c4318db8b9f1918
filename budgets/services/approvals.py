"""Deciding about a cap that was reached: raise it and resume, or keep the agent where it is (spec B4)."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from budgets.choices import ApprovalStatus, CapMeasure, CapWindow
from budgets.models import CapApproval, Caps
from budgets.models.limits import REASON_MAX
from budgets.rules import caps as rules
from budgets.rules.gauges import Gauge
from budgets.services import limits, meters
from budgets.services.caps import set_caps
from workforce.choices import KeyScope
from workforce.models import Agent, Organization
from workforce.rules.actors import Actor, system
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Missing
from workforce.selectors.standing import check_may
from workforce.services import audit, lifecycle

SWEEP = system("budgets")
Faults = list[tuple[str, str]]
GIVE_A_CAP = "Give the new cap."
SAY_WHY = "Say why."


@transaction.atomic
def raise_and_resume(
    *, organization: Organization, approval_id: UUID, cap: Any, reason: Any, by: Actor, now: datetime
) -> CapApproval:
    """Set a higher cap; the agent resumes where no other cap stops it. ``cap`` is whole tokens or an amount, as
    ``rules.caps`` takes it, above what is spent by now and above the old one.

    The same decision again is answered as the first. Raises ``Missing``, ``Forbidden``, ``Invalid`` with every fault at
    once, ``Conflict`` (``decided`` otherwise; ``lapsed``: its window is over, or the cap does not stop it any more;
    ``archived``).
    """
    approval, agent = _locked(organization, approval_id, by)
    faults = [("cap", fault)] if (fault := _cap_fault(approval, cap)) else []
    faults += _reason_faults(reason)
    if approval.status != ApprovalStatus.OPEN:
        if faults:
            raise Invalid(faults)
        _check_same(approval, ApprovalStatus.RAISED, _figure(approval, cap))
        return approval
    gauge = _gauge(organization, approval, now)
    if not any(path == "cap" for path, _ in faults):
        faults = _too_low(gauge, _figure(approval, cap)) + faults
    if faults:
        raise Invalid(faults)
    _decide(approval, ApprovalStatus.RAISED, reason, by, now, raised_to=_figure(approval, cap))
    audit.record_many([limits.approval_event("raised", approval, agent, reason=approval.reason, by=by, now=now)])
    window = CapWindow(approval.window)
    field = window.field if approval.measure == CapMeasure.TOKENS else window.cost_field
    set_caps(organization=organization, agent_id=agent.pk, caps={field: cap}, by=by, now=now)
    return approval


@transaction.atomic
def keep_paused(*, organization: Organization, approval_id: UUID, reason: Any, by: Actor, now: datetime) -> CapApproval:
    """Leave the cap as it is until its window is over. Raises and answers as ``raise_and_resume``."""
    approval, agent = _locked(organization, approval_id, by)
    if faults := _reason_faults(reason):
        raise Invalid(faults)
    if approval.status != ApprovalStatus.OPEN:
        _check_same(approval, ApprovalStatus.KEPT, None)
        return approval
    _gauge(organization, approval, now)
    _decide(approval, ApprovalStatus.KEPT, reason, by, now)
    audit.record_many([limits.approval_event("kept", approval, agent, reason=approval.reason, by=by, now=now)])
    return approval


@transaction.atomic
def lapse_due(*, now: datetime, limit: int = 500) -> int:
    """Close what nobody decided before its window was over. Returns how many. Safe to run twice, and at once: what
    somebody decides at this moment is passed over."""
    open_ones = CapApproval.objects.filter(status=ApprovalStatus.OPEN.value, until__lte=now)
    due = open_ones.order_by("until").select_for_update(skip_locked=True, no_key=True, of=("self",))
    rows = list(due.select_related("agent")[:limit])
    for approval in rows:
        approval.status, approval.decided_at = ApprovalStatus.LAPSED.value, now
    CapApproval.objects.bulk_update(rows, ["status", "decided_at"])
    audit.record_many([limits.approval_event("lapsed", row, row.agent, by=SWEEP, now=now) for row in rows])
    return len(rows)


def _locked(organization: Organization, approval_id: UUID, by: Actor) -> tuple[CapApproval, Agent]:
    """The approval under the locks of its agent and of itself, once ``by`` may decide."""
    ours = CapApproval.objects.filter(organization=organization)
    agent_id = ours.filter(pk=approval_id).values_list("agent_id", flat=True).first()
    if agent_id is None:
        raise Missing("There is no such approval in this organisation.")
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    check_may(by=by, activity=Activity.BUDGETS, agent=agent, scope=KeyScope.BUDGETS)
    return ours.select_for_update(no_key=True).get(pk=approval_id), agent


def _gauge(organization: Organization, approval: CapApproval, now: datetime) -> Gauge:
    """How the cap stands now. Raises ``Conflict`` where there is nothing to decide any more."""
    caps = meters.lock([approval.agent_id])[approval.agent_id]
    for gauge in _read(caps, organization, now):
        if (gauge.window, gauge.measure, gauge.start) == (approval.window, approval.measure, approval.since):
            if gauge.reached and approval.until > now:
                return gauge
            break
    raise _lapsed()


def _read(caps: Caps, organization: Organization, now: datetime) -> list[Gauge]:
    """In windows of the zone they are counted in; nothing is saved."""
    meters.roll(caps, meters.zone_of(caps, organization), now)
    return caps.gauges(organization.time_zone, now)


def _lapsed() -> Conflict:
    return Conflict(
        "There is nothing to decide any more: its window is over, or the cap does not stop the agent.", code="lapsed"
    )


def _check_same(approval: CapApproval, outcome: ApprovalStatus, raised_to: Decimal | None) -> None:
    if approval.status == ApprovalStatus.LAPSED:
        raise _lapsed()
    other = None if approval.raised_to is None else limits.shown_figure(approval.raised_to)
    if approval.status != outcome or other != (None if raised_to is None else limits.shown_figure(raised_to)):
        what = ApprovalStatus(approval.status).label.lower()
        raise Conflict(
            f"{approval.decided_by_label} has decided this already: {what}.", code="decided", status_now=approval.status
        )


def _decide(
    approval: CapApproval,
    status: ApprovalStatus,
    reason: str,
    by: Actor,
    now: datetime,
    raised_to: Decimal | None = None,
) -> None:
    approval.status, approval.raised_to = status.value, raised_to
    approval.decided_at, approval.decided_by_label, approval.reason = now, by.label[:160], reason.strip()
    approval.save(update_fields=["status", "raised_to", "decided_at", "decided_by_label", "reason"])


def _figure(approval: CapApproval, cap: Any) -> Decimal:
    """A cap without faults, in the approval's measure."""
    if approval.measure == CapMeasure.TOKENS:
        return Decimal(cap)
    amount = rules.money(cap)
    assert amount is not None  # noqa: S101  its faults were looked for
    return amount


def _cap_fault(approval: CapApproval, cap: Any) -> str:
    if cap is None:
        return GIVE_A_CAP
    return rules.fault_of(cap) if approval.measure == CapMeasure.TOKENS else rules.cost_fault_of(cap)


def _too_low(gauge: Gauge, cap: Decimal) -> Faults:
    least = max(gauge.used, gauge.cap or 0)
    if cap > least:
        return []
    if gauge.measure == CapMeasure.TOKENS:
        return [("cap", f"Give more than {least:,} tokens: {gauge.used:,} are spent of {gauge.cap:,}.")]
    return [("cap", f"Give more than {_plain(least)}: {_plain(gauge.used)} is spent of {_plain(gauge.cap or 0)}.")]


def _plain(amount: Decimal | int) -> str:
    """All places it has, and two at least: an amount that is rounded here would be refused when it is given."""
    exact = Decimal(amount).normalize()
    return f"{exact:,.2f}" if exact == round(exact, 2) else f"{exact:,f}"


def _reason_faults(reason: Any) -> Faults:
    if not isinstance(reason, str) or not reason.strip():
        return [("reason", SAY_WHY)]
    faults = []
    if len(reason) > REASON_MAX:
        faults.append(("reason", f"Use at most {REASON_MAX} characters; this has {len(reason)}."))
    if "\x00" in reason:
        faults.append(("reason", "Remove the NUL character."))
    return faults
