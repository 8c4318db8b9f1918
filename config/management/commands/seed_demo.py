"""``manage.py seed_demo``: make the demo company."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import seeding
from config.sign_ins import FILE as SIGN_INS
from workforce.models import Organization


class Command(BaseCommand):
    help = "Make the demo company with 24 agents in 5 pods. Its sign-ins and keys are kept in the state folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is any organisation")
        parser.add_argument("--state-dir", type=Path, default=settings.STATE_DIR, help="where the files are kept")

    def handle(self, *, if_empty: bool, state_dir: Path, **_: Any) -> None:
        try:
            self._handle(if_empty=if_empty, state_dir=state_dir)
        except OSError as error:
            raise CommandError(f"Cannot write in {state_dir} ({error.strerror}). Nothing was made.") from error

    def _handle(self, *, if_empty: bool, state_dir: Path) -> None:
        now = timezone.now()
        if seeding.is_seeded() or (if_empty and Organization.objects.exists()):
            renewed = seeding.renew_keys(state_dir=state_dir, now=now)
            words = f"Issued {renewed} new keys to the demo's runtimes." if renewed else "Nothing to do."
            self.stdout.write(f"There is a company already. {words}")
            return
        sign_ins = seeding.seed(state_dir=state_dir, now=now)
        if self.stdout.isatty():  # passwords go to a person's terminal, never into a log
            self.stdout.write(sign_ins)
        self.stdout.write(f"The demo is ready. Its sign-ins are in {state_dir / SIGN_INS}")
