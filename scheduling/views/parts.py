"""What several views put into the same templates."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from scheduling.choices import ScheduleType
from scheduling.forms import COMMON_RULES, HoursForm, labels, roster_filter, schedule_filter
from scheduling.models import WorkSchedule
from scheduling.rules.hours import describe
from scheduling.selectors import roster
from scheduling.selectors import schedules as cards
from scheduling.selectors.hours import preview_of
from workforce.choices import ClockStatus, LifecycleState
from workforce.middleware import zone_of
from workforce.models import Agent
from workforce.rules.zones import zone_choices
from workforce.selectors.inbox import unread_of
from workforce.selectors.named import digest
from workforce.selectors.standing import standing_of
from workforce.views.access import MemberRequest
from workforce.views.answers import done, with_toast


def roster_context(request: MemberRequest) -> dict[str, Any]:
    now = timezone.now()
    wanted, notes = roster_filter(request.GET, request.organization)
    standing = standing_of(request.user, request.organization)
    return {
        "now": now,
        "notes": notes,
        "filter": wanted,
        "may_hire": standing.may_hire,
        "page": roster.roster_page(request.organization, wanted, standing=standing, now=now),
        "states": list(LifecycleState),
        "statuses": list(ClockStatus),
    }


def top_context(request: MemberRequest) -> dict[str, Any]:
    """Headline, cards, and what the reader has not read."""
    now = timezone.now()
    counts, coming = roster.counts_of(request.organization), roster.next_in(request.organization, now=now)
    facts = (coming.agent.agent_name, coming.clock_due_at) if coming else ()
    return {
        "now": now,
        "counts": counts,
        "next_in": coming,
        "top_version": digest(counts, facts, timezone.localdate(now)),
        "unread": unread_of(request.user, request.organization),
    }


def schedules_context(request: MemberRequest) -> dict[str, Any]:
    now, organization = timezone.now(), request.organization
    wanted, notes = schedule_filter(request.GET, organization)
    standing = standing_of(request.user, organization)
    return {
        "now": now,
        "notes": notes,
        "filter": wanted,
        "page": cards.card_page(organization, wanted, standing=standing, now=now),
        "may_create": cards.may_create(standing, organization),
        "types": list(ScheduleType),
        "having": list(cards.Having),
        "sorts": cards.SORTS,
    }


def coverage_context(request: MemberRequest) -> dict[str, Any]:
    coverage = cards.coverage_of(request.organization)
    return {"coverage": coverage, "coverage_version": digest(coverage)}


def preview_answer(request: MemberRequest) -> HttpResponse:
    """What the form would come to. Writes nothing."""
    now = timezone.now()
    shown = preview_of(HoursForm.typed(request.POST).as_data(), now=now, reader=zone_of(request.user))
    return render(request, "scheduling/_hours_preview.html", {"preview": shown, "now": now, "changed": True})


def editor(
    request: MemberRequest,
    form: HoursForm,
    *,
    agent: Agent | None = None,
    schedule: WorkSchedule | None = None,
    names: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The hours form: a page of its own, or for htmx a dialog; what htmx posted comes back without the dialog's frame.

    Without an agent it asks for one, and offers ``names``.
    """
    now = timezone.now()
    context = {
        "agent": agent,
        "schedule": schedule,
        "names": names,
        "saved": describe(schedule.hours()) if schedule else "",
        "form": form,
        "labels": labels(),
        "common_rules": COMMON_RULES,
        "zones": zone_choices(),
        "preview": preview_of(form.as_data(), now=now, reader=zone_of(request.user)),
        "now": now,
        "back": back_to(request),
        "dialog": bool(request.htmx),
    }
    page = "scheduling/hours.html"
    if request.htmx:
        page = "scheduling/_editor.html" if request.method == "POST" else "scheduling/_editor_dialog.html"
    response = render(request, page, context, status=status)
    if form.rows_changed:
        response["HX-Trigger-After-Settle"] = "rows"  # the preview listens
    return response


def back_to(request: MemberRequest) -> str:
    """The page that the hours were opened from, by name."""
    return "schedules" if request.GET.get("back") == "schedules" else "overview"


def finished(request: MemberRequest, text: str) -> HttpResponse:
    """A dialog is closed and the page behind it told; without htmx back to that page."""
    if request.htmx:
        return with_toast(render(request, "scheduling/_closed.html"), text)
    return done(request, text, to=back_to(request))
