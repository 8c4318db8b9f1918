"""A small checkout of its own for the tests of ``manage.py``: the real bootstrap, stand-ins for what it starts."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = ("__init__", "bootstrap", "console", "packages", "supervisor", "up")

#: Every stand-in notes when it starts and when it is asked to stop; ``name`` says who it is.
PROGRAM = """
import os, signal, sys, time
from pathlib import Path

def note(what):
    with open(os.environ["EVENTS"], "a") as events:
        events.write(f"{name} {what} {os.getpid()}\\n")

def stop(number, frame):
    note("stop")
    sys.exit(0)

def live():
    note("start")
    signal.signal(signal.SIGTERM, stop)
    while True:
        time.sleep(60)
"""


def eventually(check: Callable[[], Any], *, seconds: float = 30, what: str = "it did not happen") -> Any:
    """What ``check`` answers once that is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        if time.monotonic() > deadline:
            pytest.fail(f"{what} within {seconds:.0f} s")
        time.sleep(0.01)
    return answer


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does, such as ``T`` for stopped; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie nobody has collected yet does not."""
    return state_of(pid) not in ("", "Z")


class Running:
    """A command of the checkout in a process of its own, its output read from a file."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self.pid = process.pid
        self._output = output

    @property
    def text(self) -> str:
        return self._output.read_text()

    def says(self, words: str) -> None:
        eventually(lambda: words in self.text or self.process.poll() is not None, what=f"the words {words!r}")
        assert words in self.text

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ends(self, seconds: float = 20) -> int:
        return self.process.wait(seconds)


class Checkout:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / ".punchcard"
        self.events_file = root / "events"
        self._started: list[Running] = []
        (root / "config").mkdir()
        shutil.copy(ROOT / "manage.py", root)
        for name in REAL:
            shutil.copy(ROOT / "config" / f"{name}.py", root / "config")
        (root / "requirements.txt").write_text("# nothing\n")

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def environment(self, **more: str) -> dict[str, str]:
        """The caller's, without what would lead the checkout elsewhere."""
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PUNCHCARD_", "DJANGO_", "PYTEST_", "FAKE_"))
            and name not in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "VIRTUAL_ENV")
        }
        return {**env, "EVENTS": str(self.events_file), **more}

    def start(self, *argv: str, python: str = sys.executable, **env: str) -> Running:
        output = self.root / f"output-{len(self._started)}"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                [python, *argv], cwd=self.root, env=self.environment(**env), stdout=sink, stderr=sink
            )
        running = Running(process, output)
        self._started.append(running)
        return running

    def run(self, *argv: str, python: str = sys.executable, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, *argv], cwd=self.root, env=self.environment(**env), capture_output=True, text=True, timeout=60
        )

    @property
    def events(self) -> list[tuple[str, str, int]]:
        """(who, what, pid), in the order of happening."""
        if not self.events_file.exists():
            return []
        lines = [line.split() for line in self.events_file.read_text().splitlines()]
        return [(who, what, int(pid)) for who, what, pid in lines]

    def order(self, what: str) -> list[str]:
        return [who for who, happened, _ in self.events if happened == what]

    def told(self) -> dict[str, Any]:
        """What ``up.json`` says; empty while there is none."""
        try:
            found: dict[str, Any] = json.loads((self.state / "up.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def end_everything(self) -> None:
        for running in self._started:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        for _, _, pid in self.events:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path)
    yield made
    made.end_everything()


@pytest.fixture
def house(checkout: Checkout) -> Checkout:
    """A checkout whose database step, web, Celery and demo are stand-ins, run without a virtual environment."""
    checkout.write(
        "config/prepare.py",
        PROGRAM
        + """
name = "prepare"
note("start")
if os.environ.get("FAKE_PREPARE") == "refuses":
    print("The database was made by a newer version.", file=sys.stderr)
    sys.exit(1)
if os.environ.get("FAKE_PREPARE") == "crashes":
    os.kill(os.getpid(), signal.SIGKILL)
if os.environ.get("FAKE_PREPARE") == "hangs":
    time.sleep(60)
if "--no-demo" in sys.argv:
    note("no-demo")
state = Path(sys.argv[sys.argv.index("--state-dir") + 1])
sign_ins = state / "sign-ins.txt"
if not sign_ins.exists():
    sign_ins.write_text("alice@example.com  correct-horse\\n")
""",
    )
    checkout.write(
        "config/web.py",
        PROGRAM
        + """
name = "web"
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

note("start")
if os.environ.get("FAKE_WEB") == "crashes":
    print("ImportError: no such thing", file=sys.stderr)
    sys.exit(3)
signal.signal(signal.SIGTERM, stop)
HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Answer).serve_forever()
""",
    )
    checkout.write("celery/__init__.py", "")
    checkout.write("celery/__main__.py", PROGRAM + "name = sys.argv[3]\nlive()\n")
    checkout.write("django/__init__.py", "")
    checkout.write("django/core/__init__.py", "")
    checkout.write(
        "django/core/management/__init__.py",
        PROGRAM + 'name = "demo"\ndef execute_from_command_line(argv):\n    live()\n',
    )
    return checkout


@pytest.fixture
def port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
