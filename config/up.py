"""``manage.py up``: prepare the database, start web, worker, beat and demo, say where to sign in, keep them.

Standard library only: this process stays, so everything that needs Django happens in children.
"""

import argparse
import contextlib
import errno
import fcntl
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.console import Refusal, say, step, tail, writing
from config.supervisor import Child, Signals, Stopped, Supervisor, end_leftovers, how_it_ended

STOP_ORDER = ("demo", "beat", "web", "worker")
#: Seconds the web process is given to answer its first health question.
READY_SECONDS = 60.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Set up and run everything on this machine until Ctrl-C."
    )
    parser.add_argument("--port", type=_port, default=8000, help="port of pages and API (default 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="no demo data, no demo agents")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def check_port(options: argparse.Namespace) -> None:
    """Refuse an address that cannot be listened on."""
    host, port = options.host, options.port
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except (socket.gaierror, UnicodeError) as error:
        raise Refusal(f"--host {host} is not an address of this machine ({error}): try 127.0.0.1.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else 8000
            raise Refusal(
                f"Port {port} is taken by another program: stop that one or start with --port {other}."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise Refusal(
                f"Your user may not listen on port {port}: choose one above 1023, such as --port 8000."
            ) from error
        raise Refusal(f"Cannot listen on {host}:{port} ({error.strerror}): try --host 127.0.0.1.") from error


@contextlib.contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Hold the lock of this checkout. The kernel lets go of it when the process ends, however it ends."""
    with writing(state):
        held = (state / "up.lock").open("a")
    with held as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            running = _read_json(state / "up.json")
            where = f" at {running['url']}" if running.get("url") else ""
            pid = running.get("pid")
            how = f" or `kill {pid}`" if pid else ""
            raise Refusal(
                f"Punchcard is already running from this checkout{where}: "
                f"stop that one first, with Ctrl-C in its terminal{how}."
            ) from error
        if (state / "up.json").exists():  # it was killed, and what it ran may be about to end
            end_leftovers(_mark(state))
        yield


def _mark(state: Path) -> str:
    """In the environment of every process below an ``up``, so that those of a killed one can be told."""
    return f"PUNCHCARD_UP={state}"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def run(options: argparse.Namespace, *, root: Path, state: Path) -> int:
    """Everything after the packages are there. Returns the exit code after an orderly stop."""
    with only_one(state), Signals() as signals:
        check_port(options)
        home = _Home(options, root=root, state=state)
        home.tell()
        supervisor = Supervisor(
            signals, cwd=root, env=home.environment(), stop_order=STOP_ORDER, changed=home.children_are
        )
        try:
            _prepare(supervisor, home)
            _start(supervisor, home)
            home.welcome()
            supervisor.watch()
        except Stopped:
            say("\nStopping.")
        finally:
            # A failure is told after its children have ended, so that nothing scrolls it away.
            supervisor.stop()
            home.forget()
    say("Stopped.")
    return 0


class _Home:
    """What one ``up`` is about: its address, its folders, and what it tells others in ``up.json``."""

    def __init__(self, options: argparse.Namespace, *, root: Path, state: Path) -> None:
        self.options = options
        self.root = root
        self.state = state
        self.logs = state / "logs"
        host = _ANY_ADDRESS.get(options.host, options.host)
        self.host = host
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{options.port}"
        self.sign_ins = state / "sign-ins.txt"
        self.first_run = not self.sign_ins.exists()
        self.children: dict[str, int] = {}
        self.ready = False
        with writing(state):
            self.logs.mkdir(exist_ok=True)

    def environment(self) -> dict[str, str]:
        """What the children run with."""
        name, value = _mark(self.state).split("=", 1)
        env = {**os.environ, name: value, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
        if not env.get("ALLOWED_HOSTS"):
            shown = self.url.removeprefix("http://").rpartition(":")[0]
            env["ALLOWED_HOSTS"] = ",".join(dict.fromkeys(["localhost", "127.0.0.1", "[::1]", shown]))
        env.setdefault("MALLOC_ARENA_MAX", "2")  # one arena per thread costs memory only
        return env

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def children_are(self, children: dict[str, int]) -> None:
        self.children = children
        self.tell()

    def tell(self) -> None:
        """Keep ``up.json`` true; a full disk must not stop a running house."""
        told = {
            "pid": os.getpid(),
            "url": self.url,
            "host": self.options.host,
            "port": self.options.port,
            "ready": self.ready,
            "children": self.children,
        }
        fresh = self.state / "up.json.new"
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(told) + "\n", encoding="utf-8")
            fresh.replace(self.state / "up.json")

    def forget(self) -> None:
        with contextlib.suppress(OSError):
            (self.state / "up.json").unlink(missing_ok=True)

    def welcome(self) -> None:
        self.ready = True
        self.tell()
        if self.sign_ins.exists():
            if self.first_run:
                say("\n" + self.sign_ins.read_text(encoding="utf-8").strip() + "\n")
            shown = self.sign_ins
            with contextlib.suppress(ValueError):
                shown = shown.relative_to(Path.cwd())
            say(f"Sign-ins are in {shown}")
        if self.options.host in _ANY_ADDRESS and not os.environ.get("ALLOWED_HOSTS"):
            say("Other machines are answered once ALLOWED_HOSTS holds the names they use (comma-separated).")
        say(f"Punchcard is running at {self.url}/ (Ctrl-C stops it)")


def _prepare(supervisor: Supervisor, home: _Home) -> None:
    """Migrate, and fill an empty database, in a child that talks to this terminal itself."""
    command = [sys.executable, "-m", "config.prepare", "--state-dir", str(home.state)]
    code = supervisor.run_once(command if home.options.demo else [*command, "--no-demo"])
    if code == 1:
        raise Refusal("")  # it said why
    if code != 0:
        log = home.log("prepare")
        raise Refusal(f"Preparing the database {how_it_ended(code)}: see {log}.", tail=tail(log))


def _children(home: _Home) -> dict[str, Child]:
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "config"]
    worker = ["worker", "-P", "threads", "-c", "4", "-Q", "system,celery"]
    worker += ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    commands = {
        "web": [python, "-m", "config.web", "--host", home.options.host, "--port", str(home.options.port)],
        "worker": [*celery, *worker],
        "beat": [*celery, "beat", "--pidfile="],
    }
    if home.options.demo:
        commands["demo"] = [python, "manage.py", "demo_runtime", "--url", home.url]
    return {
        name: Child(name=name, argv=argv, log=home.log(name), endless=name != "demo") for name, argv in commands.items()
    }


def _start(supervisor: Supervisor, home: _Home) -> None:
    """Start everything, the demo last: its agents call the API. Raises Refusal when the web stays silent."""
    children = _children(home)
    demo = children.pop("demo", None)
    with step(f"Starting {', '.join(children)}"):
        for child in children.values():
            supervisor.start(child)
        deadline = time.monotonic() + READY_SECONDS
        while not _healthy(home):
            web = supervisor.children["web"]
            if web.process is None:
                raise Refusal("The web process ended while starting: see the log above.", tail=tail(web.log))
            if time.monotonic() > deadline:
                raise Refusal(
                    f"{home.url}/healthz did not answer within {READY_SECONDS:.0f} s: see {web.log}.",
                    tail=tail(web.log),
                )
            supervisor.look_after(0.2)
    if demo is not None:
        supervisor.start(demo)


def _healthy(home: _Home) -> bool:
    connection = http.client.HTTPConnection(home.host, home.options.port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
