"""The Task Queue tab: the table, new tasks, and everything about one (spec T1, T4, U1, U5, U6)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from workforce.choices import TaskPriority, TaskStatus, TaskType
from workforce.forms import TaskForm, task_filter
from workforce.middleware import zone_of
from workforce.rules.refusals import Conflict, Forbidden, Invalid
from workforce.selectors import named, search
from workforce.selectors import tasks as selectors
from workforce.selectors.assignments import workstreams_to_choose
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.selectors.task_story import story_of
from workforce.services import tasks as services
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, refuse, status_of, with_toast
from workforce.views.export import csv_response

#: No agent has it: a name that is nobody's is refused by the service, together with whatever else is wrong.
NOBODY = UUID(int=0)
#: Beside which field a refusal of the whole is shown.
IN_WORKSTREAM = {"needs_dri": "workstream_id", "workstream_closed": "workstream_id"}
BESIDE = {"delegation_circle": "delegated_by", "delegation_too_deep": "delegated_by"} | IN_WORKSTREAM


@member_required
@require_safe
@vary_on_headers("HX-Request")
def tasks(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the table with its filter's notes."""
    context = queue_context(request)
    if request.htmx:
        return render(request, "workforce/tasks/_table.html", context)
    context["pods"] = named.pods_of(request.organization)
    context["agent_names"] = selectors.agent_names(request.organization)
    return render(request, "workforce/tasks/tasks.html", context)


@member_required
@require_safe
@vary_on_headers("HX-Request")
def live(request: MemberRequest) -> HttpResponse:
    """What the open page asks for every few seconds: 304, or the parts by id, each with its version."""
    context = {**queue_context(request), "oob": True}
    page: selectors.TaskPage = context["page"]
    etag = f'W/"{named.digest(context["counts"], page.version, timezone.localdate())}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    context["same_rows"] = request.headers.get("X-Rows") == page.keys
    response = render(request, "workforce/tasks/_live.html", context)
    response["ETag"] = etag
    return response


@member_required
@require_safe
def tasks_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    wanted, _ = task_filter(request.GET, request.organization)
    lines = selectors.task_lines(request.organization, wanted, zone=zone_of(request.user))
    return csv_response("tasks", selectors.COLUMNS, lines)


@member_required
@require_safe
def agents(request: MemberRequest) -> HttpResponse:
    """Names to offer while one is typed: those who may be given work, or anyone as the delegating agent."""
    q = request.GET.get("delegated_by", request.GET.get("agent", "")).replace("\x00", "")[:80]
    if "delegated_by" in request.GET:
        names = selectors.agent_names(request.organization, q)
    else:
        names = selectors.names_for(request.organization, standing_of(request.user, request.organization), q)
    return render(request, "workforce/tasks/_names.html", {"names": names})


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: MemberRequest) -> HttpResponse:
    standing = standing_of(request.user, request.organization)
    if not selectors.may_create(standing, request.organization):
        raise Forbidden("Only an agent’s owner, the lead of its pod or a workforce manager may give it work.")
    if request.method != "POST":
        return _ask(request, TaskForm.typed(request.GET, zone_of(request.user)))
    form = TaskForm.typed(request.POST, zone_of(request.user))
    data = form.data(request.organization)
    if form.faults and form.agent:
        # Nobody is of that name, or a time cannot be read: refused in any case, with whatever else is wrong.
        data["agent_id"] = NOBODY
    by = actor_of_user(request.user)
    try:
        made = services.create(organization=request.organization, data=data, by=by, now=timezone.now())
    except Invalid as refusal:
        nobody = bool(form.faults) and bool(form.agent)
        form.blame(said for said in refusal.fields if not (nobody and said[0] == "agent_id"))
        return _ask(request, form, status=400)
    except (Conflict, Forbidden) as refusal:
        if request.htmx and isinstance(refusal, Forbidden):
            return refuse(request, refusal)
        form.blame([(BESIDE.get(refusal.code, "agent_id"), refusal.sentence)])
        return _ask(request, form, status=status_of(refusal))
    return finished(request, f"“{made.title}” is in the queue of {made.agent.agent_name}.")


@member_required
@refusals_answered
@require_safe
def task(request: MemberRequest, task_id: UUID) -> HttpResponse:
    standing = standing_of(request.user, request.organization)
    story = story_of(request.organization, task_id, standing=standing)
    return render(request, "workforce/tasks/task.html", {"story": story, "task": story.task, "now": timezone.now()})


def queue_context(request: MemberRequest) -> dict[str, Any]:
    organization = request.organization
    wanted, notes = task_filter(request.GET, organization)
    standing = standing_of(request.user, organization)
    page = selectors.task_page(organization, wanted, standing=standing)
    return {
        "now": timezone.now(),
        "notes": [*notes, search.note("tasks")] if page.cut else notes,
        "filter": wanted,
        "counts": selectors.counts_of(organization),
        "page": page,
        "may_create": selectors.may_create(standing, organization),
        "statuses": list(TaskStatus),
        "priorities": list(TaskPriority),
        "types": list(TaskType),
    }


def finished(request: MemberRequest, text: str, *, task_id: UUID | None = None) -> HttpResponse:
    """A dialog is closed and the table behind it told; from a task's own page, and without htmx, the page anew."""
    if request.htmx and task_id is None:
        return with_toast(render(request, "workforce/tasks/_closed.html"), text)
    to = reverse("task", args=[task_id]) if task_id else reverse("tasks")
    answer = done(request, text, to=to)
    return HttpResponseClientRedirect(to) if request.htmx else answer


def _ask(request: MemberRequest, form: TaskForm, *, status: int = 200) -> HttpResponse:
    organization = request.organization
    context = {
        "form": form,
        "names": selectors.names_for(organization, standing_of(request.user, organization), form.agent[:80]),
        "all_names": selectors.agent_names(organization),
        "recent": selectors.recent_tasks(organization),
        "workstreams": workstreams_to_choose(organization),
        "dialog": bool(request.htmx),
    }
    page = "create.html"
    if request.htmx:
        page = "_create.html" if request.method == "POST" else "_create_dialog.html"
    return render(request, f"workforce/tasks/{page}", context, status=status)
