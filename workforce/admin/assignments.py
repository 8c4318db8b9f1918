"""Workstreams, and who has what part in them (001 §1.2, spec R7, U8)."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.assignment_deeds import Block, CloseWorkstream, CompletePart, HandOff, ReopenWorkstream, Unblock
from workforce.admin.base import CappedPaginator, ScopedInline
from workforce.admin.deeds import DeedsAdmin, in_bulk
from workforce.admin.export import export_csv
from workforce.admin.fields import moment_field
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.models import Assignment, AssignmentNeed, Workstream
from workforce.selectors.assignments import with_open
from workforce.services import assignments, workstreams
from workforce.services.assignment_input import FOLLOWING


class WorkstreamForm(ServiceForm):
    class Meta:
        model = Workstream
        labels = {"dri_user": "DRI, a person", "dri_agent": "or an agent"}
        fields = ["organization", "name", "description", "dri_user", "dri_agent"]


@admin.register(Workstream)
class WorkstreamAdmin(DeedsAdmin, ServiceAdmin):
    form = WorkstreamForm
    paginator = CappedPaginator
    deeds = [CloseWorkstream(), ReopenWorkstream()]
    fields = ["organization", "name", "description", ("dri_user", "dri_agent"), "parts", "created_at", "closed_at"]
    readonly_fields = ["parts", "created_at", "closed_at"]
    autocomplete_fields = ["dri_user", "dri_agent"]
    actions = [in_bulk(CloseWorkstream(), name="close", label="Close"), export_csv]
    list_display = ["name", "answered_for_by", "parts", "created_at", "closed_at"]
    list_select_related = ["organization", "dri_user", "dri_agent"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "dri_user__name", "dri_agent__agent_name"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workstream]:
        return with_open(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "organization"] if obj else self.readonly_fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.fields if obj else self.fields[:4]

    def write(self, request: HttpRequest, form: Any, formsets: Any, *, change: bool, by: Any, now: Any) -> Model:
        said = {name: form.cleaned_data[name] for name in ("name", "description")}
        for name in ("dri_user", "dri_agent"):
            said[name] = form.cleaned_data[name].pk if form.cleaned_data[name] is not None else None
        if change:
            row = form.instance
            return workstreams.edit(organization=row.organization, workstream_id=row.pk, changes=said, by=by, now=now)
        return workstreams.create(organization=form.cleaned_data["organization"], data=said, by=by, now=now)

    @admin.display(description="DRI", ordering="dri_user__name")
    def answered_for_by(self, workstream: Workstream) -> SafeString | str:
        return cells.link(workstream.dri)

    @admin.display(description="open assignments", ordering="open_assignments")
    def parts(self, workstream: Workstream) -> str:
        return str(getattr(workstream, "open_assignments", 0))


class AssignmentForm(ServiceForm):
    aliases = {"agent_id": "agent", "workstream_id": "workstream", "task_id": "task"}
    start_at = moment_field("Start", "In your time zone. Empty: now.")
    due_at = moment_field("Due", "In your time zone.")

    class Meta:
        model = Assignment
        fields = ["agent", "workstream", "task", "role", "start_at", "due_at", "percent_complete"]

    def changes(self) -> dict[str, Any]:
        """The browser's picker knows no seconds: a moment that differs only in them was left as it is."""
        found = super().changes()
        for name in ("start_at", "due_at"):
            before, after = self.initial.get(name), found.get(name)
            if before and after and before.replace(second=0, microsecond=0) == after:
                del found[name]
        return found


class WaitsForInline(ScopedInline):
    """What must be done first."""

    model = AssignmentNeed
    fk_name = "assignment"
    fields = ["other", "status_of_it"]
    verbose_name_plural = "waits for"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AssignmentNeed]:
        parts = [f"{end}__{part}" for end in ("needs", "assignment") for part in ("agent", "workstream", "task")]
        return super().get_queryset(request).select_related(*parts)

    def shown(self, need: AssignmentNeed) -> Assignment:
        return need.needs

    @admin.display(description="assignment")
    def other(self, need: AssignmentNeed) -> SafeString | str:
        return cells.link(self.shown(need))

    @admin.display(description="status")
    def status_of_it(self, need: AssignmentNeed) -> SafeString | str:
        return cells.status(self.shown(need).where)


class WaitingInline(WaitsForInline):
    """What goes on when this is done."""

    fk_name = "needs"
    verbose_name_plural = "waited for by"

    def shown(self, need: AssignmentNeed) -> Assignment:
        return need.assignment


@admin.register(Assignment)
class AssignmentAdmin(DeedsAdmin, ServiceAdmin):
    form = AssignmentForm
    paginator = CappedPaginator
    deeds = [CompletePart(), Unblock(), Block(), HandOff()]
    inlines = [WaitsForInline, WaitingInline]
    autocomplete_fields = ["agent", "workstream", "task"]
    actions = [
        in_bulk(CompletePart(), name="complete", label="Mark done"),
        in_bulk(HandOff(), name="handoff", label="Hand off"),
        export_csv,
    ]
    list_display = [
        "agent_shown",
        "role",
        "workstream",
        "task",
        "status_shown",
        "due_at",
        "percent_complete",
        "start_at",
    ]
    list_select_related = ["agent", "workstream", "task"]
    list_filter = ["status", "role", "blocker_code"]
    search_fields = ["agent__agent_name", "workstream__name", "task__title"]
    ordering = ["-created_at", "-id"]

    asked = ("agent", "workstream", "task", "role", "start_at", "due_at", "percent_complete")
    changeable = ("start_at", "due_at", "percent_complete")
    standing = (
        "status_shown",
        "blocker_code",
        "blocker_note",
        "unblock_user",
        "unblock_agent",
        "taken_from",
        "handed_at",
        "handed_by_label",
        "handoff_reason",
        "gone_to",
        "created_at",
        "created_by_label",
        "ended_at",
        "ended_by_label",
        "id",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked: list[tuple[str | None, dict[str, Any]]] = [(None, {"fields": list(self.asked)})]
        return asked if obj is None else [*asked, ("Where it stands", {"fields": list(self.standing)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        follows = FOLLOWING if obj.follows_its_task else ()
        fixed = [n for n in self.asked if not obj.is_open or n not in self.changeable or n in follows]
        return [*fixed, *self.standing]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj is not None else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return super().get_queryset(request).select_related("organization", "agent", "workstream", "task")

    def write(self, request: HttpRequest, form: Any, formsets: Any, *, change: bool, by: Any, now: Any) -> Model:
        if change:
            row = form.instance
            return assignments.edit(
                organization=row.organization, assignment_id=row.pk, changes=form.changes(), by=by, now=now
            )
        said = dict(form.cleaned_data)
        data = {f"{n}_id": said[n].pk if said[n] is not None else None for n in ("agent", "workstream", "task")}
        data |= {name: said[name] for name in ("role", *self.changeable)}
        return assignments.create(organization=said["agent"].organization, data=data, by=by, now=now)

    @admin.display(description="agent", ordering="agent__agent_name")
    def agent_shown(self, assignment: Assignment) -> str:
        return assignment.agent.agent_name

    @admin.display(description="status", ordering="status")
    def status_shown(self, assignment: Assignment) -> SafeString | str:
        return cells.status(assignment.where)

    @admin.display(description="taken over from")
    def taken_from(self, assignment: Assignment) -> SafeString | str:
        return cells.link(assignment.handed_from)

    @admin.display(description="went on to")
    def gone_to(self, assignment: Assignment) -> SafeString | str:
        return cells.link(getattr(assignment, "handed_to", None))
