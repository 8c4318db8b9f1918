"""The admin's frame: who may enter, where one signs in, what it is called (spec U8)."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from workforce.models import AuditEvent, Organization

#: Changes listed on the first page.
RECENT = 10


class ScopedAutocomplete(AutocompleteJsonView):
    """Proposals come from the scoped lists; who administers several organisations is told which one a row is of."""

    model_admin: Any

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return rows.select_related("organization") if self.model_admin.tells_organization(self.request) else rows

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result = super().serialize_result(obj, to_field_name)
        if self.model_admin.tells_organization(self.request):
            result["text"] = f"{result['text']} ({obj.organization})"  # type: ignore[attr-defined]
        return result


class PunchcardAdminSite(AdminSite):
    site_header = "Punchcard"
    site_title = "Punchcard"
    index_title = "HR"
    index_template = "admin/punchcard/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff who are HR or workforce manager somewhere, and superusers."""
        return self.get_model_admin(Organization).has_module_permission(request)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The product's own page signs people in, with its limits on guessing; this one only sends them there."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        if request.user.is_authenticated:
            raise PermissionDenied("The admin is for HR staff and workforce managers.")
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index", current_app=self.name)
        return redirect(f"{reverse('sign-in')}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        recent = self.get_model_admin(AuditEvent).get_queryset(request).order_by("-id")[:RECENT]
        return super().index(request, {"recent": recent, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return ScopedAutocomplete.as_view(admin_site=self)(request)

    def get_urls(self) -> list[Any]:
        """Without the "view on site" redirector: it would tell whether an id of another organisation exists."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
