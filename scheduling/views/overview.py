"""The Overview: who is working now, and what needs the reader (spec U1)."""

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from scheduling.forms import roster_filter
from scheduling.selectors import roster
from scheduling.selectors.exports import ROSTER_COLUMNS, roster_lines
from scheduling.views.parts import roster_context, top_context
from workforce.selectors.named import digest, pods_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.export import csv_response


@member_required
@require_safe
@vary_on_headers("HX-Request")
def overview(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the table with its filter's notes."""
    context = roster_context(request)
    if request.htmx:
        return render(request, "scheduling/_roster.html", context)
    context = {**context, **top_context(request), "pods": pods_of(request.organization)}
    return render(request, "scheduling/overview.html", context)


@member_required
@require_safe
@vary_on_headers("HX-Request")
def live(request: MemberRequest) -> HttpResponse:
    """What the open page asks for every few seconds: 304, or the parts by id, each with its version."""
    context = {**roster_context(request), **top_context(request), "oob": True}
    page: roster.RosterPage = context["page"]
    etag = f'W/"{digest(context["top_version"], context["unread"].version, page.version)}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    context["same_rows"] = request.headers.get("X-Rows") == page.keys
    response = render(request, "scheduling/_live.html", context)
    response["ETag"] = etag
    return response


@member_required
@require_safe
def roster_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    wanted, _ = roster_filter(request.GET, request.organization)
    lines = roster_lines(request.organization, wanted, now=timezone.now(), zone=timezone.get_current_timezone())
    return csv_response("agents", ROSTER_COLUMNS, lines)
