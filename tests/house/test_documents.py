"""What the documents say is there."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError

from tests.house.test_files import FILES, ROOT

DOCUMENTS = [path for path in FILES if path.suffix == ".md" and (path.parent == ROOT or ROOT / "docs" in path.parents)]
_COMMAND = re.compile(r"manage\.py ([a-z_]+)")
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*\ssrc=\"([^\"]+)\"|<source[^>]*\ssrcset=\"([^\"]+)\"")
#: Commands of ``manage.py`` that are not Django's (config/bootstrap.py).
BOOTSTRAP = {"up", "test"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_documents_are_there() -> None:
    assert {"README.md", "docs/deploy.md", "docs/lifecycle.md", "docs/CHANGELOG.md"} <= {name(p) for p in DOCUMENTS}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_commands_that_are_mentioned_exist(path: Path) -> None:
    mentioned = set(_COMMAND.findall(path.read_text()))
    assert mentioned <= get_commands().keys() | BOOTSTRAP


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = {next(filter(None, groups)) for groups in _LINK.findall(path.read_text())}
    inside = {target.split("#")[0] for target in targets if not target.startswith(("http:", "https:", "#", "mailto:"))}
    assert not {target for target in inside if not (path.parent / target).exists()}


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_lifecycle_page_shows_the_lifecycle_of_the_code() -> None:
    call_command("lifecycle_diagram", check=True)


def test_another_diagram_would_be_noticed(tmp_path: Path) -> None:
    page = tmp_path / "lifecycle.md"
    page.write_text("```mermaid\nstateDiagram-v2\n    [*] --> registered\n```\n")
    with pytest.raises(CommandError, match="lifecycle_diagram"):
        call_command("lifecycle_diagram", check=True, page=page)


def test_reference_vectors_exist() -> None:
    data = ROOT / "tests" / "vectors" / "data"
    assert {"transition.json", "work_state.json"} <= {path.name for path in data.glob("*.json")}
