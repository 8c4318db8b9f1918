"""What tokens count and cost (spec B2): whole counted tokens, exact amounts.

A price has four places per million tokens, so that tokens times price has ten places: the unit amounts are kept in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

#: Places of a price per million tokens, and of a weight.
PRICE_PLACES, WEIGHT_PLACES = 4, 3
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one usage by class, each 0 or more."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a token of each class counts against a cap, in thousandths."""

    input: int = 1000
    output: int = 1000
    cache_read: int = 100
    cache_write: int = 1000


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class PriceAt:
    """Prices per million tokens from ``valid_from`` (UTC) on. ``flat_rate``: a plan covers it, nothing is billed."""

    valid_from: datetime
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    flat_rate: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """Both None where no price was known: unknown, not nothing."""

    listed: Decimal | None
    billed: Decimal | None


UNKNOWN = Cost(None, None)


def counted(tokens: Tokens, weights: Weights) -> int:
    """Tokens as caps count them, rounded up to whole ones per usage."""
    thousandths = (
        tokens.input * weights.input
        + tokens.output * weights.output
        + tokens.cache_read * weights.cache_read
        + tokens.cache_write * weights.cache_write
    )
    return -(-thousandths // 1000)


def price_at(prices: Sequence[PriceAt], at: datetime) -> PriceAt | None:
    """The one in force: the newest that began by ``at``. ``prices`` are of one model, in any order."""
    begun = [price for price in prices if price.valid_from <= at]
    return max(begun, key=lambda price: price.valid_from) if begun else None


def cost(tokens: Tokens, price: PriceAt | None) -> Cost:
    """Exact, without rounding."""
    if price is None:
        return UNKNOWN
    listed = (
        tokens.input * price.input
        + tokens.output * price.output
        + tokens.cache_read * price.cache_read
        + tokens.cache_write * price.cache_write
    ) / _MILLION
    return Cost(listed, Decimal(0) if price.flat_rate else listed)
