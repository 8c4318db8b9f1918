"""Planned leave as pages and endpoints show it, and who could cover for an agent (spec W10)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from scheduling.choices import LeaveStatus
from scheduling.models import Leave
from scheduling.rules.leave import period_in_words
from workforce.choices import Choice
from workforce.models import Agent, Organization, Team
from workforce.rules.matrix import Activity
from workforce.rules.zones import UnknownZone, check_zone
from workforce.selectors.standing import Standing

PAGE_SIZE = 50
OFFERED, BATCH = 20, 500
COLUMNS = (
    "Agent", "Pod", "Status", "Starts", "Ends", "Time zone", "Reason", "Cover", "Planned by", "Planned at",
    "Started at", "Finished at", "Finished by", "Finish reason",
)  # fmt: skip
#: To be loaded with leave that is shown.
PARTS = ("agent__team", "agent__organization", "agent__work_schedule", "cover_agent")


class Which(Choice):
    """What the page can be asked for; without it, what is upcoming and running."""

    UPCOMING = "upcoming", "Upcoming"
    RUNNING = "running", "Running"
    PAST = "past", "Past"
    ALL = "all", "All leave"


_STATUSES = {
    Which.UPCOMING: (LeaveStatus.PLANNED,),
    Which.RUNNING: (LeaveStatus.RUNNING,),
    Which.PAST: (LeaveStatus.ENDED, LeaveStatus.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class LeaveFilter:
    """What is in the address, checked."""

    q: str = ""
    agent: Agent | None = None
    pod: Team | None = None
    which: Which | None = None
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.agent or self.pod or self.which)

    @property
    def looks_back(self) -> bool:
        return self.which in (Which.PAST, Which.ALL)


@dataclass(frozen=True, slots=True)
class Counts:
    running: int
    planned: int

    @property
    def headline(self) -> str:
        """``2 agents are on leave; 1 leave is planned.``"""
        away = "Nobody is on leave" if not self.running else f"{self.running:,} agents are on leave"
        ahead = "none is planned" if not self.planned else f"{self.planned:,} leaves are planned"
        if self.running == 1:
            away = "1 agent is on leave"
        if self.planned == 1:
            ahead = "1 leave is planned"
        return f"{away}; {ahead}."


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """One leave as the table shows it; ``zone`` is its agent's, ``period`` is in that zone."""

    leave: Leave
    zone: str
    period: str
    may_act: bool

    @property
    def id(self) -> str:
        return f"leave-{self.leave.pk}"


@dataclass(frozen=True, slots=True)
class LeavePage:
    rows: Sequence[LeaveRow]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def zone_name_of(agent: Agent) -> str:
    """The zone of its hours; without hours the organisation's. Free of queries where both were loaded with it."""
    schedule = getattr(agent, "work_schedule", None)
    name: str = schedule.time_zone if schedule else agent.organization.time_zone
    return name


def zone_of_agent(agent: Agent) -> ZoneInfo:
    return zone_called(zone_name_of(agent))


def zone_called(name: str) -> ZoneInfo:
    """UTC where this machine does not know it: one bad row must not take the page from all the others."""
    try:
        return check_zone(name)
    except UnknownZone:
        return ZoneInfo("UTC")


def counts_of(organization: Organization) -> Counts:
    """One aggregate over the index of what is open."""
    found = Leave.objects.of(organization).open().order_by()
    counts = found.aggregate(
        running=Count("pk", filter=Q(status=LeaveStatus.RUNNING)),
        planned=Count("pk", filter=Q(status=LeaveStatus.PLANNED)),
    )
    return Counts(**counts)


def matching(organization: Organization, wanted: LeaveFilter) -> QuerySet[Leave]:
    """The leave that matches: what is coming with the next first, what is past with the last first."""
    found = Leave.objects.of(organization)
    if wanted.which is None:
        found = found.open()
    elif wanted.which in _STATUSES:
        found = found.filter(status__in=_STATUSES[wanted.which])
    if wanted.agent:
        found = found.filter(agent=wanted.agent)
    if wanted.pod:
        found = found.filter(agent__team=wanted.pod)
    if wanted.q:
        named = Q(agent__agent_name__icontains=wanted.q) | Q(cover_agent__agent_name__icontains=wanted.q)
        found = found.filter(named | Q(reason__icontains=wanted.q))
    return found.order_by("-starts_at", "-id") if wanted.looks_back else found.order_by("starts_at", "id")


