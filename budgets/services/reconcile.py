"""Proof that meters, sums, reservations and balances say what the ledger says, and their repair (spec B2, B3).

Looking takes no lock: each batch of agents is read in one snapshot of the database, in which every usage is either in
all of them or in none. Repairing takes the lock that usage takes, and looks again under it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour

from budgets.choices import CapWindow, TokenClass
from budgets.models import Caps, CreditAccount, CreditEntry, Reservation, Usage, UsageDay, UsageHour
from budgets.models.usage import DAY_SUMS, SUMS
from budgets.rules.windows import Bounds, day_of, window_at
from budgets.services import meters
from workforce.models import Agent, Organization
from workforce.rules.actors import Actor
from workforce.services import audit

#: Agents read at once: their hours are what is in memory.
BATCH = 50
_RESERVED = ("reserved_tokens", "reserved_cost")
Part = Literal["meter", "hours", "days", "reserved", "credits"]
Figure = int | Decimal
Figures = Mapping[Any, Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not the ledger's. ``agent_id`` is None for the organisation's balance."""

    part: Part
    agent_id: UUID | None
    who: str
    where: str
    figure: str
    stored: Figure
    ledger: Figure

    def __str__(self) -> str:
        return f"{self.who}: {self.where}: {self.figure} {_plain(self.stored)}, ledger {_plain(self.ledger)}"


def check(*, organization: Organization, now: datetime) -> Iterator[Difference]:
    """Every difference, agent by agent, then that of the balance. Memory does not grow with the organisation."""
    last = UUID(int=0)
    agents = Agent.objects.of(organization).order_by("pk")
    while batch := dict(agents.filter(pk__gt=last).values_list("pk", "agent_name")[:BATCH]):
        with _snapshot():
            found = _compare(organization, batch, now)
        yield from found
        last = max(batch)
    with _snapshot():
        balance = _compare_balance(organization)
    yield from balance


@transaction.atomic
def repair(*, organization: Organization, agent_id: UUID, by: Actor, now: datetime) -> list[Difference]:
    """Write the ledger's figures where one agent's differ; returns what differed under the lock. Days are made anew on
    the calendar of the zone its windows are in now."""
    caps = meters.lock([agent_id])[agent_id]
    name = Agent.objects.of(organization).values_list("agent_name", flat=True).get(pk=agent_id)
    found = _compare(organization, {agent_id: name}, now)
    parts = {difference.part for difference in found}
    if parts & {"meter", "reserved"}:
        if "meter" in parts:
            sinces = [since for window in CapWindow if (since := getattr(caps, f"{window.value}_since"))]
            meters.recount(caps, caps.counted_in or meters.zone_of(caps, organization), max([now, *sinces]))
        caps.reserved_tokens, caps.reserved_cost = _reserved([agent_id]).get(agent_id, (0, Decimal(0)))  # type: ignore[assignment]
        caps.act_due_at = now
        meters.save({agent_id: caps})
    if "hours" in parts:
        _repair_hours(organization, agent_id)
    if "days" in parts:
        _repair_days(organization, agent_id, meters.zone_of(caps, organization))
    _tell(organization, ("agent", agent_id, name), found, by, now)
    return found


