"""Payloads about orders and customers: only the fields we use are declared, everything else is dropped unread.

plugin.deliveries.topics says which schema a topic has. Reference: https://shopify.dev/docs/api/webhooks
"""

import json
from datetime import UTC
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from plugin import money
from plugin.schemas import line_payloads, places
from plugin.schemas.facts import (
    ConsentChanged,
    CustomerFacts,
    CustomersMerged,
    FiguresChanged,
    OrderChanged,
    OrderFacts,
    TagsChanged,
)
from plugin.schemas.payload_fields import MoneySet, Payload, instant, shopify_id
from plugin.shopify import ids


class PayloadRefused(Exception):
    """A payload that does not fit its topic; the message says where, never what a customer's data is."""


def read(schema: Schema, topic: str, body: bytes | None) -> Any:
    """The facts in a delivery's body; PayloadRefused if it does not fit its topic."""
    try:
        # Refund amounts are JSON numbers: as floats they would lose cents.
        document = json.loads(body or b"", parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        raise PayloadRefused("The body is not JSON") from None
    try:
        return schema.load(document)
    except ValidationError as error:
        raise PayloadRefused(f"The payload does not fit {topic}: {json.dumps(error.messages)}") from None


class CustomerReference(Payload):
    """The customer of an order."""

    id = shopify_id(required=True)


class OrderPayload(Payload):
    """orders/create, orders/updated, orders/paid and orders/cancelled, which are one shape."""

    id = shopify_id(required=True)
    customer = fields.Nested(CustomerReference, allow_none=True, load_default=None)
    processed_at = instant(required=True)
    updated_at = instant(required=True)
    cancelled_at = instant(allow_none=True, load_default=None)
    test = fields.Boolean(load_default=False)
    financial_status = fields.String(allow_none=True, load_default=None, validate=validate.Regexp(r"[a-z_]{1,32}\Z"))
    current_total_price_set = fields.Nested(MoneySet, required=True)
    current_subtotal_price_set = fields.Nested(MoneySet, required=True)
    line_items = fields.List(fields.Nested(line_payloads.LineItem), load_default=list)
    shipping_address = fields.Nested(places.Address, allow_none=True, load_default=None)
    billing_address = fields.Nested(places.Address, allow_none=True, load_default=None)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> OrderFacts:
        """The order in our words."""
        total, subtotal = (data[f"current_{kind}_price_set"]["shop_money"] for kind in ("total", "subtotal"))
        currency = total["currency_code"]
        country, province = places.of_addresses(data["shipping_address"], data["billing_address"])
        return OrderFacts(
            order_id=data["id"],
            customer_id=data["customer"]["id"] if data["customer"] else None,
            processed_at=data["processed_at"].astimezone(UTC).replace(microsecond=0),
            updated_at=data["updated_at"].astimezone(UTC),
            cancelled_at=data["cancelled_at"],
            test=data["test"],
            financial_status=data["financial_status"],
            currency=currency,
            total=money.to_minor(total["amount"], currency),
            subtotal=money.to_minor(subtotal["amount"], currency),
            units=sum(line["current_quantity"] for line in data["line_items"] if not line["gift_card"]),
            lines=line_payloads.told(data["line_items"], currency),
            country=country,
            province=province,
        )


class OrderEdit(Payload):
    """What orders/edited wraps: no totals and no customer."""

    order_id = shopify_id(required=True)
    committed_at = instant(required=True)


class OrderEditedPayload(Payload):
    """orders/edited."""

    order_edit = fields.Nested(OrderEdit, required=True)

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> OrderChanged:
        """Which order, and since when what we know of it is old."""
        return OrderChanged(data["order_edit"]["order_id"], data["order_edit"]["committed_at"])


class RefundPayload(Payload):
    """refunds/create. The amounts are not read: the order's own current total says what is left after all refunds."""

    order_id = shopify_id(required=True)
    created_at = instant(required=True)

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> OrderChanged:
        """Which order, and since when what we know of it is old."""
        return OrderChanged(data["order_id"], data["created_at"])


class DeletedPayload(Payload):
    """orders/delete and customers/delete: the id and nothing else."""

    id = shopify_id(required=True)

    @post_load
    def identity(self, data: dict[str, Any], **_: Any) -> int:
        """The id."""
        return int(data["id"])


class Metafield(Payload):
    """A metafield of a customer: its value may be of any kind."""

    namespace = fields.String(required=True)
    key = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    updated_at = instant(required=True)


class CustomerPayload(Payload):
    """customers/create and customers/update. Metafields come only where an operator has subscribed to a namespace."""

    id = shopify_id(required=True)
    created_at = instant(required=True)
    metafields = fields.List(fields.Nested(Metafield), load_default=list)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> CustomerFacts:
        """The customer in our words."""
        metafields = (
            (each["namespace"], each["key"], each["value"], each["updated_at"].astimezone(UTC))
            for each in data["metafields"]
        )
        return CustomerFacts(data["id"], data["created_at"], tuple(metafields))


class CustomersMergedPayload(Payload):
    """customers/merge. Only a completed merge changes anything."""

    admin_graphql_api_customer_kept_id = fields.String(required=True)
    admin_graphql_api_customer_deleted_id = fields.String(required=True)
    status = fields.String(required=True)

    @post_load
    def merged(self, data: dict[str, Any], **_: Any) -> CustomersMerged:
        """Who became whom."""
        try:
            kept, deleted = (
                ids.number("Customer", data[f"admin_graphql_api_customer_{which}_id"]) for which in ("kept", "deleted")
            )
        except ValueError:
            raise ValidationError("Not the global ids of customers") from None
        if kept == deleted:
            raise ValidationError("A customer cannot be merged into itself")
        return CustomersMerged(kept, deleted, data["status"].lower() == "completed")


class TagsPayload(Payload):
    """What customer.tags_added and customer.tags_removed have in common; their names are camel case."""

    customerId = fields.String(required=True)  # noqa: N815 - Shopify's name
    tags = fields.List(fields.String(), required=True)
    occurredAt = instant(required=True)  # noqa: N815 - Shopify's name

    def _changed(self, data: dict[str, Any], *, added: bool) -> TagsChanged:
        try:
            customer_id = ids.number("Customer", data["customerId"])
        except ValueError:
            raise ValidationError("Not the global id of a customer", "customerId") from None
        return TagsChanged(customer_id, tuple(data["tags"]), added, data["occurredAt"].astimezone(UTC))


class TagsAddedPayload(TagsPayload):
    """customer.tags_added."""

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> TagsChanged:
        """Which tags came."""
        return self._changed(data, added=True)


class TagsRemovedPayload(TagsPayload):
    """customer.tags_removed."""

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> TagsChanged:
        """Which tags went."""
        return self._changed(data, added=False)


class CamelCaseMoney(Payload):
    """An amount and its currency, as the newer topics write them."""

    amount = fields.Decimal(required=True, validate=validate.Range(-money.LARGEST, money.LARGEST))
    currencyCode = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}\Z"))  # noqa: N815 - Shopify's name


