"""Shop domains and global ids: `gid://shopify/Customer/1` is the GraphQL name of customer 1."""

import re

# Anchored on both sides: an unanchored pattern lets evil.com/x.myshopify.com through.
SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com", re.ASCII)
GID = re.compile(r"gid://shopify/(\w+)/([0-9]{1,19})(?:\?.*)?", re.ASCII)
# Shopify's numbers, and our columns, have 64 bits with a sign.
LARGEST = 2**63 - 1


def is_shop_domain(text: str) -> bool:
    """Whether `text` is a shop's permanent domain and nothing more."""
    return len(text) <= 255 and SHOP_DOMAIN.fullmatch(text) is not None


def gid(kind: str, number: int) -> str:
    """The global id of one of Shopify's things: gid("Customer", 1)."""
    return f"gid://shopify/{kind}/{number}"


def number(kind: str, text: str) -> int:
    """The bare number in a global id of this kind; ValueError for any other text."""
    match = GID.fullmatch(text)
    if match is None or match[1] != kind or int(match[2]) > LARGEST:
        raise ValueError(f"Not the global id of a {kind}: {text[:80]!r}")
    return int(match[2])


def any_number(text: str) -> int:
    """The bare number in a global id of any kind; ValueError for any other text."""
    match = GID.fullmatch(text)
    if match is None or int(match[2]) > LARGEST:
        raise ValueError(f"Not a global id: {text[:80]!r}")
    return int(match[2])
