"""Segments kept in Shopify as the JSON API lists them (admin_ui.shopify_segments_api)."""

from marshmallow import Schema, fields


class ShopifySegment(Schema):
    """`value` is what a condition about `shopify_segment` says; `query` is written in Shopify's own language."""

    value = fields.String(required=True)
    name = fields.String(required=True)
    query = fields.String(required=True)


class ShopifySegments(Schema):
    """Those changed last first. `complete`: these are all. `answered`: false where Shopify does not answer just now."""

    segments = fields.List(fields.Nested(ShopifySegment), required=True)
    complete = fields.Boolean(required=True)
    answered = fields.Boolean(required=True)
