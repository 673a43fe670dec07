"""What a merchant writes as a number, as an exact integer, and that integer said again, alone or compared.

Rules keep every number as an integer: orders, items, days, minor units of money. Never touches a float's arithmetic.
"""

import re
from decimal import Decimal

from plugin.segments.units import MONEY, Unit
from plugin.segments.voice import Said, Voice

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def parse(raw: object, unit: Unit, minor_units: int) -> int:
    """The integer for what was written; ValueError says in plain words why there is none."""
    written = _decimal(raw)
    digits = decimals(unit, minor_units)
    scaled = written.scaleb(digits)
    if written < 0:
        raise ValueError(Said("must not be negative"))
    if scaled > unit.largest:
        raise ValueError(Said("must not be more than {most}", most=f"{Decimal(unit.largest).scaleb(-digits):,f}"))
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
    raise ValueError(Said("must be a number written in digits, such as 3 or 500.00"))


def _too_fine(digits: int, unit: Unit) -> Said:
    if digits == 0:
        return Said("must be a whole number")
    if unit is MONEY:
        return Said("must not have more than {digits} decimals, the currency's smallest amount", digits=digits)
    return Said("must not have more than {digits} decimals", digits=digits)


def written(value: int, unit: Unit, minor_units: int) -> int | str:
    """The form `parse` reads, for a definition: what may have decimals as text, everything else as it is."""
    if unit is MONEY or unit.decimals:
        return format(Decimal(value).scaleb(-decimals(unit, minor_units)), "f")
    return value


def say(value: int, unit: Unit, voice: Voice) -> str:
    """ "3 orders"."""
    return voice.plural(*unit.plain, value, count=figure(value, unit, voice))


def say_none(unit: Unit, voice: Voice) -> str:
    """ "no orders"."""
    return voice.text(unit.none)


def at_least(value: int, unit: Unit, voice: Voice) -> str:
    """ "at least 3 orders"."""
    return voice.plural(*unit.at_least, value, count=figure(value, unit, voice))


def below(value: int, unit: Unit, voice: Voice) -> str:
    """ "fewer than 3 orders"."""
    if value == 1 and unit.no_fewer:
        return voice.text(unit.no_fewer)
    return voice.plural(*unit.below, value, count=figure(value, unit, voice))


def between(low: int, high: int, unit: Unit, voice: Voice) -> str:
    """ "2 to 4 orders", from one number up to but not including the other."""
    if unit is MONEY or unit.decimals:
        written = {"low": figure(low, unit, voice), "count": figure(high, unit, voice)}
        return voice.plural(*unit.within, high, **written)
    if high - low == 1:
        return voice.plural(*unit.exactly, low, count=figure(low, unit, voice))
    return voice.plural(*unit.up_to, high - 1, low=figure(low, unit, voice), count=figure(high - 1, unit, voice))


def figure(value: int, unit: Unit, voice: Voice) -> str:
    """The number alone, as its reader writes it."""
    if unit is MONEY:
        return voice.money(value)
    return voice.number(Decimal(value).scaleb(-unit.decimals).normalize() if unit.decimals else value)
