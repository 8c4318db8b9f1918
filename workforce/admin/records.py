"""Read-only records: the audit and its chain, and what people were told (spec P5, C4)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.base import CappedPaginator, ScopedAdmin
from workforce.admin.export import export_csv
from workforce.models import AuditEvent, AuditLink, Notice

#: First word of an action -> what it is called in the filter.
_ABOUT = {
    "agent": "Agents",
    "hold": "Holds",
    "clock": "Clock",
    "schedule": "Hours",
    "key": "Keys",
    "membership": "Members",
    "team": "Pods",
    "organization": "Organisation",
    "task": "Tasks",
    "workstream": "Workstreams",
    "assignment": "Assignments",
    "caps": "Caps",
    "cap_approval": "Decisions about caps",
    "price": "Prices",
    "spend_policy": "Weights and currency",
    "credits": "Credits",
    "usage": "Usage",
    "user": "Accounts",
}
_PAGES = {
    "agent": "workforce_agent",
    "key": "workforce_apikey",
    "membership": "workforce_membership",
    "team": "workforce_team",
    "organization": "workforce_organization",
    "schedule": "scheduling_workschedule",
    "task": "workforce_task",
    "workstream": "workforce_workstream",
    "assignment": "workforce_assignment",
    "price": "budgets_price",
    "spend_policy": "budgets_spendpolicy",
    "credits": "budgets_creditaccount",
    "user": "workforce_user",
}


class AboutFilter(admin.SimpleListFilter):
    """By the first word of the action: a prefix, so that no list of all actions has to be gathered first."""

    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(_ABOUT.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(action__startswith=f"{self.value()}.") if self.value() in _ABOUT else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedAdmin):
    """Who changed what, when, why. Newest first by the time-ordered key, which is the one index all readers share."""

    paginator = CappedPaginator
    actions = [export_csv]
    readonly_fields = [
        "at",
        "actor_kind",
        "actor_label",
        "action",
        "about",
        "reason",
        "changed",
        "chain",
        "request_id",
        "id",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = ["at", "actor_label", "action", "about", "reason"]
    list_filter = [AboutFilter, "actor_kind"]
    list_select_related = ["organization"]
    search_fields = ["subject_label", "actor_label", "action", "reason", "=subject_id", "=request_id"]
    search_help_text = "Subject, actor, action or reason; a whole id of a subject or request."
    date_hierarchy = "at"
    ordering = ["-id"]

    @admin.display(description="about", ordering="subject_label")
    def about(self, event: AuditEvent) -> SafeString | str:
        try:
            address = reverse(f"admin:{_PAGES.get(event.subject_kind, '')}_change", args=[event.subject_id])
        except NoReverseMatch:
            return f"{event.subject_kind} {event.subject_label}"
        return format_html('{} <a href="{}">{}</a>', event.subject_kind, address, event.subject_label)

    @admin.display(description="facts")
    def changed(self, event: AuditEvent) -> SafeString | str:
        return cells.facts(event.before, event.after)

    @admin.display(description="place in the chain")
    def chain(self, event: AuditEvent) -> SafeString | str:
        placed = AuditLink.objects.filter(event=event).first()
        return cells.link(placed, f"link {placed.seq}") if placed else "not linked yet; a sweep does it within seconds"


@admin.register(AuditLink)
class AuditLinkAdmin(ScopedAdmin):
    paginator = CappedPaginator
    fields = ["seq", "event", "previous", "hash", "organization"]
    list_display = ["seq", "event", "hash", "organization"]
    list_select_related = ["event", "organization"]
    search_fields = ["=seq", "=hash"]
    ordering = ["-id"]


@admin.register(Notice)
class NoticeAdmin(ScopedAdmin):
    """What people were told: read-only."""

    paginator = CappedPaginator
    fields = ["recipient", "kind", "text", "subject_label", "created_at", "read_at", "organization"]
    list_display = ["created_at", "recipient", "kind", "text", "read_at"]
    list_select_related = ["recipient"]
    list_filter = [("read_at", admin.EmptyFieldListFilter)]
    search_fields = ["text", "recipient__name", "subject_label"]
    ordering = ["-id"]
