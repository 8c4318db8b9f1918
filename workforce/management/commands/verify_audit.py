"""Recompute the audit's chains and name the first broken link (spec P5, docs/decisions/0002)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workforce.models import AuditLink, Organization
from workforce.services import audit


class Command(BaseCommand):
    help = "Recompute the audit chain of every organisation. Exit 1 where a link is broken, naming the first one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this one")
        parser.add_argument(
            "--head", metavar="HASH", help="a head printed before, which the organisation's chain must still hold"
        )

    def handle(self, *, organization: str | None, head: str | None, **options: Any) -> None:
        if head and not organization:
            raise CommandError("Say whose head it is, with --organization SLUG.")
        checked = Organization.objects.order_by("slug")
        if organization is not None:
            checked = checked.filter(slug=organization)
            if not checked:
                raise CommandError(f"There is no organisation “{organization}”.")
        broken = [one.slug for one in checked if not self._verify(one, head)]
        if broken:
            raise CommandError(f"The audit does not hold: {', '.join(broken)}.")

    def _verify(self, organization: Organization, head: str | None) -> bool:
        report = audit.verify(organization=organization)
        if report.broken is not None:
            self.stdout.write(f"{organization.slug}: broken at link {report.broken.seq}: {report.broken.why}")
            return False
        if head and not AuditLink.objects.filter(organization=organization, hash=head).exists():
            self.stdout.write(f"{organization.slug}: its end is missing: no link has the hash {head}")
            return False
        self.stdout.write(
            f"{organization.slug}: {report.links} links hold, {report.unlinked} events wait for their link, "
            f"head {report.head}"
        )
        return True
