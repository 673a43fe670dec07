"""products/update and products/delete: what decides in which categories a product is, and nothing else of it."""

from datetime import UTC
from typing import Any

from marshmallow import fields, post_load, validate

from plugin.schemas.facts import ProductFacts, ProductGone
from plugin.schemas.payload_fields import Payload, instant, shopify_id

LONGEST = 255


class ProductPayload(Payload):
    """products/update. Tags come as one text; collections do not come."""

    id = shopify_id(required=True)
    product_type = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=LONGEST))
    vendor = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=LONGEST))
    tags = fields.String(allow_none=True, load_default=None)
    updated_at = instant(required=True)

    @post_load
    def facts(self, data: dict[str, Any], **_: Any) -> ProductFacts:
        """The product in our words."""
        tags = tuple(tag for each in (data["tags"] or "").split(",") if (tag := each.strip()))
        updated_at = data["updated_at"].astimezone(UTC)
        return ProductFacts(data["id"], data["product_type"] or "", data["vendor"] or "", tags, updated_at)


class ProductDeletedPayload(Payload):
    """products/delete: the id and nothing else."""

    id = shopify_id(required=True)

    @post_load
    def gone(self, data: dict[str, Any], **_: Any) -> ProductGone:
        """Which product is no more."""
        return ProductGone(data["id"])
