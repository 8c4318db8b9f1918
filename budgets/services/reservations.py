"""Reserve, settle, release: room under the caps for work that begins (spec B3).

One conditional UPDATE decides, so that under any concurrency what is used and reserved never passes a cap.
"""

import logging
import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from budgets.choices import CapWindow, OnCap, ReservationEnd
from budgets.models import Caps, Reservation
from budgets.models.money import amount_of, units_of
from budgets.rules.gauges import Gauge, Stop, sentence
from budgets.rules.windows import windows_at
from budgets.services import meters
from workforce.choices import TaskStatus
from workforce.models import Organization, Task

_AGENT = Caps._meta.get_field("agent")
logger = logging.getLogger("punchcard.budgets")
#: How long one that cannot be ended waits for the next try.
POSTPONED = timedelta(hours=1)
#: How many past pieces of work an estimate looks at.
LOOKS_BACK = 20
ZERO = Decimal(0)
#: Kind of the subject of a task's reservation; its id is the task's.
FOR_TASK = "task"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Counted tokens and list cost that a piece of work is expected to take."""

    tokens: int = 1
    cost: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either ``reservation``, or ``stop``: which caps it would pass, and when the last of their windows is over."""

    reservation: Reservation | None
    stop: Stop | None


def begin(
    *, organization: Organization, agent_id: UUID, subject: tuple[str, str], expires_at: datetime, now: datetime
) -> Stop | None:
    """``reserve`` what the agent's work usually takes, where it does one piece at a time: what is still kept for
    earlier ones of the same kind is given back first. Returns why it may not begin. Call within a transaction."""
    for earlier in Reservation.objects.filter(agent=agent_id, subject_kind=subject[0], ended_at__isnull=True):
        end(earlier, now=now)
    wanted = estimate(agent_id)
    return reserve(
        organization=organization, agent_id=agent_id, subject=subject, wanted=wanted, expires_at=expires_at, now=now
    ).stop


def estimate(agent_id: UUID) -> Estimate:
    """The median of what the agent's recent work took; at least one token, so that a full cap lets nothing begin."""
    recent = (
        Reservation.objects.filter(agent=agent_id, ended_at__isnull=False, used_tokens__gt=0)
        .order_by("-opened_at")
        .values_list("used_tokens", "used_cost")[:LOOKS_BACK]
    )
    taken = list(recent)
    if not taken:
        return Estimate()
    tokens = statistics.median_low(tokens for tokens, _ in taken)
    cost = statistics.median_low(units_of(cost) for _, cost in taken)
    return Estimate(max(tokens, 1), amount_of(cost))


@transaction.atomic
def reserve(
    *,
    organization: Organization,
    agent_id: UUID,
    subject: tuple[str, str],
    wanted: Estimate,
    expires_at: datetime,
    now: datetime,
) -> Verdict:
    """Keep room for ``subject`` (kind, id), unless a cap would be passed. An agent that only alerts at its caps is
    always let through. The reservation ends with ``release``, or lapses at ``expires_at``."""
    if not _take(organization, agent_id, wanted, now):
        caps = meters.lock([agent_id])[agent_id]
        meters.roll(caps, meters.zone_of(caps, organization), now)
        meters.save({agent_id: caps})
        if not _take(organization, agent_id, wanted, now):
            return Verdict(None, _why_not(caps.gauges(organization.time_zone, now), wanted))
    kind, identity = subject
    row = Reservation.objects.create(
        organization=organization,
        agent_id=agent_id,
        subject_kind=kind,
        subject_id=identity,
        tokens=wanted.tokens,
        cost=wanted.cost,
        left_tokens=wanted.tokens,
        left_cost=wanted.cost,
        opened_at=now,
        expires_at=expires_at,
    )
    return Verdict(row, None)


def _take(organization: Organization, agent_id: UUID, wanted: Estimate, now: datetime) -> bool:
    """Add to what is reserved where it fits every cap; the row's own columns decide, whoever races. No row, or one that
    was counted in another zone: False."""
    own_zone = Caps.objects.filter(agent=agent_id).values_list("time_zone", flat=True).first()
    if own_zone is None:
        return False
    tz = own_zone or organization.time_zone
    tokens, cost = wanted.tokens, units_of(wanted.cost)
    params: list[Any] = [tokens, cost, _AGENT.get_db_prep_save(agent_id, connection), tz]
    for start, _ in windows_at(tz, now).values():
        begun = connection.ops.adapt_datetimefield_value(start)
        params += [begun, tokens, begun, cost]
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, params)
        return bool(cursor.rowcount)


def _fits(cap: str, used: str, since: str, reserved: str) -> str:
    return f"({cap} IS NULL OR CASE WHEN {since} >= %s THEN {used} ELSE 0 END + {reserved} + %s <= {cap})"


