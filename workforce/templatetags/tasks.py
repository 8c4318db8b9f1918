"""Fields of a task's form."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workforce.forms import TaskForm

register = template.Library()


@register.simple_tag
def faults(form: TaskForm, path: str) -> SafeString:
    """The sentences about one field."""
    lines = ((f"fault-{path}-{number}", sentence) for number, sentence in enumerate(_of(form, path)))
    return format_html_join("", '<small class="fault" role="alert" id="{}">{}</small>', lines)


@register.simple_tag
def invalid(form: TaskForm, path: str) -> SafeString:
    """Attributes of a field that was refused: it points to its sentences, and the topmost one takes the focus."""
    number = len(_of(form, path))
    if not number:
        return SafeString("")
    ids = " ".join(f"fault-{path}-{n}" for n in range(number))
    focus = SafeString(" autofocus") if form.first_fault == path else ""
    return format_html(' aria-invalid="true" aria-describedby="{}"{}', ids, focus)


def _of(form: TaskForm, path: str) -> list[str]:
    return [sentence for where, sentence in form.faults if where == path]
