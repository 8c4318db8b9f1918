"""The search in the header: pages, agents and tasks by a few letters; a page of its own without a script (spec U7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from workforce.selectors.find import MOST, find
from workforce.views.access import MemberRequest, member_required

LONGEST = 80
MOST_ON_PAGE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """A page or a thing to do, by the name of its address; ``also`` are other words somebody may type for it."""

    label: str
    url_name: str
    icon: str
    also: str = ""
    staff: bool = False

    @property
    def address(self) -> str:
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


PLACES = (
    Place("Overview", "overview", "grid", "home roster agents clock"),
    Place("Schedules", "schedules", "cal", "working hours shifts"),
    Place("Task Queue", "tasks", "task", "tasks work queue"),
    Place("Workstreams", "workstreams", "task", "assignments dri initiatives"),
    Place("Budgets", "budgets", "meter", "caps tokens"),
    Place("Clock History", "clock-history", "clock", "records log"),
    Place("Planned leave", "leave", "cal", "absence holiday"),
    Place("Create Task", "task-new", "plus", "new give work"),
    Place("Create Workstream", "workstream-new", "plus", "new initiative"),
    Place("Create Schedule", "schedule-new", "plus", "new hours"),
    Place("Import agents", "agents-import", "plus", "hire csv roster"),
    Place("Preferences", "preferences", "person", "time zone theme"),
    Place("Admin", "admin:index", "gear", "hr people keys audit", staff=True),
)


@member_required
@require_safe
@vary_on_headers("HX-Request")
def search(request: MemberRequest) -> HttpResponse:
    """For htmx the few best under the field; else a page with more of each. Nothing typed: the pages to go to."""
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST]
    found = find(request.organization, q, most=MOST if request.htmx else MOST_ON_PAGE)
    context: dict[str, Any] = {"q": q, "found": found, "places": places(q, staff=request.user.is_staff)}
    context["nothing"] = not (context["places"] or found.agents or found.tasks)
    return render(request, "workforce/find/_found.html" if request.htmx else "workforce/find/search.html", context)


def places(q: str, *, staff: bool) -> Sequence[Place]:
    """Those where every word begins a word of the label or stands for it."""
    words = q.lower().split()
    return [
        place
        for place in PLACES
        if (staff or not place.staff) and place.address and all(_begins(word, place) for word in words)
    ]


def _begins(word: str, place: Place) -> bool:
    return any(other.startswith(word) for other in f"{place.label} {place.also}".lower().split())
