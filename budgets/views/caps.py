"""The form of an agent's caps (000 "Budgets Tab", spec B1, B4)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from budgets.forms.caps import CapsForm
from budgets.models import Caps
from budgets.selectors.caps import caps_of
from budgets.selectors.cards import agent_to_edit
from budgets.selectors.prices import policy_of
from budgets.services.caps import set_caps
from budgets.views.parts import saved
from workforce.models import Agent
from workforce.rules.refusals import Invalid
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import refusals_answered


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def edit_caps(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """The form, as a dialog for htmx and as a page without it."""
    organization = request.organization
    agent = agent_to_edit(organization, agent_id, standing=standing_of(request.user, organization))
    if request.method != "POST":
        return _form(request, agent, CapsForm.of(caps_of(agent) or Caps(agent=agent)))
    form, by = CapsForm.typed(request.POST), actor_of_user(request.user)
    try:
        set_caps(organization=organization, agent_id=agent_id, caps=form.as_caps(), by=by, now=timezone.now())
    except Invalid as refusal:
        form.blame(refusal.fields)
        return _form(request, agent, form, status=400)
    return saved(request, agent_id, f"Caps of {agent.agent_name} saved.")


def _form(request: MemberRequest, agent: Agent, form: CapsForm, status: int = 200) -> HttpResponse:
    page = "budgets/_dialog.html" if request.htmx else "budgets/caps.html"
    context = {"agent": agent, "form": form, "currency": policy_of(request.organization).currency}
    return render(request, page, context, status=status)
