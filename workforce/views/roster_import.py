"""Importing agents: a file is looked at, its bad lines are named, then it is imported as a whole (spec R9)."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from workforce.models import Agent
from workforce.rules.refusals import Forbidden, Invalid
from workforce.rules.roster_csv import COLUMNS, EXAMPLE
from workforce.selectors.hiring import roster_lines
from workforce.selectors.standing import actor_of_user, check_may_hire
from workforce.services import roster_import
from workforce.templatetags.punchcard import count_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, refuse
from workforce.views.export import csv_response
from workforce.views.roster_file import Given, given_in, shown

IMPORTED = "{} imported. They are registered: give them hours, then make them ready."


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def import_agents(request: MemberRequest) -> HttpResponse:
    """What is sent is looked at; with ``import``, and unchanged since, it is imported."""
    by = actor_of_user(request.user)
    check_may_hire(by=by, organization=request.organization)
    if request.method != "POST":
        return _page(request, Given())
    given = given_in(request)
    if given.meant:
        try:
            hired = roster_import.run(organization=request.organization, text=given.text, by=by, now=timezone.now())
        except Invalid:
            return _page(request, given, status=400)  # something has changed since: it is looked at anew
        return done(request, IMPORTED.format(count_of(len(hired), "agent")), to="overview")
    return _page(request, given, status=400 if given.fault else 200)


@member_required
@require_safe
def import_template(request: MemberRequest) -> StreamingHttpResponse:
    """The header alone, or with ``?example`` two agents below it."""
    wants_example = "example" in request.GET
    name = "agents-example" if wants_example else "agents-template"
    return csv_response(name, COLUMNS, EXAMPLE if wants_example else [])


@member_required
@require_safe
def roster_file(request: MemberRequest) -> HttpResponse | StreamingHttpResponse:
    """Everyone who is at work here, as import takes it back."""
    try:
        check_may_hire(by=actor_of_user(request.user), organization=request.organization)
    except Forbidden as refusal:
        return refuse(request, refusal)
    agents = Agent.objects.of(request.organization).active().order_by("agent_name")
    lines: Iterator[Any] = roster_lines(agents)
    return csv_response("roster", COLUMNS, lines)


def _page(request: MemberRequest, given: Given, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"given": given, "columns": COLUMNS}
    if given.text or (request.method == "POST" and not given.fault):
        by = actor_of_user(request.user)
        found = roster_import.preview(organization=request.organization, text=given.text, by=by)
        faults, more = shown(found.faults)
        context |= {"found": found, "faults": faults, "more": more}
    return render(request, "workforce/import.html", context, status=status)
