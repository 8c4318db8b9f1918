"""Heartbeats, read-only. The table is the largest of all: no list here sorts or counts it whole."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from heartbeats.models import Heartbeat
from workforce.admin import cells
from workforce.admin.base import SEARCH_MAX, CappedPaginator, ScopedAdmin
from workforce.choices import HeartbeatStatus
from workforce.models import Agent

#: A search for an agent's name takes at most so many agents.
AGENTS_FOUND = 50


@admin.register(Heartbeat)
class HeartbeatAdmin(ScopedAdmin):
    paginator = CappedPaginator
    readonly_fields = [
        "heartbeat_id",
        "agent",
        "emitted_at",
        "received_at",
        "status_shown",
        "work_mode",
        "active_assignment_id",
        "queue_depth",
        "error_count_1h",
        "latency_p95_ms",
        "token_burn_1h",
        "summary",
        "late",
        "out_of_order",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = [
        "received_at",
        "agent",
        "status_shown",
        "work_mode",
        "queue_depth",
        "error_count_1h",
        "latency_p95_ms",
        "summary",
        "late",
        "out_of_order",
    ]
    list_select_related = ["agent"]
    list_filter = ["status", "work_mode", "late", "out_of_order"]
    search_fields = ["agent__agent_name"]
    search_help_text = "Name of an agent."
    sortable_by = ["received_at"]
    ordering = ["-heartbeat_id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Heartbeat], search_term: str
    ) -> tuple[QuerySet[Heartbeat], bool]:
        """By agent first, so that the index on (agent, received) does the rest."""
        name = search_term[:SEARCH_MAX].strip()
        if not name:
            return queryset, False
        agents = Agent.objects.filter(agent_name__icontains=name).values_list("pk", flat=True)
        found = self.admin_site.get_model_admin(Agent).get_queryset(request).filter(pk__in=agents)
        ids = list(found.values_list("pk", flat=True)[:AGENTS_FOUND])
        return queryset.filter(agent__in=ids).order_by("-received_at"), False

    @admin.display(description="status", ordering="status")
    def status_shown(self, heartbeat: Heartbeat) -> SafeString | Any:
        return cells.status(HeartbeatStatus(heartbeat.status))
