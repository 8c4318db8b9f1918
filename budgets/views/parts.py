"""What several views put into the same templates."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from budgets.forms.address import budget_filter
from budgets.models import SpendPolicy
from budgets.rules import words
from budgets.selectors import tab
from budgets.selectors.cards import card_of
from budgets.selectors.headline import top_of
from budgets.selectors.prices import policy_of
from budgets.selectors.totals import totals_of
from budgets.selectors.zones import zones_of
from workforce.models import Team
from workforce.selectors.named import digest
from workforce.selectors.standing import standing_of
from workforce.views.access import MemberRequest
from workforce.views.answers import done, with_toast


def budgets_context(request: MemberRequest) -> dict[str, Any]:
    now, organization = timezone.now(), request.organization
    wanted, notes = budget_filter(request.GET, organization)
    policy, standing = policy_of(organization), standing_of(request.user, organization)
    return {
        "now": now,
        "notes": notes,
        "filter": wanted,
        "policy": policy,
        "weights": _weights(policy),
        "page": tab.budget_page(organization, wanted, policy=policy, standing=standing, now=now),
    }


def _weights(policy: SpendPolicy) -> list[tuple[str, str]]:
    return [
        (name, words.weight(weight))
        for name, weight in (
            ("input", policy.input_weight),
            ("output", policy.output_weight),
            ("cache read", policy.cache_read_weight),
            ("cache write", policy.cache_write_weight),
        )
    ]


def top_context(request: MemberRequest, policy: SpendPolicy, pod: Team | None) -> dict[str, Any]:
    """The first lines and the strip of the pods."""
    now, organization = timezone.now(), request.organization
    zones = zones_of(organization, now=now)
    top = top_of(organization, zones=zones, currency=policy.currency, now=now)
    totals = totals_of(organization, pod, zones=zones, currency=policy.currency, now=now)
    return {"now": now, "top": top, "totals": totals, "top_version": digest(top.version, totals.whole)}


def saved(request: MemberRequest, agent_id: UUID, text: str) -> HttpResponse:
    """After a change: the dialog is closed, the card and the first lines are as they are now."""
    if not request.htmx:
        return done(request, text, to="budgets")
    organization, policy = request.organization, policy_of(request.organization)
    standing, now = standing_of(request.user, organization), timezone.now()
    card = card_of(organization, agent_id, policy=policy, standing=standing, now=now)
    context = {"card": card, "oob": True, **top_context(request, policy, None)}
    return with_toast(render(request, "budgets/_saved.html", context), text)
