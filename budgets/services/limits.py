"""What follows when a threshold of a cap is passed: people are told, an approval opens, the agent is held (spec B4).

A usage that passes one leaves ``act_due_at`` on the meter; ``act`` runs right after it, and again by the sweep where a
process died in between. It looks at the facts under the locks, so that running it twice does nothing twice.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from budgets.choices import ApprovalStatus, CapMeasure, OnCap
from budgets.models import CapApproval, CapMark, Caps
from budgets.rules.gauges import LEVELS, Gauge, reached, sentence
from budgets.services import meters
from workforce.choices import HoldKind
from workforce.models import Agent, AuditEvent, Hold, Notice, Organization
from workforce.rules.actors import Actor, system
from workforce.rules.lifecycle import GONE
from workforce.selectors.reporting import people_responsible_for
from workforce.services import audit, holds, lifecycle, notices

logger = logging.getLogger("punchcard.budgets")
METER = system("budgets")
POISON_POSTPONED = timedelta(hours=1)


@transaction.atomic
def act(*, organization: Organization, agent_id: UUID, now: datetime) -> None:
    """Bring marks, notices, approvals and the budget hold in line with the meter. Safe to run again, and at once."""
    agent = lifecycle.lock(organization=organization, agent_id=agent_id)
    caps = _read(organization, agent_id, now)
    gauges = caps.gauges(organization.time_zone, now)
    fresh = _mark(agent, gauges, now)
    _tell(agent, caps, fresh, now)
    stopped = [] if agent.state in GONE or caps.on_cap == OnCap.ALERT else reached(gauges)
    _ask(agent, stopped, now)
    _hold(agent, stopped if caps.on_cap == OnCap.PAUSE else [], now)
    if caps.act_due_at is not None:
        Caps.objects.filter(agent=agent).update(act_due_at=None)


def act_soon(organization: Organization, agent_ids: Iterable[UUID], *, now: datetime) -> None:
    """``act`` after usage that is in the ledger already: what fails here is logged and left to the sweep, so that the
    report is answered as what it is, stored."""
    for agent_id in agent_ids:
        try:
            act(organization=organization, agent_id=agent_id, now=now)
        except Exception:
            logger.exception("left to the sweep of caps", extra={"agent_id": str(agent_id)})


def _read(organization: Organization, agent_id: UUID, now: datetime) -> Caps:
    """The locked meter. One that was counted in another zone is counted anew first, as a usage would."""
    caps = meters.lock([agent_id])[agent_id]
    zone = meters.zone_of(caps, organization)
    if caps.counted_in and caps.counted_in != zone:
        meters.roll(caps, zone, now)
        meters.save({agent_id: caps})
    return caps


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
            cap=_cap(gauge),
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
    return (mark.window, mark.measure, mark.since, mark.level, shown_figure(mark.cap) if mark.level == 100 else None)


def _cap(gauge: Gauge) -> Decimal:
    return Decimal(gauge.cap or 0)


def shown_figure(figure: Decimal) -> str:
    """To compare a figure of a mark or an approval with one that was not stored: SQLite keeps fifteen digits of it."""
    return f"{Decimal(figure):.14E}"


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
    over = "the window is over" if mark.cap else "the cap is changed"
    after = {
        OnCap.ALERT: "It goes on working.",
        OnCap.SKIP: f"It gets no new work until {over}.",
        OnCap.PAUSE: f"It is held until {over}.",
    }[OnCap(caps.on_cap)]
    return f"{agent.agent_name} has reached its {mark.window} cap: {figures}. {after}"


def _ask(agent: Agent, stopped: Sequence[Gauge], now: datetime) -> None:
    """An approval for every cap that stops the agent and about which nobody decided in this window. Those of caps that
    do not stop it any more, or whose window is over, lapse; one that waits follows the cap that people set."""
    over = {(gauge.window.value, gauge.measure.value, gauge.start): gauge for gauge in stopped}
    there = CapApproval.objects.filter(agent=agent)
    events: list[AuditEvent] = []
    for approval in there.filter(status=ApprovalStatus.OPEN.value).select_for_update(no_key=True).order_by("pk"):
        gauge = over.get((approval.window, approval.measure, approval.since))
        if gauge is None:
            approval.status, approval.decided_at = ApprovalStatus.LAPSED.value, now
            approval.save(update_fields=["status", "decided_at"])
            events.append(approval_event("lapsed", approval, agent, by=METER, now=now))
        elif shown_figure(approval.cap) != shown_figure(_cap(gauge)):
            approval.cap, approval.used, approval.until = _cap(gauge), _shown(gauge), gauge.end
            approval.save(update_fields=["cap", "used", "until"])
    known = there.filter(since__in={gauge.start for gauge in over.values()}).exclude(status=ApprovalStatus.LAPSED.value)
    waiting = {(one.window, one.measure) for one in known if one.status == ApprovalStatus.OPEN}
    decided = {(one.window, one.measure, one.since, shown_figure(one.cap)) for one in known}
    fresh = [
        CapApproval(
            organization_id=agent.organization_id,
            agent=agent,
            window=gauge.window.value,
            measure=gauge.measure.value,
            since=gauge.start,
            until=gauge.end,
            cap=_cap(gauge),
            used=_shown(gauge),
            opened_at=now,
        )
        for name, gauge in over.items()
        if name[:2] not in waiting and (*name, shown_figure(_cap(gauge))) not in decided
    ]
    CapApproval.objects.bulk_create(fresh)
    audit.record_many([*events, *(approval_event("opened", approval, agent, by=METER, now=now) for approval in fresh)])


def approval_event(
    verb: str, approval: CapApproval, agent: Agent, *, reason: str = "", by: Actor, now: datetime
) -> AuditEvent:
    """What became of an approval, as part of its agent's story."""
    facts = {name: getattr(approval, name) for name in ("window", "measure", "since", "cap", "used")}
    raised = {} if approval.raised_to is None else {"raised_to": approval.raised_to}
    return audit.draft(
        organization=approval.organization_id,
        action=f"cap_approval.{verb}",
        subject=("agent", agent.pk, agent.agent_name),
        before={} if verb == "opened" else {"approval": approval.pk, "status": ApprovalStatus.OPEN.value, **facts},
        after={"approval": approval.pk, "status": approval.status, **(facts if verb == "opened" else raised)},
        reason=reason,
        by=by,
        now=now,
    )


