"""Who could cover for an agent on leave (spec W10): suggestions only, nobody is asked or sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Case, Count, Q, Value, When

from scheduling.models import Leave, WorkSchedule
from scheduling.rules.leave import Candidate, rank, works_within
from workforce.choices import HoldKind, LifecycleState, TaskStatus
from workforce.models import Agent, Hold, Task

#: Looked at for tags, the own pod first; then for what they have to do; then for their hours; and shown.
LOOKED_AT, WEIGHED, TIMED, SHOWN = 2_000, 200, 40, 5
_OPEN = (TaskStatus.QUEUED.value, TaskStatus.IN_PROGRESS.value, TaskStatus.BLOCKED.value)
_ABLE = (
    LifecycleState.READY,
    LifecycleState.ASSIGNED,
    LifecycleState.EXECUTING,
    LifecycleState.BLOCKED,
    LifecycleState.PAUSED,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    name: str
    why: str


def covers_for(agent: Agent, *, starts_at: datetime, ends_at: datetime) -> list[Suggestion]:
    """The best few that share a capability tag with ``agent`` and work at some time of ``[starts_at, ends_at)``, best
    first. Not those who are on leave then, held at its start, or unwell. A fixed number of queries."""
    found = _sharing(agent)
    away = _away(found, agent, starts_at, ends_at)
    there = {pk: candidate for pk, candidate in found.items() if pk not in away}
    weighed = _weighed(there)
    working = _working(weighed[:TIMED], starts_at, ends_at)
    return [_suggest(candidate) for pk, candidate in weighed[:TIMED] if pk in working][:SHOWN]


def _sharing(agent: Agent) -> dict[UUID, Candidate]:
    tags = set(agent.capability_tags)
    own_pod = Case(When(team=agent.team_id, then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = (
        Agent.objects.of(agent.organization_id)
        .filter(current_state__in=_ABLE)
        .exclude(pk=agent.pk)
        .annotate(own_pod=own_pod)
        .order_by("-own_pod", "agent_name")
        .values_list("pk", "agent_name", "capability_tags", "own_pod")[:LOOKED_AT]
    )
    shared = ((pk, name, len(tags.intersection(theirs)), own) for pk, name, theirs, own in rows)
    return {pk: Candidate(name, number, own, open_tasks=0) for pk, name, number, own in shared if number}


def _away(found: Iterable[UUID], agent: Agent, starts_at: datetime, ends_at: datetime) -> set[UUID]:
    """Asked of the organisation, not of each candidate: who is away is few."""
    leave = Leave.objects.of(agent.organization_id).open().within(starts_at, ends_at).order_by()
    held = Hold.objects.active().filter(organization=agent.organization_id).exclude(kind=HoldKind.OFF_HOURS)
    held = held.filter(Q(until__isnull=True) | Q(until__gt=starts_at)).order_by()
    return set(leave.values_list("agent_id", flat=True)) | set(held.values_list("agent_id", flat=True))


def _weighed(found: dict[UUID, Candidate]) -> list[tuple[UUID, Candidate]]:
    """In order, with the open tasks of those who could be shown counted."""
    nearest = sorted(found.items(), key=lambda pair: rank(pair[1]))[:WEIGHED]
    ids = [pk for pk, _ in nearest]
    counted = Task.objects.filter(agent__in=ids, status__in=_OPEN).order_by().values_list("agent_id")
    busy = dict(counted.annotate(Count("pk")))
    weighed = [(pk, Candidate(c.name, c.shared_tags, c.same_pod, busy.get(pk, 0))) for pk, c in nearest]
    return sorted(weighed, key=lambda pair: rank(pair[1]))


def _working(candidates: Sequence[tuple[UUID, Candidate]], starts_at: datetime, ends_at: datetime) -> set[UUID]:
    """Those without hours, or with hours that do not act, always work."""
    ids = {pk for pk, _ in candidates}
    off = {
        schedule.agent_id
        for schedule in WorkSchedule.objects.filter(agent__in=ids, enabled=True).with_hours()
        if not works_within(schedule.hours(), starts_at, ends_at)
    }
    return ids - off


def _suggest(candidate: Candidate) -> Suggestion:
    tags = "1 shared tag" if candidate.shared_tags == 1 else f"{candidate.shared_tags} shared tags"
    tasks = "1 open task" if candidate.open_tasks == 1 else f"{candidate.open_tasks or 'no'} open tasks"
    return Suggestion(candidate.name, f"{'same pod, ' if candidate.same_pod else ''}{tags}, {tasks}")
