"""What an agent may spend, and what it has spent in the windows that run (spec B1, B3)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from budgets.choices import CapMeasure, CapWindow, OnCap
from budgets.models.money import MoneyField
from budgets.rules import caps as rules
from budgets.rules.gauges import Gauge
from budgets.rules.windows import Bounds, windows_at
from workforce.models import Agent
from workforce.models.promises import Mutability


def _tokens() -> models.BigIntegerField:
    return models.BigIntegerField(null=True, blank=True, help_text="Whole tokens; empty: no cap; 0: nothing.")


def _cost() -> MoneyField:
    return MoneyField(null=True, blank=True, help_text="Money at list prices; empty: no cap; 0: nothing.")


def _since() -> models.DateTimeField:
    return models.DateTimeField(null=True, editable=False, help_text="Start of the window that is counted.")


def _used() -> models.BigIntegerField:
    return models.BigIntegerField(default=0, editable=False, help_text="Counted tokens since then.")


def _spent() -> MoneyField:
    return MoneyField(default=Decimal(0), editable=False, help_text="List cost since then.")


class Caps(models.Model):
    """Caps of one agent, and its meter: what is used of each window, and what is reserved.

    Empty is no cap, 0 is nothing to spend. Caps and meter share a row, so that one statement can decide whether a
    reservation fits. A window's figures count from its ``since``; where a later window has begun they are of the past
    and read as 0. ``time_zone`` is that of the agent's hours, empty: the organisation's; ``counted_in`` is the one the
    figures were counted in. ``act_due_at`` is set while a threshold was crossed and nothing has been done about it.
    """

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    agent = models.OneToOneField(Agent, on_delete=models.PROTECT, primary_key=True, related_name="caps")
    daily_tokens, weekly_tokens, monthly_tokens, annual_tokens = _tokens(), _tokens(), _tokens(), _tokens()
    daily_cost, weekly_cost, monthly_cost, annual_cost = _cost(), _cost(), _cost(), _cost()
    on_cap = models.CharField(max_length=5, choices=OnCap.pairs, default=OnCap.SKIP)
    updated_at = models.DateTimeField(null=True, editable=False, help_text="When somebody last set caps.")

    time_zone = models.CharField(max_length=64, blank=True, editable=False)
    counted_in = models.CharField(max_length=64, blank=True, editable=False)
    daily_since, weekly_since, monthly_since, annual_since = _since(), _since(), _since(), _since()
    daily_used, weekly_used, monthly_used, annual_used = _used(), _used(), _used(), _used()
    daily_spent, weekly_spent, monthly_spent, annual_spent = _spent(), _spent(), _spent(), _spent()
    reserved_tokens = models.BigIntegerField(default=0, editable=False)
    reserved_cost = MoneyField(default=Decimal(0), editable=False)
    act_due_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["agent__agent_name"]
        verbose_name = verbose_name_plural = "caps"
        constraints = [
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{window.field}__isnull": True}) | Q(**{f"{window.field}__gte": 0}),
                    name=f"caps_{window.value}_not_negative",
                )
                for window in CapWindow
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{window.cost_field}__isnull": True}) | Q(**{f"{window.cost_field}__gte": 0}),
                    name=f"caps_{window.value}_cost_not_negative",
                )
                for window in CapWindow
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{window.value}_used__gte": 0, f"{window.value}_spent__gte": 0}),
                    name=f"caps_{window.value}_meter_not_negative",
                )
                for window in CapWindow
            ),
            models.CheckConstraint(
                condition=Q(reserved_tokens__gte=0, reserved_cost__gte=0), name="caps_reserved_not_negative"
            ),
            models.CheckConstraint(condition=Q(on_cap__in=[one.value for one in OnCap]), name="caps_on_cap_known"),
        ]
        indexes = [
            models.Index(fields=["act_due_at"], condition=Q(act_due_at__isnull=False), name="caps_act_due"),
        ]

    def __str__(self) -> str:
        return f"Caps of {self.agent}"

    def tokens(self) -> dict[str, int | None]:
        """Caps in tokens, by the name of the field."""
        return {name: getattr(self, name) for name in rules.TOKEN_FIELDS}

    def caps(self) -> dict[str, Any]:
        """All that people set, by the name of the field."""
        return {name: getattr(self, name) for name in rules.FIELDS}

    @property
    def any_set(self) -> bool:
        return any(getattr(self, name) is not None for name in (*rules.TOKEN_FIELDS, *rules.COST_FIELDS))

    def gauges(self, tz: str, now: datetime) -> list[Gauge]:
        """How the agent stands at ``now``, in tokens and then in money, for windows of the zone ``tz``.

        ``tz`` is the organisation's, taken where the agent has no hours of its own zone.
        """
        bounds = windows_at(self.time_zone or tz, now)
        return [self._gauge(window, measure, bounds[window]) for measure in CapMeasure for window in CapWindow]

    def _gauge(self, window: CapWindow, measure: CapMeasure, bounds: Bounds) -> Gauge:
        start, end = bounds
        since = getattr(self, f"{window.value}_since")
        tokens = measure == CapMeasure.TOKENS
        figure = getattr(self, f"{window.value}_{'used' if tokens else 'spent'}")
        return Gauge(
            window=window,
            measure=measure,
            start=start,
            end=end,
            used=figure if since is not None and since >= start else 0 * figure,
            cap=getattr(self, window.field if tokens else window.cost_field),
            reserved=self.reserved_tokens if tokens else self.reserved_cost,
        )
