"""Planned leave (spec W10, U8): planned, changed and called off through its service."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from scheduling.models import Leave
from scheduling.services import leave as service
from workforce.admin import cells
from workforce.admin.deeds import Deed, DeedsAdmin, Offer, OptionalReasonForm, in_bulk
from workforce.admin.export import export_csv
from workforce.admin.fields import moment_field
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.rules.actors import Actor


class Cancel(Deed):
    """Calls planned leave off, or ends what runs."""

    name = "cancel"
    form = OptionalReasonForm

    def offers(self, row: Leave) -> Iterable[Offer]:
        if row.is_open:
            yield Offer("End leave" if row.runs else "Cancel leave", danger=True)

    def verb(self, argument: str) -> str:
        return "Call off"

    def consequence(self, row: Leave, argument: str) -> str:
        if row.runs:
            return "Its hold is released now. With no other hold the agent goes back to work."
        return "The agent works on as if no leave had been planned."

    def run(self, row: Leave, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Leave:
        return service.cancel(organization=row.organization, leave_id=row.pk, reason=answer["reason"], by=by, now=now)

    def outcome(self, row: Leave, argument: str, done: Leave) -> str:
        return f"{row.agent.agent_name}: leave {done.stands.label.lower()}."


class LeaveForm(ServiceForm):
    aliases = {"agent_id": "agent", "cover_agent_id": "cover_agent"}
    starts_at = moment_field("Starts", "In your time zone. One that has passed begins the leave at once.")
    ends_at = moment_field("Ends", "In your time zone: the first moment after the leave.")

    class Meta:
        model = Leave
        fields = ["agent", "starts_at", "ends_at", "reason", "cover_agent"]


_WHAT = ["agent", "starts_at", "ends_at", "reason", "cover_agent"]
_STORY = [
    "status",
    "created_at",
    "created_by_label",
    "started_at",
    "finished_at",
    "finished_by_label",
    "finish_reason",
    "organization",
]


@admin.register(Leave)
class LeaveAdmin(DeedsAdmin, ServiceAdmin):
    form = LeaveForm
    deeds = [Cancel()]
    actions = [export_csv, in_bulk(Cancel(), name="cancel", label="Call off")]
    autocomplete_fields = ["agent", "cover_agent"]
    list_display = [
        "agent_shown",
        "status_shown",
        "starts_at",
        "ends_at",
        "reason",
        "cover_agent",
        "created_by_label",
        "started_at",
        "finished_at",
        "finished_by_label",
        "finish_reason",
    ]
    list_select_related = ["agent", "cover_agent"]
    list_filter = ["status"]
    search_fields = ["agent__agent_name", "cover_agent__agent_name", "reason"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": _WHAT})]
        return [(None, {"fields": _WHAT}), ("What became of it", {"fields": _STORY})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = {"agent"} if obj.is_open else set(_WHAT)
        if obj.runs:
            fixed |= {"starts_at", "reason"}
        return [*(name for name in _WHAT if name in fixed), *_STORY]

    def audited_as(self, row: Leave) -> str:
        """Leave is told as part of its agent's story."""
        return str(row.agent_id)

    def write(self, request: HttpRequest, form: Any, formsets: Any, *, change: bool, by: Any, now: Any) -> Model:
        said = form.changes() if change else dict(form.cleaned_data)
        if "cover_agent" in said:
            cover = said.pop("cover_agent")
            said["cover_agent_id"] = cover.pk if cover else None
        if change:
            row = form.instance
            return service.edit(organization=row.organization, leave_id=row.pk, changes=said, by=by, now=now)
        agent = said.pop("agent")
        return service.plan(organization=agent.organization, data={"agent_id": agent.pk, **said}, by=by, now=now)

    @admin.display(description="agent", ordering="agent__agent_name")
    def agent_shown(self, leave: Leave) -> SafeString | str:
        return cells.link(leave.agent)

    @admin.display(description="status", ordering="status")
    def status_shown(self, leave: Leave) -> SafeString | str:
        return cells.status(leave.stands)
