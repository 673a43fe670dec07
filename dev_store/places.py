"""Where orders go: a country and, in some countries, a province, by their codes. Nothing else of an address is kept.

Where nobody says, a customer's number decides, so that the same history always has the same customers in each place.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale


@dataclass(frozen=True, slots=True)
class Place:
    """The codes of a country and of a province within it."""

    country: str
    province: str | None = None


# Of every hundred customers so many live in each; the others never say.
_SHARES: Final = (
    (18, Place("US", "CA")),
    (16, Place("US", "NY")),
    (14, Place("US", "TX")),
    (10, Place("US", "WA")),
    (9, Place("CA", "ON")),
    (5, Place("CA", "QC")),
    (5, Place("AU", "WA")),
    (8, Place("GB")),
    (6, Place("DE")),
    (3, Place("JP", "JP-13")),
)
# Neighbouring numbers must not all live in one place.
_STRIDE: Final = 37
# What older files call some countries.
_OTHER_NAMES: Final = {"EIRE": "IE", "USA": "US", "Czech Republic": "CZ", "Hong Kong": "HK", "RSA": "ZA"}


def of_customer(number: int | None) -> Place | None:
    """Where a customer lives; None for guests, and for the few who never say."""
    if number is None:
        return None
    left = number * _STRIDE % 100
    for share, place in _SHARES:
        if left < share:
            return place
        left -= share
    return None


def of_file(country: str, province: str | None) -> Place | None:
    """A place as a file writes it, by code or by name; None where nobody knows what is meant."""
    if len(country) == 2:
        return of_codes(country, province)
    return of_codes(_OTHER_NAMES.get(country) or _names().get(country), province)


@cache
def _names() -> dict[str, str]:
    return {name: code for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}


def of_codes(country: str | None, province: str | None = None) -> Place | None:
    """A place by its codes as a file or a caller writes them."""
    return Place(country.upper(), province.upper() if province else None) if country else None
