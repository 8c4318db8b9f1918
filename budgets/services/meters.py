"""The meter of each agent: its row locked, windows rolled over, usage added, counted anew (spec B1, B3).

Windows are looked up, never reset by a job: whoever writes rolls the row over by comparing window starts. Locks are
taken in one order everywhere: the agent's row, where it is needed, then its caps, then reservations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from budgets.choices import CapWindow
from budgets.models import Caps, Usage
from budgets.rules.gauges import risen
from budgets.rules.windows import window_at, windows_at
from workforce.models import Agent, Organization
from workforce.models.bulk_rows import update_rows

#: What a usage changes of the row.
METER = (
    "counted_in",
    *(f"{window.value}_{fact}" for window in CapWindow for fact in ("since", "used", "spent")),
    "reserved_tokens",
    "reserved_cost",
    "act_due_at",
)


@dataclass(frozen=True, slots=True)
class Spent:
    """A usage as the meter counts it: when (UTC), counted tokens, list cost."""

    at: datetime
    tokens: int
    cost: Decimal


def lock(agent_ids: Iterable[UUID]) -> dict[UUID, Caps]:
    """The caps of these agents, made where there are none, locked in the order of their ids."""
    wanted = sorted(set(agent_ids))
    found = _locked(wanted)
    if missing := [agent_id for agent_id in wanted if agent_id not in found]:
        Caps.objects.bulk_create([Caps(agent_id=agent_id) for agent_id in missing], ignore_conflicts=True)
        found = _locked(wanted)
    return found


def _locked(agent_ids: Sequence[UUID]) -> dict[UUID, Caps]:
    rows = Caps.objects.filter(agent__in=agent_ids).order_by("agent_id").select_for_update(no_key=True, of=("self",))
    return {caps.agent_id: caps for caps in rows}


def zone_of(caps: Caps, organization: Organization) -> str:
    return caps.time_zone or organization.time_zone


def roll(caps: Caps, tz: str, now: datetime) -> None:
    """Bring a locked row to the windows that run at ``now``; nothing is saved. In another zone than it was counted in
    its figures come from the ledger anew."""
    if caps.counted_in and caps.counted_in != tz:
        recount(caps, tz, now)
        return
    caps.counted_in = tz
    for window, (start, _) in windows_at(tz, now).items():
        since = getattr(caps, f"{window.value}_since")
        if since is None or since < start:
            _set(caps, window, start, 0, Decimal(0))


def recount(caps: Caps, tz: str, now: datetime) -> None:
    """The figures of the windows that run at ``now``, from the ledger; nothing is saved."""
    caps.counted_in = tz
    for window, (start, tokens, cost) in counted_from_ledger(caps.agent_id, tz, now).items():
        _set(caps, window, start, tokens, cost)


def counted_from_ledger(agent_id: UUID, tz: str, now: datetime) -> dict[CapWindow, tuple[datetime, int, Decimal]]:
    """Per window its start, counted tokens and list cost. One query each."""
    figures = {}
    for window in CapWindow:
        start, end = window_at(window, tz, now)
        ledger = Usage.objects.filter(agent=agent_id, at__gte=start, at__lt=end)
        found = ledger.aggregate(tokens=Sum("counted_tokens"), cost=Sum("list_cost"))
        figures[window] = (start, int(found["tokens"] or 0), found["cost"] or Decimal(0))
    return figures


def add(caps: Caps, spent: Sequence[Spent]) -> None:
    """Count usage in the windows of a rolled row that hold it; in those that began after it, it is of the past."""
    for window in CapWindow:
        since, used, cost = f"{window.value}_since", f"{window.value}_used", f"{window.value}_spent"
        begun = getattr(caps, since)
        within = [one for one in spent if one.at >= begun]
        setattr(caps, used, getattr(caps, used) + sum(one.tokens for one in within))
        setattr(caps, cost, getattr(caps, cost) + sum((one.cost for one in within), Decimal(0)))


def save(rows: Mapping[UUID, Caps]) -> None:
    """Write the meters of locked rows in one statement."""
    update_rows([rows[agent_id] for agent_id in sorted(rows)], METER)


def set_zone(agent: Agent, tz: str, *, now: datetime) -> None:
    """The zone of a locked agent's hours became ``tz``; empty: it has none of its own. Its windows are those of the new
    zone from now on, with what the ledger holds of them."""
    caps = lock([agent.pk])[agent.pk]
    if caps.time_zone == tz:
        return
    before = caps.time_zone or agent.organization.time_zone
    gauges = caps.gauges(agent.organization.time_zone, now)
    caps.time_zone = tz
    zone = zone_of(caps, agent.organization)
    if zone != before and caps.counted_in:
        recount(caps, zone, now)
    if risen(gauges, caps.gauges(agent.organization.time_zone, now)):
        caps.act_due_at = now
    update_rows([caps], ("time_zone", *METER))


def _set(caps: Caps, window: CapWindow, since: datetime, tokens: int, cost: Decimal) -> None:
    setattr(caps, f"{window.value}_since", since)
    setattr(caps, f"{window.value}_used", tokens)
    setattr(caps, f"{window.value}_spent", cost)
