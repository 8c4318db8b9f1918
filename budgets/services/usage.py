"""Taking usage in: each report once into the ledger, meters and sums moved with it (spec B2, B3).

All of it happens under the locks of the agents' caps, in one transaction, with as many statements for a thousand
reports as for one. Usage is recorded whatever the caps say; what they say is in the answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from budgets.choices import CapWindow
from budgets.models import Caps, Price, Reservation, SpendPolicy, Usage, UsageDay, UsageHour
from budgets.models.usage import DAY_SUMS, SUMS
from budgets.rules import prices as rules
from budgets.rules.caps import MOST_COST
from budgets.rules.gauges import Stop, risen, stop_of
from budgets.rules.prices import DEFAULT_WEIGHTS, Cost, PriceAt, Tokens, Weights
from budgets.rules.usage_entry import MOST_FAULTS, Entry, Place, only, under
from budgets.rules.windows import day_of
from budgets.services import credits, limits, meters, reservations
from workforce.choices import KeyScope
from workforce.models import Agent, Organization, Task
from workforce.models.bulk_rows import add_up, insert_columns, update_rows
from workforce.models.ids import uuid7
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors.standing import check_scope

ZERO = Decimal(0)
#: Counted tokens of a window that are still believed.
MOST_IN_WINDOW = 10**18
NO_SUCH_AGENT = "There is no such agent in this organisation."
NO_SUCH_TASK = "There is no such task in this organisation."
OTHER_BODY = "This key was used for another report. Send the same again, or take a new key."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report. Costs are None where no price is known. A duplicate is told as it was stored."""

    key: str
    agent_id: UUID
    duplicate: bool
    counted_tokens: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Receipt:
    """``stops`` names the agents that have to stop, and why."""

    outcomes: Sequence[Outcome]
    stops: Mapping[UUID, Stop]


@dataclass(slots=True)
class _Line:
    """One report on its way into the ledger."""

    entry: Entry
    at: datetime
    counted: int
    cost: Cost
    id: UUID = field(default_factory=uuid7)


def record(
    *, organization: Organization, entries: Sequence[Entry], by: Actor, now: datetime, place: Place = only
) -> Receipt:
    """Store these, all or none. The same key with the same report is stored once and answered again.

    An agent reports for itself, an organisation's key with the scope ``work`` for any agent of it. Raises
    ``Forbidden``, ``Invalid`` (unknown agents and tasks, at their ``place``), ``Conflict`` (``key_reused``: the same
    key, another report).
    """
    _check_rights(entries, by)
    receipt, due = take(organization=organization, entries=entries, now=now, place=place)
    limits.act_soon(organization, due, now=now)
    return receipt


@transaction.atomic
def take(
    *, organization: Organization, entries: Sequence[Entry], now: datetime, place: Place = only
) -> tuple[Receipt, list[UUID]]:
    """``record`` without the rights, for services that have checked them and hold a transaction. Names the agents for
    which ``limits.act`` is to be called once that is committed; the sweep does it where nobody does."""
    agents = _agents(organization, entries, place)
    _check_tasks(organization, entries, place)
    caps = meters.lock(agents)
    before = {}
    for agent_id, row in caps.items():
        meters.roll(row, meters.zone_of(row, organization), now)
        before[agent_id] = row.gauges(organization.time_zone, now)
    lines, stored = _sorted_out(entries, now, place)
    _price(organization, lines)
    _write_ledger(organization, lines, now)
    _count(lines, caps)
    _check_fits(caps.values())
    _write_sums(organization, lines, {agent_id: meters.zone_of(row, organization) for agent_id, row in caps.items()})
    due = []
    for agent_id, row in caps.items():
        if risen(before[agent_id], row.gauges(organization.time_zone, now)):
            row.act_due_at = now
            due.append(agent_id)
    meters.save(caps)
    credits.debit(organization=organization, amount=sum((line.cost.billed or ZERO for line in lines), ZERO), now=now)
    return Receipt(_outcomes(entries, lines, stored), _stops(organization, caps, now)), due


def _check_rights(entries: Sequence[Entry], by: Actor) -> None:
    if by.agent_id is None:
        check_scope(by=by, scope=KeyScope.WORK)
    elif any(entry.agent_id != by.agent_id for entry in entries):
        raise Forbidden("This key acts for its own agent only.", code="not_your_agent")


def _agents(organization: Organization, entries: Sequence[Entry], place: Place) -> set[UUID]:
    named = {entry.agent_id for entry in entries}
    known = set(Agent.objects.of(organization).filter(pk__in=named).order_by().values_list("pk", flat=True))
    _check_known(entries, "agent_id", named - known, NO_SUCH_AGENT, place)
    return named


