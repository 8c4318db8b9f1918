"""Just enough of a document to ask it what a reader would see."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass
class Node:
    tag: str
    attrs: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What is in it, blanks collapsed."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).split())

    def walk(self) -> "list[Node]":
        found: list[Node] = []
        for child in self.children:
            if isinstance(child, Node):
                found += [child, *child.walk()]
        return found

    def all(self, tag: str = "", **attrs: str) -> "list[Node]":
        """By tag and attributes; ``class_`` asks for one of the classes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [node for node in self.walk() if (not tag or node.tag == tag) and node._has(wanted)]

    def one(self, tag: str = "", **attrs: str) -> "Node":
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} of {tag} {attrs}"
        return found[0]

    def _has(self, wanted: dict[str, str]) -> bool:
        return all(
            value in self.attrs.get(name, "").split() if name == "class" else self.attrs.get(name) == value
            for name, value in wanted.items()
        )


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(response: object) -> Node:
    """The document of a Django test response, or of a text."""
    text = response if isinstance(response, str) else response.content.decode()  # type: ignore[attr-defined]
    builder = _Builder()
    builder.feed(text)
    return builder.root


def rows_of(page: Node) -> dict[str, Node]:
    """Roster rows by agent name."""
    rows = [node for node in page.all("tr") if node.attrs.get("id", "").startswith("agent-")]
    return {row.one("td", class_="c-agent").one("a").text: row for row in rows}


def faults(page: Node) -> dict[str, str]:
    """What each field of a form was refused for, by the field's name."""
    found = page.all("small", class_="fault")
    return {node.attrs["id"].removeprefix("fault-").rsplit("-", 1)[0]: node.text for node in found}
