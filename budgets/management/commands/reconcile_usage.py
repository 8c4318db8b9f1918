"""Prove that meters, sums, reservations and balances are what the ledger says (spec B2, B3)."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from budgets.services import reconcile
from workforce.models import Organization
from workforce.rules.actors import system

BY = system("reconcile_usage")


class Command(BaseCommand):
    help = (
        "Compare what is used, summed, reserved and paid ahead with the ledger. Names each difference and exits with 1 "
        "where there is one; --repair writes the ledger's figures instead."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this one")
        parser.add_argument("--repair", action="store_true", help="write the ledger's figures where others are kept")

    def handle(self, *, organization: str | None, repair: bool, **options: Any) -> None:
        checked = Organization.objects.order_by("slug")
        if organization is not None:
            checked = checked.filter(slug=organization)
            if not checked:
                raise CommandError(f"There is no organisation “{organization}”.")
        differing = {one.slug: count for one in checked if (count := self._check(one, repair=repair))}
        if not differing:
            self.stdout.write("All figures are the ledger's.")
        elif repair:
            self.stdout.write("Those figures are the ledger's again.")
        else:
            said = ", ".join(f"{slug} ({count})" for slug, count in differing.items())
            raise CommandError(f"Figures differ from the ledger: {said}. With --repair the ledger's are written.")

    def _check(self, organization: Organization, *, repair: bool) -> int:
        """How many figures differ, or differed."""
        count = 0
        wrong: dict[UUID | None, None] = {}
        for difference in reconcile.check(organization=organization, now=timezone.now()):
            count += 1
            wrong[difference.agent_id] = None
            self.stdout.write(f"{organization.slug}: {difference}")
        for agent_id in wrong if repair else ():
            if agent_id is None:
                reconcile.repair_balance(organization=organization, by=BY, now=timezone.now())
            else:
                reconcile.repair(organization=organization, agent_id=agent_id, by=BY, now=timezone.now())
        return count
