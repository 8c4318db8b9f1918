"""Run one of ``tests/benchmarks`` in a database made for it: figures, the ratio they make, the number of rounds."""

import logging
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

NAMES = {
    "overview": "overview",
    "clock-sweep": "clock_sweep",
    "heartbeats": "heartbeats",
    "claims": "claims",
    "tabs": "tabs",
    "usage": "usage",
}


class Command(BaseCommand):
    help = "Measure in a scratch database that is made for it and dropped afterwards; exit 1 where a target is missed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=NAMES)
        parser.add_argument("--rounds", type=int, default=5, help="at least 3 (default 5)")

    def handle(self, *, name: str, rounds: int, **options: Any) -> None:
        if rounds < 3:
            raise CommandError("A median needs at least 3 rounds.")
        logging.disable(logging.WARNING)
        settings.ALLOWED_HOSTS = ["testserver"]
        try:
            scratch = import_module("tests.benchmarks.scratch")
            benchmark = import_module(f"tests.benchmarks.{NAMES[name]}")
        except ModuleNotFoundError as missing:
            raise CommandError(
                f"The benchmarks need what the tests need ({missing}): run them in a checkout."
            ) from None
        with scratch.scratch_database() as database:
            self.stdout.write(f"{name} on {database}")
            reached = benchmark.run(rounds, self.stdout.write)
        if not reached:
            raise CommandError("The target was missed.")
