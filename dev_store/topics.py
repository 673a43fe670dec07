"""Which shops a webhook topic goes out from: where the app is installed and may read what the topic tells.

`store` asks before it builds a payload.
Reference: https://shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic
"""

from collections.abc import Set
from typing import Final

# Sent to every app that names them in its app file, also when a shop has removed it.
COMPLIANCE: Final = frozenset({"customers/data_request", "customers/redact", "shop/redact"})

# The first beginning that fits decides; a topic that fits none needs no scope.
_SCOPES: Final = (
    ("customers/merge", "read_customer_merge"),
    ("customers", "read_customers"),
    ("customer.", "read_customers"),
    ("orders/", "read_orders"),
    ("refunds/", "read_orders"),
    ("checkouts/", "read_orders"),
    ("products/", "read_products"),
)


def is_delivered(topic: str, installed: bool, scopes: Set[str]) -> bool:
    """Whether an app standing so in a shop hears of the topic."""
    if topic in COMPLIANCE:
        return True
    needed = next((scope for beginning, scope in _SCOPES if topic.startswith(beginning)), None)
    return installed and (needed is None or needed in scopes)
