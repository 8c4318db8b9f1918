"""The Overview's bar: one thing done to the agents that are selected (spec R9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from scheduling.forms import roster_filter
from scheduling.selectors import roster
from workforce.models import Agent
from workforce.rules.refusals import Invalid
from workforce.selectors.hiring import owner_called, owner_proposals, pod_called
from workforce.selectors.named import pods_of
from workforce.selectors.standing import actor_of_user
from workforce.services import bulk_actions
from workforce.services.bulk_actions import MOST, Report
from workforce.templatetags.punchcard import count_of
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, with_toast


@dataclass(frozen=True, slots=True)
class Deed:
    """``asks`` is the dialog's field; ``said`` ends the sentence about so many agents."""

    question: str
    button: str
    said: str
    asks: str
    warning: str = ""
    danger: bool = False


DEEDS: Mapping[str, Deed] = {
    "owner": Deed("Reassign {}", "Reassign", "reassigned", "owner"),
    "pod": Deed("Move {}", "Move", "moved", "team"),
    "pause": Deed(
        "Pause {}?",
        "Pause",
        "paused",
        "reason",
        warning="They stay paused until someone releases the hold; their hours do not wake them.",
    ),
    "retire": Deed(
        "Retire {}?",
        "Retire",
        "retired",
        "reason",
        warning="Their API keys stop working at once and their hours no longer act. This cannot be undone.",
        danger=True,
    ),
}


@member_required
@refusals_answered
@require_POST
def bulk(request: MemberRequest) -> HttpResponse:
    """First the question, which names the agents; with ``asked``, the deed, and who was refused."""
    name = request.POST.get("deed", "")
    if name not in DEEDS:
        raise Invalid([("deed", "Choose one of: reassign, move, pause, retire.")])
    ids = _chosen(request)
    if "asked" not in request.POST:
        return _ask(request, name, ids)
    try:
        report = _act(request, name, ids)
    except Invalid as refusal:
        return _ask(request, name, ids, refusal=refusal)
    return _tell(request, name, report)


def _chosen(request: MemberRequest) -> list[UUID]:
    """The selected ones, or with ``everyone`` all that match the address. Raises ``Invalid`` for none or too many."""
    if "everyone" in request.POST:
        wanted, _ = roster_filter(request.GET, request.organization)
        matching = roster.matching(request.organization, wanted)
        bulk_actions.check_number(matching.count())
        return list(matching.values_list("pk", flat=True)[:MOST])
    given = request.POST.getlist("agent")
    bulk_actions.check_number(len(given))
    try:
        return [UUID(text) for text in given]
    except ValueError:
        raise Invalid([("agents", "One of the agents in the form is not an agent.")]) from None


def _act(request: MemberRequest, name: str, ids: Sequence[UUID]) -> Report:
    organization, typed = request.organization, request.POST
    here: dict[str, Any] = {
        "organization": organization,
        "agent_ids": ids,
        "by": actor_of_user(request.user),
        "now": timezone.now(),
    }
    match name:
        case "owner":
            return bulk_actions.reassign_owner(owner=owner_called(organization, _text(request, "owner")), **here)
        case "pod":
            return bulk_actions.move_pod(team=pod_called(organization, _text(request, "team")), **here)
        case "pause":
            return bulk_actions.pause(reason=typed.get("reason", "").strip(), **here)
    return bulk_actions.retire(reason=typed.get("reason", "").strip(), **here)


def _text(request: MemberRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()


def _ask(request: MemberRequest, name: str, ids: Sequence[UUID], *, refusal: Invalid | None = None) -> HttpResponse:
    """The dialog, or a page of its own; what htmx posted comes back without the dialog's frame."""
    deed, organization = DEEDS[name], request.organization
    found = list(Agent.objects.of(organization).filter(pk__in=ids).order_by("agent_name"))
    if not found:
        raise Invalid([("agents", "Select at least one agent.")])
    context = {
        "name": name,
        "deed": deed,
        "question": deed.question.format(found[0].agent_name if len(found) == 1 else count_of(len(found), "agent")),
        "found": found,
        "faults": [sentence for _, sentence in refusal.fields] if refusal else [],
        "typed": request.POST,
        "dialog": bool(request.htmx),
        "owners": owner_proposals(organization) if deed.asks == "owner" else (),
        "pods": pods_of(organization) if deed.asks == "team" else (),
    }
    page = "bulk.html"
    if request.htmx:
        page = "_bulk.html" if "asked" in request.POST else "_bulk_dialog.html"
    return render(request, f"scheduling/{page}", context, status=400 if refusal else 200)


def _tell(request: MemberRequest, name: str, report: Report) -> HttpResponse:
    number = len(report.done)
    text = f"{count_of(number, 'agent')} {DEEDS[name].said}." if number else "No agent was changed."
    if not report.refused:
        if request.htmx:
            return with_toast(render(request, "scheduling/_bulk_closed.html"), text)
        return done(request, text, to="overview")
    text = f"{number} of {report.asked} agents {DEEDS[name].said}." if number else text
    page = "_bulk_refused_dialog.html" if request.htmx else "bulk_refused.html"
    context = {"report": report, "text": text, "dialog": bool(request.htmx)}
    answer = render(request, f"scheduling/{page}", context)
    return with_toast(answer, text, bad=not number) if request.htmx else answer
