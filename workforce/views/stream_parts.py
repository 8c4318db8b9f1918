"""What people do to an assignment: change it, block and unblock it, hand it off, complete it (spec R7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from workforce.forms.streams import PartForm
from workforce.middleware import zone_of
from workforce.models import Assignment
from workforce.rules.refusals import Conflict, Invalid
from workforce.selectors import tasks as task_selectors
from workforce.selectors import workstreams as selectors
from workforce.selectors.hiring import owner_proposals
from workforce.selectors.standing import actor_of_user, standing_of
from workforce.services import assignments
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import done, refusals_answered, status_of


@dataclass(frozen=True, slots=True)
class Deed:
    """``asks`` are the page's fields; ``whole`` is the one beside which a refusal of the whole stands."""

    question: str
    button: str
    said: str
    asks: Sequence[str] = ("reason",)
    whole: str = "reason"
    warning: str = ""


DEEDS: Mapping[str, Deed] = {
    "edit": Deed("Change {}", "Save", "is changed", asks=("due", "percent", "needs"), whole="needs"),
    "block": Deed("Block {}", "Block", "is blocked", asks=("code", "note", "unblocker"), whole="code"),
    "unblock": Deed("Unblock {}?", "Unblock", "can go on", warning="The blocker and who could clear it are forgotten."),
    "hand-off": Deed(
        "Hand off {}", "Hand off", "is handed off", asks=("agent", "reason"), whole="agent_id",
        warning="The other agent takes over with what waits for it; both stay in the chain of handoffs.",
    ),
    "complete": Deed(
        "Complete {}?", "Complete", "is done", warning="It stays done. Of a task’s owner, the task is completed.",
    ),
}  # fmt: skip


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request: MemberRequest, assignment_id: UUID, name: str) -> HttpResponse:
    """Asked, it says what will happen; posted, it is done. A refusal keeps what was typed."""
    part, zone = selectors.part_of(request.organization, assignment_id), zone_of(request.user)
    form, status = PartForm.typed(request.POST, zone), 200
    if request.method == "POST":
        try:
            _act(request, part, name, form)
        except (Invalid, Conflict) as refusal:
            whole = [(DEEDS[name].whole, refusal.sentence)]
            form.blame(refusal.fields if isinstance(refusal, Invalid) else whole)
            status = status_of(refusal)
        else:
            to = reverse("workstream", args=[part.workstream_id])
            return done(request, f"{_called(part)} {DEEDS[name].said}.", to=to)
    elif name == "edit":
        form = PartForm.of(part, zone)
    return _ask(request, part, name, form, status=status)


def _called(part: Assignment) -> str:
    return f"{part.agent.agent_name}’s part in “{part.of_what}”"


def _act(request: MemberRequest, part: Assignment, name: str, form: PartForm) -> None:
    organization = request.organization
    same: dict[str, Any] = {
        "organization": organization,
        "assignment_id": part.pk,
        "by": actor_of_user(request.user),
        "now": timezone.now(),
    }
    match name:
        case "edit":
            changes = form.changes(part)
            _check(form)
            assignments.edit(changes=changes, **same)
        case "block":
            blocker = form.blocker(organization)
            _check(form)
            assignments.block(**blocker, **same)
        case "unblock":
            assignments.unblock(reason=form.reason, **same)
        case "hand-off":
            assignments.hand_off(agent_id=form.taker(organization), reason=form.reason, **same)
        case "complete":
            assignments.complete(reason=form.reason, **same)


def _check(form: PartForm) -> None:
    if form.faults:
        raise Invalid([])


def _ask(request: MemberRequest, part: Assignment, name: str, form: PartForm, *, status: int) -> HttpResponse:
    organization, deed = request.organization, DEEDS[name]
    context: dict[str, Any] = {
        "part": part,
        "form": form,
        "deed": deed,
        "question": deed.question.format(_called(part)),
        "back": reverse("workstream", args=[part.workstream_id]),
    }
    if "agent" in deed.asks:
        context["names"] = task_selectors.names_for(organization, standing_of(request.user, organization))
    if "unblocker" in deed.asks:
        context["proposals"] = owner_proposals(organization)
    if "needs" in deed.asks:
        context["others"] = selectors.could_be_needed(part)
    return render(request, "workforce/streams/deed.html", context, status=status)
