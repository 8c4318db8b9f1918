"""Planned leave: the list, the form, calling it off (spec W10, U1, U5, U6)."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from scheduling.forms import Reader
from scheduling.forms.leave import LeaveForm, leave_filter
from scheduling.models import Leave
from scheduling.selectors import leave as selectors
from scheduling.selectors.leave_cover import Suggestion, covers_for
from scheduling.services import leave as service
from workforce.choices import KeyScope
from workforce.middleware import zone_of
from workforce.models import Agent
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing
from workforce.selectors.named import pods_of
from workforce.selectors.standing import actor_of_user, check_may, standing_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, refuse, status_of, with_toast
from workforce.views.export import csv_response

#: Beside which field a refusal of the whole is shown.
BESIDE = {"leave_overlaps": "starts_at"}


@member_required
@require_safe
@vary_on_headers("HX-Request")
def leave_list(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the table with its filter's notes."""
    context = _list_context(request, request.GET)
    if request.htmx:
        return render(request, "scheduling/_leave.html", context)
    return render(request, "scheduling/leave.html", {**context, "pods": pods_of(request.organization)})


@member_required
@require_safe
def leave_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    wanted, _ = leave_filter(request.GET, request.organization)
    lines = selectors.leave_lines(request.organization, wanted, zone=zone_of(request.user))
    return csv_response("leave", selectors.COLUMNS, lines)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: MemberRequest) -> HttpResponse:
    """The form for a new one. A refusal keeps what was typed."""
    organization = request.organization
    if not selectors.may_plan(standing_of(request.user, organization), organization):
        raise Forbidden("Only an agent’s owner, the lead of its pod or a workforce manager may plan its leave.")
    agent = _agent(request, (request.POST or request.GET))
    if request.method != "POST":
        return _ask(request, LeaveForm.blank(agent, organization, now=timezone.now()), agent)
    form = LeaveForm.typed(request.POST, agent, organization)
    data = form.data(agent, organization)
    by = actor_of_user(request.user)
    try:
        made = service.plan(organization=organization, data=data, by=by, now=timezone.now())
    except (Invalid, Conflict, Forbidden) as refusal:
        return _refused(request, form, agent, refusal)
    now_away = (
        f"{made.agent.agent_name} is on leave now." if made.runs else f"Leave of {made.agent.agent_name} planned."
    )
    return _finished(request, now_away)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, leave_id: UUID) -> HttpResponse:
    leave = _allowed(request, leave_id)
    organization, agent = request.organization, leave.agent
    if not leave.is_open:
        raise Conflict(f"This leave is {leave.stands.label.lower()} and stays so.", code="leave_over")
    if request.method != "POST":
        return _ask(request, LeaveForm.of(leave), agent, leave=leave)
    form = LeaveForm.typed(request.POST, agent, organization)
    changes = form.changes(leave, organization)
    by = actor_of_user(request.user)
    try:
        service.edit(organization=organization, leave_id=leave_id, changes=changes, by=by, now=timezone.now())
    except (Invalid, Conflict, Forbidden) as refusal:
        return _refused(request, form, agent, refusal, leave=leave)
    return _finished(request, f"Leave of {agent.agent_name} changed.")


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: MemberRequest, leave_id: UUID) -> HttpResponse:
    """Asked, it says what will happen; posted, it is done."""
    leave = _allowed(request, leave_id)
    ran, name = leave.runs, leave.agent.agent_name
    if request.method == "POST":
        reason, by = request.POST.get("reason", "").strip(), actor_of_user(request.user)
        try:
            service.cancel(
                organization=request.organization, leave_id=leave_id, reason=reason, by=by, now=timezone.now()
            )
        except Invalid as refusal:
            return _ask_to_cancel(request, leave, refusal)
        return _finished(request, f"Leave of {name} {'ended' if ran else 'cancelled'}.")
    return _ask_to_cancel(request, leave)


@member_required
@require_safe
def agents(request: MemberRequest) -> HttpResponse:
    """Names to offer while one is typed: of agents whose leave the reader may plan."""
    standing = standing_of(request.user, request.organization)
    names = selectors.names_to_send(request.organization, standing, Reader(request.GET).text("agent"))
    return render(request, "scheduling/_agent_options.html", {"names": names})


