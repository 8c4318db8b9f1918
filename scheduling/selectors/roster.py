"""What the Overview shows: three counts, one page of the roster, and versions that say what has changed (spec U1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, OrderBy, Q, QuerySet, Value, When
from django.utils import timezone

from scheduling.models import WorkSchedule
from scheduling.selectors.duty import Duty, duty_of
from workforce.choices import Choice, ClockStatus, HeartbeatStatus, HoldKind, LifecycleState, PriorityTier
from workforce.models import Agent, Hold, Organization, Team
from workforce.rules.lifecycle import GONE
from workforce.rules.matrix import Activity
from workforce.selectors.named import digest
from workforce.selectors.standing import Standing

PAGE_SIZE = 50
S = LifecycleState
#: At work by the clock, but not getting on.
HELD_UP = (S.BLOCKED, S.DEGRADED, S.ESCALATED, S.PAUSED)
#: No clock-in from here (spec W4), so no button either.
NOT_CLOCKABLE = (S.REGISTERED, S.RETIRED, S.ARCHIVED)
#: Two intervals and the tolerance for the network (spec H3, H4): from then on the last status says nothing.
SILENT_AFTER: Mapping[str, timedelta] = {
    PriorityTier.P0: timedelta(seconds=130),
    PriorityTier.P1: timedelta(seconds=370),
    PriorityTier.P2: timedelta(seconds=1_210),
}
_STATE_ORDER = Case(*[When(current_state=s.value, then=Value(i)) for i, s in enumerate(S)], output_field=IntegerField())


class Pulse(Choice):
    """Where the last heartbeat's own status is not what to show."""

    NOT_OWED = "not_owed", "Not owed", "is-none", "none"
    NEVER = "never", "Never seen", "is-none", "registered"
    SILENT = "silent", "Silent", "sla-breach", "breach"


@dataclass(frozen=True, slots=True)
class RosterFilter:
    """What is in the address, checked. ``sort`` is a key of ``SORTS``, empty for pod by pod."""

    q: str = ""
    pod: Team | None = None
    state: LifecycleState | None = None
    status: ClockStatus | None = None
    sort: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.pod or self.state or self.status)


@dataclass(frozen=True, slots=True)
class Counts:
    """Active agents only. ``held_up`` are among the clocked in, ``unscheduled_held_up`` among those without hours."""

    clocked_in: int = 0
    off_duty: int = 0
    unscheduled: int = 0
    executing: int = 0
    held_up: int = 0
    unscheduled_held_up: int = 0

    @property
    def total(self) -> int:
        return self.clocked_in + self.off_duty + self.unscheduled

    @property
    def waiting(self) -> int:
        return self.clocked_in - self.executing - self.held_up

    @property
    def headline(self) -> str:
        """Who is working now, in one sentence."""
        if not self.total:
            return "No agents yet."
        if not self.clocked_in:
            return (
                f"None of {self.total} agents is clocked in." if self.total > 1 else "The one agent is not clocked in."
            )
        everyone = self.clocked_in == self.total
        who = f"All {self.total} agents are" if everyone else f"{self.clocked_in} of {self.total} agents are"
        if self.clocked_in == 1:
            who = "The one agent is" if everyone else f"1 of {self.total} agents is"
        return f"{who} clocked in; {_held_up(self.held_up)}."


def _held_up(number: int) -> str:
    return "none is held up" if not number else "1 is held up" if number == 1 else f"{number} are held up"


def counts_of(organization: Organization) -> Counts:
    """One aggregate over an index, whatever the fleet's size."""
    rows = (
        Agent.objects.of(organization)
        .active()
        .order_by()
        .values_list("clock_status", "current_state")
        .annotate(Count("pk"))
    )
    by_status = dict.fromkeys(ClockStatus, 0)
    executing = held_up = unscheduled_held_up = 0
    for status, state, number in rows:
        by_status[ClockStatus(status)] += number
        if status == ClockStatus.CLOCKED_IN:
            executing += number if state == S.EXECUTING else 0
            held_up += number if state in HELD_UP else 0
        elif status == ClockStatus.NO_SCHEDULE:
            unscheduled_held_up += number if state in HELD_UP else 0
    return Counts(
        clocked_in=by_status[ClockStatus.CLOCKED_IN],
        off_duty=by_status[ClockStatus.CLOCKED_OUT],
        unscheduled=by_status[ClockStatus.NO_SCHEDULE],
        executing=executing,
        held_up=held_up,
        unscheduled_held_up=unscheduled_held_up,
    )