def leave_page(organization: Organization, wanted: LeaveFilter, *, standing: Standing) -> LeavePage:
    """At most ``PAGE_SIZE``; a page past the end is the last one. Two queries."""
    found = matching(organization, wanted)
    total = found.count()
    page = min(wanted.page, max(1, -(-total // PAGE_SIZE)))
    start = (page - 1) * PAGE_SIZE
    shown = _shown(found)[start : start + PAGE_SIZE]
    return LeavePage(rows_of(shown, standing=standing), total, page)


def rows_of(leaves: Iterable[Leave], *, standing: Standing) -> list[LeaveRow]:
    """Load with ``PARTS``."""
    rows = []
    for leave in leaves:
        zone = zone_of_agent(leave.agent)
        period = period_in_words(zone, leave.starts_at, leave.ends_at)
        may_act = leave.is_open and standing.may(Activity.LIFECYCLE, leave.agent)
        rows.append(LeaveRow(leave, zone.key, period, may_act))
    return rows


def leave_lines(organization: Organization, wanted: LeaveFilter, *, zone: tzinfo) -> Iterator[tuple[object, ...]]:
    """One line per leave that matches; moments are ISO 8601 in ``zone``."""

    def iso(at: datetime | None) -> str:
        return at.astimezone(zone).isoformat(timespec="seconds") if at else ""

    for leave in _shown(matching(organization, wanted)).iterator(chunk_size=BATCH):
        yield (
            leave.agent.agent_name,
            leave.agent.team.name,
            leave.stands.label,
            iso(leave.starts_at),
            iso(leave.ends_at),
            zone_name_of(leave.agent),
            leave.reason,
            leave.cover_agent.agent_name if leave.cover_agent else "",
            leave.created_by_label,
            iso(leave.created_at),
            iso(leave.started_at),
            iso(leave.finished_at),
            leave.finished_by_label,
            leave.finish_reason,
        )


def _shown(found: QuerySet[Leave]) -> QuerySet[Leave]:
    heavy = ("notes", "tools", "audit_tags", "capability_tags")
    return found.select_related(*PARTS).defer(*(f"{who}__{name}" for who in ("agent", "cover_agent") for name in heavy))


def leave_in(organization: Organization, leave_id: UUID) -> Leave | None:
    return Leave.objects.of(organization).select_related(*PARTS).filter(pk=leave_id).first()


def next_leave_of(agents: Iterable[Agent], *, now: datetime) -> dict[UUID, Leave]:
    """The next planned leave of each agent that has one. One query."""
    ahead = Leave.objects.filter(agent__in=[agent.pk for agent in agents], status=LeaveStatus.PLANNED, ends_at__gt=now)
    found: dict[UUID, Leave] = {}
    for leave in ahead.order_by("starts_at"):
        found.setdefault(leave.agent_id, leave)
    return found


def agent_with_zone(organization: Organization, name: str) -> Agent | None:
    """By its name; the case matters only where it tells two apart. With what ``zone_name_of`` needs."""
    agents = Agent.objects.of(organization).select_related("organization", "work_schedule", "team")
    same = agents.filter(agent_name=name).first()
    return same or agents.filter(agent_name__iexact=name).order_by("agent_name").first()


def may_plan(standing: Standing, organization: Organization) -> bool:
    """Whether there is an agent here whose leave the person may plan. At most one query."""
    return standing.manages or _theirs(organization, standing).exists()


def names_to_send(organization: Organization, standing: Standing, q: str = "") -> list[str]:
    """The first few agents whose leave the person may plan and whose name has ``q`` in it. One query."""
    agents = _theirs(organization, standing).filter(agent_name__icontains=q)
    return list(agents.order_by("agent_name").values_list("agent_name", flat=True)[:OFFERED])


def _theirs(organization: Organization, standing: Standing) -> QuerySet[Agent]:
    agents = Agent.objects.of(organization).active()
    if standing.manages:
        return agents
    if standing.role is None:
        return agents.none()
    owned = Q(owner_user=standing.user_id) | Q(secondary_owner_user=standing.user_id)
    return agents.filter(owned | Q(team__in=standing.led_team_ids))
