"""An agent's working hours: set, changed, tried out, removed (spec W1, W2)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from scheduling.forms import HoursForm
from scheduling.models import WorkSchedule
from scheduling.selectors.hours import agent_and_hours
from scheduling.selectors.schedules import effects_of_deleting
from scheduling.services import schedules
from scheduling.views.parts import back_to, editor, finished, preview_answer
from workforce.choices import KeyScope
from workforce.models import Agent
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Invalid, Missing
from workforce.selectors.standing import actor_of_user, check_may
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import refusals_answered


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """The form. ``add`` and ``remove`` only change its rows; anything else posted is saved."""
    agent, schedule = _allowed(request, agent_id)
    if request.method != "POST":
        today, zone = timezone.localdate(), request.organization.time_zone
        form = HoursForm.of(schedule, today=today) if schedule else HoursForm.blank(zone, today=today)
        return editor(request, form, agent=agent, schedule=schedule)
    form = HoursForm.typed(request.POST)
    if form.change_rows(request.POST, request.FILES.get("ics"), today=timezone.localdate()):
        return editor(request, form, agent=agent, schedule=schedule)
    try:
        _save(request, agent, schedule, form)
    except Invalid as refusal:
        form.blame(refusal.fields)
        return editor(request, form, agent=agent, schedule=schedule, status=400)
    return finished(request, f"Hours of {agent.agent_name} saved.")


@member_required
@refusals_answered
@require_POST
def preview(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    _allowed(request, agent_id)
    return preview_answer(request)


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """Asked, it says what would change now; posted, it is done."""
    agent, schedule = _allowed(request, agent_id)
    if schedule is None:
        raise Missing("There are no such working hours in this organisation.")
    if request.method != "POST":
        effects = effects_of_deleting(agent, now=timezone.now())
        page = "scheduling/_delete_hours.html" if request.htmx else "scheduling/delete_hours.html"
        return render(request, page, {"agent": agent, "effects": effects, "back": back_to(request)})
    schedules.delete(
        organization=request.organization,
        schedule_id=schedule.pk,
        by=actor_of_user(request.user),
        now=timezone.now(),
    )
    return finished(request, f"Hours of {agent.agent_name} deleted. It is unscheduled now.")


def _allowed(request: MemberRequest, agent_id: UUID) -> tuple[Agent, WorkSchedule | None]:
    """Raises ``Missing`` or ``Forbidden``."""
    agent, schedule = agent_and_hours(request.organization, agent_id)
    check_may(by=actor_of_user(request.user), activity=Activity.LIFECYCLE, agent=agent, scope=KeyScope.SCHEDULES)
    return agent, schedule


def _save(request: MemberRequest, agent: Agent, schedule: WorkSchedule | None, form: HoursForm) -> WorkSchedule:
    organization, by, data = request.organization, actor_of_user(request.user), form.as_data()
    if schedule is None:
        return schedules.create(organization=organization, agent_id=agent.pk, data=data, by=by, now=timezone.now())
    return schedules.update(organization=organization, schedule_id=schedule.pk, data=data, by=by, now=timezone.now())
