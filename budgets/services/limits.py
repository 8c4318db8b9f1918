"""What follows when a threshold of a cap is passed: people are told, an approval opens, the agent is held (spec B4).

A usage that passes one leaves ``act_due_at`` on the meter; ``act`` runs right after it, and again by the sweep where a
process died in between. It looks at the facts under the locks, so that running it twice does nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from budgets.choices import ApprovalStatus, CapMeasure, OnCap
from budgets.models import CapApproval, CapMark, Caps
from budgets.rules.gauges import LEVELS, Gauge, reached, sentence
from budgets.services import meters
from workforce.choices import HoldKind
from workforce.models import Agent, Hold, Notice, Organization
from workforce.rules.actors import system
from workforce.rules.lifecycle import GONE
from workforce.selectors.reporting import people_responsible_for
from workforce.services import holds, lifecycle, notices

METER = system("budgets")


@transaction.atomic
def act(*, organization: Organization, agent_id: UUID, now: datetime) -> None:
    """Bring marks, notices, approvals and the budget hold in line with the meter. Safe to run again, and at once."""
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    caps = meters.lock([agent_id])[agent_id]
    gauges = caps.gauges(organization.time_zone, now)
    fresh = _mark(agent, gauges, now)
    _tell(agent, caps, fresh, now)
    _open_approvals(agent, gauges, now)
    _hold(agent, caps, reached(gauges), now)
    if caps.act_due_at is not None:
        Caps.objects.filter(agent=agent).update(act_due_at=None)


def _mark(agent: Agent, gauges: Sequence[Gauge], now: datetime) -> list[CapMark]:
    """Write the thresholds that are passed and were not marked yet; returns those."""
    passed = [
        CapMark(
            organization_id=agent.organization_id,
            agent=agent,
            window=gauge.window.value,
            measure=gauge.measure.value,
            since=gauge.start,
            level=level,
            cap=Decimal(gauge.cap or 0),
            used=_shown(gauge),
            at=now,
        )
        for gauge in gauges
        if gauge.cap is not None
        for level in LEVELS
        if gauge.level >= level
    ]
    if not passed:
        return []
    there = CapMark.objects.filter(agent=agent, since__in={mark.since for mark in passed})
    known = {_name(mark) for mark in there}
    fresh = [mark for mark in passed if _name(mark) not in known]
    CapMark.objects.bulk_create(fresh, ignore_conflicts=True)
    return fresh


def _name(mark: CapMark) -> tuple[object, ...]:
    """What makes a mark one: warnings are once per window, a cap that is reached once per cap."""
    return (mark.window, mark.measure, mark.since, mark.level, Decimal(mark.cap) if mark.level == 100 else None)


def _shown(gauge: Gauge) -> Decimal:
    return round(Decimal(gauge.used), 4)


def _tell(agent: Agent, caps: Caps, marks: Sequence[CapMark], now: datetime) -> None:
    """One notice per window and measure, about the highest of its new thresholds."""
    highest: dict[tuple[str, str], CapMark] = {}
    for mark in marks:
        name = (mark.window, mark.measure)
        if name not in highest or mark.level > highest[name].level:
            highest[name] = mark
    people = people_responsible_for([agent])[agent.pk] if highest else []
    drafts: list[Notice] = []
    for mark in highest.values():
        text = _words(agent, caps, mark)
        key = f"cap:{agent.pk}:{mark.window}:{mark.measure}:{mark.since:%Y%m%d%H%M}:{mark.level}:{mark.cap.normalize()}"
        drafts += [
            notices.draft(
                organization=agent.organization_id,
                recipient=person,
                kind="cap_reached" if mark.level == 100 else "cap_warning",
                text=text,
                subject=("agent", agent.pk, agent.agent_name),
                key=key,
                now=now,
            )
            for person in people
        ]
    notices.tell_many(drafts)


def _words(agent: Agent, caps: Caps, mark: CapMark) -> str:
    unit = "tokens" if mark.measure == CapMeasure.TOKENS else "cost"
    places = 0 if mark.measure == CapMeasure.TOKENS else 2
    figures = f"{mark.used:,.{places}f} of {mark.cap:,.{places}f} {unit}"
    if mark.level < 100:
        return f"{agent.agent_name} has used {mark.level} % of its {mark.window} cap: {figures}."
    after = {
        OnCap.ALERT: "It goes on working.",
        OnCap.SKIP: "It gets no new work until the window is over.",
        OnCap.PAUSE: "It is held until the window is over.",
    }[OnCap(caps.on_cap)]
    return f"{agent.agent_name} has reached its {mark.window} cap: {figures}. {after}"


def _open_approvals(agent: Agent, gauges: Sequence[Gauge], now: datetime) -> None:
    """One for every cap that is reached and about which nobody decided in this window; those of caps that are not
    reached any more, or whose window is over, lapse."""
    over = {(gauge.window.value, gauge.measure.value): gauge for gauge in reached(gauges)}
    waiting = CapApproval.objects.filter(agent=agent, status=ApprovalStatus.OPEN.value)
    for approval in waiting:
        gauge = over.get((approval.window, approval.measure))
        if gauge is None or gauge.start != approval.since:
            approval.status, approval.decided_at = ApprovalStatus.LAPSED.value, now
            approval.save(update_fields=["status", "decided_at"])
    decided = {
        (one.window, one.measure, one.since, Decimal(one.cap))
        for one in CapApproval.objects.filter(agent=agent, since__in={gauge.start for gauge in over.values()}).exclude(
            status=ApprovalStatus.LAPSED.value
        )
    }
    CapApproval.objects.bulk_create(
        [
            CapApproval(
                organization_id=agent.organization_id,
                agent=agent,
                window=gauge.window.value,
                measure=gauge.measure.value,
                since=gauge.start,
                until=gauge.end,
                cap=Decimal(gauge.cap or 0),
                used=_shown(gauge),
                opened_at=now,
            )
            for gauge in over.values()
            if (gauge.window.value, gauge.measure.value, gauge.start, Decimal(gauge.cap or 0)) not in decided
        ],
        ignore_conflicts=True,
    )


def _hold(agent: Agent, caps: Caps, over: Sequence[Gauge], now: datetime) -> None:
    """Held while a cap is reached, by the agent's own choice, until the last of the windows is over."""
    mine: Hold | None = agent.holds.active().filter(kind=HoldKind.BUDGET).first()
    wanted = bool(over) and caps.on_cap == OnCap.PAUSE and agent.state not in GONE
    until = max((gauge.end for gauge in over), default=None)
    if mine is not None and mine.placed_by_kind == METER.kind and (not wanted or mine.until != until):
        holds.release_many(
            [mine],
            agents={agent.pk: agent},
            reason="Its caps allow it again." if not wanted else "Another cap is reached.",
            by=METER,
            now=now,
        )
        mine = None
    if wanted and mine is None:
        reasons = {agent.pk: " ".join(sentence(gauge) for gauge in over)[:500]}
        holds.place_many([agent], kind=HoldKind.BUDGET, reasons=reasons, until={agent.pk: until}, by=METER, now=now)


def sweep(*, now: datetime, limit: int = 500) -> int:
    """Act where it is due. Returns for how many agents."""
    due = Caps.objects.filter(act_due_at__lte=now).order_by("act_due_at").select_related("agent__organization")[:limit]
    for caps in due:
        act(organization=caps.agent.organization, agent_id=caps.agent_id, now=now)
    return len(due)
