"""Orders and customers as the Admin API writes them (imports and look-ups), read into the same facts as webhooks.

Plain functions instead of schemas: an import reads millions of these, and Shopify's own types vouch for their shape.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from plugin import money
from plugin.schemas import places
from plugin.schemas.facts import CustomerFacts, LineFacts, OrderFacts, ProductFacts
from plugin.shopify import ids


def order(node: dict[str, Any], lines: Iterable[dict[str, Any]]) -> OrderFacts:
    """An `Order` with its line items; KeyError or ValueError if it is not one."""
    bought = list(lines)
    total, subtotal = (node[f"current{kind}PriceSet"]["shopMoney"] for kind in ("Total", "Subtotal"))
    currency = total["currencyCode"]
    status = node["displayFinancialStatus"]
    country, province = place(node)
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
        units=sum(line["currentQuantity"] for line in bought if not line["isGiftCard"]),
        lines=line_facts(bought, currency),
        country=country,
        province=province,
    )


def line_facts(lines: Sequence[dict[str, Any]], currency: str) -> tuple[LineFacts, ...] | None:
    """`LineItem`s that were asked for with their products; None if they were asked for without."""
    if any("product" not in line for line in lines):
        return None
    return tuple(_line(line, currency) for line in lines)


def product(node: dict[str, Any]) -> ProductFacts:
    """A `Product`; its collections if they were asked for. KeyError or ValueError if it is not one."""
    listed = node.get("collections")
    return ProductFacts(
        product_id=ids.number("Product", node["id"]),
        product_type=node["productType"],
        vendor=node["vendor"],
        tags=tuple(node["tags"]),
        updated_at=instant(node["updatedAt"]),
        collections=listed and {str(ids.number("Collection", each["id"])): each["title"] for each in listed["nodes"]},
    )


def place(node: dict[str, Any]) -> places.Place:
    """Where an `Order` went, if it was asked (plugin.shopify.places)."""
    address = node.get("displayAddress")
    return places.of_codes(address["countryCodeV2"], address["provinceCode"]) if address else places.NOWHERE


def customer(node: dict[str, Any]) -> CustomerFacts:
    """A `Customer`; KeyError or ValueError if it is not one."""
    return CustomerFacts(ids.number("Customer", node["id"]), instant(node["createdAt"]))


def _line(line: dict[str, Any], currency: str) -> LineFacts:
    off = (each["allocatedAmountSet"]["shopMoney"]["amount"] for each in line["discountAllocations"])
    price = money.to_minor(line["originalTotalSet"]["shopMoney"]["amount"], currency)
    return LineFacts(
        product_id=ids.number("Product", line["product"]["id"]) if line["product"] else None,
        quantity=line["quantity"],
        left=line["currentQuantity"],
        gift_card=line["isGiftCard"],
        price=price - sum(money.to_minor(amount, currency) for amount in off),
    )


def instant(text: str) -> datetime:
    """A `DateTime` as UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
