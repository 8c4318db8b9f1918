"""Prices and weights, set through their services (spec B2, U8)."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from budgets.admin.fields import AmountField
from budgets.models import Price, SpendPolicy
from budgets.rules.price_entry import PRICE_FIELDS, WEIGHTS
from budgets.services import policy, prices
from workforce.admin.deeds import DeedForm
from workforce.admin.export import export_csv
from workforce.admin.fields import moment_field
from workforce.admin.saving import ServiceAdmin, ServiceForm, actor_of
from workforce.admin.scope import scope_of
from workforce.models import Organization
from workforce.templatetags.punchcard import count_of

ADD_EXAMPLES = "Add the example list"
_NOTE = (
    "A short list of made-up models with round prices, so that there is something to start from. Each says that it is "
    "an example: check it against your provider. A model that has a price already is left alone."
)
_COSTS = ["input", "output", "cache_read", "cache_write"]


def _price(label: str) -> AmountField:
    return AmountField(label=label, help_text="Per million tokens, with at most 4 places after the point.")


class PriceForm(ServiceForm):
    valid_from = moment_field("Valid from", "In your time zone. Usage from this moment on is priced by it.")
    input = _price("Input")
    output = _price("Output")
    cache_read = _price("Cache read")
    cache_write = _price("Cache write")

    class Meta:
        model = Price
        fields = ["organization", *PRICE_FIELDS]
        widgets = {"model": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})}
        help_texts = {"model": "Exactly as runtimes report it.", "note": "For example which contract it is from."}


class ExamplesForm(DeedForm):
    organization = forms.ModelChoiceField(Organization.objects.none(), empty_label=None)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = scope_of(request)
        places = Organization.objects.order_by("name")
        field: Any = self.fields["organization"]
        field.queryset = places if scope is None else places.filter(pk__in=scope)
        field.initial = getattr(request, "organization", None)


@admin.register(Price)
class PriceAdmin(ServiceAdmin):
    may_delete = True
    form = PriceForm
    change_list_template = "admin/punchcard/prices.html"
    actions = [export_csv]
    list_display = [
        "model",
        "valid_from",
        "input",
        "output",
        "cache_read",
        "cache_write",
        "flat_rate",
        "note",
        "updated_at",
    ]
    list_filter = ["flat_rate"]
    search_fields = ["model", "note"]
    ordering = ["model", "-valid_from"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.examples_view)
        return [path("examples/", view, name="budgets_price_examples"), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [
            (None, {"fields": ["organization", "model", "valid_from", "flat_rate", "note"]}),
            ("Price per million tokens", {"fields": _COSTS}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["organization"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"valid_from": timezone.now(), **super().get_changeform_initial_data(request)}

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        said = form.changes() if change else dict(form.cleaned_data)
        for name in ("cache_read", "cache_write"):
            if name in said and said[name] is None:
                said[name] = 0
        if change:
            row = form.instance
            return prices.change(organization=row.organization, price_id=row.pk, changes=said, by=by, now=now)
        return prices.add(organization=said.pop("organization"), data=said, by=by, now=now)

    def remove(self, row: Price, *, by: Any, now: Any) -> None:
        prices.delete(organization=row.organization, price_id=row.pk, by=by, now=now)

    def examples_view(self, request: HttpRequest) -> HttpResponse:
        """Asks first; by POST the list is added for the organisation that was chosen."""
        form = ExamplesForm(request.POST if request.method == "POST" else None, request=request)
        places: Any = form.fields["organization"]
        if not places.queryset.exists():
            raise Http404("There is no organisation here.")
        back = reverse("admin:budgets_price_changelist")
        if request.method == "POST" and form.is_valid():
            place = form.cleaned_data["organization"]
            added = prices.seed_examples(organization=place, by=actor_of(request), now=timezone.now())
            self.message_user(request, f"Added {count_of(added, 'example price')}." if added else "All are there.")
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": ADD_EXAMPLES,
            "verb": ADD_EXAMPLES,
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "note": _NOTE,
            "back": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/punchcard/ask.html", context)


def _weight(label: str, default: str) -> AmountField:
    return AmountField(
        label=label, initial=Decimal(default), help_text="What one such token counts against a cap, from 0 to 999.999."
    )


class PolicyForm(ServiceForm):
    input_weight = _weight("Input weight", "1")
    output_weight = _weight("Output weight", "1")
    cache_read_weight = _weight("Cache read weight", "0.1")
    cache_write_weight = _weight("Cache write weight", "1")

    class Meta:
        model = SpendPolicy
        fields = ["organization", "currency", *WEIGHTS]

    def clean_organization(self) -> Organization:
        place: Organization = self.cleaned_data["organization"]
        if self.instance._state.adding and SpendPolicy.objects.filter(organization=place).exists():
            raise forms.ValidationError(f"{place} has one already. Change that.")
        return place


@admin.register(SpendPolicy)
class SpendPolicyAdmin(ServiceAdmin):
    """How usage is counted from now on; what is in the ledger stays as it was counted."""

    form = PolicyForm
    fields = ["organization", "currency", *WEIGHTS]
    list_display = ["organization", "currency", *WEIGHTS, "updated_at"]
    list_select_related = ["organization"]
    search_fields = ["organization__name"]
    ordering = ["organization__name"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("organization")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["organization"] if obj else []

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        place = form.instance.organization if change else form.cleaned_data["organization"]
        said = {name: form.cleaned_data[name] for name in ("currency", *WEIGHTS)}
        return policy.set_policy(organization=place, data=said, by=by, now=now)
