"""Fields and widgets of the admin's forms. Shapes only: what may be in them, the services say."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workforce.rules.roster import TOOL_MODES


class ScopedAutocomplete(AutocompleteSelect):
    """Django's, but a value that cannot be an id is no selection instead of a server error."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> list[Any]:
        return super().optgroups(name, [one for one in value if is_uuid(one)], attr)


def is_uuid(text: object) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


class ChoiceInput(forms.TextInput):
    """A text field that proposes values as one types (``<datalist>``), for lists too long to scroll."""

    def __init__(self, proposals: Iterable[str], attrs: dict[str, Any] | None = None) -> None:
        self.proposals = proposals
        super().__init__(attrs={"autocomplete": "off", "spellcheck": "false", **(attrs or {})})

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id', name)}_choices"
        field = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in self.proposals))
        return format_html('{}<datalist id="{}">{}</datalist>', field, listed, options)


class TagsField(forms.Field):
    """Tags between commas, as a list."""

    widget = forms.TextInput(attrs={"class": "vLargeTextField"})

    def to_python(self, value: Any) -> list[str]:
        return [tag.strip() for tag in str(value or "").split(",") if tag.strip()]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class ToolsField(forms.Field):
    """One tool a line, ``name: mode``, as a dictionary (spec S13)."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField", "spellcheck": "false"})

    def to_python(self, value: Any) -> dict[str, str]:
        tools: dict[str, str] = {}
        for line in str(value or "").splitlines():
            if line.strip():
                tool, _, mode = line.rpartition(":")
                tools[tool.strip()] = mode.strip()
        return tools

    def validate(self, value: dict[str, str]) -> None:
        for tool, mode in value.items():
            if not tool or mode not in TOOL_MODES:
                raise forms.ValidationError(f"Write each line as “tool: mode”; modes are {', '.join(TOOL_MODES)}.")

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{tool}: {mode}" for tool, mode in value.items()) if isinstance(value, dict) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return dict(initial or {}) != self.to_python(data)


class MomentInput(forms.DateTimeInput):
    """A moment in the reader's zone, with the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


def moment_field(label: str, help_text: str) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, required=False, help_text=help_text, widget=MomentInput())
