"""When no view answers: pages for people, problem documents under ``/api/``, in the same cases."""

import sys

from django.http import Http404, HttpRequest, HttpResponse

from workforce.api.problems import Problem, problem_of, respond
from workforce.api.problems import server_error as broken
from workforce.views import errors as pages


def is_api(request: HttpRequest) -> bool:
    return request.path == "/api" or request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return respond(Problem(400, "bad_request", "The request is malformed."), request)
    return pages.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return respond(Problem(403, "forbidden", "This is not yours to do."), request)
    return pages.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return respond(Problem(404, "not_found", "There is nothing at this address."), request)
    return pages.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the fault is being handled. Says nothing about it, but a lost database is a 503."""
    fault = sys.exc_info()[1]
    if is_api(request):
        return respond((problem_of(fault) if fault else None) or broken(), request)
    return pages.server_error(request)


def unknown_api_path(request: HttpRequest) -> HttpResponse:
    """Under ``/api/`` nothing matched: say so as a problem document in debug mode too."""
    return not_found(request, Http404())
