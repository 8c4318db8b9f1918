"""Organisations, people and memberships (spec P1, P2)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from workforce.admin import cells
from workforce.admin.base import ScopedAdmin, ScopedInline
from workforce.admin.deeds import Deed, DeedForm, DeedsAdmin, Offer
from workforce.admin.export import export_csv
from workforce.admin.fields import ChoiceInput
from workforce.admin.saving import ServiceAdmin, ServiceForm, actor_of
from workforce.admin.scope import scope_of
from workforce.choices import Role
from workforce.models import Membership, Organization, User
from workforce.rules.actors import Actor
from workforce.rules.zones import zone_choices
from workforce.services import accounts, people


class OrganizationForm(ServiceForm):
    time_zone = forms.CharField(max_length=64, widget=ChoiceInput(zone_choices()))

    class Meta:
        model = Organization
        fields = ["name", "slug", "time_zone"]


@admin.register(Organization)
class OrganizationAdmin(ServiceAdmin):
    scope_path = "pk"
    form = OrganizationForm
    fields = ["name", "slug", "time_zone", "created_at"]
    list_display = ["name", "slug", "time_zone", "created_at"]
    search_fields = ["name", "slug"]
    ordering = ["name"]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A new organisation is outside everybody's scope but a superuser's."""
        return scope_of(request) is None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["slug", "created_at"] if obj else ["created_at"]

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        said = form.cleaned_data
        if change:
            return people.edit_organization(
                organization=form.instance, name=said["name"], time_zone=said["time_zone"], by=by, now=now
            )
        return people.create_organization(**said, by=by, now=now)


class RoleForm(ServiceForm):
    """Of a member who is one: the person and the place stay."""

    class Meta:
        model = Membership
        fields = ["role"]


class MembershipForm(ServiceForm):
    email = forms.EmailField(label="E-mail address", help_text="Someone who is known already is added by it.")
    name = forms.CharField(max_length=120, required=False, help_text="Of a person who is new here.")

    class Meta:
        model = Membership
        fields = ["organization", "role"]


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    may_delete = True
    form = MembershipForm
    actions = [export_csv]
    list_display = ["user", "role", "organization", "created_at"]
    list_select_related = ["user", "organization"]
    list_filter = ["role"]
    search_fields = ["user__name", "user__email"]
    ordering = ["organization__name", "user__name"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{**({"form": RoleForm} if obj else {}), **kwargs})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["user", "organization", "role", "created_at"] if obj else ["organization", "email", "name", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "organization", "created_at"] if obj else []

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        if change:
            return people.change_role(membership=form.instance, role=form.cleaned_data["role"], by=by, now=now)
        return people.add_member(**form.cleaned_data, by=by, now=now)

    def remove(self, row: Membership, *, by: Any, now: Any) -> None:
        people.remove_member(membership=row, by=by, now=now)


class MembershipInline(ScopedInline):
    model = Membership
    readonly_fields = ["organization", "role_shown", "created_at"]
    fields = [*readonly_fields]

    @admin.display(description="role")
    def role_shown(self, membership: Membership) -> SafeString | str:
        return cells.link(membership, Role(membership.role).label)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Not even the name of an organisation the reader has no part in."""
        rows = super().get_queryset(request).select_related("organization", "user")
        scope = scope_of(request)
        return rows if scope is None else rows.filter(organization__in=scope)


class PasswordForm(DeedForm):
    password = forms.CharField(
        label="New password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label="Once more", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> None:
        if self.cleaned_data.get("password") != self.cleaned_data.get("again"):
            self.add_error("again", "The two do not match.")


class SetPassword(Deed):
    name = "password"
    form = PasswordForm

    def offers(self, row: User) -> Iterable[Offer]:
        yield Offer(self.verb(""))

    def verb(self, argument: str) -> str:
        return "Set a password"

    def consequence(self, row: User, argument: str) -> str:
        return "Tell it to the person in a safe way; it is not sent or stored anywhere. They can change it themselves."

    def run(self, row: User, argument: str, answer: dict[str, Any], *, by: Actor, now: datetime) -> User:
        return accounts.set_password(user=row, password=answer["password"], by=by, now=now)

    def outcome(self, row: User, argument: str, done: User) -> str:
        return f"{row} can sign in with the new password."


class UserForm(ServiceForm):
    class Meta:
        model = User
        fields = ["is_active", "is_staff"]


@admin.register(User)
class UserAdmin(DeedsAdmin, ServiceAdmin):
    """People of one's own organisations. What belongs to a person is changed by that person; HR opens and closes."""

    scope_path = "memberships__organization"
    may_add = False
    form = UserForm
    fields = ["name", "email", "time_zone", "is_active", "is_staff", "last_login", "created_at"]
    readonly_fields = ["name", "email", "time_zone", "last_login", "created_at"]
    inlines = [MembershipInline]
    deeds = [SetPassword()]
    actions = [export_csv]
    list_display = ["name", "email", "time_zone", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "email"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows = super(ScopedAdmin, self).get_queryset(request)
        scope = scope_of(request)
        if scope is None:
            return rows
        return rows.filter(pk__in=Membership.objects.filter(organization__in=scope).values("user"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or accounts.can_administer(by=actor_of(request), user=obj)

    def buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        may = accounts.can_set_password(by=actor_of(request), user=row)
        return super().buttons(request, row) if may else []

    def write(
        self, request: HttpRequest, form: Any, formsets: list[BaseInlineFormSet], *, change: bool, by: Any, now: Any
    ) -> Model:
        return accounts.set_access(user=form.instance, **form.cleaned_data, by=by, now=now)
