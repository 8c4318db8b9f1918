"""The virtual environment of a checkout: made once, stamped, repaired, and refused in one sentence."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import Checkout, Running, alive, eventually, state_of

BASE = getattr(sys, "_base_executable", sys.executable)
ENSURE = """
import sys
from pathlib import Path
from config import packages
from config.console import Refusal, say_refusal
root = Path.cwd()
try:
    packages.ensure(root, [root / name for name in sys.argv[1:]], state=root / ".punchcard")
except Refusal as refusal:
    say_refusal(refusal)
    sys.exit(refusal.code)
except KeyboardInterrupt:
    sys.exit(130)
"""
#: Stands in for pip: notes what it was asked, then does as told.
PIP = """
import os, sys, time
with open(os.environ["EVENTS"], "a") as events:
    events.write("pip " + "_".join(sys.argv[1:]).replace(" ", "_") + f" {os.getpid()}\\n")
told = os.environ.get("FAKE_PIP", "")
if told == "hangs":
    time.sleep(60)
print(told)
sys.exit(1 if told else 0)
"""

#: Stands in for `python -m venv FOLDER`, which takes its time to put pip in.
VENV = f"""
import os, sys, time, venv
from pathlib import Path
folder = Path(sys.argv[3])
venv.create(folder, with_pip=False, symlinks=True)
with open(os.environ["EVENTS"], "a") as events:
    events.write("venv " + "_".join(sys.argv[1:]) + f" {{os.getpid()}}\\n")
if os.environ.get("FAKE_VENV") == "hangs":
    time.sleep(60)
pip = next(folder.glob("lib/python3*/site-packages")) / "pip"
pip.mkdir()
(pip / "__init__.py").touch()
(pip / "__main__.py").write_text({PIP!r})
"""


@pytest.fixture
def made(checkout: Checkout) -> Checkout:
    """A checkout with a whole virtual environment, whose pip is a stand-in."""
    checkout.write("ensure.py", ENSURE)
    checkout.state.mkdir()
    subprocess.run([BASE, "-m", "venv", "--without-pip", ".venv"], cwd=checkout.root, check=True)
    site = next((checkout.root / ".venv" / "lib").glob("python3*")).relative_to(checkout.root) / "site-packages"
    checkout.write(f"{site}/pip/__init__.py", "")
    checkout.write(f"{site}/pip/__main__.py", PIP)
    return checkout


def ensure(checkout: Checkout, *files: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return checkout.run("ensure.py", *(files or ("requirements.txt",)), python=BASE, **env)


def marker(checkout: Checkout) -> Path:
    return checkout.root / ".venv" / "punchcard-installing"


def test_it_installs_with_hashes_and_the_second_start_does_nothing(made: Checkout) -> None:
    assert ensure(made).returncode == 0
    [(_, asked, _)] = made.events
    assert asked.startswith("install_--require-hashes_")
    assert asked.endswith(f"_-r_{made.root / 'requirements.txt'}".replace(" ", "_"))
    second = ensure(made)
    assert (second.returncode, second.stdout) == (0, "")
    assert len(made.events) == 1
    assert not marker(made).exists()


def test_other_requirements_are_installed_again(made: Checkout) -> None:
    ensure(made)
    made.write("requirements.txt", "# other\n")
    assert ensure(made).returncode == 0
    assert len(made.events) == 2


def test_test_tools_have_a_stamp_of_their_own(made: Checkout) -> None:
    made.write("tests/requirements.txt", "# tools\n")
    ensure(made)
    assert ensure(made, "requirements.txt", "tests/requirements.txt").returncode == 0
    assert [asked.endswith("tests/requirements.txt") for _, asked, _ in made.events] == [False, True]
    ensure(made, "requirements.txt", "tests/requirements.txt")
    assert len(made.events) == 2


@pytest.mark.parametrize(
    ("pip_says", "sentence", "touched"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "check the network", False),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "hash is not the one", False),
        ("ERROR: No matching distribution found for django", "pip could not install requirements.txt", False),
        ("ERROR: due to an OSError: [Errno 28] No space left on device", "disk is full", True),
    ],
)
def test_a_pip_that_fails_is_explained_in_one_sentence(
    made: Checkout, pip_says: str, sentence: str, touched: bool
) -> None:
    done = ensure(made, FAKE_PIP=pip_says)
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert marker(made).exists() is touched, "what pip may have half unpacked is not trusted again"
    if not touched:
        assert ensure(made).returncode == 0, "and the next start tries again"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_pip_too_and_is_remembered(made: Checkout, number: int) -> None:
    running = made.start("ensure.py", "requirements.txt", python=BASE, FAKE_PIP="hangs")
    [(_, _, pip)] = eventually(lambda: made.events, what="pip's start")
    running.signal(number)
    assert running.ends() == 130
    assert not alive(pip)
    assert marker(made).exists()
    assert "Traceback" not in running.text


def test_two_starts_at_once_install_once(made: Checkout) -> None:
    running: list[Running] = [made.start("ensure.py", "requirements.txt", python=BASE) for _ in range(3)]
    assert [one.ends() for one in running] == [0, 0, 0]
    assert len(made.events) == 1


def test_a_killed_start_is_waited_for_until_the_last_of_what_it_ran_has_ended(made: Checkout) -> None:
    first = made.start("ensure.py", "requirements.txt", python=BASE, FAKE_PIP="hangs")
    [(_, _, pip)] = eventually(lambda: made.events, what="pip's start")
    os.kill(pip, signal.SIGSTOP)  # so that it outlives its parent
    eventually(lambda: state_of(pip) == "T", what="pip's halt")
    first.signal(signal.SIGKILL)
    first.ends()
    second = made.start("ensure.py", "requirements.txt", python=BASE)
    second.says("Waiting for another start that is installing")
    assert second.process.poll() is None
    os.kill(pip, signal.SIGKILL)
    second.says("not whole; making it anew")


def test_what_was_cut_short_is_made_anew(checkout: Checkout) -> None:
    checkout.state.mkdir()
    python = checkout.write("python", f"#!{BASE}\n{VENV}")
    python.chmod(0o755)
    checkout.write("ensure.py", f"import sys\nsys._base_executable = {str(python)!r}\n{ENSURE}")
    first = checkout.start("ensure.py", "requirements.txt", python=BASE, FAKE_VENV="hangs")
    [(_, asked, venv)] = eventually(lambda: checkout.events, what="half an environment")
    assert asked == f"-m_venv_{checkout.root / '.venv'}"
    first.signal(signal.SIGKILL)
    first.ends()
    eventually(lambda: not alive(venv), what="the end of what it ran")
    assert marker(checkout).exists()
    left_over = checkout.write(".venv/lib/half-unpacked", "")
    second = ensure(checkout)
    assert second.returncode == 0, second.stderr
    assert "not whole; making it anew" in second.stdout
    assert not left_over.exists()
    assert len(checkout.events) == 3, "the environment once more, then pip"
    assert ensure(checkout).stdout == ""


def test_a_python_without_ensurepip_names_the_package(checkout: Checkout) -> None:
    checkout.write("ensure.py", "import sys\nsys.modules['ensurepip'] = None\n" + ENSURE)
    checkout.state.mkdir()
    done = ensure(checkout)
    assert done.returncode == 1
    assert "`apt install python3-venv`" in done.stderr
    assert len(done.stderr.splitlines()) == 1
