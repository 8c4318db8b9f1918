"""How pages pass on what a service said: a toast for a fragment, a page for everything else, the same sentence."""

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from workforce.rules.refusals import Conflict, Forbidden, Invalid, Missing, Refusal
from workforce.views.access import MemberRequest

STATUS_OF: dict[type[Refusal], HTTPStatus] = {
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Missing: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.BAD_REQUEST,
}


def status_of(refusal: Refusal) -> HTTPStatus:
    return next((s for kind, s in STATUS_OF.items() if isinstance(refusal, kind)), HTTPStatus.BAD_REQUEST)


def sentence_of(refusal: Refusal) -> str:
    """What to show where there is no field to put it beside."""
    if isinstance(refusal, Invalid) and refusal.fields:
        return " ".join(dict.fromkeys(sentence for _, sentence in refusal.fields))
    return refusal.sentence


def with_toast(response: HttpResponse, text: str, *, bad: bool = False) -> HttpResponse:
    """Have punchcard.js say it in the live region. JSON escapes keep the header ASCII."""
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "bad": bad}})
    return response


def done(request: MemberRequest, text: str, *, to: str) -> HttpResponse:
    """After a plain form: back to the page, which shows ``text`` as a toast."""
    messages.success(request, text)
    return redirect(to)


def frame_of(request: HttpRequest) -> str:
    """The frame with rail and header for members, the bare sheet for everyone else."""
    return "base.html" if getattr(request, "organization", None) else "plain.html"


def refuse(request: MemberRequest, refusal: Refusal) -> HttpResponse:
    status = status_of(refusal)
    if request.htmx:
        return with_toast(HttpResponse(status=status), sentence_of(refusal), bad=True)
    context = {"sentence": sentence_of(refusal), "frame": frame_of(request)}
    return render(request, "refused.html", context, status=status)


def refusals_answered(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Where there is nothing better to do with a refusal than to pass it on."""

    @wraps(view)
    def answering(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return refuse(request, refusal)

    return answering
