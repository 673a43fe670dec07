"""What a merchant writes as a number, as an exact integer, and that integer said again.

Rules keep every number as an integer: orders, items, days, minor units of money. Never touches a float's arithmetic.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

Money = Callable[[int], str]
"""Says an amount of minor units in the shop's currency."""

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
LONGEST_DAYS = 36_500
LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Unit:
    one: str
    many: str
    fewer: str
    largest: int = LARGEST
    decimals: int = 0
    """How many its numbers have; money has those of the currency."""


ORDERS = Unit("order", "orders", "fewer")
ITEMS = Unit("item", "items", "fewer")
DAYS = Unit("day", "days", "less", largest=LONGEST_DAYS)
MONEY = Unit("", "", "less")
TIMES = Unit("times", "times", "less", decimals=2)
PERCENT = Unit("percent", "percent", "less", largest=100)
POINTS = Unit("point", "points", "fewer", largest=11)
SCORE = Unit("point", "points", "fewer", largest=11)
WORDS = Unit("", "words", "other")
"""Of measures whose numbers stand for words."""


def parse(raw: object, unit: Unit, minor_units: int) -> int:
    """The integer for what was written; ValueError says in plain words why there is none."""
    written = _decimal(raw)
    digits = decimals(unit, minor_units)
    scaled = written.scaleb(digits)
    if written < 0:
        raise ValueError("must not be negative")
    if scaled > unit.largest:
        raise ValueError(f"must not be more than {Decimal(unit.largest).scaleb(-digits):,f}")
    if scaled != int(scaled):
        raise ValueError(_too_fine(digits, unit))
    return int(scaled)


def decimals(unit: Unit, minor_units: int) -> int:
    return minor_units if unit is MONEY else unit.decimals


def _decimal(raw: object) -> Decimal:
    # bool is an int to Python; "1_000", "NaN", "1e9" and other scripts' digits are numbers to Decimal.
    if isinstance(raw, str) and _PLAIN_NUMBER.fullmatch(raw):
        return Decimal(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**18:
        return Decimal(raw)
    if isinstance(raw, float) and abs(raw) < 10**15:
        # The shortest text that reads back as this float: what stood in the file, not its binary neighbour.
        return Decimal(str(raw))
    raise ValueError("must be a number written in digits, such as 3 or 500.00")


def _too_fine(digits: int, unit: Unit) -> str:
    if digits == 0:
        return "must be a whole number"
    return f"must not have more than {digits} decimals" + (", the currency's smallest amount" if unit is MONEY else "")


def written(value: int, unit: Unit, minor_units: int) -> int | str:
    """The form `parse` reads, for a definition: what may have decimals as text, everything else as it is."""
    if unit is MONEY or unit.decimals:
        return format(Decimal(value).scaleb(-decimals(unit, minor_units)), "f")
    return value


def say(value: int, unit: Unit, money: Money) -> str:
    if unit is MONEY:
        return money(value)
    if unit.decimals:
        return f"{Decimal(value).scaleb(-unit.decimals).normalize():,f} {unit.many}"
    return f"{value:,} {unit.one if value == 1 else unit.many}"
