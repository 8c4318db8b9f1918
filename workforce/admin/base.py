"""What every admin page shares: only one's own organisations, no secret in the address, lists that stay fast."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.forms import Field as FormField
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from workforce.admin.fields import ScopedAutocomplete, is_uuid
from workforce.admin.scope import covers, scope_of, sees_several

#: Longer searches are cut: every word becomes a condition.
SEARCH_MAX = 200


class CappedPaginator(Paginator):
    """Counts no further than ``most`` rows: on tables that grow for ever, filters narrow and pages do not."""

    most = 5_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows[: self.most].count()


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """A filter by another row that offers only rows of one's own organisations."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        related = model_admin.admin_site.get_model_admin(field.remote_field.model)
        return [(row.pk, str(row)) for row in related.get_queryset(request)[:200]]


class ScopedPermissions:
    """Who may do what follows from memberships, not from Django's permission rows. Shared by pages and inlines."""

    may_add: ClassVar[bool] = False
    may_change: ClassVar[bool] = False
    may_delete: ClassVar[bool] = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return covers(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return covers(request, None)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_add and covers(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_change and covers(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_delete and covers(request, obj)


class ScopedAdmin(ScopedPermissions, admin.ModelAdmin):
    """Read-only unless ``may_add`` and its like say otherwise. ``scope_path`` leads from a row to its organisation."""

    scope_path: ClassVar[str] = "organization"
    #: Never to be guessed letter by letter through ``?field__startswith=``.
    secret_fields: ClassVar[frozenset[str]] = frozenset({"password", "digest"})
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    list_select_related: ClassVar[Any] = ()
    #: Whether the audit knows these rows as subjects.
    has_history: ClassVar[bool] = False
    change_form_template = "admin/punchcard/change_form.html"
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        scope = scope_of(request)
        return rows if scope is None else rows.filter(**{f"{self.scope_path}__in": scope})

    def tells_organization(self, request: HttpRequest) -> bool:
        """Whether the organisation of a row is worth naming: to those who see several."""
        return self.scope_path == "organization" and sees_several(request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        filters: list[Any] = list(super().get_list_filter(request))
        if self.tells_organization(request):
            filters.insert(0, ("organization", ScopedRelatedFilter))
        return filters

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term[:SEARCH_MAX])

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if self.secret_fields.intersection(lookup.split("__")):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        related = self.admin_site.get_model_admin(db_field.remote_field.model)
        kwargs["queryset"] = related.get_queryset(request)
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = ScopedAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """Choices only: another row is added and changed on its own page, not in a pop-up beside this one."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title[:1].upper() + title[1:], **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """A page is called after what it shows."""
        if (obj := kwargs.get("obj")) is not None:
            context.update(title=str(obj), subtitle=None, has_history=self.has_history)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address such as ``?agent=…`` proposes, if it is the reader's to choose; and the organisation."""
        initial = super().get_changeform_initial_data(request)
        for name in list(initial):
            field: Any = next((f for f in self.opts.fields if f.name == name and f.is_relation), None)
            if field is not None:
                related = self.admin_site.get_model_admin(field.remote_field.model)
                known = is_uuid(initial[name]) and related.get_queryset(request).filter(pk=initial[name]).exists()
                if not known:
                    del initial[name]
        current = getattr(request, "organization", None)
        if current is not None and covers(request, current):
            initial.setdefault("organization", str(current.pk))
        return initial

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing is removed from a list: where rows can go at all, each is asked for by name."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_action(  # type: ignore[override]  # the stubs are ahead of Django 5.2 here
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """What cannot be an id chooses nothing."""
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(chosen)
        except ValidationError:
            self.message_user(request, "Choose rows of this list.", level="error")
            return None
        return super().response_action(request, queryset)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404("There is no such thing here.")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history of a thing is its part of the audit."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404("There is no such thing here.")
        audit = reverse("admin:workforce_auditevent_changelist", current_app=self.admin_site.name)
        return HttpResponseRedirect(f"{audit}?{urlencode({'subject_id': self.audited_as(row)})}")

    def audited_as(self, row: Any) -> str:
        """The id under which the audit knows this row."""
        return str(row.pk)

    # The audit is the record of changes; Django's own log would be a second one, without reasons.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # type: ignore[override]
        return None


class ScopedInline(ScopedPermissions, admin.TabularInline):
    """Rows beside their parent, read-only: what changes them has its own page."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.readonly_fields if self.may_change else self.fields or ()
