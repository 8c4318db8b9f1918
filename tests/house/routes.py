"""Every address of the house, walked from the resolver, with a concrete path for each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern

#: What stands in for an argument of this converter. Nothing has these ids: a stranger is refused before anyone looks.
SAMPLES = {"uuid": "0199a0b2-0000-7000-8000-000000000000", "int": "1", "slug": "x", "str": "x", "path": "x"}
_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
#: The admin's page per application.
_LABELS = re.compile(r"\^\(\?P<app_label>(\w+)\|.*")
#: Other regular expressions that routes use, and what each matches.
REGEXES = {"^/": "", "": "nothing-here", r"(?P<url>.*)$": "nothing-here"}


@dataclass(frozen=True)
class Route:
    """``path`` starts with a slash; ``name`` carries its namespaces, ``admin:index``; ``""`` where it has none."""

    template: str
    path: str
    name: str
    view: Any

    def __str__(self) -> str:
        return f"{self.name or 'unnamed'} {self.template}"


def _piece(pattern: Any, given: dict[str, str]) -> str:
    if isinstance(pattern, RoutePattern):
        return _ARGUMENT.sub(lambda match: given.get(match[2], SAMPLES[match[1] or "str"]), str(pattern._route))
    if isinstance(pattern, RegexPattern) and (labels := _LABELS.fullmatch(pattern._regex)):
        return f"{labels[1]}/"
    return REGEXES[pattern._regex]


def routes(**given: str) -> Iterator[Route]:
    """All routes, includes followed. ``given`` fills arguments by name, for example ``agent_id``."""
    yield from _walk(get_resolver(), "", "/", "", given)


def _walk(resolver: URLResolver, template: str, path: str, namespace: str, given: dict[str, str]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        here = template + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, here, path + _piece(entry.pattern, given), inner, given)
        elif isinstance(entry, URLPattern):
            name = f"{namespace}{entry.name}" if entry.name else ""
            yield Route(template=here, path=path + _piece(entry.pattern, given), name=name, view=entry.callback)
