"""``manage.py demo_runtime``: the runtimes of the demo's agents."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.demo import runtime

KEYS = "demo-keys.json"


class Command(BaseCommand):
    help = "Play the runtimes of the demo's agents against the API, until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where Punchcard answers")
        parser.add_argument("--keys", type=Path, default=settings.STATE_DIR / KEYS, help="the agents' keys")

    def handle(self, *, url: str, keys: Path, **_: Any) -> None:
        # It needs nothing of Django: becoming a bare interpreter gives the memory back.
        folder = str(Path(runtime.__file__).resolve().parent)
        os.execv(sys.executable, [sys.executable, "-I", "-S", folder, "--url", url, "--keys", str(keys)])  # noqa: S606
