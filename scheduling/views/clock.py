"""The time clock's two buttons (spec W4)."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from scheduling.models import ClockRecord
from scheduling.selectors.roster import Row, row_of
from scheduling.services import clock
from scheduling.views.parts import top_context
from workforce.rules.refusals import Conflict, Invalid, Refusal
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refuse, sentence_of, status_of, with_toast


@member_required
@require_POST
def clock_in(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """With ``force`` and a reason also where the agent is not well."""
    force, reason = bool(request.POST.get("force")), request.POST.get("reason", "").strip()

    def act() -> ClockRecord:
        return clock.clock_in(
            organization=request.organization,
            agent_id=agent_id,
            by=actor_of_user(request.user),
            now=timezone.now(),
            reason=reason,
            force=force,
        )

    return _answer(request, agent_id, act, "is clocked in")


@member_required
@require_POST
def clock_out(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    def act() -> ClockRecord:
        return clock.clock_out(
            organization=request.organization,
            agent_id=agent_id,
            by=actor_of_user(request.user),
            now=timezone.now(),
            reason=request.POST.get("reason", "").strip(),
        )

    return _answer(request, agent_id, act, "is clocked out")


def _answer(request: MemberRequest, agent_id: UUID, act: Callable[[], ClockRecord], said: str) -> HttpResponse:
    """The row as it is afterwards and a toast; where a reason is asked for, the dialog."""
    try:
        name = act().agent.agent_name
    except Refusal as refusal:
        row = _row(request, agent_id)
        if row is not None and _asks_why(request, refusal):
            return _dialog(request, row, refusal)
        if row is None or not request.htmx or not isinstance(refusal, Conflict):
            return refuse(request, refusal)
        return with_toast(_changed(request, row, status_of(refusal)), sentence_of(refusal), bad=True)
    row = _row(request, agent_id)
    if row is None or not request.htmx:
        return done(request, f"{name} {said}.", to="overview")
    return with_toast(_changed(request, row, 200), f"{name} {said}.")


def _row(request: MemberRequest, agent_id: UUID) -> Row | None:
    standing = standing_of(request.user, request.organization)
    return row_of(request.organization, agent_id, standing=standing, now=timezone.now())


def _changed(request: MemberRequest, row: Row, status: int) -> HttpResponse:
    context = {**top_context(request), "entry": row, "oob": True}
    return render(request, "scheduling/_clocked.html", context, status=status)


def _asks_why(request: MemberRequest, refusal: Refusal) -> bool:
    return refusal.code == "needs_force" or (isinstance(refusal, Invalid) and bool(request.POST.get("force")))


def _dialog(request: MemberRequest, row: Row, refusal: Refusal) -> HttpResponse:
    context = {
        "row": row,
        "sentence": refusal.sentence if isinstance(refusal, Conflict) else "",
        "fault": sentence_of(refusal) if isinstance(refusal, Invalid) else "",
        "reason": request.POST.get("reason", ""),
    }
    page = "scheduling/_force.html" if request.htmx else "scheduling/force.html"
    return render(request, page, context, status=status_of(refusal))
