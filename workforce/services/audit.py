"""Writing the audit and linking it into the chain (spec P5, docs/decisions/0002)."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model

from workforce.models import AuditEvent, AuditLink, Organization
from workforce.models.bulk import insert_many
from workforce.rules import chain
from workforce.rules.actors import Actor
from workforce.rules.request_ids import current_request_id

logger = logging.getLogger("punchcard.audit")
#: (kind, id, label) of what an event is about.
Subject = tuple[str, object, str]
#: Events linked per transaction.
LINK_BATCH = 1000


def draft(
    *,
    organization: Organization | UUID,
    action: str,
    subject: Subject,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> AuditEvent:
    """An event not yet written, for services that write many at once."""
    kind, identity, label = subject
    return AuditEvent(
        organization_id=organization.pk if isinstance(organization, Organization) else organization,
        at=now,
        actor_kind=by.kind.value,
        actor_id=by.id[:64],
        actor_label=by.label[:160],
        action=action,
        subject_kind=kind,
        subject_id=str(identity)[:64],
        subject_label=label[:160],
        before=_plain(before or {}),
        after=_plain(after or {}),
        reason=reason[:500],
        request_id=current_request_id(),
    )


def record(**event: Any) -> AuditEvent:
    """Write one event; takes what ``draft`` takes. Call inside the transaction of the change it describes."""
    written = draft(**event)
    written.save(force_insert=True)
    return written


def record_many(drafts: Iterable[AuditEvent]) -> None:
    insert_many(list(drafts))


def _plain(value: Any) -> Any:
    """Values that read the same from PostgreSQL and SQLite: text, integers, booleans, null, lists, objects."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | float):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    raise TypeError(f"Not a plain value for the audit: {type(value).__name__}")


def link_pending(*, limit: int = LINK_BATCH) -> int:
    """Link events that have no place in the chain yet, organisation by organisation. Returns how many were linked.

    Safe to run twice at once: the organisation's row is locked where the database locks rows, and the unique
    ``(organization, previous)`` lets only one of two appenders win where it does not.
    """
    waiting = (
        AuditEvent.objects.filter(link__isnull=True).order_by().values_list("organization_id", flat=True).distinct()
    )
    linked = 0
    for organization_id in list(waiting):
        try:
            linked += _link_organization(organization_id, limit=limit)
        except IntegrityError:
            continue  # another sweep appended to the same head: its links stand, the rest waits for the next tick
        except Exception:
            logger.exception("audit not linked", extra={"organization_id": str(organization_id)})
    return linked


@transaction.atomic
def _link_organization(organization_id: UUID, *, limit: int) -> int:
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    head = AuditLink.objects.filter(organization_id=organization_id).order_by("-seq").first()
    previous, seq = (head.hash, head.seq) if head else (chain.GENESIS, 0)
    events = list(
        AuditEvent.objects.filter(organization_id=organization_id, link__isnull=True).order_by("at", "id")[:limit]
    )
    links = []
    for event in events:
        seq += 1
        digest = chain.link_hash(previous=previous, seq=seq, event=event.facts())
        links.append(AuditLink(organization_id=organization_id, seq=seq, event=event, previous=previous, hash=digest))
        previous = digest
    AuditLink.objects.bulk_create(links)
    return len(links)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """``broken`` is None where every link holds. ``unlinked`` events wait for the next sweep (seconds)."""

    links: int
    head: str
    unlinked: int
    broken: chain.Break | None


def verify(*, organization: Organization) -> VerifyReport:
    """Recompute the organisation's chain from its first link. Streams: memory stays flat."""
    links = AuditLink.objects.filter(organization=organization).order_by("seq")
    broken = chain.first_break(_with_events(links.iterator(chunk_size=1000)))
    head = links.last()
    return VerifyReport(
        links=links.count(),
        head=head.hash if head else chain.GENESIS,
        unlinked=AuditEvent.objects.filter(organization=organization, link__isnull=True).count(),
        broken=broken,
    )


def _with_events(links: Iterator[AuditLink]) -> Iterator[chain.Link]:
    """Events are looked up rather than joined: a join would pass over the link whose event is gone."""
    while batch := list(islice(links, 500)):
        events = AuditEvent.objects.in_bulk([link.event_id for link in batch])
        for link in batch:
            event = events.get(link.event_id)
            facts = event.facts() if event is not None else None
            yield chain.Link(seq=link.seq, previous=link.previous, hash=link.hash, event=facts)
