"""How figures of budgets read: tokens and money in short, and what a share of a cap means (spec B5)."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal

from budgets.choices import CapMeasure
from budgets.rules.gauges import Figure, Gauge, Tone

#: Signs that stand before an amount; every other currency stands there as its three letters.
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_CENT = Decimal("0.01")
_SIZES = ((10**12, " T"), (10**9, " B"), (10**6, " M"), (10**3, " k"))
#: Shape beside the colour, so that nobody needs the colour.
ICONS: dict[Tone, str] = {"is-good": "healthy", "is-warn": "risk", "is-bad": "breach", "": ""}


def tokens_short(tokens: int) -> str:
    """``950``, ``1.5 k``, ``306 k``, ``1.2 M``, ``110 M``: rounded down, as shares are."""
    for size, unit in _SIZES:
        if tokens >= size:
            tenths = tokens * 10 // size
            fine = tenths < (1000 if size > 10**3 else 100) and not (size == 10**3 and tenths % 10 == 0)
            return f"{tenths // 10}.{tenths % 10}{unit}" if fine else f"{tenths // 10}{unit}"
    return str(tokens)


def money(amount: Decimal, currency: str) -> str:
    """``€1,284.10``, ``CHF 3.05``, ``under $0.01``: rounded down."""
    sign = _SIGNS.get(currency, f"{currency} ")
    if 0 < amount < _CENT:
        return f"under {sign}0.01"
    shown = f"{abs(amount).quantize(_CENT, rounding=ROUND_DOWN):,}"
    return f"{'−' if amount < 0 else ''}{sign}{shown}"


def money_even(amount: Decimal, currency: str) -> str:
    """The same for what people set: ``€40``, ``€2.50``."""
    return money(amount, currency).removesuffix(".00")


def figure(amount: Figure, measure: CapMeasure, currency: str) -> str:
    if measure == CapMeasure.TOKENS:
        return tokens_short(int(amount))
    return money(Decimal(amount), currency)


def cap_figure(amount: Figure, measure: CapMeasure, currency: str) -> str:
    if measure == CapMeasure.TOKENS:
        return tokens_short(int(amount))
    return money_even(Decimal(amount), currency)


def standing(gauge: Gauge, of: str = "cap") -> str:
    """What the colour says: ``52 %, over half``; ``of`` is what it is held against. Empty without a cap."""
    if gauge.cap is None:
        return ""
    if not gauge.cap:
        return "nothing may be spent"
    if gauge.used > gauge.cap:
        word = f"over the {of}"
    elif gauge.reached:
        word = f"at the {of}"
    else:
        word = {"is-bad": f"near the {of}", "is-warn": "over half"}.get(gauge.tone, "under half")
    return f"{gauge.share:,} %, {word}"


def cap_name(gauge: Gauge) -> str:
    """``daily cap``, and ``daily cost cap`` for money."""
    return f"{gauge.window.value} {'cost ' if gauge.measure == CapMeasure.COST else ''}cap"


def cap_names(gauges: Iterable[Gauge]) -> str:
    """``daily cap and weekly cap``."""
    return listed([cap_name(gauge) for gauge in gauges])


def listed(words: Sequence[str]) -> str:
    """``one, two and three``."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1] if words else "") if part)


def overrun(gauges: Iterable[Gauge], currency: str) -> str:
    """What was used beyond these caps; empty for nothing."""
    over = [gauge for gauge in gauges if gauge.overrun]
    return listed(
        [
            figure(gauge.overrun, gauge.measure, currency)
            + (" tokens" if gauge.measure == CapMeasure.TOKENS else "")
            + (f" over the {cap_name(gauge)}" if len(over) > 1 else "")
            for gauge in over
        ]
    )


def weight(value: Decimal) -> str:
    """``1``, ``0.1``."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
