"""Child processes: started, watched, restarted with back-off, stopped in order.

Standard library only: it stays for as long as ``manage.py up`` runs, so it carries neither Django nor Celery.
It blocks until a child dies or a signal comes; it does not poll.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from config.console import say, tail

#: Seconds a child is given between SIGTERM and SIGKILL.
STOP_SECONDS = 10.0
#: Seconds between restarts: 1, 2, 4, 8, 16, then 30; a child that lived for a minute begins again at 1.
FIRST_DELAY, LONGEST_DELAY, SETTLED_SECONDS = 1.0, 30.0, 60.0
#: A log beyond this many bytes is moved aside; one old one is kept.
LOG_BYTES = 5_000_000
_LOG_CHECK_SECONDS = 60.0
#: A second Ctrl-C counts from here: terminals and wrappers may deliver the first one twice.
_SAME_KEYSTROKE_SECONDS = 0.3
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class Stopped(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP asked for an orderly end."""


def _prctl() -> Callable[[int, int], int] | None:
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None


_PRCTL = _prctl()


def _die_with(parent: int) -> Callable[[], None] | None:
    """For the moment between fork and exec: ask the kernel for a SIGTERM when the parent dies (Linux).

    The signal is tied to the *thread* that forks, so children are started from the main thread only. A parent
    that died before the request took hold has been replaced by another one already, which getppid shows.
    """
    prctl = _PRCTL
    if prctl is None:
        return None

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def spawn(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[bytes] | None = None,
    stdin: IO[str] | int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a process in its own session that dies with this one; ``output`` None is the terminal."""
    return subprocess.Popen(
        argv,
        cwd=cwd,
        env=env,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()),
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process and everything it started; nothing when they are gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def descendants(mark: str) -> list[int]:
    """Processes that were started with ``mark`` (``NAME=value``) in their environment; none where /proc is not."""
    wanted = mark.encode() + b"\0"
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in environ.read_bytes() and (pid := int(environ.parent.name)) != os.getpid():
                found.append(pid)
    return found


def end_leftovers(mark: str, *, stop_seconds: float = STOP_SECONDS) -> None:
    """End what a killed supervisor left behind: SIGTERM, wait, and SIGKILL after a bound."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in descendants(mark):
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        deadline = time.monotonic() + stop_seconds
        while descendants(mark) and time.monotonic() < deadline:
            time.sleep(0.1)


def how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _last_words(log: Path) -> str:
    """The last line of a log for the terminal; of a structured line its message."""
    last = "".join(tail(log, 1, width=4_000))
    with contextlib.suppress(ValueError):
        structured = json.loads(last)
        if isinstance(structured, dict):
            last = str(structured.get("message", last))
    return last[:160]


def bound_log(log: Path) -> None:
    """Move a log that has grown too long aside. Its writer appends, so it goes on in the emptied file."""
    try:
        if log.stat().st_size <= LOG_BYTES:
            return
        with contextlib.suppress(OSError):
            shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)
    except OSError:
        return