def next_in(organization: Organization, *, now: datetime) -> WorkSchedule | None:
    """Whose alarm to clock in rings first, of those that nothing keeps from it. One query, ordered by an index."""
    kept = Hold.objects.active().exclude(kind=HoldKind.OFF_HOURS).filter(organization=organization).values("agent")
    return (
        WorkSchedule.objects.filter(
            organization=organization,
            enabled=True,
            auto_wake=True,
            clock_due_at__gt=now,
            agent__clock_status=ClockStatus.CLOCKED_OUT,
            agent__current_state__in=(S.READY, S.PAUSED),
        )
        .exclude(agent__in=kept)
        .select_related("agent")
        .order_by("clock_due_at")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One agent as the table shows it. ``version`` changes with anything that is shown except the ticking of time."""

    agent: Agent
    duty: Duty
    pulse: Choice
    may_act: bool
    version: str

    is_pod = False

    @property
    def id(self) -> str:
        return f"agent-{self.agent.pk}"

    @property
    def clockable(self) -> bool:
        return self.agent.state not in NOT_CLOCKABLE

    @property
    def zone(self) -> str | None:
        """The agent's own zone, where it has hours."""
        return self.duty.schedule.time_zone if self.duty.schedule else None


@dataclass(frozen=True, slots=True)
class PodRow:
    """The line above a pod's agents; the numbers are of all that match the filter."""

    team: Team
    agents: int
    clocked_in: int

    is_pod = True

    @property
    def id(self) -> str:
        return f"pod-{self.team.pk}"

    @property
    def version(self) -> str:
        return f"{self.agents}-{self.clocked_in}"


@dataclass(frozen=True, slots=True)
class RosterPage:
    entries: Sequence[Row | PodRow]
    total: int
    page: int
    filter: RosterFilter
    keys: str = field(default="")

    @property
    def version(self) -> str:
        return digest(self.keys, [entry.version for entry in self.entries])

    @property
    def may_pick(self) -> bool:
        """Whether there is anybody here to whom the reader may do something."""
        return any(isinstance(entry, Row) and entry.may_act for entry in self.entries)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def matching(organization: Organization, wanted: RosterFilter) -> QuerySet[Agent]:
    """The agents that match, in order. Those that have left are listed only where they are asked for."""
    agents = Agent.objects.of(organization)
    agents = agents.filter(current_state=wanted.state) if wanted.state else agents.active()
    if wanted.status:
        agents = agents.filter(clock_status=wanted.status)
    if wanted.pod:
        agents = agents.filter(team=wanted.pod)
    if wanted.q:
        named = Q(agent_name__icontains=wanted.q) | Q(team__name__icontains=wanted.q)
        agents = agents.filter(named | Q(owner_user__name__icontains=wanted.q))
    return agents.order_by(*_order(wanted.sort))


def _order(sort: str) -> list[Any]:
    return list(SORTS.get(sort, ("team__name", "team_id", "agent_name")))


def _both_ways(name: str, up: OrderBy, down: OrderBy) -> dict[str, tuple[Any, ...]]:
    return {name: (up, "agent_name"), f"-{name}": (down, "agent_name")}


#: What the address may say in ``sort``. Heartbeats are sorted by their age, never seen last.
SORTS: Mapping[str, tuple[Any, ...]] = {
    "agent": ("agent_name",),
    "-agent": ("-agent_name",),
    **_both_ways("status", F("clock_status").asc(), F("clock_status").desc()),
    **_both_ways("state", _STATE_ORDER.asc(), _STATE_ORDER.desc()),
    **_both_ways(
        "heartbeat",
        F("presence__last_seen_at").desc(nulls_last=True),
        F("presence__last_seen_at").asc(nulls_last=True),
    ),
}


def _shown(agents: QuerySet[Agent]) -> QuerySet[Agent]:
    return agents.select_related("team", "presence", "owner_user").defer(
        "notes", "tools", "audit_tags", "capability_tags"
    )


def rows_of(agents: Sequence[Agent], *, standing: Standing, now: datetime) -> list[Row]:
    """Three queries however many agents."""
    duties = duty_of(agents, now=now)
    return [_row(agent, duties[agent.pk], standing, now) for agent in agents]


def row_of(organization: Organization, agent_id: UUID, *, standing: Standing, now: datetime) -> Row | None:
    agent = _shown(Agent.objects.of(organization).filter(pk=agent_id)).first()
    return rows_of([agent], standing=standing, now=now)[0] if agent else None


def roster_page(organization: Organization, wanted: RosterFilter, *, standing: Standing, now: datetime) -> RosterPage:
    """At most ``PAGE_SIZE`` agents; a page past the end is the last one. The number of queries is fixed."""
    agents = matching(organization, wanted)
    total = agents.count()
    page = min(wanted.page, max(1, -(-total // PAGE_SIZE)))
    start = (page - 1) * PAGE_SIZE
    # Sorting narrow rows and reading fifty wide ones is much less than sorting wide ones.
    ids = list(agents.values_list("pk", flat=True)[start : start + PAGE_SIZE])
    shown = _shown(Agent.objects.of(organization)).in_bulk(ids)
    rows = rows_of([shown[pk] for pk in ids if pk in shown], standing=standing, now=now)
    entries: list[Row | PodRow] = list(rows)
    if not wanted.sort:
        entries = _with_pods(rows, agents)
    keys = digest([entry.id for entry in entries], wanted.sort, total)
    return RosterPage(entries=entries, total=total, page=page, filter=wanted, keys=keys)


def _with_pods(rows: Sequence[Row], agents: QuerySet[Agent]) -> list[Row | PodRow]:
    numbers = {
        team_id: (everyone, clocked_in)
        for team_id, everyone, clocked_in in agents.filter(team__in={row.agent.team_id for row in rows})
        .order_by()
        .values_list("team_id")
        .annotate(everyone=Count("pk"), clocked_in=Count("pk", filter=Q(clock_status=ClockStatus.CLOCKED_IN)))
    }
    entries: list[Row | PodRow] = []
    team_id: UUID | None = None
    for row in rows:
        if row.agent.team_id != team_id:
            team_id = row.agent.team_id
            everyone, clocked_in = numbers.get(team_id, (0, 0))
            entries.append(PodRow(team=row.agent.team, agents=everyone, clocked_in=clocked_in))
        entries.append(row)
    return entries


def _row(agent: Agent, duty: Duty, standing: Standing, now: datetime) -> Row:
    pulse = _pulse(agent, duty, now)
    may_act = standing.may(Activity.LIFECYCLE, agent) and agent.state not in GONE
    today = timezone.localtime(now)
    version = digest(
        agent.agent_name, agent.initials, agent.priority_tier, agent.team.name, agent.clock_status, agent.current_state,
        duty.schedule_text, duty.schedule and (duty.schedule.time_zone, duty.schedule.enabled), duty.next_event,
        duty.around_the_clock, duty.reason, duty.leave and duty.leave.until, pulse.value,
        agent.last_seen_at, may_act, today.date(), str(today.tzinfo),
    )  # fmt: skip
    return Row(agent=agent, duty=duty, pulse=pulse, may_act=may_act, version=version)


def _pulse(agent: Agent, duty: Duty, now: datetime) -> Choice:
    """What is known of the agent's life: its last word, unless it owes none, said none, or has been silent since."""
    if not duty.owes_heartbeats:
        return Pulse.NOT_OWED
    seen = agent.last_seen_at
    if seen is None:
        return Pulse.NEVER
    since = max(seen, agent.clock_since or seen)
    if now - since >= SILENT_AFTER[agent.priority_tier]:
        return Pulse.SILENT
    return HeartbeatStatus(agent.presence.status) if agent.presence.status else Pulse.NEVER
