"""What the folders hold: short files, a fixed top level, no imports hidden in functions, no inline style or script."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("config", "heartbeats", "scheduling", "budgets", "workforce")
#: docs/decisions/0008
TOP_LEVEL = {
    *PACKAGES,
    "manage.py",
    "requirements.txt",
    "templates",
    "static",
    "tests",
    "README.md",
    "pyproject.toml",
    "docs",
}
MAX_LINES = 400
#: Functions that import, and why they must.
IMPORTS_INSIDE = {
    "config/bootstrap.py": "runs before Django is installed",
    "manage.py": "speaks to Pythons that could not read what it imports",
}


def tracked() -> list[Path]:
    """Files under version control or about to be; without Git, everything that is no product of a run."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return sorted(ROOT / name for name in names if (ROOT / name).is_file())
    made = {".venv", ".punchcard", "staticfiles", "__pycache__", "node_modules"}
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts))


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
TEMPLATES = [path for path in FILES if ROOT / "templates" in path.parents]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_walk_finds_the_house() -> None:
    assert len(PYTHON) > 100
    assert len(TEMPLATES) > 5


def test_the_top_level_is_as_decided() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert {entry for entry in top if not entry.startswith(".")} == TOP_LEVEL


def test_no_file_is_too_long_to_read() -> None:
    """Code, templates, styles. Not migrations and what was compiled or generated."""
    read = [
        p for p in FILES if p.suffix in {".py", ".html", ".css", ".js"} and not {"migrations", "vendor"} & set(p.parts)
    ]
    long = {name(path): lines for path in read if (lines := len(path.read_text().splitlines())) > MAX_LINES}
    assert not long


def imports_inside(tree: ast.Module) -> list[int]:
    """Lines of import statements inside functions, ``AppConfig.ready`` aside."""
    return [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name != "ready"
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_no_function_imports_to_dodge_a_circle() -> None:
    """Apps are the exception that Django makes: models can be imported only once the apps are loaded."""
    found = {
        f"{name(path)}:{line}"
        for path in PYTHON
        if path.relative_to(ROOT).parts[0] in (*PACKAGES, "manage.py")
        and path.name != "apps.py"
        and name(path) not in IMPORTS_INSIDE
        for line in imports_inside(ast.parse(path.read_text()))
    }
    assert not found


#: What the content security policy would refuse, or worse, would not.
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "a script without a file": re.compile(
        r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*type=.application/(?:ld\+)?json)", re.IGNORECASE
    ),
    "a javascript address": re.compile(r"=\s*[\"']?\s*javascript:", re.IGNORECASE),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a style attribute", '<p class="x"\n style="color:red">'),
        ("a style element", "<style>p{}</style>"),
        ("an event attribute", '<button type="button" onclick="go()">'),
        ("an event attribute", "<div hx-on:click='go()'>"),
        ("a script without a file", "<script>go()</script>"),
        ("a javascript address", '<a href="javascript:go()">'),
    ],
)
def test_inline_style_and_script_would_be_found(what: str, text: str) -> None:
    assert INLINE[what].search(text)


def test_what_is_allowed_in_templates_is_not_found() -> None:
    text = '<script src="/static/x.js" defer></script><p class="style=" data-on="x">onclick = </p>'
    assert not any(pattern.search(text) for what, pattern in INLINE.items() if what != "a style attribute")
