"""The access scopes the app lives on: what it must have, what it may ask for, and what a shop has granted.

shopify.app.toml asks for the same (a test says so).
Reference: https://shopify.dev/docs/api/usage/access-scopes
"""

from collections.abc import Iterable
from datetime import timedelta

# Orders and customers are read; tags are written. Nothing works without these three.
REQUIRED = ("read_customers", "write_customers", "read_orders")

READ_ALL_ORDERS = "read_all_orders"
# Without it. Reference: https://shopify.dev/docs/api/usage/access-scopes#orders-permissions
VISIBLE_HISTORY = timedelta(days=60)
READ_CUSTOMER_MERGE = "read_customer_merge"
READ_PRODUCTS = "read_products"
# Asked for when a merchant wants what they open: the whole history, to hear of merged customers, segments of products.
OPTIONAL = (READ_CUSTOMER_MERGE, READ_ALL_ORDERS, READ_PRODUCTS)


def granted(scopes: str | Iterable[str]) -> frozenset[str]:
    """Everything the granted scopes allow: Shopify leaves out `read_x` where it gave `write_x`, which implies it."""
    given = scopes.split(",") if isinstance(scopes, str) else scopes
    held = frozenset(scope for text in given if (scope := text.strip()))
    return held | {f"read_{scope.removeprefix('write_')}" for scope in held if scope.startswith("write_")}


def missing(scopes: str | Iterable[str]) -> frozenset[str]:
    """Required scopes that the shop has not granted (any more)."""
    return frozenset(REQUIRED) - granted(scopes)


def written(scopes: Iterable[str]) -> str:
    """The scopes as the shop's row keeps them."""
    return ",".join(sorted(scopes))
