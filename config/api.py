"""The API's mount: what each floor serves under ``/api/``, its OpenAPI document, and docs that work offline."""

import json
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator

from config.errors import unknown_api_path
from workforce.api.problem_types import PROBLEMS
from workforce.api.problems import Problem, respond

View = Callable[..., HttpResponse]
SCHEMA_MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"


@cache
def _schema_document() -> bytes:
    """Made once per process: it depends on the code alone."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(document, ensure_ascii=False, default=str).encode()


def _read_only(view: View) -> View:
    """GET and HEAD, of anyone; other methods are refused as everything under ``/api/`` is."""

    @csrf_exempt
    @wraps(view)
    def read(request: HttpRequest, **parts: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request, **parts)
        words = "This address is for reading: use GET."
        return respond(Problem(405, "method_not_allowed", words, headers={"Allow": "GET, HEAD"}), request)

    return read


@_read_only
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_schema_document(), content_type=SCHEMA_MEDIA_TYPE)


@_read_only
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


@_read_only
def problem_page(request: HttpRequest, slug: str) -> HttpResponse:
    kind = PROBLEMS.get(slug.replace("-", "_"))
    if kind is None:
        raise Http404
    return render(request, "api/problem.html", {"problem": kind})


urlpatterns = [
    path("", include("workforce.api.urls")),
    path("", include("budgets.api.urls")),
    path("", include("scheduling.api.urls")),
    path("", include("heartbeats.api.urls")),
    path("schema", schema, name="schema"),
    path("docs", docs, name="docs"),
    path("docs/problems/<slug:slug>", problem_page, name="problem"),
    re_path(r"", csrf_exempt(unknown_api_path)),
]
