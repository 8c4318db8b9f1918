"""Assignments to look at: with what they wait for, through whose hands they went, and who takes part in a task (R7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from workforce.choices import AssignmentRole, AssignmentStatus
from workforce.models import Assignment, AssignmentNeed, Organization, Task, Workstream
from workforce.models.assignments import AssignmentQuerySet
from workforce.rules.assignments import OPEN

#: To be loaded with an assignment that is shown.
PARTS = ("agent", "workstream", "task", "unblock_user", "unblock_agent", "handed_from", "handed_to")
MOST_PARTS, MOST_LINKS, OFFERED = 100, 500, 200


def with_waits(rows: AssignmentQuerySet) -> AssignmentQuerySet:
    """With ``waits_for``: how many open assignments each still waits for."""
    open_ones = AssignmentNeed.objects.filter(assignment=OuterRef("pk"), needs__status__in=list(OPEN)).order_by()
    counted = open_ones.values("assignment").annotate(number=Count("pk")).values("number")
    return rows.annotate(waits_for=Coalesce(Subquery(counted), 0))


def with_open(rows: QuerySet[Workstream]) -> QuerySet[Workstream]:
    """With ``open_assignments``: how many each has."""
    open_ones = Assignment.objects.open().filter(workstream=OuterRef("pk")).order_by()
    counted = open_ones.values("workstream").annotate(number=Count("pk")).values("number")
    return rows.annotate(open_assignments=Coalesce(Subquery(counted), 0))


def needs_of(assignment: Assignment) -> list[Assignment]:
    """What it waits for."""
    edges = AssignmentNeed.objects.filter(assignment=assignment).order_by("id")
    return [edge.needs for edge in edges.select_related("needs__agent", "needs__workstream", "needs__task")]


def needed_by(assignment: Assignment) -> list[Assignment]:
    """What waits for it."""
    edges = AssignmentNeed.objects.filter(needs=assignment).order_by("id")
    parts = ("assignment__agent", "assignment__workstream", "assignment__task")
    return [edge.assignment for edge in edges.select_related(*parts)]


@dataclass(frozen=True, slots=True)
class Link:
    """One handoff."""

    at: datetime
    giver: str
    taker: str
    reason: str
    by: str


def chain_of(assignment: Assignment) -> list[Link]:
    """Every handoff through which this piece of work went, before it and after it, oldest first. One query."""
    rows = Assignment.objects.filter(role=assignment.role, organization=assignment.organization_id)
    if assignment.task_id is not None:
        rows = rows.filter(task=assignment.task_id)
    else:
        rows = rows.filter(task__isnull=True, workstream=assignment.workstream_id)
    return _chain(assignment.pk, rows.exclude(handed_from=None).select_related("agent", "handed_from__agent"))


def _chain(start: UUID, handed: Iterable[Assignment]) -> list[Link]:
    """``handed`` took over from others; those of other chains are passed over."""
    by_id = {row.pk: row for row in handed}
    after = {row.handed_from_id: row for row in by_id.values()}
    first: UUID | None = start
    while first in by_id:
        first = by_id[first].handed_from_id
    links: list[Link] = []
    while (row := after.get(first)) is not None and len(links) < MOST_LINKS:
        giver = row.handed_from.agent.agent_name if row.handed_from else ""
        links.append(
            Link(row.handed_at or row.start_at, giver, row.agent.agent_name, row.handoff_reason, row.handed_by_label)
        )
        first = row.pk
    return links


@dataclass(frozen=True, slots=True)
class Part:
    """One agent's part in a task, with what it waits for and what waits for it."""

    assignment: Assignment
    needs: Sequence[Assignment]
    needed_by: Sequence[Assignment]


@dataclass(frozen=True, slots=True)
class Parts:
    """Who takes part in a task, the owner first; ``chain`` is the owner's."""

    workstream: Workstream
    owner: Part | None
    others: Sequence[Part]
    chain: Sequence[Link]


def parts_of(task: Task) -> Parts | None:
    """None for a task in no workstream, without a query; otherwise four."""
    if task.workstream_id is None:
        return None
    workstream = Workstream.objects.select_related("dri_user", "dri_agent").get(pk=task.workstream_id)
    found = Assignment.objects.filter(task=task).select_related(*PARTS, "handed_from__agent")
    rows = list(found.order_by("created_at", "id")[:MOST_PARTS])
    shown = [row for row in rows if row.status != AssignmentStatus.HANDOFF]
    edges: dict[str, dict[UUID, list[Assignment]]] = {"assignment": {}, "needs": {}}
    ids = [row.pk for row in shown]
    parts = [f"{end}__{part}" for end in edges for part in ("agent", "workstream", "task")]
    for edge in AssignmentNeed.objects.filter(assignment__in=ids).order_by("id").select_related(*parts):
        edges["assignment"].setdefault(edge.assignment_id, []).append(edge.needs)
    for edge in AssignmentNeed.objects.filter(needs__in=ids).order_by("id").select_related(*parts):
        edges["needs"].setdefault(edge.needs_id, []).append(edge.assignment)
    made = [Part(row, edges["assignment"].get(row.pk, ()), edges["needs"].get(row.pk, ())) for row in shown]
    owner = next((part for part in made if part.assignment.role == AssignmentRole.OWNER), None)
    others = [part for part in made if part is not owner]
    owners = [row for row in rows if row.role == AssignmentRole.OWNER and row.handed_from_id]
    chain = _chain(owner.assignment.pk, owners) if owner else []
    return Parts(workstream, owner, others, chain)


def workstreams_to_choose(organization: Organization) -> list[Workstream]:
    """The first few that take work, by name, to offer in a field."""
    taking = Workstream.objects.filter(organization=organization, closed_at__isnull=True)
    return list(taking.only("name").order_by("name")[:OFFERED])


def workstream_called(organization: Organization, text: str) -> Workstream | None:
    """By id or name."""
    known = Workstream.objects.filter(organization=organization)
    try:
        return known.filter(pk=UUID(text)).first()
    except ValueError:
        return known.filter(name__iexact=text).first()
