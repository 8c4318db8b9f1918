"""What the clock adds to an agent's page: its hours, and clocking in and out by hand (spec W4)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from scheduling.models import ClockRecord, WorkSchedule
from scheduling.models.schedules import WorkScheduleQuerySet
from scheduling.rules.hours import describe
from scheduling.services import clock
from workforce.admin import cells
from workforce.admin.agents import AgentAdmin
from workforce.admin.base import ScopedInline
from workforce.admin.deeds import Deed, Offer, OptionalReasonForm
from workforce.choices import ClockStatus, LifecycleState
from workforce.models import Agent
from workforce.rules import lifecycle as rules
from workforce.rules.actors import Actor

_UNWELL = (LifecycleState.DEGRADED, LifecycleState.ESCALATED)


class ClockInForm(OptionalReasonForm):
    force = forms.BooleanField(
        required=False, label="Clock it in all the same", help_text="It is not well; say why it should work."
    )

    def __init__(self, *args: Any, row: Agent | None = None, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        if row is not None and row.state not in _UNWELL:
            del self.fields["force"]


class ClockIn(Deed):
    name = "clock-in"
    form = ClockInForm

    def offers(self, row: Agent) -> Iterable[Offer]:
        if row.clock != ClockStatus.CLOCKED_IN and row.state not in (*rules.GONE, LifecycleState.REGISTERED):
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Clock in"

    def consequence(self, row: Agent, argument: str) -> str:
        return "Outside its hours it stays clocked in until the next shift's end, or until it is clocked out by hand."

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> ClockRecord:
        return clock.clock_in(
            organization=row.organization_id,
            agent_id=row.pk,
            reason=answer["reason"],
            force=answer.get("force", False),
            by=by,
            now=now,
        )

    def outcome(self, row: Agent, argument: str, done: ClockRecord) -> str:
        return f"{row.agent_name} is clocked in."


class ClockOut(Deed):
    name = "clock-out"
    form = OptionalReasonForm

    def offers(self, row: Agent) -> Iterable[Offer]:
        if row.clock == ClockStatus.CLOCKED_IN:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Clock out"

    def consequence(self, row: Agent, argument: str) -> str:
        return "The off-hours action of its schedule follows."

    def run(self, row: Agent, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> ClockRecord:
        return clock.clock_out(
            organization=row.organization_id, agent_id=row.pk, reason=answer["reason"], by=by, now=now
        )

    def outcome(self, row: Agent, argument: str, done: ClockRecord) -> str:
        return f"{row.agent_name} is clocked out."


class HoursInline(ScopedInline):
    """The agent's hours at a glance, with the way to their own page."""

    model = WorkSchedule
    readonly_fields = ["hours_shown", "time_zone", "enabled", "off_hours_action", "grace_minutes"]
    fields = [*readonly_fields]
    verbose_name_plural = "working hours"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkSchedule]:
        rows = cast(WorkScheduleQuerySet, super().get_queryset(request))
        return rows.select_related("agent").with_hours()

    @admin.display(description="hours")
    def hours_shown(self, schedule: WorkSchedule) -> SafeString | str:
        return cells.link(schedule, describe(schedule.hours()))


AgentAdmin.extend(deeds=[ClockIn(), ClockOut()], inlines=[HoursInline])
