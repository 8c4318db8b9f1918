"""Token caps per agent: seen, filtered, downloaded, changed (000 "Budgets Tab", spec B1, U1)."""

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from budgets.choices import CapsKept
from budgets.forms.address import budget_filter
from budgets.forms.caps import CapsForm
from budgets.selectors import caps as selectors
from budgets.services.caps import set_caps
from workforce.rules.refusals import Invalid
from workforce.selectors.named import pods_of
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, with_toast
from workforce.views.export import csv_response


@member_required
@require_safe
@vary_on_headers("HX-Request")
def budgets(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the cards with their filter's notes."""
    organization = request.organization
    wanted, notes = budget_filter(request.GET, organization)
    standing = standing_of(request.user, organization)
    page = selectors.budget_page(organization, wanted, standing=standing)
    context = {"filter": wanted, "notes": notes, "page": page}
    if request.htmx:
        return render(request, "budgets/_cards.html", context)
    context["counts"] = selectors.counts_of(organization)
    context |= {"pods": pods_of(organization), "kept": list(CapsKept)}
    return render(request, "budgets/budgets.html", context)


@member_required
@require_safe
def budgets_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    wanted, _ = budget_filter(request.GET, request.organization)
    return csv_response("budgets", selectors.COLUMNS, selectors.cap_lines(request.organization, wanted))


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def edit_caps(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """The form, as a dialog for htmx and as a page without it."""
    card = _card(request, agent_id)
    if request.method != "POST":
        return _form(request, card, CapsForm.of(card.caps))
    form, by = CapsForm.typed(request.POST), actor_of_user(request.user)
    try:
        set_caps(organization=request.organization, agent_id=agent_id, caps=form.as_caps(), by=by, now=timezone.now())
    except Invalid as refusal:
        form.blame(refusal.fields)
        return _form(request, card, form, status=400)
    said = f"Token caps of {card.agent.agent_name} saved."
    if not request.htmx:
        return done(request, said, to="budgets")
    context = {"card": _card(request, agent_id), "counts": selectors.counts_of(request.organization), "oob": True}
    return with_toast(render(request, "budgets/_saved.html", context), said)


def _card(request: MemberRequest, agent_id: UUID) -> selectors.Card:
    standing = standing_of(request.user, request.organization)
    return selectors.card_to_edit(request.organization, agent_id, standing=standing)


def _form(request: MemberRequest, card: selectors.Card, form: CapsForm, status: int = 200) -> HttpResponse:
    page = "budgets/_dialog.html" if request.htmx else "budgets/caps.html"
    return render(request, page, {"card": card, "form": form}, status=status)
