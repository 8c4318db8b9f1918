"""What tokens cost and how much they count (spec B2)."""

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from budgets.models.usage import MODEL_MAX
from budgets.rules.prices import PRICE_PLACES, WEIGHT_PLACES, PriceAt, Weights
from workforce.models import Organization
from workforce.models.ids import uuid7
from workforce.models.promises import Mutability


def _price(**rest: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        max_digits=12, decimal_places=PRICE_PLACES, validators=[MinValueValidator(Decimal(0))], **rest
    )


def _weight(default: str) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        max_digits=6,
        decimal_places=WEIGHT_PLACES,
        default=Decimal(default),
        validators=[MinValueValidator(Decimal(0))],
    )


class Price(models.Model):
    """List prices of one model per million tokens, from a moment on (UTC). ``flat_rate``: a plan covers it, so that its
    list cost counts and nothing is billed."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="prices")
    model = models.CharField(max_length=MODEL_MAX)
    valid_from = models.DateTimeField()
    input = _price()
    output = _price()
    cache_read = _price(default=Decimal(0))
    cache_write = _price(default=Decimal(0))
    flat_rate = models.BooleanField(default=False, help_text="Covered by a plan: nothing is billed.")
    note = models.CharField(max_length=160, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["model", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "model", "valid_from"], name="price_once"),
            models.CheckConstraint(condition=~Q(model=""), name="price_has_a_model"),
            models.CheckConstraint(
                condition=Q(input__gte=0, output__gte=0, cache_read__gte=0, cache_write__gte=0),
                name="price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from:%Y-%m-%d}"

    def rule(self) -> PriceAt:
        return PriceAt(
            self.valid_from, self.input, self.output, self.cache_read, self.cache_write, flat_rate=self.flat_rate
        )


class SpendPolicy(models.Model):
    """How an organisation counts: its currency and the weights of the token classes. No row: the defaults."""

    mutability: ClassVar[Mutability] = Mutability.MUTABLE

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, primary_key=True, related_name="spend_policy"
    )
    currency = models.CharField(max_length=3, default="USD", help_text="Three letters, such as EUR.")
    input_weight = _weight("1")
    output_weight = _weight("1")
    cache_read_weight = _weight("0.1")
    cache_write_weight = _weight("1")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "spend policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    input_weight__gte=0, output_weight__gte=0, cache_read_weight__gte=0, cache_write_weight__gte=0
                ),
                name="spend_policy_not_negative",
            ),
            models.CheckConstraint(condition=~Q(currency=""), name="spend_policy_has_a_currency"),
        ]

    def __str__(self) -> str:
        return f"How {self.organization} counts"

    def weights(self) -> Weights:
        return Weights(
            *(
                int(Decimal(weight).scaleb(WEIGHT_PLACES))
                for weight in (self.input_weight, self.output_weight, self.cache_read_weight, self.cache_write_weight)
            )
        )
