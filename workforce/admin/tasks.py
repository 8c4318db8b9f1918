"""The task queue and its run log (spec T1, T3, T4, U8)."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.base import CappedPaginator, ScopedAdmin, ScopedInline
from workforce.admin.deeds import DeedsAdmin, in_bulk
from workforce.admin.export import export_csv
from workforce.admin.fields import moment_field
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.admin.task_deeds import Cancel, Complete, Reassign, Reprioritise, Unblock, Urgent
from workforce.models import Task, TaskNeed, WorkReport
from workforce.services import tasks

_NEW = [
    "agent",
    "title",
    "description",
    "priority",
    "type",
    "urgent",
    "due_at",
    "scheduled_at",
    "continues",
    "delegated_by",
    "delegated_from",
]


class TaskForm(ServiceForm):
    aliases = {"agent_id": "agent"}
    due_at = moment_field("Due", "In your time zone.")
    scheduled_at = moment_field("Not before", "In your time zone. A scheduled task needs it.")

    class Meta:
        model = Task
        fields = _NEW


class NeedInline(ScopedInline):
    """What must be completed first."""

    model = TaskNeed
    fk_name = "task"
    fields = ["waits_for", "status_of_it"]
    verbose_name_plural = "waits for"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskNeed]:
        return super().get_queryset(request).select_related("needs")

    @admin.display(description="task")
    def waits_for(self, need: TaskNeed) -> SafeString | str:
        return cells.link(need.needs)

    @admin.display(description="status")
    def status_of_it(self, need: TaskNeed) -> SafeString | str:
        return cells.status(need.needs.where)


class ReportInline(ScopedInline):
    """The run log: what runtimes said of it, late reports too."""

    model = WorkReport
    fields = ["reported_at", "reported_by_label", "kind", "said", "lease_token", "text"]
    verbose_name_plural = "run log"


@admin.register(Task)
class TaskAdmin(DeedsAdmin, ServiceAdmin):
    form = TaskForm
    paginator = CappedPaginator
    deeds = [Complete(), Unblock(), Reassign(), Urgent(), Cancel()]
    inlines = [NeedInline, ReportInline]
    autocomplete_fields = ["agent", "continues", "delegated_by", "delegated_from"]
    actions = [
        in_bulk(Complete(), name="complete", label="Mark done"),
        in_bulk(Reprioritise(), name="reprioritise", label="Set the priority"),
        in_bulk(Reassign(), name="reassign", label="Reassign"),
        in_bulk(Cancel(), name="cancel", label="Cancel"),
        export_csv,
    ]
    list_display = ["title", "agent", "status_shown", "priority", "type", "urgent", "due_at", "created_at"]
    list_select_related = ["agent"]
    list_filter = ["status", "priority", "type", "urgent", "blocker_code"]
    search_fields = ["title", "agent__agent_name"]
    ordering = ["-created_at", "-id"]

    #: What the service changes of an open task; all else follows from its story.
    changeable = ("title", "description", "priority", "due_at", "scheduled_at")
    standing = (
        "status_shown",
        "percent_complete",
        "blocker_code",
        "blocker_note",
        "unblock_user",
        "unblock_agent",
        "failures",
        "last_error",
        "created_at",
        "created_by_label",
        "started_at",
        "finished_at",
        "finished_by_label",
        "result",
        "cancel_reason",
        "id",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked: list[tuple[str | None, dict[str, Any]]] = [(None, {"fields": _NEW})]
        return asked if obj is None else [*asked, ("Where it stands", {"fields": list(self.standing)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = [name for name in _NEW if not obj.is_open or name not in self.changeable]
        return [*fixed, *self.standing]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj is not None else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return super().get_queryset(request).select_related("organization")

    def write(self, request: HttpRequest, form: Any, formsets: Any, *, change: bool, by: Any, now: Any) -> Model:
        if change:
            task = form.instance
            return tasks.edit(organization=task.organization, task_id=task.pk, changes=form.changes(), by=by, now=now)
        said = dict(form.cleaned_data)
        agent = said.pop("agent")
        for name in ("continues", "delegated_by", "delegated_from"):
            said[name] = said[name].pk if said[name] is not None else None
        return tasks.create(organization=agent.organization, data={"agent_id": agent.pk, **said}, by=by, now=now)

    @admin.display(description="status", ordering="status")
    def status_shown(self, task: Task) -> SafeString | str:
        return cells.status(task.where)


@admin.register(WorkReport)
class WorkReportAdmin(ScopedAdmin):
    """The run log of all tasks: read-only, newest first."""

    paginator = CappedPaginator
    actions = [export_csv]
    fields = ["reported_at", "agent", "task", "kind", "said", "lease_token", "text", "reported_by_label", "id"]
    list_display = ["reported_at", "agent", "task", "kind", "said", "reported_by_label"]
    list_select_related = ["agent", "task"]
    list_filter = ["kind"]
    search_fields = ["agent__agent_name", "task__title"]
    ordering = ["-id"]
