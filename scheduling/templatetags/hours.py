"""Fields of the hours form."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from scheduling.forms import DAYS, HoursForm, ShiftRow, faults_of

register = template.Library()


@register.simple_tag
def faults(form: HoursForm, path: str, part: str = "") -> SafeString:
    """The service's sentences about one field."""
    path = f"{path}.{part}" if part else path
    lines = ((f"fault-{path}-{number}", sentence) for number, sentence in enumerate(faults_of(form, path)))
    return format_html_join("", '<small class="fault" role="alert" id="{}">{}</small>', lines)


@register.simple_tag
def invalid(form: HoursForm, path: str, part: str = "") -> SafeString:
    """Attributes of a field that was refused: it points to its sentences, and the topmost one takes the focus."""
    path = f"{path}.{part}" if part else path
    number = len(faults_of(form, path))
    if not number:
        return SafeString("")
    ids = " ".join(f"fault-{path}-{n}" for n in range(number))
    focus = SafeString(" autofocus") if form.first_fault == path else ""
    return format_html(' aria-invalid="true" aria-describedby="{}"{}', ids, focus)


@register.inclusion_tag("scheduling/_shift.html", takes_context=True)
def shift_fields(context: template.Context, form: HoursForm, row: ShiftRow, number: int, kind: str) -> dict[str, Any]:
    """Name, days and times of one window. Only the rows of the chosen type carry sentences."""
    return {
        "form": form,
        "row": row,
        "number": number,
        "kind": kind,
        "counts": (kind == "standard") == (form.type == "standard"),
        "path": f"shifts.{number}",
        "prefix": f"shift-{number}-" if kind == "shift" else "",
        "days": DAYS,
        "request": context["request"],
    }


@register.simple_tag
def switch(form: HoursForm, flag: str, words: tuple[str, str]) -> SafeString:
    label, consequence = words
    return format_html(
        '<label class="sw"><input type="checkbox" role="switch" name="{}"{}><span>{}<br>'
        '<small class="hint">{}</small></span></label>',
        flag,
        SafeString(" checked") if form.flags.get(flag) else "",
        label,
        consequence,
    )
