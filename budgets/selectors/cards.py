"""The card of an agent on the Budgets tab: its gauges in words, what today cost, what follows (spec B3 to B5, B8)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from budgets.choices import ApprovalStatus, CapMeasure, CapWindow, OnCap
from budgets.models import CapApproval, Caps, SpendPolicy, UsageDay
from budgets.rules import words
from budgets.rules.forecast import reaches_at
from budgets.rules.gauges import Gauge, reached
from budgets.rules.windows import day_of
from budgets.selectors.bars import Today, WindowBars, today_of, windows_of
from budgets.selectors.burn import Burn, burn_of
from budgets.selectors.caps import caps_of
from workforce.choices import ActorKind, HoldKind, LifecycleState
from workforce.models import Agent, Hold, Organization
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Missing
from workforce.selectors.named import digest
from workforce.selectors.standing import Standing

#: A forecast is named to so many minutes: it is not better than that.
_STEP = timedelta(minutes=5)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Note:
    """What follows, as parts of sentences around two times: ``lead at text then until tail``."""

    tone: str
    lead: str
    at: datetime | None = None
    text: str = ""
    until: datetime | None = None
    then: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A cap that waits for somebody, with the words of its two buttons."""

    id: UUID
    name: str
    raise_words: str
    keep_words: str