_RESERVE = (
    "UPDATE budgets_caps SET reserved_tokens = reserved_tokens + %s, reserved_cost = reserved_cost + %s "  # noqa: S608
    f"WHERE agent_id = %s AND (counted_in = '' OR counted_in = %s) AND (on_cap = '{OnCap.ALERT.value}' OR ("
    + " AND ".join(
        f"{_fits(w.field, f'{w.value}_used', f'{w.value}_since', 'reserved_tokens')} AND "
        f"{_fits(w.cost_field, f'{w.value}_spent', f'{w.value}_since', 'reserved_cost')}"
        for w in CapWindow
    )
    + "))"
)


def _why_not(gauges: list[Gauge], wanted: Estimate) -> Stop:
    short = [
        gauge for gauge in gauges if not gauge.room_for(wanted.tokens if gauge.measure == "tokens" else wanted.cost)
    ]
    sentences = [sentence(gauge) if gauge.reached else _no_room(gauge, wanted) for gauge in short]
    return Stop(" ".join(sentences), max(gauge.end for gauge in short))


def _no_room(gauge: Gauge, wanted: Estimate) -> str:
    if gauge.measure == "tokens":
        left = (gauge.cap or 0) - gauge.used - gauge.reserved
        return (
            f"{gauge.window.label} cap: {left:,} of {gauge.cap:,} tokens are left, and work takes about "
            f"{wanted.tokens:,}."
        )
    left = (gauge.cap or ZERO) - gauge.used - gauge.reserved
    return (
        f"{gauge.window.label} cap: cost {left:,.2f} of {gauge.cap:,.2f} is left, and work takes about "
        f"{wanted.cost:,.2f}."
    )


@transaction.atomic
def release(*, agent_id: UUID, reservation_id: UUID, ended: ReservationEnd, now: datetime) -> bool:
    """End a reservation and give back what is left of it. False where it had ended already."""
    caps = meters.lock([agent_id])[agent_id]
    row = Reservation.objects.filter(pk=reservation_id, agent=agent_id, ended_at__isnull=True).first()
    if row is None:
        return False
    _give_back(caps, row)
    Reservation.objects.filter(pk=row.pk).update(ended_at=now, ended=ended.value, left_tokens=0, left_cost=ZERO)
    meters.save({agent_id: caps})
    return True


def end(row: Reservation, *, now: datetime) -> bool:
    """``release`` one whose work is over: settled where anything was used of it."""
    ended = ReservationEnd.SETTLED if row.used_tokens else ReservationEnd.RELEASED
    return release(agent_id=row.agent_id, reservation_id=row.pk, ended=ended, now=now)


def sweep(*, now: datetime, limit: int = 500) -> int:
    """End reservations whose time is up; those of tasks whose lease was prolonged go on with it. Returns how many
    ended. Safe to run twice, at once, after a kill."""
    due = list(Reservation.objects.filter(ended_at__isnull=True, expires_at__lte=now).order_by("expires_at")[:limit])
    tasks = [UUID(row.subject_id) for row in due if row.subject_kind == FOR_TASK]
    leases = dict(
        Task.objects.filter(pk__in=tasks, status=TaskStatus.IN_PROGRESS, lease_expires_at__gt=now).values_list(
            "pk", "lease_expires_at"
        )
    )
    ended = 0
    for row in due:
        prolonged = leases.get(UUID(row.subject_id)) if row.subject_kind == FOR_TASK else None
        if prolonged is not None:
            Reservation.objects.filter(pk=row.pk, ended_at__isnull=True).update(expires_at=prolonged)
        else:
            ended += _lapse(row, now)
    return ended


def _lapse(row: Reservation, now: datetime) -> bool:
    """One that fails is named in the log and stops no other; where the database fails, the error is raised."""
    try:
        if row.subject_kind == FOR_TASK:
            return end(row, now=now)
        return release(agent_id=row.agent_id, reservation_id=row.pk, ended=ReservationEnd.EXPIRED, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("reservation postponed", extra={"reservation_id": str(row.pk)})
        Reservation.objects.filter(pk=row.pk, ended_at__isnull=True).update(expires_at=now + POSTPONED)
        return False


def settle(caps: Caps, row: Reservation, *, tokens: int, cost: Decimal) -> None:
    """Usage of the work this was reserved for: from what is left of it, beyond that it stands alone. The row of the
    caps is locked; nothing is saved."""
    took, paid = min(tokens, row.left_tokens), min(cost, row.left_cost)
    row.left_tokens -= took
    row.left_cost -= paid
    row.used_tokens += tokens
    row.used_cost += cost
    caps.reserved_tokens -= took
    caps.reserved_cost -= paid


def _give_back(caps: Caps, row: Reservation) -> None:
    caps.reserved_tokens -= row.left_tokens
    caps.reserved_cost -= row.left_cost
