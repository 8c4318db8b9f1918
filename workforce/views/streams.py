"""Workstreams and who works in them: seen, made, changed, closed; agents assigned to them (001 §1.2, spec R7)."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from workforce.choices import KeyScope
from workforce.forms.streams import AssignForm, StreamForm
from workforce.middleware import zone_of
from workforce.models import Workstream
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors import tasks as task_selectors
from workforce.selectors import workstreams as selectors
from workforce.selectors.hiring import owner_proposals
from workforce.selectors.standing import actor_of_user, check_may_somewhere, standing_of
from workforce.services import assignment_input, assignments, workstreams
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, status_of
from workforce.views.export import csv_response

LONGEST_SEARCH = 80
MOST_PAGES = 1_000


@member_required
@require_safe
def streams(request: MemberRequest) -> HttpResponse:
    wanted = _wanted(request)
    page = request.GET.get("page", "")
    number = min(int(page), MOST_PAGES) if re.fullmatch(r"[0-9]{1,6}", page) and int(page) else 1
    found = selectors.stream_page(request.organization, **wanted, page=number)
    context = {**wanted, "page": found, "now": timezone.now(), "may_change": _may_change(request)}
    return render(request, "workforce/streams/streams.html", context)


@member_required
@require_safe
def streams_csv(request: MemberRequest) -> StreamingHttpResponse:
    lines = selectors.stream_lines(request.organization, **_wanted(request))
    return csv_response("workstreams", selectors.COLUMNS, lines)


@member_required
@refusals_answered
@require_safe
def stream(request: MemberRequest, stream_id: UUID) -> HttpResponse:
    standing = standing_of(request.user, request.organization)
    story = selectors.story_of(request.organization, stream_id, standing=standing)
    context = {"story": story, "stream": story.stream, "now": timezone.now(), "may_change": _may_change(request)}
    context["may_assign"] = task_selectors.may_create(standing, request.organization)
    return render(request, "workforce/streams/stream.html", context)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: MemberRequest) -> HttpResponse:
    _check_may_change(request)
    form = StreamForm.typed(request.POST)

    def write(data: dict[str, Any]) -> str:
        by, now = actor_of_user(request.user), timezone.now()
        made = workstreams.create(organization=request.organization, data=data, by=by, now=now)
        return reverse("workstream", args=[made.pk])

    draft = Workstream(organization=request.organization)
    return _form(request, form, "Create Workstream", write, draft=draft, back=reverse("workstreams"))


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, stream_id: UUID) -> HttpResponse:
    found = selectors.stream_of(request.organization, stream_id)
    _check_may_change(request)
    form = StreamForm.typed(request.POST) if request.method == "POST" else StreamForm.of(found)
    address = reverse("workstream", args=[stream_id])

    def write(data: dict[str, Any]) -> str:
        by, now = actor_of_user(request.user), timezone.now()
        workstreams.edit(organization=request.organization, workstream_id=stream_id, changes=data, by=by, now=now)
        return address

    return _form(request, form, f"Edit {found.name}", write, draft=found, back=address)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: MemberRequest, stream_id: UUID) -> HttpResponse:
    """Closes one that is open and opens one that is closed, after asking."""
    found = selectors.stream_of(request.organization, stream_id)
    _check_may_change(request)
    address, refused = reverse("workstream", args=[stream_id]), None
    if request.method == "POST":
        act = workstreams.reopen if found.is_closed else workstreams.close
        try:
            act(
                organization=request.organization,
                workstream_id=stream_id,
                reason=request.POST.get("reason", "").strip(),
                by=actor_of_user(request.user),
                now=timezone.now(),
            )
        except (Invalid, Conflict) as refusal:
            refused = refusal
        else:
            return done(request, f"“{found.name}” is {'open again' if found.is_closed else 'closed'}.", to=address)
    form = StreamForm()
    if refused is not None:
        form.blame(refused.fields if isinstance(refused, Invalid) else [("form", refused.sentence)])
    context = {"stream": found, "form": form, "typed": request.POST, "back": address}
    return render(request, "workforce/streams/close.html", context, status=status_of(refused) if refused else 200)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: MemberRequest, stream_id: UUID) -> HttpResponse:
    """An agent's part in this workstream, with or without a task."""
    organization, found = request.organization, selectors.stream_of(request.organization, stream_id)
    standing = standing_of(request.user, organization)
    if not task_selectors.may_create(standing, organization):
        raise Forbidden("Only an agent’s owner, the lead of its pod or a workforce manager may assign it.")
    form, status = AssignForm.typed(request.POST, zone_of(request.user)), 200
    if request.method == "POST":
        data = {"workstream_id": stream_id, **form.data(organization)}
        by, now = actor_of_user(request.user), timezone.now()
        try:
            if form.faults:
                raise Invalid(assignment_input.checked(organization, data, now=now)[1])
            made = assignments.create(organization=organization, data=data, by=by, now=now)
        except Invalid as refusal:
            form.blame(refusal.fields)
            status = status_of(refusal)
        except Conflict as refusal:
            form.blame([("agent_id", refusal.sentence)])
            status = status_of(refusal)
        else:
            said = f"{made.agent.agent_name} is {made.part.label.lower()} of “{made.of_what}”."
            return done(request, said, to=reverse("workstream", args=[stream_id]))
    context = {
        "stream": found,
        "form": form,
        "names": task_selectors.names_for(organization, standing),
        "recent": task_selectors.recent_tasks(organization),
    }
    return render(request, "workforce/streams/assign.html", context, status=status)


def _form(
    request: MemberRequest,
    form: StreamForm,
    title: str,
    write: Callable[[dict[str, Any]], str],
    *,
    draft: Workstream,
    back: str,
) -> HttpResponse:
    """``write`` saves and says where to go on. Where the form cannot be read, ``draft`` says what else is wrong."""
    status = 200
    if request.method == "POST":
        data, status = form.data(request.organization), 400
        if form.faults:
            form.blame(workstreams.fill(draft, data))
        else:
            try:
                return done(request, f"“{form.name}” is saved.", to=write(data))
            except (Invalid, Conflict) as refusal:
                form.blame(refusal.fields if isinstance(refusal, Invalid) else [("dri", refusal.sentence)])
                status = status_of(refusal)
    context = {"form": form, "title": title, "back": back, "proposals": owner_proposals(request.organization)}
    return render(request, "workforce/streams/form.html", context, status=status)


def _wanted(request: MemberRequest) -> dict[str, Any]:
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST_SEARCH]
    return {"q": q, "closed": request.GET.get("closed", "") == "1"}


def _check_may_change(request: MemberRequest) -> None:
    check_may_somewhere(
        by=actor_of_user(request.user),
        activity=Activity.TASKS,
        organization=request.organization,
        scope=KeyScope.TASKS,
    )


def _may_change(request: MemberRequest) -> bool:
    try:
        _check_may_change(request)
    except Forbidden:
        return False
    return True
