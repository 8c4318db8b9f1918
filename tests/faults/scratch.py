"""A scratch house: its own database, broker and state, and real processes that can be killed.

It stands on what the run stands on: PostgreSQL and Redis where ``DATABASE_URL`` and ``REDIS_URL`` are set, else SQLite
and the file-system broker.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent.parent
_MAKE_FOLDERS = (
    "from django.conf import settings; from config.broker import make_folders; "
    "make_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)"
)
_QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")


def wait_for(what: str, happened: Callable[[], Any], *, seconds: float, every: float = 0.1) -> Any:
    """Ask until the answer is true; fail, saying for what, when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := happened()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds} s in vain for: {what}")
        time.sleep(every)
    return answer


class House:
    """Where it lives, and what runs in it. Every process has its own group, so that a kill reaches its children."""

    def __init__(self, folder: Path, *, database_url: str, redis_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.running: list[subprocess.Popen[bytes]] = []
        dropped = {"DATABASE_URL", "REDIS_URL", "PUNCHCARD_TEST_DB"}
        self.environment = {name: value for name, value in os.environ.items() if name not in dropped} | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only-for-tests-" + "0" * 40,
            "PUNCHCARD_EMBEDDED": "1",
            "PUNCHCARD_STATE_DIR": str(folder),
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
        }
        if database_url:
            self.environment["DATABASE_URL"] = database_url
        if redis_url:
            self.environment["REDIS_URL"] = redis_url
        self.pool = "prefork" if database_url else "threads"

    def run(self, *arguments: str) -> str:
        """A Python command of this house, to its end. Returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{arguments} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def start_worker(self, name: str) -> None:
        self.start(
            name, "-m", "celery", "-A", "config", "worker", "-n", f"{name}@here", "-P", self.pool, "-c", "2", *_QUIET,
            "-Q", "system,celery",
        )  # fmt: skip

    def start_beat(self, name: str) -> None:
        self.start(name, "-m", "celery", "-A", "config", "beat", "--pidfile=")

    def kill(self) -> None:
        """SIGKILL to everything that runs here, at once: nobody can finish or tidy up."""
        for process in self.running:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self.running:
            process.wait(timeout=10)
        self.running.clear()

    def logs(self) -> str:
        return "\n".join(
            f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in self.folder.glob("*.log")
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database holds, read from outside, past all code of ours."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(sql).fetchall()  # type: ignore[arg-type]
        path = self.folder / "punchcard.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]


@contextmanager
def scratch_house(folder: Path) -> Iterator[House]:
    """A migrated house that is gone afterwards, with all its processes."""
    with _database() as database_url, _broker() as redis_url:
        house = House(folder, database_url=database_url, redis_url=redis_url)
        house.run("-m", "django", "migrate", "--verbosity", "0")
        house.run("-c", _MAKE_FOLDERS)
        try:
            yield house
        finally:
            house.kill()


@contextmanager
def _database() -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if not given:
        yield ""
        return
    name = f"punchcard_faults_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@contextmanager
def _broker() -> Iterator[str]:
    """A Redis database that nobody uses, emptied afterwards: workers of others must not take our work."""
    given = os.environ.get("REDIS_URL", "")
    if not given:
        yield ""
        return
    for number in range(15, 0, -1):
        url = urlunsplit(urlsplit(given)._replace(path=f"/{number}"))
        client = redis.Redis.from_url(url)
        if client.set("punchcard:taken", os.getpid(), nx=True, ex=600) and client.dbsize() == 1:
            break
    else:
        raise AssertionError("No Redis database is free for this test.")
    try:
        yield url
    finally:
        client.flushdb()