def _check_tasks(organization: Organization, entries: Sequence[Entry], place: Place) -> None:
    named = {entry.task_id for entry in entries if entry.task_id is not None}
    if not named:
        return
    known = set(Task.objects.of(organization).filter(pk__in=named).order_by().values_list("pk", flat=True))
    _check_known(entries, "task_id", named - known, NO_SUCH_TASK, place)


def _check_known(entries: Sequence[Entry], name: str, unknown: set[UUID], sentence: str, place: Place) -> None:
    if unknown:
        wrong = [index for index, entry in enumerate(entries) if getattr(entry, name) in unknown]
        raise Invalid([(under(place(index), name), sentence) for index in wrong[:MOST_FAULTS]])


def _sorted_out(
    entries: Sequence[Entry], now: datetime, place: Place
) -> tuple[list[_Line], dict[tuple[UUID, str], Usage]]:
    """The new reports, and those that are in the ledger already, by agent and key."""
    agent_ids = {entry.agent_id for entry in entries}
    keys = {entry.key for entry in entries}
    there = Usage.objects.filter(agent__in=agent_ids, key__in=keys).order_by()
    stored = {(usage.agent_id, usage.key): usage for usage in there}
    fresh: dict[tuple[UUID, str], _Line] = {}
    for index, entry in enumerate(entries):
        name = (entry.agent_id, entry.key)
        if name in stored:
            _check_same(entry, _as_entry(stored[name]), under(place(index), "key"))
        elif name in fresh:
            _check_same(entry, fresh[name].entry, under(place(index), "key"))
        else:
            fresh[name] = _Line(entry, entry.at or now, 0, rules.UNKNOWN)
    return list(fresh.values()), stored


def _as_entry(usage: Usage) -> Entry:
    return Entry(
        agent_id=usage.agent_id,
        key=usage.key,
        model=usage.model,
        tokens=Tokens(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens),
        at=usage.at,
        task_id=usage.task_id,
    )


def _check_same(sent: Entry, stored: Entry, path: str) -> None:
    same = (sent.model, sent.tokens, sent.task_id) == (stored.model, stored.tokens, stored.task_id)
    moved = sent.at is not None and stored.at is not None and sent.at != stored.at
    if not same or moved:
        raise Conflict(f"{OTHER_BODY} ({sent.key})", code="key_reused", field=path)


def _price(organization: Organization, lines: Sequence[_Line]) -> None:
    weights, prices = counting(organization, {line.entry.model for line in lines})
    for line in lines:
        line.counted = rules.counted(line.entry.tokens, weights)
        line.cost = rules.cost(line.entry.tokens, rules.price_at(prices.get(line.entry.model, ()), line.at))


def counting(organization: Organization, models: Iterable[str]) -> tuple[Weights, dict[str, list[PriceAt]]]:
    """How this organisation counts: its weights, and the prices of these models. Two queries."""
    policy = SpendPolicy.objects.filter(organization=organization).first()
    prices: dict[str, list[PriceAt]] = {}
    for price in Price.objects.filter(organization=organization, model__in=set(models)).order_by():
        prices.setdefault(price.model, []).append(price.rule())
    return policy.weights() if policy else DEFAULT_WEIGHTS, prices


def _write_ledger(organization: Organization, lines: Sequence[_Line], now: datetime) -> None:
    if not lines:
        return
    entries = [line.entry for line in lines]
    insert_columns(
        Usage,
        {
            "id": [line.id for line in lines],
            "organization_id": [organization.pk] * len(lines),
            "agent_id": [entry.agent_id for entry in entries],
            "key": [entry.key for entry in entries],
            "at": [line.at for line in lines],
            "received_at": [now] * len(lines),
            "model": [entry.model for entry in entries],
            "task_id": [entry.task_id for entry in entries],
            "input_tokens": [entry.tokens.input for entry in entries],
            "output_tokens": [entry.tokens.output for entry in entries],
            "cache_read_tokens": [entry.tokens.cache_read for entry in entries],
            "cache_write_tokens": [entry.tokens.cache_write for entry in entries],
            "counted_tokens": [line.counted for line in lines],
            "list_cost": [line.cost.listed for line in lines],
            "billed_cost": [line.cost.billed for line in lines],
        },
    )


