"""Payloads about the shop itself and about people's rights, by topic. deliveries.notices says which schema a topic has.

Shopify sends a customer's email address and phone number with privacy requests: they are dropped unread.
Reference: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
"""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from plugin.schemas.facts import (
    BulkOperationEnded,
    CustomerRedacted,
    DataRequested,
    ScopesChanged,
    ShopChanged,
    ShopRedacted,
    ShopRemovedApp,
)
from plugin.schemas.payload_fields import Payload, instant, shopify_id
from plugin.schemas.webhook_payloads import CustomerReference
from plugin.shopify import ids


class AppUninstalledPayload(Payload):
    """app/uninstalled: the shop, of which only the id is read."""

    id = shopify_id(required=True)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> ShopRemovedApp:
        """Which shop."""
        return ShopRemovedApp(data["id"])


class ScopesUpdatePayload(Payload):
    """app/scopes_update."""

    shop_id = fields.String(required=True)
    current = fields.List(fields.String(validate=validate.Regexp(r"[a-z_]{1,64}\Z")), required=True)
    updated_at = instant(required=True)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> ScopesChanged:
        """The scopes in our words."""
        try:
            shopify_id = ids.number("Shop", data["shop_id"])
        except ValueError:
            raise ValidationError("Not the global id of a shop", "shop_id") from None
        return ScopesChanged(shopify_id, tuple(data["current"]), data["updated_at"])


class ShopUpdatePayload(Payload):
    """shop/update."""

    id = shopify_id(required=True)
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}\Z"))
    iana_timezone = fields.String(required=True, validate=validate.Length(max=64))
    plan_display_name = fields.String(load_default="", validate=validate.Length(max=64))

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> ShopChanged:
        """The details in our words."""
        return ShopChanged(data["id"], data["currency"], data["iana_timezone"], data["plan_display_name"])


class BulkOperationsFinishPayload(Payload):
    """bulk_operations/finish: how it went has to be asked for."""

    admin_graphql_api_id = fields.String(required=True, validate=validate.Length(max=255))
    type = fields.String(required=True)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> BulkOperationEnded:
        """Which operation."""
        return BulkOperationEnded(data["admin_graphql_api_id"], data["type"].lower() == "mutation")


class DataRequestReference(Payload):
    """Shopify's number for a request."""

    id = shopify_id(required=True)


class DataRequestPayload(Payload):
    """customers/data_request."""

    shop_domain = fields.String(required=True)
    customer = fields.Nested(CustomerReference, required=True)
    data_request = fields.Nested(DataRequestReference, allow_none=True, load_default=None)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> DataRequested:
        """The request in our words."""
        request = data["data_request"]
        return DataRequested(data["shop_domain"], data["customer"]["id"], request["id"] if request else None)


class CustomerRedactPayload(Payload):
    """customers/redact."""

    shop_domain = fields.String(required=True)
    customer = fields.Nested(CustomerReference, required=True)
    orders_to_redact = fields.List(shopify_id(), load_default=list)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> CustomerRedacted:
        """The request in our words."""
        return CustomerRedacted(data["shop_domain"], data["customer"]["id"], tuple(data["orders_to_redact"]))


class ShopRedactPayload(Payload):
    """shop/redact."""

    shop_domain = fields.String(required=True)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> ShopRedacted:
        """Which shop."""
        return ShopRedacted(data["shop_domain"])
