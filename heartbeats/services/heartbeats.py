"""Taking heartbeats in (spec H1, H2): each stored once, the facts of now moved forward only, orders given back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, transaction

from budgets.models import Caps
from budgets.services import limits, usage
from heartbeats.models import Heartbeat
from heartbeats.rules.order import Verdict, judge
from heartbeats.rules.payload import Reading
from heartbeats.selectors.orders import Orders, orders_for
from workforce.choices import KeyScope
from workforce.models import Agent, Organization, Presence
from workforce.models.bulk_rows import insert_new, update_rows
from workforce.models.ids import uuid7
from workforce.rules import lifecycle
from workforce.rules.actors import Actor
from workforce.rules.refusals import Conflict, Forbidden, Missing, Refusal
from workforce.selectors.standing import check_scope
from workforce.services import commands

_DEADLOCK = "40P01"
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one heartbeat. ``received_at`` of a duplicate is that of the one that was stored."""

    heartbeat_id: UUID
    agent_id: UUID
    received_at: datetime
    duplicate: bool
    late: bool
    out_of_order: bool
    orders: Orders


def record(
    *, organization: Organization, readings: Sequence[Reading], by: Actor, now: datetime
) -> list[Receipt | Refusal]:
    """Store these and say for each, in their order, what became of it; one that is refused stops no other.

    An agent speaks for itself, an organisation's key with the scope ``heartbeats`` for any agent of it. ``now`` is the
    receive time. One transaction, as many statements for a thousand as for one. Raises ``Forbidden`` (scope).
    """
    check_scope(by=by, scope=KeyScope.HEARTBEATS)
    attempt = 1
    while True:
        try:
            receipts, due = _record(organization, readings, by, now)
        except OperationalError as error:
            # The database stopped this one so that another, which holds what it waits for, can end: try again.
            if getattr(error.__cause__, "sqlstate", None) != _DEADLOCK or attempt == _ATTEMPTS:
                raise
            attempt += 1
        else:
            limits.act_soon(organization, due, now=now)
            return receipts


@transaction.atomic
def _record(
    organization: Organization, readings: Sequence[Reading], by: Actor, now: datetime
) -> tuple[list[Receipt | Refusal], list[UUID]]:
    named = {reading.agent_id for reading in readings}
    speaking = named if by.agent_id is None else named & {by.agent_id}
    presences = _lock(organization, speaking)
    found = Agent.objects.of(organization).filter(pk__in=named).select_related("caps")
    agents = {agent.pk: agent for agent in found}
    if missing := (speaking & agents.keys()) - presences.keys():
        Presence.objects.bulk_create([Presence(agent_id=pk) for pk in sorted(missing)], ignore_conflicts=True)
        presences = _lock(organization, speaking)
    taken = _Taken(readings, presences, now)
    refusals = {
        index: refusal
        for index, reading in enumerate(readings)
        if (refusal := _refusal(agents.get(reading.agent_id), by)) is not None
    }
    using = [(index, reading) for index, reading in enumerate(readings) if reading.usage and index not in refusals]
    refused, due = _take_usage(organization, using, now)
    refusals |= refused
    for caps in Caps.objects.filter(agent__in=[reading.agent_id for _, reading in using]) if using else ():
        agents[caps.agent_id].caps = caps
    for index, reading in enumerate(readings):
        if index not in refusals and (refusal := taken.take(index, reading)) is not None:
            refusals[index] = refusal
    refusals |= taken.store(organization)
    accepted = [(index, reading) for index, reading in enumerate(readings) if index not in refusals]
    orders = _answer(organization, [agents[pk] for pk in {reading.agent_id for _, reading in accepted}], accepted, now)
    receipts = [
        refusals[index] if index in refusals else taken.receipt(index, reading, orders[reading.agent_id])
        for index, reading in enumerate(readings)
    ]
    return receipts, due


def _take_usage(
    organization: Organization, using: Sequence[tuple[int, Reading]], now: datetime
) -> tuple[dict[int, Refusal], list[UUID]]:
    """Usage that rides on heartbeats into the ledger. A heartbeat whose usage is refused is refused, and no other:
    where not all can be taken at once, each is taken alone. Names the agents that passed a threshold."""
    if not using:
        return {}, []
    try:
        entries = [entry for _, reading in using for entry in reading.usage]
        _, due = usage.take(organization=organization, entries=entries, now=now, place="usage.{}".format)
    except Refusal as refusal:
        if len(using) == 1:
            return {using[0][0]: refusal}, []
    else:
        return {}, due
    refusals: dict[int, Refusal] = {}
    passed: list[UUID] = []
    for one in using:
        refused, due = _take_usage(organization, [one], now)
        refusals |= refused
        passed += due
    return refusals, passed


def _lock(organization: Organization, agent_ids: Iterable[UUID]) -> dict[UUID, Presence]:
    """The rows of what was last heard, locked in the order of the ids, so that two batches cannot wait in a ring."""
    locked = (
        Presence.objects.filter(agent__in=agent_ids, agent__organization=organization)
        .order_by("agent_id")
        .select_for_update(of=("self",))
    )
    return {presence.agent_id: presence for presence in locked}


