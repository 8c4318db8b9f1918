"""The admin as its reader uses it: pages are opened, their forms filled in and sent."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

SEES_NOTHING = (302, 403, 404)


class _Fields(HTMLParser):
    """Names and values of a page's fields, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""

    def _add(self, name: str | None, value: str) -> None:
        if name:
            self.values.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") not in ("submit", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._add(given.get("name"), given.get("value") or ("on" if given.get("type") == "checkbox" else ""))
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and "selected" in given:
            self._add(self._select, given.get("value") or "")
        elif tag == "textarea":
            self._textarea, self._text = given.get("name"), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea:
            self._add(self._textarea, self._text.removeprefix("\n"))
            self._textarea = None


def fields_of(html: str) -> dict[str, list[str]]:
    parser = _Fields()
    parser.feed(html)
    return parser.values


def page(model: str, name: str = "changelist", *arguments: Any) -> str:
    """``page("workforce.agent", "change", agent.pk)``."""
    app, _, label = model.partition(".")
    return reverse(f"admin:{app}_{label}_{name}", args=arguments)


def send(client: Client, path: str, **changes: Any) -> Any:
    """Open a form, change some fields (None empties one), save."""
    opened = client.get(path)
    assert opened.status_code == 200, opened.status_code
    data = fields_of(opened.content.decode())
    for name, value in changes.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value if isinstance(value, list) else [value]
    data["_continue"] = ["1"]
    return client.post(path, data)


def faults(response: Any) -> dict[str, list[str]]:
    """What the page says is wrong, by field; ``__all__`` for the whole."""
    assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
    context = response.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    return {name: list(sentences) for name, sentences in form.errors.items()}


def as_hr(user: Any) -> Client:
    """A client signed in as this person, who is given the staff flag."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client = Client()
    client.force_login(user)
    return client