def _hold(agent: Agent, over: Sequence[Gauge], now: datetime) -> None:
    """Held while a cap is reached, until the last of the windows is over; by a cap of 0, which no window gives room,
    until it is changed. A hold that somebody else placed is left alone."""
    held: Hold | None = agent.holds.active().filter(kind=HoldKind.BUDGET).first()
    if held is not None and not (held.placed_by_kind == METER.kind and held.placed_by_id == METER.id):
        return
    until = None if any(not gauge.cap for gauge in over) else max((gauge.end for gauge in over), default=None)
    passed = held is not None and held.until is not None and held.until <= now
    if held is not None and (not over or passed):
        why = "It was placed until now." if passed else "Its caps allow it again."
        holds.release_many([held], agents={agent.pk: agent}, reason=why, by=METER, now=now)
        held = None
    if not over:
        return
    reason = " ".join(sentence(gauge) for gauge in over)[:500]
    if held is None:
        holds.place_many(
            [agent], kind=HoldKind.BUDGET, reasons={agent.pk: reason}, until={agent.pk: until}, by=METER, now=now
        )
    elif held.until != until:
        _move(held, agent, until, reason, now)


def _move(held: Hold, agent: Agent, until: datetime | None, reason: str, now: datetime) -> None:
    """Another end for a hold that stays: released and placed anew, the agent would work in between."""
    before = {"hold": held.pk, "until": held.until}
    held.until, held.reason = until, reason
    held.save(update_fields=["until", "reason"])
    audit.record(
        organization=agent.organization_id,
        action="hold.changed",
        subject=("agent", agent.pk, agent.agent_name),
        before=before,
        after={"hold": held.pk, "until": until},
        reason=reason,
        by=METER,
        now=now,
    )


def sweep(*, now: datetime, limit: int = 500) -> int:
    """Act where it is due and nobody did. Returns for how many agents. Safe to run twice, at once, after a kill.

    An agent that fails is postponed by an hour and named in the log. Where the database fails, nobody is to blame: the
    error is raised, and the next sweep goes on.
    """
    due = Caps.objects.filter(act_due_at__lte=now).order_by("act_due_at").select_related("agent__organization")
    done = 0
    for caps in due[:limit]:
        try:
            act(organization=caps.agent.organization, agent_id=caps.agent_id, now=now)
            done += 1
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("caps postponed", extra={"agent_id": str(caps.agent_id)})
            Caps.objects.filter(agent=caps.agent_id, act_due_at__lte=now).update(act_due_at=now + POISON_POSTPONED)
    return done
