"""The checkout's own ``.venv`` and what is installed in it. Standard library only.

A stamp per requirements file (its hash and the Python version) says that it is installed completely, so the
usual start costs one hash. A marker inside ``.venv`` says that an installation began; if the next start finds
it, that one was cut short and ``.venv`` is made anew: pip takes a half-unpacked package for installed.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from config.console import Refusal, say, step, tail, writing
from config.supervisor import how_it_ended, kill_group, spawn

_MARKER = "punchcard-installing"
_NO_NETWORK = (
    "NameResolutionError",
    "Temporary failure in name resolution",
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Read timed out",
    "Connection refused",
    "Connection reset",
    "Network is unreachable",
    "ProxyError",
    "Max retries exceeded",
)


def venv_python(root: Path) -> Path:
    return root / ".venv" / "bin" / "python"


def inside_venv(root: Path) -> bool:
    """Whether the running interpreter is the one of the checkout's ``.venv``."""
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def _made_for(root: Path) -> str:
    """The Python version ``.venv`` was made for, such as ``3.11``; empty when there is no whole ``.venv``."""
    with contextlib.suppress(OSError):
        written = (root / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
        found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", written, re.MULTILINE)
        if found and venv_python(root).exists():
            return found[1]
    return ""


def _running() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _stamp_file(root: Path, requirements: Path) -> Path:
    name = "-".join(requirements.relative_to(root).with_suffix("").parts)
    return root / ".venv" / f"punchcard-{name}.stamp"


def _stamp(root: Path, requirements: Path) -> str:
    return hashlib.sha256(_made_for(root).encode() + b"\n" + requirements.read_bytes()).hexdigest()


def _missing(root: Path, wanted: Sequence[Path]) -> list[Path]:
    """The requirements files that are not known to be installed."""
    if not _made_for(root) or (root / ".venv" / _MARKER).exists():
        return list(wanted)
    missing = []
    for requirements in wanted:
        with contextlib.suppress(OSError):
            if _stamp_file(root, requirements).read_text(encoding="ascii") == _stamp(root, requirements):
                continue
        missing.append(requirements)
    return missing


def ensure(root: Path, wanted: Sequence[Path], *, state: Path) -> None:
    """Make ``.venv`` if needed and install the hashed requirements files that are not installed yet.

    Raises Refusal with what to do when that cannot be done here.
    """
    if inside_venv(root) and _made_for(root) not in ("", _running()):
        say(f"The virtual environment was made for Python {_made_for(root)}, and this is {_running()}.")
        with writing(root):
            (root / ".venv" / _MARKER).touch()
    if not _missing(root, wanted):
        return
    with _installing(state) as lock, _interruptible():
        missing = _missing(root, wanted)
        if missing and not _usable(root, state, lock):
            _make(root, state, lock)
            missing = list(wanted)
        for requirements in missing:
            _install(root, requirements, state, lock)


def _usable(root: Path, state: Path, lock: TextIO) -> bool:
    if not _made_for(root) or (root / ".venv" / _MARKER).exists():
        return False
    asked = f"import pip, sys; sys.exit('%d.%d' % sys.version_info[:2] != {_made_for(root)!r})"
    return _run([str(venv_python(root)), "-c", asked], root, state / "logs" / "install.log", lock) == 0


def _make(root: Path, state: Path, lock: TextIO) -> None:
    venv = root / ".venv"
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Refusal(
            f"This Python ({sys.executable}) comes without {' and '.join(missing)}, so it cannot make a "
            f"virtual environment: install it with `apt install python3-venv` (on Debian and Ubuntu; "
            f"python{_running()}-venv if this is not their default Python) and start again."
        )
    if venv.exists() or venv.is_symlink():
        say("The virtual environment in .venv is not whole; making it anew.")
    with step(f"Making a virtual environment in .venv (Python {_running()})"), writing(root):
        if venv.is_symlink() or venv.is_file():
            venv.unlink()
        elif venv.exists():
            (venv / "pyvenv.cfg").unlink(missing_ok=True)  # first: what is half removed must not look whole
            shutil.rmtree(venv)
        venv.mkdir()
        (venv / _MARKER).touch()
        base = getattr(sys, "_base_executable", None) or sys.executable
        log = state / "logs" / "install.log"
        code = _run([base, "-m", "venv", str(venv)], root, log, lock)
    if code != 0:
        shown = tail(log)
        if any("ensurepip is not available" in line for line in shown):
            raise Refusal(
                f"This Python ({base}) cannot put pip into a virtual environment: install what it lacks with "
                "`apt install python3-venv` (on Debian and Ubuntu) and start again."
            )
        raise Refusal(f"The virtual environment could not be made ({how_it_ended(code)}): see {log}.", tail=shown)


def _install(root: Path, requirements: Path, state: Path, lock: TextIO) -> None:
    log = state / "logs" / "install.log"
    name = requirements.relative_to(root)
    marker = root / ".venv" / _MARKER
    pip = [str(venv_python(root)), "-m", "pip", "install", "--require-hashes", "--no-input"]
    pip += ["--disable-pip-version-check", "--no-warn-script-location", "-r", str(requirements)]
    with step(f"Installing {name} into .venv (once; about 20 s and a network connection)"):
        with writing(root):
            marker.touch()
        code = _run(pip, root, log, lock)
        if code != 0:
            refusal, untouched = _why_pip_failed(name, code, log)
            if untouched:
                marker.unlink(missing_ok=True)
            raise refusal
        with writing(root):
            _stamp_file(root, requirements).write_text(_stamp(root, requirements), encoding="ascii")
            marker.unlink()


def _why_pip_failed(name: Path, code: int, log: Path) -> tuple[Refusal, bool]:
    """The refusal, and whether pip gave up before it touched anything (it fetches all of it first)."""
    shown = tail(log, 200)
    text = "\n".join(shown)
    if any(sign in text for sign in _NO_NETWORK):
        sentence = (
            f"pip could not reach the package index to install {name}: check the network (or pip's "
            f"proxy and index settings) and start again; details are in {log}."
        )
        return Refusal(sentence), True
    if "No space left on device" in text:
        return Refusal(f"pip could not install {name}, the disk is full: free space and start again."), False
    if "DO NOT MATCH THE HASHES" in text:
        sentence = f"pip refused a package whose hash is not the one in {name}: see {log}."
        return Refusal(sentence, tail=shown[-6:]), True
    sentence = f"pip could not install {name} ({how_it_ended(code)}): see {log}."
    return Refusal(sentence, tail=shown[-6:]), code > 0 and "due to an OSError" not in text


def _run(argv: Sequence[str], root: Path, log: Path, lock: TextIO) -> int:
    """Run to the end with output into the log (emptied first); an interruption ends it as well."""
    misleading = ("PIP_TARGET", "PIP_PREFIX", "PYTHONHOME")
    env = {name: value for name, value in os.environ.items() if name not in misleading}
    env["PIP_USER"] = "0"
    with writing(log.parent):
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    with output:
        process = spawn(argv, cwd=root, env=env, output=output, stdin=lock)
        try:
            return process.wait()
        finally:
            kill_group(process)
            process.wait()


@contextlib.contextmanager
def _installing(state: Path) -> Iterator[TextIO]:
    """One installation at a time per checkout; a second one waits, and mostly finds nothing left to do.

    The lock is also the standard input of what installs: should this process be killed, it is held until the last
    of those has ended, and nobody removes a ``.venv`` that is still being written to.
    """
    with writing(state):
        held = (state / "install.lock").open("a+")
    with held as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("Waiting for another start that is installing packages"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP interrupt an installation like Ctrl-C does, so that pip ends with us."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
