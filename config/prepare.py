"""One child of ``manage.py up``: bring the database up to date, fill an empty one, end and free the memory.

Progress and refusals go to the terminal; what Django prints meanwhile goes to ``logs/prepare.log``.
Ends with 0, or with 1 after saying why on stderr.
"""

import argparse
import os
import sys
import traceback
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from config import broker
from config.console import Refusal, say_refusal, step, tail


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.prepare")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--no-demo", dest="demo", action="store_false")
    options = parser.parse_args(arguments)
    log = options.state_dir / "logs" / "prepare.log"
    terminal = os.fdopen(os.dup(2), "w")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    try:
        prepare(options.state_dir, demo=options.demo)
    except Refusal as refusal:
        say_refusal(refusal, to=terminal)
        return 1
    except Exception as error:
        # Settings that refuse, a database that is away, a migration that fails: one sentence and the tail.
        traceback.print_exc()
        sys.stderr.flush()
        lines = str(error).strip().splitlines()
        why = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
        sentence = f"The database could not be prepared ({why}): mend that and start again, see {log}."
        say_refusal(Refusal(sentence, tail=tail(log, 8)), to=terminal)
        return 1
    return 0


def prepare(state: Path, *, demo: bool) -> None:
    """Migrate; on an empty database hire the demo fleet, or make the first administrator without ``demo``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with step("Bringing the database up to date"):
        django.setup()
        refuse_unreachable()
        refuse_newer()
        call_command("migrate", interactive=False, stdout=sys.stderr)
        broker.make_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
    empty = not get_user_model().objects.exists()
    if demo and empty:
        with step("Hiring the demo fleet"):
            seed_demo(state)
    elif demo:
        seed_demo(state)  # it looks for itself, and can mend what an interruption left out
    elif empty:
        with step("Making the first administrator"):
            call_command("create_first_admin", "--state-dir", str(state), stdout=sys.stderr)


def seed_demo(state: Path) -> None:
    call_command("seed_demo", "--if-empty", "--state-dir", str(state), stdout=sys.stderr)


def refuse_unreachable() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        where = connection.settings_dict["HOST"] or connection.settings_dict["NAME"]
        why = " ".join(str(error).split())[:160]
        raise Refusal(
            f"The database at {where} does not answer ({why}): start it or correct DATABASE_URL, then start again."
        ) from error


def refuse_newer() -> None:
    """Refuse a database that a newer version has migrated further than this one can.

    Django itself passes over migrations it has no file for, and then runs on tables it does not know. Names
    older than the newest file are let be: a squash removes such files.
    """
    loader = MigrationLoader(connection)
    newest: dict[str, str] = {}
    for app, name in loader.disk_migrations or {}:
        newest[app] = max(newest.get(app, ""), name)
    applied = sorted(loader.applied_migrations or {})
    newer = [f"{app} {name}" for app, name in applied if app in newest and name[:4] > newest[app][:4]]
    if newer:
        raise Refusal(
            f"The database was made by a newer version of Punchcard (it has {', '.join(newer)}): "
            "start that version, or restore a backup from before it."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
