"""When no view answers, or a form's token is stale: a page in the frame's look, or a toast for a fragment."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from workforce.views.answers import frame_of, with_toast


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "The request is malformed. Go back and try again.")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "This is not yours to do.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "There is nothing at this address, or it is not in this organisation.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: the frame would ask a database that may be what failed."""
    sentence = "Something went wrong on our side, and it is in the log. Try again in a minute."
    if request.headers.get("HX-Request"):
        return with_toast(HttpResponse(status=500), sentence, bad=True)
    return HttpResponse(render_to_string("500.html", {"sentence": sentence}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """``reason`` is for the log, not for the page."""
    sentence = "This page was open for too long, or its cookie was not sent. Load it again and repeat what you did."
    return _answer(request, 403, sentence, page="csrf_failure.html")


def _answer(request: HttpRequest, status: int, sentence: str, *, page: str = "") -> HttpResponse:
    if request.headers.get("HX-Request"):
        return with_toast(HttpResponse(status=status), sentence, bad=True)
    context = {"sentence": sentence, "frame": frame_of(request)}
    return render(request, page or f"{status}.html", context, status=status)
