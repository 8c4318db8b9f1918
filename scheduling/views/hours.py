"""An agent's working hours: set, changed, tried out, removed (spec W1, W2)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from scheduling.forms import HoursForm, labels
from scheduling.models import WorkSchedule
from scheduling.rules.hours import describe
from scheduling.selectors.hours import agent_and_hours, preview_of
from scheduling.services import schedules
from workforce.choices import KeyScope
from workforce.models import Agent
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Invalid
from workforce.rules.zones import zone_choices
from workforce.selectors.standing import actor_of_user, check_may
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """The form. ``add`` and ``remove`` only change its rows; anything else posted is saved."""
    agent, schedule = _allowed(request, agent_id)
    if request.method != "POST":
        form = HoursForm.of(schedule) if schedule else HoursForm.blank(request.organization.time_zone)
        return _page(request, agent, schedule, form)
    form = HoursForm.typed(request.POST)
    if "add" in request.POST or "remove" in request.POST:
        form.add_row() if "add" in request.POST else form.remove_row(request.POST["remove"])
        return _page(request, agent, schedule, form)
    try:
        _save(request, agent, schedule, form)
    except Invalid as refusal:
        form.blame(refusal.fields)
        return _page(request, agent, schedule, form, status=400)
    return done(request, f"Hours of {agent.agent_name} saved.", to="overview")


@member_required
@refusals_answered
@require_POST
def preview(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """What the form would come to. Writes nothing."""
    _allowed(request, agent_id)
    now = timezone.now()
    shown = preview_of(HoursForm.typed(request.POST).as_data(), now=now)
    return render(request, "scheduling/_hours_preview.html", {"preview": shown, "now": now})


@member_required
@refusals_answered
@require_POST
def delete(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    agent, schedule = _allowed(request, agent_id)
    schedules.delete(
        organization=request.organization,
        schedule_id=schedule.pk if schedule else agent_id,
        by=actor_of_user(request.user),
        now=timezone.now(),
    )
    return done(request, f"Hours of {agent.agent_name} deleted. It is unscheduled now.", to="overview")


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


def _page(
    request: MemberRequest, agent: Agent, schedule: WorkSchedule | None, form: HoursForm, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    context = {
        "agent": agent,
        "schedule": schedule,
        "saved": describe(schedule.hours()) if schedule else "",
        "form": form,
        "labels": labels(),
        "zones": zone_choices(),
        "preview": preview_of(form.as_data(), now=now),
        "now": now,
    }
    return render(request, "scheduling/hours.html", context, status=status)