def _refusal(agent: Agent | None, by: Actor) -> Refusal | None:
    if agent is None:
        return Missing("There is no such agent in this organisation.")
    if by.agent_id not in (None, agent.pk):
        return Forbidden("This key acts for its own agent only.", code="not_your_agent")
    if agent.state in lifecycle.GONE:
        return Conflict(f"{agent.agent_name} is {agent.current_state}: it sends no heartbeats any more.", code="gone")
    return None


def _answer(
    organization: Organization, agents: list[Agent], accepted: list[tuple[int, Reading]], now: datetime
) -> dict[UUID, Orders]:
    if confirmed := {command_id for _, reading in accepted for command_id in reading.ack_commands}:
        commands.acknowledge(agent_ids=[agent.pk for agent in agents], command_ids=confirmed, now=now)
    pending = commands.deliver(agent_ids=[agent.pk for agent in agents], now=now) if agents else {}
    return orders_for(agents, pending=pending, tz=organization.time_zone, now=now) if agents else {}


class _Taken:
    """The heartbeats of one request that may be stored, in the order they were sent."""

    def __init__(self, readings: Sequence[Reading], presences: dict[UUID, Presence], now: datetime) -> None:
        self._presences = presences
        self._now = now
        self._fresh: dict[UUID, tuple[int, Reading, Verdict]] = {}
        self._ids: dict[int, UUID] = {}
        given = [reading.heartbeat_id for reading in readings if reading.heartbeat_id is not None]
        self._stored = {beat.heartbeat_id: beat for beat in Heartbeat.objects.filter(pk__in=given)} if given else {}
        self._newest = {pk: presence.last_emitted_at for pk, presence in presences.items()}

    def take(self, index: int, reading: Reading) -> Refusal | None:
        """Note this one to be stored, unless it is there already. Refuses an id that another agent has used."""
        identity = reading.heartbeat_id or uuid7()
        self._ids[index] = identity
        if identity in self._stored:
            return _taken_by_another(self._stored[identity].agent_id, reading)
        if identity in self._fresh:
            return _taken_by_another(self._fresh[identity][1].agent_id, reading)
        newest = self._newest.get(reading.agent_id)
        verdict = judge(reading.emitted_at, now=self._now, newest=newest)
        if verdict.speaks:
            self._newest[reading.agent_id] = reading.emitted_at
        self._fresh[identity] = (index, reading, verdict)
        return None

    def store(self, organization: Organization) -> dict[int, Refusal]:
        """Write the fresh ones and what they move. Returns refusals of ids that another agent used meanwhile."""
        beats = [
            _row(identity, reading, verdict, organization, self._now)
            for identity, (_, reading, verdict) in self._fresh.items()
        ]
        # In the order of their ids: requests that claim the same ones wait for each other, never in a ring.
        written = insert_new(sorted(beats, key=lambda beat: beat.heartbeat_id.bytes))
        self._move(written)
        lost = self._fresh.keys() - written
        return {index: _id_taken() for index, identity in self._ids.items() if identity in lost}

    def _move(self, written: set[UUID]) -> None:
        moved: dict[UUID, Presence] = {}
        for identity, (_, reading, verdict) in self._fresh.items():
            presence = self._presences.get(reading.agent_id)
            if presence is None or identity not in written or not verdict.seen:
                continue
            moved[presence.agent_id] = presence
            presence.last_seen_at = max(presence.last_seen_at or self._now, self._now)
            if verdict.speaks:
                presence.last_emitted_at = reading.emitted_at
                presence.status = reading.status.value
                presence.work_mode = reading.work_mode.value
                presence.summary = reading.summary
                presence.queue_depth = reading.queue_depth
                presence.error_count_1h = reading.error_count_1h
        update_rows([moved[pk] for pk in sorted(moved)])

    def receipt(self, index: int, reading: Reading, orders: Orders) -> Receipt:
        identity = self._ids[index]
        stored = self._stored.get(identity)
        first, _, verdict = self._fresh.get(identity, (index, reading, None))
        return Receipt(
            heartbeat_id=identity,
            agent_id=reading.agent_id,
            received_at=stored.received_at if stored else self._now,
            duplicate=stored is not None or first != index,
            late=stored.late if stored else bool(verdict and verdict.late),
            out_of_order=stored.out_of_order if stored else bool(verdict and verdict.out_of_order),
            orders=orders,
        )


def _taken_by_another(agent_id: UUID, reading: Reading) -> Refusal | None:
    return None if agent_id == reading.agent_id else _id_taken()


def _id_taken() -> Refusal:
    return Conflict("This heartbeat_id names another heartbeat. Make a new UUID for each.", code="id_taken")


def _row(identity: UUID, reading: Reading, verdict: Verdict, organization: Organization, now: datetime) -> Heartbeat:
    return Heartbeat(
        heartbeat_id=identity,
        organization_id=organization.pk,
        agent_id=reading.agent_id,
        emitted_at=reading.emitted_at,
        received_at=now,
        status=reading.status.value,
        work_mode=reading.work_mode.value,
        active_assignment_id=reading.active_assignment_id,
        queue_depth=reading.queue_depth,
        error_count_1h=reading.error_count_1h,
        latency_p95_ms=reading.latency_p95_ms,
        token_burn_1h=reading.token_burn_1h,
        summary=reading.summary,
        late=verdict.late,
        out_of_order=verdict.out_of_order,
    )
