"""Numbers and global ids for customers, orders and lines. Everything in the development store takes its ids from here.

A key from a CSV file always becomes the same number, so that a recount of the file can be compared with the store.
"""

import hashlib
import re
from typing import Final

_GID: Final = re.compile(r"gid://shopify/([A-Z][A-Za-z]*)/([0-9]{1,18})(?:\?.*)?")
_CUSTOMERS: Final = 6_000_000_000_000
_ORDERS: Final = 5_000_000_000_000
_PRODUCTS: Final = 8_000_000_000_000
_COLLECTIONS: Final = 9_000_000_000_000
_HASHED: Final = 1_000_000_000_000_000
_LARGEST: Final = 9_000_000_000_000_000  # below 2**53, so that even a reader who parses ids as floats is right
_ROOM_PER_LENGTH: Final = 10_000_000_000


def of_customer(key: str) -> int:
    """The number of the customer a CSV file calls `key`."""
    return _number(key, _CUSTOMERS)


def of_order(key: str) -> int:
    """The number of the order a CSV file calls `key`."""
    return _number(key, _ORDERS)


def of_product(code: str) -> int:
    """The number of the product a CSV file calls `code`."""
    return _number(code, _PRODUCTS)


def of_collection(title: str) -> int:
    """The number of the collection called `title`."""
    return _number(title, _COLLECTIONS)


def gid(kind: str, number: int) -> str:
    """Shopify's global id, such as gid://shopify/Customer/1."""
    return f"gid://shopify/{kind}/{number}"


def parse(text: str) -> tuple[str, int] | None:
    """The kind and number in a global id, or None if it is not one."""
    found = _GID.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def _number(key: str, base: int) -> int:
    if key.isascii() and key.isdigit() and len(key) <= 9:
        # Keys of different length get rooms of their own: "007" and "7" are two customers.
        return base + len(key) * _ROOM_PER_LENGTH + int(key)
    digest = hashlib.blake2b(f"{base}:{key}".encode(), digest_size=8).digest()
    return _HASHED + int.from_bytes(digest) % (_LARGEST - _HASHED)
