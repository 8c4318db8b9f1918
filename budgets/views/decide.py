"""A cap that was reached: raised, or kept until its window is over (spec B4)."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from budgets.forms.decide import DecisionForm
from budgets.models import CapApproval
from budgets.selectors.decide import Waiting, approval_to_decide
from budgets.selectors.prices import policy_of
from budgets.services import approvals
from budgets.views.parts import saved
from workforce.rules.refusals import Invalid
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import refusals_answered


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def raise_cap(request: MemberRequest, approval_id: UUID) -> HttpResponse:
    """A higher cap, and why."""

    def act(form: DecisionForm, waiting: Waiting) -> CapApproval:
        return approvals.raise_and_resume(
            organization=request.organization,
            approval_id=approval_id,
            cap=form.read_cap(tokens=waiting.tokens),
            reason=form.reason,
            by=actor_of_user(request.user),
            now=timezone.now(),
        )

    return _decide(request, approval_id, "raise", act, "is raised")


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def keep_cap(request: MemberRequest, approval_id: UUID) -> HttpResponse:
    """The cap stays, and why."""

    def act(form: DecisionForm, waiting: Waiting) -> CapApproval:
        return approvals.keep_paused(
            organization=request.organization,
            approval_id=approval_id,
            reason=form.reason,
            by=actor_of_user(request.user),
            now=timezone.now(),
        )

    return _decide(request, approval_id, "keep", act, "stays as it is")


def _decide(
    request: MemberRequest,
    approval_id: UUID,
    deed: str,
    act: Callable[[DecisionForm, Waiting], CapApproval],
    said: str,
) -> HttpResponse:
    """The question, as a dialog for htmx and as a page without it; posted, the deed."""
    organization = request.organization
    waiting = approval_to_decide(
        organization,
        approval_id,
        standing=standing_of(request.user, organization),
        currency=policy_of(organization).currency,
        now=timezone.now(),
    )
    if request.method != "POST":
        waiting.check_open(timezone.now())
        return _form(request, waiting, deed, DecisionForm())
    form = DecisionForm.typed(request.POST)
    try:
        approval = act(form, waiting)
    except Invalid as refusal:
        form.blame(refusal.fields)
        return _form(request, waiting, deed, form, status=400)
    agent = waiting.approval.agent
    return saved(request, approval.agent_id, f"The {waiting.name} of {agent.agent_name} {said}.")


def _form(request: MemberRequest, waiting: Waiting, deed: str, form: DecisionForm, status: int = 200) -> HttpResponse:
    page = "budgets/_decide_dialog.html" if request.htmx else "budgets/decide.html"
    return render(request, page, {"waiting": waiting, "deed": deed, "form": form}, status=status)
