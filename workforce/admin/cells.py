"""Cells of lists and read-only pages: status with icon and word, links, times, facts. Every value is escaped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workforce.choices import Choice
from workforce.templatetags import punchcard

NOTHING = "–"


def status(choice: Choice) -> SafeString | str:
    """Icon and word, never colour alone; the word where it has no tone."""
    return punchcard.status(choice) if choice.icon else choice.label


def link(row: Model | None, text: str | None = None) -> SafeString | str:
    """To the row's own admin page."""
    if row is None:
        return NOTHING
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text or str(row))


def ago(at: datetime | None) -> SafeString | str:
    """How long ago, with the exact time in the reader's zone on hover."""
    if at is None:
        return "never"
    said = punchcard.span_in_words((timezone.now() - at).total_seconds())
    exact = punchcard.exact_in_zones(at)
    return format_html('<time datetime="{}" title="{}">{} ago</time>', at.isoformat(), exact, said)


def facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> SafeString | str:
    """What changed, one fact a row."""
    names = [*before, *(name for name in after if name not in before)]
    if not names:
        return NOTHING
    row = '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>'
    rows = format_html_join("", row, ((name, _said(before, name), _said(after, name)) for name in names))
    return format_html(
        '<table class="facts"><thead><tr><th scope="col">Fact</th><th scope="col">Before</th>'
        '<th scope="col">After</th></tr></thead><tbody>{}</tbody></table>',
        rows,
    )


def _said(of: Mapping[str, Any], name: str) -> str:
    if name not in of or of[name] in (None, "", [], {}):
        return NOTHING
    return ", ".join(map(str, of[name])) if isinstance(of[name], list) else str(of[name])
