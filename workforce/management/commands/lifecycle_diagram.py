"""Print the lifecycle's diagram, or check that ``docs/lifecycle.md`` shows the same one (spec R4)."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workforce.rules import lifecycle

_FENCED = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Command(BaseCommand):
    help = "Print the lifecycle as a mermaid diagram, as docs/lifecycle.md shows it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="compare with the page instead; exit 1 where it differs"
        )
        parser.add_argument("--page", type=Path, default=Path(settings.BASE_DIR) / "docs" / "lifecycle.md")

    def handle(self, *, check: bool, page: Path, **options: Any) -> None:
        diagram = lifecycle.mermaid()
        if not check:
            self.stdout.write(diagram, ending="")
            return
        shown = _FENCED.findall(page.read_text(encoding="utf-8"))
        if shown != [diagram]:
            raise CommandError(
                f"{page} does not show the lifecycle of the code: replace its mermaid block with the output of "
                "`python3 manage.py lifecycle_diagram`."
            )
        self.stdout.write(f"{page.name} shows the lifecycle of the code.")
