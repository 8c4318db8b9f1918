"""Workstreams as pages show them: who answers for each, which pods work in it, what is held up (spec R7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from workforce.choices import AssignmentStatus
from workforce.models import Assignment, AssignmentNeed, Organization, Workstream
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Missing
from workforce.selectors.standing import Standing

PAGE_SIZE, MOST_ENDED, MOST_OPEN = 50, 50, 500
COLUMNS = ("Workstream", "DRI", "Pods", "Open assignments", "Blocked", "Created", "Closed")
_DRI = ("dri_user", "dri_agent")


@dataclass(frozen=True, slots=True)
class Row:
    stream: Workstream
    pods: Sequence[str]
    open: int
    blocked: int


@dataclass(frozen=True, slots=True)
class StreamPage:
    rows: Sequence[Row]
    page: int
    more: bool

    @property
    def previous(self) -> int | None:
        return self.page - 1 if self.page > 2 else None

    @property
    def next(self) -> int:
        return self.page + 1


@dataclass(frozen=True, slots=True)
class Part:
    """An assignment with what it waits for and what waits for it."""

    assignment: Assignment
    needs: Sequence[Assignment]
    needed_by: Sequence[Assignment]
    may_act: bool
    may_unblock: bool


@dataclass(frozen=True, slots=True)
class Stream:
    stream: Workstream
    open: Sequence[Part]
    ended: Sequence[Assignment]
    pods: Sequence[str]


def stream_page(organization: Organization, *, q: str, closed: bool, page: int) -> StreamPage:
    """By name. Two queries."""
    start = (page - 1) * PAGE_SIZE
    found = list(_matching(organization, q=q, closed=closed)[start : start + PAGE_SIZE + 1])
    return StreamPage(_rows(found[:PAGE_SIZE]), page, len(found) > PAGE_SIZE)


def stream_lines(organization: Organization, *, q: str, closed: bool) -> Iterator[Sequence[object]]:
    """For the download: all that match, in batches."""
    found, start = _matching(organization, q=q, closed=closed), 0
    while batch := list(found[start : start + 500]):
        start += 500
        for row in _rows(batch):
            stream = row.stream
            pods, ended = ", ".join(row.pods), stream.closed_at.isoformat() if stream.closed_at else ""
            yield stream.name, stream.dri or "", pods, row.open, row.blocked, stream.created_at.isoformat(), ended


def stream_of(organization: Organization, stream_id: UUID) -> Workstream:
    """Raises ``Missing``."""
    found = Workstream.objects.filter(organization=organization, pk=stream_id).select_related(*_DRI).first()
    if found is None:
        raise Missing("There is no such workstream in this organisation.")
    return found


def story_of(organization: Organization, stream_id: UUID, *, standing: Standing) -> Stream:
    """A workstream with its assignments: five queries. Raises ``Missing``."""
    stream = stream_of(organization, stream_id)
    rows = Assignment.objects.filter(workstream=stream).select_related(
        "agent__team", "task", "unblock_user", "unblock_agent", "handed_from__agent"
    )
    open_ones = list(rows.filter(status__in=_OPEN).order_by("created_at", "id")[:MOST_OPEN])
    needs, needed_by = _edges([row.pk for row in open_ones])
    parts = [
        Part(
            row,
            needs.get(row.pk, ()),
            needed_by.get(row.pk, ()),
            may_act=standing.may(Activity.TASKS, row.agent),
            may_unblock=_may_unblock(row, standing),
        )
        for row in open_ones
    ]
    ended = list(rows.exclude(status__in=_OPEN).order_by("-ended_at", "-id")[:MOST_ENDED])
    return Stream(stream, parts, ended, sorted({row.agent.team.name for row in open_ones}))


def part_of(organization: Organization, assignment_id: UUID) -> Assignment:
    """Raises ``Missing``."""
    parts = ("agent__team", "workstream", "task", "unblock_user", "unblock_agent")
    found = Assignment.objects.of(organization).select_related(*parts).filter(pk=assignment_id).first()
    if found is None:
        raise Missing("There is no such assignment in this organisation.")
    return found


def could_be_needed(assignment: Assignment) -> list[Assignment]:
    """What it may be told to wait for: the other open assignments of its workstream, and what it waits for already."""
    mine = AssignmentNeed.objects.filter(assignment=assignment).values("needs")
    others = Assignment.objects.filter(Q(workstream=assignment.workstream_id, status__in=_OPEN) | Q(pk__in=mine))
    return list(others.exclude(pk=assignment.pk).select_related("agent", "task", "workstream").order_by("id")[:100])


_OPEN = (AssignmentStatus.ACTIVE.value, AssignmentStatus.BLOCKED.value)


def _matching(organization: Organization, *, q: str, closed: bool) -> QuerySet[Workstream]:
    found = Workstream.objects.filter(organization=organization, closed_at__isnull=not closed)
    if q:
        found = found.filter(name__icontains=q)
    return found.select_related(*_DRI).order_by("name", "id")


def _rows(streams: Sequence[Workstream]) -> list[Row]:
    """One query for all their open assignments."""
    open_ones = Assignment.objects.filter(workstream__in=[s.pk for s in streams], status__in=_OPEN).order_by()
    pods: dict[UUID, set[str]] = {}
    counts: dict[tuple[UUID, bool], int] = {}
    grouped = open_ones.values_list("workstream", "agent__team__name", "status").annotate(number=Count("pk"))
    for stream_id, pod, status, number in grouped:
        pods.setdefault(stream_id, set()).add(pod)
        key = (stream_id, status == AssignmentStatus.BLOCKED)
        counts[key] = counts.get(key, 0) + number
    return [
        Row(
            stream,
            sorted(pods.get(stream.pk, ())),
            counts.get((stream.pk, False), 0) + counts.get((stream.pk, True), 0),
            counts.get((stream.pk, True), 0),
        )
        for stream in streams
    ]


def _edges(ids: Sequence[UUID]) -> tuple[dict[UUID, list[Assignment]], dict[UUID, list[Assignment]]]:
    parts = [f"{end}__{part}" for end in ("assignment", "needs") for part in ("agent", "task", "workstream")]
    needs: dict[UUID, list[Assignment]] = {}
    needed_by: dict[UUID, list[Assignment]] = {}
    found = AssignmentNeed.objects.filter(Q(assignment__in=ids) | Q(needs__in=ids)).select_related(*parts)
    for edge in found.order_by("id"):
        needs.setdefault(edge.assignment_id, []).append(edge.needs)
        needed_by.setdefault(edge.needs_id, []).append(edge.assignment)
    return needs, needed_by


def _may_unblock(row: Assignment, standing: Standing) -> bool:
    named = standing.role is not None and row.unblock_user_id == standing.user_id
    return row.status == AssignmentStatus.BLOCKED and (named or standing.may(Activity.TASKS, row.agent))
