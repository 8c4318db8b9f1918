"""The time clock's records, newest first, a page at a time by key (spec W8, U1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from scheduling.choices import ClockEvent
from scheduling.models import ClockRecord
from workforce.choices import ActorKind
from workforce.models import Agent, Organization, Team
from workforce.selectors.named import digest
from workforce.selectors.search import edge_of

PAGE_SIZE = 50
#: What the address may say in ``sort``; else the newest are first.
OLDEST_FIRST = "time"
SORTS = ("", OLDEST_FIRST, "-time")
_UP, _DOWN = ("time", "id"), ("-time", "-id")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,16})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two records: right after the one it names."""

    time: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.time - _EPOCH) // timedelta(microseconds=1)}.{self.id}"


def read_cursor(text: str) -> Cursor | None:
    """None for what is not a cursor of ours."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        return None
    try:
        return Cursor(_EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2]))
    except (OverflowError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What is in the address, checked. ``start`` is inclusive, ``end`` exclusive, both in UTC."""

    q: str = ""
    agent: Agent | None = None
    pod: Team | None = None
    event: ClockEvent | None = None
    by: ActorKind | None = None
    start: datetime | None = None
    end: datetime | None = None
    older_than: Cursor | None = None
    newer_than: Cursor | None = None
    sort: str = ""

    @property
    def oldest_first(self) -> bool:
        return self.sort == OLDEST_FIRST

    @property
    def last_day(self) -> datetime | None:
        """A moment of the last day that counts."""
        return self.end - timedelta(seconds=1) if self.end else None

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.agent or self.pod or self.event or self.by or self.start or self.end)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``older`` and ``newer`` are where the neighbouring pages begin; None at either end. ``cut``: the search did not
    look at all records. ``version`` changes with what is shown but the ticking of time."""

    records: Sequence[ClockRecord]
    older: Cursor | None
    newer: Cursor | None
    cut: bool = False

    @property
    def version(self) -> str:
        shown = [(record.pk, record.agent.agent_name) for record in self.records]
        return digest(shown, self.older is None, self.newer is None, self.cut)


def matching(organization: Organization, wanted: HistoryFilter) -> QuerySet[ClockRecord]:
    """The records that match, newest first."""
    records = _narrowed(organization, wanted)
    if wanted.q:
        said = Q(reason__icontains=wanted.q) | Q(triggered_by__icontains=wanted.q)
        records = records.filter(said | Q(agent__agent_name__icontains=wanted.q))
    return records.order_by(*(_UP if wanted.oldest_first else _DOWN))


def _narrowed(organization: Organization, wanted: HistoryFilter) -> QuerySet[ClockRecord]:
    """By everything but the words."""
    records = ClockRecord.objects.filter(organization=organization).select_related("agent__team")
    if wanted.agent:
        records = records.filter(agent=wanted.agent)
    if wanted.pod:
        records = records.filter(agent__team=wanted.pod)
    if wanted.event:
        records = records.filter(event=wanted.event)
    if wanted.by:
        records = records.filter(triggered_by_kind=wanted.by)
    if wanted.start:
        records = records.filter(time__gte=wanted.start)
    if wanted.end:
        records = records.filter(time__lt=wanted.end)
    return records


def history_page(organization: Organization, wanted: HistoryFilter) -> HistoryPage:
    """One query, two for a search, however long the history is and however far back the page."""
    records = matching(organization, wanted)
    edge = edge_of(_narrowed(organization, wanted), "time") if wanted.q else None
    if edge:
        records = records.filter(time__gte=edge)
    return replace(_page(records, wanted), cut=edge is not None)


def _page(records: QuerySet[ClockRecord], wanted: HistoryFilter) -> HistoryPage:
    """Read away from the cursor, or from the end that comes first; one row more tells whether there is another page."""
    newer, older = wanted.newer_than, wanted.older_than
    if newer:
        records = records.filter(Q(time__gt=newer.time) | Q(time=newer.time, id__gt=newer.id))
    elif older:
        records = records.filter(Q(time__lt=older.time) | Q(time=older.time, id__lt=older.id))
    upwards = bool(newer or (wanted.oldest_first and not older))
    found = list(records.order_by(*(_UP if upwards else _DOWN))[: PAGE_SIZE + 1])
    shown, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    in_time = shown if upwards else shown[::-1]
    return HistoryPage(
        in_time if wanted.oldest_first else in_time[::-1],
        older=_at(in_time[0]) if shown and (newer if upwards else more) else None,
        newer=_at(in_time[-1]) if shown and (more if upwards else older) else None,
    )


def _at(record: ClockRecord) -> Cursor:
    return Cursor(record.time, record.pk)


def agent_named(organization: Organization, text: str) -> Agent | None:
    """The agent of that name or id in this organisation."""
    agents = Agent.objects.of(organization)
    try:
        return agents.filter(pk=UUID(text)).first()
    except ValueError:
        return agents.filter(agent_name__iexact=text).order_by("agent_name").first()


def some_agent_names(organization: Organization, limit: int = 200) -> list[str]:
    """Names to offer in a field; not all of a large fleet's."""
    return list(Agent.objects.of(organization).order_by("agent_name").values_list("agent_name", flat=True)[:limit])
