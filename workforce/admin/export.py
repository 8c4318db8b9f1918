"""A list as CSV, with the columns it shows."""

from collections.abc import Iterator
from html import unescape
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.html import strip_tags
from django.utils.text import capfirst

from workforce.views.export import csv_response

EXPORT_MOST = 50_000


@admin.action(description="Export as CSV")
def export_csv(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> StreamingHttpResponse:
    """The chosen rows, at most ``EXPORT_MOST``."""
    columns = list(model_admin.get_list_display(request))
    rows = queryset.select_related(*model_admin.get_list_select_related(request))[:EXPORT_MOST]
    titles = [capfirst(str(label_for_field(name, model_admin.model, model_admin))) for name in columns]
    return csv_response(model_admin.opts.model_name, titles, _lines(model_admin, columns, rows))


def _lines(model_admin: Any, columns: list[str], rows: QuerySet[Any]) -> Iterator[list[str]]:
    for row in rows.iterator(chunk_size=500):
        yield [_plain(name, row, model_admin) for name in columns]


def _plain(name: str, row: Any, model_admin: Any) -> str:
    """What the cell says, without its markup."""
    try:
        field, _, value = lookup_field(name, row, model_admin)
    except ObjectDoesNotExist:
        return ""
    if value is None:
        return ""
    if field is not None and getattr(field, "flatchoices", None):
        return str(dict(field.flatchoices).get(value, value))
    return unescape(strip_tags(value)) if hasattr(value, "__html__") else str(value)
