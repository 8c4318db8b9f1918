"""From a bare Python to a running command: the virtual environment, the embedded settings, the command.

Standard library only, and imported before anything is installed. ``up`` and ``test`` install what they need;
every other command is Django's, run in ``.venv``.
"""

import contextlib
import importlib.util
import os
import secrets
import signal
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import NoReturn

from config import packages, up
from config.console import Refusal, say, say_refusal, writing

ROOT = Path(__file__).resolve().parent.parent
#: Set across a re-execution, so that one that did not arrive in ``.venv`` is noticed instead of repeated.
_ARRIVING = "PUNCHCARD_REEXECUTED"
#: The production image installs system-wide and wants no ``.venv``.
_NO_VENV = "PUNCHCARD_NO_VENV"

USAGE = """\
Punchcard. Start it:  python3 manage.py up [--port N] [--host ADDRESS] [--no-demo]
Test it:              python3 manage.py test [pytest arguments]
Anything else is a Django command: python3 manage.py COMMAND --help
"""


def main(argv: list[str]) -> int:
    """Run ``manage.py`` with these arguments, the program's name first. Returns the exit code, if at all."""
    arrived = os.environ.pop(_ARRIVING, "") != ""
    command, arguments = (argv[1], argv[2:]) if len(argv) > 1 else ("help", [])
    try:
        if os.name != "posix":
            raise Refusal("Punchcard runs on Linux and macOS; on Windows start it inside WSL.", code=2)
        if command == "up":
            return _up(arguments, arrived=arrived)
        if command == "test":
            _test(arguments, arrived=arrived)
        return _django(argv, arrived=arrived)
    except Refusal as refusal:
        say_refusal(refusal)
        return refusal.code
    except KeyboardInterrupt:
        say("\nStopped.", to=sys.stderr)
        return 130


def state_dir(root: Path) -> Path:
    """Where this checkout keeps its database, logs and secret: ``.punchcard``, or ``PUNCHCARD_STATE_DIR``."""
    given = os.environ.get("PUNCHCARD_STATE_DIR")
    return Path(given).resolve() if given else root / ".punchcard"


def make_state_dir(root: Path) -> Path:
    """The state folder, made and readable by its user only. Raises Refusal where that is not possible."""
    state = state_dir(root)
    with writing(state):
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if state.stat().st_mode & 0o077:
            state.chmod(0o700)
    return state


def embedded_environment(root: Path) -> dict[str, str]:
    """The environment of the embedded way to run; settings derive everything else from it."""
    state = make_state_dir(root)
    return {
        "PUNCHCARD_EMBEDDED": "1",
        "PUNCHCARD_STATE_DIR": str(state),
        "SECRET_KEY": _secret_key(state),
    }


def _secret_key(state: Path) -> str:
    """The key kept in the state folder, made at the first start. Two starts at once agree on one."""
    kept = state / "secret-key"
    with contextlib.suppress(FileNotFoundError):
        if key := kept.read_text(encoding="ascii").strip():
            return key
        kept.unlink()  # a power failure left it empty
    fresh = state / f"secret-key.{os.getpid()}"
    with writing(state):
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            fresh.replace(kept)
        fresh.unlink(missing_ok=True)
    return kept.read_text(encoding="ascii").strip()


def apply_embedded(root: Path, environ: MutableMapping[str, str]) -> None:
    """Embed unless the environment says where the database is or brings its own secret."""
    if not environ.get("DATABASE_URL") and not environ.get("SECRET_KEY"):
        environ.update(embedded_environment(root))


def _up(arguments: list[str], *, arrived: bool) -> int:
    options = up.parse(arguments)
    # A script that starts it with `&` hands it SIGINT ignored; Ctrl-C and `kill -INT` stop it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    state = make_state_dir(ROOT)
    with up.only_one(state):
        up.check_port(options)  # before anything takes long
    if not os.environ.get(_NO_VENV):
        packages.ensure(ROOT, [ROOT / "requirements.txt"], state=state)
        _arrive_in_venv([str(ROOT / "manage.py"), "up", *arguments], arrived=arrived)
    _need_django()
    # Also with DATABASE_URL set: `up` serves plain HTTP on this machine, with the files of the checkout.
    for name, value in embedded_environment(ROOT).items():
        os.environ.setdefault(name, value)
    return up.run(options, root=ROOT, state=state)


def _test(arguments: list[str], *, arrived: bool) -> NoReturn:
    python = sys.executable
    if not os.environ.get(_NO_VENV):
        wanted = [ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt"]
        packages.ensure(ROOT, wanted, state=make_state_dir(ROOT))
        python = str(packages.venv_python(ROOT))
    os.chdir(ROOT)
    os.execve(python, [python, "-m", "pytest", *arguments], os.environ)


def _django(argv: list[str], *, arrived: bool) -> int:
    if not os.environ.get(_NO_VENV) and packages.venv_python(ROOT).exists():
        _arrive_in_venv([str(ROOT / "manage.py"), *argv[1:]], arrived=arrived)
    asks_for_help = len(argv) < 2 or argv[1:] in (["help"], ["--help"], ["-h"])
    if asks_for_help:
        say(USAGE)
        if importlib.util.find_spec("django") is None:
            return 0
    _need_django()
    apply_embedded(ROOT, os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line  # not installed before this point

    execute_from_command_line(argv)
    return 0


def _need_django() -> None:
    if importlib.util.find_spec("django") is None:
        raise Refusal("Django is not installed for this Python: run `python3 manage.py up`, which installs it.")


def _arrive_in_venv(command: list[str], *, arrived: bool) -> None:
    """Go on in ``.venv``: returns when already there, otherwise becomes the same command there."""
    if packages.inside_venv(ROOT):
        return
    if arrived:
        raise Refusal(f"{ROOT / '.venv'} is not a virtual environment: remove it and start again.")
    python = str(packages.venv_python(ROOT))
    os.execve(python, [python, *command], {**os.environ, _ARRIVING: "1"})
