"""The Budgets tab: what agents may spend, what they have spent, what follows (000 "Budgets Tab", spec B1, B5, U1)."""

from typing import Any

from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from budgets.choices import CapsKept
from budgets.forms.address import budget_filter
from budgets.selectors import tab
from budgets.selectors.order import SORTS
from budgets.selectors.prices import policy_of
from budgets.selectors.trend import trend_of
from budgets.views.parts import budgets_context, top_context
from workforce.selectors.named import digest, pods_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.export import csv_response


@member_required
@require_safe
@vary_on_headers("HX-Request")
def budgets(request: MemberRequest) -> HttpResponse:
    """The page; for htmx only the cards with their filter's notes, and the strip of the pods."""
    context = _whole(request)
    if request.htmx:
        return render(request, "budgets/_budgets.html", context)
    organization, policy = request.organization, context["policy"]
    context |= {
        "pods": pods_of(organization),
        "kept": list(CapsKept),
        "sorts": SORTS,
        "trend": trend_of(organization, currency=policy.currency, now=context["now"]),
    }
    return render(request, "budgets/budgets.html", context)


@member_required
@require_safe
@vary_on_headers("HX-Request")
def live(request: MemberRequest) -> HttpResponse:
    """What the open page asks for every few seconds: 304, or the parts by id, each with its version."""
    context = {**_whole(request), "oob": True}
    page: tab.BudgetPage = context["page"]
    etag = f'W/"{digest(context["top_version"], context["totals"].version, page.version)}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    context["same_rows"] = request.headers.get("X-Rows") == page.keys
    response = render(request, "budgets/_live.html", context)
    response["ETag"] = etag
    return response


def _whole(request: MemberRequest) -> dict[str, Any]:
    context = budgets_context(request)
    return {**context, **top_context(request, context["policy"], context["filter"].pod)}


@member_required
@require_safe
def budgets_csv(request: MemberRequest) -> StreamingHttpResponse:
    """Everything that matches the filter, not just the page."""
    organization = request.organization
    wanted, _ = budget_filter(request.GET, organization)
    lines = tab.cap_lines(organization, wanted, policy=policy_of(organization), now=timezone.now())
    return csv_response("budgets", tab.COLUMNS, lines)
