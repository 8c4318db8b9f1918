"""The Schedules tab: a card for every agent's hours, and the way to new ones (spec U1, U5, U6)."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from scheduling.forms import HoursForm, Reader, schedule_filter
from scheduling.selectors import schedules as cards
from scheduling.selectors.exports import SCHEDULE_COLUMNS, schedule_lines
from scheduling.services import schedules
from scheduling.views.parts import coverage_context, editor, finished, preview_answer, schedules_context
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors.named import digest, pods_of
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import refusals_answered
from workforce.views.export import csv_response

#: No agent has it: a name that is nobody's is refused by the service, together with whatever else is wrong.
NOBODY = UUID(int=0)
WHOSE = "Say whose hours these are."


@member_required
@require_safe
@vary_on_headers("HX-Request")
def schedule_cards(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the cards with their filter's notes."""
    context = schedules_context(request)
    if request.htmx:
        return render(request, "scheduling/_schedules.html", context)
    context = {**context, **coverage_context(request), "pods": pods_of(request.organization)}
    return render(request, "scheduling/schedules.html", context)


@member_required
@require_safe
@vary_on_headers("HX-Request")
def live(request: MemberRequest) -> HttpResponse:
    """What the open page asks for every few seconds: 304, or the parts by id, each with its version."""
    context = {**schedules_context(request), **coverage_context(request), "oob": True}
    page: cards.CardPage = context["page"]
    etag = f'W/"{digest(context["coverage_version"], page.version, context["may_create"])}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    context["same_rows"] = request.headers.get("X-Rows") == page.keys
    response = render(request, "scheduling/_schedules_live.html", context)
    response["ETag"] = etag
    return response


@member_required
@require_safe
def schedules_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    wanted, _ = schedule_filter(request.GET, request.organization)
    lines = schedule_lines(request.organization, wanted, now=timezone.now(), zone=timezone.get_current_timezone())
    return csv_response("schedules", SCHEDULE_COLUMNS, lines)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: MemberRequest) -> HttpResponse:
    """The form for an agent that has no hours. ``add`` and ``remove`` only change its rows."""
    if request.method != "POST":
        form = HoursForm.blank(request.organization.time_zone, today=timezone.localdate())
        form.agent = Reader(request.GET).text("agent")
        return _ask(request, form)
    form = HoursForm.typed(request.POST)
    if form.change_rows(request.POST, request.FILES.get("ics"), today=timezone.localdate()):
        return _ask(request, form)
    agent = cards.agent_called(request.organization, form.agent) if form.agent else None
    try:
        made = schedules.create(
            organization=request.organization,
            agent_id=agent.pk if agent else NOBODY,
            data=form.as_data(),
            by=actor_of_user(request.user),
            now=timezone.now(),
        )
    except Invalid as refusal:
        unnamed = {} if form.agent else {"agent_id": WHOSE}
        return _ask(request, form, faults=[(path, unnamed.get(path, sentence)) for path, sentence in refusal.fields])
    except Conflict as refusal:
        return _ask(request, form, faults=[("agent_id", refusal.sentence)], status=409)
    return finished(request, f"Hours of {made.agent.agent_name} saved.")


@member_required
@require_POST
def preview(request: MemberRequest) -> HttpResponse:
    return preview_answer(request)


@member_required
@require_safe
def agents_without(request: MemberRequest) -> HttpResponse:
    """Names to offer while one is typed: of agents without hours that the reader may give some."""
    names = _names(request, Reader(request.GET).text("agent"))
    return render(request, "scheduling/_agent_options.html", {"names": names})


def _names(request: MemberRequest, q: str) -> list[str]:
    standing = standing_of(request.user, request.organization)
    return cards.names_without_hours(request.organization, standing, q)


def _ask(
    request: MemberRequest, form: HoursForm, *, faults: list[tuple[str, str]] | None = None, status: int = 400
) -> HttpResponse:
    form.asks_agent = True
    form.blame(faults or [])
    return editor(request, form, names=_names(request, form.agent), status=status if faults else 200)
