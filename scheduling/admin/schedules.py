"""Working hours and the clock's record (spec W1, W2, W8)."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from scheduling.admin.shifts import RuleForm, RuleFormSet, ShiftForm, ShiftFormSet
from scheduling.choices import ClockEvent, ScheduleType
from scheduling.models import ClockRecord, RecurrenceRule, ScheduleException, Shift, WorkSchedule
from scheduling.models.schedules import WorkScheduleQuerySet
from scheduling.rules.custom import DayOff
from scheduling.rules.custom_entry import moment_as_data
from scheduling.rules.explain import explain
from scheduling.rules.hours import describe
from scheduling.services import schedules
from workforce.admin import cells
from workforce.admin.base import CappedPaginator, ScopedAdmin, ScopedInline
from workforce.admin.export import export_csv
from workforce.admin.fields import ChoiceInput
from workforce.admin.saving import ServiceAdmin, ServiceForm, refusal_of
from workforce.rules.zones import zone_choices


class WorkScheduleForm(ServiceForm):
    aliases = {"agent_id": "agent"}
    elsewhere = frozenset({"shifts", "rules"})
    time_zone = forms.CharField(max_length=64, widget=ChoiceInput(zone_choices()))
    grace_minutes = forms.IntegerField(
        initial=10,
        widget=forms.NumberInput(attrs={"min": 0, "max": 240}),
        help_text="0 to 240 minutes after the end in which work may finish.",
    )

    class Meta:
        model = WorkSchedule
        fields = [
            "agent",
            "type",
            "time_zone",
            "enabled",
            "enforce_clock_in",
            "enforce_clock_out",
            "auto_wake",
            "off_hours_action",
            "grace_minutes",
        ]


class WindowInline(ScopedInline):
    """Windows of hours in rows, written with the hours they belong to."""

    may_add = may_change = may_delete = True
    can_delete = True

    def get_extra(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        return type(formset.__name__, (formset,), {"refusal": refusal_of(request)})


class ShiftInline(WindowInline):
    model = Shift
    form = ShiftForm
    formset = ShiftFormSet
    fields = ["name", "days", "start", "end"]
    verbose_name_plural = "shifts (standard and shift hours)"


class RuleInline(WindowInline):
    model = RecurrenceRule
    form = RuleForm
    formset = RuleFormSet
    readonly_fields = ["means"]
    fields = ["name", "dtstart", "rrule", "duration_minutes", "means"]
    verbose_name_plural = "recurrence rules (custom hours)"

    @admin.display(description="in words")
    def means(self, row: RecurrenceRule) -> str:
        return explain(row.rule()) if row.pk else ""


class ExceptionInline(ScopedInline):
    """Shown; they are changed a line each, or read from a calendar file, on the page of the hours."""

    model = ScheduleException
    readonly_fields = ["kind", "name", "when"]
    fields = [*readonly_fields]
    verbose_name_plural = "dated exceptions (custom hours)"

    @admin.display(description="when")
    def when(self, row: ScheduleException) -> str:
        one = row.exception()
        if isinstance(one, DayOff):
            return f"{row.date.isoformat()}, whole day"
        return f"{moment_as_data(one.start)} to {moment_as_data(one.end)}"


@admin.register(WorkSchedule)
class WorkScheduleAdmin(ServiceAdmin):
    may_delete = True
    form = WorkScheduleForm
    inlines = [ShiftInline, RuleInline, ExceptionInline]
    fieldsets = [
        (None, {"fields": ["agent", "type", "time_zone", "enabled"]}),
        (
            "Clock",
            {"fields": ["auto_wake", "enforce_clock_in", "enforce_clock_out", "off_hours_action", "grace_minutes"]},
        ),
    ]
    autocomplete_fields = ["agent"]
    actions = [export_csv]
    list_display = ["agent_shown", "hours_shown", "time_zone", "enabled", "off_hours_action", "grace_minutes", "due"]
    list_select_related = ["agent"]
    list_filter = ["enabled", "type", "off_hours_action", "enforce_clock_in", "auto_wake"]
    search_fields = ["agent__agent_name", "time_zone", "agent__team__name"]
    ordering = ["agent__agent_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkSchedule]:
        return cast(WorkScheduleQuerySet, super().get_queryset(request)).with_hours()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agent"] if obj else []

    def audited_as(self, row: WorkSchedule) -> str:
        """Hours are told as part of their agent's story."""
        return str(row.agent_id)

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        data = dict(form.cleaned_data)
        agent = form.instance.agent if change else data.pop("agent")
        rows: Any = formsets[1 if data["type"] == ScheduleType.CUSTOM else 0]
        data[rows.head] = rows.as_said()
        if change:
            return schedules.update(
                organization=agent.organization, schedule_id=form.instance.pk, data=data, by=by, now=now
            )
        return schedules.create(organization=agent.organization, agent_id=agent.pk, data=data, by=by, now=now)

    def remove(self, row: WorkSchedule, *, by: Any, now: Any) -> None:
        schedules.delete(organization=row.organization, schedule_id=row.pk, by=by, now=now)

    @admin.display(description="agent", ordering="agent__agent_name")
    def agent_shown(self, schedule: WorkSchedule) -> str:
        return schedule.agent.agent_name

    @admin.display(description="hours")
    def hours_shown(self, schedule: WorkSchedule) -> str:
        return describe(schedule.hours())

    @admin.display(description="clock looks next", ordering="clock_due_at")
    def due(self, schedule: WorkSchedule) -> Any:
        return schedule.clock_due_at


@admin.register(ClockRecord)
class ClockRecordAdmin(ScopedAdmin):
    """The time clock's record: read-only, newest first by its time-ordered key."""

    paginator = CappedPaginator
    actions = [export_csv]
    readonly_fields = ["time", "agent", "event_shown", "triggered_by", "scheduled_at", "reason", "organization", "id"]
    fields = [*readonly_fields]
    list_display = ["time", "agent", "event_shown", "triggered_by", "scheduled_at", "reason"]
    list_select_related = ["agent"]
    list_filter = ["event", "triggered_by_kind"]
    search_fields = ["agent__agent_name", "triggered_by", "reason"]
    date_hierarchy = "time"
    ordering = ["-id"]

    @admin.display(description="event", ordering="event")
    def event_shown(self, record: ClockRecord) -> SafeString | str:
        return cells.status(ClockEvent(record.event))
