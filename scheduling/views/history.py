"""Clock History: every clock event, newest first (spec W8, U1, U6)."""

from typing import Any

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from scheduling.choices import ClockEvent
from scheduling.forms import history_filter
from scheduling.selectors import history
from scheduling.selectors.exports import HISTORY_COLUMNS, history_lines
from workforce.choices import ActorKind
from workforce.middleware import zone_of
from workforce.selectors import search
from workforce.selectors.named import digest, pods_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.export import csv_response


@member_required
@require_safe
@vary_on_headers("HX-Request")
def clock_history(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the table with its filter's notes."""
    organization, context = request.organization, _context(request)
    if request.htmx:
        return render(request, "scheduling/_history.html", context)
    context["pods"] = pods_of(organization)
    context["agent_names"] = history.some_agent_names(organization)
    return render(request, "scheduling/history.html", context)


@member_required
@require_safe
def live(request: MemberRequest) -> HttpResponse:
    """What the open page asks for every few seconds: 304, or the table with its first line."""
    context = _context(request)
    page: history.HistoryPage = context["page"]
    etag = f'W/"{digest(page.version, timezone.localdate(), str(timezone.get_current_timezone()))}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    response = render(request, "scheduling/_history_live.html", {**context, "oob": True})
    response["ETag"] = etag
    return response


def _context(request: MemberRequest) -> dict[str, Any]:
    wanted, notes = history_filter(request.GET, request.organization, zone_of(request.user))
    page = history.history_page(request.organization, wanted)
    return {
        "now": timezone.now(),
        "events": list(ClockEvent),
        "kinds": list(ActorKind),
        "filter": wanted,
        "notes": [*notes, search.note("events")] if page.cut else notes,
        "page": page,
    }


@member_required
@require_safe
def history_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    organization, zone = request.organization, zone_of(request.user)
    wanted, _ = history_filter(request.GET, organization, zone)
    return csv_response("clock-history", HISTORY_COLUMNS, history_lines(organization, wanted, zone=zone))
