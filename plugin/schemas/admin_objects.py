"""Orders and customers as the Admin API writes them (imports and look-ups), read into the same facts as webhooks.

Plain functions instead of schemas: an import reads millions of these, and Shopify's own types vouch for their shape.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from plugin import money
from plugin.schemas.facts import CustomerFacts, OrderFacts
from plugin.shopify import ids


def order(node: dict[str, Any], lines: Iterable[dict[str, Any]]) -> OrderFacts:
    """An `Order` with its line items; KeyError or ValueError if it is not one."""
    total, subtotal = (node[f"current{kind}PriceSet"]["shopMoney"] for kind in ("Total", "Subtotal"))
    currency = total["currencyCode"]
    status = node["displayFinancialStatus"]
    return OrderFacts(
        order_id=ids.number("Order", node["id"]),
        customer_id=ids.number("Customer", node["customer"]["id"]) if node["customer"] else None,
        processed_at=instant(node["processedAt"]).replace(microsecond=0),
        updated_at=instant(node["updatedAt"]),
        cancelled_at=instant(node["cancelledAt"]) if node["cancelledAt"] else None,
        test=bool(node["test"]),
        financial_status=status.lower() if status else None,  # PARTIALLY_PAID is partially_paid in webhooks
        currency=currency,
        total=money.to_minor(total["amount"], currency),
        subtotal=money.to_minor(subtotal["amount"], currency),
        units=sum(line["currentQuantity"] for line in lines if not line["isGiftCard"]),
    )


def customer(node: dict[str, Any]) -> CustomerFacts:
    """A `Customer`; KeyError or ValueError if it is not one."""
    return CustomerFacts(ids.number("Customer", node["id"]), instant(node["createdAt"]))


def instant(text: str) -> datetime:
    """A `DateTime` as UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