@dataclass(frozen=True, slots=True)
class Card:
    """One agent. ``version`` changes with anything that is shown. ``caps`` is a fresh row where none was ever set."""

    agent: Agent
    caps: Caps
    zone: str
    may_edit: bool
    windows: Sequence[WindowBars]
    reserved: str
    today: Today
    unset: str
    note: Note | None
    asks: Sequence[Ask]

    @property
    def id(self) -> str:
        return f"caps-{self.agent.pk}"

    @property
    def caps_set(self) -> bool:
        return self.caps.any_set

    @property
    def on_cap(self) -> str:
        return OnCap(self.caps.on_cap).short.lower()

    @property
    def version(self) -> str:
        agent = self.agent
        return digest(
            agent.agent_name, agent.team.name, agent.priority_tier, agent.initials, self.caps_set, self.caps.on_cap,
            self.zone, self.may_edit, self.windows, self.reserved, self.today, self.unset, self.note, self.asks,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What cards show beside the meter, by agent."""

    holds: Mapping[UUID, Hold]
    approvals: Mapping[UUID, Sequence[CapApproval]]
    days: Mapping[tuple[UUID, object], tuple[Decimal, int]]
    burns: Mapping[UUID, Burn]


def cards_of(
    agents: Sequence[Agent], organization: Organization, *, policy: SpendPolicy, standing: Standing, now: datetime
) -> list[Card]:
    """Cards of these agents, loaded with ``select_related("team", "caps")``. Four queries, however many."""
    facts = _facts([agent.pk for agent in agents], organization, now)
    return [_card(agent, facts, organization, policy.currency, standing, now) for agent in agents]


def card_of(
    organization: Organization, agent_id: UUID, *, policy: SpendPolicy, standing: Standing, now: datetime
) -> Card:
    """One card, of an agent that is there. Five queries."""
    agent = Agent.objects.of(organization).select_related("team", "caps").get(pk=agent_id)
    return cards_of([agent], organization, policy=policy, standing=standing, now=now)[0]


def agent_to_edit(organization: Organization, agent_id: UUID, *, standing: Standing) -> Agent:
    """With its caps. Raises ``Missing``, ``Forbidden`` and ``Conflict`` (``archived``), so that no form is shown in
    vain. One query."""
    agent = Agent.objects.of(organization).select_related("team", "caps").filter(pk=agent_id).first()
    if agent is None:
        raise Missing("There is no such agent in this organisation.")
    if not standing.may(Activity.BUDGETS, agent):
        raise Forbidden(
            f"You may not set the token caps of {agent.agent_name}. Its owner or a workforce manager may.",
            code="not_yours",
        )
    if agent.state == LifecycleState.ARCHIVED:
        raise Conflict(f"{agent.agent_name} is archived: its token caps are kept as they were.", code="archived")
    return agent


def _facts(agent_ids: Sequence[UUID], organization: Organization, now: datetime) -> Facts:
    approvals: dict[UUID, list[CapApproval]] = defaultdict(list)
    waiting = Q(status=ApprovalStatus.OPEN.value) | Q(status=ApprovalStatus.KEPT.value)
    for approval in CapApproval.objects.filter(waiting, agent__in=agent_ids, until__gt=now).order_by("until", "pk"):
        approvals[approval.agent_id].append(approval)
    days = UsageDay.objects.filter(
        agent__in=agent_ids, day__range=((now - _DAY).date(), (now + _DAY).date())
    ).values_list("agent_id", "day", "list_cost", "billed_cost", "unpriced_tokens")
    return Facts(
        holds={hold.agent_id: hold for hold in Hold.objects.active().filter(agent__in=agent_ids, kind=HoldKind.BUDGET)},
        approvals=approvals,
        days={(agent_id, day): (listed - billed, unpriced) for agent_id, day, listed, billed, unpriced in days},
        burns=burn_of(agent_ids, now=now),
    )


def _card(
    agent: Agent, facts: Facts, organization: Organization, currency: str, standing: Standing, now: datetime
) -> Card:
    caps = caps_of(agent) or Caps(agent=agent)
    zone = caps.time_zone or organization.time_zone
    gauges = caps.gauges(organization.time_zone, now)
    by_name = {(gauge.window, gauge.measure): gauge for gauge in gauges}
    unbilled, unpriced = facts.days.get((agent.pk, day_of(zone, now)), (Decimal(0), 0))
    daily_cost = by_name[CapWindow.DAILY, CapMeasure.COST]
    may_edit = standing.may(Activity.BUDGETS, agent)
    approvals = facts.approvals.get(agent.pk, ())
    waiting = [one for one in approvals if one.status == ApprovalStatus.OPEN] if may_edit else []
    return Card(
        agent=agent,
        caps=caps,
        zone=zone,
        may_edit=may_edit,
        windows=windows_of(gauges, currency) if caps.any_set else (),
        reserved=_reserved(caps, currency),
        today=today_of(
            replace(daily_cost, cap=agent.cost_budget_daily), unbilled=unbilled, unpriced=unpriced, currency=currency
        ),
        unset="" if caps.any_set else _unset(by_name),
        note=_note(caps, gauges, facts.holds.get(agent.pk), approvals, facts.burns[agent.pk], currency, now),
        asks=[_ask(one, caps.on_cap, several=len(waiting) > 1) for one in waiting],
    )


def _reserved(caps: Caps, currency: str) -> str:
    """``12 k tokens and €0.40``; empty where nothing is."""
    tokens = f"{words.tokens_short(caps.reserved_tokens)} tokens" if caps.reserved_tokens else ""
    cost = words.money(caps.reserved_cost, currency) if caps.reserved_cost else ""
    return words.listed([part for part in (tokens, cost) if part])


def _unset(by_name: Mapping[tuple[CapWindow, CapMeasure], Gauge]) -> str:
    day, month = (int(by_name[window, CapMeasure.TOKENS].used) for window in (CapWindow.DAILY, CapWindow.MONTHLY))
    if not month and not day:
        return "It used nothing today and nothing this month. Nothing stops it."
    return (
        f"It used {words.tokens_short(day)} tokens today and {words.tokens_short(month)} this month. Nothing stops it."
    )


def _ask(approval: CapApproval, on_cap: str, *, several: bool) -> Ask:
    name = f"{approval.window} {'cost ' if approval.measure == CapMeasure.COST else ''}cap"
    works = on_cap == OnCap.ALERT
    of = f" ({name})" if several else ""
    return Ask(
        id=approval.pk,
        name=name,
        raise_words=f"{'Raise cap' if works else 'Raise and resume'}{of}",
        keep_words=f"{'Keep cap' if works else 'Keep paused' if on_cap == OnCap.PAUSE else 'Keep stopped'}{of}",
    )


def _note(
    caps: Caps,
    gauges: Sequence[Gauge],
    hold: Hold | None,
    approvals: Sequence[CapApproval],
    burn: Burn,
    currency: str,
    now: datetime,
) -> Note | None:
    """The first of these that is so: held, at a cap, on the way to one, none of it; nothing without caps."""
    over = reached(gauges)
    if hold is not None:
        return _held(hold, over, _tail(caps, over, approvals, currency))
    if over:
        return _reached(caps, over, _tail(caps, over, approvals, currency))
    if not caps.any_set:
        return None
    coming = next_reached(gauges, burn, now)
    if coming is None:
        return Note("", "No cap is reached today.")
    gauge, at = coming
    today = at < gauges[0].end
    lead = f"Reaches the {words.cap_name(gauge)}{' at' if today else ''}"
    return Note("is-warn" if today else "", lead, _named(at, gauge.end), "at this rate.")


def next_reached(gauges: Sequence[Gauge], burn: Burn, now: datetime) -> tuple[Gauge, datetime] | None:
    """The cap that is reached first at this rate, and when; None where none is."""
    found = [
        (at, gauge)
        for gauge in gauges
        if not gauge.reached and (at := reaches_at(gauge, _rate(gauge, burn), now=now)) is not None
    ]
    if not found:
        return None
    at, gauge = min(found, key=lambda one: one[0])
    return gauge, at


def _named(at: datetime, end: datetime) -> datetime:
    """Rounded up to the next five minutes, where the window is not over by then."""
    named = at + (datetime.min.replace(tzinfo=at.tzinfo) - at) % _STEP
    return named if named < end else at


def _rate(gauge: Gauge, burn: Burn) -> Decimal:
    return burn.tokens_per_hour if gauge.measure == CapMeasure.TOKENS else burn.cost_per_hour


def _held(hold: Hold, over: Sequence[Gauge], tail: str) -> Note:
    if hold.placed_by_kind != ActorKind.SYSTEM:
        return Note(
            "is-bad", "Paused", hold.placed_at, f"by {hold.placed_by_label}: {hold.reason}", hold.until, "Until", tail
        )
    by = f"by its {words.cap_names(over)}." if over else f"by a cap. {hold.reason}"
    return Note("is-bad", "Paused", hold.placed_at, by, hold.until, "Resumes", tail)


def _reached(caps: Caps, over: Sequence[Gauge], tail: str) -> Note:
    name = words.cap_names(over)
    follows = {
        OnCap.ALERT: f"At its {name}. It goes on working.",
        OnCap.SKIP: f"Stopped by its {name}: no new work.",
        OnCap.PAUSE: f"At its {name}. It is paused next.",
    }
    resets = None if any(not gauge.cap for gauge in over) else max(gauge.end for gauge in over)
    return Note("is-bad", follows[OnCap(caps.on_cap)], until=resets, then="Resets", tail=tail)


def _tail(caps: Caps, over: Sequence[Gauge], approvals: Sequence[CapApproval], currency: str) -> str:
    """What was used beyond the caps, and who decided to keep them."""
    said = []
    if beyond := words.overrun(over, currency):
        why = "." if caps.on_cap == OnCap.ALERT else ": usage that was already under way."
        said.append(f"Overrun {beyond}{why}")
    for one in approvals:
        if one.status == ApprovalStatus.KEPT:
            said.append(f"{one.decided_by_label} keeps it so{f': {one.reason}' if one.reason else '.'}")
    return " ".join(said)
