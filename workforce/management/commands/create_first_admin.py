"""``manage.py create_first_admin``: somebody to sign in with on an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from config.sign_ins import FILE, as_text, new_password, write_private
from workforce.choices import Role
from workforce.models import User
from workforce.rules.actors import system
from workforce.services import people

SETUP = system("setup")


class Command(BaseCommand):
    help = "On a database without people, make one organisation and one administrator with a random password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--state-dir", type=Path, default=settings.STATE_DIR, help="where the sign-in is kept")
        parser.add_argument("--email", default="admin@localhost.localdomain")
        parser.add_argument("--organization", default="My company")

    def handle(self, *, state_dir: Path, email: str, organization: str, **_: Any) -> None:
        if User.objects.exists():
            self.stdout.write("There are people already. Nothing was made.")
            return
        try:
            sign_in = _make(state_dir, email, organization)
        except OSError as error:
            raise CommandError(f"Cannot write in {state_dir} ({error.strerror}). Nothing was made.") from error
        if self.stdout.isatty():  # the password goes to a person's terminal, never into a log
            self.stdout.write(sign_in)
        self.stdout.write(f"The first administrator is ready. The sign-in is in {state_dir / FILE}")


@transaction.atomic
def _make(state_dir: Path, email: str, name: str) -> str:
    """The file is whole before the transaction ends: there is no administrator whose password nobody knows."""
    now, password = timezone.now(), new_password()
    organization = people.create_organization(name=name, time_zone="UTC", by=SETUP, now=now)
    user = User.objects.create_superuser(email, password, name="Administrator")
    people.add_member(organization=organization, email=user.email, role=Role.MANAGER, by=SETUP, now=now)
    sign_in = as_text("Sign-in of the first administrator:", [("Administrator", user.email, password)])
    write_private(state_dir / FILE, sign_in)
    return sign_in
