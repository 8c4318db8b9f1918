"""What the Schedules tab shows: who has hours, a page of cards, and what deleting hours would do (spec U1, W2, W11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from scheduling.choices import ScheduleType
from scheduling.models import Leave
from scheduling.rules import hours as rules
from scheduling.selectors.duty import Duty, duty_of
from scheduling.selectors.leave import next_leave_of
from scheduling.selectors.week_chart import SMALL, WeekChart, this_week, week_chart
from workforce.choices import Choice, ClockStatus, HoldKind
from workforce.models import Agent, Hold, Organization, Team
from workforce.rules.matrix import Activity
from workforce.selectors.named import digest
from workforce.selectors.standing import Standing

PAGE_SIZE = 24
#: Names in the sentence about those without hours, and names offered in the editor.
NAMED, OFFERED = 2, 20
#: Drawings are renewed this often for the line that marks the moment.
_NOW_LINE_S = 1800
#: What the address may say in ``sort``, with the words of the page.
SORTS = {"": "By agent", "pod": "By pod", "next": "By next event"}


class Having(Choice):
    """What the Schedules tab can be asked for."""

    ENABLED = "enabled", "Enabled"
    DISABLED = "disabled", "Disabled"
    UNSCHEDULED = "unscheduled", "No hours"


@dataclass(frozen=True, slots=True)
class ScheduleFilter:
    """What is in the address, checked. ``sort`` is a key of ``SORTS``."""

    q: str = ""
    pod: Team | None = None
    type: ScheduleType | None = None
    having: Having | None = None
    sort: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.pod or self.type or self.having)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Active agents only. ``named`` are the first of those without hours."""

    total: int
    scheduled: int
    disabled: int
    named: Sequence[str]

    @property
    def without(self) -> int:
        return self.total - self.scheduled

    @property
    def headline(self) -> str:
        """Who has hours, and who has none."""
        if not self.total:
            return "No agents yet."
        if self.total == 1:
            return "The one agent has hours." if self.scheduled else "The one agent runs without hours."
        if not self.without:
            return f"All {self.total} agents have hours."
        have = f"{self.scheduled or 'None'} of {self.total} agents {'have' if self.scheduled > 1 else 'has'} hours."
        return f"{have} {self.without} {'run' if self.without > 1 else 'runs'} without any."

    @property
    def who(self) -> str:
        """Those without hours, by name as far as two names go; empty where there are none."""
        names, rest = list(self.named), self.without - len(self.named)
        if not names:
            return ""
        if rest > 0:
            return f"{', '.join(names)} and {rest} more run without time boundaries."
        return f"{' and '.join(names)} {'run' if len(names) > 1 else 'runs'} without time boundaries."


@dataclass(frozen=True, slots=True)
class Card:
    """One agent with its hours, or without. ``version`` changes with anything that is shown but the ticking of time."""

    agent: Agent
    duty: Duty
    may_act: bool
    next_leave: Leave | None
    chart: WeekChart | None
    hours_a_week: str
    version: str

    @property
    def id(self) -> str:
        return f"hours-{self.agent.pk}"

    @property
    def zone(self) -> str | None:
        return self.duty.schedule.time_zone if self.duty.schedule else None


@dataclass(frozen=True, slots=True)
class CardPage:
    cards: Sequence[Card]
    total: int
    page: int
    filter: ScheduleFilter
    keys: str

    @property
    def version(self) -> str:
        return digest(self.keys, [card.version for card in self.cards])

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def coverage_of(organization: Organization) -> Coverage:
    """Two queries, whatever the fleet's size."""
    agents = Agent.objects.of(organization).active().order_by()
    counts = agents.aggregate(
        total=Count("pk"),
        scheduled=Count("work_schedule"),
        disabled=Count("work_schedule", filter=Q(work_schedule__enabled=False)),
    )
    named = agents.filter(work_schedule__isnull=True).order_by("agent_name").values_list("agent_name", flat=True)
    return Coverage(**counts, named=list(named[:NAMED]))


def matching(organization: Organization, wanted: ScheduleFilter) -> QuerySet[Agent]:
    """The agents that match, in order: those with hours, or those without where these are asked for."""
    agents = Agent.objects.of(organization).active()
    agents = agents.filter(work_schedule__isnull=wanted.having == Having.UNSCHEDULED)
    if wanted.having in (Having.ENABLED, Having.DISABLED):
        agents = agents.filter(work_schedule__enabled=wanted.having == Having.ENABLED)
    if wanted.type:
        agents = agents.filter(work_schedule__type=wanted.type)
    if wanted.pod:
        agents = agents.filter(team=wanted.pod)
    if wanted.q:
        zone = Q(work_schedule__time_zone__icontains=wanted.q.replace(" ", "_"))
        agents = agents.filter(Q(agent_name__icontains=wanted.q) | Q(team__name__icontains=wanted.q) | zone)
    return _sorted(agents, wanted)


