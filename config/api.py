"""The API's mount: what each floor serves under ``/api/``, its OpenAPI document, and docs that work offline."""

import json
from functools import cache
from importlib.util import find_spec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from config.errors import unknown_api_path
from workforce.api.problem_types import PROBLEMS

SCHEMA_MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"


@cache
def _schema_document() -> bytes:
    """Made once per process: it depends on the code alone."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(document, ensure_ascii=False, default=str).encode()


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_schema_document(), content_type=SCHEMA_MEDIA_TYPE)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


@require_safe
def problem_page(request: HttpRequest, slug: str) -> HttpResponse:
    kind = PROBLEMS.get(slug.replace("-", "_"))
    if kind is None:
        raise Http404
    return render(request, "api/problem.html", {"problem": kind})


urlpatterns = [
    *[
        path("", include(m))
        for m in ("workforce.api.urls", "scheduling.api.urls", "heartbeats.api.urls")
        if find_spec(m)
    ],
    path("schema", schema, name="schema"),
    path("docs", docs, name="docs"),
    path("docs/problems/<slug:slug>", problem_page, name="problem"),
    re_path(r"", csrf_exempt(unknown_api_path)),
]
