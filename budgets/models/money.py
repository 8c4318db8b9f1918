"""Exact amounts of money on both databases (spec B2; docs/decisions/0015)."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

#: Places behind the point: a price of four places per million tokens, times tokens, has ten.
PLACES = 10


def units_of(amount: Decimal | int) -> int:
    """How the amount is stored. Raises ``ValueError`` where it has more places than are kept."""
    scaled = Decimal(amount).scaleb(PLACES)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than {PLACES} places.")
    return int(scaled)


def amount_of(units: int | Decimal) -> Decimal:
    return Decimal(units).scaleb(-PLACES)


if TYPE_CHECKING:
    _Base = models.BigIntegerField[Any, Any]
else:
    _Base = models.BigIntegerField


class MoneyField(_Base):
    """A ``Decimal`` in Python, a whole number of ten-thousand-millionths in the database: sums are exact on SQLite too,
    where a decimal column holds floating-point numbers. Up to 922 million of the currency."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    description = "Exact amount of money"

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else amount_of(value)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value))
        except ArithmeticError:
            raise ValidationError("Give an amount of money.") from None

    def get_prep_value(self, value: Any) -> int | None:
        value = self.to_python(value)
        return None if value is None else units_of(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Units, or an expression as it is. A ledger writes thousands, so the way through the ancestors is spared."""
        return value if hasattr(value, "as_sql") else self.get_prep_value(value)

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(self, **{"form_class": forms.DecimalField, **kwargs})

    @property
    def validators(self) -> list[Any]:
        return []  # those of whole numbers would judge the amount by the range of its units
