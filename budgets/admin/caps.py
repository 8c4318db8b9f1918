"""Caps: a page of their own, and a line on their agent's (spec U8, B1, B4)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from budgets.admin.fields import AmountField, TokensField, amount
from budgets.choices import CapMeasure, CapsKept, CapWindow, OnCap
from budgets.models import Caps
from budgets.rules import caps as rules
from budgets.rules.gauges import Figure, Gauge
from budgets.services.caps import set_caps
from workforce.admin import cells
from workforce.admin.agents import AgentAdmin
from workforce.admin.base import ScopedInline, ScopedRelatedFilter
from workforce.admin.export import export_csv
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.models import Agent

_CAPS = (*rules.TOKEN_FIELDS, *rules.COST_FIELDS)


def _tokens(window: CapWindow) -> TokensField:
    return TokensField(
        label=f"{window.label} Token Cap", help_text="Whole tokens. Empty is no cap, 0 means nothing may be spent."
    )


def _cost(window: CapWindow) -> AmountField:
    return AmountField(label=f"{window.label} cost cap", help_text="At list prices, in the organisation's currency.")


class CapsForm(ServiceForm):
    daily_tokens = _tokens(CapWindow.DAILY)
    weekly_tokens = _tokens(CapWindow.WEEKLY)
    monthly_tokens = _tokens(CapWindow.MONTHLY)
    annual_tokens = _tokens(CapWindow.ANNUAL)
    daily_cost = _cost(CapWindow.DAILY)
    weekly_cost = _cost(CapWindow.WEEKLY)
    monthly_cost = _cost(CapWindow.MONTHLY)
    annual_cost = _cost(CapWindow.ANNUAL)

    class Meta:
        model = Caps
        fields = ["agent", *rules.FIELDS]
        labels = {"on_cap": "At a cap"}

    def clean_agent(self) -> Agent:
        """Caps are set once per agent and changed from then on. What it used is counted without any, too."""
        agent: Agent = self.cleaned_data["agent"]
        there = Caps.objects.filter(agent=agent).first() if self.instance._state.adding else None
        if there is not None and there.any_set:
            raise forms.ValidationError(f"{agent.agent_name} has token caps already. Change those.")
        return agent

    def clean(self) -> dict[str, Any]:
        """An agent without any cap needs no row."""
        if self.instance._state.adding and all(self.cleaned_data.get(name) is None for name in _CAPS):
            raise forms.ValidationError("Give at least one cap.")
        return self.cleaned_data


_STANDING = ["standing", "reserved", "updated_at"]


class KeptFilter(admin.SimpleListFilter):
    """What an agent used is counted without caps, too: its row is there, and most of such rows are of no interest."""

    title = "caps"
    parameter_name = "kept"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return CapsKept.pairs()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Caps]) -> QuerySet[Caps]:
        if self.value() not in list(CapsKept):
            return queryset
        none = Q(**{f"{name}__isnull": True for name in _CAPS})
        return queryset.filter(none if self.value() == CapsKept.NONE else ~none)


@admin.register(Caps)
class CapsAdmin(ServiceAdmin):
    scope_path = "agent__organization"
    form = CapsForm
    autocomplete_fields = ["agent"]
    actions = [export_csv]
    list_display = [
        "agent",
        "on_cap_shown",
        *rules.TOKEN_FIELDS,
        *(f"{name}_shown" for name in rules.COST_FIELDS),
        "updated_at",
    ]
    list_select_related = ["agent", "agent__organization"]
    list_filter = [KeptFilter, "on_cap", ("agent__team", ScopedRelatedFilter)]
    search_fields = ["agent__agent_name", "agent__team__name"]
    ordering = ["agent__agent_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Caps]:
        return super().get_queryset(request).select_related("agent__organization")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            *([("Standing", {"fields": _STANDING})] if obj else []),
            (None, {"fields": ["agent", "on_cap"]}),
            ("Caps in tokens", {"fields": list(rules.TOKEN_FIELDS)}),
            ("Caps in money", {"fields": list(rules.COST_FIELDS)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agent", *_STANDING] if obj else []

    def audited_as(self, row: Caps) -> str:
        """Caps are told as part of their agent's story."""
        return str(row.agent_id)

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        agent = form.instance.agent if change else form.cleaned_data["agent"]
        caps = {name: form.cleaned_data[name] for name in rules.FIELDS}
        return set_caps(organization=agent.organization, agent_id=agent.pk, caps=caps, by=by, now=now)

    @admin.display(description="at a cap", ordering="on_cap")
    def on_cap_shown(self, caps: Caps) -> str:
        return OnCap(caps.on_cap).short if caps.any_set else cells.NOTHING

    @admin.display(description="daily cost", ordering="daily_cost")
    def daily_cost_shown(self, caps: Caps) -> str:
        return amount(caps.daily_cost)

    @admin.display(description="weekly cost", ordering="weekly_cost")
    def weekly_cost_shown(self, caps: Caps) -> str:
        return amount(caps.weekly_cost)

    @admin.display(description="monthly cost", ordering="monthly_cost")
    def monthly_cost_shown(self, caps: Caps) -> str:
        return amount(caps.monthly_cost)

    @admin.display(description="annual cost", ordering="annual_cost")
    def annual_cost_shown(self, caps: Caps) -> str:
        return amount(caps.annual_cost)

    @admin.display(description="used in the windows that run")
    def standing(self, caps: Caps) -> SafeString | str:
        gauges = caps.gauges(caps.agent.organization.time_zone, timezone.now())
        half = len(gauges) // 2
        row = '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>'
        rows = format_html_join(
            "",
            row,
            (
                (tokens.window.label, _used(tokens), _used(cost))
                for tokens, cost in zip(gauges[:half], gauges[half:], strict=True)
            ),
        )
        return format_html(
            '<table class="facts"><thead><tr><th scope="col">Window</th><th scope="col">Tokens</th>'
            '<th scope="col">List cost</th></tr></thead><tbody>{}</tbody></table>',
            rows,
        )

    @admin.display(description="reserved for work that has begun")
    def reserved(self, caps: Caps) -> str:
        return f"{caps.reserved_tokens:,} tokens, cost {amount(caps.reserved_cost)}"


def _used(gauge: Gauge) -> str:
    def shown(figure: Figure) -> str:
        return f"{figure:,}" if gauge.measure == CapMeasure.TOKENS else amount(Decimal(figure))

    if gauge.cap is None:
        return f"{shown(gauge.used)}, no cap"
    return f"{shown(gauge.used)} of {shown(gauge.cap)} ({gauge.share:,} %)"


class CapsInline(ScopedInline):
    """What the agent may spend, with the way to its caps' own page."""

    model = Caps
    readonly_fields = ["caps_shown", "on_cap_shown"]
    fields = [*readonly_fields]
    verbose_name_plural = "token and cost caps"

    @admin.display(description="caps")
    def caps_shown(self, caps: Caps) -> SafeString | str:
        kept = caps.caps()
        said = [f"{w.label} {rules.in_words(kept[w.field])}" for w in CapWindow if kept[w.field] is not None]
        said += [f"{w.label} cost {amount(kept[w.cost_field])}" for w in CapWindow if kept[w.cost_field] is not None]
        return cells.link(caps, ", ".join(said) or "No caps set")

    @admin.display(description="at a cap")
    def on_cap_shown(self, caps: Caps) -> str:
        return OnCap(caps.on_cap).label


AgentAdmin.extend(inlines=[CapsInline])