@transaction.atomic
def repair_balance(*, organization: Organization, by: Actor, now: datetime) -> list[Difference]:
    """Set the balance to the sum of its entries."""
    list(CreditAccount.objects.select_for_update().filter(organization=organization))
    found = _compare_balance(organization)
    for difference in found:
        CreditAccount.objects.update_or_create(
            organization=organization, defaults={"balance": difference.ledger, "updated_at": now}
        )
    _tell(organization, ("organization", organization.pk, organization.name), found, by, now)
    return found


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of the database for several reads. SQLite has it in every transaction."""
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _compare(organization: Organization, names: Mapping[UUID, str], now: datetime) -> list[Difference]:
    ids = list(names)
    rows = {row.agent_id: row for row in Caps.objects.filter(agent__in=ids).order_by()}
    caps = {agent_id: rows.get(agent_id) or Caps(agent_id=agent_id) for agent_id in ids}
    found = _compare_meters(organization, caps, names, now)
    stored = {(agent_id, hour): figures for agent_id, hour, *figures in _stored(UsageHour, ids, "hour", SUMS)}
    found += _differing("hours", names, stored, _hours(ids), SUMS)
    totals = UsageDay.objects.filter(agent__in=ids).order_by().values_list("agent_id").annotate(**_sums(DAY_SUMS))
    by_day = {(agent_id, None): figures for agent_id, *figures in totals}
    ledger = Usage.objects.filter(agent__in=ids).order_by().values_list("agent_id").annotate(**_of_ledger(DAY_SUMS))
    found += _differing("days", names, by_day, {(agent, None): figures for agent, *figures in ledger}, DAY_SUMS)
    kept = {(agent_id, None): (row.reserved_tokens, row.reserved_cost) for agent_id, row in caps.items()}
    left = {(agent_id, None): figures for agent_id, figures in _reserved(ids).items()}
    found += _differing("reserved", names, kept, left, _RESERVED)
    return sorted(found, key=lambda difference: difference.who)


def _compare_meters(
    organization: Organization, caps: Mapping[UUID, Caps], names: Mapping[UUID, str], now: datetime
) -> list[Difference]:
    """Of the windows that run, in the zone they are counted in. One query per window and zone."""
    stored: dict[tuple[UUID, str], tuple[Figure, Figure]] = {}
    asked: dict[tuple[CapWindow, Bounds], list[UUID]] = {}
    for agent_id, row in caps.items():
        zone = row.counted_in or meters.zone_of(row, organization)
        for window in CapWindow:
            since = getattr(row, f"{window.value}_since")
            bounds = window_at(window, zone, max(now, since or now))  # rolled over after ``now`` was read
            running = since is not None and since >= bounds[0]
            used, spent = getattr(row, f"{window.value}_used"), getattr(row, f"{window.value}_spent")
            stored[agent_id, _where(window, bounds)] = (used, spent) if running else (0, Decimal(0))
            asked.setdefault((window, bounds), []).append(agent_id)
    ledger: dict[tuple[UUID, str], Sequence[Figure]] = {}
    for (window, (start, end)), ids in asked.items():
        rows = Usage.objects.filter(agent__in=ids, at__gte=start, at__lt=end).order_by().values_list("agent_id")
        for agent_id, *figures in rows.annotate(tokens=Sum("counted_tokens"), cost=Sum("list_cost")):
            ledger[agent_id, _where(window, (start, end))] = figures
    return _differing("meter", names, stored, ledger, ("counted_tokens", "list_cost"))


def _differing(
    part: Part, names: Mapping[UUID, str], stored: Figures, ledger: Figures, figures: Sequence[str]
) -> list[Difference]:
    """Keys are of an agent and of where; one that is missing on a side has 0 there."""
    nothing = (0,) * len(figures)
    found = []
    for key in dict.fromkeys((*stored, *ledger)):
        pairs = zip(figures, stored.get(key, nothing), ledger.get(key, nothing), strict=True)
        agent_id, place = key
        found += [
            Difference(part, agent_id, names[agent_id], _said(part, place), name, one or 0, other or 0)
            for name, one, other in pairs
            if (one or 0) != (other or 0)
        ]
    return found


def _where(window: CapWindow, bounds: Bounds) -> str:
    return f"{window.label} window from {bounds[0]:%Y-%m-%d %H:%M} UTC"


def _said(part: Part, place: Any) -> str:
    if part == "hours":
        return f"hour of {place:%Y-%m-%d %H:%M} UTC"
    return {"days": "all days", "reserved": "open reservations"}.get(part, str(place))


def _hours(ids: Sequence[UUID]) -> dict[tuple[UUID, datetime], Sequence[Figure]]:
    rows = Usage.objects.filter(agent__in=ids).order_by().annotate(hour=TruncHour("at", tzinfo=UTC))
    summed = rows.values_list("agent_id", "hour").annotate(**_of_ledger(SUMS))
    return {(agent_id, hour): figures for agent_id, hour, *figures in summed.iterator(chunk_size=2000)}


def _stored(model: type[UsageHour], ids: Sequence[UUID], when: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    rows: QuerySet[Any, Any] = model.objects.filter(agent__in=ids).order_by().values_list("agent_id", when, *names)
    return iter(rows.iterator(chunk_size=2000))


def _reserved(ids: Sequence[UUID]) -> dict[UUID, tuple[Figure, Figure]]:
    rows = Reservation.objects.filter(agent__in=ids, ended_at__isnull=True).order_by().values_list("agent_id")
    return {agent: (tokens, cost) for agent, tokens, cost in rows.annotate(t=Sum("left_tokens"), c=Sum("left_cost"))}


def _sums(names: Sequence[str]) -> dict[str, Any]:
    return {f"sum_{name}": Sum(name) for name in names}


def _of_ledger(names: Sequence[str]) -> dict[str, Any]:
    """The same of the ledger's rows, whose columns do not have all of them."""
    own: dict[str, Any] = {
        "unpriced_tokens": Sum("counted_tokens", filter=Q(list_cost__isnull=True)),
        "entries": Count("pk"),
    }
    return {f"sum_{name}": own.get(name) or Sum(name) for name in names}


