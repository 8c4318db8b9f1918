"""What people do to tasks, one or many at once: done, cancel, reassign, change, urgent, unblock (spec T3, T4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from workforce.choices import KeyScope, TaskPriority
from workforce.forms import TaskForm
from workforce.middleware import zone_of
from workforce.models import Task
from workforce.rules.matrix import Activity
from workforce.rules.refusals import Conflict, Invalid, Refusal
from workforce.selectors import tasks as selectors
from workforce.selectors.assignments import workstreams_to_choose
from workforce.selectors.standing import actor_of_user, check_may, standing_of
from workforce.selectors.task_story import story_of
from workforce.services import task_needs
from workforce.services import tasks as services
from workforce.views.access import MemberRequest, member_required
from workforce.views.answers import refusals_answered, refuse, sentence_of, status_of
from workforce.views.tasks import IN_WORKSTREAM, finished

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Deed:
    """``asks`` are the dialog's fields; ``said`` ends the sentence about the task, or about so many of them."""

    question: str
    button: str
    said: str
    said_of_many: str
    asks: Sequence[str] = ("reason",)
    warning: str = ""
    danger: bool = False


DEEDS: Mapping[str, Deed] = {
    "done": Deed("Mark {} as done?", "Done", "is done", "are done", asks=("result",)),
    "cancel": Deed(
        "Cancel {}?",
        "Cancel task",
        "is cancelled",
        "are cancelled",
        warning="The agent’s work on it stops permanently. This cannot be undone.",
        danger=True,
    ),
    "reassign": Deed("Reassign {}", "Reassign", "is reassigned", "are reassigned", asks=("agent", "reason")),
    "priority": Deed(
        "Reprioritise {}", "Reprioritise", "is reprioritised", "are reprioritised", asks=("priority", "reason")
    ),
    "urgent": Deed(
        "Mark {} urgent?",
        "Mark urgent",
        "is urgent",
        "are urgent",
        warning="An urgent task is handed out even while its agent is off duty.",
    ),
    "not-urgent": Deed("Make {} wait for duty?", "Not urgent", "is no longer urgent", "are no longer urgent"),
    "unblock": Deed(
        "Unblock {}?", "Unblock", "waits in the queue again", "wait in the queue again",
        warning="The blocker is cleared and the task waits in the queue again.",
    ),
}  # fmt: skip
#: Beside which field of the edit form a refusal of the whole is shown.
_BESIDE = {"waits_for_itself": "needs", "in_progress": "needs"} | IN_WORKSTREAM
BULK = ("done", "cancel", "reassign", "priority")


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request: MemberRequest, task_id: UUID, name: str) -> HttpResponse:
    """Asked, it says what will happen; posted, it is done. A refusal keeps what was typed."""
    standing = standing_of(request.user, request.organization)
    story = story_of(request.organization, task_id, standing=standing)
    task = story.task
    if not (story.may_act or (name == "unblock" and story.may_unblock)):
        check_may(by=actor_of_user(request.user), activity=Activity.TASKS, agent=task.agent, scope=KeyScope.TASKS)
    if request.method != "POST":
        return _ask(request, name, [task])
    try:
        _act(request, task_id, name, request.POST)
    except (Invalid, Conflict) as refusal:
        if "asked" not in request.POST:
            return refuse(request, refusal)
        return _ask(request, name, [task], refusal=refusal)
    return finished(request, f"“{task.title}” {DEEDS[name].said}.", task_id=_back(request, task))


@member_required
@refusals_answered
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, task_id: UUID) -> HttpResponse:
    standing, zone = standing_of(request.user, request.organization), zone_of(request.user)
    task = story_of(request.organization, task_id, standing=standing).task
    by = actor_of_user(request.user)
    check_may(by=by, activity=Activity.TASKS, agent=task.agent, scope=KeyScope.TASKS)
    if request.method != "POST":
        return _edit(request, task, TaskForm.of(task, zone))
    form = TaskForm.typed(request.POST, zone)
    form.type = task.type
    changes = form.changes(task)
    # Of a task in progress the form does not ask what it waits for.
    needs = form.needed(request.organization) if "need" in request.POST else None
    if form.faults:
        return _edit(request, task, form, status=400)
    same: dict[str, Any] = {"organization": request.organization, "task_id": task_id, "by": by, "now": timezone.now()}
    try:
        with transaction.atomic():
            if needs is not None:
                task_needs.change(**same, needs=needs, reason=form.reason)
            services.edit(**same, changes=changes, reason=form.reason)
    except (Invalid, Conflict) as refusal:
        form.blame(
            refusal.fields if isinstance(refusal, Invalid) else [(_BESIDE.get(refusal.code, "title"), refusal.sentence)]
        )
        return _edit(request, task, form, status=status_of(refusal))
    return finished(request, f"“{form.title}” is changed.", task_id=_back(request, task))


