"""Token caps: a page of their own, and a line on their agent's (spec U8, B1)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from budgets.choices import CapWindow
from budgets.models import Caps
from budgets.rules import caps as rules
from budgets.services.caps import set_caps
from workforce.admin import cells
from workforce.admin.agents import AgentAdmin
from workforce.admin.base import ScopedInline
from workforce.admin.export import export_csv
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.models import Agent


class TokensField(forms.Field):
    """Tokens as people write them; whether they may be set, the service says."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 40, "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        return rules.typed(str(value or ""))

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != self.to_python(data))


def _field(window: CapWindow) -> TokensField:
    return TokensField(
        required=False,
        label=f"{window.label} Token Cap",
        help_text="Whole tokens. Empty is no cap, 0 means nothing may be spent.",
    )


class CapsForm(ServiceForm):
    daily_tokens = _field(CapWindow.DAILY)
    weekly_tokens = _field(CapWindow.WEEKLY)
    monthly_tokens = _field(CapWindow.MONTHLY)
    annual_tokens = _field(CapWindow.ANNUAL)

    class Meta:
        model = Caps
        fields = ["agent", *rules.TOKEN_FIELDS]

    def clean_agent(self) -> Agent:
        """Caps are set once per agent and changed from then on."""
        agent: Agent = self.cleaned_data["agent"]
        if self.instance._state.adding and Caps.objects.filter(agent=agent).exists():
            raise forms.ValidationError(f"{agent.agent_name} has token caps already. Change those.")
        return agent

    def clean(self) -> dict[str, Any]:
        """An agent without any cap needs no row."""
        if self.instance._state.adding and all(self.cleaned_data.get(name) is None for name in rules.TOKEN_FIELDS):
            raise forms.ValidationError("Give at least one cap.")
        return self.cleaned_data


@admin.register(Caps)
class CapsAdmin(ServiceAdmin):
    scope_path = "agent__organization"
    form = CapsForm
    fields = ["agent", *rules.TOKEN_FIELDS]
    autocomplete_fields = ["agent"]
    actions = [export_csv]
    list_display = ["agent", *rules.TOKEN_FIELDS, "updated_at"]
    list_select_related = ["agent"]
    search_fields = ["agent__agent_name", "agent__team__name"]
    ordering = ["agent__agent_name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agent"] if obj else []

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        agent = form.instance.agent if change else form.cleaned_data["agent"]
        caps = {name: form.cleaned_data[name] for name in rules.TOKEN_FIELDS}
        return set_caps(organization=agent.organization, agent_id=agent.pk, caps=caps, by=by, now=now)


class CapsInline(ScopedInline):
    """What the agent may spend, with the way to its caps' own page."""

    model = Caps
    readonly_fields = ["caps_shown"]
    fields = [*readonly_fields]
    verbose_name_plural = "token caps"

    @admin.display(description="caps")
    def caps_shown(self, caps: Caps) -> SafeString | str:
        kept = caps.tokens()
        said = [f"{w.label} {rules.in_words(kept[w.field])}" for w in CapWindow if kept[w.field] is not None]
        return cells.link(caps, ", ".join(said) or "No caps set")


AgentAdmin.extend(inlines=[CapsInline])