class Signals:
    """Stop signals and deaths of children as bytes on a socket, so that one ``select`` waits for all."""

    def __enter__(self) -> "Signals":
        self._receive, self._send = socket.socketpair()
        self._receive.setblocking(False)
        self._send.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._send.fileno(), warn_on_full_buffer=False)
        numbers = [signal.SIGCHLD, signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup stays what it promises
            numbers.append(signal.SIGHUP)
        self._handlers_before = {number: signal.signal(number, lambda *_: None) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._receive.close()
        self._send.close()

    def wait(self, timeout: float | None) -> bool:
        """Block for at most ``timeout`` seconds. True when a stop was asked for."""
        select.select([self._receive], [], [], timeout)
        try:
            numbers = self._receive.recv(4096)
        except BlockingIOError:
            return False
        return any(number in _STOP_SIGNALS for number in numbers)


@dataclass
class Child:
    """A program that is kept running."""

    name: str
    argv: Sequence[str]
    log: Path
    #: False: ending with code 0 means it has nothing (more) to do, and it is left alone.
    endless: bool = True
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    delay: float = 0.0
    start_again_at: float | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None


class Supervisor:
    """Keeps children running until a stop signal, then ends them in the order given.

    ``changed`` is called with the pid of every running child, by name, whenever that set changes.
    """

    def __init__(
        self,
        signals: Signals,
        *,
        cwd: Path,
        env: Mapping[str, str],
        stop_order: Sequence[str],
        changed: Callable[[dict[str, int]], None] = lambda pids: None,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self.children: dict[str, Child] = {}
        self._signals = signals
        self._cwd = cwd
        self._env = env
        self._stop_order = stop_order
        self._changed = changed
        self._stop_seconds = stop_seconds
        self._stop_asked_at = 0.0

    def run_once(self, argv: Sequence[str]) -> int:
        """Run a program on this terminal to its end; returns its code. Raises Stopped when asked to stop."""
        process = spawn(argv, cwd=self._cwd, env=self._env)
        try:
            while process.poll() is None:
                self._pause(None)
        finally:
            if process.poll() is None:
                self._end([process])
        return process.returncode

    def start(self, child: Child) -> None:
        self.children[child.name] = child
        bound_log(child.log)
        self._launch(child)

    def _launch(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.start_again_at = None
        try:
            with child.log.open("ab") as output:
                child.process = spawn(child.argv, cwd=self._cwd, env=self._env, output=output)
        except (
            OSError,
            subprocess.SubprocessError,
        ) as error:  # no process, file or memory to be had just now
            self._put_off(child, f"could not be started ({error})", hint=False)
        self._tell()

    def _tell(self) -> None:
        self._changed({name: child.pid for name, child in self.children.items() if child.pid is not None})

    def _put_off(self, child: Child, why: str, *, hint: bool) -> None:
        lived = time.monotonic() - child.started_at
        child.delay = FIRST_DELAY if lived >= SETTLED_SECONDS else min(LONGEST_DELAY, child.delay * 2 or FIRST_DELAY)
        child.start_again_at = time.monotonic() + child.delay
        said = f": {last}" if hint and (last := _last_words(child.log)) else ""
        say(f"{child.name} {why} after {lived:.0f} s{said} (starting it again in {child.delay:.0f} s, see {child.log})")

    def look_after(self, timeout: float | None = None) -> None:
        """One round: block until something happens or ``timeout`` seconds, note deaths, start what is due.

        Raises Stopped when asked to stop.
        """
        now = time.monotonic()
        due = [child.start_again_at - now for child in self.children.values() if child.start_again_at is not None]
        waits = due if timeout is None else [*due, timeout]
        self._pause(max(0.0, min(waits)) if waits else None)
        for child in self.children.values():
            if child.process is not None and (code := child.process.poll()) is not None:
                kill_group(child.process)  # what it started does not outlive it
                child.process = None
                if code == 0 and not child.endless:
                    say(f"{child.name} has nothing more to do and ended.")
                else:
                    self._put_off(child, how_it_ended(code), hint=code > 0)
                self._tell()
            if child.start_again_at is not None and child.start_again_at <= time.monotonic():
                self._launch(child)

    def watch(self) -> None:
        """Look after the children until Stopped."""
        while True:
            self.look_after(_LOG_CHECK_SECONDS)
            for child in self.children.values():
                bound_log(child.log)

    def _pause(self, timeout: float | None) -> None:
        if self._signals.wait(timeout):
            self._stop_asked_at = time.monotonic()
            raise Stopped

    def stop(self) -> None:
        """End the children in order: SIGTERM, SIGKILL after a bound. A second Ctrl-C kills all at once."""
        ordered = sorted(
            (child for child in self.children.values() if child.process is not None),
            key=lambda child: self._stop_order.index(child.name),
        )
        self._end([child.process for child in ordered if child.process is not None])
        for child in ordered:
            child.process = None
        self._tell()

    def _end(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        hard = False
        for process in processes:
            if not hard:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                hard = self._wait_for_end(process)
            kill_group(process)  # itself, if it would not end, and whatever it started
            process.wait()

    def _wait_for_end(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for one process within the bound. True when a second stop signal cut the wait short."""
        deadline = time.monotonic() + self._stop_seconds
        while process.poll() is None and (left := deadline - time.monotonic()) > 0:
            asked = self._signals.wait(left)
            if asked and time.monotonic() - self._stop_asked_at > _SAME_KEYSTROKE_SECONDS:
                say("Killing what is left.")
                return True
        return False
