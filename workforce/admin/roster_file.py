"""The roster as a file, in the admin: taken out, looked at, taken in (spec R9, U8)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from workforce.admin.base import ScopedAdmin
from workforce.admin.export import EXPORT_MOST
from workforce.admin.fields import is_uuid
from workforce.admin.saving import actor_of
from workforce.admin.scope import scope_of
from workforce.models import Agent, Organization
from workforce.rules.refusals import Invalid
from workforce.rules.roster_csv import COLUMNS
from workforce.selectors.hiring import roster_lines
from workforce.services import roster_import
from workforce.templatetags.punchcard import count_of
from workforce.views.export import csv_response
from workforce.views.roster_file import Given, given_in, shown
from workforce.views.roster_import import IMPORTED


@admin.action(description="Export as CSV for import")
def export_roster(model_admin: Any, request: HttpRequest, queryset: QuerySet[Agent]) -> StreamingHttpResponse:
    """The chosen agents, at most ``EXPORT_MOST``, as import takes them back."""
    agents = Agent.objects.filter(pk__in=queryset.order_by().values("pk")).order_by("agent_name")[:EXPORT_MOST]
    return csv_response("roster", COLUMNS, roster_lines(agents))


class RosterFileAdmin(ScopedAdmin):
    """With a page beside the list that imports agents."""

    change_list_template = "admin/punchcard/agents.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="workforce_agent_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """What is sent is looked at; with ``import``, and unchanged since, it is imported."""
        places = _places(request)
        if not places:
            raise Http404("There is no organisation here.")
        place = _place(request, places)
        if request.method != "POST":
            return self._page(request, Given(), place, places)
        given, by = given_in(request), actor_of(request)
        if not given.meant:
            return self._page(request, given, place, places)
        try:
            hired = roster_import.run(organization=place, text=given.text, by=by, now=timezone.now())
        except Invalid:
            return self._page(request, given, place, places)  # something has changed since: it is looked at anew
        self.message_user(request, IMPORTED.format(count_of(len(hired), "agent")))
        return HttpResponseRedirect(reverse("admin:workforce_agent_changelist"))

    def _page(
        self, request: HttpRequest, given: Given, place: Organization, places: list[Organization]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import agents",
            "opts": self.opts,
            "given": given,
            "place": place,
            "places": places,
            "columns": COLUMNS,
        }
        if request.method == "POST" and not given.fault:
            found = roster_import.preview(organization=place, text=given.text, by=actor_of(request))
            faults, more = shown(found.faults)
            context |= {"found": found, "faults": faults, "more": more}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/punchcard/import.html", context)


def _places(request: HttpRequest) -> list[Organization]:
    """The organisations this person may hire for."""
    scope = scope_of(request)
    places = Organization.objects.order_by("name")
    return list(places if scope is None else places.filter(pk__in=scope))


def _place(request: HttpRequest, places: list[Organization]) -> Organization:
    """The one that was chosen, or else the one the reader is in. Raises ``Http404`` for any other."""
    asked = request.POST.get("organization", "")
    if asked:
        found = next((place for place in places if is_uuid(asked) and str(place.pk) == asked.lower()), None)
        if found is None:
            raise Http404("There is no such organisation here.")
        return found
    current = getattr(request, "organization", None)
    return current if current in places else places[0]
