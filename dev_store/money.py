"""Amounts as the store keeps them (whole minor units) and as Shopify writes them. Never computes with floats."""

from decimal import Decimal

# Currencies whose smallest unit is not a hundredth; all others have two digits.
_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3, "JOD": 3, "OMR": 3}


def digits(currency: str) -> int:
    """How many decimals the currency has."""
    return _DIGITS.get(currency, 2)


def minor(amount: str | int | float | Decimal, currency: str) -> int:
    """A decimal amount as whole minor units; ValueError if it has more decimals than the currency."""
    scaled = Decimal(str(amount)).scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has too many decimals for {currency}")
    return int(scaled)


def in_rest(amount: int, currency: str) -> str:
    """As webhook payloads write it: every decimal of the currency, `12.50`."""
    if (places := digits(currency)) == 0:
        return str(amount)
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    whole, rest = divmod(amount, 10**places)
    return f"{sign}{whole}.{rest:0{places}d}"


def in_graphql(amount: int, currency: str) -> str:
    """As the Admin API writes it: no needless zeros but always one decimal, `12.5`, `10.0`."""
    text = in_rest(amount, currency)
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text.endswith(".") else text
