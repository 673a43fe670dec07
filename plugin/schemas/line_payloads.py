"""The lines of an order in a webhook's payload. Messages of older subscriptions do not tell what they are of.

schemas.webhook_payloads has the order around them.
"""

from typing import Any

from marshmallow import fields, validate

from plugin import money
from plugin.schemas.facts import LineFacts
from plugin.schemas.payload_fields import MoneySet, Payload, shopify_id


class DiscountAllocation(Payload):
    """What a discount takes off a line; those of the order as a whole are divided by Shopify."""

    amount_set = fields.Nested(MoneySet, required=True)


class LineItem(Payload):
    """One line of an order."""

    current_quantity = fields.Integer(required=True, strict=True, validate=validate.Range(0, 10**9))
    gift_card = fields.Boolean(load_default=False)
    quantity = fields.Integer(strict=True, validate=validate.Range(0, 10**9))
    product_id = shopify_id(allow_none=True)
    price_set = fields.Nested(MoneySet)
    discount_allocations = fields.List(fields.Nested(DiscountAllocation), load_default=list)


def told(lines: list[dict[str, Any]], currency: str) -> tuple[LineFacts, ...] | None:
    """Lines that were read, in our words; None where the payload does not tell what they are of."""
    if any(name not in line for line in lines for name in ("quantity", "product_id", "price_set")):
        return None
    return tuple(_facts(line, currency) for line in lines)


def _facts(line: dict[str, Any], currency: str) -> LineFacts:
    unit = money.to_minor(line["price_set"]["shop_money"]["amount"], currency)
    off = (each["amount_set"]["shop_money"]["amount"] for each in line["discount_allocations"])
    price = unit * line["quantity"] - sum(money.to_minor(amount, currency) for amount in off)
    return LineFacts(line["product_id"], line["quantity"], line["current_quantity"], line["gift_card"], price)