class PurchasingSummaryPayload(Payload):
    """customers/purchasing_summary; its names are camel case."""

    customerId = fields.String(required=True)  # noqa: N815 - Shopify's name
    numberOfOrders = fields.Integer(required=True, validate=validate.Range(0, 10**9))  # noqa: N815 - Shopify's name
    amountSpent = fields.Nested(CamelCaseMoney, required=True)  # noqa: N815 - Shopify's name
    occurredAt = instant(required=True)  # noqa: N815 - Shopify's name

    @post_load
    def figures(self, data: dict[str, Any], **_: Any) -> FiguresChanged:
        """The sums in our words."""
        try:
            customer_id = ids.number("Customer", data["customerId"])
        except ValueError:
            raise ValidationError("Not the global id of a customer", "customerId") from None
        currency = data["amountSpent"]["currencyCode"]
        spend = money.to_minor(data["amountSpent"]["amount"], currency)
        return FiguresChanged(customer_id, data["numberOfOrders"], spend, currency, data["occurredAt"].astimezone(UTC))


class Consent(Payload):
    """A customer's consent and since when it stands."""

    state = fields.String(required=True, validate=validate.Regexp(r"[a-z_]{1,16}\Z"))
    consent_updated_at = instant(allow_none=True, load_default=None)


class ConsentPayload(Payload):
    """customers_email_marketing_consent/update, without the address."""

    customer_id = shopify_id(required=True)
    email_marketing_consent = fields.Nested(Consent, required=True)

    @post_load
    def changed(self, data: dict[str, Any], **_: Any) -> ConsentChanged:
        """The consent in our words."""
        given = data["email_marketing_consent"]
        at = given["consent_updated_at"]
        return ConsentChanged(data["customer_id"], given["state"], at and at.astimezone(UTC))