@member_required
@require_safe
def covers(request: MemberRequest) -> HttpResponse:
    """Who could cover, and in whose zone the times are, for the agent and the dates that are in the form."""
    agent = _agent(request, request.GET)
    form = LeaveForm.typed(request.GET, agent, request.organization)
    return render(request, "scheduling/_leave_cover.html", {"form": form, "covers": _covers(form, agent)})


def _list_context(request: MemberRequest, params: QueryDict) -> dict[str, Any]:
    organization = request.organization
    wanted, notes = leave_filter(params, organization)
    standing = standing_of(request.user, organization)
    return {
        "now": timezone.now(),
        "notes": notes,
        "filter": wanted,
        "counts": selectors.counts_of(organization),
        "page": selectors.leave_page(organization, wanted, standing=standing),
        "may_plan": selectors.may_plan(standing, organization),
        "kinds": list(selectors.Which),
    }


def _agent(request: MemberRequest, params: QueryDict) -> Agent | None:
    name = Reader(params).text("agent")
    return selectors.agent_with_zone(request.organization, name) if name else None


def _covers(form: LeaveForm, agent: Agent | None) -> list[Suggestion] | None:
    """None where it is not said yet for whom or when."""
    period = form.period()
    return covers_for(agent, starts_at=period[0], ends_at=period[1]) if agent and period else None


def _allowed(request: MemberRequest, leave_id: UUID) -> Leave:
    """Raises ``Missing`` or ``Forbidden``."""
    leave = selectors.leave_in(request.organization, leave_id)
    if leave is None:
        raise Missing(service.NO_SUCH_LEAVE)
    by = actor_of_user(request.user)
    check_may(by=by, activity=Activity.LIFECYCLE, agent=leave.agent, scope=KeyScope.SCHEDULES)
    return leave


def _refused(
    request: MemberRequest,
    form: LeaveForm,
    agent: Agent | None,
    refusal: Invalid | Conflict | Forbidden,
    *,
    leave: Leave | None = None,
) -> HttpResponse:
    if isinstance(refusal, Forbidden) and request.htmx:
        return refuse(request, refusal)
    whole = [(BESIDE.get(refusal.code, "agent_id"), refusal.sentence)]
    form.blame(refusal.fields if isinstance(refusal, Invalid) else whole)
    return _ask(request, form, agent, leave=leave, status=status_of(refusal))


def _ask(
    request: MemberRequest, form: LeaveForm, agent: Agent | None, *, leave: Leave | None = None, status: int = 200
) -> HttpResponse:
    """The dialog, or a page of its own; what htmx posted comes back without the dialog's frame."""
    names = []
    if leave is None:
        standing = standing_of(request.user, request.organization)
        names = selectors.names_to_send(request.organization, standing, form.agent[:80])
    context = {
        "form": form,
        "leave": leave,
        "names": names,
        "covers": _covers(form, agent),
        "dialog": bool(request.htmx),
        "title": f"Leave of {leave.agent.agent_name}" if leave else "Plan leave",
    }
    page = "scheduling/leave_form.html"
    if request.htmx:
        page = "scheduling/_leave_form.html" if request.method == "POST" else "scheduling/_leave_form_dialog.html"
    return render(request, page, context, status=status)


def _ask_to_cancel(request: MemberRequest, leave: Leave, refusal: Invalid | None = None) -> HttpResponse:
    context = {
        "leave": leave,
        "row": selectors.rows_of([leave], standing=standing_of(request.user, request.organization))[0],
        "reason": request.POST.get("reason", ""),
        "refused": [sentence for _, sentence in refusal.fields] if refusal else [],
        "dialog": bool(request.htmx),
    }
    page = "scheduling/leave_cancel.html"
    if request.htmx:
        page = "scheduling/_leave_cancel.html" if refusal else "scheduling/_leave_cancel_dialog.html"
    return render(request, page, context, status=400 if refusal else 200)


def _finished(request: MemberRequest, text: str) -> HttpResponse:
    """A dialog is closed and the list behind it shown anew, as it was filtered; without htmx back to the list."""
    if not request.htmx:
        return done(request, text, to="leave")
    behind = urlsplit(request.htmx.current_url_abs_path or "")
    params = QueryDict(behind.query) if behind.path == reverse("leave") else QueryDict()
    context = {**_list_context(request, params), "path": behind.path}
    return with_toast(render(request, "scheduling/_leave_closed.html", context), text)