def _sorted(agents: QuerySet[Agent], wanted: ScheduleFilter) -> QuerySet[Agent]:
    if wanted.sort == "pod":
        return agents.order_by("team__name", "team_id", "agent_name")
    if wanted.sort == "next" and wanted.having != Having.UNSCHEDULED:
        # By when the clock acts next. Where it does not act by itself there is no such moment: those come last.
        held = Hold.objects.active().exclude(kind=HoldKind.OFF_HOURS).filter(agent=OuterRef("pk"))
        due = F("work_schedule__clock_due_at").asc(nulls_last=True)
        return agents.order_by(F("work_schedule__enabled").desc(), Exists(held), due, "agent_name")
    return agents.order_by("agent_name")


def card_page(organization: Organization, wanted: ScheduleFilter, *, standing: Standing, now: datetime) -> CardPage:
    """At most ``PAGE_SIZE`` cards; a page past the end is the last one. The number of queries is fixed."""
    agents = matching(organization, wanted)
    total = agents.count()
    page = min(wanted.page, max(1, -(-total // PAGE_SIZE)))
    start = (page - 1) * PAGE_SIZE
    ids = list(agents.values_list("pk", flat=True)[start : start + PAGE_SIZE]) if total else []
    shown = (
        Agent.objects.of(organization)
        .select_related("team")
        .defer("notes", "tools", "audit_tags", "capability_tags")
        .in_bulk(ids)
    )
    duties, ahead = duty_of(shown.values(), now=now), next_leave_of(shown.values(), now=now)
    cards = [_card(shown[pk], duties[pk], ahead.get(pk), standing, now) for pk in ids if pk in shown]
    keys = digest([card.id for card in cards], wanted.sort, total)
    return CardPage(cards=cards, total=total, page=page, filter=wanted, keys=keys)


def _card(agent: Agent, duty: Duty, ahead: Leave | None, standing: Standing, now: datetime) -> Card:
    schedule, chart, weekly = duty.schedule, None, ""
    if schedule is not None:
        hours, zone = schedule.hours(), rules.check_zone(schedule.time_zone)
        chart = week_chart(hours, now, zone=zone, first=this_week(now, zone), frame=SMALL)
        weekly = in_hours(rules.weekly_minutes(hours))
    may_act = standing.may(Activity.LIFECYCLE, agent)
    version = digest(
        agent.agent_name, agent.team.name, may_act, duty.schedule_text, duty.next_event, duty.around_the_clock, weekly,
        chart and (chart.zone, chart.bars, chart.skipped, chart.days), int(now.timestamp()) // _NOW_LINE_S,
        schedule and (schedule.type, schedule.policy()), duty.leave and (duty.leave.pk, duty.leave.until),
        ahead and (ahead.starts_at, ahead.ends_at),
    )  # fmt: skip
    return Card(
        agent=agent,
        duty=duty,
        may_act=may_act,
        next_leave=ahead,
        chart=chart,
        hours_a_week=weekly,
        version=version,
    )


def in_hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if rest else f"{hours} h"


def may_create(standing: Standing, organization: Organization) -> bool:
    """Whether there is an agent here whose hours the person may set. At most one query."""
    return standing.manages or _changeable(organization, standing).exists()


def names_without_hours(organization: Organization, standing: Standing, q: str) -> list[str]:
    """The first few agents to whom the person may give hours and whose name has ``q`` in it. One query."""
    agents = _changeable(organization, standing).filter(work_schedule__isnull=True, agent_name__icontains=q)
    return list(agents.order_by("agent_name").values_list("agent_name", flat=True)[:OFFERED])


def _changeable(organization: Organization, standing: Standing) -> QuerySet[Agent]:
    agents = Agent.objects.of(organization).active()
    if standing.manages:
        return agents
    if standing.role is None:
        return agents.none()
    owned = Q(owner_user=standing.user_id) | Q(secondary_owner_user=standing.user_id)
    return agents.filter(owned | Q(team__in=standing.led_team_ids))


def agent_called(organization: Organization, name: str) -> Agent | None:
    """By its name; the case matters only where it tells two apart."""
    agents = Agent.objects.of(organization)
    same = agents.filter(agent_name=name).first()
    return same or agents.filter(agent_name__iexact=name).order_by("agent_name").first()


def effects_of_deleting(agent: Agent, *, now: datetime) -> list[str]:
    """What deleting its hours changes for the agent at this moment, a sentence each."""
    duty: Any = duty_of([agent], now=now)[agent.pk]
    others = [hold for hold in duty.holds if hold.kind != HoldKind.OFF_HOURS]
    off_hours = len(others) < len(duty.holds)
    said = [f"{agent.agent_name} becomes unscheduled and runs without time boundaries."]
    if agent.clock == ClockStatus.CLOCKED_IN:
        said.append("It is clocked in: its clock stops now, and its work goes on without an end.")
    elif agent.clock == ClockStatus.CLOCKED_OUT and others:
        said.append("It is off duty, and nothing but its holds keeps it from work then.")
    elif agent.clock == ClockStatus.CLOCKED_OUT:
        said.append("It is off duty, and may work from now on.")
    else:
        said.append("These hours are switched off, so nothing changes for it now.")
    if off_hours:
        said.append("Its off-hours pause ends now.")
    said += [f"It stays held. {HoldKind(hold.kind).label}: {hold.reason}" for hold in others]
    return said
