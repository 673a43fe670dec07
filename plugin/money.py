"""Money at the edges: Shopify's decimal strings to whole minor units; plugin.language writes amounts."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel import numbers

# Far above any order, far below what a sum over a shop's history could overflow in 64 bits.
LARGEST = 10**15


def minor_units(currency: str) -> int:
    """How many decimals the currency has: 2 for USD, 0 for JPY, 3 for KWD."""
    return int(numbers.get_currency_precision(currency))


def to_minor(amount: str | Decimal, currency: str) -> int:
    """`amount` in whole minor units, half a unit rounded up; ValueError for what is no amount of money."""
    try:
        value = Decimal(amount)
    except InvalidOperation as error:
        raise ValueError(f"Not an amount of money: {str(amount)[:40]!r}") from error
    if not value.is_finite() or abs(value) > LARGEST:
        raise ValueError(f"Not an amount of money: {str(amount)[:40]!r}")
    return int(value.scaleb(minor_units(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
