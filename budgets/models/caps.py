"""What an agent may spend (spec B1)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budgets.choices import CapWindow
from budgets.rules import caps as rules
from workforce.models import Agent
from workforce.models.promises import Mutability


def _tokens() -> models.BigIntegerField:
    return models.BigIntegerField(null=True, blank=True, help_text="Whole tokens; empty: no cap; 0: nothing.")


class Caps(models.Model):
    """Token caps of one agent. Empty is no cap, 0 is nothing to spend. No row: none was ever set."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    agent = models.OneToOneField(Agent, on_delete=models.PROTECT, primary_key=True, related_name="caps")
    daily_tokens = _tokens()
    weekly_tokens = _tokens()
    monthly_tokens = _tokens()
    annual_tokens = _tokens()
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["agent__agent_name"]
        verbose_name = verbose_name_plural = "token caps"
        constraints = [
            models.CheckConstraint(
                condition=Q(**{f"{window.field}__isnull": True}) | Q(**{f"{window.field}__gte": 0}),
                name=f"caps_{window.value}_not_negative",
            )
            for window in CapWindow
        ]

    def __str__(self) -> str:
        return f"Token caps of {self.agent}"

    def tokens(self) -> dict[str, int | None]:
        """By the name of the field."""
        return {name: getattr(self, name) for name in rules.FIELDS}

    @property
    def any_set(self) -> bool:
        return any(tokens is not None for tokens in self.tokens().values())