def _compare_balance(organization: Organization) -> list[Difference]:
    account = CreditAccount.objects.filter(organization=organization).first()
    entries = CreditEntry.objects.filter(organization=organization).order_by().aggregate(total=Sum("amount"))
    balance, total = account.balance if account else Decimal(0), entries["total"] or Decimal(0)
    if balance == total:
        return []
    return [Difference("credits", None, organization.name, "credits", "balance", balance, total)]


def _repair_hours(organization: Organization, agent_id: UUID) -> None:
    ledger = {hour: figures for (_, hour), figures in _hours([agent_id]).items()}
    UsageHour.objects.filter(agent=agent_id).delete()
    UsageHour.objects.bulk_create(
        (
            UsageHour(
                organization=organization,
                agent_id=agent_id,
                hour=hour,
                **{name: figure or 0 for name, figure in zip(SUMS, figures, strict=True)},
            )
            for hour, figures in ledger.items()
        ),
        batch_size=500,
    )


def _repair_days(organization: Organization, agent_id: UUID, zone: str) -> None:
    days: dict[Any, UsageDay] = {}
    for usage in Usage.objects.filter(agent=agent_id).order_by("at").iterator(chunk_size=2000):
        day = day_of(zone, usage.at)
        row = days.setdefault(day, UsageDay(organization=organization, agent_id=agent_id, day=day))
        for name in ("counted_tokens", *(kind.field for kind in TokenClass)):
            setattr(row, name, getattr(row, name) + getattr(usage, name))
        row.list_cost += usage.list_cost or 0
        row.billed_cost += usage.billed_cost or 0
        row.unpriced_tokens += usage.counted_tokens if usage.list_cost is None else 0
        row.entries += 1
    UsageDay.objects.filter(agent=agent_id).delete()
    UsageDay.objects.bulk_create(days.values(), batch_size=500)


def _tell(
    organization: Organization, subject: audit.Subject, found: Sequence[Difference], by: Actor, now: datetime
) -> None:
    if not found:
        return
    audit.record(
        organization=organization,
        action="usage.reconciled",
        subject=subject,
        before={f"{one.where}: {one.figure}": one.stored for one in found},
        after={f"{one.where}: {one.figure}": one.ledger for one in found},
        by=by,
        now=now,
    )


def _plain(figure: Figure) -> str:
    return f"{figure:,}" if isinstance(figure, int) else f"{figure.normalize():,f}"