@member_required
@refusals_answered
@require_POST
def bulk(request: MemberRequest) -> HttpResponse:
    """First the question, then, with ``asked``, the deed: each task for itself, and each refusal with its reason."""
    name, ids = request.POST.get("deed", ""), _ids(request.POST)
    found = selectors.some_of(request.organization, ids)
    if name not in BULK:
        raise Invalid([("deed", "Choose one of: done, cancel, reassign, reprioritise.")])
    if not found:
        raise Invalid([("task", "Select at least one task.")])
    if "asked" not in request.POST:
        return _ask(request, name, found)
    if name == "reassign" and not request.POST.get("agent", "").strip():
        return _ask(request, name, found, refusal=Invalid([("agent_id", "Say which agent is to do it.")]))
    refused = []
    for task in found:
        try:
            _act(request, task.pk, name, request.POST)
        except Refusal as refusal:
            refused.append((task, sentence_of(refusal)))
    number = len(found) - len(refused)
    text = f"1 task {DEEDS[name].said}." if number == 1 else f"{number} tasks {DEEDS[name].said_of_many}."
    if not refused:
        return finished(request, text)
    page = "_refused_dialog.html" if request.htmx else "refused_some.html"
    return render(request, f"workforce/tasks/{page}", {"refused": refused, "text": text if number else ""})


def _ids(posted: QueryDict) -> list[UUID]:
    """Raises ``Invalid`` for what is no id, and for too many."""
    given = posted.getlist("task")
    if len(given) > MOST_AT_ONCE:
        raise Invalid([("task", f"Select at most {MOST_AT_ONCE} tasks at once; these are {len(given)}.")])
    try:
        return [UUID(text) for text in given]
    except ValueError:
        raise Invalid([("task", "One of the tasks in the form is not a task.")]) from None


def _act(request: MemberRequest, task_id: UUID, name: str, posted: QueryDict) -> None:
    reason = posted.get("reason", "").strip()
    which: dict[str, Any] = {
        "organization": request.organization,
        "task_id": task_id,
        "by": actor_of_user(request.user),
        "now": timezone.now(),
    }
    match name:
        case "done":
            services.complete(result=posted.get("result", "").strip(), **which)
        case "cancel":
            services.cancel(reason=reason, **which)
        case "reassign":
            agent = selectors.agent_called(request.organization, posted.get("agent", "").strip().replace("\x00", ""))
            if agent is None:
                raise Invalid([("agent_id", "There is no such agent in this organisation.")])
            services.reassign(agent_id=agent.pk, reason=reason, **which)
        case "priority":
            services.edit(changes={"priority": posted.get("priority", "")}, reason=reason, **which)
        case "urgent" | "not-urgent":
            services.set_urgent(urgent=name == "urgent", reason=reason, **which)
        case "unblock":
            services.unblock(reason=reason, **which)


def _ask(
    request: MemberRequest, name: str, found: Sequence[Task], *, refusal: Invalid | Conflict | None = None
) -> HttpResponse:
    """The dialog, or a page of its own; what htmx posted comes back without the dialog's frame."""
    deed, many = DEEDS[name], request.resolver_match is not None and request.resolver_match.url_name == "tasks-bulk"
    subject = f"“{found[0].title}”" if len(found) == 1 else f"{len(found)} tasks"
    form = TaskForm.typed(request.POST, zone_of(request.user))
    if "asked" not in request.POST:
        form.priority = found[0].priority
    if refusal is not None:
        form.blame(refusal.fields if isinstance(refusal, Invalid) else [("form", refusal.sentence)])
    context = {
        "name": name,
        "deed": deed,
        "question": deed.question.format(subject),
        "found": found,
        "many": many,
        "form": form,
        "typed": request.POST,
        "priorities": list(TaskPriority),
        "dialog": bool(request.htmx),
        "names": (),
    }
    if "agent" in deed.asks:
        standing = standing_of(request.user, request.organization)
        context["names"] = selectors.names_for(request.organization, standing)
    page = "deed.html"
    if request.htmx:
        page = "_deed_dialog.html" if refusal is None else "_deed.html"
    return render(request, f"workforce/tasks/{page}", context, status=status_of(refusal) if refusal else 200)


def _edit(request: MemberRequest, task: Task, form: TaskForm, *, status: int = 200) -> HttpResponse:
    page = "edit.html"
    if request.htmx:
        page = "_edit.html" if request.method == "POST" else "_edit_dialog.html"
    context = {"task": task, "form": form, "dialog": bool(request.htmx)}
    context["recent"] = selectors.recent_tasks(request.organization)
    context["workstreams"] = workstreams_to_choose(request.organization)
    return render(request, f"workforce/tasks/{page}", context, status=status)


def _back(request: MemberRequest, task: Task) -> UUID | None:
    """The task's own page where the dialog was opened there; else the list."""
    return task.pk if request.GET.get("back") == "task" else None
