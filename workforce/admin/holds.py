"""Holds, and what runtimes are still to be told."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.agent_deeds import PLACED_BY_PEOPLE
from workforce.admin.base import CappedPaginator, ScopedAdmin
from workforce.admin.deeds import Deed, DeedsAdmin, Offer, OptionalReasonForm
from workforce.admin.export import export_csv
from workforce.admin.fields import moment_field
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.choices import HoldKind
from workforce.models import Command, Hold
from workforce.rules.actors import Actor
from workforce.services import holds


class Release(Deed):
    name = "release"
    form = OptionalReasonForm

    def offers(self, row: Hold) -> Iterable[Offer]:
        if row.released_at is None:
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Release"

    def consequence(self, row: Hold, argument: str) -> str:
        return "Other holds stay. With none left, a paused agent becomes ready."

    def run(self, row: Hold, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> Hold:
        return holds.release(
            organization=row.organization_id,
            agent_id=row.agent_id,
            kind=HoldKind(row.kind),
            reason=answer["reason"],
            by=by,
            now=now,
        )

    def outcome(self, row: Hold, argument: str, done: Hold) -> str:
        return f"{row.agent.agent_name}: released “{HoldKind(row.kind).label.lower()}”."


class HoldForm(ServiceForm):
    kind = forms.ChoiceField(choices=PLACED_BY_PEOPLE)
    until = moment_field("Until", "In your time zone. Ends by itself then; empty: when it is released.")

    class Meta:
        model = Hold
        fields = ["agent", "kind", "reason", "until"]


class ActiveFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("released", "Released")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        if self.value() not in ("active", "released"):
            return queryset
        return queryset.filter(released_at__isnull=self.value() == "active")


@admin.register(Hold)
class HoldAdmin(DeedsAdmin, ServiceAdmin):
    may_change = False
    form = HoldForm
    deeds = [Release()]
    actions = [export_csv]
    autocomplete_fields = ["agent"]
    list_display = [
        "agent_shown",
        "kind",
        "reason",
        "placed_at",
        "placed_by_label",
        "until",
        "released_at",
        "released_by_label",
    ]
    list_select_related = ["agent"]
    list_filter = [ActiveFilter, "kind"]
    search_fields = ["agent__agent_name", "reason", "placed_by_label"]
    ordering = ["-placed_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return list(HoldForm.Meta.fields)
        return [
            "agent_shown",
            "kind",
            "reason",
            "placed_at",
            "placed_by_label",
            "until",
            "released_at",
            "released_by_label",
            "release_reason",
            "organization",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def write(self, request: HttpRequest, form: Any, formsets: Any, *, change: bool, by: Any, now: Any) -> Model:
        said = form.cleaned_data
        agent = said["agent"]
        return holds.place(
            organization=agent.organization_id,
            agent_id=agent.pk,
            kind=HoldKind(said["kind"]),
            reason=said["reason"],
            until=said["until"],
            by=by,
            now=now,
        )

    def audited_as(self, row: Hold) -> str:
        """Holds are told as part of their agent's story."""
        return str(row.agent_id)

    @admin.display(description="agent", ordering="agent__agent_name")
    def agent_shown(self, hold: Hold) -> SafeString | str:
        return cells.link(hold.agent)


@admin.register(Command)
class CommandAdmin(ScopedAdmin):
    """Read-only: the outbox to runtimes."""

    paginator = CappedPaginator
    fields = [
        "agent",
        "command",
        "reason",
        "issued_at",
        "issued_by_label",
        "delivered_at",
        "acknowledged_at",
        "superseded_at",
        "organization",
    ]
    list_display = ["agent", "command", "reason", "issued_at", "issued_by_label", "delivered_at", "acknowledged_at"]
    list_select_related = ["agent"]
    list_filter = ["command", ("acknowledged_at", admin.EmptyFieldListFilter)]
    search_fields = ["agent__agent_name", "reason"]
    ordering = ["-id"]