def _count(lines: Sequence[_Line], caps: Mapping[UUID, Caps]) -> None:
    """Into the meters, and from what was reserved for the work it was spent on."""
    spent: dict[UUID, list[meters.Spent]] = {}
    for line in lines:
        one = meters.Spent(line.at, line.counted, line.cost.listed or ZERO)
        spent.setdefault(line.entry.agent_id, []).append(one)
    for agent_id, some in spent.items():
        meters.add(caps[agent_id], some)
    reserved = _reserved(lines)
    for line in lines if reserved else ():
        room = reserved.get((line.entry.agent_id, line.entry.task_id))
        if room is not None:
            row, cost = caps[line.entry.agent_id], line.cost.listed or ZERO
            reservations.settle(row, room, tokens=line.counted, cost=cost)
    update_rows(
        sorted(reserved.values(), key=lambda row: row.pk), ("left_tokens", "left_cost", "used_tokens", "used_cost")
    )


def _check_fits(rows: Iterable[Caps]) -> None:
    """Figures that no agent reaches are a mistake of the sender, and would not fit their columns."""
    for row in rows:
        for window in CapWindow:
            tokens, cost = getattr(row, f"{window.value}_used"), getattr(row, f"{window.value}_spent")
            if tokens > MOST_IN_WINDOW or cost > MOST_COST:
                raise Conflict(credits.TOO_MUCH, code="too_much")


def _reserved(lines: Sequence[_Line]) -> dict[tuple[UUID, UUID | None], Reservation]:
    tasks = {line.entry.task_id for line in lines if line.entry.task_id is not None}
    if not tasks:
        return {}
    open_ones = Reservation.objects.filter(
        agent__in={line.entry.agent_id for line in lines},
        subject_kind=reservations.FOR_TASK,
        subject_id__in=[str(task) for task in tasks],
        ended_at__isnull=True,
    )
    return {(row.agent_id, UUID(row.subject_id)): row for row in open_ones}


def _write_sums(organization: Organization, lines: Sequence[_Line], zones: Mapping[UUID, str]) -> None:
    hours: dict[tuple[UUID, object], list[Any]] = {}
    days: dict[tuple[UUID, object], list[Any]] = {}
    known: dict[tuple[str, datetime], date] = {}  # clocks change and days begin at whole minutes
    for line in lines:
        agent_id, tokens, cost = line.entry.agent_id, line.entry.tokens, line.cost
        common = [line.counted, cost.listed or ZERO, cost.billed or ZERO, line.counted if cost.listed is None else 0]
        by_class = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, 1]
        _sum(hours, (agent_id, line.at.replace(minute=0, second=0, microsecond=0)), common)
        minute = (zones[agent_id], line.at.replace(second=0, microsecond=0))
        if minute not in known:
            known[minute] = day_of(*minute)
        _sum(days, (agent_id, known[minute]), [*common, *by_class])
    _add_up(UsageHour, organization, "hour", hours, SUMS)
    _add_up(UsageDay, organization, "day", days, DAY_SUMS)


def _sum(sums: dict[tuple[UUID, object], list[Any]], key: tuple[UUID, object], figures: Sequence[Any]) -> None:
    so_far = sums.get(key)
    sums[key] = list(figures) if so_far is None else [one + more for one, more in zip(so_far, figures, strict=True)]


def _add_up(
    model: type[UsageHour] | type[UsageDay],
    organization: Organization,
    when: str,
    sums: Mapping[tuple[UUID, object], Sequence[Any]],
    names: Sequence[str],
) -> None:
    if not sums:
        return
    keys = sorted(sums, key=str)
    columns: dict[str, Sequence[Any]] = {
        "organization_id": [organization.pk] * len(keys),
        "agent_id": [agent_id for agent_id, _ in keys],
        when: [moment for _, moment in keys],
        **{name: [sums[key][place] for key in keys] for place, name in enumerate(names)},
    }
    add_up(model, columns, key=("agent_id", when), sums=names)


def _outcomes(
    entries: Sequence[Entry], lines: Sequence[_Line], stored: Mapping[tuple[UUID, str], Usage]
) -> list[Outcome]:
    fresh = {(line.entry.agent_id, line.entry.key): line for line in lines}
    told: set[tuple[UUID, str]] = set()
    outcomes = []
    for entry in entries:
        name = (entry.agent_id, entry.key)
        if name in stored:
            usage = stored[name]
            cost = Cost(usage.list_cost, usage.billed_cost)
            outcomes.append(Outcome(entry.key, entry.agent_id, True, usage.counted_tokens, cost))
        else:
            line = fresh[name]
            outcomes.append(Outcome(entry.key, entry.agent_id, name in told, line.counted, line.cost))
        told.add(name)
    return outcomes


def _stops(organization: Organization, caps: Mapping[UUID, Caps], now: datetime) -> dict[UUID, Stop]:
    found = {agent_id: stop_of(row.gauges(organization.time_zone, now), row.on_cap) for agent_id, row in caps.items()}
    return {agent_id: stop for agent_id, stop in found.items() if stop is not None}
