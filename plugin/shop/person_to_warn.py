"""Whom to write to when a shop needs a decision: the one thing we know of a member of its staff, kept encrypted.

The page "Settings" sets it, `warnings` reads it; it goes with everything else of the shop. Never logged.
"""

import json
from dataclasses import asdict, dataclass

from plugin.db.models import Shop
from plugin.shop import tokens
from plugin.shopify import errors


@dataclass(frozen=True, slots=True)
class Person:
    """An email address, and the locale its owner read the page in."""

    address: str
    locale: str

    def __repr__(self) -> str:
        return "Person(...)"


def choose(shop: Shop, address: str, locale: str) -> bool:
    """Write to this address from now on, to nobody if it is empty; False if it was so already."""
    known = of(shop)
    if (known.address if known else "") == address:
        return False
    person = Person(address, locale)
    shop.person_to_warn = tokens.box().encrypt(json.dumps(asdict(person)).encode()) if address else None
    return True


def of(shop: Shop) -> Person | None:
    """The person, if there is one whose address can be read."""
    if shop.person_to_warn is None:
        return None
    try:
        return Person(**json.loads(tokens.opened(shop.person_to_warn)))
    except errors.TokenRejected:  # with keys that are no longer among TOKEN_KEYS
        return None
