"""API keys: issued, rotated, revoked (spec P4). A token is shown once, on the answer to the request that made it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.agent_deeds import show_token
from workforce.admin.deeds import Deed, DeedForm, DeedsAdmin, Offer
from workforce.admin.fields import moment_field
from workforce.admin.saving import ServiceAdmin, ServiceForm
from workforce.choices import KeyScope
from workforce.models import ApiKey
from workforce.rules.actors import Actor
from workforce.services import keys

_TOKEN = "_issued_token"  # noqa: S105  the name of an attribute


def is_live(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


class RotateForm(DeedForm):
    aliases = {"overlap": "overlap_hours"}
    overlap_hours = forms.IntegerField(
        label="Overlap in hours",
        initial=24,
        min_value=0,
        max_value=720,
        help_text="How long the old key goes on working beside the new one.",
    )
    expires_at = moment_field("The new key expires", "In your time zone. Empty: when the old one was to, if at all.")


class Rotate(Deed):
    name = "rotate"
    form = RotateForm

    def offers(self, row: ApiKey) -> Iterable[Offer]:
        if is_live(row, timezone.now()):
            yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Rotate"

    def consequence(self, row: ApiKey, argument: str) -> str:
        return "A new key with the same reach is shown once, on the next page; the old one ends after the overlap."

    def run(
        self, row: ApiKey, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime
    ) -> tuple[ApiKey, str]:
        overlap = timedelta(hours=answer["overlap_hours"])
        return keys.rotate(key=row, overlap=overlap, expires_at=answer["expires_at"], by=by, now=now)

    def respond(self, admin: Any, request: HttpRequest, row: Any, argument: str, done: Any) -> HttpResponse:
        key, token = done
        return show_token(admin, request, key, token, back=admin.address_of(key))


class Revoke(Deed):
    name = "revoke"
    form = DeedForm

    def offers(self, row: ApiKey) -> Iterable[Offer]:
        if row.revoked_at is None:
            yield Offer(self.verb(""), danger=True)

    def verb(self, argument: str) -> str:
        return "Revoke"

    def consequence(self, row: ApiKey, argument: str) -> str:
        return "From the next request on, everywhere, the key is refused. This cannot be undone."

    def run(self, row: ApiKey, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> ApiKey:
        return keys.revoke(key=row, by=by, now=now)

    def outcome(self, row: ApiKey, argument: str, done: ApiKey) -> str:
        return f"{row} is revoked."


class ApiKeyForm(ServiceForm):
    scopes = forms.MultipleChoiceField(
        choices=KeyScope.pairs,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For an organisation's key. An agent's key has none: it acts as that agent only.",
    )
    expires_at = moment_field("Expires", "In your time zone. Empty: it does not expire.")

    class Meta:
        model = ApiKey
        fields = ["organization", "agent", "name", "scopes", "expires_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(DeedsAdmin, ServiceAdmin):
    may_change = False
    form = ApiKeyForm
    deeds = [Rotate(), Revoke()]
    autocomplete_fields = ["agent"]
    list_display = ["name", "prefix_shown", "acts_as", "standing", "last_used", "expires_at", "organization"]
    list_select_related = ["agent", "organization"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), ("agent", admin.EmptyFieldListFilter)]
    search_fields = ["name", "prefix", "agent__agent_name"]
    ordering = ["-created_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return list(ApiKeyForm.Meta.fields)
        return [
            "name",
            "prefix_shown",
            "acts_as",
            "scopes_shown",
            "standing",
            "created_at",
            "created_by",
            "last_used_at",
            "expires_at",
            "revoked_at",
            "revoked_by_label",
            "replaces",
            "organization",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def write(self, request: HttpRequest, form: Any, formsets: Any, *, change: bool, by: Any, now: Any) -> Model:
        key, token = keys.issue(**form.cleaned_data, by=by, now=now)
        setattr(request, _TOKEN, token)
        return key

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return show_token(
            self, request, obj, getattr(request, _TOKEN), back=reverse("admin:workforce_apikey_changelist")
        )

    @admin.display(description="key", ordering="prefix")
    def prefix_shown(self, key: ApiKey) -> str:
        return f"pck_{key.prefix}_…"

    @admin.display(description="acts as", ordering="agent__agent_name")
    def acts_as(self, key: ApiKey) -> SafeString | str:
        return cells.link(key.agent) if key.agent else "the organisation"

    @admin.display(description="scopes")
    def scopes_shown(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or cells.NOTHING

    @admin.display(description="state", ordering="revoked_at")
    def standing(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "revoked"
        return "valid" if is_live(key, timezone.now()) else "expired"

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> SafeString | str:
        return cells.ago(key.last_used_at)
