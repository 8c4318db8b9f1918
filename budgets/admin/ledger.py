"""Read-only: the ledger of usage and its days, what is reserved, and what happened at caps (spec B2 to B4, B7, U8)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from budgets.admin.fields import amount, cost
from budgets.models import BurnAnomaly, CapMark, Price, Reservation, Usage, UsageDay
from workforce.admin import cells
from workforce.admin.base import CappedPaginator, ScopedAdmin, ScopedRelatedFilter
from workforce.admin.export import export_csv
from workforce.admin.scope import scope_of

#: The newest rows among which names of models are looked for: no list of all of the ledger's is made for a filter.
_NEWEST = 5_000
_AGENT = ("agent", ScopedRelatedFilter)


class ModelFilter(admin.SimpleListFilter):
    """Models that have a price, and those of the newest usage."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Usage.objects.order_by("-id").values_list("organization_id", "model")[:_NEWEST]
        priced = Price.objects.order_by().values_list("organization_id", "model").distinct()[:_NEWEST]
        scope = scope_of(request)
        names = {model for place, model in {*newest, *priced} if scope is None or place in scope}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Usage]) -> QuerySet[Usage]:
        return queryset.filter(model=self.value()) if self.value() else queryset


class Record(ScopedAdmin):
    """A list that grows: newest first by the time-ordered key, counted no further than pages are turned."""

    paginator = CappedPaginator
    actions = [export_csv]
    list_select_related = ["agent"]
    search_fields = ["agent__agent_name"]
    ordering = ["-id"]

    @admin.display(description="agent", ordering="agent__agent_name")
    def agent_shown(self, row: Any) -> SafeString | str:
        return cells.link(row.agent)


class Priced(Record):
    @admin.display(description="list cost")
    def listed(self, row: Any) -> str:
        return cost(row.list_cost)

    @admin.display(description="billed cost")
    def billed(self, row: Any) -> str:
        return cost(row.billed_cost)


_CLASSES = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"]


@admin.register(Usage)
class UsageAdmin(Priced):
    readonly_fields = [
        "agent_shown",
        "at",
        "received_at",
        "model",
        "key",
        "task",
        *_CLASSES,
        "counted_tokens",
        "listed",
        "billed",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = ["at", "agent_shown", "model", *_CLASSES, "counted_tokens", "listed", "billed", "key"]
    list_filter = [_AGENT, ModelFilter, "at"]
    search_fields = ["=key", "=model", "agent__agent_name"]
    search_help_text = "A whole key or model, or part of an agent's name."


@admin.register(UsageDay)
class UsageDayAdmin(Priced):
    """Days of the zone that the agent's windows were in."""

    readonly_fields = [
        "agent_shown",
        "day",
        *_CLASSES,
        "counted_tokens",
        "unpriced_tokens",
        "listed",
        "billed",
        "entries",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = ["day", "agent_shown", *_CLASSES, "counted_tokens", "unpriced_tokens", "listed", "billed", "entries"]
    list_filter = [_AGENT, "day"]
    ordering = ["-day", "-id"]


@admin.register(Reservation)
class ReservationAdmin(Record):
    readonly_fields = [
        "agent_shown",
        "subject_kind",
        "subject_id",
        "tokens",
        "left_tokens",
        "used_tokens",
        "cost_shown",
        "opened_at",
        "expires_at",
        "ended_at",
        "ended",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = [
        "opened_at",
        "agent_shown",
        "subject_kind",
        "tokens",
        "left_tokens",
        "used_tokens",
        "expires_at",
        "ended_at",
        "ended",
    ]
    list_filter = [_AGENT, "ended"]
    search_fields = ["agent__agent_name", "=subject_id"]

    @admin.display(description="cost: reserved, left, used")
    def cost_shown(self, row: Reservation) -> str:
        return ", ".join(map(amount, (row.cost, row.left_cost, row.used_cost)))


@admin.register(CapMark)
class CapMarkAdmin(Record):
    """Thresholds that were passed."""

    readonly_fields = [
        "agent_shown",
        "window",
        "measure",
        "since",
        "level",
        "cap_shown",
        "used_shown",
        "at",
        "organization",
    ]
    fields = [*readonly_fields]
    list_display = ["at", "agent_shown", "window", "measure", "level", "cap_shown", "used_shown", "since"]
    list_filter = [_AGENT, "window", "measure", "level"]

    @admin.display(description="cap")
    def cap_shown(self, row: CapMark) -> str:
        return amount(row.cap)

    @admin.display(description="used")
    def used_shown(self, row: CapMark) -> str:
        return amount(row.used)


@admin.register(BurnAnomaly)
class BurnAnomalyAdmin(ScopedAdmin):
    paginator = CappedPaginator
    actions = [export_csv]
    fields = [
        "subject_kind",
        "subject_label",
        "hour",
        "tokens",
        "baseline",
        "threshold",
        "hours",
        "at",
        "organization",
    ]
    list_display = ["hour", "subject_kind", "subject_label", "tokens", "baseline", "threshold", "hours", "at"]
    list_filter = ["subject_kind", "hour"]
    search_fields = ["subject_label", "=subject_id"]
    ordering = ["-id"]
