"""What the demo's agents can do: small jobs written as plain sentences, done for real. Standard library only.

A job is a text of lines. A line that begins with one of the verbs is a step; other lines are remarks for people::

    Count the words of README.md
    SHA-256: a text
    Fetch /healthz

Behind ``of`` comes a page of this same server, or a document that is shipped with it; behind a colon the text itself,
or, where the rest of that line is empty, the lines below it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from typing import Protocol

#: What may be read of the files that are shipped. Nothing else is: the words of a job come from anybody.
DOCUMENTS = ("README.md", "docs/CHANGELOG.md", "docs/deploy.md", "docs/lifecycle.md")
MOST_STEPS = 12
_SHOWN = 100
_PATH = re.compile(r'/(?!/)[!"$-\[\]-~]{0,500}')
_WORD = re.compile(r"[^\W_](?:[^\W_]|['’-](?=[^\W_]))*")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")


class Unclear(Exception):
    """The job cannot be done as it is written; the message tells a person what is missing."""


class Failed(Exception):
    """The job was understood and could not be done."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the server answered. ``whole`` is false where it was longer than is read."""

    status: int
    kind: str
    body: bytes
    whole: bool = True

    @property
    def is_html(self) -> bool:
        return self.kind.startswith("text/html")


class Library(Protocol):
    """Where steps get their material."""

    def page(self, path: str) -> Page: ...

    def document(self, name: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Step:
    """``source`` is a path or a document, else None and ``text`` is meant. ``said`` is how people know it."""

    verb: str
    source: str | None
    text: str
    said: str


def read(job: str) -> list[Step]:
    """The steps of a job. Raises Unclear."""
    lines = job.splitlines()
    steps = [_step(lines, number, found) for number, line in enumerate(lines) if (found := _LEAD.match(line))]
    if not steps:
        raise Unclear(f"No line of this is a job that is known here. Known are: {KNOWN}.")
    if len(steps) > MOST_STEPS:
        raise Unclear(f"These are {len(steps)} steps. Write at most {MOST_STEPS} in one task.")
    return steps


def _step(lines: list[str], number: int, found: re.Match[str]) -> Step:
    verb = next(name for name in _DOING if found[name])
    lead, rest = found["lead"], lines[number][found.end() :].strip()
    if rest.startswith(":"):
        text = rest[1:].strip() or _below(lines[number + 1 :])
        if not text:
            raise Unclear(f"There is no text behind “{lead}:”. Write it there.")
        if verb != "fetch":
            return Step(verb, None, text, f"{lead} “{_cut(text, 40)}”")
        rest = text
    of = _OF.fullmatch(rest)
    if of is None:
        how = f"“{lead} /healthz”" if verb == "fetch" else f"“{lead} of” and a page, or “{lead}:” and a text"
        raise Unclear(f"“{_cut(lines[number])}” is not clear: write {how}.")
    source = _source(verb, of[1])
    return Step(verb, source, "", f"{lead} {'' if verb == 'fetch' else 'of '}{source}")


def do(step: Step, library: Library) -> str:
    """What came out, in a line. Raises Failed, Unclear, and what the library raises."""
    return f"{step.said}: {_DOING[step.verb](step, library)}"


def run(job: str, library: Library) -> str:
    """The whole job at once."""
    return "\n".join(do(step, library) for step in read(job))


# ---- what can be done -----------------------------------------------------------------------------------------------


def _words(step: Step, library: Library) -> str:
    words = _WORD.findall(_text(step, library))
    return f"{_many(len(words), 'word')}, {len({word.casefold() for word in words}):,} of them different"


def _lines(step: Step, library: Library) -> str:
    lines = _text(step, library).splitlines()
    return f"{_many(len(lines), 'line')}, {sum(not line.strip() for line in lines):,} of them empty"


def _longest(step: Step, library: Library) -> str:
    lines = [line.rstrip() for line in _text(step, library).splitlines()]
    longest = max(lines, key=len, default="")
    if not longest:
        raise Failed("There is no line with anything in it.")
    return f"line {lines.index(longest) + 1:,} with {_many(len(longest), 'character')}, “{_cut(longest.strip(), 60)}”"


def _frequent(step: Step, library: Library) -> str:
    counted = Counter(word.casefold() for word in _WORD.findall(_text(step, library)))
    if not counted:
        raise Failed("There is no word in it.")
    most = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    return ", ".join(f"{word} ({number:,})" for word, number in most)


def _sha256(step: Step, library: Library) -> str:
    raw = step.text.encode() if step.source is None else _bytes(step.source, library)
    return hashlib.sha256(raw).hexdigest()


def _links(step: Step, library: Library) -> str:
    source = step.text if step.source is None else _decoded(_bytes(step.source, library))
    found = list(dict.fromkeys(_Read(source).links))
    shown = ", ".join(_cut(link, 60) for link in found[:8])
    return f"{_many(len(found), 'link')}{': ' if found else ''}{shown}{', …' if len(found) > 8 else ''}"


def _fetch(step: Step, library: Library) -> str:
    page = library.page(step.source or "/")
    size = _many(len(page.body), "byte") if page.whole else f"more than {_many(len(page.body), 'byte')}"
    facts = [f"answered {page.status}", page.kind or "of no named kind", size]
    if page.is_html:
        seen = _Read(_decoded(page.body))
        facts += [f"titled “{_cut(seen.title, 60)}”" if seen.title else "without a title"]
        facts += [_many(len(dict.fromkeys(seen.links)), "link")]
    return ", ".join(facts)


def _add(step: Step, library: Library) -> str:
    words = re.split(r"[\s;]+|,(?=\s|$)", _text(step, library).replace("+", " "))
    numbers = [word for word in words if word]
    for word in numbers:
        if not _NUMBER.fullmatch(word):
            raise Unclear(f"“{_cut(word, 40)}” is not a number such as 118.40. Write only numbers behind “Add up”.")
    if not numbers:
        raise Unclear("There are no numbers to add up.")
    return f"{sum(map(Decimal, numbers), Decimal(0)):,f} from {_many(len(numbers), 'number')}"


def _sort(step: Step, library: Library) -> str:
    found = [part.strip() for part in re.split(r"[,;\n]", _text(step, library)) if part.strip()]
    unique = sorted(set(found), key=lambda part: (part.casefold(), part))
    return f"{', '.join(unique)} ({len(unique):,}, {len(found) - len(unique):,} named twice)"


_DOING: Mapping[str, Callable[[Step, Library], str]] = {
    "words": _words,
    "lines": _lines,
    "longest": _longest,
    "frequent": _frequent,
    "sha256": _sha256,
    "links": _links,
    "fetch": _fetch,
    "add": _add,
    "sort": _sort,
}
KNOWN = (
    "Count the words, Count the lines, Count the links, Longest line, Most frequent words, SHA-256 "
    "(each “of” a page or document, or with a colon and a text), Fetch /path, Add up: numbers, Sort: names"
)
_LEAD = re.compile(
    r"\s*(?:[-*•]\s+|[0-9]{1,2}[.)]\s+)?(?P<lead>(?P<words>count (?:the )?words)|(?P<lines>count (?:the )?lines)"
    r"|(?P<links>count (?:the )?links)|(?P<longest>(?:find )?(?:the )?longest line)"
    r"|(?P<frequent>(?:find )?(?:the )?most frequent words)|(?P<sha256>sha-?256)|(?P<fetch>fetch)|(?P<add>add up)"
    r"|(?P<sort>sort))(?![\w-])",
    re.IGNORECASE,
)
_OF = re.compile(r"(?:(?:of|in)\s+)?(\S+)")


# ---- the material ---------------------------------------------------------------------------------------------------


def _source(verb: str, named: str) -> str:
    """Raises Unclear for all that is neither a path of this server nor a shipped document."""
    named = named.strip().removesuffix(".") or named
    if _PATH.fullmatch(named) or (named in DOCUMENTS and verb != "fetch"):
        return named
    if verb == "fetch" or "//" in named:
        raise Unclear(f"“{_cut(named, 60)}” is not a path of this server, such as /healthz. Nothing else is fetched.")
    raise Unclear(
        f"“{_cut(named, 60)}” is neither a path of this server, such as /healthz, nor one of {', '.join(DOCUMENTS)}."
    )


def _below(lines: list[str]) -> str:
    """The lines up to the next step."""
    taken = []
    for line in lines:
        if _LEAD.match(line):
            break
        taken.append(line)
    return "\n".join(taken).strip()


def _bytes(source: str, library: Library) -> bytes:
    if source in DOCUMENTS:
        return library.document(source)
    page = library.page(source)
    if page.status != 200:
        raise Failed(f"{source} answered {page.status}.")
    if not page.whole:
        raise Failed(f"{source} is longer than {_many(len(page.body), 'byte')}.")
    return page.body


def _text(step: Step, library: Library) -> str:
    if step.source is None:
        return step.text
    if step.source in DOCUMENTS:
        return _decoded(library.document(step.source))
    text = _decoded(_bytes(step.source, library))
    return _Read(text).text if text.lstrip()[:1] == "<" else text


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


class _Read(HTMLParser):
    """Title, links and the words people see of a page."""

    _UNSEEN = frozenset({"script", "style", "template", "title"})
    _IN_LINE = frozenset({"a", "abbr", "b", "code", "em", "i", "kbd", "mark", "small", "span", "strong", "sub", "sup"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self._title: list[str] = []
        self._seen: list[str] = []
        self._inside: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (target := dict(attrs).get("href")):
            self.links.append(target)
        if tag in self._UNSEEN:
            self._inside.append(tag)
        elif tag not in self._IN_LINE:
            self._seen.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[self._inside.index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._seen.append(data)
        elif self._inside == ["title"]:
            self._title.append(data)

    @property
    def title(self) -> str:
        return " ".join("".join(self._title).split())

    @property
    def text(self) -> str:
        return "\n".join(line.strip() for line in "".join(self._seen).splitlines() if line.strip())


def _cut(text: str, most: int = _SHOWN) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
