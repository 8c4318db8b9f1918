"""From a bare Python to a running command: what is refused, what is embedded, which interpreter goes on."""

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import bootstrap
from config.console import Refusal
from tests.config.conftest import ROOT, Checkout

#: The interpreter virtual environments are made from; with -S it finds nothing that was installed.
BASE = getattr(sys, "_base_executable", sys.executable)
FAKE_DJANGO = """
import os, sys
def execute_from_command_line(argv):
    embedded = {name: os.environ.get(name) for name in ("PUNCHCARD_EMBEDDED", "PUNCHCARD_STATE_DIR", "SECRET_KEY")}
    print(sys.prefix, argv[1:], embedded)
"""


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the one who runs the tests leads the state folder elsewhere."""
    monkeypatch.delenv("PUNCHCARD_STATE_DIR", raising=False)


@pytest.fixture
def with_django(checkout: Checkout) -> Checkout:
    for name in ("", "core/"):
        checkout.write(f"django/{name}__init__.py", "")
    checkout.write("django/core/management/__init__.py", FAKE_DJANGO)
    return checkout


def one_sentence(done: "subprocess.CompletedProcess[str]") -> str:
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def test_manage_py_can_be_read_by_old_pythons() -> None:
    tree = ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 4))
    too_new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr)
    assert not [node for node in ast.walk(tree) if isinstance(node, too_new)]
    first = next(node for node in tree.body if not isinstance(node, (ast.Expr, ast.Import)))
    assert isinstance(first, ast.If), "nothing is imported before the version is checked"
    imports = [name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names]
    assert imports == ["sys"]


@pytest.mark.parametrize("version", ["(2, 7, 18)", "(3, 4, 0)", "(3, 10, 14)"])
def test_an_old_python_gets_one_sentence(checkout: Checkout, version: str) -> None:
    pretend = f"import sys, runpy; sys.version_info = {version}; runpy.run_path('manage.py', run_name='__main__')"
    done = checkout.run("-c", pretend)
    assert done.returncode == 2
    said = one_sentence(done)
    assert "needs Python 3.11 or newer" in said
    assert ".".join(version.strip("()").split(", ")[:2]) in said


@pytest.mark.usefixtures("untouched")
def test_the_secret_is_made_once_and_is_its_users_only(tmp_path: Path) -> None:
    first = bootstrap.embedded_environment(tmp_path)
    assert first == bootstrap.embedded_environment(tmp_path)
    state = tmp_path / ".punchcard"
    assert first["PUNCHCARD_EMBEDDED"] == "1"
    assert first["PUNCHCARD_STATE_DIR"] == str(state)
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "secret-key").stat().st_mode) == 0o600
    assert [file.name for file in state.iterdir()] == ["secret-key"]


@pytest.mark.usefixtures("untouched")
def test_an_empty_secret_left_by_a_power_failure_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / ".punchcard").mkdir()
    (tmp_path / ".punchcard" / "secret-key").touch()
    assert len(bootstrap.embedded_environment(tmp_path)["SECRET_KEY"]) >= 50


def test_commands_started_together_agree_on_one_secret(with_django: Checkout) -> None:
    together = [with_django.start("manage.py", "check", PUNCHCARD_NO_VENV="1") for _ in range(6)]
    assert [running.ends() for running in together] == [0] * 6
    assert len({running.text for running in together}) == 1


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("given", "embedded"),
    [
        ({}, True),
        ({"DATABASE_URL": ""}, True),
        ({"DATABASE_URL": "postgres://db/punchcard"}, False),
        ({"SECRET_KEY": "given"}, False),
    ],
)
def test_it_embeds_unless_database_or_secret_are_given(tmp_path: Path, given: dict[str, str], embedded: bool) -> None:
    environ = dict(given)
    bootstrap.apply_embedded(tmp_path, environ)
    assert ("PUNCHCARD_EMBEDDED" in environ) is embedded
    assert (tmp_path / ".punchcard").exists() is embedded
    if not embedded:
        assert environ == given


@pytest.mark.parametrize("command", ["up", "check", "test"])
def test_a_folder_that_cannot_be_written_is_one_sentence_that_names_it(with_django: Checkout, command: str) -> None:
    below_a_file = with_django.root / "manage.py" / "state"
    done = with_django.run(
        "manage.py", command, PUNCHCARD_STATE_DIR=str(below_a_file), PUNCHCARD_NO_VENV="" if command == "test" else "1"
    )
    assert done.returncode == 1
    assert f"Cannot write in {below_a_file} (Not a directory)" in one_sentence(done)


def test_a_read_only_file_system_is_a_refusal_too() -> None:
    with pytest.raises(Refusal, match=r"^Cannot write in /proc/punchcard "), bootstrap.writing(Path("/proc/punchcard")):
        Path("/proc/punchcard").mkdir()


def test_a_command_before_anything_is_installed_names_the_first_step(checkout: Checkout) -> None:
    done = checkout.run("-S", "manage.py", "check", python=BASE)
    assert done.returncode == 1
    assert "run `python3 manage.py up`" in one_sentence(done)
    assert not checkout.state.exists()


@pytest.mark.parametrize("asked", [(), ("help",), ("--help",), ("-h",)])
def test_help_works_before_anything_is_installed(checkout: Checkout, asked: tuple[str, ...]) -> None:
    done = checkout.run("-S", "manage.py", *asked, python=BASE)
    assert done.returncode == 0
    assert "manage.py up" in done.stdout
    assert "manage.py test" in done.stdout


def test_up_explains_itself_without_installing_anything(checkout: Checkout) -> None:
    done = checkout.run("-S", "manage.py", "up", "--help", python=BASE)
    assert done.returncode == 0
    assert "--no-demo" in done.stdout
    assert not (checkout.root / ".venv").exists()


def test_commands_go_on_in_the_virtual_environment(with_django: Checkout) -> None:
    subprocess.run([BASE, "-m", "venv", "--without-pip", ".venv"], cwd=with_django.root, check=True)
    done = with_django.run("manage.py", "check", "--deploy", python=BASE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{with_django.root / '.venv'} ['check', '--deploy'] ")
    assert f"'PUNCHCARD_STATE_DIR': '{with_django.state}'" in done.stdout


def test_without_a_virtual_environment_where_the_image_says_so(with_django: Checkout) -> None:
    subprocess.run([BASE, "-m", "venv", "--without-pip", ".venv"], cwd=with_django.root, check=True)
    done = with_django.run("manage.py", "check", python=BASE, PUNCHCARD_NO_VENV="1")
    assert done.stdout.startswith(f"{sys.base_prefix} ")


def test_a_folder_that_only_looks_like_one_is_refused_not_entered_for_ever(with_django: Checkout) -> None:
    (with_django.root / ".venv" / "bin").mkdir(parents=True)
    os.symlink(BASE, with_django.root / ".venv" / "bin" / "python")
    done = with_django.run("manage.py", "check", python=BASE)
    assert done.returncode == 1
    assert ".venv is not a virtual environment: remove it" in one_sentence(done)


def test_arguments_and_exit_code_of_the_tests_are_pytests(checkout: Checkout) -> None:
    checkout.write("pytest.py", "import sys\nprint(sys.argv[1:])\nsys.exit(5)\n")
    done = checkout.run("manage.py", "test", "-k", "a or b", "tests/x.py", PUNCHCARD_NO_VENV="1")
    assert done.returncode == 5
    assert done.stdout.strip() == "['-k', 'a or b', 'tests/x.py']"
