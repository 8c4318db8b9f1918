"""Fields and cells of budgets in the admin. Fields read what was typed; whether it may be set, the service says."""

from decimal import Decimal
from typing import Any

from django import forms

from budgets.rules import caps as rules
from workforce.admin import cells


class _Typed(forms.Field):
    """Text as people write it, kept as it is where it is no number."""

    def __init__(self, **options: Any) -> None:
        mode = "numeric" if isinstance(self, TokensField) else "decimal"
        attrs = {"inputmode": mode, "maxlength": 40, "autocomplete": "off"}
        super().__init__(**{"required": False, "widget": forms.TextInput(attrs=attrs), **options})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial != self.to_python(data))


class TokensField(_Typed):
    """Whole tokens: 300000, 300,000, 300 000."""

    def to_python(self, value: Any) -> Any:
        return rules.typed(str(value or ""))

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class AmountField(_Typed):
    """Money and other decimal figures: 12.50, 1,200.50. ``signed``: also below 0."""

    def __init__(self, *, signed: bool = False, **options: Any) -> None:
        self.signed = signed
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        text = str("" if value is None else value).strip()
        if self.signed and text.startswith("-"):
            amount = rules.typed_money(text[1:])
            return -amount if isinstance(amount, Decimal) else text
        return rules.typed_money(text)

    def prepare_value(self, value: Any) -> Any:
        return amount(value) if isinstance(value, Decimal) else value


def amount(value: Decimal | None) -> str:
    """Every place it has, and two at least; a dash for none."""
    if value is None:
        return cells.NOTHING
    exact = value.normalize()
    return f"{exact:,.2f}" if exact == round(exact, 2) else f"{exact:,f}"


def cost(value: Decimal | None) -> str:
    """An amount of the ledger: without a price it is unknown, which is not 0."""
    return "unknown" if value is None else amount(value)
